"""A broken file about papers is refused with file, entry and field; the real ones hold together."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.catalogue.applications import ApplicationTypes, load_categories
from bot.catalogue.circumstances import Circumstances
from bot.catalogue.countries import Countries
from bot.catalogue.glossary import Glossary
from bot.catalogue.materials import Materials
from bot.catalogue.reading import Reader
from bot.catalogue.requirements import Requirements
from bot.catalogue.stages import Stages
from bot.errors import DataError
from tests.unit.papers_fixture import DATA, TODAY, grounds, papers


def _requirements(folder: Path) -> None:
    known = papers()
    domains = known.circumstances.domains(known.application_types.wire, tuple(known.countries))
    Requirements.load(folder, grounds=grounds(), materials=tuple(known.materials), types=known.application_types.wire, domains=domains)


def _reader(folder: Path) -> None:
    known = papers()
    Reader.load(
        folder, types=known.application_types, categories=known.categories, circumstances=known.circumstances, countries=known.countries
    )


LOADERS: dict[str, Callable[[Path], object]] = {
    "materials.yml": lambda folder: Materials.load(
        folder / "materials.yml", grounds=grounds(), routed=("degree_country", "no_crime_country", "nationality")
    ),
    "application_types.yml": lambda folder: ApplicationTypes.load(
        folder / "application_types.yml", grounds=grounds(), materials=tuple(papers().materials)
    ),
    "categories.yml": lambda folder: load_categories(folder / "categories.yml", grounds=grounds()),
    "circumstances.yml": lambda folder: Circumstances.load(
        folder / "circumstances.yml",
        grounds=grounds(),
        types=tuple(papers().application_types),
        countries=tuple(papers().countries),
    ),
    "requirements.yml": _requirements,
    "adjustments.yml": _requirements,
    "outcomes.yml": _requirements,
    "stages.yml": lambda folder: Stages.load(folder / "stages.yml", grounds=grounds()),
    "glossary.yml": lambda folder: Glossary.load(folder / "glossary.yml", grounds=grounds()),
    "apostille.csv": lambda folder: Countries.load(folder, grounds()),
    "routes.yml": lambda folder: Countries.load(folder, grounds()),
    "nationality_words.yml": lambda folder: Countries.load(folder, grounds()),
    "reading_words.yml": _reader,
    "sentence_patterns.yml": _reader,
}

BROKEN = [
    # file, what is replaced, by what, the entry and the field that must be named
    ("materials.yml", "provided_by: system", "provided_by: robot", "M01", "provided_by"),
    ("materials.yml", "sources: [STIC-MAT, STIC-LIST, BJ-REF]", "sources: [NOBODY]", "M01", "sources"),
    ("materials.yml", 'zh: "外国人来华工作许可申请表"', 'zh: ""', "M01", "name.zh"),
    ("materials.yml", "certainty: medium", "certainty: sure", "M01", "certainty"),
    ("materials.yml", "review_by: 2027-05-24", "review_by: soon", "M01", "review_by"),
    ("materials.yml", "  scope: SZ", "  scope: SZ\n  colour: red", "M01", "colour"),
    ("materials.yml", "route: [degree_country]", "route: [age_60]", "M03", "route"),
    ("materials.yml", "en: [cv,", "en: [passport,", "M27", "aliases"),
    ("application_types.yml", "priority: 60", "priority: first", "new_abroad", "priority"),
    ("application_types.yml", "materials: [M26]", "materials: [M99]", "employer_registration", "materials"),
    ("categories.yml", "\nC:\n", "\nD:\n", "D", "entry"),
    ("circumstances.yml", "\n  kind: bool\n", "\n  kind: number\n", "teaching_qualification", "kind"),
    ("circumstances.yml", "for: {types: [short_term]}", "for: {types: [holiday]}", "short_task", "for.types"),
    ("circumstances.yml", "suggest: [US, GB, CA, AU, CN]", "suggest: [ZZ]", "degree_country", "suggest"),
    (
        "circumstances.yml",
        "ask_when: [{basis: language_teacher}]",
        "ask_when: [{basis: dancer}]",
        "teaching_qualification",
        "ask_when[0].basis",
    ),
    ("requirements.yml", '{family: "no"}', "{family: no}", "new_abroad.M10.rules[0]", "when.family"),
    ("requirements.yml", "{category: A, category_paper: experience}", "{category: A, shoe: big}", "new_abroad.M02.rules[0]", "when"),
    ("requirements.yml", '  M01: {required: "yes"', "  M01: {required: yes", "new_abroad.M01", "required"),
    ("requirements.yml", "  M01: {required", "  M77: {required", "new_abroad.M77", "entry"),
    ("requirements.yml", "\ncancellation:\n", "\nfarewell:\n", "cancellation", "entry"),
    ("adjustments.yml", "field: translation", "field: smell", "[9]", "field"),
    ("outcomes.yml", "to: new_in_china", "to: nowhere", "lapsed_in_china", "kind"),
    ("stages.yml", "actor: authority", "actor: nature", "account_pending", "actor"),
    ("stages.yml", "zh: [草稿,", "zh: [退回,", "returned", "seen_as"),
    ("glossary.yml", "sources: [SZ-GOV]", "sources: []", "work_permit", "sources"),
    ("apostille.csv", "FR,France,法国,yes", "FR,France,法国,perhaps", "FR", "member"),
    ("apostille.csv", "2027-02-28,acceded", "28 Feb 2027,acceded", "TH", "since"),
    ("routes.yml", "IN: india", "IN: elephant", "special", "IN"),
    ("nationality_words.yml", "DE: {words: [german,", "DE: {words: [french,", "DE", "words"),
    ("reading_words.yml", "negations:", "denials:", "negations", "entry"),
    ("sentence_patterns.yml", "\nsets:\n", "\nwords:\n", "sets", "entry"),
    ("sentence_patterns.yml", "\nfamily:\n", "\nrelatives:\n", "relatives", "entry"),
    ("sentence_patterns.yml", "  graduate:\n", "  pupil:\n", "basis", "pupil"),
    ("sentence_patterns.yml", "- (another|different|other) <workplace>", "- (another <workplace>", "application_type", "change_employer"),
    ("sentence_patterns.yml", "- (another|different|other) <workplace>", "- another <shop>", "application_type", "change_employer"),
]


@pytest.mark.parametrize(("file", "old", "new", "entry", "field"), BROKEN, ids=[f"{case[0]} {case[3]} {case[4]}" for case in BROKEN])
def test_broken_file_is_refused_by_name(tmp_path: Path, file: str, old: str, new: str, entry: str, field: str) -> None:
    for name in LOADERS:
        shutil.copy(DATA / name, tmp_path / name)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        LOADERS[file](tmp_path)
    assert (caught.value.file, caught.value.entry, caught.value.field) == (file, entry, field)


def test_materials_are_those_of_the_card() -> None:
    assert list(papers().materials) == [f"M{number:02d}" for number in range(1, 29)]
    assert {key for key, each in papers().materials.items() if each.until is not None} == {"M20", "M25"}


def test_types_are_those_of_the_card() -> None:
    assert papers().application_types.wire == (
        "new_abroad",
        "new_in_china",
        "short_term",
        "extension",
        "change_information",
        "change_employer",
        "cancellation",
    )
    assert papers().application_types["replacement"].until == date(2024, 12, 1)


def test_apostille_list_adds_up() -> None:
    rows = list(papers().countries.values())
    assert len(rows) == 218
    assert sum(row.member == "yes" for row in rows) == 125
    parties = [row.code for row in rows if row.member == "yes"] + ["IN", "TH", "DZ", "VN", "XK"]
    assert len(parties) == 130


def test_everything_to_look_at_again_has_a_day_ahead() -> None:
    assert all(each.review_by > TODAY for each in papers().materials.values())
