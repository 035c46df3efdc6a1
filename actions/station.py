"""Where to go: the nearest station that helps, one station, or all of them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.dates import TOKEN, reading, today
from actions.forms import Flow, State, Step, flow_actions
from actions.services import current
from actions.turn import Turn
from bot.catalogue.dates import read_date
from bot.catalogue.station_data import Station
from bot.catalogue.stations import SAFE_CHOICE

_POINT = re.compile(r"<POINT:\d+>")
# Words of a counter, and of being near to something: "the Hetao station" is asked for by name, "nearest to Luohu station" is not.
_COUNTER = re.compile(
    r"\b(?:(?:work ?)?stations?|workstation|windows?|counters?|hall|office|service (?:center|centre|point))\b"
    r"|窗口|工作站|服务站|办理点|办事点|大厅|站点|服务中心",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r"\b(?:near(?:est|er|by)?|clos(?:e|est|er)|from|around|i ?['’]?a?m|i (?:live|work|stay)|which)\b"
    r"|最近|附近|就近|离|从|住|我在|周边|哪个|哪些",
    re.IGNORECASE,
)
_ASKED_OF_IT = re.compile(r"\b(?:where|address|hours|phone|open)\b|在哪|哪里|哪儿|地址|电话|几点|怎么走|怎么去", re.IGNORECASE)
# Topics whose words also name a place.
_RELATED = frozenset({"station_nearest", "station_info", "station_list", "other_city"})
_CERTAIN = 100
# Those of them that have answers of their own, for which no place is needed.
_ANSWERED_ALONE = _RELATED - {"station_nearest"}
# What is said so briefly that a place in it is meant, whatever else the classifier hears.
_MAY_BE_A_PLACE = frozenset({"out_of_scope", "greet"})


class StationFlow(Flow):
    """Asks for the place; coordinates and map links stay behind their token."""

    name: ClassVar[str] = "station"
    action: ClassVar[str] = "action_find_station"

    def begin(self, turn: Turn, before: State) -> Step:
        named = _asked_by_name(turn.text)
        if named is not None:
            return Step({"station": named.key, **_day_in(turn)}, done=True)
        state: State = {}
        matter = current().catalogue.stations.matter_in(turn.text)
        if matter is not None:
            state["matter"] = matter.key
        return self._read(turn, state) or Step(state)

    def choose(self, turn: Turn, before: State) -> Step | None:
        place = turn.choice("station.place")
        return Step({"place": place}, done=True) if place is not None and current().catalogue.places.by_key(place) is not None else None

    def claims(self, turn: Turn) -> bool:
        if _POINT.search(turn.text):
            return True
        if (not turn.asks or turn.short) and current().catalogue.places.is_only_place(turn.text):
            return True
        if turn.intent in _MAY_BE_A_PLACE:
            return False
        meant = turn.short and not turn.asks
        # "Where near Xixiang?" asks for a station unless something else is as likely.
        where = not turn.candidates and _NEAR.search(turn.text) is not None and _ASKED_OF_IT.search(turn.text) is not None
        return (meant or where or "station_nearest" in turn.candidates) and self._names_place(turn)

    @staticmethod
    def _names_place(turn: Turn) -> bool:
        match = current().catalogue.places.find(turn.text)
        return match.kind == "ambiguous" or (match.kind == "found" and match.score == _CERTAIN)

    def take(self, turn: Turn, state: State) -> Step | None:
        chosen = turn.choice("station.place")
        if chosen is not None and current().catalogue.places.by_key(chosen) is not None:
            return Step({**state, "place": chosen}, done=True)
        if turn.chosen is not None or not turn.text:
            return None
        fresh = {key: value for key, value in state.items() if key not in ("between", "outside", "unknown")}
        if turn.refuses or (turn.gives_up and not self._names_place(turn) and not _POINT.search(turn.text)):
            return Step({**fresh, "untold": True}, done=True)
        named = not turn.asks and (current().catalogue.places.is_only_place(turn.text) or (turn.short and self._names_place(turn)))
        if turn.interrupts and turn.intent not in _RELATED and not named and not _POINT.search(turn.text):
            return None
        step = self._read(turn, state)
        if turn.interrupts and turn.intent in _ANSWERED_ALONE and (step is None or _only_touches(turn)):
            return None
        return step or Step({**fresh, "unknown": True}, missed=True)

    def ask(self, turn: Turn, state: State) -> None:
        if state.get("between"):
            turn.say("utter_ask_which_place", places=state["between"])
        elif state.get("outside"):
            turn.say("utter_place_outside", name=state["outside"])
        elif "outside" in state:
            turn.say("utter_place_outside_unnamed")
        elif state.get("unknown"):
            turn.say("utter_place_unknown")
        else:
            turn.say("utter_ask_place")

    def finish(self, turn: Turn, state: State) -> State:
        matter = state.get("matter")
        if "untold" in state:
            turn.say("utter_place_untold")
            turn.say("utter_station_list", district=None)
        elif "station" in state:
            _show(turn, state["station"], state)
        elif "point" in state:
            point = current().reveal(turn.conversation, state["point"])
            if point is None:
                turn.say("utter_place_expired")
                return {}
            place = current().catalogue.places.find(point).place
            assert place is not None
            params = {"point": [place.point.lat, place.point.lon], "matter": matter}
            token = current().hide(turn.conversation, {"response": "utter_stations_near", "params": params})
            turn.say("utter_private_station", private=token)
        else:
            turn.say("utter_stations_near", place=state["place"], matter=matter)
        return {}

    @staticmethod
    def _read(turn: Turn, state: State) -> Step | None:
        fresh = {key: value for key, value in state.items() if key not in ("between", "outside", "unknown")}
        token = _POINT.search(turn.text)
        text = turn.text
        if token:
            text = current().reveal(turn.conversation, token.group()) or ""
        match = current().catalogue.whereabouts(text)
        if match.place is not None:
            known = {"point": token.group()} if token else {"place": match.place.key}
            return Step({**fresh, **known}, done=True)
        if match.kind == "ambiguous":
            return Step({**fresh, "between": [place.key for place in match.candidates]})
        if match.kind == "outside":
            return Step({**fresh, "outside": dict(match.outside_name) if match.outside_name else {}})
        return None


FLOW = StationFlow()
ACTIONS = flow_actions(FLOW)


def _named(text: str) -> Station | None:
    """The station that the text names, by its own name or by that of the place it stands at."""
    catalogue = current().catalogue
    station = catalogue.stations.by_name(text)
    if station is not None:
        return station
    place = catalogue.places.find(text).place
    return catalogue.stations.at(place) if place is not None else None


def _asked_by_name(text: str) -> Station | None:
    """The station that is asked for as such ("where is the Hetao station"), not as what is near to somewhere."""
    if _NEAR.search(text) or not _COUNTER.search(text) or not _ASKED_OF_IT.search(text):
        return None
    return _named(text)


def _only_touches(turn: Turn) -> bool:
    """Whether a message about another city names places without saying that one is there."""
    return turn.intent == "other_city" and not turn.short and (turn.asks or not _NEAR.search(turn.text))


def _day_in(turn: Turn) -> State:
    """The day that the message asks about: `date` (token) when it was typed as a date, `day` (ISO) when named by a word."""
    tokens = TOKEN.findall(turn.text)
    if tokens:
        return {"date": tokens[-1]}
    read = read_date(turn.text, today(), turn.language, weekdays=True)
    return {"day": read.date.isoformat()} if read.date is not None and read.date > today() else {}


def _show(turn: Turn, station: str, state: State) -> None:
    """Show a station, for the day of `state` where it has one; what was typed as a date goes the private way."""
    if "date" not in state:
        turn.say("utter_station", station=station, **({"day": state["day"]} if "day" in state else {}))
        return
    read = reading(turn, state["date"], past=False)
    # A date that may be read in two ways is nearly always meant as the next of them.
    days = sorted(each for each in (*read.candidates, read.date) if each is not None and each > today()) if read else []
    if not days:
        turn.say("utter_station", station=station)
        return
    params = {"station": station, "day": days[0].isoformat()}
    turn.say("utter_private_station", private=current().hide(turn.conversation, {"response": "utter_station", "params": params}))


class ShowStation(Action):
    """One station by its name or by the place it stands at; from other places the nearest ones; else the hall that is certain."""

    def name(self) -> str:
        return "action_show_station"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        station = _named(turn.text)
        place = current().catalogue.places.find(turn.text).place if station is None else None
        if place is not None:
            turn.say("utter_stations_near", place=place.key, matter=None)
        else:
            _show(turn, station.key if station else SAFE_CHOICE, _day_in(turn))
        return []


class ListStations(Action):
    """All stations, or those of the district or with the service that the message names."""

    def name(self) -> str:
        return "action_list_stations"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        match = current().catalogue.places.find(turn.text)
        district = match.place.district if match.place is not None else None
        turn.say("utter_station_list", district=district)
        return []
