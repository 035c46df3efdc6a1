"""A small project for tests of Rasa: a handful of topics, one form, an action server and texts of its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from bot.data_file import read_yaml
from bot.settings import ROOT

QUESTIONS: Final[Mapping[str, tuple[str, Mapping[str, Sequence[str]]]]] = {
    "fee": (
        "faq",
        {
            "en": [
                "how much does it cost",
                "is there a fee for the permit",
                "what do I have to pay",
                "price of the application",
                "Do you charge anything for this?",
                "is it free of charge",
                "My boss asks me for money for the permit, how much is it really?",
                "cost",
            ],
            "zh": ["办工作许可要多少钱", "收费吗", "费用是多少", "要交什么钱", "是不是免费的", "办证收不收费", "交多少费用"],
            "mixed": ["apply这个要fee吗"],
        },
    ),
    "processing_time": (
        "faq",
        {
            "en": [
                "how long does it take",
                "when will my permit be ready",
                "how many days until a decision",
                "processing time please",
                "I applied two weeks ago, how long must I wait?",
                "how fast is the approval",
                "working days needed for the approval",
                "waiting time",
            ],
            "zh": ["要多久", "几天能批下来", "审批需要多长时间", "办理时限是多少", "多少个工作日", "什么时候能办好", "等多久才有结果"],
            "mixed": ["approval大概几天"],
        },
    ),
    "photo_spec": (
        "faq",
        {
            "en": [
                "what photo do you need",
                "size of the picture",
                "white background photo",
                "can I wear glasses in the photo",
                "photo requirements",
                "my picture was refused, which format must it have",
                "selfie ok for the photo?",
            ],
            "zh": ["照片要什么规格", "照片底色要求", "证件照多大", "照片可以戴眼镜吗", "照片不合格怎么办", "要白底照片吗"],
            "mixed": ["photo要白底吗"],
        },
    ),
    "lost_card": (
        "faq",
        {
            "en": [
                "I lost my permit card",
                "my card is damaged",
                "somebody stole my work permit card",
                "card gone, what now",
                "how to replace a lost permit card",
                "the plastic card broke in two",
            ],
            "zh": ["工作许可证卡丢了", "卡坏了怎么补", "证件卡遗失怎么办", "卡片被偷了", "补办卡片", "卡折断了"],
            "mixed": ["card丢了怎么补"],
        },
    ),
    "station_nearest": (
        "flow",
        {
            "en": [
                "where do I have to go",
                "which office is nearest to me",
                "closest service window",
                "find a counter near me",
                "which station is close to my place",
                "where is the office for work permits",
            ],
            "zh": ["去哪里办", "最近的办事窗口在哪", "离我最近的服务站", "附近哪里可以办理", "应该去哪个窗口", "办理地点在哪"],
        },
    ),
    "greet": ("talk", {"en": ["hello", "hi there", "good morning", "hey", "good evening"], "zh": ["你好", "您好", "早上好", "嗨", "在吗"]}),
    "cancel": (
        "talk",
        {"en": ["stop this", "cancel that", "forget it", "start over", "never mind"], "zh": ["算了", "不办了", "取消吧", "重新来", "停"]},
    ),
    "out_of_scope": (
        "talk",
        {
            "en": [
                "what will the weather be tomorrow",
                "write me a poem",
                "who won the football match",
                "recommend a restaurant in Futian",
                "how do I cook noodles",
                "tell me a joke about cats",
                "stock price of Tencent",
                "my neighbour is too loud",
                "translate this song for me",
                "how old is the universe",
            ],
            "zh": [
                "明天天气怎么样",
                "给我讲个笑话",
                "推荐一家餐厅",
                "怎么做红烧肉",
                "谁赢了球赛",
                "帮我写首诗",
                "电影票怎么买",
                "股票会涨吗",
            ],
        },
    ),
}

STRANGERS: Final = ("my cat refuses to eat fish", "best hiking trail in Norway", "怎么给汽车换轮胎", "how do magnets work")

FLOW: Final[Mapping[str, Any]] = {
    "flow": "station",
    "rules": [
        {"rule": "begin", "steps": [{"intent": "station_nearest"}, {"action": "station_form"}, {"active_loop": "station_form"}]},
        {
            "rule": "end",
            "condition": [{"active_loop": "station_form"}],
            "steps": [
                {"action": "station_form"},
                {"active_loop": None},
                {"slot_was_set": [{"requested_slot": None}]},
                {"action": "action_show_station"},
            ],
        },
        {"rule": "not sure", "steps": [{"intent": "nlu_fallback"}, {"action": "action_handle_doubt"}]},
        {"rule": "a choice nobody waits for", "steps": [{"intent": "choose"}, {"action": "utter_greet"}]},
        {"rule": "stop", "steps": [{"intent": "cancel"}, {"action": "action_cancel"}]},
    ],
}

DOMAIN: Final[Mapping[str, Any]] = {
    "version": "3.1",
    "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": False},
    "intents": [*QUESTIONS, "choose"],
    "slots": {"station_answer": {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}},
    "forms": {"station_form": {"required_slots": ["station_answer"]}},
    "actions": [
        "action_session_start",
        "validate_station_form",
        "action_ask_station_form_station_answer",
        "action_show_station",
        "action_handle_doubt",
        "action_cancel",
        *(f"utter_{topic}" for topic in QUESTIONS),
    ],
}


def write_topic(root: Path, topic: str, /, **changes: Any) -> Path:
    """The file of one topic, with `changes` to its content."""
    group, questions = QUESTIONS[topic]
    file = root / "data" / "topics" / f"{topic}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"topic": topic, "group": group, "questions": {language: list(said) for language, said in questions.items()}}
    if group != "flow":
        content["answer"] = {"en": f"About {topic}."}
    file.write_text(yaml.safe_dump({**content, **changes}, allow_unicode=True), encoding="utf-8")
    return file


def write_flow(root: Path, /, **changes: Any) -> Path:
    """The file of the station flow, with `changes` to its content."""
    file = root / "data" / "flows" / "station.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({**FLOW, **changes}, allow_unicode=True), encoding="utf-8")
    return file


def write_project(root: Path) -> Path:
    """The whole project under `root`, with the real pipeline; returns `root`."""
    for topic in QUESTIONS:
        write_topic(root, topic)
    write_flow(root)
    (root / "domain.yml").write_text(yaml.safe_dump(dict(DOMAIN), sort_keys=False), encoding="utf-8")
    shutil.copy(ROOT / "config.yml", root / "config.yml")
    endpoints = read_yaml(ROOT / "endpoints.yml")
    endpoints["nlg"] = {"type": "tests.rasa_project.texts.PlainResponses"}
    (root / "endpoints.yml").write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    return root
