"""`python -m bot import`: a file of records into the configured database, and a report of what came of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Final, TextIO

from bot.audit_chain import in_use
from bot.catalogue import Catalogue
from bot.errors import StartError
from bot.i18n import Texts
from bot.languages import Language
from bot.permits.imports import Report, bring_in
from bot.permits.records import Reader
from bot.permits.tables import Layout
from bot.settings import Settings, source_name

_TOLD_EVERY_S: Final = 5.0


def command(
    settings: Settings, file: Path, mapping: Path | None, source: str, dry_run: bool, report: Path | None, language: Language
) -> int:
    """Bring in `file`, printing what came of it; 1 when a line was refused, and then nothing was written.

    Whatever is raised, nothing was written either. A report that cannot be kept at the end is told, and changes nothing.

    Args:
        mapping: a file that says which column is what; without one, the headings are the names of the fields.
        source: whose records they are; a source changes only what is its own.
        report: where to write the report as JSON, too.

    Raises:
        StartError: file, database or report cannot be used.
        DataError: the mapping file is wrong.
    """
    texts = Texts.load()
    layout = Layout() if mapping is None else Layout.load(mapping)
    source = source_name("--source", source)
    reader = Reader({station.key for station in Catalogue.load().stations.all()})
    with ExitStack() as opened:
        kept = None if report is None else opened.enter_context(_opened(report))
        with closing(in_use(settings)) as database:
            made = bring_in(database, file, layout, reader, source, dry_run, _teller(texts, language))
        _tell(texts, language, made, dry_run)
        if kept is not None and not _keep(kept, made):
            print(texts.get(language, "records.unreported", file=report), file=sys.stderr)
    return 1 if made.refused else 0


def _tell(texts: Texts, language: Language, made: Report, dry_run: bool) -> None:
    for line, error in made.errors:
        print(texts.get(language, "records.line", line=line, text=texts.error(language, error.code, **error.params)))
    if made.refused > len(made.errors):
        print(texts.get(language, "records.more", count=made.refused - len(made.errors)))
    counts = {**made.as_json(), **made.as_json()["outcomes"]}
    if made.unused:
        print(texts.get(language, "records.unused", columns=", ".join(made.unused)))
    print(texts.get(language, "records.sum", **counts))
    print(texts.get(language, "records.refused" if made.refused else "records.dry" if dry_run else "records.written"))


def _opened(report: Path) -> TextIO:
    # What it holds stays until there is another report: it may be the file that is brought in.
    try:
        return report.open("a", encoding="utf-8")
    except OSError as error:
        detail = f"The report cannot be written to {report} ({error.strerror}). Nothing was brought in."
        raise StartError("import_report", detail=detail) from None


def _keep(kept: TextIO, made: Report) -> bool:
    try:
        with kept:
            # What is no file on a disk has nothing that could be cut off.
            with suppress(OSError):
                kept.truncate(0)
            kept.write(json.dumps(made.as_json(), ensure_ascii=False, indent=2) + "\n")
    except OSError:
        return False
    return True


def _teller(texts: Texts, language: Language) -> Callable[[Report], None]:
    began = told = time.monotonic()

    def tell(report: Report) -> None:
        nonlocal told
        moment = time.monotonic()
        if moment - told >= _TOLD_EVERY_S:
            told = moment
            rate = int(report.lines / (moment - began))
            print(texts.get(language, "records.progress", lines=report.lines, refused=report.refused, rate=rate), file=sys.stderr)

    return tell
