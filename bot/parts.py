"""What the gateway takes from the rest of the house, so that tests may give it something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.answers.person_card import hours_text
from bot.answers.station_card import public_stations
from bot.catalogue.stations import SAFE_CHOICE
from bot.channels.home import ShowStations
from bot.conversations.composer import Contact, RenderPrivate
from bot.conversations.desk import Desk, Rules
from bot.conversations.news import offered
from bot.conversations.questions import CameFrom, Redact
from bot.errors import StartError
from bot.languages import TONGUES, Language, Tongue
from bot.nlu.safety import SafetyPhrases
from bot.permits.service import Permits
from bot.redaction import ASKED, redact
from bot.settings import ROOT, Settings
from bot.staff import presence
from bot.vault import KEY_FILE, Vault, derived_key, read_or_create_key


def _no_stations(_language: Language) -> Sequence[dict[str, Any]]:
    return ()


@dataclass(frozen=True)
class Parts:
    """What the gateway takes from the rest of the house.

    Attributes:
        outline: a text without personal data, as `redact` gives it but for the numbers of its tokens, given what the assistant asked for.
        tidy: drops what the vault need not keep any longer; called every minute.
        came_from: told the network of a conversation before what it gave is looked up.
        stations: the public stations with their positions, for the widget to reckon with on the device.
    """

    redact: Redact
    render_private: RenderPrivate
    desk: Desk
    contact: Contact
    tidy: Callable[[Session], object]
    stations: ShowStations = _no_stations
    came_from: CameFrom = lambda _session, _conversation, _network: None
    outline: Callable[[str, str | None], str] = lambda text, expects: redact(text, ASKED.get(expects), lambda kind, _: f"<{kind}:0>")


def real_parts(settings: Settings, answers: Answers | None = None) -> Parts:
    """The parts of the real system.

    Args:
        answers: with their catalogue; read when not given.

    Raises:
        DataError: a data file is wrong.
    """
    answers = answers or Answers.load(ROOT)
    catalogue = answers.catalogue
    vault = Vault(settings.data_dir / KEY_FILE)

    def hide(session: Session, conversation_id: str, text: str, expects: str | None) -> str:
        return redact(text, ASKED.get(expects), lambda kind, value: vault.put(session, conversation_id, kind, value))

    def show(session: Session, conversation_id: str, token: str, language: Tongue) -> Sequence[dict[str, Any]]:
        kept = vault.get(session, conversation_id, token)
        if kept is None:
            return answers.replies("utter_status_expired", language)
        params = kept["params"]
        if "result" in params:
            params = {**params, "news": offered(session, conversation_id, params["result"])}
        return answers.replies(kept["response"], language, params)

    def nearby(language: Language) -> Sequence[dict[str, Any]]:
        return public_stations(answers, language)

    hall = catalogue.stations.get(SAFE_CHOICE)
    if hall is None or hall.hours is None:
        raise StartError("no_hours", detail=f"The catalogue has no hours for the station {SAFE_CHOICE}.")
    contact = Contact(
        hotline=str(catalogue.facts["phones.work_permit"].values["number"]),
        hours={tongue: hours_text(answers, hall.hours, tongue) for tongue in TONGUES},
    )

    permits = Permits(derived_key(read_or_create_key(settings.data_dir / KEY_FILE), "permits"))

    def tidy(session: Session) -> None:
        vault.purge(session)
        permits.purge(session)

    rules = Rules(settings.desk_hours, settings.reclaim_after_s, settings.left_message_days, settings.network_waiting)
    desk = Desk(answers, presence, rules, kind_of=SafetyPhrases.load(ROOT).kind_of)
    # The shapes are read with the first text, and no applicant is to wait for that.
    for expects in {None, *ASKED.values()}:
        redact("1", expects, lambda kind, _value: kind)
    return Parts(redact=hide, render_private=show, desk=desk, contact=contact, tidy=tidy, stations=nearby, came_from=permits.came_from)
