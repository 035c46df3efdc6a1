"""Which materials: in one sentence or step by step, with detours, in English, Chinese and both."""

from __future__ import annotations

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.calendar import local
from bot.db import now
from tests.dialogue.conftest import Reply, Talk

FIRST = "Which documents do I need for my first work permit?"
ORDINARY = "category B, degree and experience"


def is_list(reply: Reply) -> bool:
    """Whether the checklist has come."""
    return reply.card is not None and reply.card["type"] == "checklist"


async def to_the_end(talk: Talk, reply: Reply) -> Reply:
    """Answer "I don't know" by its button until there is a list."""
    for _ in range(15):
        if is_list(reply):
            return reply
        unknown = next(payload for payload in reply.offers.values() if payload.endswith("=unknown"))
        reply = await talk.chooses(unknown)
    raise AssertionError("the questions do not end")


async def test_one_sentence_asks_only_what_it_leaves_open(talk: Talk) -> None:
    reply = await talk.hears(f"I'm French, teaching English, now in Dubai, first permit. {FIRST}")
    asked: set[str] = set()
    while not is_list(reply):
        [question] = {payload.partition("=")[0] for payload in reply.offers.values()}
        asked.add(question.partition(".")[2])
        reply = await talk.chooses(f"{question}=unknown")
    assert not asked & {"application_type", "place", "purpose", "nationality", "basis"}
    assert reply.topic == "materials" and reply.card is not None
    assert reply.card["application_type"] == "new_abroad"
    assert {"M01", "M07"} <= reply.materials


async def test_step_by_step_with_buttons(talk: Talk) -> None:
    reply = await talk.hears("What documents do I need?")
    assert reply.topic == "materials" and not is_list(reply)
    await talk.chooses("choose:materials.application_type=extension")
    reply = await to_the_end(talk, await talk.chooses("nothing"))
    assert reply.card is not None and reply.card["application_type"] == "extension"
    assert {"M16", "M17"} <= reply.materials


async def test_step_by_step_in_words(talk: Talk) -> None:
    await talk.hears("What documents do I need?")
    await talk.hears("extension")
    await talk.hears("nothing has changed")
    reply = await to_the_end(talk, await talk.hears("no, I am younger than that"))
    assert reply.card is not None and reply.card["application_type"] == "extension"


@pytest.mark.parametrize("before", [(), ("first permit",), ("first permit", "abroad"), ("first permit", "abroad", "category B")])
async def test_a_mind_may_be_changed_at_every_step(talk: Talk, before: tuple[str, ...]) -> None:
    await talk.hears("What documents do I need?")
    for text in before:
        await talk.hears(text)
    reply = await to_the_end(talk, await talk.hears("no, extension"))
    assert reply.card is not None and reply.card["application_type"] == "extension"


async def test_a_question_in_between_is_answered_and_the_form_goes_on(talk: Talk) -> None:
    question = await talk.hears("What documents do I need?")
    answer, again = await talk.says("How long does it take?")
    assert answer.topic == "processing_time" and "7" in answer.text
    assert again.text == question.text
    reply = await to_the_end(talk, await talk.hears("extension"))
    assert reply.card is not None and reply.card["application_type"] == "extension"


@pytest.mark.parametrize("word", ["cancel", "start over", "取消"])
async def test_cancel_ends_the_questions_and_forgets_them(talk: Talk, word: str) -> None:
    await talk.hears("What documents do I need?")
    await talk.hears("extension")
    assert (await talk.hears(word)).topic == "cancel"
    reply = await talk.hears("What documents do I need?")
    assert "choose:materials.application_type=extension" in reply.offers.values()


async def test_i_do_not_know_goes_on(talk: Talk) -> None:
    await talk.hears("What documents do I need?")
    first = await talk.hears("first permit, I am abroad")
    second = await talk.hears("I don't know")
    assert second.text != first.text and second.topic == "materials"


async def test_without_any_idea_of_the_type_there_is_a_way_on(talk: Talk) -> None:
    await talk.hears("What documents do I need?")
    reply = await talk.hears("I don't know")
    assert reply.topic == "materials" and reply.card is None and "/handoff" in reply.offers.values()


@pytest.mark.parametrize(
    ("answer", "topics"),
    [
        ("I am a Hong Kong resident", {"materials", "hmt_residents"}),
        ("I hold the Chinese permanent resident card", {"materials", "permanent_residents"}),
    ],
)
async def test_who_needs_no_permit_gets_no_list(talk: Talk, answer: str, topics: set[str]) -> None:
    await talk.hears("What documents do I need?")
    replies = await talk.says(answer)
    assert replies[0].topic in topics
    assert not any(is_list(reply) for reply in replies)
    assert replies[0].sources


@pytest.mark.parametrize("country", ["India", "France", "Nigeria"])
async def test_the_degree_is_authenticated_on_the_route_of_its_country(talk: Talk, catalogue: Catalogue, country: str) -> None:
    sentence = f"I am outside China, first permit, {ORDINARY}, my degree is from {country} and I have a {country} passport."
    reply = await to_the_end(talk, await talk.hears(f"{FIRST} {sentence}"))
    assert reply.card is not None
    degree = next(item for item in reply.card["items"] if item["id"] == "M03")
    code, today = catalogue.papers.countries.find(country)[0].code, local(now()).date()
    route = catalogue.papers.countries.route(code, today)
    assert degree["authentication"] == route.text["en"]
    others = {catalogue.papers.countries.route(other, today).kind for other in ("FR", "NG")}
    assert len(others) == 2, "an apostille country and one without must differ"


async def test_in_chinese(talk: Talk) -> None:
    reply = await talk.hears("我要办工作许可，需要什么材料？")
    assert reply.language == "zh" and reply.topic == "materials"
    await talk.hears("人在国外")
    answer, again = await talk.says("要多久才能办好？")
    assert answer.topic == "processing_time" and answer.language == again.language == "zh"
    reply = await to_the_end(talk, await talk.hears("属于B类专业人才"))
    assert reply.language == "zh" and reply.card is not None
    assert reply.card["application_type"] == "new_abroad" and reply.card["category"] == "B"


async def test_in_two_languages_at_once(talk: Talk) -> None:
    reply = await to_the_end(talk, await talk.hears("延期 extension 需要什么材料 documents？"))
    assert reply.card is not None and reply.card["application_type"] == "extension"


@pytest.mark.parametrize(
    "text", ["Tell me about the employment contract on the list", "聘用合同这项材料有什么要求", "What must the labour contract contain?"]
)
async def test_a_single_material_by_several_names(talk: Talk, text: str) -> None:
    replies = await talk.says(text)
    assert {"material_detail", "contract"} & {replies[0].topic, *replies[0].candidates}


async def test_the_withdrawn_plastic_card_is_on_no_list(talk: Talk, catalogue: Catalogue) -> None:
    withdrawn = {material.id for material in catalogue.papers.materials.values() if material.until is not None}
    assert withdrawn
    for kind in ("extension", "change_information", "cancellation", "new_in_china", "change_employer", "new_abroad", "short_term"):
        question = await talk.hears("What documents do I need?")
        payload, label = f"choose:materials.application_type={kind}", catalogue.papers.application_types[kind].label["en"]
        reply = await to_the_end(talk, await (talk.chooses(payload) if payload in question.offers.values() else talk.hears(label)))
        assert reply.card is not None and reply.card["application_type"] == kind
        assert not reply.materials & withdrawn


async def test_a_sentence_that_names_the_application_answers_the_first_question(talk: Talk) -> None:
    await talk.hears("What documents do I need?")
    reply = await to_the_end(talk, await talk.hears("I want to change my employer"))
    assert reply.card is not None and reply.card["application_type"] == "change_employer"


async def test_an_old_button_after_the_list_changes_the_list(talk: Talk) -> None:
    await talk.hears("What documents do I need?")
    await to_the_end(talk, await talk.chooses("choose:materials.application_type=change_employer"))
    reply = await to_the_end(talk, await talk.chooses("choose:materials.application_type=extension"))
    assert reply.card is not None and reply.card["application_type"] == "extension"
