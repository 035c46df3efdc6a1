"""Rows of workbooks as different table programs write them, in a memory that does not grow with them."""

from __future__ import annotations

import re
import zipfile
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.permits import sheets
from tests.records import peak

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    '<numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="31"/><xf numFmtId="176"/><xf numFmtId="46"/></cellXfs>'
)


def relations(*targets: tuple[str, str]) -> str:
    each = (f'<Relationship Id="r{n}" Type="{KINDS}/{kind}" Target="{target}"/>' for n, (kind, target) in enumerate(targets))
    return f"<Relationships>{''.join(each)}</Relationships>"


def workbook(path: Path, rows: Iterable[str], texts: Iterable[str] = (), properties: str = "", prefix: str = "") -> Path:
    """A workbook whose second sheet, `Data`, has `rows` and whose cells share `texts`, all of it XML."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("_rels/.rels", relations(("officeDocument", "xl/workbook.xml")))
        named = '<sheet name="Chart" r:id="r0"/><sheet name="Data" r:id="r1"/>'
        packed.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}">{properties}<sheets>{named}</sheets></workbook>')
        parts = (("chartsheet", "chart.xml"), ("worksheet", "/xl/data.xml"), ("sharedStrings", "texts.xml"), ("styles", "styles.xml"))
        packed.writestr("xl/_rels/workbook.xml.rels", relations(*parts))
        packed.writestr("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">{STYLES}</styleSheet>')
        packed.writestr("xl/texts.xml", f'{prefix}<sst xmlns="{MAIN}">{"".join(f"<si>{text}</si>" for text in texts)}</sst>')
        # With a prefix, as some programs write it.
        data = re.sub("<(/?)", r"<\1s:", "".join(f"<row{row}</row>" for row in rows))
        packed.writestr("xl/data.xml", f'<s:worksheet xmlns:s="{MAIN}"><s:sheetData>{data}</s:sheetData></s:worksheet>')
    return path


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_part_is_told_however_it_is_packed(tmp_path: Path, packing: int) -> None:
    with zipfile.ZipFile(workbook(tmp_path / "in.xlsx", [f"><c><v>{n}</v></c>" for n in range(1000)])) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(tmp_path / "in.xlsx", "w", packing) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
        at = packed.getinfo("xl/data.xml").header_offset + 100
    content = (tmp_path / "in.xlsx").read_bytes()
    (tmp_path / "in.xlsx").write_bytes(content[:at] + bytes(byte ^ 0xFF for byte in content[at : at + 40]) + content[at + 40 :])
    with pytest.raises((StartError, OSError)):
        list(sheets.rows(tmp_path / "in.xlsx", "Data"))


def test_cells_are_found_by_their_place_or_their_order(tmp_path: Path) -> None:
    rows = [
        '><c t="s"><v>0</v></c><c/><c t="s"><v>1</v></c>',
        ' r="9"><c r="B9" t="s"><v>2</v></c><c r="AA9" t="inlineStr"><is><t>z</t></is></c>',
    ]
    texts = ["<r><t>受</t></r><r><t>理</t></r><rPh><t>shou</t></rPh>", "<t>b</t>", "<t>x_x000D_</t>"]
    found = list(sheets.rows(workbook(tmp_path / "in.xlsx", rows, texts), "Data"))
    assert found == [(1, ["受理", None, "b"]), (9, [None, "x\r", *[None] * 24, "z"])]


@pytest.mark.parametrize(("properties", "serial"), [("", 46338), ('<workbookPr date1904="1"/>', 44876)])
def test_days_are_known_by_the_form_of_their_cell(tmp_path: Path, properties: str, serial: int) -> None:
    # The third form is one that only Chinese programs know by its number; the fifth shows a span of time.
    cells = "".join(f'<c s="{style}"><v>{serial}</v></c>' for style in range(5))
    ((_, found),) = sheets.rows(workbook(tmp_path / "in.xlsx", [f">{cells}"], properties=properties), None)
    assert found == [serial, *[datetime(2026, 11, 12)] * 3, serial]


def test_values_of_other_kinds(tmp_path: Path) -> None:
    kinds = [("n", "1.5"), ("b", "1"), ("str", "a"), ("d", "2026-11-12T09:30:00"), ("e", "#N/A"), ("n", "9" * 400), ("n", "x"), ("s", "")]
    cells = "".join(f'<c t="{kind}"><v>{value}</v></c>' for kind, value in kinds)
    ((_, found),) = sheets.rows(workbook(tmp_path / "in.xlsx", [f">{cells}"]), None)
    assert found == [1.5, True, "a", datetime(2026, 11, 12, 9, 30), sheets.UNREADABLE, int("9" * 400), sheets.UNREADABLE, None]


def test_formula_without_its_result_is_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    absent = ["<c><f>A1</f></c>", "<c><f>A1</f><v/></c>", '<c t="str"><f>A1</f></c>', '<c t="b"><f>A1</f><v></v></c>']
    present = ['<c t="str"><f>""</f><v></v></c>', "<c><f>1</f><v>1</v></c>", "<c/>"]
    ((_, found),) = sheets.rows(workbook(tmp_path / "in.xlsx", [f">{''.join(absent + present)}"]), None)
    assert found == [*[sheets.UNREADABLE] * 4, None, 1, None]


@pytest.mark.parametrize(
    ("row", "prefix"),
    [
        ('><c t="s"><v>7</v></c>', ""),
        ('><c t="s"><v>x</v></c>', ""),
        ('><c r="B1"/><c r="A1"/>', ""),
        ('><c r="ZZZZ1"/>', ""),
        ('><c r="7"/>', ""),
        ('><c s="x"/>', ""),
        (' r="x"><c/>', ""),
        ("><c>", ""),
        ("><c/>", '<!DOCTYPE sst [<!ENTITY a "a">]>'),
    ],
)
def test_broken_workbook_is_refused_in_one_line(tmp_path: Path, row: str, prefix: str) -> None:
    with pytest.raises(StartError):
        list(sheets.rows(workbook(tmp_path / "in.xlsx", [row], ["<t>a</t>"], prefix=prefix), None))


def test_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = workbook(tmp_path / "in.xlsx", [f"><c><v>{n}</v></c>" for n in range(20_000)])
    whole = path.read_bytes()
    at = whole.index(b"xl/data.xml") + 2_000
    for damaged in (whole[:at], whole[:at] + b"\0" * 400 + whole[at + 400 :]):
        path.write_bytes(damaged)
        with pytest.raises(StartError):
            list(sheets.rows(path, None))


def test_memory_grows_with_neither_rows_nor_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets._Texts, "_KEPT", 4)

    def gone_through(count: int) -> int:
        rows = (f'><c t="s"><v>{n}</v></c><c t="s"><v>0</v></c>' for n in range(count))
        path = workbook(tmp_path / f"{count}.xlsx", rows, (f"<t>Invented {n}</t>" for n in range(count)))
        assert [cells for _, cells in sheets.rows(path, None)] == [[f"Invented {n}", "Invented 0"] for n in range(count)]
        return peak(lambda: deque(sheets.rows(path, None), maxlen=0))

    gone_through(100)
    assert gone_through(40_000) < 1.3 * gone_through(10_000)
