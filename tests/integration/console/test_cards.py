"""Cards that officers send: the same as the assistant's, a status only after proof."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.db import Database, now
from bot.permits.models import Applicant, Application, LookupProof, StageEntry
from tests.console import Member, fresh_id, taken
from tests.gateway import Gateway


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


async def test_cards_are_those_of_the_assistant_in_the_language_of_the_conversation(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer, "ann", "需要哪些材料呢")
    await gateway.say(None)
    path = f"conversations/{conversation_id}/card"
    params = {"application_type": "new_abroad", "category": "B", "circumstances": {"basis": "language_teacher", "nationality": "GB"}}
    await officer.post(path, kind="checklist", params=params, client_id=fresh_id())
    await officer.post(path, kind="station", params={"key": "civic_center"}, client_id=fresh_id())
    await officer.post(path, kind="rating", client_id=fresh_id())
    messages = await gateway.say(None)
    cards = [message["metadata"]["card"]["type"] for message in messages]
    assert cards == ["checklist", "station", "rating"]
    assert {message["metadata"]["language"] for message in messages} == {"zh"} and messages[0]["metadata"]["author"] == "staff"
    assert messages[0]["metadata"]["card"]["category"] == "B" and messages[1]["metadata"]["sources"]


@pytest.mark.parametrize(
    ("kind", "params", "code"),
    [
        ("checklist", {}, "field_type"),
        ("checklist", {"application_type": "nonsense"}, "unknown_value"),
        ("checklist", {"application_type": "new_abroad", "circumstances": {"nonsense": "yes"}}, "unknown_circumstance"),
        ("checklist", {"application_type": "new_abroad", "circumstances": {"nationality": ["GB"]}}, "field_type"),
        ("checklist", {"application_type": "new_abroad", "circumstances": []}, "field_type"),
        ("station", {"key": "nowhere"}, "unknown_value"),
        ("handoff", {}, "unknown_value"),
        ("status", {}, "proof_missing"),
    ],
)
async def test_card_that_cannot_be_made_is_refused(gateway: Gateway, officer: Member, kind: str, params: dict[str, Any], code: str) -> None:
    conversation_id = await taken(gateway, officer)
    status, found, _ = await officer.refused(f"conversations/{conversation_id}/card", kind=kind, params=params, client_id=fresh_id())
    assert (status, found) == (409 if code == "proof_missing" else 400, code)


def prove(session: Session, conversation_id: str, lasts: timedelta) -> None:
    """Somebody's application, and the proof that it is that of this conversation's applicant."""
    moment = now()
    application = Application(
        applicant=Applicant(given_name="Freja", family_name="Kjær", nationality="DK", date_of_birth=date(1990, 3, 4), source="demo"),
        application_type="extension",
        category="B",
        acceptance_number="DEMO-A-200003",
        station="civic_center",
        stage="submitted",
        stage_since=moment,
        submitted_at=moment,
        history=[StageEntry(stage="submitted", at=moment)],
        source="demo",
    )
    session.add(application)
    session.flush()
    values = {"applicant_id": application.applicant_id, "application_id": application.id, "until": moment + lasts}
    session.add(LookupProof(conversation_id=conversation_id, **values))


async def test_status_is_sent_while_the_proof_of_that_conversation_holds(gateway: Gateway, officer: Member, database: Database) -> None:
    conversation_id = await taken(gateway, officer)
    other = await taken(gateway, officer, "bob")
    await database.run(prove, conversation_id, timedelta(minutes=10))
    await gateway.say(None)
    assert (await officer.get(f"conversations/{conversation_id}"))["proof"]["proven"] is True
    assert (await officer.get(f"conversations/{other}"))["proof"] == {"proven": False, "until": None}
    await officer.post(f"conversations/{conversation_id}/card", kind="status", client_id=fresh_id())
    (message,) = await gateway.say(None)
    assert message["metadata"]["card"]["type"] == "status" and "DEMO-A-200003" not in str(message)
    assert (await officer.refused(f"conversations/{other}/card", kind="status", client_id=fresh_id()))[:2] == (409, "proof_missing")


async def test_status_is_not_sent_once_the_proof_is_too_old(gateway: Gateway, officer: Member, database: Database) -> None:
    conversation_id = await taken(gateway, officer)
    await database.run(prove, conversation_id, timedelta(seconds=-1))
    refused = await officer.refused(f"conversations/{conversation_id}/card", kind="status", client_id=fresh_id())
    assert refused[:2] == (409, "proof_missing")


async def test_cards_are_for_whoever_has_the_conversation(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    path = f"conversations/{conversation_id}/card"
    assert (await colleague.refused(path, kind="status", client_id=fresh_id()))[1] == "conversation_lost"


async def test_card_sent_twice_is_one(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    path = f"conversations/{conversation_id}/card"
    await gateway.say(None)
    first = await officer.post(path, kind="station", params={"key": "civic_center"}, client_id="card-1", language="zh")
    await officer.post(f"conversations/{conversation_id}/transfer", to_staff=colleague.id)
    again = await officer.post(path, kind="station", params={"key": "civic_center"}, client_id="card-1", language="zh")
    assert first["fresh"] and not again["fresh"] and first["id"] == again["id"]
    cards = [message for message in await gateway.say(None) if message["metadata"]["card"]]
    assert [(message["metadata"]["card"]["type"], message["metadata"]["language"]) for message in cards] == [("station", "zh")]
    assert not cards[0].get("quick_replies")
