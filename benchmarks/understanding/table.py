"""The table, on a terminal and in a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.understanding.figures import Found

BEGIN: Final = "<!-- figures of make compare -->"
END: Final = "<!-- end of figures -->"
COLUMNS: Final = (
    "classifier", "en", "zh", "mixed", "others", "among 3", "second set", "strangers", "train s", "ms", "model MB", "encoder MB",
    "memory MB",
)  # fmt: skip
_ABSENT: Final = "–"


@dataclass(frozen=True)
class Cost:
    """What a classifier costs.

    Attributes:
        seconds: of the processor, to train; encoding the examples is not counted.
        milliseconds: of the processor, to understand one message on one thread, encoder included; the median.
        model, encoder: megabytes that are kept.
        memory: megabytes of a process that does nothing else.
    """

    seconds: float
    milliseconds: float
    model: float
    encoder: float
    memory: float | None = None


@dataclass(frozen=True)
class Line:
    """A row of the table; `missing` says why it has no figures."""

    title: str
    found: Found | None = None
    cost: Cost | None = None
    missing: str = ""

    def cells(self) -> list[str]:
        """What stands in the columns."""
        if self.found is None or self.cost is None:
            return [f"{self.title}: {self.missing}", *[_ABSENT] * (len(COLUMNS) - 1)]
        found, cost = self.found, self.cost
        firsts = [_percent(found.first.get(name)) for name in ("en", "zh", "mixed", "others")]
        shares = [_percent(each) for each in (found.three, found.development, found.strangers)]
        amounts = [_amount(each) for each in (cost.seconds, cost.milliseconds, cost.model, cost.encoder, cost.memory)]
        return [self.title, *firsts, *shares, *amounts]


def _percent(share: float | None) -> str:
    return _ABSENT if share is None else f"{100 * share:.1f}"


def _amount(value: float | None) -> str:
    if value is None:
        return _ABSENT
    return f"{value:.1f}" if value < 20 else f"{value:.0f}"


def plain(lines: Sequence[Line]) -> str:
    """For a terminal."""
    rows = [list(COLUMNS), *[line.cells() for line in lines]]
    told = [row for row in rows if row[1] != _ABSENT or row[2] != _ABSENT]
    widths = [max(len(row[column]) for row in told) for column in range(len(COLUMNS))]
    return "\n".join(
        f"{row[0]:<{widths[0]}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)) for row in rows
    )


def markdown(lines: Sequence[Line], note: str) -> str:
    """For a document: `note`, then the table."""
    rows = [list(COLUMNS), ["---", *["---:"] * (len(COLUMNS) - 1)], *[line.cells() for line in lines]]
    return f"{note}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def written(document: str, block: str) -> str:
    """`document` with `block` between the marks; the block alone, marked, when it has none."""
    marked = f"{BEGIN}\n{block}{END}"
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{marked}{after}" if begin and end else f"{marked}\n"


def write(file: Path, block: str) -> None:
    """Put `block` into the document."""
    file.write_text(written(file.read_text(encoding="utf-8") if file.exists() else "", block), encoding="utf-8")
