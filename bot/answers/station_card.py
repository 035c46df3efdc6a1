"""Station cards and their text form: nearest, one, all, and the choices when a place is not clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.answers.formats import format_moment, join
from bot.answers.part import Part
from bot.catalogue.formats import format_day
from bot.catalogue.geo import Point, directions
from bot.catalogue.opening import DayState
from bot.catalogue.places import Place
from bot.catalogue.station_data import Station
from bot.catalogue.stations import SAFE_CHOICE, StationAnswer
from bot.db import now
from bot.languages import Language, Tongue, written

if TYPE_CHECKING:
    from bot.answers import Answers


def stations_near(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The nearest stations to a place (`place`: its id) or a point (`point`: latitude and longitude)."""
    catalogue = answers.catalogue
    place = catalogue.places.by_key(params["place"]) if params.get("place") else None
    where = place if place is not None else Point(*params["point"])
    found = catalogue.stations.nearest(where, params.get("matter"), when=now())
    if not found:
        return Part(params={"first": answers.text("utter_station_none", language), "list": ""})
    nearest = found[0]
    start = "utter_station_start" if place is not None and not place.is_area else "utter_station_start_area"
    first = answers.text(
        "utter_station_first" if nearest.instead_of is None else "utter_station_first_certain",
        language,
        start=answers.text(start, language, place=place.name[language]) if place else answers.text("utter_station_start_here", language),
        name=nearest.station.name[language],
        distance=_distance(answers, nearest, language),
        other=nearest.instead_of.name[language] if nearest.instead_of else "",
    )
    part = _list(answers, found, language, {"first": first})
    return replace(part, card={**(part.card or {}), "matter": params.get("matter")})


def station_one(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """One station or advice place by its key (`station`), now or on a `day` (ISO)."""
    stations = answers.catalogue.stations
    station = stations.get(params["station"])
    assert station is not None
    answer = stations.answer(station, now())
    day = date.fromisoformat(params["day"]) if params.get("day") else None
    details = _details(answers, answer, language, full=True)
    details += [note[language] for note in station.notes]
    return Part(
        card={"type": "station", "stations": [entry(answers, answer, language)]},
        params={
            "name": station.name[language],
            "state": _state(answers, answer, language) if day is None else _day_state(answers, stations.day(station, day), language),
            "details": "\n".join(f"- {text}" for text in details),
        },
        sources=answers.catalogue.cited(station.sources),
    )


def station_list(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """All public stations, or those of a district with the hall as the certain one."""
    stations = answers.catalogue.stations
    district = params.get("district")
    public = [station for station in stations.all() if station.open_to_public]
    first = answers.text("utter_station_list_all", language)
    if district:
        inside = [station for station in stations.in_district(district) if station.open_to_public]
        shown_name = answers.catalogue.district_name(district)[language]
        response = "utter_station_list_district" if inside else "utter_station_list_none"
        first = answers.text(response, language, district=shown_name)
        public = inside or [station for station in public if station.key == "civic_center"]
    rest = stations.unidentified
    part = _list(
        answers, [stations.answer(station, now()) for station in public], language, {"first": first, "rest": rest.statement[language]}
    )
    card = {**(part.card or {}), "rest": rest.statement[language]}
    return replace(part, card=card, sources=(*part.sources, *answers.catalogue.cited(rest.sources)))


def entry(answers: Answers, answer: StationAnswer, language: Language) -> dict[str, Any]:
    """A station as the card shows it: beside the agreed fields what only words can say, and the Chinese for a driver."""
    station = answer.station
    phone = station.phone or answers.catalogue.facts["phones.work_permit"].values["number"]
    shown = answer.card(language)
    links = directions(station.position.point, station.name["zh"]) if shown["map_links"] and station.position is not None else {}
    return {
        **shown,
        "name_zh": station.name["zh"],
        "address_zh": station.address["zh"] if station.address else None,
        "about": answer.about,
        "below_error": answer.below_error,
        "safe": _safe(answers, station, language) if answer.safe_choice else None,
        "state": _capital(_state(answers, answer, language)),
        "as_of": now().isoformat(),
        "directions": links,
        "call": answers.text("utter_station_call_first", language, phone=phone) if answer.call_first else None,
        "call_phone": phone if answer.call_first else None,
        "metro": [stop[language] for stop in station.metro],
        "notes": [note[language] for note in station.notes],
    }


def public_stations(answers: Answers, language: Language) -> list[dict[str, Any]]:
    """Every public station as the card shows it, with its point and the matters it helps with, so that a device can reckon.

    `safe` is what is said of it where it is the certain choice.
    """
    stations = answers.catalogue.stations
    return [
        {
            **entry(answers, stations.answer(station, now()), language),
            "safe": _safe(answers, station, language),
            "matters": list(stations.matters_of(station)),
            "position": {"lat": station.position.point.lat, "lon": station.position.point.lon, "error_km": station.position.error_km},
        }
        for station in stations.all()
        if station.open_to_public and station.position is not None
    ]


def places(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """The places a name may stand for, as choices."""
    known = [answers.catalogue.places.by_key(place) for place in params["places"]]
    language = written(tongue)
    return Part(
        quick_replies=tuple((_label(answers, place, language), f"choose:station.place={place.key}") for place in known if place is not None)
    )


def districts(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """Districts as choices, those with most people first."""
    chosen = [place for place in answers.catalogue.places.all() if place.kind == "district"]
    return Part(quick_replies=tuple((place.name[written(tongue)], f"choose:station.place={place.key}") for place in chosen))


def _label(answers: Answers, place: Place, language: Language) -> str:
    district = answers.catalogue.district_name(place.district)[language]
    return place.name[language] if district in place.name[language] else f"{place.name[language]} ({district})"


def _list(answers: Answers, found: Sequence[StationAnswer], language: Language, params: Mapping[str, Any]) -> Part:
    lines = []
    for answer in found:
        station = answer.station
        distance = _distance(answers, answer, language) if answer.distance_km is not None else ""
        separator = "，" if language == "zh" else ", "
        lines.append(
            answers.text(
                "utter_station_item",
                language,
                name=station.name[language],
                district=station.district[language] if station.district else "",
                distance=f"{separator}{distance}" if distance else "",
                state=_state(answers, answer, language),
                details=(" " if language == "en" else "").join(_details(answers, answer, language, full=False)),
            )
        )
    cited = answers.catalogue.cited(tag for answer in found for tag in answer.station.sources)
    card = {"type": "station", "stations": [entry(answers, answer, language) for answer in found]}
    return Part(card=card, params={**params, "list": "\n".join(lines)}, sources=cited)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _distance(answers: Answers, answer: StationAnswer, language: Language) -> str:
    if answer.below_error:
        return answers.text("utter_station_distance_below", language, km=f"{answer.distance_km:.0f}")
    if answer.about:
        return answers.text("utter_station_distance_about", language, km=f"{answer.distance_km:.0f}")
    return answers.text("utter_station_distance", language, km=f"{answer.distance_km:.1f}")


def _state(answers: Answers, answer: StationAnswer, language: Language) -> str:
    state = answer.state
    if state.reason == "hours_not_known":
        return answers.text("utter_station_hours_unknown", language)
    if state.open and state.closes is not None:
        return answers.text("utter_station_open", language, closes=f"{state.closes:%H:%M}")
    reason = answers.text(f"utter_reason_{state.reason}", language)
    if state.open is None or state.next_open is None:
        return answers.text("utter_station_open_unsure", language, reason=reason)
    name = "utter_station_closed" if state.next_open_exact else "utter_station_closed_about"
    return answers.text(name, language, reason=reason, next=format_moment(state.next_open, language))


def _day_state(answers: Answers, state: DayState, language: Language) -> str:
    if state.reason == "hours_not_known":
        return answers.text("utter_station_hours_unknown", language)
    day = format_day(state.day, language)
    hours = join([f"{start:%H:%M}–{end:%H:%M}" for start, end in state.spans], language)
    if state.open:
        return answers.text("utter_station_day_open", language, day=day, hours=hours)
    reason = answers.text(f"utter_reason_{state.reason}", language)
    if state.open is None:
        name = "utter_station_day_usually_open" if state.usually else "utter_station_day_usually_closed"
        return answers.text(name, language, day=day, reason=reason, hours=hours)
    if state.next_open is None:
        return answers.text("utter_station_day_closed_only", language, day=day, reason=reason)
    name = "utter_station_day_closed" if state.next_open_exact else "utter_station_day_closed_about"
    return answers.text(name, language, day=day, reason=reason, next=format_moment(state.next_open, language))


def _details(answers: Answers, answer: StationAnswer, language: Language, full: bool) -> list[str]:
    station = answer.station
    phone = answers.catalogue.facts["phones.work_permit"].values["number"]
    details = []
    if answer.safe_choice:
        details.append(_safe(answers, station, language))
    if station.address is not None:
        details.append(answers.text("utter_station_address", language, address=_address(station.address, language)))
    if station.hours is not None and full:
        details.append(answers.text("utter_station_hours", language, hours=station.hours.text[language]))
    if answer.call_first:
        details.append(answers.text("utter_station_call_first", language, phone=station.phone or phone))
    elif station.phone:
        details.append(answers.text("utter_station_phone", language, phone=station.phone))
    if full and answer.service_names:
        names = join([name[language] for _, name in answer.service_names], language)
        details.append(answers.text("utter_station_services", language, services=names))
    if full and station.metro:
        details.append(answers.text("utter_station_metro", language, metro=join([stop[language] for stop in station.metro], language)))
    return details


def _safe(answers: Answers, station: Station, language: Language) -> str:
    return answers.text("utter_station_safe" if station.key == SAFE_CHOICE else "utter_station_safer", language)


def _address(address: Mapping[Language, str], language: Language) -> str:
    # A driver reads the Chinese one.
    return address["zh"] if language == "zh" else f"{address['en']} ({address['zh']})"
