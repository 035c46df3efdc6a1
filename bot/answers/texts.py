"""What the bot says, as read from `data/`: templates whose placeholders the catalogue fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.catalogue.facts import Fact, Facts, Text, read_text
from bot.catalogue.templates import PLACEHOLDER, Template, split
from bot.data_file import read_yaml
from bot.errors import DataError
from bot.languages import LANGUAGES, Language

_RESPONSE_FIELDS = {
    "topic",
    "en",
    "zh",
    "more",
    "quick_replies",
    "based_on",
    "expects",
    "card",
    "handoff",
    "offers",
    "follow_ups",
    "sources",
}
_TOPIC_FIELDS = {"topic", "group", "covers", "title", "questions", "answer", "follow_ups"}
GROUPS: Final = ("flow", "faq", "talk")


@dataclass(frozen=True)
class QuickReply:
    """A choice offered under a message."""

    title: Text
    payload: str


@dataclass(frozen=True)
class Response:
    """One response by name, in every language.

    Attributes:
        topic: the topic the answer is about, None when the bot asks back or only talks.
        based_on: facts relied on without quoting a value.
        expects: which question is open afterwards (`number`, `date`), for the redaction of the next message.
        card: name of the card that goes with it.
        handoff: reason code when the response asks for a person.
        offers: reason code that is kept for the person, should the applicant ask for one after this response.
        sources: whether it names where it comes from; what only talks or offers help does not.
    """

    name: str
    topic: str | None
    texts: Mapping[Language, Template]
    more: bool = False
    quick_replies: tuple[QuickReply, ...] = ()
    based_on: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    expects: str | None = None
    card: str | None = None
    handoff: str | None = None
    offers: str | None = None
    sources: bool = True


@dataclass(frozen=True)
class Topic:
    """One topic of the closed list."""

    name: str
    group: str
    covers: str
    title: Text
    answered: bool = False


def load_topic(path: Path, facts: Facts, today: date) -> tuple[Topic, list[Response]]:
    """A topic file: the topic, and its responses `utter_<topic>` and, with a second part, `utter_more_<topic>`."""
    raw = read_yaml(path)
    file, name = path.name, path.stem
    if not isinstance(raw, Mapping) or raw.get("topic") != name:
        raise DataError(file, name, "topic", "must be the name of the file")
    unknown = set(raw) - _TOPIC_FIELDS
    if unknown:
        raise DataError(file, name, ", ".join(sorted(map(str, unknown))), "is not a known field")
    if raw.get("group") not in GROUPS:
        raise DataError(file, name, "group", f"must be one of {', '.join(GROUPS)}")
    responses = []
    answer = raw.get("answer")
    if answer is not None:
        answer = dict(answer)
        more = answer.pop("more", None)
        own = {"topic": name, "follow_ups": raw.get("follow_ups") or [], "sources": raw["group"] != "talk"}
        responses.append(load_response(file, f"utter_{name}", {**own, **answer}, facts, today, more is not None))
        if more is not None:
            based_on = {"based_on": more.get("based_on", answer.get("based_on", []))}
            responses.append(load_response(file, f"utter_more_{name}", {**own, **more, **based_on}, facts, today))
    elif raw["group"] != "flow":
        raise DataError(file, name, "answer", "is missing")
    topic = Topic(
        name,
        raw["group"],
        str(raw.get("covers", "")),
        read_text(file, name, "title", raw.get("title")),
        answer is not None,
    )
    return topic, responses


def load_flow(path: Path, facts: Facts, today: date) -> Iterator[Response]:
    """The responses of a flow file."""
    raw = read_yaml(path)
    if not isinstance(raw, Mapping):
        raise DataError(path.name, "file", "content", "must be a mapping")
    for name, response in (raw.get("responses") or {}).items():
        if not isinstance(response, Mapping):
            raise DataError(path.name, name, "entry", "must be a mapping")
        yield load_response(path.name, name, {"topic": raw.get("topic"), **response}, facts, today)


def load_response(file: str, name: str, raw: Mapping[str, Any], facts: Facts, today: date, more: bool = False) -> Response:
    """One response; both languages must rest on the same facts."""
    unknown = set(raw) - _RESPONSE_FIELDS
    if unknown:
        raise DataError(file, name, ", ".join(sorted(map(str, unknown))), "is not a known field")
    if not isinstance(raw.get("sources", True), bool):
        raise DataError(file, name, "sources", "must be true or false")
    written = read_text(file, name, "text", {language: raw.get(language) for language in LANGUAGES})
    texts = {language: Template.parse(file, name, language, text, facts, today) for language, text in written.items()}
    if texts["en"].facts != texts["zh"].facts:
        odd = ", ".join(sorted(texts["en"].facts ^ texts["zh"].facts))
        raise DataError(file, name, "text", f"only one language names {odd}")
    based_on = tuple(raw.get("based_on") or ())
    for fact_id in based_on:
        if fact_id not in facts:
            raise DataError(file, name, "based_on", f"names the unknown fact {fact_id!r}")
        if facts[fact_id].withdrawn(today):
            raise DataError(file, name, "based_on", f"the fact {fact_id} is withdrawn")
    replies = []
    for position, reply in enumerate(raw.get("quick_replies") or ()):
        title = read_text(file, name, f"quick_replies[{position}].title", reply.get("title"))
        replies.append(QuickReply(title, str(reply.get("payload", ""))))
    return Response(
        name=name,
        topic=raw.get("topic"),
        texts=texts,
        more=more,
        quick_replies=tuple(replies),
        based_on=based_on,
        follow_ups=tuple(raw.get("follow_ups") or ()),
        expects=raw.get("expects"),
        card=raw.get("card"),
        handoff=raw.get("handoff"),
        offers=raw.get("offers"),
        sources=raw.get("sources", True),
    )


def facts_of(response: Response, language: Language, facts: Facts) -> list[Fact]:
    """Every fact the response rests on: those that the text quotes as it goes, then the others."""
    quoted = [split(name)[0] for _, name in PLACEHOLDER.findall(response.texts[language].text) if "." in name]
    return [facts[fact_id] for fact_id in dict.fromkeys([*quoted, *response.based_on])]


__all__ = ["GROUPS", "QuickReply", "Response", "Template", "Topic", "facts_of", "load_flow", "load_response", "load_topic"]
