"""Messages that mean something only after what was said before: read when the assistant starts, never trained."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.nlu.text import plain

FILE: Final = Path("data") / "follow_ups.yml"
KINDS: Final = frozenset({"why", "more", "again", "in_chinese", "in_english", "1", "2", "3", "last"})
_SIGNS: Final = re.compile(r"[\W_]+")
_FILLERS: Final = re.compile(
    r"^(?:and|so|ok|okay|hm+|um+|well|please|pls|那|请|麻烦|und|et|y|e|en|a)\s+|\s+(?:please|pls|thanks|bitte|svp|por favor|谢谢)$"
)


def _bare(text: str) -> str:
    return _SIGNS.sub(" ", plain(text).replace("'", "").replace("’", "")).strip()


@dataclass(frozen=True)
class FollowUps:
    """What `data/follow_ups.yml` says; `kind_of` applies it."""

    kinds: Mapping[str, str]

    @classmethod
    def load(cls, root: Path) -> FollowUps:
        """Read the file under `root`.

        Raises:
            DataError: naming file, entry and field.
        """
        file, kinds = root / FILE, dict[str, str]()
        for kind, listed in read_mapping(file).items():
            if str(kind) not in KINDS:
                raise DataError(file, str(kind), "kind", f"must be one of {', '.join(sorted(KINDS))}")
            if not isinstance(listed, list) or not all(isinstance(text, str) and _bare(text) for text in listed):
                raise DataError(file, str(kind), "messages", "must be a list of texts")
            for text in listed:
                if kinds.setdefault(_bare(text), str(kind)) != str(kind):
                    raise DataError(file, str(kind), "messages", f"{text!r} stands under {kinds[_bare(text)]} too")
        return cls(MappingProxyType(kinds))

    def kind_of(self, text: str) -> str | None:
        """What a message refers to: `why`, `more`, `again`, `in_chinese`, `in_english`, `1` to `3` or `last`; None for almost all."""
        bare = _bare(text)
        return self.kinds.get(bare) or self.kinds.get(_FILLERS.sub("", bare))
