"""How the console's page gets what the core gives: JSON data, with numbers masked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.console import masking
from bot.console.masking import Hidden
from bot.conversations.composer import metadata
from bot.conversations.events import Stored
from bot.conversations.ledger import Receipt
from bot.conversations.overview import Opinion, View
from bot.staff.names import StaffName

APPLICANT = "applicant"
_CONTACT_NAMED = "kept_"


def moment(value: datetime | None) -> str | None:
    """A moment as the wire has it."""
    return None if value is None else value.isoformat()


def name(who: StaffName | None) -> dict[str, Any] | None:
    """Somebody of the staff."""
    return None if who is None else {"id": who.id, "name": who.name, "station": who.station}


def receipt(given: Receipt) -> dict[str, Any]:
    """That something was said, and where it stands; the text comes with the conversation, masked like every other."""
    stored = given.message
    return {"id": stored.id, "seq": stored.seq, "created_at": moment(stored.created_at), "fresh": given.fresh}


def of_applicant(stored: Stored) -> bool:
    """Whether a message says what the applicant said: their own, and the desk's that names the contact of a form."""
    return stored.author == APPLICANT or str(stored.payload.get("desk", "")).startswith(_CONTACT_NAMED)


def hidden_of(view: View) -> Hidden:
    """Every personal piece that the applicant gave in this conversation or before it."""
    return masking.pieces([*view.given, *(each.typed for each in view.messages if of_applicant(each))])


def message(stored: Stored, known: Hidden, feedback: Mapping[str, Opinion] | None = None) -> dict[str, Any]:
    """A message as on every channel, and whether anything in it is masked.

    Args:
        known: the personal pieces that the applicant gave, for what repeats them.
    """
    seen = masking.applicants(*stored.typed) if of_applicant(stored) else masking.repeated(stored.text, known)
    described = metadata(stored)
    described["card"] = masking.repeated_in(described["card"], known)
    described.update(
        conversation={"id": stored.conversation_id, "state": stored.state.value},
        # What an applicant's client calls a message may be anything; the page looks for its own names only.
        client_id=None if stored.author == APPLICANT else stored.client_id,
        staff=name(stored.staff),
        choice=masking.repeated_in(stored.payload.get("choice"), known),
    )
    described.update({each: stored.payload[each] for each in ("desk", "left_message", "grave") if stored.payload.get(each)})
    shown: dict[str, Any] = {"text": seen.text, "metadata": described, "masked": seen.changed}
    offers = stored.payload.get("quick_replies")
    if offers:
        shown["quick_replies"] = [{**masking.repeated_in(offer, known), "content_type": "text"} for offer in offers]
    if feedback is not None:
        said = feedback.get(stored.id)
        comment = None if said is None or said.comment is None else masking.applicants(said.comment).text
        shown["feedback"] = None if said is None else {"helpful": said.helpful, "comment": comment}
    return shown
