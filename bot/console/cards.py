"""The cards that officers send: the same that the assistant sends, rendered by the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.answers import Answers
from bot.catalogue.profile import Profile
from bot.console import fields
from bot.errors import Conflict, Invalid
from bot.languages import Language
from bot.permits.service import Permits

CHECKLIST: Final = "checklist"
STATION: Final = "station"
STATUS: Final = "status"
RATING: Final = "rating"
KINDS: Final = (CHECKLIST, STATION, STATUS, RATING)
_MOST_CIRCUMSTANCES: Final = 40
_LONGEST_VALUE: Final = 60
_UNKNOWN: Final = "unknown"

Replies = list[dict[str, Any]]


class Cards:
    """Makes the replies that a card consists of."""

    def __init__(self, answers: Answers, permits: Permits) -> None:
        self.answers = answers
        self._permits = permits
        papers = answers.catalogue.papers
        self._types = tuple(key for key, each in papers.application_types.items() if each.wire)
        self._values = papers.circumstances.domains(self._types, papers.countries)

    @property
    def types(self) -> tuple[str, ...]:
        """The application types that have a checklist."""
        return self._types

    def replies(self, session: Any, conversation_id: str, language: Language, kind: str, params: Mapping[str, Any]) -> Replies:
        """The card in the language of the conversation.

        Raises:
            Invalid: a parameter is not what the card needs.
            Conflict: `proof_missing`: nobody has proved in this conversation whose application it is, or too long ago.
        """
        made = self._made(session, conversation_id, language, kind, params)
        # The choices would be put to the assistant, which does not have the conversation.
        return [{**reply, "quick_replies": []} for reply in made]

    def _made(self, session: Any, conversation_id: str, language: Language, kind: str, params: Mapping[str, Any]) -> Replies:
        if kind == CHECKLIST:
            return self.answers.replies("utter_checklist", language, {"profile": self._profile(params)})
        if kind == STATION:
            return self.answers.replies("utter_station", language, {"station": self._station(params)})
        if kind == STATUS:
            result = self._permits.look_again(session, conversation_id)
            if result is None or not result.applications:
                raise Conflict("proof_missing")
            return self.answers.replies("utter_status", language, {"result": result.as_json()})
        return self.answers.replies("utter_rating", language)

    def _profile(self, params: Mapping[str, Any]) -> dict[str, Any]:
        given = {} if params.get("circumstances") is None else params["circumstances"]
        if not isinstance(given, Mapping) or len(given) > _MOST_CIRCUMSTANCES:
            raise Invalid("field_type", field="circumstances", expected="object")
        wanted = {"application_type": params.get("application_type"), "category": params.get("category"), **given}
        profile = Profile()
        for key, value in wanted.items():
            if value in (None, ""):
                continue
            if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
                raise Invalid("field_type", field=str(key)[:_LONGEST_VALUE], expected="string")
            if key not in self._values:
                raise Invalid("unknown_circumstance", name=str(key)[:_LONGEST_VALUE])
            if value != _UNKNOWN and value not in self._values[key]:
                raise Invalid("unknown_value", name=key, value=value)
            profile = profile.answered(key, value)
        if profile.application_type is None:
            raise Invalid("field_type", field="application_type", expected="string")
        return profile.to_dict()

    def _station(self, params: Mapping[str, Any]) -> str:
        key = fields.name(params, "key", _LONGEST_VALUE)
        station = self.answers.catalogue.stations.get(key)
        if station is None:
            raise Invalid("unknown_value", name="station", value=key)
        return key
