"""A kill that strikes while turns are under way in what is killed, and how long that takes to be back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.models import Message, Turn
from bot.shards import Shards
from tests.cluster import Cluster
from tests.faults.applicant import Applicant, Sent
from tests.faults.load import QUESTIONS, STATIONS, Load

# How often a moment is looked for in which turns are under way, and how long each time.
TRIES: Final = 20
LOOKS_FOR_S: Final = 1.0
# So much later the turns of the others who asked at the same moment have begun.
_OTHERS_S: Final = 0.015
# Until then what had left a part when it was halted has arrived and is stored, and what does not need the part is done.
_SETTLES_S: Final = {"gateway": 0.2, "rasa": 0.2, "actions": 0.5, "postgres": 0.2}
_BACK_WITHIN_S: Final = 60.0
# By then the server has found out that nobody is there, and the proxy that it should send nobody there.
_FREE_WITHIN_S: Final = 15.0
_RED_WITHIN_S: Final = 5.0
_NEWEST: Final = 10


@dataclass
class Cut:
    """What was seen of a gateway that PostgreSQL is silent to, in seconds from the beginning of the silence.

    Attributes:
        lasted_s: how long it was silent.
        red_s: when the gateway said that it is not ready; None where it did not.
        held_s: until when it had transactions open at the server that have changed or locked something.
    """

    lasted_s: float
    red_s: float | None = None
    held_s: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether others could go on in time, where it lasted that long."""
        red = self.lasted_s <= _RED_WITHIN_S or (self.red_s is not None and self.red_s <= _RED_WITHIN_S)
        return red and self.held_s <= _FREE_WITHIN_S

    def line(self) -> str:
        """As it stands below the table's line."""
        red = "ready all the time" if self.red_s is None else f"not ready after {self.red_s:.1f} s"
        return f"{red}; transactions open until {self.held_s:.1f} s"


@dataclass(frozen=True)
class Strike:
    """A kill.

    Attributes:
        at: when, by `time.monotonic`.
        back: seconds until everything that was killed does its work again; None when it does not in time.
        interrupted: how many turns were under way in what was killed; None where it does not matter.
        cut: what was seen of a gateway that was cut off from PostgreSQL instead.
    """

    at: float
    back: asyncio.Task[float | None]
    interrupted: int | None = None
    cut: Cut | None = None


async def strike(cluster: Cluster, load: Load, parts: Sequence[str]) -> Strike:
    """Kill parts of one kind while turns are under way in them, as far as such a moment can be found.

    They are halted at a likely moment. What is still under way after everything else has come to its end cannot go on without
    them; where there is nothing of that, they go on as if nothing had been.
    """
    kind = parts[0].partition("-")[0]
    inside = Inside(cluster, load, parts)
    try:
        for left in reversed(range(TRIES)):
            load.all_ask(STATIONS if kind == "actions" else QUESTIONS)
            await moment(inside)
            for part in parts:
                cluster.stop(part)
            await asyncio.sleep(_SETTLES_S[kind])
            met = await inside.turns()
            await asyncio.sleep(_SETTLES_S[kind])
            # What has only begun meanwhile may not have got there yet.
            met &= await inside.turns()
            if met or not left:
                break
            for part in parts:
                cluster.go_on(part)
            await asyncio.sleep(LOOKS_FOR_S)
    finally:
        await inside.close()
    return kill(cluster, parts, len(met))


def kill(cluster: Cluster, parts: Sequence[str], interrupted: int | None = None) -> Strike:
    """Kill parts at once, and begin to look when they are back."""
    for part in parts:
        cluster.kill(part)
    at = time.monotonic()
    return Strike(at, back(cluster, parts, at), interrupted)


def back(cluster: Cluster, parts: Sequence[str], at: float) -> asyncio.Task[float | None]:
    """Begin to look how many seconds after `at` parts do their work again; None is what comes of it when they do not in time."""
    deadline = time.monotonic() + _BACK_WITHIN_S

    async def looking() -> float | None:
        while time.monotonic() < deadline:
            if all(await asyncio.gather(*(cluster.answers(part) for part in parts))):
                return time.monotonic() - at
            await asyncio.sleep(0.1)
        return None

    return asyncio.create_task(looking())


async def moment(inside: Inside) -> None:
    """A moment at which turns are likely to be under way: soon after the first has begun, which takes a few hundredths of a second."""
    deadline = time.monotonic() + LOOKS_FOR_S
    while time.monotonic() < deadline and not inside.likely():
        await asyncio.sleep(0.001)
    await asyncio.sleep(_OTHERS_S)


class Inside:
    """Which messages have a turn that some parts of one kind are needed for.

    A turn is held by the gateway that its applicant talks with, and answered by the Rasa process that its conversation belongs to.
    Of the action servers everybody asks the first; without PostgreSQL no turn comes to its end.
    """

    def __init__(self, cluster: Cluster, load: Load, parts: Sequence[str]) -> None:
        self._load, self._kind = load, parts[0].partition("-")[0]
        self._addresses = {cluster.address(part) for part in parts if self._kind in ("gateway", "rasa")}
        shards = [cluster.address(part) for part in cluster.parts if part.startswith("rasa-")]
        self._shards = Shards(dict.fromkeys(shards, _nothing))

    async def close(self) -> None:
        """Done."""
        await self._shards.close()

    def likely(self) -> bool:
        """Whether an applicant waits for such an answer at this moment."""
        return bool(self._waiting())

    async def turns(self) -> set[str]:
        """The client's names of the messages with such a turn."""
        if self._kind == "postgres":
            # What holds the record cannot be asked while it is halted.
            return self._waiting()
        taken = await self._load.database.run(_taken)
        return {sent.id for person, sent in self._unanswered() if sent.id in taken and self._needs(person, taken[sent.id])}

    def _waiting(self) -> set[str]:
        return {sent.id for person, sent in self._unanswered() if sent.conversation is not None and self._needs(person, sent.conversation)}

    def _unanswered(self) -> Iterator[tuple[Applicant, Sent]]:
        for person in self._load.asking:
            # Only the last of what somebody said can be unanswered.
            for sent in person.sent[-_NEWEST:]:
                if sent.answered_at is None:
                    yield person, sent

    def _needs(self, person: Applicant, conversation: str) -> bool:
        if self._kind == "gateway":
            return person.gateway in self._addresses
        return self._kind != "rasa" or self._shards.of(conversation)[0] in self._addresses


async def _nothing() -> None:
    """No look at a process: it only matters which one a conversation belongs to."""


def _taken(session: Session) -> dict[str, str]:
    """Where each message was said, by the client's name of it, to which somebody gives an answer at this moment."""
    query = select(Message.client_id, Message.conversation_id).join(Turn, Turn.message_id == Message.id).where(Turn.state == "taken")
    return {str(client_id): str(conversation) for client_id, conversation in session.execute(query)}
