"""What keeps the project from drifting: names, texts, settings and documents that must agree with each other."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from bot.answers import MAX_CHOICES, Answers
from bot.catalogue.profile import Profile
from bot.data_file import read_mapping, read_yaml
from bot.languages import LANGUAGES
from bot.nlu.safety import Kind
from bot.settings import ROOT
from tests import project

FEWEST = {"en": 12, "zh": 8}
TECHNICAL_INTENTS = {"choose", "several", "follow_up"}
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def answers() -> Answers:
    return project.answers()


@pytest.fixture(scope="module")
def domain() -> dict:
    return read_yaml(ROOT / "domain.yml")


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


def names(entries: list) -> set[str]:
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


def test_intents_are_exactly_the_topics(answers: Answers, domain: dict) -> None:
    assert names(domain["intents"]) - TECHNICAL_INTENTS == set(answers.topics)


@pytest.fixture(scope="module")
def questions() -> dict[str, dict[str, list[str]]]:
    """The questions of each topic by language."""
    return {path.stem: read_mapping(path)["questions"] for path in (ROOT / "data" / "topics").glob("*.yml")}


def test_every_topic_has_enough_questions_to_be_found(questions: dict[str, dict[str, list[str]]]) -> None:
    short = [
        (topic, language, len(listed.get(language, ())))
        for topic, listed in questions.items()
        for language, fewest in FEWEST.items()
        if len(listed.get(language, ())) < fewest
    ]
    assert short == []


def test_no_question_stands_in_two_places(questions: dict[str, dict[str, list[str]]]) -> None:
    counted = Counter(
        re.sub(r"[\W_]+", "", question).lower()
        for by_language in questions.values()
        for listed in by_language.values()
        for question in listed
    )
    assert [question for question, count in counted.items() if count > 1 and question] == []


def test_every_topic_is_answered(answers: Answers) -> None:
    flow_intents = set()
    for path in (ROOT / "data" / "flows").glob("*.yml"):
        for rule in read_yaml(path).get("rules", []):
            flow_intents |= {step["intent"] for step in rule["steps"] if "intent" in step}
    assert [name for name, topic in answers.topics.items() if not topic.answered and name not in flow_intents] == []


def test_answers_take_every_figure_from_a_fact(answers: Answers) -> None:
    stray = {
        (name, language): digits
        for name in sorted(answers.names)
        for language in LANGUAGES
        if (digits := answers.response(name).texts[language].stray_digits())
    }
    assert stray == {}


def test_every_faq_answer_rests_on_a_fact(answers: Answers) -> None:
    bare = [
        topic.name
        for topic in answers.topics.values()
        if topic.group == "faq" and not any(answers.replies(f"utter_{topic.name}", language)[0]["sources"] for language in LANGUAGES)
    ]
    assert bare == []


def test_no_response_has_more_than_six_quick_replies_or_loses_one(answers: Answers) -> None:
    assert MAX_CHOICES == 6
    many = [
        name
        for name in sorted(answers.names)
        if len((response := answers.response(name)).quick_replies) + len(response.follow_ups) + response.more > MAX_CHOICES
    ]
    assert many == []


def test_no_question_has_more_than_six_choices_and_all_others_are_named(answers: Answers) -> None:
    papers = answers.catalogue.papers
    profile = Profile("new_in_china", None, {})
    for asked in ("application_type", "category", *(each.id for each in papers.circumstances.to_ask)):
        question = papers.checklists.question(asked, profile)
        for language in LANGUAGES:
            reply = answers.replies("utter_ask_circumstance", language, {"question": asked, "profile": profile.to_dict()})[0]
            offered = {choice["payload"].partition("=")[2]: choice["title"] for choice in reply["quick_replies"]}
            assert len(offered) <= MAX_CHOICES and "unknown" in offered, asked
            for value, label in question.choices:
                assert value in offered or f"- {label[language]}" in reply["text"].splitlines(), (asked, value)
                assert papers.reader.read_answer(asked, label[language], profile) == value, (asked, value)


def test_every_kind_of_danger_has_a_reply_of_its_own(answers: Answers) -> None:
    replies = {f"utter_sensitive_{kind}" for kind in get_args(Kind)} | {"utter_sensitive_aside"}
    assert replies == {name for name in answers.names if name.startswith("utter_sensitive_")}


def test_what_only_talks_names_no_sources(answers: Answers) -> None:
    named = {name for name in answers.names if (topic := answers.topics.get(answers.response(name).topic or "")) and topic.group == "talk"}
    assert {"utter_out_of_scope", "utter_sensitive_self_harm"} <= named
    for name in sorted(named | {"utter_offer_person", "utter_handoff"}):
        reply = answers.replies(name, "en", {"candidates": (), "set_language": None, "line": "", "name": ""})[0]
        assert reply["sources"] == [] and reply["source_line"] is None, name


def test_answers_are_written_in_their_language(answers: Answers) -> None:
    odd = []
    for name in sorted(answers.names - {"utter_language_en", "utter_language_zh"}):
        response = answers.response(name)
        english = re.sub(r"\{[^}]*\}", "", response.texts["en"].text)
        chinese = re.sub(r"\{[^}]*\}", "", response.texts["zh"].text)
        if len(HAN.findall(english)) > 0.25 * len(english) or (re.search(r"[A-Za-z]{4}", chinese) and not HAN.search(chinese)):
            odd.append(name)
    assert odd == []


def test_answers_keep_the_voice(answers: Answers) -> None:
    loud = [
        name
        for name in sorted(answers.names)
        for language in LANGUAGES
        if re.search(r"[!！\U0001F300-\U0001FAFF]|\bI think\b", answers.response(name).texts[language].text)
    ]
    assert loud == []


def test_every_response_that_actions_name_exists(answers: Answers) -> None:
    named = set()
    for path in python_files("actions", "bot"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"utter_[a-z_]*[a-z]", node.value):
                named.add(node.value)
    # Rasa's own key for the name of a response.
    assert sorted(named - set(answers.names) - {"utter_action"}) == []


def test_every_action_is_declared_and_every_declared_action_exists(answers: Answers, domain: dict) -> None:
    # In a process of its own, because tests define actions too.
    script = "from rasa_sdk.executor import ActionExecutor as E; e = E(); e.register_package('actions'); print('\\n'.join(e.actions))"
    registered = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    declared = names(domain["actions"])
    assert set(registered) == {name for name in declared if not name.startswith("utter_")}
    assert {name for name in declared if name.startswith("utter_")} <= set(answers.names)


def test_every_setting_is_documented() -> None:
    read = set(re.findall(r'"(BOT_[A-Z_]+)"', (ROOT / "bot" / "settings.py").read_text(encoding="utf-8")))
    documented = set(re.findall(r"^(BOT_[A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert read == documented


def test_every_error_code_has_its_text_in_every_language() -> None:
    codes = set()
    for path in python_files("bot", "actions"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "")
                in {
                    "NotFound",
                    "Invalid",
                    "NotAllowed",
                    "Conflict",
                    "TooMany",
                    "AssistantUnavailable",
                }
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                codes.add(node.args[0].value)
    for language in LANGUAGES:
        texts = json.loads((ROOT / "bot" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
        assert sorted(codes - set(texts["errors"])) == [], language


def test_interface_texts_are_complete_in_every_language() -> None:
    def keys(value: object, prefix: str = "") -> set[str]:
        if not isinstance(value, dict):
            return {prefix}
        return {key for name, inner in value.items() for key in keys(inner, f"{prefix}.{name}")}

    per_language = {
        language: keys(json.loads((ROOT / "bot" / "i18n" / f"{language}.json").read_text(encoding="utf-8"))) for language in LANGUAGES
    }
    assert per_language["en"] == per_language["zh"]


def test_every_path_in_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    written_at_run_time = ("var/", "data/generated", ".venv", ".tools")
    paths = {path.rstrip("/") for path in re.findall(r"`((?:bot|data|actions|tests|deploy|docs|models|benchmarks)/[\w./-]*)`", text)}
    assert sorted(path for path in paths if not (ROOT / path).exists() and not path.startswith(written_at_run_time)) == []


def test_no_file_names_a_package_index_or_this_machine() -> None:
    hosts = "|".join(["py[p]i\\.org", "python[h]osted", "npm[j]s\\.org", "deb\\.debian[.]org"])
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    found = []
    for name in listed:
        path = ROOT / name
        if path.suffix in {".gz", ".npz", ".png"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        if re.search(hosts, text) or re.search(r"(?:^|[^A-Za-z0-9_.])/(?:wo[r]k|fa[r]m|ro[o]t)/[A-Za-z.]", text):
            found.append(name)
    assert found == []


def test_python_files_stay_small() -> None:
    assert [
        str(path) for path in python_files("bot", "actions", "tests", "deploy") if len(path.read_text(encoding="utf-8").splitlines()) > 500
    ] == []


def test_every_door_states_its_authentication() -> None:
    silent = []
    for path in [*python_files("bot/channels"), ROOT / "bot" / "http.py", ROOT / "bot" / "sockets.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            opens = isinstance(node, ast.ClassDef) and any(getattr(part, "name", "") == "routes" for part in node.body)
            if opens and "Authentication:" not in (ast.get_docstring(node) or ""):
                silent.append(f"{path.name}: {node.name}")
    assert silent == []
