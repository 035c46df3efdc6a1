"""The languages that the encoder does not know, by `data/foreign.yml`, and how a few words show one of them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from babel import Locale

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.languages import TONGUES, Language, Tongue, written

_FILE: Final = Path(__file__).parent.parent / "data" / "foreign.yml"
_FIELDS: Final = frozenset({"name", "line", "also", "letters", "words"})
# The fewest words and letters that show a language, unless the message is shorter.
_FEWEST_SIGNS: Final = 2
_SAYS_LITTLE: Final = 2
_SAYS_SOMETHING: Final = 4


@dataclass(frozen=True)
class Foreign:
    """A language that the encoder does not know.

    Attributes:
        codes: its own, and those of languages that cannot be told from it.
        name: what English and Chinese call it.
        line: that we do not read it well enough, said in it.
        letters: letters, and pairs of them, that none of our tongues has.
        words: what everybody says in it.
    """

    codes: tuple[str, ...]
    name: Mapping[Language, str]
    line: str
    letters: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()

    @property
    def code(self) -> str:
        """Its own code."""
        return self.codes[0]

    def called(self, tongue: Tongue) -> str | Mapping[Language, str]:
        """What `tongue` calls it; both names where facts are told in that tongue itself, which may be given again in the other."""
        if tongue == written(tongue) or written(tongue) == "zh":
            return dict(self.name)
        names = Locale.parse(tongue).languages
        return " / ".join(names[{"tl": "fil"}.get(code, code)] for code in self.codes)


@lru_cache(maxsize=1)
def foreign_languages() -> Mapping[str, Foreign]:
    """Every language of the file by its codes.

    Raises:
        DataError: naming file, entry and field.
    """
    found = {}
    for code, entry in read_mapping(_FILE).items():
        if not isinstance(entry, Mapping) or set(entry) - _FIELDS or code in TONGUES:
            raise DataError(_FILE.name, str(code), "entry", f"must be none of our tongues, with {', '.join(sorted(_FIELDS))}")
        try:
            name: dict[Language, str] = {"en": str(entry["name"]["en"]), "zh": str(entry["name"]["zh"])}
            language = Foreign(
                (str(code), *map(str, entry.get("also") or ())),
                MappingProxyType(name),
                str(entry["line"]),
                tuple(str(entry.get("letters") or "").split()),
                frozenset(_spellings(str(entry.get("words") or "").split())),
            )
        except (KeyError, TypeError) as error:
            raise DataError(_FILE.name, str(code), "name", "must have a name in English and Chinese, and a line") from error
        found.update(dict.fromkeys(language.codes, language))
    return MappingProxyType(found)


def with_letters(words: Sequence[str]) -> tuple[Foreign, ...]:
    """The languages whose own letters stand in one of `words`, which are in lower case."""
    return tuple(
        language
        for code, language in foreign_languages().items()
        if code == language.code and any(letter in word for word in words for letter in language.letters)
    )


def shown_by(words: Sequence[str], known: Mapping[str, Collection[Tongue]]) -> tuple[Foreign, ...]:
    """The languages that `words` show more clearly than any tongue of ours; several where they show them equally.

    Args:
        words: those of the message, in lower case.
        known: which of our tongues a word belongs to.
    """
    ours = defaultdict[Tongue, int](int)
    for word in words:
        for tongue in known.get(word, ()):
            ours[tongue] += 1
    signs: dict[str, int] = {}
    strange = {word for word in words if word not in known}
    for code, language in foreign_languages().items():
        if language.words.isdisjoint(strange):
            # Hardly any language is left here: each needs a word that is none of ours.
            continue
        said = [word for word in words if word in language.words]
        spelt = sum(any(letter in word for letter in language.letters) for word in words)
        own = [word for word in said if word not in known]
        enough = len(said) + spelt >= _FEWEST_SIGNS or (any(len(word) > _SAYS_SOMETHING for word in own) and len(words) <= _FEWEST_SIGNS)
        if code == language.code and enough and any(len(word) > _SAYS_LITTLE for word in own):
            signs[code] = len(said) + spelt
    most = max(signs.values(), default=0)
    if most <= max(ours.values(), default=0) or most * 4 < len(words):
        return ()
    return tuple(foreign_languages()[code] for code, count in signs.items() if count == most)


def _spellings(words: Sequence[str]) -> set[str]:
    bare = {"".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char)) for word in words}
    return {*words, *(word for word in bare if len(word) > _SAYS_SOMETHING)}
