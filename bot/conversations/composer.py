"""What is put into a conversation when a turn ends, and the form in which a stored message leaves by any channel."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.assistant import Reply, parse_replies
from bot.conversations import ledger, obligations
from bot.conversations.events import Stored
from bot.conversations.ledger import Draft
from bot.conversations.obligations import Answer, TakenTurn
from bot.conversations.text import is_payload
from bot.errors import AssistantUnavailable
from bot.i18n import Texts
from bot.languages import Language
from bot.logs import place

log = logging.getLogger(__name__)

PERSON: Final = "/handoff"

# The replies that a private token of a conversation stands for, in the form agreed with Rasa.
RenderPrivate = Callable[[Session, str, str, Language], Sequence[Mapping[str, Any]]]
# The replies to a request for a person, for the reason given, when the assistant cannot make them itself.
RenderHandoff = Callable[[Language, str], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Contact:
    """How people are reached without this system."""

    hotline: str
    hours: Mapping[Language, str]


@dataclass(frozen=True)
class Composer:
    """Turns replies, or their absence, into the messages of a conversation."""

    texts: Texts
    contact: Contact
    render_private: RenderPrivate
    render_handoff: RenderHandoff
    demo: bool

    def answer(self, session: Session, turn: TakenTurn, replies: Sequence[Reply]) -> Answer:
        """The end of a turn that the assistant answered.

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
        return self._answer(session, turn, shown, spoken)

    def apology(self, session: Session, turn: TakenTurn) -> Answer:
        """The end of a turn that the assistant could not answer: the hotline and the offer of a person.

        An applicant who takes that offer while the assistant is still silent gets the person all the same.
        """
        if turn.choice == PERSON:
            try:
                replies = parse_replies(list(self.render_handoff(turn.language, "assistant_unavailable")))
                return self._answer(session, turn, replies, turn.language)
            except Exception as error:
                # The apology is the last thing that can be said, so nothing may keep it back.
                log.error("hand-off could not be rendered: %s", place(error))
        contact = {"hotline": self.contact.hotline, "hours": self.contact.hours[turn.language]}
        offer = {"title": self.texts.get(turn.language, "gateway.person"), "payload": PERSON}
        apology = Draft(
            "system",
            turn.language,
            self.texts.get(turn.language, "gateway.unavailable", **contact),
            {"quick_replies": [offer], "notice": "assistant_unavailable"},
        )
        # The question that was open stays open, so that a number sent again is still redacted as one.
        return Answer("apologised", [*self._notice(session, turn, turn.language), apology], expects=turn.expects)

    def _answer(self, session: Session, turn: TakenTurn, replies: Sequence[Reply], spoken: Language) -> Answer:
        asked = next((reply for reply in replies if reply.handoff is not None), None)
        drafts = [self._draft(session, turn, reply) for reply in replies]
        within_hours = None if asked is None else (asked.card or {}).get("within_hours")
        return Answer(
            outcome="answered" if asked is None else "handed_off",
            drafts=[*self._notice(session, turn, spoken), *drafts],
            expects=next((reply.expects for reply in reversed(replies) if reply.expects is not None), None),
            set_language=next((reply.set_language for reply in replies if reply.set_language is not None), None),
            handoff=None if asked is None else asked.handoff,
            within_hours=within_hours if isinstance(within_hours, bool) else None,
        )

    def _notice(self, session: Session, turn: TakenTurn, language: Language) -> list[Draft]:
        if not self.demo or ledger.demo_announced(session, turn.conversation_id):
            return []
        return [Draft("system", language, self.texts.get(language, "gateway.demo"), {"notice": "demo"})]

    def _draft(self, session: Session, turn: TakenTurn, reply: Reply) -> Draft:
        if reply.private is not None:
            raise AssistantUnavailable("assistant_unavailable", kind="shape", place="private")
        if not all(is_payload(offer.payload) for offer in reply.quick_replies):
            raise AssistantUnavailable("assistant_unavailable", kind="shape", place="quick_replies.payload")
        card = None if reply.card is None else dict(reply.card)
        if reply.handoff is not None:
            # The place in the queue is known here only.
            position = obligations.place_in_queue(session, turn.conversation_id)
            card = {
                "expected_wait_s": None, "within_hours": None, **(card or {}),
                "type": "handoff", "reason": reply.handoff, "position": position,
            }
        payload = {
            "topic": reply.topic,
            "candidates": list(reply.candidates),
            "confidence": reply.confidence,
            "sources": [{"title": source.title, "url": source.url, "date": source.date} for source in reply.sources],
            "source_line": reply.source_line,
            "quick_replies": [{"title": offer.title, "payload": offer.payload} for offer in reply.quick_replies],
            "card": card,
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
    return {**described, **{name: payload[name] for name in ("candidates", "source_line", "notice") if payload.get(name)}}
