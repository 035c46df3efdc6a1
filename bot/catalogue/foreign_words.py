"""What people answer in languages that the reader has no words for, put into the English words that it knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue.countries import Countries
from bot.catalogue.entries import read_entries
from bot.catalogue.grounds import DATA
from bot.errors import DataError
from bot.languages import LANGUAGES, TONGUES, TRADITIONAL, Tongue
from bot.locale_data import territories

FILE: Final = "foreign_words.yml"
# These are written without blanks between words, so that a word is found anywhere.
_UNDIVIDED: Final = frozenset({"ja", "ko", "th"})
_OPEN: Final = "*"
# Endings by which a country is named in its place ("в России"), and the shortest name that may lose its own.
_ENDINGS: Final[Mapping[str, str]] = MappingProxyType({"ru": "[аеийоуыьюя]{0,2}"})
_SHORTEST: Final = 4


class ForeignWords:
    """Puts texts in other tongues into English words, as far as they are known."""

    def __init__(self, words: Mapping[Tongue, Mapping[str, str]]) -> None:
        """Args: words: for each tongue, English words by the pattern that stands for them."""
        self._words = {tongue: _Replacing(patterns, tongue) for tongue, patterns in words.items()}

    def english(self, text: str, tongue: Tongue) -> str:
        """`text` with every known word of `tongue` in English; unchanged in English and Chinese."""
        known = self._words.get(tongue)
        return text if known is None else known.replace(text)

    @classmethod
    def load(cls, folder: Path = DATA, *, countries: Countries) -> ForeignWords:
        """Read foreign_words.yml, and the names of `countries` in every tongue.

        Raises:
            DataError: naming file, entry and field; also when a tongue has no words or lacks one that others have.
        """
        raw = read_entries(folder / FILE)
        needed = [tongue for tongue in TONGUES if tongue not in LANGUAGES and tongue != TRADITIONAL]
        for name in sorted(set(raw) ^ set(needed)):
            raise DataError(FILE, name, "entry", "is missing" if name in needed else "is not a tongue with words of its own")
        return cls({tongue: {**_countries(tongue, countries), **_listed(tongue, raw[tongue])} for tongue in needed})


class _Replacing:
    def __init__(self, patterns: Mapping[str, str], tongue: Tongue) -> None:
        self._english = tuple(patterns.values())
        longest = sorted(enumerate(patterns), key=lambda each: -len(each[1]))
        edge = "" if tongue in _UNDIVIDED else r"\b"
        self._written = "|".join(f"(?P<w{place}>{edge}{pattern}{edge})" for place, pattern in longest)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Many hundred words; most processes meet few of the tongues.
        return re.compile(self._written, re.IGNORECASE)

    def replace(self, text: str) -> str:
        return self._pattern.sub(lambda match: f" {self._english[int(str(match.lastgroup)[1:])]} ", _composed(text))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("’", "'"))


def _listed(tongue: Tongue, raw: Any) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise DataError(FILE, tongue, "words", "must be lists of words by their English ones")
    found: dict[str, str] = {}
    for english, words in raw.items():
        if not isinstance(english, str) or not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            raise DataError(FILE, tongue, str(english), 'must be a list of words (quote "yes" and "no")')
        for word in words:
            pattern = re.escape(_composed(word.removesuffix(_OPEN))) + (r"\w*" if word.endswith(_OPEN) else "")
            if found.setdefault(pattern, english) != english:
                raise DataError(FILE, tongue, english, f"{word!r} stands for {found[pattern]!r} too")
    return found


def _countries(tongue: Tongue, countries: Countries) -> dict[str, str]:
    ending = _ENDINGS.get(tongue)
    found: dict[str, str] = {}
    names = {code: _composed(name) for code, name in territories(tongue).items()}
    for code, country in countries.items():
        name = names.get(code)
        if not name:
            continue
        stem = re.sub(f"{ending}$", "", name) if ending else name
        pattern = f"{re.escape(stem)}{ending}" if ending and len(stem) >= _SHORTEST else re.escape(name)
        found[pattern] = country.name["en"]
    return found
