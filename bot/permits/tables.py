"""Rows of CSV and XLSX files, one at a time, as fields of a record: a mapping says which column is what."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml

from bot.errors import BotError, DataError, Invalid, StartError
from bot.permits import separated, sheets
from bot.permits.records import FIELDS

# A column holds one value; a history needs a line for each stage instead.
COLUMNS: Final = tuple(name for name in FIELDS if name != "history")
_DATES: Final = frozenset({"date_of_birth", "stage_since", "submitted_at", "accepted_at", "decided_at", "valid_until"})
# Holders type them as they are written, and a table keeps no zeros before a number.
_NUMBERS: Final = frozenset({"number", "permit_number"})
# A table keeps no more digits of a number than these.
_DIGITS_KEPT: Final = 15
_LONGEST_HEADING: Final = 64


@dataclass(frozen=True)
class Layout:
    """How a file is read.

    Attributes:
        columns: from field to the heading of its column; every field is its own heading when there is no mapping.
        constants: fields that are the same in every line.
        values: for a field, from what the file says to what it means.
        dates: `strptime` forms that are tried before ISO 8601.
        line_breaks: whether quoted cells of a CSV file may hold them.
        sheet: of an XLSX file; its first when None.
    """

    columns: Mapping[str, str] = field(default_factory=lambda: {name: name for name in COLUMNS})
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: Sequence[str] = ()
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    line_breaks: bool = False
    sheet: str | None = None

    @classmethod
    def load(cls, path: Path) -> Layout:
        """Read a mapping file: YAML with the attributes of this class, all optional.

        Raises:
            DataError: naming entry and field.
        """
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise DataError(path.name, "file", "content", type(error).__name__) from None
        if not isinstance(data, dict):
            raise DataError(path.name, "file", "content", "must be a mapping")
        for name, value in data.items():
            wanted = _SHAPES.get(name)
            if wanted is None:
                raise DataError(path.name, str(name), "name", f"must be one of {', '.join(_SHAPES)}")
            if not isinstance(value, wanted):
                raise DataError(path.name, name, "value", f"must be a {wanted.__name__}")
            for part in value if isinstance(value, dict) else ():
                if part not in COLUMNS:
                    raise DataError(path.name, name, str(part), f"is no field; there are {', '.join(COLUMNS)}")
        for name, words in data.get("values", {}).items():
            if not isinstance(words, dict):
                raise DataError(path.name, "values", name, "must be a mapping from what the file says to what it means")
        made = {name: value for name, value in data.items() if name not in ("columns", "constants", "values", "dates")}
        for name in ("columns", "constants"):
            if name in data:
                made[name] = {part: str(value) for part, value in data[name].items()}
        if "values" in data:
            made["values"] = {name: {str(said): str(meant) for said, meant in words.items()} for name, words in data["values"].items()}
        if "dates" in data:
            made["dates"] = tuple(str(form) for form in data["dates"])
        if len(made.get("delimiter", ",")) != 1:
            raise DataError(path.name, "delimiter", "value", "must be one character")
        for form in made.get("dates", ()):
            try:
                datetime.strptime("", form)  # noqa: DTZ007 - only whether it is a form
            except re.error:
                raise DataError(path.name, "dates", form, "names a part of a date twice") from None
            except ValueError:
                continue
        try:
            encoding = made.get("encoding", "utf-8")
            # Some are none of texts, and some refuse to be read in the way that files are read here.
            "".encode(encoding)
            codecs.getincrementaldecoder(encoding)(separated.UNREAD).decode(b"", True)
        except (LookupError, ValueError):
            raise DataError(path.name, "encoding", "value", "is not known, or not one in which files are written") from None
        return cls(**made)


_SHAPES: Final[Mapping[str, type]] = {
    "columns": dict,
    "constants": dict,
    "values": dict,
    "dates": list,
    "encoding": str,
    "delimiter": str,
    "line_breaks": bool,
    "sheet": str,
}


@dataclass(frozen=True)
class Line:
    """One line of a file: its number as an editor or a table shows it, and its fields, or what is wrong with it."""

    number: int
    fields: Mapping[str, Any]
    error: BotError | None = None


def read(path: Path, layout: Layout, pass_over: Callable[[Sequence[str]], object] = lambda headings: None) -> Iterator[Line]:
    """The lines of `path` below its headings; empty ones are passed over. No more than one is held at a time.

    Args:
        pass_over: is told the headings of the columns that the mapping does not use.

    Raises:
        StartError: the file cannot be read, is neither CSV nor XLSX, lacks a column or sheet that the mapping names, or has one
            that is no field while no mapping says which columns are used.
    """
    kinds = {".csv": _csv, ".txt": _csv, ".xlsx": _xlsx}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise StartError("import_file", detail=f"{path.name}: only .csv and .xlsx files can be read.")
    try:
        with closing(kind(path, layout)) as rows:
            yield from _lines(rows, path, layout, pass_over)
    except OSError as error:
        raise StartError("import_file", detail=f"{path.name}: {error.strerror or type(error).__name__}.") from None
    except UnicodeError:
        # Not every encoding can go on after what is broken.
        raise StartError("import_file", detail=f"{path.name}: it is not written in {layout.encoding}, or damaged.") from None


_Row = tuple[int, Sequence[Any] | Invalid]
_Rows = Generator[_Row, None, None]


def _lines(rows: Iterator[_Row], path: Path, layout: Layout, pass_over: Callable[[Sequence[str]], object]) -> Iterator[Line]:
    headings = next((cells for _, cells in rows if isinstance(cells, Invalid) or any(cells)), None)
    if headings is None:
        raise StartError("import_file", detail=f"{path.name}: there are no headings.")
    if isinstance(headings, Invalid):
        lines = "from line {first} to line {last}".format(**headings.params) if headings.params else "in their line"
        detail = f"the quotes of the headings are wrong {lines}; if headings hold line breaks, a mapping says `line_breaks: true`"
        raise StartError("import_file", detail=f"{path.name}: {detail}.")
    named = ["" if cell is None or cell is sheets.UNREADABLE else str(cell).strip() for cell in headings]
    places = {name: named.index(heading) for name, heading in layout.columns.items() if heading in named}
    default = {name: name for name in COLUMNS} == dict(layout.columns)
    lacking = sorted(heading for name, heading in layout.columns.items() if name not in places and not default)
    twice = sorted({heading for name, heading in layout.columns.items() if named.count(heading) > 1})
    if lacking or twice or not places:
        detail = f"lacks {', '.join(lacking) or 'every column'}" if lacking or not places else f"has twice {', '.join(twice)}"
        raise StartError("import_file", detail=f"{path.name}: the heading {detail}.")
    used = set(layout.columns.values())
    unused = [_printable(heading) for heading in dict.fromkeys(named) if heading and heading not in used]
    if unused and default:
        detail = f"no field is called {', '.join(map(_asked_for, unused))}; a mapping whose `columns` names the others passes over them"
        raise StartError("import_file", detail=f"{path.name}: {detail}.")
    pass_over(unused)
    nameless = [place for place, heading in enumerate(named) if not heading] if default else []
    for number, cells in rows:
        if isinstance(cells, Invalid):
            yield Line(number, {}, cells)
        elif any(cell not in (None, "") for cell in cells):
            try:
                if len(cells) > len(named) and any(cell not in (None, "") for cell in cells[len(named) :]):
                    raise Invalid("record_line")
                if any(cells[place] not in (None, "") for place in nameless if place < len(cells)):
                    raise Invalid("record_line")
                found = {name: _value(name, cells[place] if place < len(cells) else None, layout) for name, place in places.items()}
                yield Line(number, {**found, **layout.constants})
            except Invalid as error:
                yield Line(number, {}, error)


def _printable(heading: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in heading[:_LONGEST_HEADING])


def _asked_for(heading: str) -> str:
    nearest = get_close_matches(heading.lower(), COLUMNS, n=1)
    return f"{heading} ({nearest[0]}?)" if nearest else heading


def _value(name: str, cell: Any, layout: Layout) -> Any:
    if cell is None:
        return None
    if cell is sheets.UNREADABLE:
        raise Invalid("record_unreadable", field=name)
    if not isinstance(cell, str):
        cell = _unformatted(name, cell)
    if not isinstance(cell, str):
        return cell
    cell = cell.strip()
    cell = layout.values.get(name, {}).get(cell, cell)
    for form in layout.dates if name in _DATES and cell else ():
        try:
            found = datetime.strptime(cell, form)  # noqa: DTZ007 - the reader of records knows the zone
        except ValueError:
            continue
        return found.date() if name in ("date_of_birth", "valid_until") else found
    return cell


def _unformatted(name: str, cell: Any) -> str | date:
    """What a cell of a table holds that is not formatted as text."""
    if isinstance(cell, bool) or (isinstance(cell, float) and not cell.is_integer()):
        raise Invalid("record_cell", field=name)
    if isinstance(cell, int | float):
        if name in _DATES or name in _NUMBERS or len(str(abs(int(cell)))) > _DIGITS_KEPT:
            raise Invalid("record_cell", field=name)
        return str(int(cell))
    if not isinstance(cell, date) or name not in _DATES:
        raise Invalid("record_cell", field=name)
    return cell


def _csv(path: Path, layout: Layout) -> _Rows:
    return separated.rows(path, layout.encoding, layout.delimiter, layout.line_breaks)


def _xlsx(path: Path, layout: Layout) -> _Rows:
    return sheets.rows(path, layout.sheet)
