"""Joins plain ES modules into one answer, so that a page asks once and packs well; nobody runs a tool for it, and none is kept.

The modules stay what they are: each is wrapped in a function of its own, whose exports the others take by name. Comments and
indentation are for readers of the files and are left out. What this does not understand it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from os.path import relpath
from pathlib import Path
from typing import Final

from bot.errors import DataError

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "([^"]+)";\n', re.M)
_IMPORT_ALL: Final = re.compile(r'^import \* as (\w+) from "([^"]+)";\n', re.M)
_LATER: Final = re.compile(r'await import\("(\.[^"]+)"\)')
_EXPORT: Final = re.compile(r"^export (?=(?:async )?function |class |const )", re.M)
_EXPORTED: Final = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.M)
_LEFT: Final = re.compile(r"^(?:import\b(?! *\()|export\b).*", re.M)
_COMMENT: Final = re.compile(r"^[ \t]*//[^\n]*\n|^[ \t]*/\*.*?\*/[ \t]*\n", re.M | re.S)
_INDENT: Final = re.compile(r"^[ \t]+|^\n", re.M)
_QUOTED: Final = r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\\n])*`"""
_TEXT: Final = re.compile(_QUOTED)
_MARKS: Final = re.compile(rf"({_QUOTED})| *([=*<>!&|?:,;(){{}}\[\]]+) *")
_CSS_BLANKS: Final = re.compile(r"\s*([{};,])\s*|(?<=:)\s+")
_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/", re.S)


@dataclass
class _Module:
    """A module that is ready to be joined."""

    name: str
    code: str
    exports: list[str]


@dataclass
class Joined:
    """Modules in one file.

    Attributes:
        entry: the module whose exports the file exports.
        folder: where the files lie and `address` the path under which they are served, seen from the joined file.
        vendor: a folder of modules that are not joined but imported from where they are.
    """

    entry: Path
    folder: Path
    address: str
    vendor: Path
    _modules: dict[Path, _Module] = field(default_factory=dict)
    _names: dict[Path, str] = field(default_factory=dict)
    _outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._add(self.entry.resolve(), ())

    @property
    def files(self) -> Iterator[Path]:
        """The files that are joined here."""
        return iter(self._modules)

    def _add(self, path: Path, importers: tuple[Path, ...]) -> None:
        if path in importers:
            raise DataError(path.name, "import", "cycle", "modules that import each other cannot be joined")
        if path in self._modules:
            return
        try:
            source = path.read_text(encoding="utf-8")
        except OSError as error:
            raise DataError(path.name, "import", "file", str(error)) from error
        for target in _IMPORT.findall(source) + _IMPORT_ALL.findall(source):
            wanted = (path.parent / target[1]).resolve()
            if not wanted.is_relative_to(self.vendor.resolve()):
                self._add(wanted, (*importers, path))
        self._modules[path] = _Module(self._name(path), self._code(path, source), _EXPORTED.findall(source))
        # What is imported while the page is used may use this module in turn.
        for target in _LATER.findall(source):
            self._add((path.parent / target).resolve(), ())

    def _name(self, path: Path) -> str:
        return self._names.setdefault(path, f"${len(self._names)}")

    def _code(self, path: Path, source: str) -> str:
        def take(match: re.Match[str]) -> str:
            names, wanted = match[1], (path.parent / match[2]).resolve()
            if wanted.is_relative_to(self.vendor.resolve()):
                outside = f'import {{{names}}} from "{self._served(wanted)}";'
                if outside not in self._outside:
                    self._outside.append(outside)
                return ""
            return f"const {{{names.replace(' as ', ': ')}}} = {self._name(wanted)};\n"

        code = _IMPORT.sub(take, source)
        code = _IMPORT_ALL.sub(lambda match: f"const {match[1]} = {self._name((path.parent / match[2]).resolve())};\n", code)
        code = _LATER.sub(lambda match: self._name((path.parent / match[1]).resolve()), code)
        code = code.replace("import.meta.url", f'new URL("{self._served(path)}", import.meta.url).href')
        code = _EXPORT.sub("", code)
        left = _LEFT.search(code)
        if left:
            raise DataError(path.name, "module", left[0][:80], "is a form of import or export that is not joined")
        # Text that spans lines is not ours to change.
        return code if any(line.count("`") % 2 for line in code.splitlines()) else tight_script(bare_script(code))

    def _served(self, path: Path) -> str:
        return f"{self.address}/{relpath(path, self.folder.resolve())}"

    def text(self) -> str:
        """The joined file."""
        parts = list(self._outside)
        for module in self._modules.values():
            parts.append(f"const {module.name}=(()=>{{\n{module.code}return{{{','.join(module.exports)}}}}})();")
        entry = self._modules[self.entry.resolve()]
        parts.append(f"export const {{{','.join(entry.exports)}}}={entry.name};")
        return "\n".join(parts) + "\n"


def bare_script(code: str) -> str:
    """A script without comments and indentation, for scripts whose texts do not mind."""
    return _INDENT.sub("", _COMMENT.sub("", code))


# Gateways in one process serve the same scripts.
@lru_cache(maxsize=256)
def tight_script(code: str) -> str:
    """A script without the blanks and line breaks that its marks make needless.

    Lines with a slash outside a text stay, because it may begin a regular expression; so do lines with a text within a text.
    """
    tight = []
    for line in code.splitlines(keepends=True):
        if "/" not in _TEXT.sub("", line) and line.count("`") <= 2:
            line = _MARKS.sub(lambda match: match[1] or match[2], line)
            line = line.rstrip("\n") if line.endswith((",\n", ";\n", "{\n", "(\n", "[\n")) else line
        tight.append(line)
    return "".join(tight)


def bare_style(style: str) -> str:
    """A style sheet without comments and the blanks around its marks."""
    return _CSS_BLANKS.sub(r"\1", _CSS_COMMENT.sub("", style)).strip()
