"""Everything that one person left in a running system is gone after they erased it, and nothing of the register."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations.models import ConversationTag, LeftMessage, Message, Rating, StaffNote
from bot.db import Database
from bot.migrations import metadata
from bot.permits import demo
from tests.applicants import Applicant, visiting
from tests.personal import REGISTER, files_with
from tests.system import System

# No digit in it: what looks like a number would never reach Rasa.
MARKER = "Quokkabergovia"


async def test_marker_is_found_nowhere_after_the_applicant_erased_everything(system: System) -> None:
    database = system.database()
    with database.session() as session:
        case = demo.examples(session)[0]
    register = rows(database, REGISTER)
    async with visiting(system.address) as applicant:
        conversation = await leave_it_everywhere(applicant, database, case)
        found = set(tables_with(database, MARKER))
        assert {"messages", "left_messages", "feedback", "ratings", "staff_notes", "conversation_tags", "audit_entries"} <= found
        assert any(name.startswith("rasa.db") for name in files_with(system.data_dir, MARKER))

        assert (await applicant.call("my_data", {}))["kept"]["proof"] is True
        assert (await applicant.call("erase_my_data", {}))["error"]["code"] == "proof_needed"
        claim = {"number": case["number"], "birth_date": case["date_of_birth"]}
        assert MARKER in (await applicant.call("give_my_data", claim))["text"]
        erased = await applicant.call("erase_my_data", claim)
        assert erased["ok"], erased
        assert (await applicant.call("give_my_data", claim))["error"]["code"] == "conversation_unknown"

    assert list(tables_with(database, MARKER)) == [] and list(tables_with(database, conversation)) == ["audit_entries"]
    assert files_with(system.data_dir, MARKER) == []
    assert MARKER not in system.said.read_text()
    with urllib.request.urlopen(f"{system.address}/metrics", timeout=20) as response:
        assert MARKER not in response.read().decode()
    assert rows(database, REGISTER) == register and register
    database.close()


async def leave_it_everywhere(applicant: Applicant, database: Database, case: dict[str, Any]) -> str:
    """Have one person and the staff write the marker wherever they can; the id of the conversation."""
    conversation = str((await applicant.say(f"I am {MARKER}, what does it cost?"))["conversation"])
    said = await applicant.until(lambda: [body for body in applicant.bodies("bot_uttered") if body["metadata"]["author"] == "bot"])
    await applicant.call("feedback", {"message_id": said[-1]["metadata"]["id"], "helpful": False, "comment": f"no, {MARKER}"})
    await applicant.say(f"status of {case['number']} for {MARKER}")
    await applicant.until(lambda: [body for body in applicant.bodies("bot_uttered") if body["metadata"].get("notice") == "privacy"])
    await applicant.say(date.fromisoformat(case["date_of_birth"]).strftime("%d %B %Y"))
    await applicant.until(
        lambda: [body for body in applicant.bodies("bot_uttered") if (body["metadata"]["card"] or {}).get("type") == "status"]
    )
    contact = {"contact_kind": "email", "contact": f"{MARKER}@example.org"}
    assert (await applicant.call("leave_message", {"text": f"write to {MARKER}", **contact}))["ok"]
    assert (await applicant.call("return_code", {}))["ok"]
    with database.session() as session:
        staffs_part(session, conversation)
    return conversation


def staffs_part(session: Session, conversation: str) -> None:
    """What officers write about it, and the applicant about them."""
    left = session.execute(select(LeftMessage).where(LeftMessage.conversation_id == conversation)).scalars().one()
    left.answer = f"dear {MARKER}"
    session.add_all(
        [
            StaffNote(conversation_id=conversation, staff_id=1, kind="note", text=f"{MARKER} called"),
            ConversationTag(conversation_id=conversation, tag=MARKER, staff_id=1),
            Rating(conversation_id=conversation, score=2, comment=MARKER),
        ]
    )
    message = session.execute(select(Message).where(Message.conversation_id == conversation)).scalars().first()
    audit.record(session, audit.staff(1), "number:reveal", f"conversation:{conversation}", reason=f"{MARKER} asked", message=message.id)


def tables_with(database: Database, marker: str) -> Iterator[str]:
    """The tables of which a query shows the marker."""
    for table in metadata().sorted_tables:
        if any(marker in str(row) for row in rows(database, [table.name])):
            yield table.name


def rows(database: Database, tables: Any) -> list[Any]:
    """Every row of these tables."""
    with database.session() as session:
        return [tuple(row) for name in tables for row in session.execute(select(metadata().tables[name])).all()]
