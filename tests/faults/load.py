"""The load: applicants who ask the assistant, applicants who talk with officers, and the officers, at a steady pace."""

from __future__ import annotations

import asyncio
import itertools
import random
import string
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bot.db import Database
from bot.settings import Settings
from tests.faults.applicant import Applicant, Sent
from tests.faults.officer import Officer
from tests.staff import make_officer

PASSWORD: Final = "seven lanterns over the quay"
# None is answered with the same words twice or with a question; the answers about stations are those of the action server.
STATIONS: Final = ("where is the nearest station to Shekou", "离科技园最近的服务点在哪")
QUESTIONS: Final = ("how long does it take", "办工作许可要多少钱", *STATIONS)
PERSON: Final = "I want to talk to a person"
# Who sees nothing for longer has not been told honestly.
SILENCE_S: Final = 30.0
# By then every stored message has its answer, or the apology that there is none: when its gateway dies, the lease has to end and
# another gateway to look, which it does after half a lease at most, and then the assistant has the time that it has for an answer.
OWED_S: Final = 1.5 * Settings.turn_lease_s + Settings.assistant_timeout_s
# All is well where every answer is there by then.
PROMPT_S: Final = 2.0
_MOST_WAITING: Final = 3


class Load:
    """Everybody who takes part.

    Args:
        gateways: where they can go.
        every_s: how often each applicant says something.
    """

    def __init__(self, gateways: Sequence[str], database: Database, asking: int = 8, talking: int = 4, every_s: float = 2.0) -> None:
        self.database = database
        self._every_s = every_s
        self._random = random.Random(7)
        self._speaking = asyncio.Event()
        logins = ("chen.li", "wang.fang")
        with database.session() as session:
            for login in logins:
                make_officer(session, login, name=login.title(), stations=(), password=PASSWORD)
        self.officers = [Officer(login, PASSWORD, gateways, n % len(gateways)) for n, login in enumerate(logins)]
        # Where nothing else gets through, the widget polls: so does one in four.
        self.asking = [
            Applicant(f"asking {n}", gateways, n % len(gateways), "polling" if n % 4 == 3 else "websocket") for n in range(asking)
        ]
        # Applicant and officer sit at different gateways as often as not.
        self.talking = [Applicant(f"talking {n}", gateways, n // 2 % len(gateways)) for n in range(talking)]

    @property
    def applicants(self) -> list[Applicant]:
        """All of them."""
        return [*self.asking, *self.talking]

    def sent(self) -> list[Sent]:
        """Everything that anybody has said so far."""
        return [sent for person in self.applicants for sent in person.sent]

    def replied(self) -> int:
        """How many replies of officers were acknowledged so far."""
        return sum(len(officer.replied) for officer in self.officers)

    async def begin(self) -> None:
        """Have those who want a person find one, and everybody begin to speak."""
        for person in self.asking:
            person.work.soon(self._ask(person))
        for person in self.talking:
            person.work.soon(self._talk(person))
        self.go_on()
        await until(lambda: all(person.state == "WITH_STAFF" for person in self.talking), 60)

    def go_on(self) -> None:
        """Speak."""
        self._speaking.set()

    def spread(self) -> None:
        """Have everybody go to the gateway at which they began: nobody would be at one that has just been away."""
        for person in [*self.applicants, *self.officers]:
            person.go_home()

    def all_ask(self, questions: Sequence[str]) -> None:
        """Have everybody who asks the assistant say something at this moment."""
        for person in self.asking:
            if person.waiting < _MOST_WAITING:
                person.say(self._random.choice(questions))

    async def pause(self, within_s: float = 60.0) -> bool:
        """Have nobody say anything more; whether everything that was said came to its end in time."""
        self._speaking.clear()
        done = await until(lambda: all(person.waiting == 0 for person in self.applicants), within_s)
        return done and await until(lambda: all(is_over(sent) for sent in self.sent()), within_s)

    async def end(self) -> None:
        """Everybody goes away."""
        await asyncio.gather(*(person.close() for person in [*self.applicants, *self.officers]))

    async def _ask(self, person: Applicant) -> None:
        while True:
            await self._moment()
            if person.waiting < _MOST_WAITING:
                person.say(self._random.choice(QUESTIONS))

    async def _talk(self, person: Applicant) -> None:
        for number in names():
            await self._moment()
            if person.state == "BOT":
                await self._want(person)
            if person.waiting < _MOST_WAITING:
                person.say(f"question {person.name.replace(' ', '')} {number}")

    async def _want(self, person: Applicant) -> None:
        """Ask for a person and wait in the queue until one comes."""
        person.offers.clear()
        person.say(PERSON)
        if await until(lambda: "desk:wait" in person.offers or person.state != "BOT", 30) and person.state == "BOT":
            person.say("desk:wait")
            await until(lambda: person.state == "WITH_STAFF", 60)

    async def _moment(self) -> None:
        await asyncio.sleep(self._every_s * self._random.uniform(0.5, 1.5))
        await self._speaking.wait()


def is_over(sent: Sent) -> bool:
    """Whether nothing more is to come of a message: an answer, from whoever owes one."""
    return sent.answered_at is not None or not expects_answer(sent)


def expects_answer(sent: Sent) -> bool:
    """Whether an answer is to come: what leads to an officer may be overtaken by the officer."""
    return sent.text in QUESTIONS or sent.text.startswith("question ")


def is_trouble(sent: Sent, moment: float) -> bool:
    """Whether a message was refused, apologised for, or not answered promptly."""
    return bool(sent.refusals) or sent.apologised or wait(sent, moment) > PROMPT_S


def recovery(sent: Sequence[Sent], began: float, moment: float) -> float:
    """Seconds from `began` until the last message that was in trouble had its answer: from then on everything was answered promptly."""
    over = max((each.answered_at or moment for each in sent if is_trouble(each, moment)), default=began)
    return max(0.0, over - began)


def wait(sent: Sent, moment: float) -> float:
    """Seconds from saying something to the answer; nothing where none is to come."""
    return (sent.answered_at or moment) - sent.at if expects_answer(sent) else 0.0


def silence(sent: Sent, moment: float) -> float:
    """Seconds in which an applicant saw nothing at all of what became of a message."""
    return (sent.told_at or moment) - sent.at


def owed(sent: Sent, moment: float) -> float:
    """Seconds for which the assistant owed an answer, or an apology, to a message that was in the record."""
    return 0.0 if sent.stored_at is None or sent.text not in QUESTIONS else (sent.answered_at or moment) - sent.stored_at


async def until(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether `condition` came true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def names() -> Iterator[str]:
    """Words without figures, which nothing takes for a number: a, b, … aa, ab, …"""
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_lowercase, repeat=length):
            yield "".join(letters)
