"""What an officer is given with a conversation: who asks for what, what the assistant said, and why it gave up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.catalogue.conditions import UNKNOWN
from bot.catalogue.profile import CATEGORY, TYPE, Profile
from bot.conversations import requests
from bot.conversations.known import newest, payloads, profile_in
from bot.conversations.models import Conversation, LeftMessage, Message
from bot.conversations.text import Typed, is_desk
from bot.conversations.threads import tongue_spoken
from bot.errors import NotFound
from bot.languages import Language

_QUESTIONS: Final = 6
_READ: Final = 200
_LINE: Final = 200
_MARKS: Final = "*#-> "


def packet(session: Session, answers: Answers, conversation_id: str, language: Language) -> dict[str, Any]:
    """The packet of a conversation, names in the officer's `language`; texts are as they were written, numbers in them too.

    What the applicant typed is `Typed`.

    Raises:
        NotFound: there is no such conversation.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("conversation_unknown")
    messages, said = _messages(session, conversation), payloads(session, conversation)
    cards = _cards(said)
    request = requests.newest(session, conversation_id)
    return {
        "language": tongue_spoken(conversation),
        "topic": _topic(answers, conversation.topic, language),
        "reason": None if request is None else request.reason,
        "asked": _asked(answers, messages, language),
        "checklist": _checklist(answers, said, language),
        "status": _status(answers, cards.get("status"), language),
        "station": _station(answers, cards.get("station"), language),
        "earlier": _earlier(session, conversation),
        "left_message": _left(session, conversation),
    }


def _messages(session: Session, conversation: Any) -> list[Any]:
    newest = session.execute(
        select(Message).where(Message.conversation_id == conversation.id).order_by(Message.seq.desc()).limit(_READ)
    ).scalars()
    return list(reversed(list(newest)))


def _cards(said: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The newest card of each type."""
    cards: dict[str, Any] = {}
    for card in (payload["card"] for payload in said if payload.get("card")):
        cards.setdefault(card["type"], card)
    return cards


def _topic(answers: Answers, name: str | None, language: Language) -> dict[str, str] | None:
    topic = None if name is None else answers.topics.get(name)
    return None if topic is None else {"name": topic.name, "title": topic.title[language]}


def _asked(answers: Answers, messages: Sequence[Any], language: Language) -> list[dict[str, Any]]:
    """The last questions that the assistant had, each with its topic and the first line of the answer; no request for a person."""
    said: dict[str, list[Any]] = {}
    for message in messages:
        if message.answers is not None and message.author == "bot":
            said.setdefault(message.answers, []).append(message)
    found = []
    for message in messages:
        if message.author != "applicant" or message.payload.get("left_message") or is_desk(message.payload.get("choice"), waiting=True):
            continue
        replies = said.get(message.id, [])
        if not replies and not _unanswered(message, messages):
            continue
        name = next((reply.payload.get("topic") for reply in replies if reply.payload.get("topic")), None)
        found.append(
            {
                "text": Typed.of(message.text[:_LINE], message.payload),
                "topic": _topic(answers, name, language),
                "answer": _first_line(replies[0].text) if replies else None,
                "at": message.created_at.isoformat(),
            }
        )
    return found[-_QUESTIONS:]


def _unanswered(message: Any, messages: Sequence[Any]) -> bool:
    """Whether the desk answered in the assistant's place, because it gave up on this message, which asked for more than a person."""
    offers = [other.payload for other in messages if other.answers == message.id and other.payload.get("desk") == "offer"]
    return any(offer.get("offer") != requests.ASKED for offer in offers)


def _first_line(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip(_MARKS)), "")
    return line.strip(_MARKS).replace("**", "")[:_LINE]


def _checklist(answers: Answers, said: Sequence[Mapping[str, Any]], language: Language) -> dict[str, Any] | None:
    """The newest list, or what has been told on the way to one; `items` is None before there is one."""
    payload = newest(said)
    if payload is None:
        return None
    profile, card, papers = profile_in(payload), payload.get("card"), answers.catalogue.papers
    kind, category = profile.application_type or papers.application_types.chosen(profile.circumstances), profile.category
    if card is not None:
        kind, category = card.get(TYPE), card.get(CATEGORY)
    known = papers.application_types.get(kind) if kind else None
    return {
        "application_type": kind,
        "type_name": None if known is None else known.name[language],
        "category": category,
        "circumstances": _circumstances(answers, profile, language),
        "items": None if card is None else len(card.get("items", ())),
        # Ticks stay on the applicant's device.
        "ticked": None,
    }


def _circumstances(answers: Answers, person: Profile, language: Language) -> list[dict[str, str]]:
    """What was answered, in words; a value that the catalogue does not know, or knows no more, is left out."""
    found, papers = [], answers.catalogue.papers
    for name, value in person.circumstances.items():
        circumstance = papers.circumstances.get(name)
        if circumstance is None and name not in (TYPE, CATEGORY):
            continue
        question = papers.checklists.question(name, person)
        labels = {each.value: each.label[language] for each in circumstance.choices} if circumstance is not None else {}
        labels |= {each: label[language] for each, label in question.choices}
        labels[UNKNOWN] = answers.text("utter_unknown_choice", language)
        if question.kind == "country" and value in papers.countries:
            labels[value] = papers.countries[value].name[language]
        if value in labels:
            found.append({"name": name, "question": question.text[language], "value": value, "answer": labels[value]})
    return found


def _status(answers: Answers, card: Mapping[str, Any] | None, language: Language) -> dict[str, Any] | None:
    if card is None or not card.get("applications"):
        return None
    first = card["applications"][0]
    stage = answers.catalogue.papers.stages.get(first["stage"])
    return {
        "number": first["number"],
        "stage": first["stage"],
        "stage_name": None if stage is None else stage.name[language],
        "since": first["since"],
    }


def _station(answers: Answers, card: Mapping[str, Any] | None, language: Language) -> dict[str, Any] | None:
    if card is None or not card.get("stations"):
        return None
    first = card["stations"][0]
    station = answers.catalogue.stations.get(first["key"])
    return {"key": first["key"], "name": first.get("name") if station is None else station.name[language]}


def _earlier(session: Session, conversation: Any) -> int:
    before = select(func.count()).where(Conversation.thread_id == conversation.thread_id, Conversation.ordinal < conversation.ordinal)
    return int(session.execute(before).scalar_one())


def _left(session: Session, conversation: Any) -> dict[str, Any] | None:
    found = session.execute(
        select(LeftMessage, Message.payload)
        .join(Conversation, Conversation.id == LeftMessage.conversation_id)
        .outerjoin(Message, Message.id == LeftMessage.message_id)
        .where(Conversation.thread_id == conversation.thread_id)
        .order_by(LeftMessage.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    left, payload = found
    return {
        "id": left.id,
        "text": Typed.of(_first_line(left.text), payload),
        "at": left.created_at.isoformat(),
        "due_at": left.due_at.isoformat(),
        "answered": left.answered_at is not None,
    }
