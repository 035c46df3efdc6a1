"""What must be named before anything is answered: another city, or a paper that has been replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.catalogue import Catalogue
from bot.catalogue.phrases import PhraseIndex, asks
from bot.data_file import read_yaml
from bot.errors import DataError
from bot.languages import Language

FILE: Final = Path("data") / "leads.yml"
_OUTSIDE: Final = "other_place"
_SENTENCE: Final = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？\n]+|$)")
_FIELDS: Final = frozenset({"response", "not_about", "words", "unless"})


@dataclass(frozen=True)
class Lead:
    """One thing that is named first: the response that names it, and what that is filled with."""

    response: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class _Rule:
    response: str
    not_about: frozenset[str]
    words: PhraseIndex[str]
    unless: PhraseIndex[str]


class Leads:
    """What `data/leads.yml` says."""

    def __init__(self, catalogue: Catalogue, rules: Mapping[str, _Rule]) -> None:
        self._catalogue, self._rules = catalogue, rules

    @classmethod
    def load(cls, root: Path, catalogue: Catalogue, responses: Sequence[str], topics: Sequence[str]) -> Leads:
        """Read the file under `root`.

        Raises:
            DataError: naming file, entry and field.
        """
        file, rules = root / FILE, {}
        for name, entry in read_yaml(file).items():
            if not isinstance(entry, Mapping) or set(entry) - _FIELDS or entry.get("response") not in responses:
                raise DataError(file.name, str(name), "response", "must be one of the responses, with not_about, words and unless")
            for topic in entry.get("not_about") or ():
                if topic not in topics:
                    raise DataError(file.name, str(name), "not_about", f"{topic!r} is not a topic")
            rules[str(name)] = _Rule(
                entry["response"], frozenset(entry.get("not_about") or ()), _index(entry.get("words")), _index(entry.get("unless"))
            )
        return cls(catalogue, rules)

    def of(self, text: str, topic: str | None) -> list[Lead]:
        """What `text` names that must be named before what is said to it; `topic` is what that is about, None where it is nothing."""
        found = []
        for name, rule in self._rules.items():
            if topic in rule.not_about or rule.unless.find(text):
                continue
            if name == _OUTSIDE:
                place = next(filter(None, (self._outside(each) for each in _asked(text))), None)
                if place is not None:
                    found.append(Lead(rule.response, {"place": place}))
            elif rule.words.find(text):
                found.append(Lead(rule.response, {}))
        return found

    def _outside(self, text: str) -> dict[Language, str] | None:
        # Nobody is sent to another city for the sound of a word.
        match = self._catalogue.places.find(text, by_ear=False)
        return dict(match.outside_name) if match.kind == "outside" and match.outside_name is not None else None


def _asked(text: str) -> list[str]:
    """The sentences that ask; all of them where none has the form of a question."""
    sentences = _SENTENCE.findall(text)
    return [each for each in sentences if asks(each)] or sentences


def _index(words: Any) -> PhraseIndex[str]:
    listed = [str(word) for by_language in (words or {}).values() for word in by_language]
    return PhraseIndex({word: word for word in listed}, fuzzy=False)
