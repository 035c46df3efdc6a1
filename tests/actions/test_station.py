"""Where to go: places as people name them, positions that stay hidden, and stations by name."""

from __future__ import annotations

import pytest

from actions import station
from actions.station import ListStations, ShowStation
from tests.actions.conftest import Conversation

RUN, VALIDATE, ASK = station.ACTIONS


@pytest.mark.parametrize(
    "text",
    [
        "nearest to Nanshan",
        "Xili Sub-district",
        "near Chegongmiao metro station",
        "from Window of the World",
        "Shenzhen University",
        "西麗湖附近",
        "huaqiangbei",
        "nearest station from Futan",
        "我在科技园",
    ],
)
def test_a_place_in_the_first_message_is_enough(conversation: Conversation, text: str) -> None:
    [(response, params)] = conversation.hears(text, "station_nearest").runs(RUN).said
    assert response == "utter_stations_near" and params["place"]


def test_without_a_place_it_is_asked_for_and_the_matter_is_kept(conversation: Conversation) -> None:
    outcome = conversation.hears("where can I hand in my extension", "station_nearest").runs(RUN)
    assert outcome.next_action == "station_form"
    assert conversation.runs(ASK).responses == ["utter_ask_place"]
    matter = conversation.slots["station_state"].get("matter")
    conversation.hears("Nanshan").runs(VALIDATE)
    [(_, params)] = conversation.runs(RUN).said
    assert params["matter"] == matter


@pytest.mark.parametrize("text", ["最近的办理点在哪里", "Where is the nearest station?"])
def test_asking_for_a_counter_says_nothing_about_the_matter(conversation: Conversation, text: str) -> None:
    conversation.hears(text, "station_nearest").runs(RUN)
    assert "matter" not in conversation.slots["station_state"]


@pytest.mark.parametrize("position", ["22.5329, 113.9305", "https://uri.amap.com/marker?position=113.9305,22.5329"])
def test_a_position_stays_behind_a_token(conversation: Conversation, position: str) -> None:
    token = conversation.hides("POINT", position)
    [(response, params)] = conversation.hears(f"nearest to {token}", "station_nearest").runs(RUN).said
    assert response == "utter_private_station" and set(params) == {"private"}
    result = conversation.finds(params["private"])
    assert result["response"] == "utter_stations_near"
    assert result["params"]["point"] == pytest.approx([22.53, 113.93], abs=0.01)
    assert "22.5" not in str(conversation.slots)


def test_a_position_whose_time_is_over_is_asked_for_again(conversation: Conversation, clock: object) -> None:
    token = conversation.hides("POINT", "22.5329, 113.9305")
    conversation.slots |= {"station_state": {"point": token}, "station_answer": "done"}
    clock.forward(hours=3)  # type: ignore[attr-defined]
    assert conversation.hears("x").runs(RUN).responses == ["utter_place_expired"]


def test_a_name_with_two_meanings_is_asked_back(conversation: Conversation) -> None:
    conversation.hears("which station is the nearest", "station_nearest").runs(RUN)
    conversation.hears("Taoyuan").runs(VALIDATE)
    [(response, params)] = conversation.runs(ASK).said
    assert response == "utter_ask_which_place" and 2 <= len(params["places"]) <= 5
    conversation.hears("", choice=f"station.place={params['places'][1]}").runs(VALIDATE)
    assert conversation.runs(RUN).said == [("utter_stations_near", {"place": params["places"][1], "matter": None})]


def test_a_place_outside_is_named_as_such(conversation: Conversation) -> None:
    conversation.hears("nearest to Dongguan", "station_nearest").runs(RUN)
    [(response, params)] = conversation.runs(ASK).said
    assert response == "utter_place_outside" and params["name"]["en"] == "Dongguan"


@pytest.mark.parametrize(
    ("text", "country"), [("still in Singapore", "Singapore"), ("我人在伦敦", "United Kingdom"), ("Dubai", "United Arab")]
)
def test_a_country_or_a_city_abroad_is_outside(conversation: Conversation, text: str, country: str) -> None:
    conversation.hears("where do I go", "station_nearest").runs(RUN)
    conversation.hears(text).runs(VALIDATE)
    [(response, params)] = conversation.runs(ASK).said
    assert response == "utter_place_outside" and country in params["name"]["en"]


def test_where_somebody_comes_from_is_not_where_they_are(conversation: Conversation) -> None:
    conversation.hears("I am a German engineer and I need to know where to go", "station_nearest").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_place"]


def test_a_position_far_away_is_outside_without_a_name(conversation: Conversation) -> None:
    token = conversation.hides("POINT", "48.8566, 2.3522")
    conversation.hears(token, "station_nearest").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_place_outside_unnamed"]


def test_an_unknown_place_leads_to_the_districts_and_then_to_a_person(conversation: Conversation) -> None:
    conversation.hears("nearest station", "station_nearest").runs(RUN)
    assert conversation.hears("somewhere nice").runs(VALIDATE).responses == []
    assert conversation.runs(ASK).responses == ["utter_place_unknown"]
    assert conversation.hears("Atlantis", "out_of_scope").runs(VALIDATE).responses == ["utter_form_offer_person"]


def test_a_place_wins_over_a_topic_that_the_classifier_hears_in_its_name(conversation: Conversation) -> None:
    conversation.hears("nearest station", "station_nearest").runs(RUN)
    assert conversation.hears("Shenzhen Bay Port", "entry_visa").runs(VALIDATE).slots["station_answer"] == "done"


def test_a_question_that_names_a_place_is_still_a_question(conversation: Conversation) -> None:
    conversation.hears("nearest station", "station_nearest").runs(RUN)
    assert conversation.hears("how long does it take in Nanshan?", "processing_time").runs(VALIDATE).events == []


@pytest.mark.parametrize(
    ("text", "key"), [("the Civic Center hall", "civic_center"), ("前海那个窗口几点开门", "qianhai"), ("tell me the hours", "civic_center")]
)
def test_a_station_is_shown_by_its_name_or_place(conversation: Conversation, text: str, key: str) -> None:
    assert conversation.hears(text, "station_info").runs(ShowStation).said == [("utter_station", {"station": key})]


def test_asking_for_a_place_without_a_station_gives_the_nearest(conversation: Conversation) -> None:
    assert conversation.hears("opening hours in Dameisha", "station_info").runs(ShowStation).responses == ["utter_stations_near"]


def test_stations_are_listed_for_all_or_for_a_district(conversation: Conversation) -> None:
    assert conversation.hears("all stations", "station_list").runs(ListStations).said == [("utter_station_list", {"district": None})]
    [(_, params)] = conversation.hears("stations in Longgang", "station_list").runs(ListStations).said
    assert "Longgang" in params["district"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("where is the Hetao station", "hetao"),
        ("Where is Hetao station", "hetao"),
        ("前海那个窗口在哪", "qianhai"),
        ("address of the Zhaoshang work station", "zhaoshang"),
        ("where is window 51?", "joint_counter"),
    ],
)
def test_a_station_asked_for_by_its_name_is_not_searched_for(conversation: Conversation, text: str, key: str) -> None:
    assert conversation.hears(text, "station_nearest").runs(RUN).said == [("utter_station", {"station": key})]


@pytest.mark.parametrize(
    "text",
    ["nearest to Luohu station", "离市民中心最近的办理点在哪里", "which window is near Hetao", "where is the nearest station from Qianhai"],
)
def test_what_is_near_to_a_named_place_is_searched_for(conversation: Conversation, text: str) -> None:
    assert conversation.hears(text, "station_nearest").runs(RUN).responses == ["utter_stations_near"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Window 57 open on saturday?", "2026-11-28"),
        ("周六开门吗", "2026-11-28"),
        ("are you open tomorrow", "2026-11-25"),
        ("下周一开门吗", "2026-11-30"),
        ("I want to go on Monday at 8:30, will somebody be there", "2026-11-30"),
    ],
)
def test_hours_are_told_for_the_day_that_is_asked_about(conversation: Conversation, text: str, day: str) -> None:
    assert conversation.hears(text, "station_info").runs(ShowStation).said == [("utter_station", {"station": "civic_center", "day": day})]


@pytest.mark.parametrize("text", ["open today?", "is the office open now", "what time do they close for lunch", "Tuesday hours"])
def test_without_another_day_hours_are_told_for_now(conversation: Conversation, text: str) -> None:
    assert conversation.hears(text, "station_info").runs(ShowStation).said == [("utter_station", {"station": "civic_center"})]


def test_a_typed_date_is_asked_about_behind_its_token(conversation: Conversation) -> None:
    text = f"are you open on {conversation.hides('DATE', '1 January 2027')}"
    [(response, params)] = conversation.hears(text, "station_info").runs(ShowStation).said
    assert response == "utter_private_station"
    assert conversation.finds(params["private"])["params"] == {"station": "civic_center", "day": "2027-01-01"}
    assert "2027" not in f"{conversation.events} {conversation.slots}"


def test_a_date_that_is_gone_is_answered_for_now(conversation: Conversation, clock: object) -> None:
    token = conversation.hides("DATE", "2027-01-01")
    clock.forward(hours=3)  # type: ignore[attr-defined]
    said = conversation.hears(f"open on {token}?", "station_info").runs(ShowStation).said
    assert said == [("utter_station", {"station": "civic_center"})]


@pytest.mark.parametrize("intent", [None, "out_of_scope", "greet"])
@pytest.mark.parametrize(
    "text",
    [
        "深圳大学",
        "shui wan",
        "HKU Shenzhen hospital",
        "Room 1203, Block A, Tianan Cyber Park, Chegongmiao, Futian, Shenzhen",
        "深圳市南山区粤海街道科技园南区科苑路15号",
    ],
)
def test_nothing_but_a_place_is_claimed_whatever_the_classifier_hears(conversation: Conversation, text: str, intent: str | None) -> None:
    assert station.FLOW.claims(conversation.hears(text, intent).turn())


@pytest.mark.parametrize("text", ["南山天气", "good restaurant in Shekou", "hello", "深圳大学毕业"])
def test_what_only_names_a_place_is_still_not_our_business(conversation: Conversation, text: str) -> None:
    assert not station.FLOW.claims(conversation.hears(text, "out_of_scope").turn())


def test_a_full_address_answers_the_question_for_the_place(conversation: Conversation) -> None:
    conversation.hears("nearest station", "station_nearest").runs(RUN)
    text = "No. 5 Keyuan Road, Yuehai Subdistrict, Nanshan District, Shenzhen"
    assert conversation.hears(text, "accommodation_registration").runs(VALIDATE).slots["station_answer"] == "done"


@pytest.mark.parametrize("text", ["福田口岸", "COCO Park", "<POINT:1>"])
def test_a_bare_place_is_claimed_when_the_classifier_is_not_sure(conversation: Conversation, text: str) -> None:
    assert station.FLOW.claims(conversation.hears(text).turn())


@pytest.mark.parametrize("text", ["宝安西乡附近哪里可以办外国人工作证", "where near Xixiang can I get this done?"])
def test_where_near_a_place_is_claimed_unless_it_may_be_about_something_else(conversation: Conversation, text: str) -> None:
    assert station.FLOW.claims(conversation.hears(text).turn())
    assert not station.FLOW.claims(conversation.hears(text, candidates=("medical_exam", "photo_spec")).turn())


@pytest.mark.parametrize("text", ["what is the weather like in Nanshan?", "my uncle owns a restaurant near the Nanshan metro station"])
def test_a_sentence_that_only_mentions_a_place_is_not_claimed(conversation: Conversation, text: str) -> None:
    assert not station.FLOW.claims(conversation.hears(text).turn())


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("opening hours", "station_info"),
        ("list of all stations", "station_list"),
        ("Can I work in Guangzhou with a Shenzhen permit?", "other_city"),
    ],
)
def test_what_needs_no_place_is_answered_while_the_place_is_asked_for(conversation: Conversation, text: str, intent: str) -> None:
    conversation.hears("where do I go", "station_nearest").runs(RUN)
    assert conversation.hears(text, intent).runs(VALIDATE).events == []


def test_another_city_as_the_place_is_outside(conversation: Conversation) -> None:
    conversation.hears("where do I go", "station_nearest").runs(RUN)
    conversation.hears("Guangzhou", "other_city").runs(VALIDATE)
    assert conversation.runs(ASK).responses == ["utter_place_outside"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I'd rather not say", "en"),
        ("no idea", "en"),
        ("möchte ich nicht sagen", "de"),
        ("weiß ich nicht", "de"),
        ("不知道", "zh"),
        ("不想说", "zh"),
        ("no lo sé", "es"),
        ("non lo so", "it"),
        ("weet ik niet", "nl"),
        ("nie wiem", "pl"),
        ("não sei", "pt"),
        ("bilmiyorum", "tr"),
        ("言いたくない", "ja"),
    ],
)
def test_who_names_no_place_is_shown_all_stations(conversation: Conversation, text: str, language: str) -> None:
    conversation.hears("nearest station", "station_nearest", language=language).runs(RUN)
    conversation.hears(text, "deny", language=language).runs(VALIDATE)
    assert conversation.slots["station_answer"] == "done"
    assert conversation.runs(RUN).said == [("utter_place_untold", {}), ("utter_station_list", {"district": None})]


def test_a_place_beside_what_is_not_known_is_the_place(conversation: Conversation) -> None:
    conversation.hears("nearest station", "station_nearest").runs(RUN)
    conversation.hears("I don't know, Nanshan").runs(VALIDATE)
    assert conversation.slots["station_state"]["place"]
