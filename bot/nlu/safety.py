"""Phrases that must reach a person: read when the assistant starts, compared with the whole message, never trained."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.fragments import Fragments
from bot.languages import TONGUES
from bot.nlu.text import plain

Kind = Literal["self_harm", "threat", "danger", "bribe", "abuse"]

FILE: Final = Path("data") / "safety.yml"
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_INNOCENT: Final = "innocent"
_HINTS: Final = "hints"
_LANGUAGES: Final = ("en", "zh")
_BREAK: Final = "."
# Languages that are compared without blanks; all others but Chinese and English word by word, without accents.
_UNSPACED: Final = frozenset({"ja", "ko", "th"})

_UNSPACED_LETTERS: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")

_ENGLISH_GAP: Final = rf"(?:[^ {_BREAK}]+ ){{0,3}}"
_REST: Final = rf"[^ {_BREAK}]*"
_CHINESE_GAP: Final = r"[^.]{0,6}"
_PARTS: Final = re.compile(r"\((?P<choices>[^()]*)\)|(?P<gap>…)|(?P<end>\.)|(?P<words>[^()….|]+)")
_ALLOWED: Final = {"en": re.compile(r"-?[a-z0-9*]*-?(?: -?[a-z0-9*]*-?)*"), "zh": re.compile(r"[a-z0-9\u3400-\u9fff]*")}
_ALLOWED_WORDS: Final = re.compile(r"-?[^\W_A-Z]*-?(?: -?[^\W_A-Z]*-?)*")
_ALLOWED_JOINED: Final = re.compile(r"(?:[^\W_A-Z]|[\u0e31-\u0e4e\u3099\u309a\u30fc])*")

_SENTENCE_ENDS: Final = re.compile(r"[.!?;\n…。؟؛]+")
_APOSTROPHES: Final = re.compile(r"['’`]")
_NO_ENGLISH: Final = re.compile(r"[^a-z0-9*.]+")
_LETTERS: Final = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss"})
_WORDS, _JOINED = "words", "joined"
_COMMAS: Final = re.compile(r"[,、]+")
_NO_WORDS: Final = re.compile(r"[^\w.]+|_")
_NO_JOINED: Final = re.compile(r"[^\w.,\u0e31-\u0e4e\u3099\u309a\u30fc]+|_")
_NO_CHINESE: Final = re.compile(r"[^a-z0-9\u3400-\u9fff.,]+")
# How much of a phrase is looked for before its pattern is: it should be rare, and short enough for every phrase to have it.
_FRAGMENT: Final = {"en": 5, _WORDS: 5, "zh": 2, _JOINED: 2}


def _as_english(text: str) -> str:
    """Words between single blanks, sentences between full stops; a phrase is found whole words at a time."""
    sentences = _SENTENCE_ENDS.sub(f" {_BREAK} ", _APOSTROPHES.sub("", text))
    return f" {_NO_ENGLISH.sub(' ', sentences).strip()} {_BREAK} "


def _as_chinese(text: str) -> str:
    """Without blanks and signs, clauses between commas and full stops; one 着 for both ways of writing it."""
    return _NO_CHINESE.sub("", _COMMAS.sub(",", _SENTENCE_ENDS.sub(_BREAK, text.replace("著", "着")))) + _BREAK


def _bare(text: str) -> str:
    """Without accents and other marks above and below letters."""
    kept = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", kept).translate(_LETTERS)


def _as_words(text: str) -> str:
    """As `_as_english`, for languages with other letters."""
    return f" {_NO_WORDS.sub(' ', _SENTENCE_ENDS.sub(f' {_BREAK} ', _bare(text))).strip()} {_BREAK} "


def _as_joined(text: str) -> str:
    """As `_as_chinese`, for languages with other letters."""
    return _NO_JOINED.sub("", _COMMAS.sub(",", _SENTENCE_ENDS.sub(_BREAK, text))) + _BREAK


def _views(text: str) -> dict[str, str]:
    """The forms in which a message is compared, by language; the first of their kind stands for its likes."""
    joined = _as_joined(text) if _UNSPACED_LETTERS.search(text) else ""
    return {"en": _as_english(text), "zh": _as_chinese(text), _WORDS: _as_words(text), _JOINED: joined}


def _view_of(language: str) -> str:
    return language if language in _LANGUAGES else _JOINED if language in _UNSPACED else _WORDS


def _english(words: str) -> str:
    return "".join(f"{_word(word)} " for word in words.split())


def _word(word: str) -> str:
    """A word, of which a hyphen leaves the beginning or the end open."""
    inner = word.strip("-")
    if not inner:
        raise ValueError("a hyphen must stand beside letters")
    begins, ends = (_REST if open_ else "" for open_ in (word.startswith("-"), word.endswith("-")))
    return f"{begins}{re.escape(inner)}{ends}"


def _fragment(choice: str, view: str) -> str:
    """The middle of the longest piece of a choice that stands in a message as it is written here."""
    # Of an open word nothing is known beyond the hyphen, but that a blank stands on its other side.
    pieces = re.split(r"-(?= )|(?<= )-", f" {' '.join(choice.split())} ") if view in ("en", _WORDS) else [choice]
    longest = max(pieces, key=len)
    return longest[max(0, len(longest) - _FRAGMENT[view]) // 2 :][: _FRAGMENT[view]]


def _fragments(groups: Sequence[Sequence[str]], view: str) -> frozenset[str]:
    """Of which a message has one if it has a phrase that consists of these choices; the empty one is in each."""
    sure = (choices for choices in groups if _BREAK not in choices and all(map(str.strip, choices)))
    certain = [frozenset(_fragment(choice, view) for choice in choices) for choices in sure]
    return max(certain, key=lambda each: (min(map(len, each)), -len(each)), default=frozenset({""}))


def _pattern(phrase: str, language: str) -> tuple[str, frozenset[str]]:
    """The regular expression of a phrase and the fragments of which it needs one; ValueError says what is wrong with it."""
    view = _view_of(language)
    by_word = view in ("en", _WORDS)
    written = _english if by_word else re.escape
    if view in (_WORDS, _JOINED):
        # As the message is: Japanese characters are simplified with the Chinese.
        phrase = "…".join(plain(part) for part in phrase.split("…"))
        phrase = _bare(phrase) if by_word else phrase
    allowed = _ALLOWED.get(view) or (_ALLOWED_WORDS if by_word else _ALLOWED_JOINED)
    pattern, end, must_match = "", 0, False
    groups: list[Sequence[str]] = []
    for part in _PARTS.finditer(phrase):
        if part.start() != end:
            break
        end = part.end()
        if part["gap"]:
            pattern += _ENGLISH_GAP if by_word else _CHINESE_GAP
        elif part["end"]:
            pattern += r"\. " if by_word else "[.,]"
        else:
            choices = [part["words"]] if part["words"] else part["choices"].split("|")
            for choice in choices:
                if choice != _BREAK and not allowed.fullmatch(choice):
                    raise ValueError(f"{choice!r} may hold only lower-case letters, digits{' and blanks' if by_word else ''}")
            found = [(r"\. " if by_word else "[.,]") if choice == _BREAK else written(choice) for choice in choices]
            # Longer choices first, so that "kill myself" is not cut short by a choice that begins it.
            pattern += f"(?:{'|'.join(sorted(found, key=len, reverse=True))})"
            must_match = must_match or all(found)
            groups.append(choices)
    if end != len(phrase):
        raise ValueError(f"{phrase[end:]!r} cannot be read; brackets may not stand in brackets, and | stands in brackets only")
    if not must_match:
        raise ValueError("at least one word must be certain, or everything would match")
    return pattern, _fragments(groups, view)


def _patterns(file: Path, entry: str, language: str, listed: Any) -> Iterator[tuple[str, frozenset[str]]]:
    if not isinstance(listed, list):
        raise DataError(file, entry, language, "must be a list of phrases")
    for phrase in listed:
        if not isinstance(phrase, str) or not phrase.strip():
            raise DataError(file, entry, language, f"{phrase!r} is no text")
        try:
            yield _pattern(phrase, language)
        except ValueError as error:
            raise DataError(file, entry, language, f"{phrase!r}: {error}") from error


class PhrasesByKind:
    """Finds the kind of phrase in a message. A pattern is compiled and tried only where the message has a fragment that it needs.

    Args:
        phrases: in the order of seriousness, kind, form of the message, regular expression and fragments of each.
    """

    def __init__(self, phrases: Sequence[tuple[Kind, str, str, frozenset[str]]]) -> None:
        self._kinds = [kind for kind, _, _, _ in phrases]
        self._forms = [form for _, form, _, _ in phrases]
        self._patterns: list[str | re.Pattern[str]] = [pattern for _, _, pattern, _ in phrases]
        self._fragments = {form: Fragments(needed if each == form else () for _, each, _, needed in phrases) for form in {*self._forms}}

    def first_in(self, views: Mapping[str, str]) -> Kind | None:
        """The most serious kind of which a phrase stands in a message, or None."""
        likely = sorted(number for form, fragments in self._fragments.items() for number in fragments.likely(views[form]))
        return next((self._kinds[number] for number in likely if self._compiled(number).search(views[self._forms[number]])), None)

    def _compiled(self, number: int) -> re.Pattern[str]:
        pattern = self._patterns[number]
        if isinstance(pattern, str):
            pattern = self._patterns[number] = _one([pattern], self._forms[number])
        return pattern


@dataclass(frozen=True)
class SafetyPhrases:
    """What `data/safety.yml` says; `kind_of` and `hint_of` apply it.

    Attributes:
        innocent: by form of the message, what is taken out of it first.
        phrases: what each kind is recognised by.
        hints: words by which a message that is known to be grave shows its kind.
    """

    innocent: Mapping[str, re.Pattern[str]]
    phrases: PhrasesByKind
    hints: PhrasesByKind

    @classmethod
    def load(cls, root: Path) -> SafetyPhrases:
        """Read the file under `root`.

        Raises:
            DataError: naming file, entry and field.
        """
        file = root / FILE
        content = read_mapping(file)
        for entry in content:
            if entry not in (*_KINDS, _INNOCENT, _HINTS):
                raise DataError(file, str(entry), "kind", f"must be one of {', '.join((*_KINDS, _INNOCENT, _HINTS))}")
        innocent = {
            view: _one([pattern for pattern, _ in each], view)
            for view, each in _by_view(file, _INNOCENT, content.get(_INNOCENT), needed=_LANGUAGES).items()
        }
        phrases = {kind: _by_view(file, kind, content.get(kind), needed=_LANGUAGES) for kind in _KINDS}
        hints = content.get(_HINTS) or {}
        if not isinstance(hints, dict) or set(hints) - set(_KINDS):
            raise DataError(file, _HINTS, "kind", f"must be some of {', '.join(_KINDS)}")
        hinted = {kind: _by_view(file, f"{_HINTS}.{kind}", hints.get(kind) or {}) for kind in _KINDS}
        return cls(innocent, _of_kinds(phrases), _of_kinds(hinted))

    def kind_of(self, text: str) -> Kind | None:
        """Which kind of matter a message speaks of, the most serious one first; None for almost all messages."""
        views = _views(plain(text, lines=True))
        for view, pattern in self.innocent.items():
            # The mark keeps what stood before from meeting what stood after.
            views[view] = pattern.sub(f"{_BREAK} " if view in ("en", _WORDS) else _BREAK, views[view])
        return self.phrases.first_in(views)

    def hint_of(self, text: str) -> Kind | None:
        """Which kind of matter a message that is known to be grave most likely speaks of, or None."""
        return self.kind_of(text) or self.hints.first_in(_views(plain(text, lines=True)))


_Phrases = Mapping[str, Sequence[tuple[str, frozenset[str]]]]


def _of_kinds(kinds: Mapping[Kind, _Phrases]) -> PhrasesByKind:
    return PhrasesByKind([(kind, view, *each) for kind, by_view in kinds.items() for view, listed in by_view.items() for each in listed])


def _by_view(file: Path, entry: str, by_language: Any, needed: Sequence[str] = ()) -> _Phrases:
    """The phrases of each form of a message."""
    if not isinstance(by_language, dict) or set(needed) - set(by_language) or set(by_language) - set(TONGUES):
        raise DataError(file, entry, "language", f"must have phrases in {' and '.join(needed) or 'some of our languages'}, by language")
    patterns: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for language, listed in by_language.items():
        patterns.setdefault(_view_of(language), []).extend(_patterns(file, entry, language, listed))
    return patterns


def _one(patterns: Sequence[str], view: str) -> re.Pattern[str]:
    # An empty list finds nothing. Whether a word begins is looked at once for all phrases, not a thousand times for each letter.
    return re.compile(f"{'(?<= )' if view in ('en', _WORDS) else ''}(?:{'|'.join(patterns)})" if patterns else r"(?!)")
