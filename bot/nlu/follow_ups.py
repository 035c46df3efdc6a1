"""Messages that mean something only after what was said before: read when the assistant starts, never trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.nlu.text import plain

FILE: Final = Path("data") / "follow_ups.yml"
_LONGEST: Final = 160
"""Characters; what is longer says more than what it refers to."""
KINDS: Final = frozenset({"why", "more", "again", "in_chinese", "in_english", "too_late", "1", "2", "3", "last"})
_AROUND: Final = frozenset({"before", "after"})
_SIGNS: Final = re.compile(r"[\W_]+")
_WITHOUT_BLANKS: Final = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _bare(text: str) -> str:
    # A Turkish capital with its dot leaves the dot behind when it is made small.
    return _SIGNS.sub(" ", plain(text).replace("i\u0307", "i").replace("'", "").replace("’", "")).strip()


def _one_of(fillers: Sequence[str], form: str) -> str:
    """A pattern of one of `fillers`; `form` says on which side of each the blank stands that scripts without blanks may lack."""
    patterns = (form.format(word, blank=r"\s*" if _WITHOUT_BLANKS.search(word) else r"\s+") for word in fillers)
    return f"(?:{'|'.join(patterns)})"


def _stripped(filler: re.Pattern[str], text: str) -> Iterator[str]:
    """`text`, then what is left of it without one filler after another."""
    yield text
    while (shorter := filler.sub("", text)) != text:
        yield shorter
        text = shorter


@dataclass(frozen=True)
class FollowUps:
    """What `data/follow_ups.yml` says; `kind_of` applies it."""

    kinds: Mapping[str, str]
    before: re.Pattern[str]
    after: re.Pattern[str]

    @classmethod
    def load(cls, root: Path) -> FollowUps:
        """Read the file under `root`.

        Raises:
            DataError: naming file, entry and field.
        """
        file, kinds, around = root / FILE, dict[str, str](), dict[str, list[str]]()
        for kind, listed in read_mapping(file).items():
            if str(kind) not in KINDS | _AROUND:
                raise DataError(file, str(kind), "kind", f"must be one of {', '.join(sorted(KINDS | _AROUND))}")
            if not isinstance(listed, list) or not all(isinstance(text, str) and _bare(text) for text in listed):
                raise DataError(file, str(kind), "messages", "must be a list of texts")
            if kind in _AROUND:
                around[kind] = sorted(map(_bare, listed), key=len, reverse=True)
                continue
            for text in listed:
                if kinds.setdefault(_bare(text), str(kind)) != str(kind):
                    raise DataError(file, str(kind), "messages", f"{text!r} stands under {kinds[_bare(text)]} too")
        if around.keys() != _AROUND:
            raise DataError(file, "before", "messages", f"{' and '.join(sorted(_AROUND))} are needed")
        before = re.compile("^" + _one_of(around["before"], "{}{blank}"))
        after = re.compile(_one_of(around["after"], "{blank}{}") + "$")
        return cls(MappingProxyType(kinds), before, after)

    def kind_of(self, text: str) -> str | None:
        """What a message refers to, one of `KINDS`; None for almost all."""
        if len(text) > _LONGEST:
            return None
        bare = _bare(text)
        # Fillers go one by one: that of one language may begin what is meant in another ("en chino").
        known = (self.kinds.get(back) for front in _stripped(self.before, bare) for back in _stripped(self.after, front))
        return next(filter(None, known), None)
