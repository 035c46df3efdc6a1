"""What stands around a fact in the tongue of somebody for whom facts are not written: greetings, questions, choices, the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.answers.asked import Asked, load_asked
from bot.answers.deadline_card import OFFERED
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
        dates: the questions for the dates that deadlines count from.
        deadlines: what the rules are called that are offered as choices.
    """

    tongue: Tongue
    name: str
    titles: Mapping[str, str]
    responses: Mapping[str, Framed]
    questions: Mapping[str, Asked]
    dates: Mapping[str, str]
    deadlines: Mapping[str, str]


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
    written = raw.get("responses")
    if not isinstance(written, Mapping):
        raise DataError(file.name, "responses", "content", "must be a mapping")
    said = {}
    for name, entry in written.items():
        if name not in responses:
            raise DataError(file.name, str(name), "name", "is not a response")
        said[str(name)] = _framed(file.name, responses[name], entry, catalogue.facts, today)
    return Frame(
        tongue,
        raw["name"],
        _named(file.name, raw, "titles", set(topics)),
        MappingProxyType(said),
        load_asked(file.name, raw.get("questions"), catalogue, today),
        _named(file.name, raw, "dates", {rule.base for rule in catalogue.deadlines.rules()}),
        _named(file.name, raw, "deadlines", set(OFFERED)),
    )


def _named(file: str, raw: Mapping[str, Any], section: str, needed: set[str]) -> Mapping[str, str]:
    named = raw.get(section)
    if not isinstance(named, Mapping):
        raise DataError(file, section, "content", "must be texts by what they stand for")
    for name in sorted(needed ^ set(named)):
        raise DataError(file, f"{section}.{name}", "text", "is missing in this tongue" if name in needed else "stands for nothing")
    return MappingProxyType({str(name): str(text) for name, text in named.items()})


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
