"""What people say about their answers: that they would rather give none, that they meant another, that the last one is taken back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from bot.catalogue.entries import read_entries
from bot.catalogue.grounds import DATA
from bot.catalogue.phrases import asks, plain
from bot.errors import DataError
from bot.languages import TONGUES, TRADITIONAL

FILE: Final = "answer_words.yml"
_SECTIONS: Final = ("refusals", "corrections", "back", "previous")
# How much of a message a refusal must make: a short reason and a greeting beside it are nothing more.
_SHARE: Final = 3
# More than this is a story in which somebody goes back, not the wish to.
_LONGEST: Final = 60
_SIGNS: Final = " \t\n.,;:!?…-–—~，。；：！？、“”\"'()（）"
_WORDED: Final = re.compile(r"[a-z0-9а-яё\u0600-\u06ff]", re.IGNORECASE)
# "Not actually" takes nothing back.
_UNSAID: Final = r"(?<!\bnot )(?<!n't )"


class AnswerWords:
    """Reads what a message says about an answer, in every tongue at once."""

    def __init__(self, words: Mapping[str, Collection[str]]) -> None:
        """Args: words: phrases by section (`refusals`, `corrections`, `back`, `previous`)."""
        self._refusals = _pattern(words["refusals"])
        self._corrections = _pattern(words["corrections"], before=_UNSAID)
        self._back = frozenset(plain(phrase).strip(_SIGNS) for phrase in words["back"])
        self._previous = _pattern(words["previous"])

    def refuses(self, text: str) -> bool:
        """Whether `text` is hardly more than a refusal to answer."""
        bare = plain(text).strip(_SIGNS)
        rest = self._refusals.sub("", bare)
        return rest != bare and not asks(text) and _SHARE * (len(bare) - len(rest)) >= len(bare)

    def corrects(self, text: str) -> bool:
        """Whether `text` takes something back that was said before."""
        return self._corrections.search(plain(text)) is not None

    def meant(self, text: str) -> list[str]:
        """What `text` says after each correction in it, the last being what is meant; empty where nothing stands before one."""
        first, *later = [piece.strip(_SIGNS) for piece in self._corrections.split(plain(text))]
        return [piece for piece in later if piece] if first else []

    def goes_back(self, text: str) -> bool:
        """Whether `text` takes the last answer back so that its question is asked again."""
        bare = plain(text).strip(_SIGNS)
        return bare in self._back or (len(bare) <= _LONGEST and self._previous.search(bare) is not None)

    @classmethod
    def load(cls, folder: Path = DATA) -> AnswerWords:
        """Read answer_words.yml.

        Raises:
            DataError: naming file, entry and field; also when a section lacks a tongue.
        """
        raw = read_entries(folder / FILE)
        tongues = frozenset(TONGUES) - {TRADITIONAL}
        for name in sorted(set(raw) ^ set(_SECTIONS)):
            raise DataError(FILE, name, "entry", "is missing" if name in _SECTIONS else "is not known")
        for name, listed in raw.items():
            if not isinstance(listed, Mapping) or set(listed) != tongues:
                raise DataError(FILE, name, "entry", "must have a list of phrases for each of " + ", ".join(sorted(tongues)))
            for tongue, phrases in listed.items():
                if not isinstance(phrases, list) or not phrases or not all(isinstance(each, str) and each.strip() for each in phrases):
                    raise DataError(FILE, name, tongue, "must be a list of texts")
        return cls({name: [phrase for phrases in listed.values() for phrase in phrases] for name, listed in raw.items()})


def _pattern(phrases: Collection[str], before: str = "") -> re.Pattern[str]:
    """Any of `phrases`: whole words where words are parted by blanks, any place where they are not."""
    plains = sorted({plain(phrase).strip() for phrase in phrases}, key=len, reverse=True)
    worded = "|".join(re.escape(each) for each in plains if _WORDED.match(each))
    others = "|".join(re.escape(each) for each in plains if not _WORDED.match(each))
    return re.compile(rf"{before}(?<![^\W\u2e80-\u9fff])(?:{worded})(?![^\W\u2e80-\u9fff])" + (f"|{others}" if others else ""))
