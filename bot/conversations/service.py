"""The use cases of conversations for asynchronous callers; the only place from which events are published."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.assistant import Question, Reply
from bot.conversations import ledger, obligations
from bot.conversations.composer import Composer
from bot.conversations.events import Event, Listener, MessageStored, StateChanged, Stored, TurnFinished
from bot.conversations.ledger import Address, Receipt
from bot.conversations.obligations import Answer, TakenTurn
from bot.conversations.states import State
from bot.conversations.text import clean, clean_name, harmless
from bot.db import Database
from bot.errors import BotError
from bot.languages import Language
from bot.logs import place

log = logging.getLogger(__name__)

# The text of a conversation without personal data, given the kind of value that the bot has just asked for.
Redact = Callable[[Session, str, str, "str | None"], str]

_LONGEST_CLIENT_ID = 100


@dataclass(frozen=True)
class Task:
    """A turn that a worker holds; `question` is None when the text could not be freed of personal data."""

    turn: TakenTurn
    question: Question | None


@dataclass(frozen=True)
class Ended:
    """How a turn ended.

    Attributes:
        outcome: answered, handed_off, apologised, silenced or lost.
        more: whether another answer is owed in the conversation.
    """

    outcome: str
    handoff: str | None = None
    more: bool = False


class Conversations:
    """Everything doors and workers do with conversations; what they return is committed."""

    def __init__(self, database: Database, composer: Composer, redact: Redact) -> None:
        self._database = database
        self._composer = composer
        self._redact = redact
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with each event after its commit, in the order of the commits of a conversation."""
        self._listeners.append(listener)

    def _publish(self, *events: Event) -> None:
        for event in events:
            for listener in self._listeners:
                listener(event)

    async def open(self, address: Address) -> str:
        """The id of the conversation at `address`, begun if there was none."""
        return await self._database.run(ledger.open_conversation, address)

    async def applicant_says(
        self, address: Address, text: str, client_id: str | None = None, language: Language | None = None
    ) -> Receipt:
        """Store a message; when this returns it cannot be lost, and a turn owes its answer.

        Raises:
            Invalid: the text or the client's id cannot be used.
            Conflict: the conversation is closed.
        """
        text = clean(text)
        if client_id is not None:
            clean_name(client_id, "message_id", _LONGEST_CLIENT_ID)

        def store(session: Session) -> Receipt:
            conversation_id = ledger.open_conversation(session, address)
            return ledger.store_applicants(session, conversation_id, text, client_id, language)

        receipt = await self._database.run(store)
        if receipt.fresh:
            if receipt.left_queue:
                self._publish(StateChanged(receipt.message.conversation_id, State.BOT))
            self._publish(MessageStored(receipt.message))
        return receipt

    async def undelivered(self, conversation_id: str, own: str | None = None, leave: Collection[str] = ()) -> list[Stored]:
        """Messages the applicant has not got yet, which count as delivered from now on (see `ledger.undelivered`)."""
        return await self._database.run(ledger.undelivered, conversation_id, own, leave)

    async def take(self, conversation_id: str, owner: str, lease_s: float) -> Task | None:
        """The oldest answer owed in a conversation, held for `lease_s` seconds; None when there is none to take."""

        def take(session: Session) -> Task | None:
            turn = obligations.take_turn(session, conversation_id, owner, lease_s)
            return None if turn is None else Task(turn, self._question(session, turn))

        task = await self._database.run(take)
        if task is not None and task.turn.left_queue:
            self._publish(StateChanged(conversation_id, State.BOT))
        return task

    def _question(self, session: Session, turn: TakenTurn) -> Question | None:
        text, choice = turn.text, None
        if turn.choice is None:
            try:
                with session.begin_nested():
                    text = harmless(self._redact(session, turn.conversation_id, turn.text, turn.expects))
            except Exception as error:
                # Text that may hold personal data must not travel on, and the worker must not stumble over it for ever.
                log.error("redaction failed: %s", place(error))
                return None
        elif turn.choice.startswith("/"):
            text = turn.choice
        else:
            text, choice = "/choose", turn.choice.partition(":")[2]
        return Question(turn.conversation_id, turn.message_id, text, turn.language, turn.channel, choice)

    async def hold(self, turn: TakenTurn, owner: str, lease_s: float) -> bool:
        """Hold a turn for longer; False when it has gone to another worker."""
        return await self._database.run(obligations.renew_turn, turn.message_id, owner, lease_s)

    async def answer(self, turn: TakenTurn, owner: str, replies: Sequence[Reply]) -> Ended:
        """Store the assistant's replies and end the turn.

        Raises:
            AssistantUnavailable: the replies cannot be shown; the turn is still held.
        """
        return await self._end(turn, owner, lambda session: self._composer.answer(session, turn, replies))

    async def apologise(self, turn: TakenTurn, owner: str) -> Ended:
        """Store the apology with hotline and the offer of a person, and end the turn."""
        return await self._end(turn, owner, lambda session: self._composer.apology(session, turn))

    async def _end(self, turn: TakenTurn, owner: str, compose: Callable[[Session], Answer]) -> Ended:
        def finish(session: Session) -> tuple[Answer, list[Stored] | None, bool]:
            answer = compose(session)
            stored = obligations.finish_turn(session, turn, owner, answer)
            return answer, stored, obligations.is_owed(session, turn.conversation_id)

        answer, stored, more = await self._database.run(finish)
        if stored is None:
            return Ended("lost")
        outcome = answer.outcome if stored else "silenced"
        handoff = answer.handoff if stored else None
        if handoff is not None:
            self._publish(StateChanged(turn.conversation_id, State.QUEUED))
        self._publish(*(MessageStored(message) for message in stored))
        self._publish(TurnFinished(turn.conversation_id, turn.message_id, outcome))
        return Ended(outcome, handoff, more)

    async def is_answered(self, message_id: str) -> bool:
        """Whether no answer is owed to this message any more."""
        return await self._database.run(obligations.is_done, message_id)

    async def owed(self) -> list[str]:
        """Conversations with a turn that nobody is working on."""
        return await self._database.run(obligations.owed)

    async def release(self, owner: str) -> None:
        """Give back the turns that a worker holds."""
        await self._database.run(obligations.release_turns, owner)

    async def check(self) -> None:
        """Raise unless the record can be read."""
        try:
            await self._database.run(ledger.check)
        except Exception as error:
            raise BotError("database_unavailable") from error
