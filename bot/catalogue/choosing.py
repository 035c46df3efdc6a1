"""Which of some offered answers a typed text means: by the label, a part of it, another name or its place in the row."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from bot.catalogue.applications import ApplicationTypes, Category
from bot.catalogue.circumstances import Circumstances
from bot.catalogue.phrases import plain
from bot.catalogue.profile import CATEGORY, TYPE, Profile

PURPOSE: Final = "purpose"

_TOKEN: Final = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")
_ORDINAL: Final = re.compile(r"^\D{0,4}([1-9])\D{0,2}$")
_LAST: Final = -1
_PAUSE: Final = re.compile(r"[,.;!，。；！、]+")


class Words:
    """Compares texts with offered answers; knows the words that carry no meaning in an answer and those for a place in a row."""

    def __init__(self, fillers: Collection[str], ordinals: Mapping[str, Collection[str]], answers: Collection[str]) -> None:
        """Nothing is looked up later.

        Args:
            fillers: words to pass over.
            ordinals: words for the first, second … (as "1", "2" …) and the "last" answer.
            answers: words for yes, no and don't know, which alone are never part of a label.
        """
        self._fillers = frozenset(token for word in fillers for token in _TOKEN.findall(plain(word)))
        self._ordinals = {plain(word): _LAST if place == "last" else int(place) for place, words in ordinals.items() for word in words}
        self._answers = frozenset(token for word in answers for token in self._tokens(word))

    def equal(self, text: str, names: Collection[str]) -> bool:
        """Whether `text` is one of `names` and nothing more than fillers beside it."""
        said = self._tokens(text)
        return bool(said) and any(self._tokens(name) == said for name in names)

    def pick(self, text: str, offered: Mapping[str, Sequence[str]]) -> str | None:
        """The one value of which everything in `text` is part; `offered` has the names of each value."""
        exact = [value for value, names in offered.items() if self.equal(text, names)]
        if len(exact) == 1:
            return exact[0]
        said = frozenset(self._tokens(text))
        if not said - self._answers or all(token.isdigit() for token in said):
            return None
        covering = [value for value, names in offered.items() if said <= {token for name in names for token in self._tokens(name)}]
        return covering[0] if len(covering) == 1 else None

    def ordinal(self, text: str, values: Collection[str]) -> str | None:
        """The value at the place in the row that `text` names: "2", "the second one", "最后一个"."""
        bare = plain(text).strip(" .,!。，！")
        match = _ORDINAL.match(bare)
        place = int(match.group(1)) if match else self._ordinals.get(bare, 0)
        row = tuple(values)
        if place == _LAST:
            return row[-1] if row else None
        return row[place - 1] if 1 <= place <= len(row) else None

    def _tokens(self, text: str) -> list[str]:
        found = [_singular(token) for token in _TOKEN.findall(plain(text))]
        return [token for token in found if token not in self._fillers]


class Offers:
    """What is offered as answers to each question, and which of them a text means."""

    def __init__(self, words: Words, types: ApplicationTypes, categories: Mapping[str, Category], circumstances: Circumstances) -> None:
        self._words, self._types, self._categories, self._circumstances = words, types, categories, circumstances

    def pick(self, question_id: str, text: str, profile: Profile) -> str | None:
        """The answer that `text` is a part of, the words of the labels before the other names, or names by its place."""
        if question_id == TYPE and self.purpose(text) is not None:
            return None
        for labels_only in (True, False):
            value = self._words.pick(text, self._named(question_id, profile, labels_only))
            if value is not None:
                return value
        return self._words.ordinal(text, self._named(question_id, profile, labels_only=True))

    def labelled(self, question_id: str, text: str, profile: Profile) -> bool:
        """Whether `text` is nothing but a label, a part of one, a place in the row, or phrases that each stand for the same answer."""
        if question_id == TYPE and self.purpose(text) is not None:
            return True
        offered = self._named(question_id, profile, labels_only=True)
        named = self._words.pick(text, offered) is not None or self._words.ordinal(text, offered) is not None
        return named or self._told(question_id, text)

    def _told(self, question_id: str, text: str) -> bool:
        pieces = [piece for piece in _PAUSE.split(text) if piece.strip()]
        phrases = self._circumstances[question_id].phrases.values() if question_id in self._circumstances else ()
        return bool(pieces) and any(all(_is_mostly(piece, listed) for piece in pieces) for listed in phrases)

    def tells(self, question_id: str, text: str, profile: Profile) -> bool:
        """Whether one piece of `text` is an offered answer by any of its names, or its names make at least half of the text."""
        pieces = [piece for piece in _PAUSE.split(text) if piece.strip()]
        if any(self.pick(question_id, piece.strip(), profile) is not None for piece in pieces):
            return True
        named = self._named(question_id, profile, labels_only=False) if question_id in self._circumstances else {}
        return any(_is_mostly(text, names) for names in named.values())

    def purpose(self, text: str) -> str | None:
        """What the person wants to do, when a short answer to the first question says only this."""
        choices = self._circumstances[PURPOSE].choices
        return next((each.value for each in choices if self._words.equal(text, each.aliases)), None)

    def _named(self, question_id: str, profile: Profile, labels_only: bool) -> dict[str, tuple[str, ...]]:
        named: Iterable[tuple[str, Collection[str], Collection[str]]]
        if question_id == TYPE:
            named = ((each, self._types[each].label.values(), self._types[each].aliases) for each in self._types.wire)
        elif question_id == CATEGORY:
            named = ((each.id, each.label.values(), each.aliases) for each in self._categories.values())
        else:
            circumstance = self._circumstances[question_id]
            values = circumstance.values(profile.context())
            phrases = circumstance.phrases
            named = (
                (each.value, each.label.values(), (*each.aliases, *phrases.get(each.value, ())))
                for each in circumstance.choices
                if each.value in values
            )
        return {value: (*labels,) if labels_only else (*labels, *others) for value, labels, others in named}


def _is_mostly(piece: str, phrases: Collection[str]) -> bool:
    """Whether `phrases` make at least half of `piece`."""
    whole = plain(piece).strip()
    rest = whole
    for phrase in sorted(map(plain, phrases), key=len, reverse=True):
        rest = rest.replace(phrase, "")
    return 2 * len(rest) <= len(whole)


def _singular(token: str) -> str:
    return token[:-1] if len(token) > 3 and token.endswith("s") and not token.endswith("ss") else token
