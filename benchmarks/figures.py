"""A figure against its bar, and how it is printed."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BEGIN: Final = "<!-- figures, written by make bench -->"
END: Final = "<!-- end of figures -->"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: what was measured.
        value: the figure, for people.
        bar: what it is held against; empty when there is no bar.
        held: whether it is within the bar; None when there is none.
        note: how it came about.
        errors: how many of the attempts behind it failed; None when nothing was attempted.
    """

    what: str
    value: str
    bar: str = ""
    held: bool | None = None
    note: str = ""
    errors: int | None = None

    @property
    def verdict(self) -> str:
        """One word on the bar."""
        return "" if self.held is None else "held" if self.held and not self.errors else "MISSED"


@dataclass(frozen=True)
class Times:
    """Seconds that attempts took, and how many failed."""

    seconds: Sequence[float]
    errors: int = 0

    def share(self, percent: float) -> float:
        """The time in milliseconds that `percent` of the attempts did not exceed; infinite when none succeeded."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1e3 if ordered else float("inf")

    def __str__(self) -> str:
        return " / ".join(f"{self.share(percent):.1f}" for percent in (50, 95, 99)) + " ms"


def machine() -> str:
    """Date, processor, cores and load, in one line."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    load = f"load {os.getloadavg()[0]:.1f} at the beginning"
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores of {name}, {load}, Python {sys.version.split()[0]}"


def say(figure: Figure) -> None:
    """Print a figure as soon as it is there."""
    errors = "" if figure.errors is None else f"  {figure.errors} errors"
    bar = f"  (bar: {figure.bar}: {figure.verdict})" if figure.bar else ""
    print(f"{figure.what:<58} {figure.value}{errors}{bar}" + (f"\n    {figure.note}" if figure.note else ""), flush=True)


def table(figures: Iterable[Figure], where: str) -> str:
    """The figures as a table of Markdown, with the machine above it."""
    lines = [f"{where}.", "", "| what | figure | errors | bar | held | how |", "|---|---|---|---|---|---|"]
    for each in figures:
        errors = "" if each.errors is None else str(each.errors)
        lines.append(f"| {each.what} | {each.value} | {errors} | {each.bar} | {each.verdict} | {each.note} |")
    return "\n".join(lines)


def write(file: Path, content: str, begin: str = BEGIN, end: str = END) -> None:
    """Put `content` between two marks of a page.

    Raises:
        ValueError: the page lacks them.
    """
    before, _, rest = file.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{file} has no place for figures: {begin} … {end}")
    file.write_text(f"{before}{begin}\n{content}\n{end}{after}", encoding="utf-8")
