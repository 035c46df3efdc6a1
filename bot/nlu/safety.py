"""Phrases that must reach a person: read when the assistant starts, compared with the whole message, never trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.nlu.text import plain

Kind = Literal["self_harm", "threat", "danger", "bribe", "abuse"]

FILE: Final = Path("data") / "safety.yml"
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_INNOCENT: Final = "innocent"
_LANGUAGES: Final = ("en", "zh")
_BREAK: Final = "."

_ENGLISH_GAP: Final = rf"(?:[^ {_BREAK}]+ ){{0,3}}"
_CHINESE_GAP: Final = r"[^.]{0,6}"
_PARTS: Final = re.compile(r"\((?P<choices>[^()]*)\)|(?P<gap>…)|(?P<end>\.)|(?P<words>[^()….|]+)")
_ALLOWED: Final = {"en": re.compile(r"[a-z0-9* ]*"), "zh": re.compile(r"[a-z0-9\u3400-\u9fff]*")}

_SENTENCE_ENDS: Final = re.compile(r"[.!?;\n…。]+")
_APOSTROPHES: Final = re.compile(r"['’`]")
_NO_ENGLISH: Final = re.compile(r"[^a-z0-9*.]+")
_COMMAS: Final = re.compile(r"[,、]+")
_NO_CHINESE: Final = re.compile(r"[^a-z0-9\u3400-\u9fff.,]+")


def _as_english(text: str) -> str:
    """Words between single blanks, sentences between full stops; a phrase is found whole words at a time."""
    sentences = _SENTENCE_ENDS.sub(f" {_BREAK} ", _APOSTROPHES.sub("", text))
    return f" {_NO_ENGLISH.sub(' ', sentences).strip()} {_BREAK} "


def _as_chinese(text: str) -> str:
    """Without blanks and signs, clauses between commas and full stops."""
    return _NO_CHINESE.sub("", _COMMAS.sub(",", _SENTENCE_ENDS.sub(_BREAK, text))) + _BREAK


def _english(words: str) -> str:
    return "".join(f"{re.escape(word)} " for word in words.split())


def _pattern(phrase: str, language: str) -> str:
    """The regular expression of a phrase; ValueError says what is wrong with it."""
    written = _english if language == "en" else re.escape
    pattern, end, must_match = "", 0, False
    for part in _PARTS.finditer(phrase):
        if part.start() != end:
            break
        end = part.end()
        if part["gap"]:
            pattern += _ENGLISH_GAP if language == "en" else _CHINESE_GAP
        elif part["end"]:
            pattern += r"\. " if language == "en" else "[.,]"
        else:
            choices = [part["words"]] if part["words"] else part["choices"].split("|")
            for choice in choices:
                if choice != _BREAK and not _ALLOWED[language].fullmatch(choice):
                    raise ValueError(f"{choice!r} may hold only lower-case letters, digits{' and blanks' if language == 'en' else ''}")
            found = [(r"\. " if language == "en" else "[.,]") if choice == _BREAK else written(choice) for choice in choices]
            # Longer choices first, so that "kill myself" is not cut short by a choice that begins it.
            pattern += f"(?:{'|'.join(sorted(found, key=len, reverse=True))})"
            must_match = must_match or all(found)
    if end != len(phrase):
        raise ValueError(f"{phrase[end:]!r} cannot be read; brackets may not stand in brackets, and | stands in brackets only")
    if not must_match:
        raise ValueError("at least one word must be certain, or everything would match")
    return f"(?<= ){pattern}" if language == "en" else pattern


def _patterns(file: Path, entry: str, language: str, listed: Any) -> Iterator[str]:
    if not isinstance(listed, list):
        raise DataError(file, entry, language, "must be a list of phrases")
    for phrase in listed:
        if not isinstance(phrase, str) or not phrase.strip():
            raise DataError(file, entry, language, f"{phrase!r} is no text")
        try:
            yield _pattern(phrase, language)
        except ValueError as error:
            raise DataError(file, entry, language, f"{phrase!r}: {error}") from error


@dataclass(frozen=True)
class SafetyPhrases:
    """What `data/safety.yml` says; `kind_of` applies it.

    Attributes:
        innocent: for each language, what is taken out of a message first.
        phrases: for each kind in the order of seriousness, the phrases of each language.
    """

    innocent: Mapping[str, re.Pattern[str]]
    phrases: Mapping[Kind, Mapping[str, re.Pattern[str]]]

    @classmethod
    def load(cls, root: Path) -> SafetyPhrases:
        """Read the file under `root`.

        Raises:
            DataError: naming file, entry and field.
        """
        file = root / FILE
        content = read_mapping(file)
        for entry in content:
            if entry not in (*_KINDS, _INNOCENT):
                raise DataError(file, str(entry), "kind", f"must be one of {', '.join((*_KINDS, _INNOCENT))}")
        compiled: dict[str, dict[str, re.Pattern[str]]] = {}
        for entry in (*_KINDS, _INNOCENT):
            by_language = content.get(entry)
            if not isinstance(by_language, dict) or set(by_language) != set(_LANGUAGES):
                raise DataError(file, entry, "language", f"must have phrases in {' and '.join(_LANGUAGES)}")
            compiled[entry] = {language: _one(list(_patterns(file, entry, language, by_language[language]))) for language in _LANGUAGES}
        return cls(compiled.pop(_INNOCENT), cast("dict[Kind, dict[str, re.Pattern[str]]]", compiled))

    def kind_of(self, text: str) -> Kind | None:
        """Which kind of matter a message speaks of, the most serious one first; None for almost all messages."""
        same = plain(text, lines=True)
        views = {"en": _as_english(same), "zh": _as_chinese(same)}
        for language, mark in (("en", f"{_BREAK} "), ("zh", _BREAK)):
            # The mark keeps what stood before from meeting what stood after.
            views[language] = self.innocent[language].sub(mark, views[language])
        for kind, phrases in self.phrases.items():
            if any(phrases[language].search(view) for language, view in views.items()):
                return kind
        return None


def _one(patterns: Sequence[str]) -> re.Pattern[str]:
    # An empty list finds nothing.
    return re.compile("|".join(patterns) or r"(?!)")
