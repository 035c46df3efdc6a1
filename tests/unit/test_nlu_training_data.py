"""From topics and flows to what Rasa trains on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import DataError
from bot.nlu.training_data import generate
from tests.rasa_project import QUESTIONS, write_flow, write_project, write_topic


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def _rules(project: Path) -> dict[str, list[Any]]:
    return {entry["rule"]: entry["steps"] for entry in yaml.load(generate(project).rules, yaml.CSafeLoader)["rules"]}


def test_the_same_input_gives_the_same_bytes(project: Path) -> None:
    assert generate(project) == generate(project)


def test_a_topic_is_answered_with_its_own_response(project: Path) -> None:
    assert _rules(project)["answer fee"] == [{"intent": "fee"}, {"action": "utter_fee"}]


def test_a_topic_of_a_flow_and_one_that_a_flow_claims_get_no_such_rule(project: Path) -> None:
    rules = _rules(project)
    assert "answer station_nearest" not in rules
    assert "answer cancel" not in rules
    assert rules["stop"][0] == {"intent": "cancel"}


def test_every_question_becomes_an_example(project: Path) -> None:
    intents = {entry["intent"]: entry["examples"] for entry in yaml.load(generate(project).nlu, yaml.CSafeLoader)["nlu"]}
    assert set(intents) == set(QUESTIONS)
    assert intents["fee"].splitlines()[0] == "- how much does it cost"
    assert "- apply这个要fee吗" in intents["fee"]


def test_examples_of_a_flow_are_added(project: Path) -> None:
    write_flow(project, examples={"fee": {"en": ["what is the damage"]}})
    assert "- what is the damage" in generate(project).nlu


def test_a_sentence_over_several_lines_becomes_one(project: Path) -> None:
    write_topic(project, "fee", questions={"en": ["I am new here.\n  What does it cost? \n"]})
    assert "- I am new here. What does it cost?" in generate(project).nlu


def test_a_topic_without_a_file_is_left_out_with_a_warning(project: Path) -> None:
    (project / "data" / "topics" / "fee.yml").unlink()
    warnings: list[str] = []
    generated = generate(project, warnings.append)
    assert generated.missing == ("fee",)
    assert warnings == ["1 intents have no examples yet and are left out: fee"]
    assert "utter_fee" not in generated.rules


def test_the_wording_of_answers_changes_nothing(project: Path) -> None:
    before = generate(project).hash
    write_topic(project, "fee", answer={"en": "Another wording."}, follow_ups=["photo_spec"], title={"en": "Fee"})
    write_flow(project, responses={"utter_new": {"en": "Hello", "zh": "你好"}})
    assert generate(project).hash == before


@pytest.mark.parametrize("change", ["question", "rule", "domain", "config"])
def test_whatever_the_model_depends_on_changes_the_hash(project: Path, change: str) -> None:
    before = generate(project).hash
    if change == "question":
        write_topic(project, "fee", questions={"en": ["only this"]})
    elif change == "rule":
        write_flow(project, rules=[])
    else:
        file = project / f"{change}.yml"
        file.write_text(file.read_text(encoding="utf-8").replace("60", "61").replace("0.3", "0.4"), encoding="utf-8")
    assert generate(project).hash != before


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"topic": "fees"}, "topic", "name of the file"),
        ({"group": "other"}, "group", "must be one of flow, faq, talk"),
        ({"questions": {}}, "questions", "mapping"),
        ({"questions": {"vi": ["bao nhiêu"]}}, "questions.vi", "must be one of"),
        ({"questions": {"en": "cost"}}, "questions.en", "list of sentences"),
        ({"questions": {"en": ["cost", True]}}, "questions.en", "quote yes, no"),
        ({"questions": {"en": [" "]}}, "questions.en", "no text"),
        ({"questions": {"en": ["/fee"]}}, "questions.en", "slash"),
        ({"questions": {"en": ["the [fee](money)"]}}, "questions.en", "brackets"),
        ({"questions": {"en": ["What photo do you need"]}}, "questions.en", "stands under"),
    ],
)
def test_an_error_in_a_topic_names_file_entry_and_field(project: Path, changes: dict[str, Any], field: str, problem: str) -> None:
    write_topic(project, "photo_spec")
    file = write_topic(project, "fee", **changes)
    with pytest.raises(DataError) as refused:
        generate(project)
    error = refused.value
    if problem != "stands under":
        assert (error.file, error.field) == (str(file), field)
    assert problem in error.problem


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"rules": [{"rule": "x", "steps": [{"intent": "nobody"}]}]}, "intent 'nobody' is not in domain.yml"),
        ({"rules": [{"rule": "x", "steps": [{"intent": "fee"}, {"action": "utter_x"}]}]}, "action 'utter_x' is not in domain.yml"),
        ({"rules": [{"rule": True, "steps": []}]}, "the name True is no text"),
        ({"rules": ["x"]}, "needs a name and steps"),
        ({"flow": "other"}, "name of the file"),
        ({"examples": {"fee": ["x"]}}, "mapping of languages"),
    ],
)
def test_an_error_in_a_flow_says_what_is_wrong(project: Path, changes: dict[str, Any], problem: str) -> None:
    write_flow(project, **changes)
    with pytest.raises(DataError, match=r"station\.yml") as refused:
        generate(project)
    assert problem in refused.value.problem


def test_a_topic_that_the_domain_does_not_list_is_refused(project: Path) -> None:
    file = project / "data" / "topics" / "visa.yml"
    file.write_text(yaml.safe_dump({"topic": "visa", "group": "faq", "questions": {"en": ["visa"]}}), encoding="utf-8")
    with pytest.raises(DataError, match=r"domain\.yml: intents: visa"):
        generate(project)


def test_rasa_gets_to_know_every_topic_by_a_few_examples(project: Path) -> None:
    generated = generate(project)
    few = {entry["intent"]: entry["examples"].splitlines() for entry in yaml.load(generated.first_examples(), yaml.CSafeLoader)["nlu"]}
    assert few.keys() == {topic for _, topic in generated.examples}
    assert max(map(len, few.values())) == 2
    for sentence, topic in generated.examples:
        assert f"- {sentence}\n" in generated.nlu, topic


@pytest.mark.parametrize(("content", "problem"), [("topic: fee\ntopic: fee\n", "twice"), ("topic: [", "line"), ("- fee\n", "mapping")])
def test_broken_yaml_is_refused_with_its_place(project: Path, content: str, problem: str) -> None:
    file = project / "data" / "topics" / "fee.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=problem) as refused:
        generate(project)
    assert refused.value.file == str(file)
