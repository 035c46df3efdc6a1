"""What refers to what was said before, in sixteen languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.nlu.follow_ups import FollowUps
from bot.settings import ROOT


@pytest.fixture(scope="module")
def follow_ups() -> FollowUps:
    return FollowUps.load(ROOT)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Why?", "why"),
        ("为什么呢", "why"),
        ("點解？", "why"),
        ("Warum?", "why"),
        ("Почему?", "why"),
        ("왜요?", "why"),
        ("لماذا؟", "why"),
        ("Ama neden?", "why"),
        ("Dlaczego?", "why"),
        ("E perché?", "why"),
        ("¿Y por qué?", "why"),
        ("Waarom dan?", "why"),
        ("なぜですか？", "why"),
        ("ทำไมครับ", "why"),
        ("Pourquoi, s'il vous plaît ?", "why"),
        ("Mas por quê?", "why"),
        ("The second one, please", "2"),
        ("第二个", "2"),
        ("第二个吧", "2"),
        ("a segunda", "2"),
        ("La seconda, grazie", "2"),
        ("le deuxième", "2"),
        ("der zweite", "2"),
        ("второй", "2"),
        ("두 번째요", "2"),
        ("الثاني من فضلك", "2"),
        ("İkincisi lütfen", "2"),
        ("drugi", "2"),
        ("de tweede", "2"),
        ("二番目をお願いします", "2"),
        ("อันที่สองค่ะ", "2"),
        ("Is it too late?", "too_late"),
        ("So, am I too late?", "too_late"),
        ("来得及吗？", "too_late"),
        ("那现在还来得及吗", "too_late"),
        ("Ist es schon zu spät?", "too_late"),
        ("まだ間に合いますか", "too_late"),
        ("Primeira", "1"),
        ("das erste bitte", "1"),
        ("ข้อแรก", "1"),
        ("первый", "1"),
        ("la tercera", "3"),
        ("trzecia", "3"),
        ("三つ目", "3"),
        ("Üçüncüsü", "3"),
        ("la dernière", "last"),
        ("a última", "last"),
        ("마지막", "last"),
        ("الأخيرة", "last"),
        ("and in Chinese?", "in_chinese"),
        ("用英文说一遍", "in_english"),
        ("请用中文", "in_chinese"),
        ("auf Chinesisch bitte", "in_chinese"),
        ("en chino por favor", "in_chinese"),
        ("po chińsku proszę", "in_chinese"),
        ("중국어로도 보여주세요", "in_chinese"),
        ("s'il vous plaît en chinois", "in_chinese"),
        ("Em chinês, por favor", "in_chinese"),
        ("In cinese per favore", "in_chinese"),
        ("In het Chinees graag", "in_chinese"),
        ("Çince lütfen", "in_chinese"),
        ("По-китайски, пожалуйста", "in_chinese"),
        ("باللغة الصينية من فضلك", "in_chinese"),
        ("中国語でお願いします", "in_chinese"),
        ("ขอเป็นภาษาจีนครับ", "in_chinese"),
        ("also in English please", "in_english"),
        ("po angielsku, proszę", "in_english"),
        ("영어로 해주세요", "in_english"),
    ],
)
def test_message_that_means_something_only_after_another_is_known(follow_ups: FollowUps, text: str, kind: str) -> None:
    assert follow_ups.kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "what about my wife",
        "why is my application refused",
        "the second job",
        "my son",
        "en",
        "please",
        "el segundo trabajo",
        "对第二份工作有什么要求",
        "Does the hall speak Chinese?",
        "二番目の仕事をしてもいいですか",
    ],
)
def test_message_that_says_something_of_its_own_refers_to_nothing(follow_ups: FollowUps, text: str) -> None:
    assert follow_ups.kind_of(text) is None


@pytest.mark.parametrize(
    "content",
    [
        "other: [x]",
        "why: x",
        "why: [again]\nagain: [Again!]",
        "why: ['?']",
        "why: [why]\nbefore: [and]",
    ],
)
def test_wrong_list_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "follow_ups.yml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError):
        FollowUps.load(tmp_path)
