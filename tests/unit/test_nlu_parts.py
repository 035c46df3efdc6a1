"""Messages in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.nlu.parts import MOST, Joints, parts_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hello", []),
        ("How long does it take?", []),
        ("How much does it cost and how long does it take?", ["How much does it cost", "how long does it take?"]),
        ("My wife is here. Can she work?", ["My wife is here.", "Can she work?"]),
        ("Hi. Where is the hall?", []),
        ("Dr. Smith of ABC Co. Ltd. wants to renew in May. How?", []),
        (
            "Good. Can I book an appointment, and what are the opening hours of the hall?",
            ["Good. Can I book an appointment", "what are the opening hours of the hall?"],
        ),
        ("费用多少，要多久", ["费用多少", "要多久"]),
        ("我在深圳上班，合同到期了，想换工作，怎么办", []),
        ("办延期要什么材料？还有去哪里交？", ["办延期要什么材料？", "还有去哪里交？"]),
        ("Was kostet das? Und wie lange dauert es?", ["Was kostet das?", "Und wie lange dauert es?"]),
        ("It costs 3.5 or 4.5 yuan", []),
        ("the first line is here\nand the second one too", ["the first line is here", "and the second one too"]),
    ],
)
def test_sentences_and_joined_questions_are_parts(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_of_many_sentences_the_questions_are_read() -> None:
    story = " ".join(f"This is sentence number {number} of my story." for number in range(30))
    parts = parts_of(f"{story} Which papers do I need? {story}")
    assert len(parts) == MOST and "Which papers do I need?" in parts


def test_parts_of_a_message_without_signs_are_short() -> None:
    assert all(len(part) <= 260 for part in parts_of(("word " * 200 + ". ") * 4))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("how long and how much", ["how long", "how much"]),
        ("How long? How much?", ["How long?", "How much?"]),
        ("is tax higher? also who pays social insurance", ["is tax higher?", "who pays social insurance"]),
        ("费用？多久？", ["费用？", "多久？"]),
        ("ต้องตรวจสุขภาพไหม แล้วค่าธรรมเนียมเท่าไหร่", ["ต้องตรวจสุขภาพไหม", "ค่าธรรมเนียมเท่าไหร่"]),
        ("fee and processing time", ["fee?", "processing time?"]),
        ("opening hours and address", ["opening hours?", "address?"]),
        ("photo size + medical + fee", ["photo size?", "medical?", "fee?"]),
        ("照片要求和体检在哪做", ["照片要求?", "体检在哪做?"]),
        ("学历认证要求，体检流程", ["学历认证要求?", "体检流程?"]),
        ("我在深圳上班，怎么延期，要多久", ["我在深圳上班，怎么延期", "要多久"]),
        ("quanto tempo ci vuole e devo fare la visita medica?", ["quanto tempo ci vuole", "devo fare la visita medica?"]),
        ("Posso trabalhar em casa e tenho que pagar imposto?", ["Posso trabalhar em casa", "tenho que pagar imposto?"]),
        ("¿Cuánto cuesta y tengo que traducir el título?", ["¿Cuánto cuesta", "tengo que traducir el título?"]),
        ("Combien ça coûte et dois-je prendre rendez-vous ?", ["Combien ça coûte", "dois-je prendre rendez-vous ?"]),
        ("Wie lange dauert es und muss ich zum Arzt?", ["Wie lange dauert es", "muss ich zum Arzt?"]),
        ("Hoe lang duurt het en moet ik mijn diploma vertalen?", ["Hoe lang duurt het", "moet ik mijn diploma vertalen?"]),
        ("Czy mogę złożyć sam i czy muszę tłumaczyć dyplom?", ["Czy mogę złożyć sam", "czy muszę tłumaczyć dyplom?"]),
        ("сколько стоит и нужно ли переводить диплом", ["сколько стоит", "нужно ли переводить диплом"]),
        ("Ne kadar sürer ve ücreti ne kadar?", ["Ne kadar sürer", "ücreti ne kadar?"]),
        ("كم التكلفة وهل أحتاج إلى فحص طبي؟", ["كم التكلفة", "هل أحتاج إلى فحص طبي؟"]),
        ("私の妻は働けますか、費用はいくらですか", ["私の妻は働けますか", "費用はいくらですか"]),
        ("비용은 얼마인가요 그리고 얼마나 걸리나요", ["비용은 얼마인가요", "얼마나 걸리나요"]),
        ("비용은 얼마이고 기간은 얼마나 걸리나요", ["비용은 얼마이고?", "기간은 얼마나 걸리나요"]),
        ("ค่าธรรมเนียมเท่าไหร่และใช้เวลานานเท่าไหร่", ["ค่าธรรมเนียมเท่าไหร่", "ใช้เวลานานเท่าไหร่"]),
    ],
)
def test_a_second_question_is_heard(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "photo and passport",
        "photo + passport",
        "Do I need a photo and a passport?",
        "Where can I do the medical?",
        "when can i do it",
        "Should I reserve a time first, and how?",
        "Is a degree needed?",
        "What is the difference between the fee and the cost?",
        "medical exam cost and duration",
        "bachelor + 2 years",
        "照片和护照要什么样的",
        "我和老婆能一起申请吗",
        "工作许可和居留许可有什么区别",
        "My contract ends in May and my boss left and what should I do",
        "Shenzhen/Guangzhou, how much",
        "働くことができますか",
        "Tengo un máster y vivo en Shenzhen",
    ],
)
def test_one_question_about_two_things_stays_whole(text: str) -> None:
    assert parts_of(text) == []


@pytest.mark.parametrize(
    "content",
    [
        "joints: x",
        "conjunctions: [and]",
        "conjunctions: {en: [and]}\nopeners: {de: [wie]}",
        "conjunctions: {en: [and]}\nopeners: {en: [how]}\njoints: ['']",
    ],
)
def test_wrong_words_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "parts.yml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError):
        Joints.load(tmp_path)


def test_a_footer_is_no_part() -> None:
    mail = "Where do I hand in the papers? And what does it cost?\n\nThis email and any attachments are confidential. Tell us of errors."
    assert parts_of(mail) == ["Where do I hand in the papers?", "And what does it cost?"]
