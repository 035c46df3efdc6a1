"""What stands around a fact in other tongues, and what is named before one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.answers import IN_CHINESE, Answers, Understood
from bot.answers.formats import format_weekdays
from bot.answers.frames import FRAMED
from bot.answers.person_card import hours_text
from bot.catalogue.profile import Profile
from bot.catalogue.stations import SAFE_CHOICE
from bot.errors import DataError
from bot.languages import TONGUES, Tongue
from bot.settings import ROOT
from bot.traditional import in_traditional, is_traditional
from tests import project

# What some tongue writes as English does.
_ALIKE = frozenset({"No", "Name", "In China", "Australia", "Canada", "China", "India", "Pakistan", "Russia"})


@pytest.fixture(scope="module")
def answers() -> Answers:
    return project.answers()


@pytest.mark.parametrize("tongue", FRAMED)
def test_fact_is_introduced_in_the_tongue_and_chinese_is_one_tap_away(answers: Answers, tongue: str) -> None:
    (reply,) = answers.replies("utter_fee", tongue)
    (english,) = answers.replies("utter_fee", "en")
    first, _, rest = reply["text"].partition("\n\n")
    assert "中文" in first and rest.startswith(english["text"].split("\n\n")[0]) and reply["language"] == "en"
    assert reply["quick_replies"][0]["payload"] == IN_CHINESE
    (greeting,) = answers.replies("utter_greet", tongue)
    assert greeting["language"] == tongue and greeting["text"] != answers.replies("utter_greet", "en")[0]["text"]


def test_traditional_chinese_is_the_chinese_answer_in_other_characters(answers: Answers) -> None:
    (reply,) = answers.replies("utter_fee", "zh-TW")
    assert is_traditional(reply["text"]) and reply["language"] == "zh-TW"
    payloads = [offer["payload"] for offer in answers.replies("utter_fee", "zh")[0]["quick_replies"]]
    assert [offer["payload"] for offer in reply["quick_replies"]] == payloads


def test_what_programs_read_is_not_converted() -> None:
    assert in_traditional({"payload": "choose:名=证", "name": ["证"]}) == {"payload": "choose:名=证", "name": ["證"]}


@pytest.mark.parametrize(
    ("text", "named"),
    [("How much in Shanghai?", "Shanghai"), ("fee for the expert certificate", "Expert"), ("my degree from Beijing, fee?", None)],
)
def test_other_city_and_old_paper_are_named_first(answers: Answers, text: str, named: str | None) -> None:
    (reply,) = answers.replies("utter_fee", "en", text=text)
    assert (reply["text"] != answers.replies("utter_fee", "en")[0]["text"]) == (named is not None)
    assert named is None or named in reply["text"].partition("\n\n")[0]


@pytest.mark.parametrize(
    ("response", "text", "named"),
    [
        ("utter_card_reform", "专家证, can i still use it", "Expert"),
        ("utter_ask_back", "2016年的就业证还能用吗", "employment permit"),
        ("utter_ask_back", "old Alien Employment Permit still good?", "employment permit"),
        ("utter_what_is_permit", "my employment licence of 2014, what became of it", "employment permit"),
        ("utter_out_of_scope", "work permit in Beijing", "Beijing"),
        ("utter_not_understood", "Chengdu, same thing?", "Chengdu"),
        ("utter_other_city", "does this also go for Guangzhou?", "Guangzhou"),
        ("utter_offer_person", "and Wuhan?", "Wuhan"),
        ("utter_ask_number", "how is my application in Suzhou", "Suzhou"),
        ("utter_fee", "I am a teacher. Is it free in Nanjing?", "Nanjing"),
    ],
)
def test_what_is_named_stands_before_answers_questions_and_refusals(answers: Answers, response: str, text: str, named: str) -> None:
    (reply,) = answers.replies(response, "en", {"candidates": ["fee"]}, text=text)
    assert named in reply["text"].partition("\n\n")[0]


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ("utter_ask_back", "I studied in Wuhan, is that enough"),
        ("utter_ask_back", "Ich habe in Shanghai studiert, reicht das"),
        ("utter_fee", "estudié en Chengdu, ¿cuánto cuesta?"),
        ("utter_fee", "I come from Hong Kong, how much is it"),
        ("utter_fee", "我在北京读书，现在办要多少钱"),
        ("utter_fee", "I lived in Chengdu for years. What does the permit cost?"),
        ("utter_graduates", "Shanghai takes graduates, does Shenzhen too?"),
        ("utter_greet", "hello Beijing"),
        ("utter_hmt_residents", "港澳台就业证还要办吗"),
        ("utter_ask_place", "station for Dongguan people"),
    ],
)
def test_city_of_origin_or_beside_shenzhen_is_not_named(answers: Answers, response: str, text: str) -> None:
    given = {"candidates": ["fee"]}
    assert answers.replies(response, "en", given, text=text) == answers.replies(response, "en", given)


def test_what_is_told_to_an_open_question_is_asked_about_by_nobody(answers: Answers) -> None:
    (reply,) = answers.replies("utter_ask_number", "en", understood=Understood(told=True), text="it lies in Suzhou")
    assert "Suzhou" not in reply["text"]


@pytest.mark.parametrize(("old", "new"), [("{title}", "title"), ("  fee:", "  fees:"), ("language: de", "language: nl")])
def test_frame_that_is_wrong_is_refused_by_its_name(tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    file = tmp_path / "data" / "frames" / "de.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"de\.yml"):
        Answers.load(tmp_path, project.catalogue())


@pytest.mark.parametrize("tongue", TONGUES)
def test_answer_to_what_may_be_grave_says_below_where_help_is(answers: Answers, tongue: Tongue) -> None:
    (plain,), (heeded,) = (
        answers.replies("utter_fee", tongue, understood=Understood("fee", 0.7, suspected=each)) for each in (False, True)
    )
    aside = answers.text("utter_sensitive_aside", tongue)
    assert aside in heeded["text"] and aside not in plain["text"]
    assert "110" in aside and "120" in aside
    assert heeded["quick_replies"][-1]["payload"] == "/handoff"


def test_fixed_reply_needs_no_line_below_it(answers: Answers) -> None:
    (reply,) = answers.replies("utter_sensitive_bribe", "en", understood=Understood("sensitive", 0.7, suspected=True))
    assert answers.text("utter_sensitive_aside", "en") not in reply["text"]


@pytest.mark.parametrize("tongue", FRAMED)
def test_every_question_and_all_its_choices_are_in_the_tongue(answers: Answers, tongue: Tongue) -> None:
    papers = answers.catalogue.papers
    profile = Profile("new_in_china", None, {})
    for name in ("application_type", "category", *papers.circumstances):
        params = {"question": name, "profile": profile.to_dict()}
        (reply,), (plain,) = (answers.replies("utter_ask_circumstance", each, params) for each in (tongue, "en"))
        assert reply["language"] == tongue and reply["text"].split("\n")[0] != plain["text"].split("\n")[0], name
        assert [choice["payload"] for choice in reply["quick_replies"]] == [choice["payload"] for choice in plain["quick_replies"]]
        same = [one["title"] for one, other in zip(reply["quick_replies"], plain["quick_replies"], strict=True) if one == other]
        assert set(same) <= _ALIKE, (tongue, name, same)
        titles = [choice["title"] for choice in reply["quick_replies"]]
        assert len(set(titles)) == len(titles), name


@pytest.mark.parametrize(
    ("tongue", "key", "value", "said"),
    [
        ("de", "nationality", "RU", "Notiert: Staatsangehörigkeit: Russland."),
        ("fr", "nationality", "GB", "C’est noté : nationalité : Royaume-Uni."),
        ("es", "category", "B", "Anotado: B – profesional."),
        ("ja", "degree_country", "US", "確認しました：学位の取得国はアメリカ合衆国。"),
        ("ar", "age_60", "no", "تم التسجيل: «هل بلغ الشخص 60 عامًا، أو سيبلغها خلال مدة التصريح الجديد؟» لا."),
        ("th", "change", "nothing", "บันทึกแล้ว: ไม่มีอะไรเปลี่ยน"),
        ("ko", "resident_status", "ordinary", "확인했습니다: 해당 없음."),
        ("tr", "family", "unknown", "Not edildi: “Aile de geliyor mu?” Bilmiyorum."),
    ],
)
def test_what_is_noted_is_said_in_the_tongue(answers: Answers, tongue: Tongue, key: str, value: str, said: str) -> None:
    profile = Profile("extension").answered(key, value)
    (reply,) = answers.replies("utter_noted", tongue, {"profile": profile.to_dict(), "keys": [key]})
    assert reply["text"] == said and reply["language"] == tongue


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  permit_lapsed:\n", "  permit_lapsing:\n", "is missing in this tongue"),
        ("      tourist: ", "      visitor: ", "must have a text, and the choices"),
        ("{visa.visa_free_until.days} Tage", "ein Monat", "names other numbers than in English"),
        ("  photo_taken: ", "  taken: ", "is missing in this tongue"),
        ("    text: Ist es ein Praktikum?\n", "    choices: {}\n", "must be a text"),
    ],
)
def test_question_that_a_tongue_lacks_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    file = tmp_path / "data" / "frames" / "de.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=problem):
        Answers.load(tmp_path, project.catalogue())


@pytest.mark.parametrize("tongue", FRAMED)
def test_every_deadline_that_is_offered_and_the_date_it_needs_are_asked_for_in_the_tongue(answers: Answers, tongue: Tongue) -> None:
    (offer,), (plain,) = (answers.replies("utter_ask_deadline_rule", each) for each in (tongue, "en"))
    assert [reply["payload"] for reply in offer["quick_replies"]] == [reply["payload"] for reply in plain["quick_replies"]]
    assert not {reply["title"] for reply in offer["quick_replies"]} & {reply["title"] for reply in plain["quick_replies"]}
    for rule in answers.catalogue.deadlines.rules():
        (reply,) = answers.replies("utter_ask_deadline_date", tongue, {"rule": rule.id})
        assert reply["language"] == tongue and reply["text"] != rule.question["en"]


@pytest.mark.parametrize(
    ("tongue", "said"),
    [
        ("en", "Mon–Fri 09:00–12:00, 14:00–17:45, closed on public holidays"),
        ("zh", "周一至周五09:00–12:00、14:00–17:45，法定节假日不办公"),
        ("de", "Mo–Fr 09:00–12:00, 14:00–17:45, an gesetzlichen Feiertagen geschlossen"),
        ("ja", "月–金 09:00–12:00、14:00–17:45、祝日は休み"),
        ("ar", "الاثنين–الجمعة 09:00–12:00، 14:00–17:45، ومغلق في العطل الرسمية"),
        ("ru", "пн–пт 09:00–12:00, 14:00–17:45, в праздничные дни закрыто"),
    ],
)
def test_hours_of_the_desk_are_said_in_the_tongue(answers: Answers, tongue: Tongue, said: str) -> None:
    hall = answers.catalogue.stations.get(SAFE_CHOICE)
    assert hall is not None and hall.hours is not None
    assert hours_text(answers, hall.hours, tongue) == said


def test_days_that_do_not_follow_each_other_are_named_one_by_one() -> None:
    assert format_weekdays({1, 3, 6}, "de") == "Mo, Mi, Sa" and format_weekdays({6}, "en") == "Sat"


@pytest.mark.parametrize("tongue", FRAMED)
def test_offer_of_a_person_has_nothing_in_english(answers: Answers, tongue: Tongue) -> None:
    situation = {"reason": "asked", "position": 1, "expected_wait_s": None, "within_hours": True, "can_wait": True}
    given = {**situation, "why": "", "due": ""}
    (reply,) = answers.replies("utter_desk_offer_wait", tongue, given)
    assert reply["card"]["hours"] in reply["text"] and "Mon–Fri" not in reply["text"] and "closed on" not in reply["text"]
