"""Files of records: all of it or nothing, told line by line, in a memory that does not grow with the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import event, func, select

from bot import __main__ as main
from bot.audit import AuditEntry
from bot.db import Database
from bot.errors import DataError, StartError
from bot.permits import imports
from bot.permits.imports import Report, bring_in
from bot.permits.models import Applicant, Application, StageEntry
from bot.permits.records import Reader
from bot.permits.tables import COLUMNS, Layout
from bot.vault import KEY_FILE, read_or_create_key
from tests.records import NOW, fields, peak
from tests.servers import AUDIT_KEY

READER = Reader({"civic_center"}, lambda: NOW)
HEADINGS = ["number", *fields()]


def row(number: object, **changes: Any) -> list[Any]:
    return [number, *fields(**changes).values()]


def written(path: Path, *rows: list[Any], headings: list[str] = HEADINGS, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding=encoding, errors="surrogateescape") as file:
        csv.writer(file, delimiter=delimiter).writerows([headings, *rows])
    return path


def sheet(path: Path, *rows: list[Any], title: str = "Data") -> Path:
    book = Workbook()
    book.active.title = "Notes"
    page = book.create_sheet(title, 0)
    for each in rows:
        page.append(each)
    book.save(path)
    return path


def bring(database: Database, path: Path, layout: Layout = Layout(), **options: Any) -> Report:
    return bring_in(database, path, layout, READER, "authority", **options)


def count(database: Database, model: Any = Application) -> int:
    with database.session() as session:
        return int(session.execute(select(func.count(model.id))).scalar_one())


def told(report: Report) -> list[tuple[int, str, str]]:
    return [(line, error.code, error.params.get("field", "")) for line, error in report.errors]


def test_file_is_written_and_a_second_time_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", *(row(f"A-{n}") for n in range(5)), [""] * len(HEADINGS))
    report = bring(database, path)
    assert report.written and report.lines == 5 and dict(report.outcomes) == {"added": 5} and count(database) == 5
    assert dict(bring(database, path).outcomes) == {"unchanged": 5}
    with database.session() as session:
        entries = session.execute(select(AuditEntry.actor, AuditEntry.subject, AuditEntry.detail)).all()
    assert [(entry.actor, entry.subject, entry.detail["added"]) for entry in entries] == [
        ("system", "source:authority", 5),
        ("system", "source:authority", 0),
    ]


def test_one_wrong_line_keeps_all_of_it_out_and_every_wrong_line_is_told(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    rows = [row("A-1"), row("A-2"), row("A-3", stage="lost"), row("A-4"), row("A-5"), row("A-6", date_of_birth="x"), row("A-7")]
    report = bring(database, written(tmp_path / "in.csv", *rows))
    assert told(report) == [(4, "record_choice", "stage"), (7, "record_day", "date_of_birth")]
    assert (report.written, report.refused, report.lines) == (False, 2, 7)
    assert count(database) == count(database, Applicant) == count(database, AuditEntry) == 0


def test_dry_run_tells_the_same_and_leaves_nothing_behind(sqlite_database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", row("A-1"), row("A-2"))
    tried = bring(sqlite_database, path, dry_run=True)
    assert not tried.written and count(sqlite_database) == count(sqlite_database, AuditEntry) == 0
    assert {**tried.as_json(), "written": True} == bring(sqlite_database, path).as_json()


def test_lines_of_one_application_make_its_history(sqlite_database: Database, tmp_path: Path) -> None:
    lines = [row("A-1"), row("a 1", stage="accepted", stage_since="2026-11-12"), row("A1", stage="draft", stage_since="2026-11-01")]
    report = bring(sqlite_database, written(tmp_path / "in.csv", *lines))
    assert dict(report.outcomes) == {"added": 1, "changed": 1, "older": 1} and report.entered == 1
    assert count(sqlite_database, StageEntry) == 2


def test_database_that_somebody_else_writes_is_told_in_one_line(
    ours: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(ours / "in.csv", row("A-1"))
    impatient = Database(str(sqlite_database.engine.url), AUDIT_KEY)
    event.listen(impatient.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))
    with closing(impatient), sqlite_database.session() as session:
        session.execute(select(Application))
        with pytest.raises(StartError) as caught:
            bring(impatient, path)
    assert caught.value.code == "import_database" and "A-1" not in str(caught.value)
    assert bring(sqlite_database, path).written


def test_conflict_in_the_database_is_told_by_its_line(sqlite_database: Database, tmp_path: Path) -> None:
    bring_in(sqlite_database, written(tmp_path / "a.csv", row("A-2")), Layout(), READER, "other")
    report = bring(sqlite_database, written(tmp_path / "b.csv", row("A-1"), row("A-2")))
    assert told(report) == [(3, "record_of_other_source", "")] and count(sqlite_database) == 1


def test_date_of_birth_that_proves_anothers_application_is_not_replaced_by_a_file(sqlite_database: Database, tmp_path: Path) -> None:
    headings = [*HEADINGS, "permit_number"]
    bring(sqlite_database, written(tmp_path / "a.csv", [*row("A-1"), "P-1"], headings=headings))
    theirs = written(tmp_path / "b.csv", [*row("A-2"), "P-1"], headings=headings)
    bring_in(sqlite_database, theirs, Layout(), READER, "other")
    report = bring(sqlite_database, written(tmp_path / "c.csv", row("A-3"), row("A-1", date_of_birth="1990-01-01")))
    assert told(report) == [(3, "record_holder_shared", "")] and count(sqlite_database) == 2
    assert dict(bring_in(sqlite_database, theirs, Layout(), READER, "other").outcomes) == {"unchanged": 1}


def test_wrong_bytes_wrong_quotes_and_wrong_numbers_of_cells_spoil_their_own_line_only(sqlite_database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", row("A-1"), row("A-2", given_name="Zoë"), row("A-3")[:-1], [*row("A-4"), ""])
    path.write_bytes(path.read_bytes().replace("ë".encode(), b"\xff") + b'A-5,"x"y,z\n' + ",".join(row("A-6")).encode() + b"\n")
    report = bring(sqlite_database, path)
    expected = [(3, "name_unusable", "given_name"), (4, "record_cells", ""), (5, "record_cells", ""), (6, "record_line", "")]
    assert told(report) == expected and report.lines == 6 and report.errors[1][1].params == {"cells": 9, "headings": 10}


WITH_REMARK = {name: name for name in HEADINGS}


def test_quote_that_nobody_closed_loses_no_line_in_silence(sqlite_database: Database, tmp_path: Path) -> None:
    remarks = ['"12 inch scan missing', "", 'says 5"', '"seen, too']
    rows = [[*HEADINGS, "remark"], *([*row(f"A-{n}"), remark] for n, remark in enumerate(remarks)), row("A-4")]
    path = tmp_path / "in.csv"
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    wrong = [(2, {"first": 2, "last": 4}), (5, {"first": 5, "last": 6})]
    for line_breaks, code in ((False, "record_lines"), (True, "record_quotes")):
        report = bring(sqlite_database, path, Layout(columns=WITH_REMARK, line_breaks=line_breaks))
        assert [(line, error.params) for line, error in report.errors] == wrong
        assert {error.code for _, error in report.errors} == {code} and count(sqlite_database) == 0


def test_mapping_can_say_that_cells_hold_line_breaks(sqlite_database: Database, tmp_path: Path) -> None:
    remarks = ["one, two\nthree", "- a\r\n\r\n- b, c", "", "ends\n"]
    rows = [[remark, *row(f"A-{n}")] for n, remark in enumerate(remarks)]
    path = written(tmp_path / "in.csv", *rows, headings=["remark\nof the clerk", *HEADINGS])
    with pytest.raises(StartError, match="from line 1 to line 2"):
        bring(sqlite_database, path, Layout(columns=WITH_REMARK))
    (tmp_path / "mapping.yml").write_text(f"columns: {{{', '.join(f'{name}: {name}' for name in HEADINGS)}}}\nline_breaks: true\n")
    assert dict(bring(sqlite_database, path, Layout.load(tmp_path / "mapping.yml")).outcomes) == {"added": 4}
    path = written(tmp_path / "in.csv", *rows, headings=["remark", *HEADINGS])
    report = bring(sqlite_database, path, Layout(columns=WITH_REMARK))
    assert [(line, error.code) for line, error in report.errors] == [(2, "record_lines"), (4, "record_lines"), (8, "record_lines")]


@pytest.mark.parametrize(
    ("encoding", "broken"),
    [("utf-16", b"\x00"), ("utf-16-le", b"\x00\xd8\x00\x00"), ("utf-32", b"A"), ("utf-7", b"+\xff")],
)
def test_file_that_cannot_be_read_on_is_refused_in_one_line(
    sqlite_database: Database, tmp_path: Path, encoding: str, broken: bytes
) -> None:
    path = written(tmp_path / "in.csv", row("A-1"), encoding=encoding)
    assert bring(sqlite_database, path, Layout(encoding=encoding), dry_run=True).outcomes["added"] == 1
    path.write_bytes(path.read_bytes() + broken)
    with pytest.raises(StartError) as caught:
        bring(sqlite_database, path, Layout(encoding=encoding))
    assert encoding in str(caught.value) and count(sqlite_database) == 0


def test_mapping_names_columns_constants_values_dates_and_encoding(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text(
        "columns: {number: 受理编号, family_name: 姓, date_of_birth: 出生日期, stage: 状态, stage_since: 时间}\n"
        "constants: {nationality: FR, application_type: extension}\n"
        "values: {stage: {审查中: under_examination}}\n"
        'dates: ["%Y年%m月%d日", "%Y/%m/%d %H:%M"]\nencoding: gb18030\ndelimiter: ";"\n',
        encoding="utf-8",
    )
    line = ["深-1", "王", "1987年11月15日", "审查中", "2026/11/12 09:30"]
    headings = ["受理编号", "姓", "出生日期", "状态", "时间"]
    path = written(tmp_path / "in.csv", line, headings=headings, encoding="gb18030", delimiter=";")
    report = bring(sqlite_database, path, Layout.load(tmp_path / "mapping.yml"))
    assert report.written, told(report)
    with sqlite_database.session() as session:
        case = session.execute(select(Application)).scalar_one()
        assert (case.stage, case.stage_since.isoformat()) == ("under_examination", "2026-11-12T01:30:00+00:00")
        assert (case.applicant.family_name, case.applicant.date_of_birth) == ("王", date(1987, 11, 15))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("columns: {surname: x}", "columns"),
        ("colums: {}", "colums"),
        ("values: {stage: lost}", "values"),
        ("delimiter: ab", "delimiter"),
        ("line_breaks: sometimes", "line_breaks"),
        ("encoding: morse", "encoding"),
        ("encoding: undefined", "encoding"),
        ("encoding: idna", "encoding"),
        ("encoding: base64", "encoding"),
        ('encoding: "utf\\0"', "encoding"),
        ('dates: ["%d.%d.%Y"]', "dates"),
        ("- number", "file"),
        ("a: [", "file"),
    ],
)
def test_wrong_mapping_is_refused_by_its_entry(tmp_path: Path, text: str, entry: str) -> None:
    (tmp_path / "mapping.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        Layout.load(tmp_path / "mapping.yml")
    assert caught.value.entry == entry


@pytest.mark.parametrize("content", ["", "\n\n", "something\n1\n", "number,number\n1,2\n"])
def test_file_without_its_headings_is_refused(sqlite_database: Database, tmp_path: Path, content: str) -> None:
    (tmp_path / "in.csv").write_text(content, encoding="utf-8")
    with pytest.raises(StartError):
        bring(sqlite_database, tmp_path / "in.csv")


def test_heading_that_is_no_field_is_refused_with_the_field_it_resembles(sqlite_database: Database, tmp_path: Path) -> None:
    headings = [*HEADINGS, "permit_nunber", "Valid_Untill", "history", "注\x1b", ""]
    path = written(tmp_path / "in.csv", [*row("A-1"), "P-1", "2027-01-01", "x", "y", ""], headings=headings)
    for layout in (Layout(), Layout(constants={"nationality": "FR"})):
        with pytest.raises(StartError) as caught:
            bring(sqlite_database, path, layout, dry_run=True)
        named = "permit_nunber (permit_number?), Valid_Untill (valid_until?), history, 注\N{REPLACEMENT CHARACTER};"
        assert f"no field is called {named}" in str(caught.value)


def test_cell_without_a_heading_spoils_its_line_and_an_empty_one_does_not(sqlite_database: Database, tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", ["", *row("A-1"), ""], ["x", *row("A-2"), ""], ["", *row("A-3"), "x"], headings=["", *HEADINGS, ""])
    assert told(bring(sqlite_database, path)) == [(3, "record_line", ""), (4, "record_line", "")]


def test_columns_that_a_mapping_does_not_use_are_told(ours: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    headings = ["note", *HEADINGS, "", "phone \udcff", "note"]
    path = written(ours / "in.csv", ["secret", *row("A-1"), "secret", "1", ""], headings=headings)
    (ours / "mapping.yml").write_text(f"columns: {{{', '.join(f'{name}: {name}' for name in HEADINGS)}}}", encoding="utf-8")
    arguments = ["import", str(path), "--mapping", str(ours / "mapping.yml"), "--report", str(ours / "report.json")]
    assert main.main(arguments) == 0 and count(sqlite_database) == 1
    shown = (ours / "report.json").read_text(encoding="utf-8")
    assert json.loads(shown)["unused"] == ["note", "phone \N{REPLACEMENT CHARACTER}"] and "secret" not in shown
    assert "Columns that nothing was read from: note, phone \N{REPLACEMENT CHARACTER}\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["in.xlsx", "in.ods", "absent.csv"])
def test_file_that_is_no_table_is_refused(sqlite_database: Database, tmp_path: Path, name: str) -> None:
    for each in ("in.xlsx", "in.ods"):
        (tmp_path / each).write_text("nothing", encoding="utf-8")
    with pytest.raises(StartError):
        bring(sqlite_database, tmp_path / name)


def test_sheet_gives_dates_and_numbers_as_it_keeps_them(sqlite_database: Database, tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "in.xlsx",
        HEADINGS,
        row("A-1", date_of_birth=datetime(1987, 11, 15), stage_since=datetime(2026, 11, 12, 9, 30)),
        [],
        row("A-2", family_name=360),
        row("A-3", employer=float(10**15)),
        row("A-4", stage_since=46000),
        row("A-5", family_name=True),
        row("A-6", given_name=date(2026, 1, 1)),
        [*row("A-7"), *[None] * 3, "more"],
        row("A-8")[:-2],
    )
    expected = [(5, "record_cell", "employer"), (6, "record_cell", "stage_since"), (7, "record_cell", "family_name")]
    report = bring(sqlite_database, path, Layout(sheet="Data"))
    beyond = [(8, "record_cell", "given_name"), (9, "record_line", ""), (10, "record_missing", "stage")]
    assert told(report) == [*expected, *beyond] and dict(report.outcomes) == {"added": 2}
    with pytest.raises(StartError):
        bring(sqlite_database, path, Layout(sheet="Other"))


@pytest.mark.parametrize("form", ["General", "00000000", '"P-"0'])
def test_number_that_a_sheet_may_show_with_more_than_it_keeps_is_refused(sqlite_database: Database, tmp_path: Path, form: str) -> None:
    book = Workbook()
    for each in ([*HEADINGS, "permit_number"], [*row("A-1"), 4711], [*row(4403001), None], [*row("00004403"), "00004711"]):
        book.active.append(each)
    book.active["K2"].number_format = book.active["A3"].number_format = form
    book.save(tmp_path / "in.xlsx")
    report = bring(sqlite_database, tmp_path / "in.xlsx")
    assert told(report) == [(2, "record_cell", "permit_number"), (3, "record_cell", "number")] and report.outcomes["added"] == 1


def test_formula_without_its_result_empties_no_field(sqlite_database: Database, tmp_path: Path) -> None:
    path = sheet(tmp_path / "in.xlsx", [*HEADINGS, "valid_until"], [*row("A-1"), "=DATE(2027,1,1)"], [*row("A-2"), None])
    assert told(bring(sqlite_database, path)) == [(2, "record_unreadable", "valid_until")]


def test_sheet_is_written_like_a_table_of_text(sqlite_database: Database, tmp_path: Path) -> None:
    rows = [row(f"A-{n}") for n in range(3)]
    assert bring(sqlite_database, sheet(tmp_path / "in.xlsx", HEADINGS, *rows)).written
    assert dict(bring(sqlite_database, written(tmp_path / "in.csv", *rows)).outcomes) == {"unchanged": 3}


@pytest.mark.parametrize("stages", [["submitted"], ["submitted", "accepted", "under_examination"]])
def test_memory_does_not_grow_with_the_file(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stages: list[str]
) -> None:
    monkeypatch.setattr(imports, "BATCH", 100)

    def brought_in(lines: int) -> int:
        each = ((n // len(stages), stages[n % len(stages)]) for n in range(lines))
        rows = (row(f"N-{lines}-{n}", employer=f"Invented {n}", stage=stage) for n, stage in each)
        path = written(tmp_path / f"{lines}.csv", *rows)
        return peak(lambda: bring(sqlite_database, path))

    brought_in(100)
    # Up to 2,000 freed tuples of each length are kept for later, which is no growth.
    assert brought_in(7500) < 1.3 * brought_in(2500)


@pytest.fixture
def ours(tmp_path: Path, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BOT_DATABASE_URL", str(sqlite_database.engine.url))
    read_or_create_key(tmp_path / KEY_FILE)
    yield tmp_path


def test_command_reports_and_ends_with_its_status(
    ours: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.importing._TOLD_EVERY_S", 0.0)
    good, bad = written(ours / "good.csv", row("A-1")), written(ours / "bad.csv", row("A-2"), row("A-3", stage="lost"))
    report = ours / "report.json"
    assert main.main(["import", str(bad), "--report", str(report)]) == 1
    out = capsys.readouterr()
    assert "line 3: " in out.out and "2 lines" in out.out and "1 refused" in out.err
    shown = json.loads(report.read_text(encoding="utf-8"))
    assert [(each["line"], each["params"]["field"]) for each in shown["errors"]] == [(3, "stage")] and not shown["written"]
    assert main.main(["import", str(good), "--dry-run", "--language", "zh"]) == 0 and count(sqlite_database) == 0
    assert main.main(["import", str(good), "--source", "authority"]) == 0 and count(sqlite_database) == 1
    assert main.main(["import", str(good), "--source", "demo"]) == 1
    assert "lost" not in report.read_text(encoding="utf-8") and "Exemplar" not in out.out


def test_report_that_cannot_be_written_is_refused_before_anything_is(
    ours: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    good = written(ours / "good.csv", row("A-1"))
    for unusable in (ours, ours / "absent" / "report.json"):
        assert main.main(["import", str(good), "--report", str(unusable)]) == 1
        out = capsys.readouterr()
        assert out.out == "" and f"error: The report cannot be written to {unusable}" in out.err
    assert count(sqlite_database) == 0


def test_report_that_is_lost_after_all_was_written_makes_no_failure_of_it(
    ours: Path, sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["import", str(written(ours / "good.csv", row("A-1"))), "--report", "/dev/full"]) == 0
    out = capsys.readouterr()
    assert "All of it was written." in out.out and "/dev/full" in out.err and count(sqlite_database) == 1


def test_report_takes_the_place_of_the_one_before_once_there_is_another(ours: Path, sqlite_database: Database) -> None:
    report = ours / "report.json"
    report.write_text("the report of another day, which is longer than most\n" * 100, encoding="utf-8")
    assert main.main(["import", str(ours / "absent.csv"), "--report", str(report)]) == 1
    assert report.read_text(encoding="utf-8").startswith("the report of another day")
    assert main.main(["import", str(written(ours / "good.csv", row("A-1"))), "--report", str(report)]) == 0
    assert json.loads(report.read_text(encoding="utf-8"))["written"] is True


def test_every_field_of_a_record_can_be_a_column() -> None:
    assert set(Layout().columns) == set(COLUMNS) and "history" not in COLUMNS
