"""Bringing in a file of records: checked line by line, written in batches, in one transaction or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot import audit
from bot.db import Database, be_patient
from bot.errors import BotError, Invalid, StartError
from bot.permits.records import Reader, Record
from bot.permits.register import OUTCOMES, deliver
from bot.permits.tables import Layout, read

BATCH: Final = 1000
MOST_ERRORS: Final = 1000


@dataclass
class Report:
    """What came of a file.

    Attributes:
        outcomes: how many lines of each outcome; nothing of it was kept unless `written`.
        refused: how many lines cannot be used; `errors` tells of the first `MOST_ERRORS` of them as (line, error).
        entered: how many applications that were known before are in another stage now.
        unused: headings of the columns that nothing was read from.
    """

    lines: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    entered: int = 0
    refused: int = 0
    errors: list[tuple[int, BotError]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    written: bool = False

    def as_json(self) -> dict[str, Any]:
        """The report as JSON data; it repeats nothing that the file says about people."""
        return {
            "lines": self.lines,
            "outcomes": {name: self.outcomes[name] for name in OUTCOMES},
            "entered": self.entered,
            "refused": self.refused,
            "unused": self.unused,
            "errors": [{"line": line, "code": error.code, "params": error.params} for line, error in self.errors],
            "written": self.written,
        }

    def refuse(self, line: int, error: BotError) -> None:
        """Count a line that cannot be used."""
        self.refused += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append((line, error))


class _Undone(Exception):
    """Ends a unit of work that must leave nothing behind."""


def bring_in(
    database: Database,
    path: Path,
    layout: Layout,
    reader: Reader,
    source: str,
    dry_run: bool = False,
    progress: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Write every line of `path`, or none when one of them is refused or it is a `dry_run`; both tell the same.

    Several lines may stand for one application: later ones are newer deliveries, so that lines in the order of time make
    its history, together or apart. The database holds the transaction meanwhile; on SQLite nobody else can write until it ends.

    Args:
        progress: called after every batch.

    Raises:
        StartError: the file cannot be read or the database not be written; nothing was written.
    """
    report = Report()
    try:
        with database.session() as session:
            be_patient(session)
            for batch in _batches(path, layout, reader, report):
                for (line, _), outcome in zip(batch, deliver(session, [record for _, record in batch], source), strict=True):
                    if isinstance(outcome, BotError):
                        report.refuse(line, outcome)
                    else:
                        report.outcomes[outcome.outcome] += 1
                        report.entered += outcome.entered is not None
                progress(report)
            if report.refused or dry_run:
                raise _Undone
            _tell(session, report, source)
    except _Undone:
        return report
    except (IntegrityError, OperationalError) as error:
        # The database's own words can name a number.
        detail = f"Nothing was written ({type(error).__name__}): others were writing, or the disk is full. See to that and try again."
        raise StartError("import_database", detail=detail) from None
    report.written = True
    return report


def _tell(session: Session, report: Report, source: str) -> None:
    counts = {name: report.outcomes[name] for name in OUTCOMES}
    audit.record(session, audit.SYSTEM, "application:import", f"source:{source}", lines=report.lines, **counts)


def _batches(path: Path, layout: Layout, reader: Reader, report: Report) -> Iterator[list[tuple[int, Record]]]:
    """The usable lines in batches, in their order."""
    batch: list[tuple[int, Record]] = []
    for line in read(path, layout, report.unused.extend):
        report.lines += 1
        try:
            if line.error is not None:
                raise line.error
            record = reader.read(line.fields)
        except Invalid as error:
            report.refuse(line.number, error)
            continue
        batch.append((line.number, record))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
