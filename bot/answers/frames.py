"""What stands around a fact in the tongue of somebody for whom facts are not written: greetings, questions, choices, the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.answers.asked import Asked, load_asked
from bot.answers.texts import Response, Topic
from bot.catalogue import Catalogue
from bot.catalogue.facts import Facts
from bot.catalogue.templates import PLACEHOLDER, Template
from bot.data_file import read_yaml
from bot.errors import DataError
from bot.languages import LANGUAGES, TONGUES, TRADITIONAL, Tongue

FRAMED: Final[tuple[Tongue, ...]] = tuple(tongue for tongue in TONGUES if tongue not in LANGUAGES and tongue != TRADITIONAL)
"""The tongues that have a frame; traditional Chinese needs none, because everything is converted."""
_FIELDS: Final = frozenset({"text", "quick_replies"})


@dataclass(frozen=True)
class Framed:
    """A response in one tongue: its text, and the titles of its quick replies in their order."""

    text: Template
    quick_replies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """What one tongue says around the facts.

    Attributes:
        name: of the tongue, in itself.
        titles: what a choice of a topic is called.
        responses: what is said in the tongue altogether; every other response is a fact.
        questions: those that lead to a checklist, by id.
    """

    tongue: Tongue
    name: str
    titles: Mapping[str, str]
    responses: Mapping[str, Framed]
    questions: Mapping[str, Asked]


def load_frames(
    folder: Path, responses: Mapping[str, Response], topics: Mapping[str, Topic], catalogue: Catalogue, today: date
) -> Mapping[Tongue, Frame]:
    """Read `<tongue>.yml` for every tongue that has a frame.

    Raises:
        DataError: naming file, entry and field; also when one tongue says less than the others.
    """
    frames = {tongue: _load(folder / f"{tongue}.yml", tongue, responses, topics, catalogue, today) for tongue in FRAMED}
    said = set().union(*(frame.responses for frame in frames.values()))
    for tongue, frame in frames.items():
        for name in sorted(said - set(frame.responses)):
            raise DataError(f"{tongue}.yml", name, "text", "is missing in this tongue")
    return MappingProxyType(frames)


def _load(
    file: Path, tongue: Tongue, responses: Mapping[str, Response], topics: Mapping[str, Topic], catalogue: Catalogue, today: date
) -> Frame:
    raw = read_yaml(file)
    if not isinstance(raw, Mapping) or raw.get("language") != tongue or not isinstance(raw.get("name"), str):
        raise DataError(file.name, "language", "language", "must be the name of the file, with the tongue's own name beside it")
    titles, written = raw.get("titles"), raw.get("responses")
    if not isinstance(titles, Mapping) or not isinstance(written, Mapping):
        raise DataError(file.name, "titles", "content", "must have titles and responses")
    for topic in sorted(set(topics) ^ set(titles)):
        raise DataError(file.name, f"titles.{topic}", "topic", "has no title" if topic in topics else "is not a topic")
    said = {}
    for name, entry in written.items():
        if name not in responses:
            raise DataError(file.name, str(name), "name", "is not a response")
        said[str(name)] = _framed(file.name, responses[name], entry, catalogue.facts, today)
    named = MappingProxyType({str(topic): str(title) for topic, title in titles.items()})
    questions = load_asked(file.name, raw.get("questions"), catalogue, today)
    return Frame(tongue, raw["name"], named, MappingProxyType(said), questions)


def _framed(file: str, response: Response, entry: Any, facts: Facts, today: date) -> Framed:
    if not isinstance(entry, Mapping) or set(entry) - _FIELDS or not isinstance(entry.get("text"), str):
        raise DataError(file, response.name, "text", "must be a text, with quick_replies where the response has some")
    text = Template.parse(file, response.name, "text", entry["text"], facts, today)
    if sorted(PLACEHOLDER.findall(text.text)) != sorted(PLACEHOLDER.findall(response.texts["en"].text)):
        raise DataError(file, response.name, "text", "asks for other values than in English")
    titles = tuple(str(title) for title in entry.get("quick_replies") or ())
    if len(titles) != len(response.quick_replies):
        raise DataError(file, response.name, "quick_replies", f"must be {len(response.quick_replies)}, as in English")
    return Framed(text, titles)
