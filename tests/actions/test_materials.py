"""Materials: what is asked, what is read, and how an answer corrects another."""

from __future__ import annotations

from typing import Any

import pytest

from actions import materials
from actions.dates import today
from actions.materials import AnswerOrList, ShowMaterial
from actions.person import RequestPerson
from actions.talk import HandleDoubt
from bot.answers import Answers
from bot.catalogue.profile import Profile
from tests.actions.conftest import Conversation

RUN, VALIDATE, ASK = materials.ACTIONS


def profile(conversation: Conversation) -> dict[str, Any]:
    """Type, category and circumstances that the flow knows."""
    known = conversation.slots["materials_state"]["profile"]
    found = {**known["circumstances"], "application_type": known["application_type"], "category": known["category"]}
    return {key: value for key, value in found.items() if value is not None}


def asked(conversation: Conversation) -> str:
    """The question that the form asks now."""
    [(response, params)] = conversation.runs(ASK).said
    assert response == "utter_ask_circumstance"
    return str(params["question"])


def test_one_sentence_leaves_only_what_it_does_not_say(conversation: Conversation) -> None:
    conversation.hears("I'm French, teaching English, now in Dubai, first permit", "materials").runs(RUN)
    known = profile(conversation)
    assert known["application_type"] == "new_abroad" and known["nationality"] == "FR" and known["basis"] == "language_teacher"
    assert asked(conversation) not in known


def test_nothing_known_asks_for_the_type(conversation: Conversation) -> None:
    conversation.hears("which papers", "materials").runs(RUN)
    assert asked(conversation) == "application_type"


def test_which_papers_after_an_answer_about_one_kind_of_application_means_that_kind(conversation: Conversation) -> None:
    conversation.hears("the embassy gave me a new passport", "passport_change")
    conversation.events.append({"event": "bot", "metadata": {"utter_action": "utter_passport_change"}})
    (response, params), *_ = conversation.hears("so which papers?", "materials").runs(RUN).said
    assert response == "utter_noted" and set(params["keys"]) == {"application_type", "change"}
    assert profile(conversation) == {"application_type": "change_information", "change": "passport"}


def test_which_papers_with_a_kind_of_its_own_means_its_own(conversation: Conversation) -> None:
    conversation.hears("the embassy gave me a new passport", "passport_change")
    conversation.events.append({"event": "bot", "metadata": {"utter_action": "utter_passport_change"}})
    assert conversation.hears("which papers for an extension?", "materials").runs(RUN).responses == []
    assert profile(conversation) == {"application_type": "extension"}


def test_a_topic_chosen_when_asked_back_keeps_what_was_said(conversation: Conversation) -> None:
    conversation.hears("extension for a Frenchman of 45, what now", candidates=("extension", "materials")).runs(HandleDoubt)
    conversation.hears("/materials", "materials").runs(RUN)
    assert profile(conversation)["application_type"] == "extension"


def test_a_topic_chosen_without_having_been_asked_back_keeps_nothing(conversation: Conversation) -> None:
    conversation.hears("extension for a Frenchman of 45, how much", "fee")
    conversation.hears("/materials", "materials").runs(RUN)
    assert "nationality" not in profile(conversation)


def test_a_phrase_for_the_answer_is_one_even_where_it_sounds_like_a_call_for_a_person(conversation: Conversation) -> None:
    conversation.hears("注销需要哪些材料", "materials", language="zh").runs(RUN)
    assert asked(conversation) == "cancel_case"
    conversation.hears("员工失联，找不到人", "handoff", language="zh").runs(VALIDATE)
    assert profile(conversation)["cancel_case"] == "employee_missing"


def test_a_call_for_a_person_is_no_answer(conversation: Conversation) -> None:
    conversation.hears("注销需要哪些材料", "materials", language="zh").runs(RUN)
    assert asked(conversation) == "cancel_case"
    assert conversation.hears("转人工", "handoff", language="zh").runs(VALIDATE).events == []


@pytest.mark.parametrize("text", ["Now another colleague, an extension. Which papers?", "还有一个同事要延期，要什么材料"])
def test_of_somebody_else_nothing_is_known(conversation: Conversation, text: str) -> None:
    conversation.slots["materials_state"] = {"profile": {"application_type": "extension", "category": "A", "circumstances": {}}}
    conversation.hears(text, "materials").runs(RUN)
    assert profile(conversation) == {"application_type": "extension"}


@pytest.mark.parametrize("text", ["degree and experience, normal software job", "本科加五年工作经验"])
def test_an_answer_is_one_although_its_words_sound_like_a_topic(conversation: Conversation, text: str) -> None:
    conversation.hears("first permit from abroad, category B", "materials").runs(RUN)
    assert asked(conversation) == "basis"
    conversation.hears(text, "work_experience_letter").runs(VALIDATE)
    assert profile(conversation)["basis"] == "degree_experience"


def test_a_question_that_may_be_one_of_several_is_asked_back_inside_the_form(conversation: Conversation) -> None:
    conversation.hears("first permit from abroad, category B", "materials").runs(RUN)
    conversation.hears("how many photos?", candidates=("photo_spec", "material_detail"))
    assert conversation.runs(VALIDATE).responses == []
    assert conversation.runs(HandleDoubt).responses == ["utter_ask_back"]


def test_who_comes_back_from_a_person_goes_on_with_the_list_or_begins_another(conversation: Conversation) -> None:
    conversation.hears("I'm French, teaching English, now in Dubai, first permit", "materials").runs(RUN)
    known, question = profile(conversation), asked(conversation)
    outcome = conversation.hears("a person", "handoff").runs(RequestPerson)
    assert outcome.ends_loop and profile(conversation) == known
    conversation.hears("so what papers do I need now?", "materials").runs(RUN)
    assert profile(conversation) == known and asked(conversation) == question

    conversation.hears("a person", "handoff").runs(RequestPerson)
    conversation.hears("what do I need for an extension", "materials").runs(RUN)
    assert profile(conversation) == {"application_type": "extension"}


def test_what_was_told_to_an_officer_is_said_once_and_not_asked_again(conversation: Conversation) -> None:
    told = {"application_type": None, "category": None, "circumstances": {"nationality": "PH", "place": "in_china"}}
    conversation.slots["materials_state"] = {"profile": told, "unfinished": True, "overheard": ["nationality", "place"]}
    [(response, params)] = conversation.hears("what do I need to extend my permit?", "materials").runs(RUN).said
    assert response == "utter_noted" and params["keys"] == ["nationality", "place"]
    assert profile(conversation) == {"application_type": "extension", "nationality": "PH", "place": "in_china"}
    assert asked(conversation) not in profile(conversation)
    assert conversation.hears("and the papers?", "materials").runs(RUN).responses == []


def test_what_was_told_to_an_officer_survives_another_one(conversation: Conversation) -> None:
    told = {"application_type": "extension", "category": None, "circumstances": {"nationality": "PH"}}
    state = {"profile": told, "unfinished": True, "overheard": ["nationality"]}
    conversation.slots["materials_state"] = state
    conversation.hears("a person", "handoff").runs(RequestPerson)
    assert conversation.slots["materials_state"] == state


def test_every_answer_may_be_unknown_until_there_is_a_list(conversation: Conversation) -> None:
    conversation.hears("first permit from abroad", "materials").runs(RUN)
    for _ in range(20):
        question = asked(conversation)
        outcome = conversation.hears("", choice=f"materials.{question}=unknown").runs(VALIDATE)
        if outcome.slots["materials_answer"] == "done":
            break
    assert conversation.runs(RUN).responses == ["utter_checklist"]


def test_without_any_idea_of_the_type_there_is_no_list_but_a_way_on(conversation: Conversation) -> None:
    conversation.hears("which papers", "materials").runs(RUN)
    conversation.hears("I don't know").runs(VALIDATE)
    assert conversation.runs(RUN).responses == ["utter_checklist_type_unknown"]


@pytest.mark.parametrize("sentence", ["no, extension", "sorry, I mean an extension", "不对，是延期"])
def test_a_mind_may_be_changed_at_any_question(conversation: Conversation, sentence: str) -> None:
    conversation.hears("first permit from abroad, category B", "materials").runs(RUN)
    asked(conversation)
    conversation.hears(sentence, "nlu_fallback").runs(VALIDATE)
    assert profile(conversation)["application_type"] == "extension"


def test_an_old_quick_reply_corrects_an_earlier_answer(conversation: Conversation) -> None:
    conversation.hears("first permit from abroad, category B", "materials").runs(RUN)
    conversation.hears("", choice="materials.category=A").runs(VALIDATE)
    assert profile(conversation)["category"] == "A"


def test_a_question_of_which_the_classifier_is_sure_is_left_to_the_rules(conversation: Conversation) -> None:
    conversation.hears("extension", "materials").runs(RUN)
    assert conversation.hears("how long does the extension take?", "processing_time").runs(VALIDATE).events == []


@pytest.mark.parametrize("intent", ["cancel", "greet", "handoff", "language"])
def test_talk_is_left_to_the_rules_even_when_it_could_be_an_answer(conversation: Conversation, intent: str) -> None:
    conversation.hears("what do I need", "materials").runs(RUN)
    assert conversation.hears("cancel", intent).runs(VALIDATE).events == []


def test_the_answer_wins_over_a_topic_that_is_named_like_it(conversation: Conversation) -> None:
    conversation.hears("what do I need", "materials").runs(RUN)
    conversation.hears("extension", "extension").runs(VALIDATE)
    assert profile(conversation)["application_type"] == "extension"


@pytest.mark.parametrize(
    ("text", "intent", "known"),
    [
        ("I want to change my employer", "change_employer", {"application_type": "change_employer"}),
        ("my passport is new", "passport_change", {"application_type": "change_information", "change": "passport"}),
        ("my boss let me go", "cancellation", {"application_type": "cancellation"}),
    ],
)
def test_a_topic_that_names_the_type_answers_the_question_for_it(
    conversation: Conversation, text: str, intent: str, known: dict[str, str]
) -> None:
    conversation.hears("what do I need", "materials").runs(RUN)
    conversation.hears(text, intent).runs(VALIDATE)
    assert known.items() <= profile(conversation).items()


def answers_in_turn(conversation: Conversation, *texts: str) -> None:
    """The applicant types one answer after the other; the classifier is never sure."""
    for text in texts:
        conversation.hears(text, "nlu_fallback").runs(VALIDATE)


def test_the_country_of_the_degree_does_not_change_the_nationality(conversation: Conversation) -> None:
    conversation.hears("I am Indian, first permit, abroad, category B, materials", "materials").runs(RUN)
    answers_in_turn(conversation, "degree and 2 years")
    assert asked(conversation) == "degree_country"
    answers_in_turn(conversation, "Germany")
    assert profile(conversation)["degree_country"] == "DE" and profile(conversation)["nationality"] == "IN"
    assert conversation.services is not None
    catalogue = conversation.services.catalogue
    found = catalogue.papers.checklists.checklist(Profile.from_dict(conversation.slots["materials_state"]["profile"]), today())
    certificate = next(item for item in found.items if item.id == "M04")
    assert certificate.authentication == catalogue.papers.countries.route("IN", today()).text


def test_the_nationality_stays_open_after_the_country_of_the_degree(conversation: Conversation) -> None:
    conversation.hears("First permit, I am abroad", "materials").runs(RUN)
    answers_in_turn(conversation, "B", "degree and 2 years", "Germany")
    assert profile(conversation)["degree_country"] == "DE" and "nationality" not in profile(conversation)
    assert asked(conversation) == "nationality"


@pytest.mark.parametrize(
    ("start", "intent", "text", "known"),
    [
        ("which papers", "cancel", "cancellation", {"application_type": "cancellation"}),
        ("which papers", "cancel", "job ended", {"application_type": "cancellation"}),
        ("which papers", "greet", "new", {"purpose": "new"}),
        ("which papers", "in_country", "first permit", {"purpose": "new"}),
        ("which papers", "in_country", "first permit abroad", {"application_type": "new_abroad"}),
        ("which papers", "thanks", "the fourth one", {"application_type": "extension"}),
        ("which papers", "process_overview", "90 days or less", {"application_type": "short_term"}),
        ("cancellation", "illegal_work", "the company is gone", {"cancel_case": "employer_gone"}),
        ("cancellation", "capabilities", "employer no longer exists", {"cancel_case": "employer_gone"}),
        ("first permit from abroad, category B", "no_degree", "degree and 2 years", {"basis": "degree_experience"}),
        ("first permit from abroad, category B", "language", "学历加2年经历", {"basis": "degree_experience"}),
    ],
)
def test_a_typed_label_is_the_answer_whatever_the_topic(
    conversation: Conversation, start: str, intent: str, text: str, known: dict[str, str]
) -> None:
    conversation.hears(start, "materials").runs(RUN)
    conversation.hears(text, intent).runs(VALIDATE)
    assert known.items() <= profile(conversation).items()


@pytest.mark.parametrize("text", ["English please", "in English", "说中文", "Chinese"])
def test_a_language_is_still_asked_for(conversation: Conversation, text: str) -> None:
    conversation.hears("which papers", "materials").runs(RUN)
    assert conversation.hears(text, "language").runs(VALIDATE).events == []


def test_a_first_permit_is_taken_and_the_place_asked(conversation: Conversation) -> None:
    conversation.hears("which papers", "materials").runs(RUN)
    answers_in_turn(conversation, "new")
    assert asked(conversation) == "place"


@pytest.mark.parametrize("intent", ["nlu_fallback", "language", "greet", "category_criteria"])
def test_what_a_message_adds_is_noted_when_the_question_stays(conversation: Conversation, intent: str) -> None:
    conversation.hears("which papers", "materials").runs(RUN)
    [(response, params)] = conversation.hears("American", intent).runs(VALIDATE).said
    assert response == "utter_noted" and params["keys"] == ["nationality"]
    assert asked(conversation) == "application_type"


@pytest.mark.parametrize(
    ("profile_known", "keys", "english", "chinese"),
    [
        ({"circumstances": {"nationality": "US"}}, ["nationality"], "Noted: nationality United States.", "已记下：国籍美国。"),
        (
            {"circumstances": {"basis": "language_teacher", "degree_country": "DE"}},
            ["basis", "degree_country"],
            "Noted: Teaching my mother tongue, degree from Germany.",
            "已记下：教母语的外语教师、学位取得地德国。",
        ),
        (
            {"application_type": "extension", "circumstances": {}},
            ["application_type"],
            "Noted: Extension (same employer).",
            "已记下：延期（同一单位）。",
        ),
        ({"circumstances": {"family": "yes"}}, ["family"], "Noted: “Is family coming along?” Yes.", "已记下：“是否有家属随行？”是。"),
    ],
)
def test_notes_are_said_in_words(answers: Answers, profile_known: dict[str, Any], keys: list[str], english: str, chinese: str) -> None:
    for language, text in (("en", english), ("zh", chinese)):
        [reply] = answers.replies("utter_noted", language, {"profile": profile_known, "keys": keys})  # type: ignore[arg-type]
        assert reply["text"].strip() == text


@pytest.mark.parametrize("key", ["nationality", "degree_country", "no_crime_country"])
def test_every_country_can_be_noted(answers: Answers, key: str) -> None:
    assert all(answers.text(f"utter_noted_{key}", language, country="X") for language in ("en", "zh"))  # type: ignore[arg-type]


LISTS = [
    "I am a British teacher, first permit, still in London, what papers?",
    "materials for a short term performance of two weeks",
    "I'm Indian, my degree is from Germany. list of materials",
    "我是英国人，教英语，要准备什么材料",
    "I'm British, first permit, still in London",
]


@pytest.mark.parametrize("text", LISTS)
@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope"])
def test_a_list_is_made_although_the_classifier_is_not_sure(conversation: Conversation, text: str, intent: str) -> None:
    outcome = conversation.hears(text, intent, candidates=("language_teachers", "materials")).runs(HandleDoubt)
    assert outcome.next_action == "materials_form" or outcome.responses == ["utter_checklist"]


@pytest.mark.parametrize("text", LISTS)
def test_a_list_is_made_although_a_neighbour_seems_certain(conversation: Conversation, text: str) -> None:
    outcome = conversation.hears(text, "language_teachers").runs(AnswerOrList)
    assert outcome.next_action == "materials_form" or outcome.responses == ["utter_checklist"]


@pytest.mark.parametrize("text", ["Can I teach English as an Indian?", "do language teachers need two years", "外教需要两年经验吗"])
def test_a_question_about_the_neighbour_gets_its_answer(conversation: Conversation, text: str) -> None:
    assert conversation.hears(text, "language_teachers").runs(AnswerOrList).responses == ["utter_language_teachers"]


def test_a_language_teacher_is_not_asked_for_the_category(conversation: Conversation) -> None:
    conversation.hears("I'm British, teaching English, first permit from abroad", "materials").runs(RUN)
    assert asked(conversation) == "teaching_qualification"
    conversation.hears("category A", "nlu_fallback").runs(VALIDATE)
    assert profile(conversation)["category"] == "A"


def test_what_is_known_already_is_no_answer(conversation: Conversation) -> None:
    conversation.hears("first permit, I am French and in Dubai", "materials").runs(RUN)
    assert conversation.hears("France", "nlu_fallback").runs(VALIDATE).responses == ["utter_form_not_understood"]


@pytest.mark.parametrize("word", ["不知道", "I don't know", "no idea"])
def test_not_knowing_is_an_answer(conversation: Conversation, word: str) -> None:
    conversation.hears("first permit from abroad", "materials").runs(RUN)
    question = asked(conversation)
    outcome = conversation.hears(word, "nlu_fallback").runs(VALIDATE)
    assert outcome.responses == [] and profile(conversation).get(question) != "missing"
    assert conversation.slots["materials_state"].get("asked") != question


def test_the_next_question_after_a_list_goes_on_from_it(conversation: Conversation) -> None:
    conversation.slots["materials_state"] = {"profile": {"application_type": "extension", "category": "B", "circumstances": {}}}
    conversation.hears("and for category A?", "materials").runs(RUN)
    known = profile(conversation)
    assert known["application_type"] == "extension" and known["category"] == "A"


def test_another_application_starts_anew(conversation: Conversation) -> None:
    conversation.slots["materials_state"] = {
        "profile": {"application_type": "extension", "category": "B", "circumstances": {"change": "passport"}}
    }
    conversation.hears("what do I need for a first permit from abroad", "materials").runs(RUN)
    assert not {"category", "change"} & set(profile(conversation))


def test_asking_for_the_list_again_in_the_middle_keeps_what_was_said(conversation: Conversation) -> None:
    conversation.hears("first permit from abroad, category B", "materials").runs(RUN)
    conversation.hears("which documents do I need?", "materials").runs(RUN)
    assert profile(conversation)["category"] == "B" and profile(conversation)["application_type"] == "new_abroad"


@pytest.mark.parametrize(
    "sentence", ["I am a Hong Kong resident", "I hold the five-star permanent resident card", "我是台湾人", "我有永居卡"]
)
def test_who_needs_no_permit_is_told_so_without_a_question(conversation: Conversation, sentence: str) -> None:
    outcome = conversation.hears(f"{sentence}, first permit", "materials").runs(RUN)
    assert outcome.responses == ["utter_checklist"]


def test_a_choice_after_the_list_changes_the_list(conversation: Conversation) -> None:
    conversation.slots["materials_state"] = {"profile": {"application_type": "extension", "category": "B", "circumstances": {}}}
    step = materials.FLOW.choose(conversation.hears("", choice="materials.category=A").turn(), conversation.slots["materials_state"])
    assert step is not None and step.state["profile"]["category"] == "A"


def test_a_choice_of_an_older_catalogue_is_too_late(conversation: Conversation) -> None:
    assert materials.FLOW.choose(conversation.hears("", choice="materials.category=Z").turn(), {}) is None


@pytest.mark.parametrize(
    "names",
    [
        ("the police certificate", "无犯罪记录证明要怎么弄", "no criminal record"),
        ("the employment contract", "聘用合同", "labour contract"),
    ],
)
def test_a_material_is_shown_by_any_of_its_names(conversation: Conversation, names: tuple[str, ...]) -> None:
    shown = set()
    for name in names:
        [(response, params)] = conversation.hears(name, "material_detail").runs(ShowMaterial).said
        assert response == "utter_material"
        shown.add(params["material"])
    assert len(shown) == 1


def test_an_unnamed_material_is_asked_for(conversation: Conversation) -> None:
    assert conversation.hears("tell me about that paper", "material_detail").runs(ShowMaterial).responses == ["utter_ask_material"]


def test_a_withdrawn_material_is_said_to_be_withdrawn(conversation: Conversation) -> None:
    assert conversation.services is not None
    papers = conversation.services.catalogue.papers
    withdrawn = [each for each in papers.materials.values() if each.until is not None]
    assert withdrawn
    for each in withdrawn:
        outcome = conversation.hears(each.aliases[0], "material_detail").runs(ShowMaterial)
        assert outcome.said == [("utter_material_withdrawn", {"material": each.id})]


def test_a_material_is_shown_as_it_is_for_the_person_of_the_list(conversation: Conversation) -> None:
    conversation.slots["materials_state"] = {"profile": {"application_type": "extension", "category": None, "circumstances": {}}}
    [(_, params)] = conversation.hears("the contract", "material_detail").runs(ShowMaterial).said
    assert params["profile"]["application_type"] == "extension"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("boss refuses to cancel my permit", "employer_refuses"),
        ("i can't find my passport since 3 days", "lost_passport"),
        ("护照丢了居留许可也在里面", "lost_passport"),
    ],
)
def test_what_is_told_under_another_topic_is_no_answer(conversation: Conversation, text: str, intent: str) -> None:
    conversation.hears("documents", "materials").runs(RUN)
    conversation.hears("extension").runs(VALIDATE)
    before = profile(conversation)
    assert conversation.hears(text, intent).runs(VALIDATE).events == []
    assert profile(conversation) == before


@pytest.mark.parametrize(
    ("asked_for", "text", "language", "value"),
    [
        ("visa_kind", "Visumfrei, gegenseitiges Abkommen", "de", "visa_free_mutual"),
        ("visa_kind", "- autre chose", "fr", "other"),
        ("visa_kind", "観光ビザ", "ja", "tourist"),
        ("basis", "Świeżo uzyskany magister lub doktorat", "pl", "graduate"),
        ("application_type", "ยกเลิก", "th", "cancellation"),
        ("application_type", "取り消し", "ja", "cancellation"),
        ("category", "C – прочие", "ru", "C"),
    ],
)
def test_choice_that_is_only_named_may_be_typed_in_its_tongue(
    conversation: Conversation, asked_for: str, text: str, language: str, value: str
) -> None:
    known = {"application_type": None if asked_for == "application_type" else "new_in_china", "category": None, "circumstances": {}}
    conversation.hears("documents", "materials").runs(RUN)
    conversation.slots["materials_state"] = {"profile": known, "asked": asked_for}
    conversation.hears(text, "out_of_scope", language=language).runs(VALIDATE)
    assert profile(conversation)[asked_for] == value


def test_words_that_two_choices_share_choose_neither(conversation: Conversation) -> None:
    conversation.hears("書類", "materials", language="ja").runs(RUN)
    conversation.hears("初めての許可", language="ja").runs(VALIDATE)
    assert profile(conversation).get("application_type") is None
