"""No question is asked whose answer changes nothing, and never many."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue.checklist import Question
from bot.catalogue.profile import Profile
from tests.unit.papers_fixture import TODAY, papers

MOST = 7


def answers_to(question: Question) -> list[str]:
    if question.kind == "country":
        return list(papers().countries.samples(TODAY))
    return [value for value, _ in question.choices]


@settings(max_examples=60)
@given(st.data())
def test_every_question_changes_the_list_and_there_are_few(data: st.DataObject) -> None:
    checklists = papers().checklists
    profile = Profile(
        data.draw(st.sampled_from([None, *papers().application_types.wire])), data.draw(st.sampled_from([None, "A", "B", "C"]))
    )
    for _ in range(MOST + 1):
        question = checklists.next_question(profile, TODAY)
        if question is None:
            return
        values = answers_to(question)
        lists = [checklists.checklist(profile.answered(question.id, value), TODAY) for value in values]
        contents = [(each.application_type, each.items, each.notes, each.outcome) for each in lists]
        assert any(each != contents[0] for each in contents[1:]), question.id
        assert question.id not in profile.context()
        profile = profile.answered(question.id, data.draw(st.sampled_from([*values, "unknown"])))
    raise AssertionError(f"more than {MOST} questions: {profile}")


def asked(profile: Profile, **answers: str) -> list[str]:
    order = []
    while (question := papers().checklists.next_question(profile, TODAY)) is not None:
        order.append(question.id)
        profile = profile.answered(question.id, answers.get(question.id, "unknown"))
    return order


def test_type_comes_first_then_category() -> None:
    assert asked(Profile(), application_type="new_abroad", category="B")[:2] == ["application_type", "category"]


def test_person_who_wants_a_first_permit_is_asked_only_where_they_are() -> None:
    order = asked(Profile(None, None, {"purpose": "new"}), place="abroad", category="C")
    assert order[:2] == ["place", "category"]
    assert "application_type" not in order


def test_ordinary_b_applicant_is_asked_three_things_after_the_category() -> None:
    assert asked(Profile("new_abroad", "B"), basis="degree_experience", degree_country="GB", nationality="GB") == [
        "basis",
        "degree_country",
        "nationality",
    ]


def test_category_is_not_asked_where_it_changes_nothing() -> None:
    for application_type in ("short_term", "change_information", "cancellation"):
        assert "category" not in asked(Profile(application_type))


def test_what_was_read_is_not_asked() -> None:
    order = asked(Profile("new_abroad", "B", {"degree_country": "GB", "nationality": "GB", "basis": "points"}))
    assert order == []


def test_rows_of_low_value_stay_if_and_are_not_asked() -> None:
    never = {key for key, each in papers().circumstances.items() if each.rank is None}
    assert {"family", "former_chinese", "rep_office", "lived_in_china"} <= never


def test_answers_offered_depend_on_the_type() -> None:
    question = papers().checklists.question("change", Profile("change_information"))
    assert "nothing" not in dict(question.choices)
    assert "nothing" in dict(papers().checklists.question("change", Profile("extension")).choices)
