"""Rows of XLSX files in a memory that grows neither with their rows nor with their texts."""

from __future__ import annotations

import json
import lzma
import posixpath
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Generator, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final
from xml.etree import ElementTree
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel, from_ISO8601

from bot.errors import StartError

UNREADABLE: Final = object()
"""Stands for the value of a cell that holds an error, a day that no calendar has, or a formula without its result."""

_UNPACKED: Final = 8 * 1024**3
_CHUNK: Final = 64 * 1024
_COLUMNS: Final = 16_384
# ECMA-376 part 1, 18.8.30: what the numbers below 164 stand for in Chinese programs, which do not spell them out.
_CHINESE_DATES: Final = frozenset({*range(27, 37), *range(50, 59)})
_UNPACKING: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
_BROKEN: Final = (*_UNPACKING, ElementTree.ParseError, expat.ExpatError, LookupError, ValueError, RuntimeError)
# So a table program writes letters that XML cannot hold.
_SPELT: Final = re.compile("_x([0-9A-Fa-f]{4})_")

Rows = Generator[tuple[int, list[Any]], None, None]


def rows(path: Path, sheet: str | None) -> Rows:
    """Number and cells of every row of the `sheet` named, or of the first: texts, whole and broken numbers, booleans,
    dates, datetimes, times, None, and UNREADABLE.

    Raises:
        StartError: there is no such sheet, or it is no XLSX file, or one that is broken.
        OSError: the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as packed, tempfile.TemporaryFile() as store:
            if sum(each.file_size for each in packed.infolist()) > _UNPACKED:
                raise StartError("import_file", detail=f"{path.name}: it is too large once unpacked; save it as CSV.")
            book = _Book(packed, store)
            part = next(iter(book.sheets.values()), None) if sheet is None else book.sheets.get(sheet)
            if part is None:
                raise StartError("import_file", detail=f"{path.name}: there is no sheet {sheet or ''!r}.")
            with packed.open(part) as source:
                yield from _Rows(source, book).all()
    except _BROKEN as error:
        raise StartError("import_file", detail=f"{path.name}: it is no XLSX file, or a broken one ({type(error).__name__}).") from None


class _Book:
    """What the rows of a workbook refer to.

    Attributes:
        sheets: from the name of each sheet to its part of the file, in the order of the workbook.
        texts: the shared texts.
        dates: numbers of the cell styles that show days or moments.
        epoch: the day from which they are counted.
    """

    def __init__(self, packed: zipfile.ZipFile, store: IO[bytes]) -> None:
        main = dict(_relations(packed, "").values())["officeDocument"]
        parts = _relations(packed, main)
        root = _tree(packed, main)
        self.epoch = CALENDAR_WINDOWS_1900
        self.sheets: dict[str, str] = {}
        for element in root.iter():
            name = _local(element.tag)
            if name == "workbookPr" and element.get("date1904") in ("1", "true"):
                self.epoch = CALENDAR_MAC_1904
            elif name == "sheet":
                kind, path = parts[{_local(key): value for key, value in element.attrib.items()}["id"]]
                if kind == "worksheet":
                    self.sheets[element.get("name", "")] = path
        kinds = dict(parts.values())
        self.dates = _date_styles(_tree(packed, kinds["styles"])) if "styles" in kinds else frozenset()
        self.texts = _Texts(store)
        if "sharedStrings" in kinds:
            with packed.open(kinds["sharedStrings"]) as source:
                self.texts.fill(_Shared(source).all())


class _Texts:
    """The texts that cells share, by number. A table program keeps them in the order in which rows first use them.

    Args:
        store: an empty file for them.
    """

    _TOGETHER: Final = 128
    _KEPT: Final = 64

    def __init__(self, store: IO[bytes]) -> None:
        self._store = store
        self._starts = array("Q", [0])
        self._block = lru_cache(self._KEPT)(self._load)

    def fill(self, texts: Iterator[str]) -> None:
        """Keep `texts`, numbered from 0."""
        block: list[str] = []
        for text in texts:
            block.append(text)
            if len(block) == self._TOGETHER:
                self._save(block)
                block = []
        self._save(block)

    def __getitem__(self, number: int) -> str:
        return self._block(number // self._TOGETHER)[number % self._TOGETHER]

    def _save(self, block: list[str]) -> None:
        self._starts.append(self._starts[-1] + self._store.write(json.dumps(block).encode()))

    def _load(self, index: int) -> list[str]:
        start, end = self._starts[index : index + 2]
        self._store.seek(start)
        found: list[str] = json.loads(self._store.read(end - start))
        return found


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _plain(text: str) -> str:
    return _SPELT.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _tree(packed: zipfile.ZipFile, part: str) -> ElementTree.Element:
    return ElementTree.fromstring(packed.read(part))  # noqa: S314 - expat itself limits what entities make


def _relations(packed: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """By id, the kind and the path of every part that `part` refers to."""
    folder, name = posixpath.split(part)
    found = {}
    for each in _tree(packed, posixpath.join(folder, "_rels", f"{name}.rels")):
        path = posixpath.normpath(posixpath.join("/", folder, each.attrib["Target"])).lstrip("/")
        found[each.attrib["Id"]] = (each.attrib["Type"].rpartition("/")[2], path)
    return found


def _date_styles(root: ElementTree.Element) -> frozenset[int]:
    forms: dict[int, str] = dict(BUILTIN_FORMATS)
    styles: list[int] = []
    for group in root:
        if _local(group.tag) == "numFmts":
            forms.update({int(each.attrib["numFmtId"]): each.attrib["formatCode"] for each in group})
        elif _local(group.tag) == "cellXfs":
            styles = [int(each.get("numFmtId", "0")) for each in group]

    def shows_a_date(form: int) -> bool:
        known = forms.get(form)
        return form in _CHINESE_DATES if known is None else is_date_format(known) and not is_timedelta_format(known)

    return frozenset(number for number, form in enumerate(styles) if shows_a_date(form))


class _Reading:
    """Takes XML apart without keeping it: what begins and what ends goes to `begin` and `end`, letters of values to `text`, and
    `valued` is set when one begins.
    """

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._stop
        self._parser.CharacterDataHandler = self._letters
        # No table program writes one, and entities could make much out of little.
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._reads = self._aside = self.valued = False
        self.text: list[str] = []
        self.found: list[Any] = []

    def all(self) -> Iterator[Any]:
        """What `begin` and `end` put into `found`, as it is found."""
        while chunk := self._source.read(_CHUNK):
            self._parser.Parse(chunk)
            yield from self.found
            self.found.clear()
        self._parser.Parse(b"", True)

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def _refuse(self, *_: Any) -> None:
        raise ValueError("a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local in ("v", "t"):
            self._reads = not self._aside
            self.valued = True
        elif local == "rPh":
            # How a text is pronounced is no part of it.
            self._aside = True
        else:
            self.begin(local, attributes)

    def _stop(self, name: str) -> None:
        local = _local(name)
        if local in ("v", "t"):
            self._reads = False
        elif local == "rPh":
            self._aside = False
        else:
            self.end(local)

    def _letters(self, text: str) -> None:
        if self._reads:
            self.text.append(text)


class _Shared(_Reading):
    def end(self, name: str) -> None:
        if name == "si":
            self.found.append(_plain("".join(self.text)))
            self.text.clear()


class _Rows(_Reading):
    """Finds (number, cells)."""

    def __init__(self, source: IO[bytes], book: _Book) -> None:
        super().__init__(source)
        self._book = book
        self._number = 0
        self._cells: list[Any] = []
        self._kind, self._style, self._formula = "n", 0, False

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            at = _column(attributes["r"]) if "r" in attributes else len(self._cells)
            if not len(self._cells) <= at < _COLUMNS:
                raise ValueError("cells out of order")
            self._cells.extend([None] * (at - len(self._cells)))
            self._kind, self._style = attributes.get("t", "n"), int(attributes.get("s", "0"))
            self._formula = self.valued = False
            self.text.clear()
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells = []

    def end(self, name: str) -> None:
        if name == "c":
            self._cells.append(self._value("".join(self.text)))
        elif name == "row":
            self.found.append((self._number, self._cells))

    def _value(self, text: str) -> Any:
        kind, book = self._kind, self._book
        if not text:
            # The result of a formula can be a text without letters; programs that only write formulas leave the result out.
            return UNREADABLE if self._formula and not (kind == "str" and self.valued) else None
        if kind == "s":
            return book.texts[int(text)]
        if kind in ("inlineStr", "str"):
            return _plain(text)
        if kind == "b":
            return text == "1"
        try:
            if kind == "d":
                return from_ISO8601(text)
            if kind != "n":
                return UNREADABLE
            number = int(text) if text.isdecimal() else float(text)
            return from_excel(number, book.epoch) if self._style in book.dates else number
        except (ValueError, OverflowError):
            return UNREADABLE


@lru_cache(1024)
def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _column(reference: str) -> int:
    return _place(reference.rstrip("0123456789").upper())
