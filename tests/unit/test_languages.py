"""Which language a message is answered in."""

from __future__ import annotations

import pytest

from bot.foreign_languages import foreign_languages
from bot.languages import TONGUES, Language, Tongue, as_language, as_tongue, written
from bot.spoken import foreign, foreign_by_code, tongue_of


@pytest.mark.parametrize(
    ("text", "otherwise", "expected"),
    [
        ("how long does it take", "en", "en"),
        ("how long does it take", "zh", "en"),
        ("要多久", "en", "zh"),
        ("我要办work permit", "en", "zh"),
        ("how to get 工签", "en", "en"),
        ("B类", "zh", "zh"),
        ("B类", "en", "zh"),
        ("ＤＥＭＯ－Ａ－２００００８", "zh", "zh"),
        ("DEMO-A-200008", "zh", "zh"),
        ("<NUMBER:1>", "zh", "zh"),
        ("1990-03-04", "zh", "zh"),
        ("Shekou", "zh", "zh"),
        ("A", "zh", "zh"),
        ("ok", "en", "en"),
        ("", "zh", "zh"),
        ("Сколько стоит", "zh", "ru"),
        ("日本語で答えてください", "zh", "ja"),
        ("我的permit什么时候到期", "en", "zh"),
        ("visa cost", "en", "en"),
        ("person", "zh", "zh"),
        ("yes", "de", "de"),
        ("visa", "it", "it"),
        ("Wie lange dauert das?", "en", "de"),
        ("dokumenty", "en", "pl"),
        ("necesito renovar", "en", "es"),
        ("ile to trwa", "en", "pl"),
        ("ne kadar surer", "en", "tr"),
        ("我想問一下工作許可要多久", "en", "zh-TW"),
        ("多久", "zh-TW", "zh-TW"),
        ("必要書類 一覧 届", "en", "ja"),
        ("얼마예요", "en", "ko"),
        ("ต้องใช้เอกสารอะไร", "en", "th"),
        ("كم تكلف الرخصة", "en", "ar"),
        ("do u hav ofice in futian pls", "en", "en"),
        ("Xin chào, tôi cần giấy phép lao động", "de", "de"),
    ],
)
def test_the_language_of_a_message(text: str, otherwise: Tongue, expected: Tongue) -> None:
    assert tongue_of(text, otherwise) == expected


@pytest.mark.parametrize(("value", "expected"), [("zh-CN", "zh"), ("EN_gb", "en"), ("fr", None), (None, None), (3, None)])
def test_names_of_languages_are_read(value: object, expected: Language | None) -> None:
    assert as_language(value) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Xin chào, tôi cần giấy phép lao động ở Thâm Quyến", "vi"),
        ("Скільки коштує дозвіл на роботу для іноземця", "uk"),
        ("پروانه کار چگونه تمدید می‌شود", "fa"),
        ("मुझे काम का परमिट चाहिए", "hi"),
        ("Πόσο κοστίζει η άδεια εργασίας", "el"),
        ("hej, hur lång tid tar det att få arbetstillstånd i Shenzhen", "sv"),
        ("saya mau tanya berapa lama proses izin kerja di kota ini", "ms"),
    ],
)
def test_language_that_the_encoder_does_not_know_is_named(text: str, code: str) -> None:
    found = foreign(text)
    assert found is not None and found.code in {code, "id" if code == "ms" else code}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kuinka kauan kestää", "fi"),
        ("Tarvitsenko työluvan Kiinassa?", "fi"),
        ("kestaa kauan", "fi"),
        ("kiitos", "fi"),
        ("jag behöver arbetstillstånd", "sv"),
        ("är det gratis?", "sv"),
        ("hvor lenge varer det", "no"),
        ("hvordan søger jeg", "da"),
        ("Berapa lama proses izin kerja?", "id"),
        ("apa syaratnya", "id"),
        ("Mennyi ideig tart?", "hu"),
        ("hogyan kérhetek engedélyt", "hu"),
        ("Cât durează permisul?", "ro"),
        ("până când e valabilă viza", "ro"),
        ("cần gì", "vi"),
        ("đi đâu làm giấy phép", "vi"),
        ("jak dlouho to trvá?", "cs"),
        ("ako dlho to bude", "sk"),
        ("kaip gauti leidimą", "lt"),
        ("magkano po", "tl"),
        ("नमस्ते", "hi"),
    ],
)
@pytest.mark.parametrize("otherwise", ["en", "de"])
def test_few_words_show_a_language_before_one_of_ours_is_guessed(text: str, code: str, otherwise: Tongue) -> None:
    found = foreign(text)
    assert found is not None and found.code == code
    assert tongue_of(text, otherwise) == otherwise


@pytest.mark.parametrize(("text", "otherwise"), [("på", "en"), ("jäätelö", "en"), ("řeka", "zh")])
def test_letters_of_a_strange_language_are_no_sign_of_ours(text: str, otherwise: Tongue) -> None:
    assert tongue_of(text, otherwise) == otherwise


@pytest.mark.parametrize(
    ("tongue", "called"),
    [
        ("de", "Finnisch"),
        ("ja", "フィンランド語"),
        ("en", {"en": "Finnish", "zh": "芬兰语"}),
        ("zh-TW", {"en": "Finnish", "zh": "芬兰语"}),
    ],
)
def test_a_language_is_called_as_the_applicants_own_calls_it(tongue: Tongue, called: object) -> None:
    found = foreign_by_code("fi")
    assert found is not None and found.called(tongue) == called


def test_languages_that_cannot_be_told_apart_are_named_together() -> None:
    malay, indonesian = foreign_by_code("ms"), foreign_by_code("id")
    assert malay == indonesian and malay is not None
    assert malay.name["en"] == "Indonesian or Malay" and malay.called("fr") == "indonésien / malais"


@pytest.mark.parametrize("tongue", sorted(set(TONGUES) - {"en", "zh", "zh-TW"}))
def test_every_language_has_a_name_in_every_tongue(tongue: Tongue) -> None:
    assert all(language.called(tongue) for language in foreign_languages().values())


@pytest.mark.parametrize(
    "text",
    [
        "how long does it take",
        "visa cost",
        "Søren Kjærgård",
        "my name is Åsa",
        "lama temple visit",
        "Wie lange dauert es",
        "Führungszeugnis nötig?",
        "när",
        "jak długo to trwa",
        "Çalışma izni ne kadar",
        "hola",
        "wat kost het",
        "wher can i renu my permt pls",
        "Führungszeugnis",
        "Сколько стоит разрешение",
        "mujhe work permit chahiye",
        "asdf qwer zxcv uiop",
        "<NUMBER:1> <DATE:2>",
        "我要办工作许可",
    ],
)
def test_what_is_ours_or_nothing_is_no_foreign_language(text: str) -> None:
    assert foreign(text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("zh-Hant", "zh-TW"), ("zh_HK", "zh-TW"), ("zh-CN", "zh"), ("pt-BR", "pt"), ("DE", "de"), ("vi", None), (7, None)],
)
def test_names_of_tongues_are_read(value: object, expected: Tongue | None) -> None:
    assert as_tongue(value) == expected


def test_facts_are_told_in_chinese_to_whoever_reads_it_and_else_in_english() -> None:
    assert [written(tongue) for tongue in ("zh", "zh-TW", "en", "de", "ar")] == ["zh", "zh", "en", "en", "en"]


@pytest.mark.parametrize(
    ("text", "before", "tongue"),
    [
        ("1987年11月15日", "ja", "ja"),
        ("6月30日", "ko", "ko"),
        ("2027年3月15日", "en", "en"),
        ("必要書類は？", "en", "ja"),
        ("延長", "ja", "ja"),
        ("福田区", "ja", "ja"),
        ("我要续签", "ja", "zh"),
        ("延長", "en", "zh-TW"),
        ("11月15日离职", "en", "zh"),
    ],
)
def test_what_both_write_is_japanese_in_a_japanese_conversation(text: str, before: Tongue, tongue: Tongue) -> None:
    assert tongue_of(text, before) == tongue
