"""Rows of CSV files, each of which is one line of its table: what cannot be told apart is told, not guessed."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator
from pathlib import Path
from typing import Final

from bot.errors import Invalid

# What is not of the encoding becomes surrogates, which no field may hold: that names the line instead of ending the reading.
UNREAD: Final = "surrogateescape"
_BREAKS: Final = re.compile(r"[\r\n]\s*")

Rows = Generator[tuple[int, list[str] | Invalid], None, None]


def rows(path: Path, encoding: str, delimiter: str, line_breaks: bool) -> Rows:
    """Number and cells of every row, or what is wrong with it: its quotes, or that it has not as many cells as the first that is
    not empty.

    Args:
        line_breaks: quoted cells may hold them. A row that goes over several lines is wrong otherwise, because a quote that nobody
            closed takes whole lines into its cell; also if they may, where a cell holds as many delimiters as those lines would.

    Raises:
        OSError: the file cannot be read.
        UnicodeError: it is not of the encoding, and cannot be read on.
    """
    with path.open(newline="", encoding=encoding, errors=UNREAD) as file:
        reader, headings = csv.reader(file, delimiter=delimiter, strict=True), 0
        while True:
            first = reader.line_num + 1
            try:
                cells: list[str] | None = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = None
            wanted = headings or len(cells or ())
            if first < reader.line_num and not line_breaks:
                yield first, Invalid("record_lines", first=first, last=reader.line_num)
            elif first < reader.line_num and (cells is None or any(_holds_lines(cell, delimiter, wanted) for cell in cells)):
                yield first, Invalid("record_quotes", first=first, last=reader.line_num)
            elif cells is None:
                yield first, Invalid("record_line")
            elif not any(cells):
                yield first, []
            elif len(cells) != wanted:
                yield first, Invalid("record_cells", cells=len(cells), headings=wanted)
            else:
                headings = wanted
                yield first, cells


def _holds_lines(cell: str, delimiter: str, wanted: int) -> bool:
    # The cell begins and ends within a line: what these two lack of a line is together one line.
    breaks = len(_BREAKS.findall(cell.strip()))
    return breaks > 0 and cell.count(delimiter) >= breaks * (wanted - 1)
