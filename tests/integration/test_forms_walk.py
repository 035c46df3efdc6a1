"""Every form met by every topic, with the project's rules and actions in Rasa: nothing is lost, asked twice or sent half."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from rasa.shared.core.trackers import DialogueStateTracker

from actions import services as installed
from bot import migrations
from bot.data_file import read_yaml
from bot.db import Database
from bot.settings import ROOT
from tests.rasa_walk import After, Walker, questions_of, walker

QUESTIONS: Final = {
    "materials_form": {"utter_ask_circumstance"},
    "station_form": {
        "utter_ask_place",
        "utter_ask_which_place",
        "utter_place_outside",
        "utter_place_outside_unnamed",
        "utter_place_unknown",
    },
    "status_form": {"utter_ask_number", "utter_ask_birth_date", "utter_ask_birth_date_again", "utter_ask_date_order"},
    "deadline_form": {"utter_ask_deadline_rule", "utter_ask_deadline_rule_again", "utter_ask_deadline_date", "utter_ask_deadline_order"},
}
ANY_QUESTION: Final = frozenset().union(*QUESTIONS.values())
FLOWS: Final = {
    "materials": "materials_form",
    "station_nearest": "station_form",
    "application_status": "status_form",
    "deadline": "deadline_form",
}
ENDING: Final = {"cancel", "handoff", "sensitive"}
RESULTS: Final = {
    "materials_form": {"utter_checklist"},
    "station_form": {"utter_stations_near", "utter_station", "utter_private_station"},
    "status_form": {"utter_private_status", "utter_status_refused"},
    "deadline_form": {"utter_private_deadline"},
}
# Yes, no and what is about something else may be wrong answers to the open question, and are then said not to be understood.
PERHAPS_ANSWERS: Final = {"affirm", "deny", "out_of_scope"}
WRITTEN: Final = ("choose", "several", "follow_up")
INTENTS: Final = [
    name
    for entry in read_yaml(ROOT / "domain.yml")["intents"]
    for name in [entry if isinstance(entry, str) else next(iter(entry))]
    if name not in WRITTEN
]
# How each place in a flow is come to: what is said and what it is about.
OPENINGS: Final[dict[str, list[tuple[str, str | None]]]] = {
    "materials: type": [("Which documents do I need?", "materials")],
    "materials: change": [("Which documents do I need?", "materials"), ("extension", None)],
    "materials: basis": [("Which documents for a first permit, category B, I am abroad?", "materials")],
    "station": [("Where do I go?", "station_nearest")],
    "status: number": [("Where is my application?", "application_status")],
    "status: birth": [("Where is my application?", "application_status"), ("{number}", None)],
    "deadline: rule": [("By when must it be done?", "deadline")],
    "deadline: date": [("Until when can we file for the extension?", "deadline")],
}
# At these every topic comes as a chosen quick reply too.
CHOSEN_AT: Final = {"materials: type", "station", "status: number", "deadline: rule"}
# Said under a topic of their own, they hold a word of an answer without being one.
NO_ANSWERS: Final = [
    ("materials: type", "boss refuses to cancel my permit", "employer_refuses"),
    ("materials: type", "they want 20000 rmb before they cancel my work permit", "employer_refuses"),
    ("materials: change", "i can't find my passport since 3 days", "lost_passport"),
    ("materials: change", "护照丢了居留许可也在里面", "lost_passport"),
    ("materials: change", "no degree", "no_degree"),
    ("materials: change", "无犯罪证明去哪开", "no_criminal_record"),
    ("materials: basis", "境外收入要在中国交税不", "tax"),
    ("materials: basis", "6 times the minimum wage of the contract, how is that worked out", "contract"),
    ("materials: basis", "template for employment certificate please", "work_experience_letter"),
    ("station", "are you open on saturday", "station_info"),
    ("station", "list of all stations", "station_list"),
    ("station", "Can I work in Guangzhou with a Shenzhen permit?", "other_city"),
    ("deadline: rule", "what's the weather today", "out_of_scope"),
    ("deadline: date", "what's the weather today", "out_of_scope"),
    ("materials: type", "what is the weather going to be like today?", "out_of_scope"),
]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Opened:
    """A conversation with an open question, to be gone back to."""

    name: str
    tracker: DialogueStateTracker
    after: After


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walker]:
    folder = tmp_path_factory.mktemp("walk")
    database = Database(f"sqlite:///{folder / 'permits.db'}")
    migrations.upgrade(database.engine)
    before = installed._current
    yield walker(folder, database)
    installed._current = before
    database.close()


@pytest.fixture
def talk(walk: Walker, request: pytest.FixtureRequest) -> Walker:
    """A new conversation."""
    walk.name, walk.language = f"{request.node.name}", "en"
    return walk


def opened(walk: Walker, name: str) -> Opened:
    """The conversation of one of `OPENINGS`."""
    walk.name, walk.language = f"{name} {next(_numbers)}", "en"
    after = None
    for text, intent in OPENINGS[name]:
        after = walk.says(text.format(number=walk.hides("NUMBER", "DEMO A 200008")), intent)
    assert after is not None and after.form is not None and after.responses[-1] in QUESTIONS[after.form], after
    return Opened(name, walk.place(), after)


def _state(after: After, form: str) -> dict[str, Any]:
    known = after.slots.get(f"{form.removesuffix('_form')}_state") or {}
    return {key: value for key, value in known.items() if key not in ("misses", "unknown")}


def faults(before: After, after: After, intent: str) -> Iterator[str]:
    """What is wrong with a turn about `intent` while the question of `before` was open."""
    assert before.form is not None
    said, asked = after.responses, [name for name in after.responses if name in ANY_QUESTION]
    if not said or any(not text.strip() for each in after.said for text in each.texts):
        yield "silence"
    if len(asked) > 1 or (after.form is None and asked) or (after.form is not None and said[-1:] != asked):
        yield "the open question is not the one that comes last"
    elif after.form is not None and said[-1] not in QUESTIONS[after.form]:
        yield "the question is another form's"
    moved = _state(after, before.form) != _state(before, before.form)
    ended = after.form != before.form
    if ended and not moved and RESULTS[before.form] & set(said):
        yield "submitted without an answer"
    for each in after.said:
        if each.response == "utter_checklist" and not any((each.params["profile"] or {}).values()):
            yield "a list for nobody"
        if each.response == "utter_stations_near" and not (each.params.get("place") or each.params.get("point")):
            yield "stations near nothing"
    if intent in ENDING:
        if after.form is not None or {name for name in after.slots if name.endswith(("_answer", "requested_slot", "interrupted_form"))}:
            yield "not ended"
        if intent == "cancel" and any(name.endswith("_state") for name in after.slots):
            yield "not forgotten"
        if intent != "cancel" and _state(before, "materials_form") and not _state(after, "materials_form"):
            yield "what is known is not kept"
        return
    if intent in FLOWS:
        if after.form not in (FLOWS[intent], None if moved or RESULTS[FLOWS[intent]] & set(said) else FLOWS[intent], before.form):
            yield f"{after.form} instead of {FLOWS[intent]}"
        if after.form == FLOWS[intent] != before.form and after.slots.get("interrupted_form") != before.form:
            yield "does not come back"
        return
    if moved:
        # It was an answer; then it was used.
        return
    if ended:
        yield f"{after.form} instead of {before.form}"
    elif said[-1] != before.responses[-1] and intent not in PERHAPS_ANSWERS:
        yield "another question"
    elif len(said) < 2 and said == before.responses[-1:]:
        yield "a question and no answer"
    elif "utter_form_not_understood" in said and intent not in PERHAPS_ANSWERS:
        yield "not understood"


@pytest.mark.parametrize("name", OPENINGS)
def test_every_topic_is_answered_and_the_question_stays(walk: Walker, name: str) -> None:
    place = opened(walk, name)
    found: list[str] = []
    taken: list[str] = []
    for intent in INTENTS:
        texts = questions_of(intent, "en")[:1] or [intent.replace("_", " ")]
        for text in [*texts, *([f"/{intent}"] if name in CHOSEN_AT else [])]:
            walk.back(place.tracker)
            after = walk.chooses(text) if text.startswith("/") else walk.says(text, intent)
            found += [f"{intent}, {text!r}: {fault} ({after.responses}, {after.form})" for fault in faults(place.after, after, intent)]
            form = str(place.after.form)
            if text.startswith("/") and intent not in ENDING and _state(after, form) != _state(place.after, form):
                taken.append(intent)
    assert not found, "\n".join(found)
    assert not taken, f"a chosen topic was taken for an answer: {taken}"


@pytest.mark.parametrize(("name", "text", "intent"), NO_ANSWERS)
def test_a_word_of_an_answer_is_not_an_answer(walk: Walker, name: str, text: str, intent: str) -> None:
    place = opened(walk, name)
    after = walk.says(text, intent)
    assert list(faults(place.after, after, intent)) == []
    assert len(after.responses) == 2 and after.responses[-1] in QUESTIONS[str(place.after.form)]
    assert _state(after, str(after.form)) == _state(place.after, str(after.form))


@pytest.mark.parametrize("name", OPENINGS)
def test_several_questions_at_once_leave_one_open(walk: Walker, name: str) -> None:
    opened(walk, name)
    parts = [{"topic": "fee", "text": "how much is it"}, {"topic": "station_nearest", "text": "where do I go"}]
    after = walk.says("How much is it, and where do I go?", "several", parts=parts)
    assert "utter_fee" in after.responses
    assert [each for each in after.responses if each in ANY_QUESTION] == after.responses[-1:]


@pytest.mark.parametrize("refers", ["why", "more", "again", "in_chinese", "1", "2", "3", "last"])
@pytest.mark.parametrize("name", ["materials: type", "station", "status: number", "deadline: rule"])
def test_what_refers_to_the_question_leaves_it_open_or_answers_it(walk: Walker, name: str, refers: str) -> None:
    place = opened(walk, name)
    after = walk.says(refers, "follow_up", follow_up=refers)
    assert after.responses and [each for each in after.responses if each in ANY_QUESTION] in ([], after.responses[-1:])
    assert after.form is not None or _state(place.after, str(place.after.form)) != {} or refers in ("1", "2", "3", "last")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("materials: type", ["the blue one", "hmm mum", "whatever you like best"]),
        ("materials: basis", ["the blue one", "hmm mum", "whatever you like best"]),
        ("station", ["the blue one", "hmm mum", "whatever you like best"]),
        ("status: number", ["I will not tell", "none of your business", "won't say"]),
        ("status: birth", ["I will not tell", "none of your business", "won't say"]),
        ("deadline: rule", ["the blue one", "hmm mum", "whatever you like best"]),
        ("deadline: date", ["the blue one", "hmm mum", "whatever you like best"]),
    ],
)
def test_three_wrong_answers_offer_a_person_and_a_yes_takes_it(walk: Walker, name: str, wrong: list[str]) -> None:
    place = opened(walk, name)
    first, *later = [walk.says(text) for text in wrong]
    assert "utter_form_offer_person" not in first.responses
    for after in later:
        assert after.responses[0] == "utter_form_offer_person" and after.responses[-1] in QUESTIONS[str(after.form)]
        assert after.form == place.after.form
    after = walk.says("yes please", "affirm")
    assert after.responses == ["utter_handoff"] and after.form is None


@pytest.mark.parametrize("name", ["materials: type", "station", "status: number", "status: birth", "deadline: rule", "deadline: date"])
def test_three_refusals_end_nothing_and_send_nothing(walk: Walker, name: str) -> None:
    place = opened(walk, name)
    for _ in range(3):
        after = walk.says("no", "deny")
        assert after.form == place.after.form and not RESULTS[str(after.form)] & set(after.responses)
    assert walk.says("stop", "cancel").form is None


def test_a_form_that_takes_long_goes_on_while_something_is_said(talk: Walker) -> None:
    talk.says("Which documents do I need?", "materials")
    for _ in range(3):
        talk.waits(minutes=40)
        after = talk.says("hm", None)
        assert after.form == "materials_form"


@pytest.mark.parametrize("name", OPENINGS)
def test_after_an_hour_of_silence_the_assistant_starts_afresh(walk: Walker, name: str) -> None:
    place = opened(walk, name)
    walk.waits(minutes=61)
    after = walk.says("how much is it?", "fee")
    assert after.responses == ["utter_fee"] and after.form is None
    assert not any(slot.endswith(("_state", "_answer")) for slot in after.slots)
    walk.back(place.tracker)
    walk.waits(minutes=59)
    assert walk.says("how much is it?", "fee").responses == ["utter_fee", place.after.responses[-1]]


@pytest.mark.parametrize("name", OPENINGS)
def test_start_over_forgets_and_the_next_question_is_the_first_again(walk: Walker, name: str) -> None:
    opened(walk, name)
    assert walk.says("start over", "cancel").responses == ["utter_cancel"]
    text, intent = OPENINGS[name][0]
    again = walk.says(text, intent)
    walk.name = f"{name} {next(_numbers)}"
    assert again.responses == walk.says(text, intent).responses


@pytest.mark.parametrize("name", OPENINGS)
def test_the_language_changes_in_the_middle(walk: Walker, name: str) -> None:
    place = opened(walk, name)
    after = walk.says("中文可以吗", "language")
    assert after.form == place.after.form and after.responses[-1] == place.after.responses[-1]
    assert any("\u4e00" <= char <= "\u9fff" for char in after.said[-1].texts[0])


def test_everything_at_once_needs_no_question(talk: Walker) -> None:
    after = talk.says("category C renewal, nothing has changed, I'm 41, no pay commitment, which documents?", "materials")
    assert after.responses == ["utter_checklist"] and after.form is None
    number, born = talk.hides("NUMBER", "DEMO A 200008"), talk.hides("DATE", "15 November 1987")
    after = talk.says(f"status of {number}, born {born}", "application_status")
    assert after.responses == ["utter_status_refused"] and after.form is None


def test_out_of_order_the_date_may_come_before_the_number(talk: Walker) -> None:
    talk.says("where is my application", "application_status")
    after = talk.says(talk.hides("DATE", "15 November 1987"))
    assert after.responses == ["utter_ask_number"]
    after = talk.says(talk.hides("NUMBER", "DEMO A 200008"))
    assert after.responses == ["utter_status_refused"] and after.form is None


def test_a_correction_changes_what_was_answered_before(talk: Walker) -> None:
    talk.says("Which documents do I need?", "materials")
    talk.says("extension")
    after = talk.says("no wait, I meant a change of employer", "change_employer")
    assert after.form == "materials_form"
    assert after.slots["materials_state"]["profile"]["application_type"] == "change_employer"


@pytest.mark.parametrize("inner", ["station_nearest", "application_status", "deadline"])
def test_an_interrupted_list_is_gone_on_with(talk: Walker, inner: str) -> None:
    talk.says("Which documents do I need?", "materials")
    talk.says("extension")
    after = talk.says("and something else", inner)
    assert after.form == FLOWS[inner]
    if inner == "station_nearest":
        after = talk.says("Nanshan")
    elif inner == "deadline":
        talk.says("extension of the permit")
        after = talk.says(talk.hides("DATE", "31 March 2027"))
    else:
        talk.says(talk.hides("NUMBER", "DEMO A 200008"))
        after = talk.says(talk.hides("DATE", "15 November 1987"))
    assert RESULTS[FLOWS[inner]] & set(after.responses)
    assert after.form == "materials_form" and after.responses[-1] == "utter_ask_circumstance"
    assert after.slots["materials_state"]["profile"]["application_type"] == "extension"
