"""Where to go: the nearest station that helps, one station, or all of them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import Flow, State, Step, flow_actions
from actions.services import current
from actions.turn import Turn
from bot.catalogue.stations import SAFE_CHOICE

_POINT = re.compile(r"<POINT:\d+>")
# "办理点" asks for a counter, not for what is done there.
_COUNTER = re.compile(r"办理(?:点|处|站|地点|窗口|大厅)")
# Topics whose words also name a place.
_RELATED = frozenset({"station_nearest", "station_info", "station_list", "other_city"})
_CERTAIN = 100
# A place so near to a station that its name means the station.
_AT_THE_DOOR_KM = 2.0


class StationFlow(Flow):
    """Asks for the place; coordinates and map links stay behind their token."""

    name: ClassVar[str] = "station"
    action: ClassVar[str] = "action_find_station"

    def begin(self, turn: Turn, before: State) -> Step:
        state: State = {}
        matter = current().catalogue.stations.matter_in(_COUNTER.sub("", turn.text))
        if matter is not None:
            state["matter"] = matter.key
        return self._read(turn, state) or Step(state)

    def choose(self, turn: Turn, before: State) -> Step | None:
        place = turn.choice("station.place")
        return Step({"place": place}, done=True) if place is not None and current().catalogue.places.by_key(place) is not None else None

    def claims(self, turn: Turn) -> bool:
        if _POINT.search(turn.text):
            return True
        if turn.intent == "out_of_scope":
            return False
        meant = turn.short and not turn.asks
        return (meant or "station_nearest" in turn.candidates) and self._names_place(turn)

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
        named = turn.short and not turn.asks and self._names_place(turn)
        if turn.interrupts and turn.intent not in _RELATED and not named and not _POINT.search(turn.text):
            return None
        fresh = {key: value for key, value in state.items() if key not in ("between", "outside", "unknown")}
        return self._read(turn, state) or Step({**fresh, "unknown": True}, missed=True)

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
        if "point" in state:
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
        match = current().catalogue.places.find(text)
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


class ShowStation(Action):
    """One station by its name or by the place it stands at; from other places the nearest ones; else the hall that is certain."""

    def name(self) -> str:
        return "action_show_station"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        services = current()
        station = services.catalogue.stations.by_name(turn.text)
        place = services.catalogue.places.find(turn.text).place if station is None else None
        if place is not None:
            nearest = services.catalogue.stations.nearest(place, when=services.clock(), limit=1)[0]
            if nearest.distance_km is None or nearest.distance_km > _AT_THE_DOOR_KM:
                turn.say("utter_stations_near", place=place.key, matter=None)
                return []
            station = nearest.station
        turn.say("utter_station", station=station.key if station else SAFE_CHOICE)
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
