"""Every card by name, with the function that builds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.answers import checklist_card, deadline_card, noted_card, person_card, rating_card, station_card, status_card
from bot.answers.part import Part

BUILDERS: Mapping[str, Callable[..., Part]] = {
    "question": checklist_card.question,
    "checklist": checklist_card.checklist,
    "noted": noted_card.noted,
    "material": checklist_card.material,
    "material_withdrawn": checklist_card.withdrawn,
    "desk_offer": person_card.offer,
    "desk_queued": person_card.queued,
    "rating": rating_card.rating,
    "stations_near": station_card.stations_near,
    "station_one": station_card.station_one,
    "station_list": station_card.station_list,
    "places": station_card.places,
    "districts": station_card.districts,
    "deadline_days": deadline_card.days,
    "deadline_standing": deadline_card.standing,
    "deadline_untold": deadline_card.untold,
    "deadline_rules": deadline_card.rules,
    "deadline_question": deadline_card.question,
    "status": status_card.status,
    "stage": status_card.stage,
    "stages": status_card.stages,
}
