"""A message in parts: its sentences, and the questions that share one sentence."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.catalogue.phrases import asks
from bot.data_file import read_mapping
from bot.errors import DataError
from bot.nlu.arrays import Floats
from bot.nlu.text import without_footer
from bot.settings import ROOT

FILE: Final = Path("data") / "parts.yml"
PARTS: Final = "parts"
"""Where the questions of a message stand that asks several things: in what was understood of it, each with `text` and `topic`."""
MOST: Final = 8
"""How many parts are read: the time grows with them."""
_WHOLE: Final = 0.65
"""The say of the whole message; the rest is that of its parts."""
_TOLD: Final = 0.6
"""The weight of a part that asks nothing, against one that does."""
_TALK: Final = 0.15
"""What is left to small talk in a part: a greeting before a question is not what the message is about."""
_LONGEST: Final = 260
"""What a part is cut to; more of one sentence says no more about its topic."""

# A full stop ends a sentence only before a blank, and not after a single capital or a short form such as "Mr.".
_END: Final = re.compile(
    r"(?<=[!?;。！？；…؟؛])\s*"
    r"|(?<=[^\s.A-Z]{2}\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bNo\.)(?<!\bDr\.)(?<!\bCo\.)(?<!\bLtd\.)(?<!e\.g\.)\s+"
    r"|\n+"
)
_LETTERS: Final = re.compile(r"[^\W\d_]")
_WIDE: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# What is shorter belongs to its neighbour: "Hi.", "Ok."
_SHORTEST: Final = 12
_SHORTEST_WIDE: Final = 3
# A joined question may be as short as "fee" or "费用".
_LONG_ENOUGH: Final = re.compile(r"[^\W\d_]{3}|[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}")
# One of several things in a row, such as "photo size + medical": a few words without a number.
_THING: Final = re.compile(r"[^\W\d_][^\d.,]{0,39}")
_JOINING: Final = " \t,，、،;؛"
_AROUND: Final = _JOINING + "?？؟"


def parts_of(text: str) -> list[str]:
    """The sentences of `text`, at most `MOST`, questions before others when there are more; empty for a single sentence."""
    sentences: list[str] = []
    for piece in _END.split(without_footer(text)):
        piece = piece.strip()
        if not _LETTERS.search(piece):
            continue
        questions = _joints().questions_of(piece)
        if sentences and (_is_short(sentences[-1]) or _is_short(piece)):
            questions[0] = f"{sentences.pop()} {questions[0]}"
        sentences += questions
    if len(sentences) < 2:
        return []
    if len(sentences) > MOST:
        order = sorted(range(len(sentences)), key=lambda at: (not asks(sentences[at]), -at))[:MOST]
        sentences = [sentences[at] for at in sorted(order)]
    return [sentence[-_LONGEST:] for sentence in sentences]


def read_together(whole: Floats, each: Floats, parts: Sequence[str], talk: Collection[int], aside: Collection[int] = ()) -> Floats:
    """Probabilities of a message from those of the whole and of its parts.

    Args:
        whole: one probability for each topic.
        each: one row for each of `parts`; may be empty.
        talk: columns of small talk.
        aside: columns that count in a part that asks only: what is told before a question is often about something else.
    """
    if not parts:
        return whole
    weights = np.asarray([1.0 if asks(part) else _TOLD for part in parts], dtype=np.float32)
    heard = each.copy()
    heard[:, list(talk)] *= _TALK
    heard[np.ix_([not asks(part) for part in parts], list(aside))] *= _TALK
    together = (weights[:, None] * heard).sum(axis=0) / weights.sum()
    mixed = _WHOLE * whole + (1 - _WHOLE) * together
    return np.asarray(mixed / mixed.sum(), dtype=np.float32)


def _is_short(text: str) -> bool:
    wide = len(_WIDE.findall(text))
    if wide:
        return wide < _SHORTEST_WIDE and not _joints().shows_question(text)
    return len(text) < _SHORTEST and not (asks(text) and len(text.split()) > 1)


def _alternatives(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _anywhere(words: Sequence[str]) -> str:
    """A pattern of `words`: whole ones, or at any place in a script without blanks."""
    return "|".join(re.escape(word) if _WIDE.search(word) else rf"(?<!\w){re.escape(word)}(?!\w)" for word in words)


def _standing(words: Sequence[str]) -> str:
    """A pattern of `words` that join: letters stand between blanks, signs and scripts without blanks need none."""
    spaced = [word for word in words if word == "&" or (word[0].isalpha() and not _WIDE.search(word))]
    free = [word for word in words if word not in spaced]
    patterns = [rf"[,，،]?\s+(?:{_alternatives(spaced)})\s+"] if spaced else []
    return "|".join([*patterns, rf"\s*[,，、]?\s*(?:{_alternatives(free)})[,，、]?\s*"] if free else patterns)


@dataclass(frozen=True)
class Joints:
    """What `data/parts.yml` says; `questions_of` applies it."""

    strong: re.Pattern[str]
    every: re.Pattern[str]
    leading: re.Pattern[str]
    opener: re.Pattern[str]
    within: re.Pattern[str]
    aspect: re.Pattern[str]
    comparing: re.Pattern[str]

    @classmethod
    def load(cls, root: Path) -> Joints:
        """Read the file under `root`.

        Raises:
            DataError: naming file and field.
        """
        file = root / FILE
        raw = read_mapping(file)

        def words(field: str, listed: Any) -> list[str]:
            if not isinstance(listed, list) or not listed or not all(isinstance(word, str) and word.strip() for word in listed):
                raise DataError(file, field, "words", "must be a list of texts")
            return listed

        def tongues(field: str) -> dict[str, list[str]]:
            if not isinstance(raw.get(field), dict):
                raise DataError(file, field, "words", "must be lists by language")
            return {str(tongue): words(field, listed) for tongue, listed in raw[field].items()}

        joining, opening = tongues("conjunctions"), tongues("openers")
        if joining.keys() != opening.keys():
            raise DataError(file, "openers", "languages", "must be those of conjunctions")
        # An Arabic conjunction is written together with the word behind it.
        pairs = "|".join(
            rf"[,，،]?\s+(?:{_alternatives(joining[each])})\s{'*' if each == 'ar' else '+'}(?=(?:{_alternatives(opening[each])})(?!\w))"
            for each in joining
        )
        strong = f"{pairs}|{_standing(words('joints', raw.get('joints')))}"
        every = rf"{strong}|(?<=[\uac00-\ud7a3]고)\s+|{_standing(words('between', raw.get('between')))}"
        openers = _alternatives([word for listed in opening.values() for word in listed])
        leading = _alternatives([word for listed in joining.values() for word in listed])

        def pattern(text: str) -> re.Pattern[str]:
            return re.compile(text, re.IGNORECASE)

        return cls(
            pattern(f"({strong})"),
            pattern(f"({every})"),
            pattern(rf"^(?:(?:{leading})\s+)+"),
            pattern(rf"^\W*(?:{openers})(?!\w)"),
            pattern(_anywhere(words("within", raw.get("within")))),
            pattern(rf"(?:{_anywhere(words('aspects', raw.get('aspects')))})$"),
            pattern(_anywhere(words("comparing", raw.get("comparing")))),
        )

    def questions_of(self, sentence: str) -> list[str]:
        """The questions that are joined in one sentence; the sentence itself unless each of them asks by its own form.

        A question whose form would not show that it is one gets a question mark.
        """
        things = [piece.strip() for piece in sentence.strip("?？ ").split("+")]
        if len(things) > 1 and all(map(_THING.fullmatch, things)) and any(map(self.shows_question, things)):
            return [_shown(thing) for thing in things]
        first, *others = (self.strong if self.comparing.search(sentence) else self.every).split(sentence)
        questions = [first]
        for joint, piece in zip(others[::2], others[1::2], strict=True):
            if self.shows_question(questions[-1]) and self.shows_question(piece, questions[-1]):
                questions.append(piece)
            else:
                questions[-1] += joint + piece
        if len(questions) > 1 and self.shows_question(questions[-1]):
            return [_shown(question.strip(_JOINING)) for question in questions]
        bare = self.leading.sub("", sentence)
        return [bare if asks(bare) and not asks(sentence) else sentence]

    def shows_question(self, piece: str, before: str = "") -> bool:
        """Whether `piece` asks without the question mark, which may be that of the whole sentence."""
        bare = piece.strip(_AROUND)
        # "How" alone belongs to what was said before it.
        if not _LONG_ENOUGH.search(bare) or self.opener.fullmatch(bare):
            return False
        if asks(bare) or self.opener.match(bare) or self.within.search(bare):
            return True
        # In "cost and duration of the medical" neither is a question of its own, in "cost and duration" both are.
        found, earlier = self.aspect.search(bare), self.aspect.search(before.strip(_AROUND))
        return found is not None and not (found.start() == 0 and earlier is not None and earlier.start() > 0)


def _shown(piece: str) -> str:
    return piece if asks(piece) else f"{piece.rstrip(_AROUND)}?"


@lru_cache(maxsize=1)
def _joints() -> Joints:
    return Joints.load(ROOT)
