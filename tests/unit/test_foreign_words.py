"""Answers in languages that the reader has no words for, put into English ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.foreign_words import FILE, ForeignWords
from bot.catalogue.grounds import DATA
from bot.catalogue.profile import Profile
from bot.errors import DataError
from bot.languages import Tongue
from tests import project


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return project.catalogue()


@pytest.mark.parametrize(
    ("tongue", "question", "text", "value"),
    [
        ("de", "pay_commitment", "Nein, haben wir nicht", "no"),
        ("de", "age_60", "weiß ich nicht", "unknown"),
        ("ru", "pay_commitment", "да", "yes"),
        ("ru", "nationality", "Казахстан", "KZ"),
        ("es", "basis", "título y experiencia", "degree_experience"),
        ("fr", "nationality", "Côte d’Ivoire", "CI"),
        ("it", "application_type", "rinnovo", "extension"),
        ("ja", "change", "変更はありません", "nothing"),
        ("ko", "application_type", "연장이요", "extension"),
        ("th", "age_60", "ไม่แน่ใจ", "unknown"),
        ("ar", "place", "أنا خارج الصين", "abroad"),
        ("tr", "place", "yurt dışındayım", "abroad"),
        ("pl", "nationality", "Polska", "PL"),
        ("pt", "visa_kind", "visto de turista", "tourist"),
        ("nl", "change", "niets veranderd", "nothing"),
    ],
)
def test_an_answer_in_another_tongue_is_read(catalogue: Catalogue, tongue: Tongue, question: str, text: str, value: str) -> None:
    words = catalogue.papers.foreign.english(text, tongue)
    assert catalogue.papers.reader.read_answer(question, words, Profile("new_in_china")) == value


@pytest.mark.parametrize(("tongue", "text"), [("de", "ich bin noch in Deutschland"), ("es", "sigo en Perú"), ("ru", "живу в Германии")])
def test_where_somebody_lives_is_read_from_the_country(catalogue: Catalogue, tongue: Tongue, text: str) -> None:
    words = catalogue.papers.foreign.english(text, tongue)
    assert catalogue.papers.reader.read_profile(words, Profile(), "place").circumstances["place"] == "abroad"


@pytest.mark.parametrize("tongue", ["en", "zh", "zh-TW"])
def test_what_can_be_read_stays_as_it_is(catalogue: Catalogue, tongue: Tongue) -> None:
    assert catalogue.papers.foreign.english("Ja, нет", tongue) == "Ja, нет"


def test_part_of_a_word_is_no_word(catalogue: Catalogue) -> None:
    assert catalogue.papers.foreign.english("Januar, neinsager", "de") == "Januar, neinsager"


@pytest.mark.parametrize(
    ("before", "after"), [("\nde:\n", "\nxx:\n"), ('"yes": [ja, jawohl', "yes: [ja, jawohl"), ("[nein, nee, nicht,", "[ja, nee, nicht,")]
)
def test_a_wrong_file_is_refused(catalogue: Catalogue, tmp_path: Path, before: str, after: str) -> None:
    shutil.copy(DATA / FILE, tmp_path / FILE)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert before in text
    (tmp_path / FILE).write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DataError, match=FILE):
        ForeignWords.load(tmp_path, countries=catalogue.papers.countries)
