"""What is put into a conversation when a turn ends, and the form in which a stored message leaves by any channel."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.assistant import Reply, parse_replies
from bot.conversations import desk_answers, ledger, left_messages, requests
from bot.conversations.consents import ASKED, PrivacyNotice
from bot.conversations.desk import CALM, MESSAGE, PROMISES, Desk
from bot.conversations.events import Event, Stored
from bot.conversations.ledger import Draft, Receipt
from bot.conversations.models import Message
from bot.conversations.obligations import Answer, Apply, TakenTurn
from bot.conversations.text import PERSON, is_payload
from bot.conversations.threads import Address
from bot.errors import AssistantUnavailable
from bot.i18n import Texts
from bot.languages import Tongue
from bot.logs import place

log = logging.getLogger(__name__)

_UNAVAILABLE: Final = "assistant_unavailable"
_OFF: Final = "assistant_off"
_SENSITIVE: Final = "sensitive"
# Reasons that only say that a person is wanted; what the bot had said before may say why.
_BARE: Final = frozenset({"asked", "offered"})

# The replies that a private token of a conversation stands for, in the form agreed with Rasa.
RenderPrivate = Callable[[Session, str, str, Tongue], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Contact:
    """How people are reached without this system."""

    hotline: str
    hours: Mapping[Tongue, str]


@dataclass(frozen=True)
class Composer:
    """Turns replies, or their absence, into the messages of a conversation."""

    texts: Texts
    contact: Contact
    render_private: RenderPrivate
    desk: Desk
    demo: bool
    privacy: PrivacyNotice

    def answer(self, session: Session, turn: TakenTurn, replies: Sequence[Reply]) -> Answer:
        """The end of a turn that the assistant answered; a reply that asks for a person becomes the desk's offer.

        Raises:
            AssistantUnavailable: the replies cannot be shown as they are.
        """
        spoken = next((reply.set_language for reply in replies if reply.set_language is not None), turn.language)
        shown: list[Reply] = []
        for reply in replies:
            if reply.private is None:
                shown.append(reply)
            else:
                shown += parse_replies(list(self.render_private(session, turn.conversation_id, reply.private, spoken)))
        asked = next((reply for reply in shown if reply.handoff is not None), None)
        drafts = [self._draft(reply) for reply in shown if reply.handoff is None]
        reason, within_hours, offered = None, None, None
        if asked is not None and asked.handoff is not None:
            reason = self._reason(session, turn, asked.handoff)
            offer, situation = self.desk.offer(session, turn.conversation_id, reason, asked.language, calm=asked.calm)
            drafts.append(offer)
            within_hours, offered = situation.within_hours, situation.moment

        def heard(session: Session, conversation: Any) -> Sequence[Event]:
            # The assistant has heard what was said meanwhile, and whoever asks it something is no longer at the desk.
            conversation.handed_back_at = conversation.desk_step = None
            if reason is None or offered is None or asked is None:
                return ()
            requests.offer(session, turn.conversation_id, turn.message_id, reason, within_hours, offered)
            if asked.calm:
                return left_messages.alert(session, self.desk, conversation, turn.message_id, turn.text, turn.language)
            return ()

        apply: Apply | None = heard
        expects = next((reply.expects for reply in reversed(shown) if reply.expects is not None), None)
        if expects in ASKED or any((reply.card or {}).get("type") == "status" for reply in shown):
            drafts, apply = self._with_privacy(session, turn.conversation_id, spoken, drafts, apply, asks=expects in ASKED)
        return Answer(
            outcome="answered" if reason is None else "handed_off",
            drafts=[*self.notice(session, turn.conversation_id, spoken), *drafts],
            expects=expects,
            set_language=next((reply.set_language for reply in shown if reply.set_language is not None), None),
            handoff=reason,
            within_hours=within_hours,
            apply=apply,
        )

    def apology(self, session: Session, turn: TakenTurn) -> Answer:
        """The end of a turn that the assistant could not answer: the hotline and the desk's offer of a person."""
        return self._without_assistant(session, turn, _UNAVAILABLE, "apologised")

    def off(self, session: Session, turn: TakenTurn) -> Answer:
        """The end of a turn that comes while the assistant is switched off: that it is, the hotline and the offer of a person."""
        return self._without_assistant(session, turn, _OFF, "switched_off")

    def _without_assistant(self, session: Session, turn: TakenTurn, why: str, outcome: str) -> Answer:
        notice = self.notice(session, turn.conversation_id, turn.language)
        kind = None if turn.choice is not None else self.desk.kind_of(turn.text)
        reason, calm = why if kind is None else _SENSITIVE, kind in CALM
        try:
            with session.begin_nested():
                first = [] if kind is None else [self.desk.sensitive(kind, turn.language)]
                offer, situation = self.desk.offer(session, turn.conversation_id, reason, turn.language, calm)
        except Exception as error:
            # The apology is the last thing that can be said, so nothing may keep it back.
            log.error("hand-off could not be rendered: %s", place(error))
            return Answer(outcome, [*notice, self._plain_apology(turn, why)], expects=turn.expects)
        said = Draft(offer.author, offer.language, offer.text, {**offer.payload, "notice": why})

        def apply(session: Session, conversation: Any) -> Sequence[Event]:
            conversation.desk_step = None
            requests.offer(session, turn.conversation_id, turn.message_id, reason, situation.within_hours, situation.moment)
            return left_messages.alert(session, self.desk, conversation, turn.message_id, turn.text, turn.language) if calm else ()

        # The question that was open stays open, so that a number sent again is still redacted as one.
        return Answer(
            outcome, [*notice, *first, said], expects=turn.expects, handoff=reason, within_hours=situation.within_hours, apply=apply
        )

    def _plain_apology(self, turn: TakenTurn, why: str) -> Draft:
        contact = {"hotline": self.contact.hotline, "hours": self.contact.hours[turn.language]}
        text = self.texts.get(turn.language, "gateway.unavailable", **contact)
        offer = {"title": self.texts.get(turn.language, "gateway.person"), "payload": PERSON}
        return Draft("system", turn.language, text, {"quick_replies": [offer], "notice": why})

    def desk_answer(self, session: Session, turn: TakenTurn) -> Answer:
        """The end of a turn that the desk answers: about waiting, and about leaving a message."""
        answer = desk_answers.answer(session, self.desk, turn)
        if any(draft.payload.get("desk") in PROMISES for draft in answer.drafts):
            answer = replace(answer, drafts=[*answer.drafts, *self.desk.off(session, turn.language)])
        if turn.choice == MESSAGE:
            # What is left for the staff may hold anything, and a way to be reached is asked for next.
            drafts, apply = self._with_privacy(session, turn.conversation_id, turn.language, list(answer.drafts), answer.apply)
            answer = replace(answer, drafts=drafts, apply=apply)
        return replace(answer, drafts=[*self.notice(session, turn.conversation_id, turn.language), *answer.drafts])

    def leave_message(
        self,
        session: Session,
        happened: list[Event],
        address: Address,
        text: str,
        contact_kind: str,
        contact: str | None,
        client_id: str | None = None,
        language: Tongue | None = None,
        notice: str | None = None,
    ) -> Receipt:
        """Leave a message in one step (see `left_messages.leave`); whoever was not shown the `notice` of now is told it after."""

        def before(conversation: Any, spoken: Tongue) -> list[Draft]:
            said = [self._demo(spoken)] if self.demo and not conversation.demo_announced else []
            shown = notice == self.privacy.version
            if not shown and not self.privacy.is_told(session, conversation.id):
                said.append(self.privacy.draft(spoken))
            self.privacy.tell(session, conversation, spoken, given=shown)
            return said

        return left_messages.leave(session, happened, self.desk, address, text, contact_kind, contact, client_id, language, before)

    def title(self, payload: str, language: Tongue) -> str | None:
        """The title of a quick reply that may be used without having been offered, or None."""
        return self.desk.title(payload, language)

    def alarm(self, text: str) -> str | None:
        """What kind of message it is, if it must not wait unanswered, or None."""
        return self.desk.alarm(text)

    def notice(self, session: Session, conversation_id: str, language: Tongue) -> list[Draft]:
        """What must be said before anything else: that this is a demonstration, once."""
        if not self.demo or ledger.demo_announced(session, conversation_id):
            return []
        return [self._demo(language)]

    def _with_privacy(
        self, session: Session, conversation_id: str, language: Tongue, drafts: list[Draft], apply: Apply | None, asks: bool = False
    ) -> tuple[list[Draft], Apply | None]:
        """`drafts` with the notice about personal data before them and a way around the question after them, once in a thread."""
        if self.privacy.is_told(session, conversation_id):
            return drafts, apply

        def told(session: Session, conversation: Any) -> Sequence[Event]:
            self.privacy.tell(session, conversation, language)
            return () if apply is None else apply(session, conversation)

        if asks and drafts:
            last = drafts[-1]
            choices = [*last.payload.get("quick_replies", ()), *self.privacy.choices(language)]
            drafts = [*drafts[:-1], replace(last, payload={**last.payload, "quick_replies": choices})]
        return [self.privacy.draft(language), *drafts], told

    def _demo(self, language: Tongue) -> Draft:
        return Draft("system", language, self.texts.get(language, "gateway.demo"), {"notice": "demo"})

    @staticmethod
    def _reason(session: Session, turn: TakenTurn, given: str) -> str:
        """Why a person is asked for: the reason that was given, or else what the last answer offered a person for."""
        if given not in _BARE:
            return given
        said = session.execute(
            select(Message.payload, Message.answers)
            .where(Message.conversation_id == turn.conversation_id, Message.author.in_(("bot", "system")))
            .order_by(Message.seq.desc())
            .limit(5)
        ).all()
        last = [payload for payload, answers in said if answers is not None and answers == said[0].answers]
        return next((str(payload["offer"]) for payload in last if payload.get("offer")), given)

    @staticmethod
    def _draft(reply: Reply) -> Draft:
        if reply.private is not None:
            raise AssistantUnavailable("assistant_unavailable", kind="shape", place="private")
        if not all(is_payload(offer.payload) for offer in reply.quick_replies):
            raise AssistantUnavailable("assistant_unavailable", kind="shape", place="quick_replies.payload")
        payload = {
            "topic": reply.topic,
            "candidates": list(reply.candidates),
            "confidence": reply.confidence,
            "sources": [{"title": source.title, "url": source.url, "date": source.date} for source in reply.sources],
            "source_line": reply.source_line,
            "quick_replies": [{"title": offer.title, "payload": offer.payload} for offer in reply.quick_replies],
            "card": None if reply.card is None else dict(reply.card),
            "offer": reply.offer,
            "profile": None if reply.profile is None else dict(reply.profile),
        }
        return Draft("bot", reply.language, reply.text, payload)


def metadata(message: Stored) -> dict[str, Any]:
    """What stands beside the text of a message on every channel."""
    payload = message.payload
    described = {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "topic": payload.get("topic"),
        "confidence": payload.get("confidence"),
        "language": message.language,
        "sources": payload.get("sources", []),
        "card": payload.get("card"),
        "conversation": {"state": message.state.value},
        "created_at": message.created_at.isoformat(),
        "in_reply_to": message.answers,
    }
    return {**described, **{name: payload[name] for name in ("candidates", "source_line", "notice", "desk") if payload.get(name)}}
