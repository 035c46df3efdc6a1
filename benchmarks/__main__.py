"""`make bench`: the figures that the README shows, each against its bar; ROWS=turns,idle measures some of them only."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import lines, lookup, memory, records, shared, starting, turns
from benchmarks.figures import Figure, machine, say, table, write
from benchmarks.system import Running, allow_many_lines, running, with_model
from bot.settings import ROOT

PAGE: Final = ROOT / "docs" / "performance.md"
Rows = Callable[[Path], Iterator[Figure]]


def _on_a_system(measure: Callable[[Running], Iterator[Figure]]) -> Rows:
    def rows(folder: Path) -> Iterator[Figure]:
        starting.make_ready(folder)
        with with_model(folder) as own, running(own) as system:
            yield from measure(system)

    return rows


def _without_a_folder(measure: Callable[[], Iterator[Figure]]) -> Rows:
    return lambda _folder: measure()


# Each on a system of its own, so that none meets what another has left behind.
ROWS: Final[dict[str, Rows]] = {
    "training": starting.training_figures,
    "start": starting.start_figures,
    "turns": _on_a_system(turns.figures),
    "shared": shared.figures,
    "lookup": _without_a_folder(lookup.figures),
    "officer": _on_a_system(lines.round_trip_figures),
    "idle": _on_a_system(lines.idle_figures),
    "memory": _on_a_system(memory.figures),
    "records": _without_a_folder(records.figures),
}


def main() -> int:
    """Measure, print, and write the page when asked to; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", default=",".join(ROWS), help="which, of: %(default)s")
    parser.add_argument("--folder", type=Path, help="what is learnt and written stays here; otherwise nothing does")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    arguments = parser.parse_args()
    chosen = arguments.rows.split(",")
    if unknown := sorted(set(chosen) - set(ROWS)):
        parser.error(f"unknown rows: {', '.join(unknown)}")
    allow_many_lines()
    where, found = machine(), []
    print(where, flush=True)
    with TemporaryDirectory(prefix="bench-") as temporary:
        folder = arguments.folder or Path(temporary)
        for name in chosen:
            for figure in ROWS[name](folder):
                say(figure)
                found.append(figure)
    if arguments.write:
        write(PAGE, table(found, where))
    missed = [figure.what for figure in found if figure.verdict == "MISSED"]
    print(f"\n{len(found)} figures, {len(missed)} missed" + "".join(f"\n  {what}" for what in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
