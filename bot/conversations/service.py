"""The use cases of conversations for the applicant's side and for the workers that answer; see `counter` for the staff's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot import audit
from bot.assistant import Question, Reply
from bot.conversations import catching_up, delivery, ledger, obligations, opinions, ownership, switch, threads
from bot.conversations.catching_up import Newest, Snapshot
from bot.conversations.composer import Composer
from bot.conversations.delivery import HandedOut
from bot.conversations.events import ConversationChanged, Listener, MessageStored, Stored, telling
from bot.conversations.ledger import Address, Ahead, Holder, Receipt
from bot.conversations.news import News
from bot.conversations.obligations import Answer, Finished, TakenTurn
from bot.conversations.publishing import Happened, Record
from bot.conversations.questions import CameFrom, Questions, Redact
from bot.conversations.return_codes import ReturnCodes
from bot.conversations.states import State
from bot.conversations.text import clean, clean_name, is_payload
from bot.errors import NotFound
from bot.languages import Tongue
from bot.logs import place

log = logging.getLogger(__name__)

_LONGEST_CLIENT_ID = 100
_ENDED = "ended"


@dataclass(frozen=True)
class Task:
    """A turn that a worker holds; `question` is None when the text could not be freed of personal data, or nobody is asked.

    Attributes:
        desk: whether the desk answers.
        off: whether the bot is switched off, and the applicant is told so.
    """

    turn: TakenTurn
    question: Question | None
    desk: bool = False
    off: bool = False


@dataclass(frozen=True)
class Worker(Holder):
    """Who answers what is owed.

    Attributes:
        begin: called in the event loop with a conversation in which an answer is owed, and the turn if it is held already.
    """

    begin: Callable[[str, Task | None], None]


@dataclass(frozen=True)
class Ended:
    """How a turn ended.

    Attributes:
        outcome: that of the answer, or silenced, or lost.
        handoff: why a person was offered, if one was.
        more: whether another answer is owed in the conversation.
    """

    outcome: str
    handoff: str | None = None
    more: bool = False


class _NotTaken(Exception):
    """A message is to be stored again without its turn being taken with it."""


class Conversations:
    """Everything the applicant's doors and the workers do with conversations; what they return is committed."""

    def __init__(
        self,
        record: Record,
        composer: Composer,
        redact: Redact,
        codes: ReturnCodes,
        news: News,
        came_from: CameFrom = lambda _session, _conversation, _network: None,
        ahead: Ahead = lambda _conversation, _text, _expects: False,
    ) -> None:
        self._record = record
        self._composer = composer
        self._questions = Questions(redact, came_from, composer.desk.answers.catalogue.papers.reader)
        self._codes = codes
        self._news = news
        self._ahead = ahead
        self._worker: Worker | None = None

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with each event of the record (see `Record.listen`)."""
        self._record.listen(listener)

    def hand_to(self, worker: Worker | None) -> None:
        """Have `worker` answer what applicants say from now on, its turns taken as messages are stored; None leaves them to be taken."""
        self._worker = worker

    async def applicant_says(
        self,
        address: Address,
        text: str,
        client_id: str | None = None,
        language: Tongue | None = None,
        interface: Tongue | None = None,
        network: str | None = None,
        likely: str | None = None,
    ) -> Receipt:
        """Store a message; when this returns it cannot be lost, and what answer is owed will come.

        After a closed conversation it begins the next one.

        Args:
            client_id: the client's own name for it; sent twice, it is stored once and acknowledged twice.
            language: a language that the applicant chooses with it.
            interface: the language of the interface, for a first message that shows none.
            network: the network it comes from, where limits on networks apply to it.
            likely: the conversation that it most likely belongs to, which the assistant is told ahead.

        Raises:
            Invalid: the text or the client's id cannot be used.
        """
        text = clean(text)
        if client_id is not None:
            clean_name(client_id, "message_id", _LONGEST_CLIENT_ID)
        told = likely if likely is not None and not is_payload(text) and self._tell_ahead(likely, None, None) else None

        def store(session: Session, happened: Happened, at_once: bool) -> Receipt:
            alarm = self._composer.alarm
            # When it is stored again, the assistant has been told before.
            ahead = partial(self._tell_ahead, told=told) if at_once else None
            worker = self._worker
            receipt = ledger.store_applicants(
                session,
                address,
                text,
                client_id,
                language,
                interface,
                self._title,
                alarm,
                network,
                ahead,
                worker if at_once else None,
            )
            if receipt.fresh:
                happened += telling([receipt.message])
                happened += self._news.take(session, receipt.message)
            if receipt.owed and worker is not None:
                conversation_id = receipt.message.conversation_id
                task = self._begin(session, happened, receipt, network, worker) if receipt.held else None
                happened.then = lambda: worker.begin(conversation_id, task)
            return receipt

        try:
            return await self._record.run(store, at_once=True)
        except _NotTaken as error:
            # A savepoint would keep the message too, but takes its time in every turn.
            log.error("a turn was not taken at once: %s", place(error.__cause__ or error))
            return await self._record.run(store, at_once=False)

    def _tell_ahead(self, conversation_id: str, text: str | None, expects: str | None, told: str | None = None) -> bool:
        if text is None and conversation_id == told:
            return True
        try:
            return self._ahead(conversation_id, text, expects)
        except Exception as error:
            log.error("the assistant was not told ahead: %s", place(error))
            return False

    async def news_by_mail(self, conversation_id: str, mail: str, network: str) -> Tongue:
        """Have an e-mail address asked whether it wants to hear of news of what a thread follows; the language it is asked in.

        Raises:
            NotAllowed: no mails are sent here, or nothing is followed.
            Invalid: it is no address.
            TooMany: too many addresses were given.
        """
        given = await self._record.run(lambda session, _: self._news.count(session, conversation_id, mail, network))
        return await self._record.run(lambda session, _: self._news.ask(session, conversation_id, given))

    def _title(self, payload: str, language: Tongue) -> str | None:
        """The title of a quick reply that may be used without having been offered, or None."""
        return self._news.title(payload, language) or self._composer.title(payload, language)

    async def leave_message(
        self,
        address: Address,
        text: str,
        contact_kind: str,
        contact: str | None = None,
        client_id: str | None = None,
        language: Tongue | None = None,
        notice: str | None = None,
    ) -> Receipt:
        """Leave a message for the staff in one step; sent twice with the same id of the client, it is left once.

        Args:
            notice: the version of the notice about personal data that the applicant was shown.

        Raises:
            Invalid: the text, the way to answer, or the client's id cannot be used; nothing is stored.
        """
        text = clean(text)
        if client_id is not None:
            clean_name(client_id, "message_id", _LONGEST_CLIENT_ID)

        def leave(session: Session, happened: Happened) -> Receipt:
            return self._composer.leave_message(session, happened, address, text, contact_kind, contact, client_id, language, notice)

        return await self._record.run(leave)

    async def catch_up(self, address: Address, conversation_id: str | None = None, after: int = 0) -> Snapshot:
        """How things stand at `address`, with everything after that number (see `catching_up.catch_up`)."""
        return await self._record.run(lambda session, _: catching_up.catch_up(session, address, conversation_id, after))

    async def begun(self, addresses: Collection[Address]) -> dict[Address, str]:
        """The first conversation at each of these addresses, where there is one."""
        return await self._record.run(lambda session, _: catching_up.begun(session, addresses))

    async def newest_of(self, conversation_ids: Sequence[str]) -> dict[str, Newest]:
        """How the threads of these conversations stand (see `catching_up.newest_of`)."""
        return await self._record.run(lambda session, _: catching_up.newest_of(session, conversation_ids))

    async def hand_out(self, address: Address, own: str | None = None, leave: Collection[str] = ()) -> HandedOut:
        """Messages the applicant has not got yet, which count as delivered from now on (see `delivery.hand_out`)."""
        return await self._record.run(lambda session, _: delivery.hand_out(session, address, own, leave))

    async def take_back(self, address: Address, handed: HandedOut) -> None:
        """Have what did not reach the applicant not count as delivered (see `delivery.take_back`)."""
        await self._record.run(lambda session, _: delivery.take_back(session, address, handed))

    async def received(self, address: Address, newest: str) -> None:
        """Have everything up to the message `newest` count as delivered (see `delivery.received`)."""
        await self._record.run(lambda session, _: delivery.received(session, address, newest))

    async def said_after(self, address: Address, newest: str) -> list[Stored]:
        """What was said to the applicant after the message `newest`, delivered or not (see `delivery.said_after`)."""
        return await self._record.run(lambda session, _: delivery.said_after(session, address, newest))

    async def undelivered_at(self, address: Address) -> list[Stored]:
        """Messages for the applicant at `address` that do not count as delivered yet, and still do not."""
        return await self._record.run(lambda session, _: delivery.undelivered_at(session, address))

    async def mark_delivered(self, message_ids: Collection[str]) -> None:
        """Have messages count as delivered."""
        await self._record.run(lambda session, _: delivery.mark_delivered(session, message_ids))

    async def feedback(self, address: Address, message_id: str, helpful: bool, comment: str | None = None) -> None:
        """Note whether an answer helped (see `opinions.give_feedback`)."""

        def note(session: Session, happened: Happened) -> None:
            happened.append(ConversationChanged(opinions.give_feedback(session, address, message_id, helpful, comment)))

        await self._record.run(note)

    async def rate(self, address: Address, score: int, comment: str | None = None) -> None:
        """Note how the applicant rates the conversation with the staff (see `opinions.rate`)."""

        def note(session: Session, happened: Happened) -> None:
            happened.append(ConversationChanged(opinions.rate(session, address, score, comment)))

        await self._record.run(note)

    async def set_language(self, address: Address, language: Tongue) -> None:
        """Have answers come in a language from now on; nothing happens before the first message."""

        def choose(session: Session, happened: Happened) -> None:
            newest = threads.find_newest(session, address)
            if newest is not None:
                conversation = threads.lock(session, newest.id)
                conversation.language = conversation.last_language = language
                happened.append(ConversationChanged(newest.id))

        await self._record.run(choose)

    async def end(self, address: Address) -> None:
        """The applicant ends the conversation; nothing happens when there is none that is open."""

        def end(session: Session, happened: Happened) -> None:
            newest = threads.find_newest(session, address)
            if newest is None:
                return
            conversation = threads.lock(session, newest.id)
            if conversation.state == State.CLOSED.value:
                return
            language = threads.tongue_spoken(conversation)
            # What is said last is said before the close, after which nothing is.
            said = ledger.append(session, conversation, [self._composer.desk.line("ended_by_applicant", language)])
            happened += [MessageStored(message) for message in said]
            happened += ownership.close(session, newest.id, _ENDED, audit.APPLICANT) or ()

        await self._record.run(end)

    async def make_return_code(self, address: Address) -> tuple[str, datetime]:
        """A code to go on from another device, and when it ends (see `ReturnCodes.make`)."""
        return await self._record.run(lambda session, _: self._codes.make(session, address))

    async def use_return_code(self, code: str, caller: str) -> str:
        """The `sender` that a code stands for; `caller` is the network it comes from (see `ReturnCodes`).

        Raises:
            TooMany: too many attempts were made.
            NotAllowed: the code stands for nothing.
        """
        await self._record.run(lambda session, _: self._codes.count(session, caller))
        return await self._record.run(lambda session, _: self._codes.use(session, code))

    async def take(self, conversation_id: str, owner: str, lease_s: float) -> Task | None:
        """The oldest answer owed in a conversation, held for `lease_s` seconds; None when there is none to take."""

        def take(session: Session, happened: Happened) -> Task | None:
            turn = obligations.take_turn(session, conversation_id, owner, lease_s, happened)
            return None if turn is None else self._task(session, turn, self._question)

        return await self._record.run(take)

    def _begin(self, session: Session, happened: Happened, receipt: Receipt, network: str | None, worker: Worker) -> Task | None:
        try:
            turn = obligations.begin_turn(session, receipt, network, worker.name, happened)
            return None if turn is None else self._task(session, turn, self._questions.of)
        except Exception as error:
            raise _NotTaken from error

    def _task(self, session: Session, turn: TakenTurn, ask: Callable[[Session, TakenTurn], Question | None]) -> Task:
        off = not turn.desk and not switch.is_on(session)
        return Task(turn, None if turn.desk or off else ask(session, turn), turn.desk, off)

    def _question(self, session: Session, turn: TakenTurn) -> Question | None:
        try:
            with session.begin_nested():
                return self._questions.of(session, turn)
        except Exception as error:
            # The worker must not stumble over it for ever.
            log.error("no question could be made: %s", place(error))
            return None

    async def hold(self, turn: TakenTurn, owner: str, lease_s: float) -> bool:
        """Hold a turn for longer; False when it has gone to another worker."""
        return await self._record.run(lambda session, _: obligations.renew_turn(session, turn.message_id, owner, lease_s))

    async def answer(self, turn: TakenTurn, owner: str, replies: Sequence[Reply]) -> Ended:
        """Store the assistant's replies and end the turn; what it thought of while it was switched off is not said.

        Raises:
            AssistantUnavailable: the replies cannot be shown; the turn is still held.
        """
        return await self._end(
            turn, owner, lambda session: self._unless_off(session, turn, lambda: self._composer.answer(session, turn, replies))
        )

    async def at_desk(self, turn: TakenTurn, owner: str) -> Ended:
        """Have the desk answer, about waiting, leaving a message or going back to the assistant, and end the turn."""
        return await self._end(turn, owner, lambda session: self._composer.desk_answer(session, turn))

    async def apologise(self, turn: TakenTurn, owner: str) -> Ended:
        """Store the apology with hotline and the offer of a person, and end the turn."""
        return await self._end(turn, owner, lambda session: self._unless_off(session, turn, lambda: self._composer.apology(session, turn)))

    async def tell_off(self, turn: TakenTurn, owner: str) -> Ended:
        """Store that the bot is switched off, with hotline and the offer of a person, and end the turn."""
        return await self._end(turn, owner, lambda session: self._composer.off(session, turn))

    def _unless_off(self, session: Session, turn: TakenTurn, compose: Callable[[], Answer]) -> Answer:
        return compose() if switch.is_on(session) else self._composer.off(session, turn)

    async def _end(self, turn: TakenTurn, owner: str, compose: Callable[[Session], Answer]) -> Ended:
        def finish(session: Session, happened: Happened) -> Ended:
            # The lock comes first, so that the answer is composed for the state in which it is stored.
            try:
                held = threads.lock(session, turn.conversation_id)
            except NotFound:
                # It was erased while the answer was made.
                return Ended("lost")
            # It was the oldest that is owed, so that where nothing was said after it, nothing else is.
            last = held.last_seq == turn.seq
            answer = compose(session)
            finished: Finished = obligations.finish_turn(session, turn, owner, answer, held)
            happened += finished.events
            handoff = answer.handoff if finished.stored else None
            return Ended(finished.outcome, handoff, not last and ledger.is_owed(session, turn.conversation_id))

        return await self._record.run(finish)

    async def is_answered(self, message_id: str) -> bool:
        """Whether no answer is owed to this message any more."""
        return await self._record.run(lambda session, _: obligations.is_done(session, message_id))

    async def owed(self, lease_s: float) -> list[str]:
        """Conversations with a turn that nobody is working on (see `obligations.owed`)."""
        return await self._record.run(lambda session, _: obligations.owed(session, lease_s))

    async def release(self, owner: str) -> None:
        """Give back the turns that a worker holds."""
        await self._record.run(lambda session, _: obligations.release_turns(session, owner))
