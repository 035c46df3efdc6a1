"""The duty and privacy agreement that staff sign before they serve applicants; every change of its text is a new version."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.languages import LANGUAGES, Language
from bot.settings import ROOT

FILE: Final[Path] = ROOT / "data" / "agreement.yml"


@dataclass(frozen=True)
class Agreement:
    """One version of the agreement in every language.

    Attributes:
        version: its date and a short hash of its texts, so that no text changes without a new signature.
    """

    version: str
    texts: Mapping[Language, str]

    @classmethod
    def load(cls, path: Path = FILE) -> Agreement:
        """Read the agreement.

        Raises:
            DataError: the file is broken, has no date, or a language has no text.
        """
        tree = read_mapping(path)
        if set(tree) != {"date", "text"} or not isinstance(tree["text"], dict):
            raise DataError(path.name, "file", "content", "must hold exactly date and text")
        texts: dict[Language, str] = {}
        for language in LANGUAGES:
            text = tree["text"].get(language)
            if not isinstance(text, str) or not text.strip():
                raise DataError(path.name, "text", language, "is missing")
            texts[language] = text.strip()
        date = str(tree["date"])
        if len(date) != 10:
            raise DataError(path.name, "file", "date", "must be a date as 2026-01-31")
        told = hashlib.sha256("\0".join(texts[language] for language in LANGUAGES).encode()).hexdigest()
        return cls(f"{date}.{told[:8]}", MappingProxyType(texts))


@functools.cache
def current() -> Agreement:
    """The agreement in force, read once."""
    return Agreement.load()
