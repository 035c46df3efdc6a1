"""What the interface says, looked up by key: one file for each language, and one more in the folder of each large part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.errors import DataError
from bot.languages import LANGUAGES, Language

FOLDER: Final[Path] = Path(__file__).parent


class _Given(dict[str, Any]):
    """Leaves a placeholder that nobody filled out of the sentence, because an error text must never raise."""

    def __missing__(self, key: str) -> str:
        return ""


def _flatten(prefix: str, tree: Mapping[str, Any], file: str) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict):
            yield from _flatten(key, value, file)
        elif isinstance(value, str) and value.strip():
            yield key, value
        else:
            raise DataError(file, key, "text", "must be a text that is not empty")


def _read(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        tree = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(name, "file", "content", str(error)) from error
    if not isinstance(tree, dict):
        raise DataError(name, "file", "content", "must be an object of texts")
    return tree


@dataclass(frozen=True)
class Texts:
    """The interface's texts in every language, checked to be complete when loaded."""

    by_language: Mapping[Language, Mapping[str, str]]

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Texts:
        """Read `<language>.json` and `<part>/<language>.json` for every language; keys of a part begin with its name.

        Raises:
            DataError: a file is broken, or a key stands in one language only.
        """
        texts: dict[Language, Mapping[str, str]] = {}
        parts = ["", *(f"{path.name}/" for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith("__"))]
        for language in LANGUAGES:
            flat: dict[str, str] = {}
            for part in parts:
                flat.update(_flatten(part.rstrip("/"), _read(folder, f"{part}{language}.json"), f"{part}{language}.json"))
            texts[language] = MappingProxyType(flat)
        everywhere = set().union(*texts.values())
        for language, known in texts.items():
            for key in sorted(everywhere - set(known)):
                raise DataError(f"{language}.json", key, "text", "is missing in this language")
        return cls(MappingProxyType(texts))

    def part(self, language: Language, prefix: str) -> dict[str, str]:
        """The texts whose keys begin with `prefix` and a dot, under the rest of their keys."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self.by_language[language].items() if key.startswith(start)}

    def has(self, key: str) -> bool:
        """Whether there is a text with this key."""
        return all(key in texts for texts in self.by_language.values())

    def get(self, language: Language, key: str, **params: Any) -> str:
        """The text with its placeholders filled from `params`."""
        return self.by_language[language][key].format_map(_Given(params))

    def error(self, language: Language, code: str, **params: Any) -> str:
        """The text of an error code; a code without a text gets that of `internal`."""
        key = f"errors.{code}"
        return self.get(language, key if self.has(key) else "errors.internal", **params)
