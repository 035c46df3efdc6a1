"""A message in parts: its sentences, and the questions that share one sentence."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from bot.catalogue.phrases import asks
from bot.nlu.arrays import Floats

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
    r"(?<=[!?;。！？；…؟])\s*"
    r"|(?<=[^\s.A-Z]{2}\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bNo\.)(?<!\bDr\.)(?<!\bCo\.)(?<!\bLtd\.)(?<!e\.g\.)\s+"
    r"|\n+"
)
_JOINT: Final = re.compile(
    r",?\s+(?:and|also|plus|&|und|et|y|e|en|i|ve)\s+(?:also\s+|then\s+)?"
    r"(?=(?:how|what|where|when|which|who|why|do|does|did|can|could|is|are|should|must|will|wie|was|wo|wann|welche|combien|quand|où|quels?|"
    r"cuánto|cuanto|cuándo|dónde|qué|quanto|quando|dove|onde|quali|hoeveel|waar|hoe|wat|ile|gdzie|jak|kiedy|ne|nasıl|nerede)\b)"
    r"|[,，、]?\s*(?:还有|另外|以及|顺便问一下|顺便|再问一下|同时)[,，]?|[,，]\s*",
    re.IGNORECASE,
)
_LETTERS: Final = re.compile(r"[^\W\d_]")
_WIDE: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# What is shorter belongs to its neighbour: "Hi.", "Ok."
_SHORTEST: Final = 12
_SHORTEST_WIDE: Final = 3


def parts_of(text: str) -> list[str]:
    """The sentences of `text`, at most `MOST`, questions before others when there are more; empty for a single sentence."""
    sentences: list[str] = []
    for piece in _END.split(text):
        piece = piece.strip()
        if not _LETTERS.search(piece):
            continue
        questions = _questions(piece)
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
    return wide < _SHORTEST_WIDE if wide else len(text) < _SHORTEST


def _questions(sentence: str) -> list[str]:
    """The questions that are joined in one sentence; the sentence itself unless every piece of it asks."""
    pieces = [piece.strip() for piece in _JOINT.split(sentence) if piece and piece.strip()]
    if len(pieces) < 2 or not all(asks(piece) and not _is_short(piece) for piece in pieces):
        return [sentence]
    return pieces
