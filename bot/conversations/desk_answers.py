"""The desk's side of a conversation: choices that begin with `desk:`, and what is typed while it takes a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import contacts, left_messages, ownership, requests
from bot.conversations.contacts import WINDOW as IN_THIS_WINDOW
from bot.conversations.contacts import ReplyTo
from bot.conversations.desk import LEAVE, MESSAGE, STAY, WAIT, WINDOW, Desk
from bot.conversations.events import Event
from bot.conversations.ledger import Draft
from bot.conversations.models import Conversation, Message
from bot.conversations.obligations import Answer, TakenTurn
from bot.conversations.states import State
from bot.conversations.text import PERSON
from bot.errors import Invalid
from bot.languages import Tongue

OUTCOME: Final = "desk"
_LEFT: Final = "left"
_ASK_TEXT, _ASK_CONTACT = "message", "contact"
# The ids of the messages that are being left, on the desk's own message that asks for the contact.
_ABOUT: Final = "about"
_NEWEST: Final = 20
# A text of no more words, or Chinese characters, is an attempt at a contact and not more of the message.
_FEW_WORDS, _FEW_CHARACTERS = 3, 12


@dataclass(frozen=True)
class _Turn:
    """A turn at the desk, with what the record says at this moment."""

    session: Session
    desk: Desk
    turn: TakenTurn
    state: State
    step: str | None

    @property
    def language(self) -> Tongue:
        return self.turn.language

    @property
    def conversation_id(self) -> str:
        return self.turn.conversation_id

    def said(self, drafts: Sequence[Draft], apply: Any = None) -> Answer:
        """An answer of the desk; what the assistant had asked for stays open."""
        return Answer(OUTCOME, drafts, expects=self.turn.expects, apply=apply)


def answer(session: Session, desk: Desk, turn: TakenTurn) -> Answer:
    """The desk's answer to a turn that is not the assistant's."""
    row = session.execute(
        select(Conversation).where(Conversation.id == turn.conversation_id).execution_options(populate_existing=True)
    ).scalar_one()
    at = _Turn(session, desk, turn, State(row.state), row.desk_step)
    grave = None if turn.choice is not None else desk.alarm(turn.text)
    if grave is None:
        return _answer(at)
    return _with_comfort(at, grave, None if at.step is None else _answer(at))


def _with_comfort(at: _Turn, kind: str, then: Answer | None) -> Answer:
    """The fixed reply to a grave message before everything else; the staff are told of it at once."""

    def apply(session: Session, conversation: Any) -> Sequence[Event]:
        turn = at.turn
        told = left_messages.alert(session, at.desk, conversation, turn.message_id, turn.text, at.language)
        return [*told, *(then.apply(session, conversation) if then is not None and then.apply is not None else ())]

    return at.said([at.desk.sensitive(kind, at.language), *(then.drafts if then is not None else ())], apply)


def _answer(at: _Turn) -> Answer:
    desk, turn, choice = at.desk, at.turn, at.turn.choice
    if choice in (WAIT, PERSON):
        return _wait(at, agreed=choice == WAIT)
    if choice == MESSAGE:
        return at.said([desk.line("message", at.language)], _stepping(_ASK_TEXT))
    if choice == LEAVE or (choice == STAY and at.step is None and at.state is State.QUEUED):
        return _leave(at)
    if choice == STAY:
        return _stay(at)
    if choice == WINDOW and at.step == _ASK_CONTACT:
        return _kept(at, _about(at), IN_THIS_WINDOW)
    if choice is not None or at.step is None:
        return at.said([desk.line("too_late", at.language)])
    if at.step == _ASK_TEXT:
        return _ask_contact(at, "contact", [turn.message_id])
    return _take_contact(at)


def _stepping(step: str | None) -> Any:
    def apply(_session: Session, conversation: Any) -> Sequence[Event]:
        conversation.desk_step = step
        return ()

    return apply


def _wait(at: _Turn, agreed: bool) -> Answer:
    """The place in the queue; or the offer, to whoever has not agreed to wait or cannot."""
    reason = requests.reason_of(at.session, at.conversation_id)
    situation = at.desk.situation(at.session)
    if at.state is State.QUEUED:
        return at.said([at.desk.queued(at.session, at.conversation_id, reason, situation, at.language)], _stepping(None))
    crowded = agreed and situation.can_wait and at.desk.is_crowded(at.session, at.turn.network)
    if not agreed or not situation.can_wait or crowded:
        draft, situation = at.desk.offer(at.session, at.conversation_id, reason, at.language, crowded=crowded)

        def renew(session: Session, conversation: Any) -> Sequence[Event]:
            conversation.desk_step = None
            requests.offer(session, at.conversation_id, at.turn.message_id, reason, situation.within_hours, situation.moment)
            return ()

        return at.said([draft], renew)

    def request(session: Session, conversation: Any) -> Sequence[Event]:
        station = conversation.station
        asked = at.turn.message_id, reason, situation.within_hours
        return ownership.request(session, at.conversation_id, *asked, station=station, network=at.turn.network) or ()

    return at.said([at.desk.queued(at.session, at.conversation_id, reason, situation, at.language)], request)


def _leave(at: _Turn) -> Answer:
    def leave(session: Session, conversation: Any) -> Sequence[Event]:
        conversation.desk_step = None
        events = ownership.leave_queue(session, at.conversation_id, _LEFT) or ()
        session.refresh(conversation)
        conversation.handed_back_at = at.desk.clock()
        return events

    if at.state is State.QUEUED:
        return at.said([at.desk.line("left", at.language)], leave)
    return _stay(at)


def _stay(at: _Turn) -> Answer:
    def stay(session: Session, conversation: Any) -> Sequence[Event]:
        conversation.desk_step = None
        if conversation.state == State.BOT.value:
            ownership.end_handoff(session, at.conversation_id, _LEFT)
            session.refresh(conversation)
        return ()

    if at.state is State.QUEUED:
        reason = requests.reason_of(at.session, at.conversation_id)
        situation = at.desk.situation(at.session)
        return at.said([at.desk.queued(at.session, at.conversation_id, reason, situation, at.language)], _stepping(None))
    return at.said([at.desk.line("stay" if at.step is None else "nothing_dropped", at.language)], stay)


def _ask_contact(at: _Turn, code: str, about: Sequence[str]) -> Answer:
    asked = at.desk.line(code, at.language)
    draft = Draft(asked.author, asked.language, asked.text, {**asked.payload, _ABOUT: list(about)})
    return at.said([draft], _stepping(_ASK_CONTACT))


def _take_contact(at: _Turn) -> Answer:
    about = _about(at)
    try:
        return _kept(at, about, contacts.find(at.turn.text))
    except Invalid as problem:
        if not contacts.looks_like_contact(at.turn.text) and _is_more(at.turn.text):
            return _ask_contact(at, "contact_added", [*about, at.turn.message_id])
        return _ask_contact(at, problem.code, about)


def _is_more(text: str) -> bool:
    """Whether a text without a contact is long enough to belong to the message."""
    return len(text.split()) > _FEW_WORDS or len(text) > _FEW_CHARACTERS


def _kept(at: _Turn, about: Sequence[str], reply_to: ReplyTo) -> Answer:
    reason = requests.reason_of(at.session, at.conversation_id)

    def keep(session: Session, conversation: Any) -> Sequence[Event]:
        wanted = select(Message).where(Message.id.in_(about)).order_by(Message.seq)
        messages = list(session.execute(wanted).scalars())
        return left_messages.keep(session, at.desk, conversation, messages, reply_to, reason, at.language)

    return at.said([left_messages.confirmation(at.desk, reply_to, at.language)], keep)


def _about(at: _Turn) -> list[str]:
    """The messages that are being left."""
    said = at.session.execute(
        select(Message.payload)
        .where(Message.conversation_id == at.conversation_id, Message.author == "system")
        .order_by(Message.seq.desc())
        .limit(_NEWEST)
    ).scalars()
    return next((list(payload[_ABOUT]) for payload in said if _ABOUT in payload), [])
