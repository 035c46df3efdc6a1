"""Ready-made replies of `data/replies.yml`: what officers say all day, with figures that come from the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.catalogue.facts import Facts, Text, read_text
from bot.catalogue.templates import PLACEHOLDER, Template
from bot.data_file import read_yaml
from bot.errors import DataError
from bot.languages import LANGUAGES, Language
from bot.settings import ROOT

FILE: Final[Path] = ROOT / "data" / "replies.yml"
# What the page fills in, because it depends on who sends the reply.
OF_THE_OFFICER: Final = frozenset({"officer", "station"})
_FIELDS: Final = {"shortcut", "title", "text", "based_on"}
_SHORTCUT: Final = re.compile(r"[a-z][a-z0-9]{1,15}")


@dataclass(frozen=True)
class Reply:
    """One ready-made reply; `text` has its facts filled in, and still the placeholders of `OF_THE_OFFICER`."""

    shortcut: str
    title: Text
    text: Text

    def as_json(self) -> dict[str, Any]:
        """The reply as the page gets it."""
        return {"shortcut": self.shortcut, "title": dict(self.title), "text": dict(self.text)}


def load(facts: Facts, path: Path = FILE, today: date | None = None) -> tuple[Reply, ...]:
    """The replies in the order of the file.

    Raises:
        DataError: naming the reply and the field: an unknown or withdrawn fact, one that may not be said of Shenzhen without a
            caveat, a figure that comes from no fact, or languages that rest on different facts.
    """
    raw = read_yaml(path)
    if not isinstance(raw, list):
        raise DataError(path.name, "file", "content", "must be a list of replies")
    replies: dict[str, Reply] = {}
    for position, entry in enumerate(raw):
        reply = _reply(path.name, position, entry, facts, today or date.today())
        if reply.shortcut in replies:
            raise DataError(path.name, reply.shortcut, "shortcut", "stands twice")
        replies[reply.shortcut] = reply
    return tuple(replies.values())


def _reply(file: str, position: int, entry: Any, facts: Facts, today: date) -> Reply:
    if not isinstance(entry, Mapping) or set(entry) - _FIELDS:
        raise DataError(file, f"[{position}]", "entry", f"may have {', '.join(sorted(_FIELDS))}")
    shortcut = entry.get("shortcut")
    if not isinstance(shortcut, str) or not _SHORTCUT.fullmatch(shortcut):
        raise DataError(file, f"[{position}]", "shortcut", "must be a short word in small letters")
    title = read_text(file, shortcut, "title", entry.get("title"))
    texts = read_text(file, shortcut, "text", entry.get("text"))
    templates = {language: _template(file, shortcut, language, texts[language], facts, today) for language in LANGUAGES}
    if templates["en"].facts != templates["zh"].facts:
        raise DataError(file, shortcut, "text", "the languages name different facts")
    for fact_id in [*entry.get("based_on", ()), *templates["en"].facts]:
        if fact_id not in facts or facts[fact_id].withdrawn(today) or not facts[fact_id].confirmed_here:
            raise DataError(file, shortcut, "based_on", f"the fact {fact_id!r} is unknown, withdrawn, or not confirmed for Shenzhen")
    left_alone = {name: f"{{{name}}}" for name in OF_THE_OFFICER}
    filled: dict[Language, str] = {language: template.fill(facts, language, left_alone) for language, template in templates.items()}
    return Reply(shortcut, title, filled)


def _template(file: str, shortcut: str, language: Language, text: str, facts: Facts, today: date) -> Template:
    template = Template.parse(file, shortcut, f"text.{language}", text, facts, today)
    unknown = {name for _, name in PLACEHOLDER.findall(text) if "." not in name} - OF_THE_OFFICER
    if unknown:
        raise DataError(file, shortcut, f"text.{language}", f"has unknown placeholders: {', '.join(sorted(unknown))}")
    if template.stray_digits():
        raise DataError(file, shortcut, f"text.{language}", f"has figures that come from no fact: {template.stray_digits()}")
    return template
