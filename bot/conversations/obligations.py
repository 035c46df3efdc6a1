"""The answers owed to applicants, as functions on one unit of work: who may give one, until when, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations.events import ConversationChanged, Event, MessageStored, Stored, TurnFinished, TurnTaken
from bot.conversations.ledger import Draft, Receipt, append, lock
from bot.conversations.models import Conversation, Message, Turn
from bot.conversations.states import State
from bot.conversations.text import EXPECTS, is_desk
from bot.conversations.threads import Address, address_of
from bot.db import now
from bot.languages import DEFAULT, Tongue, as_tongue
from bot.redaction import split

_SILENCED: Final = "silenced"
# The question for a number, as a reply names it.
_NUMBER: Final = "number"
# What is said between the matters; a conversation is not about it.
_NO_MATTER: Final = frozenset(
    {
        "affirm",
        "bot_challenge",
        "cancel",
        "deny",
        "feedback",
        "goodbye",
        "greet",
        "handoff",
        "help",
        "language",
        "out_of_scope",
        "thanks",
    }
)


@dataclass(frozen=True)
class TakenTurn:
    """A turn that this worker may answer until its lease ends.

    Attributes:
        desk: whether the desk answers it, and not the assistant.
        network: the network it came from, where limits on networks apply to it.
        handed_back: whether the assistant has not had the conversation all along.
        seq: the number of the message.
        ends_number: whether the text is the end of a number that the message before began.
    """

    message_id: str
    conversation_id: str
    address: Address
    channel: str
    text: str
    language: Tongue
    choice: str | None
    expects: str | None
    attempts: int
    desk: bool = False
    network: str | None = None
    handed_back: bool = False
    seq: int = 0
    ends_number: bool = False

    @property
    def answers(self) -> str | None:
        """The question whose answer the text is redacted as."""
        return _NUMBER if self.ends_number else self.expects


# Changes a conversation, whose row is held, and says what happened by it.
Apply = Callable[[Session, Any], Sequence[Event]]


@dataclass(frozen=True)
class Answer:
    """All that ends a turn: what is said and what changes with it.

    Attributes:
        handoff: why a person was offered, for the figures.
        apply: changes that belong to the answer, such as a move; called with the locked row before the drafts are stored,
            and only if they are.
    """

    outcome: str
    drafts: Sequence[Draft]
    expects: str | None = None
    set_language: Tongue | None = None
    handoff: str | None = None
    within_hours: bool | None = None
    apply: Apply | None = None


@dataclass(frozen=True)
class Finished:
    """How a turn ended in the record.

    Attributes:
        outcome: that of the answer; `silenced` when a person has the conversation meanwhile; `lost` when another worker has
            the turn.
        stored: the messages of the answer.
        events: what is to be published.
    """

    outcome: str
    stored: Sequence[Stored] = ()
    events: Sequence[Event] = ()


_OF_MESSAGE: Final = ("text", "language", "payload", "created_at")
_OF_CONVERSATION: Final = ("channel", "caller", "sender", "state", "desk_step", "expects", "handed_back_at")
# What is owed for longest in a conversation. Its end looks again at whatever may change before the answer is there.
_OLDEST: Final = (
    select(
        *(Turn.message_id, Turn.conversation_id, Turn.seq, (Turn.attempts + 1).label("attempts"), Turn.outcome, Turn.network),
        *(getattr(Message, name) for name in _OF_MESSAGE),
        *(getattr(Conversation, name) for name in _OF_CONVERSATION),
    )
    .join(Message, Message.id == Turn.message_id)
    .join(Conversation, Conversation.id == Turn.conversation_id)
    .where(Turn.conversation_id == bindparam("conversation"), Turn.state != "done")
    .order_by(Turn.seq)
    .limit(1)
)


_BEFORE: Final = (
    select(Message.text, Message.created_at)
    .where(Message.conversation_id == bindparam("conversation"), Message.author == "applicant", Message.seq < bindparam("seq"))
    .order_by(Message.seq.desc())
    .limit(1)
)
# Who sends the rest of a number sends it at once.
_LONGEST_PAUSE: Final = timedelta(minutes=10)
_TURNS: Final = Turn.__table__


def _may_be_taken(moment: Any, latest: Any) -> Any:
    # Nobody leases a turn beyond `latest`: then the clock was set back since, and who held it may be long dead.
    over = or_(Turn.lease_until < moment, Turn.lease_until > latest)
    return or_(Turn.state == "waiting", and_(Turn.state == "taken", over))


def _latest(moment: datetime, lease_s: float) -> datetime:
    # Other gateways may have leases of other lengths, and clocks that are some seconds ahead.
    return moment + timedelta(seconds=2 * lease_s + 30)


def _mine() -> Any:
    return and_(Turn.message_id == bindparam("message"), Turn.state == "taken", Turn.owner == bindparam("worker"))


_TAKE: Final = (
    update(_TURNS)
    .where(_TURNS.c.message_id == bindparam("message"), _may_be_taken(bindparam("moment"), bindparam("latest")))
    .values(state="taken", owner=bindparam("worker"), lease_until=bindparam("until"), attempts=_TURNS.c.attempts + 1)
)
_END_SILENCED: Final = update(_TURNS).where(_mine()).values(state="done", lease_until=None, outcome=bindparam("ending"), network=None)
_END: Final = _END_SILENCED.where(_TURNS.c.outcome.is_distinct_from(_SILENCED))
_ASKED_MEANWHILE: Final = update(Message.__table__).where(Message.__table__.c.id == bindparam("message")).values(payload=bindparam("said"))
_RENEW: Final = update(_TURNS).where(_mine()).values(lease_until=bindparam("until"))


def take_turn(session: Session, conversation_id: str, owner: str, lease_s: float, happened: list[Event]) -> TakenTurn | None:
    """The oldest turn of the conversation that is not done, now this worker's; None when there is none or another has it.

    Turns that nobody but a person may answer any more are ended without asking the assistant.
    """
    while True:
        moment = now()
        oldest = session.execute(_OLDEST, {"conversation": conversation_id}).one_or_none()
        if oldest is None:
            return None
        until, latest = moment + timedelta(seconds=lease_s), _latest(moment, lease_s)
        held = {"message": oldest.message_id, "moment": moment, "latest": latest, "worker": owner, "until": until}
        taken = session.execute(_TAKE, held)
        if taken.rowcount != 1:
            return None
        turn = _begun(session, oldest, owner, happened)
        if turn is not None:
            return turn


def begin_turn(session: Session, receipt: Receipt, network: str | None, owner: str, happened: list[Event]) -> TakenTurn | None:
    """The turn of a message that was stored as held by this worker; None when nobody but a person may answer it."""
    message, conversation = receipt.message, session.get(Conversation, receipt.message.conversation_id)
    stored = SimpleNamespace(
        **{name: getattr(conversation, name) for name in _OF_CONVERSATION},
        **{name: getattr(message, name) for name in _OF_MESSAGE},
        message_id=message.id,
        conversation_id=message.conversation_id,
        seq=message.seq,
        attempts=1,
        outcome=None,
        network=network,
    )
    return _begun(session, stored, owner, happened)


def _begun(session: Session, turn: Any, owner: str, happened: list[Event]) -> TakenTurn | None:
    """A turn that is this worker's, from what is stored of it, message and conversation; None when it has been ended unanswered."""
    choice, address = turn.payload.get("choice"), address_of(turn)
    waiting = turn.state == State.QUEUED.value
    desk = is_desk(choice, waiting) or (choice is None and turn.desk_step is not None)
    desk = desk or (waiting and turn.payload.get("grave") is not None)
    if turn.outcome == _SILENCED or not _may_speak(turn, desk):
        _end(session, turn.message_id, owner, _SILENCED, even_if_silenced=True)
        happened.append(TurnFinished(turn.conversation_id, address, turn.message_id, _SILENCED))
        return None
    happened.append(TurnTaken(turn.conversation_id, address, turn.message_id))
    ends_number = choice is None and _ends_number(session, turn)
    asked = _NUMBER if ends_number else turn.expects
    if choice is None and asked is not None and turn.payload.get(EXPECTS) != asked:
        # The question was asked after the message came, in answer to the one before it; it is redacted as its answer.
        session.execute(_ASKED_MEANWHILE, {"message": turn.message_id, "said": {**turn.payload, EXPECTS: asked}})
        happened.append(ConversationChanged(turn.conversation_id))
    return TakenTurn(
        message_id=turn.message_id,
        conversation_id=turn.conversation_id,
        address=address,
        channel=turn.channel,
        text=turn.text,
        language=as_tongue(turn.language) or DEFAULT,
        choice=choice,
        expects=turn.expects,
        attempts=turn.attempts,
        desk=desk,
        network=turn.network,
        handed_back=turn.handed_back_at is not None,
        seq=turn.seq,
        ends_number=ends_number,
    )


def _ends_number(session: Session, turn: Any) -> bool:
    """Whether the text is the end of a number that the applicant's message before it began; asks the database for bare figures only."""
    if not split.may_end(turn.text, turn.expects):
        return False
    before = session.execute(_BEFORE, {"conversation": turn.conversation_id, "seq": turn.seq}).one_or_none()
    return before is not None and turn.created_at - before.created_at <= _LONGEST_PAUSE and split.begins(before.text)


def _may_speak(conversation: Any, desk: bool) -> bool:
    """Whether an answer that no person wrote may be shown: the bot's while it has the word, the desk's in the queue as well."""
    return conversation.state == State.BOT.value or (desk and conversation.state == State.QUEUED.value)


def _end(session: Session, message_id: str, owner: str, outcome: str, even_if_silenced: bool = False) -> bool:
    ending = {"message": message_id, "worker": owner, "ending": outcome}
    ended = session.execute(_END_SILENCED if even_if_silenced else _END, ending)
    return bool(ended.rowcount == 1)


def renew_turn(session: Session, message_id: str, owner: str, lease_s: float) -> bool:
    """Hold a turn for longer; False when it has gone to another worker."""
    until = now() + timedelta(seconds=lease_s)
    renewed = session.execute(_RENEW, {"message": message_id, "worker": owner, "until": until})
    return bool(renewed.rowcount == 1)


def finish_turn(session: Session, turn: TakenTurn, owner: str, answer: Answer, held: Any = None) -> Finished:
    """Store the answer and end the turn, if it is still this worker's and nobody took the word from the bot.

    An answer that comes too late is kept in the audit trail and nowhere else.

    Args:
        held: the conversation's row where this unit of work holds it already.
    """
    conversation = lock(session, turn.conversation_id) if held is None else held
    # A person may have had the conversation and given it back while the answer was made.
    silenced = not _may_speak(conversation, turn.desk) or not _end(session, turn.message_id, owner, answer.outcome)
    outcome = _SILENCED if silenced else answer.outcome
    if silenced and not _end(session, turn.message_id, owner, _SILENCED, even_if_silenced=True):
        return Finished("lost")
    finished = TurnFinished(turn.conversation_id, turn.address, turn.message_id, outcome)
    if silenced:
        texts = [draft.text for draft in answer.drafts]
        subject = f"conversation:{turn.conversation_id}"
        audit.record(session, audit.SYSTEM, "turn:silence", subject, message=turn.message_id, state=conversation.state, texts=texts)
        return Finished(outcome, events=[finished])
    events: list[Event] = []
    conversation.expects = answer.expects
    if answer.apply is not None:
        events += answer.apply(session, conversation)
    conversation.demo_announced = conversation.demo_announced or any(draft.payload.get("notice") for draft in answer.drafts)
    topics = [topic for draft in answer.drafts if (topic := draft.payload.get("topic")) is not None and topic not in _NO_MATTER]
    conversation.topic = topics[-1] if topics else conversation.topic
    if answer.set_language is not None:
        conversation.language = conversation.last_language = answer.set_language
    stored = append(session, conversation, answer.drafts, answers=turn.message_id)
    return Finished(outcome, stored, [*events, *(MessageStored(message) for message in stored), finished])


def is_done(session: Session, message_id: str) -> bool:
    """Whether no answer is owed to this message any more."""
    state = session.execute(select(Turn.state).where(Turn.message_id == message_id)).scalar_one_or_none()
    return state in (None, "done")


def owed(session: Session, lease_s: float) -> list[str]:
    """Conversations with a turn that nobody is working on, where turns are leased for `lease_s` seconds."""
    moment = now()
    owing = select(Turn.conversation_id).where(_may_be_taken(moment, _latest(moment, lease_s))).distinct().limit(1000)
    return list(session.execute(owing).scalars())


def release_turns(session: Session, owner: str) -> None:
    """Give back the turns of a worker that ends in good order, so that the next one need not wait for their leases."""
    session.execute(
        update(Turn)
        .where(Turn.state == "taken", Turn.owner == owner)
        .values(state="waiting", owner=None, lease_until=None, attempts=Turn.attempts - 1)
        .execution_options(synchronize_session=False)
    )
