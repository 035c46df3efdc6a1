"""Compare classifiers on the hold-outs: `python -m benchmarks.understanding [--rows NAMES] [--diet-examples N] [--markdown FILE]`.

Every classifier learns the examples of `data/topics` and is asked the questions of `tests/dialogue/holdout`, and those of
`tests/dialogue/development` ("second set"). Shares are of questions whose topic ranks first, or among the first three; "others" is
the mean of the other languages. "strangers" are declined when 3 % of the questions are, by how far the best topic is ahead of
"something else". Times are of the processor, so that other work on the machine hardly changes them; a message is read alone on one
thread. Encodings, environments, the sample for Rasa's default pipeline and its model are kept under `compare` in the data folder; what
is removed there is made anew.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.understanding.questions import DEVELOPMENT, HOLDOUT, read_examples, read_questions
from benchmarks.understanding.rows import ROWS, Bench, measure
from benchmarks.understanding.table import markdown, plain, write
from bot.errors import BotError
from bot.nlu import quiet_logs
from bot.settings import ROOT, load


def _rows(listed: str) -> list[str]:
    names = [name for name in listed.split(",") if name]
    unknown = [name for name in names if name not in ROWS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'}: no such row; there are {', '.join(ROWS)}")
    return names


def _about(bench: Bench) -> str:
    known = {name: sum(each.topic is not None for each in listed) for name, listed in bench.questions.items()}
    strangers = len(bench.questions[HOLDOUT]) - known[HOLDOUT]
    return (
        f"Measured on {date.today():%-d %B %Y}, {os.cpu_count()} cores: {len(bench.examples):,} examples in the training data, "
        f"{len(bench.sample):,} in the sample; {known[HOLDOUT]:,} questions and {strangers} strangers in the hold-out, "
        f"{known[DEVELOPMENT]:,} questions in the second set."
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 1 when the data is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.understanding", description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=_rows, default=list(ROWS), metavar="NAMES", help=f"separated by commas: {', '.join(ROWS)}")
    parser.add_argument("--diet-examples", type=int, default=2, metavar="N", help="of each topic and language in the sample (2)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the table into this document too")
    arguments = parser.parse_args(argv)
    quiet_logs.configure()

    def report(line: str) -> None:
        print(f"· {line}", file=sys.stderr, flush=True)

    try:
        folder = load().data_dir / "compare"
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(read_examples(ROOT), read_questions(ROOT), folder.resolve(), arguments.diet_examples, report)
        lines = []
        for name in arguments.rows:
            report(f"row {name}")
            lines.append(measure(name, bench))
            report("  ".join(lines[-1].cells()))
    except BotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{_about(bench)}\n\n{plain(lines)}")
    if arguments.markdown:
        write(arguments.markdown, markdown(lines, _about(bench)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
