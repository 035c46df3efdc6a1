"""What the interface says, looked up by key: one file for each language, and one more in the folder of each large part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.errors import DataError
from bot.languages import LANGUAGES, TONGUES, TRADITIONAL, Language, Tongue, written
from bot.traditional import traditional

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


# What an applicant may see is told in every tongue; the rest is for officers, operators and the page that shows the widget.
_WINDOW: Final = "widget"
_APPLICANTS: Final = "applicant"
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Texts:
    """The interface's texts in every language, checked to be complete when loaded.

    Attributes:
        by_language: every text in the languages answers are written in.
        by_tongue: what applicants see of it, in the tongues they speak.
    """

    by_language: Mapping[Language, Mapping[str, str]]
    by_tongue: Mapping[Tongue, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | None = None) -> Texts:
        """The texts under `folder`; by default those of the project, which are read once in a process.

        Raises:
            DataError: see `read`.
        """
        return _of_the_project() if folder is None else cls.read(folder)

    @classmethod
    def read(cls, folder: Path) -> Texts:
        """Read `<language>.json` and `<part>/<language>.json` for every language; keys of a part begin with its name.

        In the other tongues stand `widget/<tongue>.json`, with the same keys, and `applicant/<tongue>.json` with the errors and lines
        of the gateway that applicants may see. Traditional Chinese is converted from Chinese.

        Raises:
            DataError: a file is broken, a key stands in one language only, or a text asks for other placeholders than in English.
        """
        texts: dict[Language, Mapping[str, str]] = {}
        parts = ["", *(f"{path.parent.name}/" for path in sorted(folder.glob(f"*/{LANGUAGES[0]}.json")))]
        for language in LANGUAGES:
            flat: dict[str, str] = {}
            for part in parts:
                flat.update(_flatten(part.rstrip("/"), _read(folder, f"{part}{language}.json"), f"{part}{language}.json"))
            texts[language] = MappingProxyType(flat)
        everywhere = set().union(*texts.values())
        for language, known in texts.items():
            for key in sorted(everywhere - set(known)):
                raise DataError(f"{language}.json", key, "text", "is missing in this language")
        return cls(MappingProxyType(texts), _spoken(folder, texts))

    def part(self, tongue: Tongue, prefix: str) -> dict[str, str]:
        """The texts whose keys begin with `prefix` and a dot, under the rest of their keys."""
        start, texts = f"{prefix}.", {**self.by_language[written(tongue)], **self.by_tongue.get(tongue, {})}
        return {key.removeprefix(start): text for key, text in texts.items() if key.startswith(start)}

    def has(self, key: str) -> bool:
        """Whether there is a text with this key."""
        return all(key in texts for texts in self.by_language.values())

    def get(self, tongue: Tongue, key: str, **params: Any) -> str:
        """The text with its placeholders filled from `params`; what is not told in the tongue is told in its written language."""
        text = self.by_tongue.get(tongue, {}).get(key)
        return (self.by_language[written(tongue)][key] if text is None else text).format_map(_Given(params))

    def error(self, tongue: Tongue, code: str, **params: Any) -> str:
        """The text of an error code; a code without a text gets that of `internal`."""
        key = f"errors.{code}"
        return self.get(tongue, key if self.has(key) else "errors.internal", **params)


@cache
def _of_the_project() -> Texts:
    return Texts.read(FOLDER)


def _spoken(folder: Path, texts: Mapping[Language, Mapping[str, str]]) -> Mapping[Tongue, Mapping[str, str]]:
    """What applicants see in tongues that nothing else is written in: every tongue says the same things."""
    if not (folder / _APPLICANTS).is_dir():
        return MappingProxyType({})
    english, spoken = texts["en"], {}
    for tongue in (tongue for tongue in TONGUES if tongue not in LANGUAGES and tongue != TRADITIONAL):
        window, rest = f"{_WINDOW}/{tongue}.json", f"{_APPLICANTS}/{tongue}.json"
        known = dict(_flatten(_WINDOW, _read(folder, window), window))
        wanted = {key for key in english if key.startswith(f"{_WINDOW}.")}
        for key in sorted(wanted ^ set(known)):
            raise DataError(window, key, "text", "is missing in this tongue" if key in wanted else "is not known")
        known.update(_flatten("", _read(folder, rest), rest))
        for key, text in known.items():
            if key not in english:
                raise DataError(rest, key, "text", "is not known")
            if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(english[key])):
                raise DataError(tongue, key, "text", "asks for other values than in English")
        spoken[tongue] = MappingProxyType(known)
    for tongue, said in spoken.items():
        for key in sorted(set().union(*spoken.values()) - set(said)):
            raise DataError(f"{_APPLICANTS}/{tongue}.json", key, "text", "is missing in this tongue")
    told = set().union(*spoken.values())
    spoken[TRADITIONAL] = MappingProxyType({key: traditional(text) for key, text in texts["zh"].items() if key in told})
    return MappingProxyType(spoken)
