"""One conversation: seeing it, taking it over, answering in it, and everything that is done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.console import fields, masking, views
from bot.console.board import row_json
from bot.console.cards import KINDS, Cards
from bot.console.masking import Hidden
from bot.console.routes import API, Call, Route
from bot.conversations.counter import OUTCOMES, Counter
from bot.conversations.notes import Note
from bot.conversations.overview import View
from bot.conversations.packet import packet
from bot.conversations.text import Typed
from bot.db import Database
from bot.errors import Invalid
from bot.languages import Tongue, written
from bot.permits.service import Permits
from bot.request_body import optional_object

READ: Final = "conversation:read"
CLAIM: Final = "conversation:claim"
REPLY: Final = "conversation:reply"
DRAFT: Final = "conversation:draft"
NOTE: Final = "conversation:note"
TRANSFER: Final = "conversation:transfer"
CLOSE: Final = "conversation:close"
REVEAL: Final = "number:reveal"
_LONGEST_TAG: Final = 40
_MOST_TAGS: Final = 20
_MAY: Final = ("claim", "join", "reply", "hand_back", "transfer", "close", "note", "draft", "tag", "reveal", "card", "use_draft")
_PART_OF: Final = {"card": "reply", "use_draft": "reply"}


class Work:
    """The lines of the table about one conversation."""

    def __init__(self, database: Database, counter: Counter, cards: Cards, permits: Permits) -> None:
        self._database = database
        self._counter = counter
        self._cards = cards
        self._permits = permits

    def routes(self) -> list[Route]:
        """The lines of the table."""
        one = f"{API}/conversations/{{conversation_id}}"
        return [
            Route("GET", one, READ, self.view),
            Route("POST", f"{one}/claim", CLAIM, self.claim),
            Route("POST", f"{one}/join", CLAIM, self.join),
            Route("POST", f"{one}/reply", REPLY, self.reply),
            Route("POST", f"{one}/card", REPLY, self.card),
            Route("POST", f"{one}/hand_back", TRANSFER, self.hand_back),
            Route("POST", f"{one}/transfer", TRANSFER, self.transfer),
            Route("POST", f"{one}/close", CLOSE, self.close),
            Route("POST", f"{one}/note", NOTE, self.note),
            Route("POST", f"{one}/tags", NOTE, self.tags),
            Route("POST", f"{one}/draft", DRAFT, self.draft),
            Route("POST", f"{one}/drafts/{{draft_id}}/use", REPLY, self.use_draft),
            Route("POST", f"{one}/drafts/{{draft_id}}/dismiss", DRAFT, self.dismiss_draft),
            Route("POST", f"{API}/messages/{{message_id}}/reveal", REVEAL, self.reveal),
        ]

    async def view(self, call: Call) -> dict[str, Any]:
        """The conversation, its packet, notes and drafts, and what the caller may do with it."""
        asked = call.asked("after")
        after = 0 if asked is None else fields.counted(asked, "after")
        conversation_id, language = call.part("conversation_id"), call.language
        # What repeats a number can only be told from the whole conversation.
        view = await self._counter.view(call.by, conversation_id, 0)

        def shown(session: Any) -> dict[str, Any]:
            proof = self._permits.proof(session, conversation_id)
            until = None if proof is None else views.moment(proof.until)
            return view_json(view, after, packet(session, self._cards.answers, conversation_id, language), until)

        return await self._database.run(shown)

    async def claim(self, call: Call) -> None:
        """Take it from the queue."""
        await self._counter.claim(call.by, call.part("conversation_id"))

    async def join(self, call: Call) -> None:
        """Take it from the assistant."""
        await self._counter.join(call.by, call.part("conversation_id"))

    async def reply(self, call: Call) -> dict[str, Any]:
        """Say something to the applicant."""
        text, client_id = fields.text(call.body), fields.client_id(call.body)
        language = fields.maybe_language(call.body)
        receipt = await self._counter.reply(call.by, call.part("conversation_id"), text, client_id, language)
        return views.receipt(receipt)

    async def card(self, call: Call) -> dict[str, Any]:
        """Send a card, in the language of the conversation."""
        kind, client_id = fields.choice(call.body, "kind", KINDS), fields.client_id(call.body)
        params, conversation_id = optional_object(call.body, "params"), call.part("conversation_id")

        def made(session: Any, language: Tongue) -> Sequence[Mapping[str, Any]]:
            return self._cards.replies(session, conversation_id, written(language), kind, params)

        receipt = await self._counter.send_replies(call.by, conversation_id, made, client_id, fields.maybe_language(call.body))
        return views.receipt(receipt)

    async def hand_back(self, call: Call) -> None:
        """Give it back to the assistant."""
        await self._counter.hand_back(call.by, call.part("conversation_id"))

    async def transfer(self, call: Call) -> None:
        """Pass it to a colleague or a station, by way of the queue."""
        to_staff, to_station = fields.number(call.body, "to_staff"), fields.maybe(call.body, "to_station")
        if to_station is not None and self._cards.answers.catalogue.stations.get(to_station) is None:
            raise Invalid("unknown_value", name="station", value=to_station[:40])
        note = None if fields.maybe(call.body, "note") is None else fields.text(call.body, "note")
        await self._counter.transfer(call.by, call.part("conversation_id"), to_staff, to_station, note)

    async def close(self, call: Call) -> None:
        """End it."""
        await self._counter.close(call.by, call.part("conversation_id"), fields.choice(call.body, "outcome", OUTCOMES))

    async def note(self, call: Call) -> None:
        """Write something that only staff see."""
        await self._counter.note(call.by, call.part("conversation_id"), fields.text(call.body), fields.client_id(call.body))

    async def tags(self, call: Call) -> None:
        """Put words on it, or take them off."""
        conversation_id = call.part("conversation_id")
        add, remove = (fields.strings(call.body, field, _MOST_TAGS, _LONGEST_TAG) for field in ("add", "remove"))
        if any(masking.applicants(tag).changed for tag in add):
            # Tags stand in every list and are searched for, so that nothing can mask them.
            raise Invalid("tag_personal")
        for tag in add:
            await self._counter.tag(call.by, conversation_id, tag)
        for tag in remove:
            await self._counter.untag(call.by, conversation_id, tag)

    async def draft(self, call: Call) -> None:
        """Propose a reply for somebody who may send it."""
        await self._counter.draft(call.by, call.part("conversation_id"), fields.text(call.body), fields.client_id(call.body))

    async def use_draft(self, call: Call) -> dict[str, Any]:
        """Send a proposed reply, as it stands or changed."""
        text = None if fields.maybe(call.body, "text") is None else fields.text(call.body)
        receipt = await self._counter.use_draft(call.by, _draft(call), fields.client_id(call.body), text, call.part("conversation_id"))
        return views.receipt(receipt)

    async def dismiss_draft(self, call: Call) -> None:
        """Set a proposed reply aside."""
        await self._counter.dismiss_draft(call.by, _draft(call), call.part("conversation_id"))

    async def reveal(self, call: Call) -> dict[str, str]:
        """A message without its mask; who asked and why stands in the audit trail."""
        return {"text": await self._counter.reveal(call.by, call.part("message_id"), fields.reason(call.body))}


def _draft(call: Call) -> int:
    return fields.counted(call.part("draft_id"), "draft_id")


def view_json(view: View, after: int, about: Mapping[str, Any], proof_until: str | None) -> dict[str, Any]:
    """A conversation as the page shows it."""
    hidden = views.hidden_of(view)
    score, comment = view.rating or (None, None)
    return {
        "conversation": {
            **row_json(view.row),
            "closed_at": views.moment(view.closed_at),
            "outcome": view.outcome,
            "rating": None if score is None else {"score": score, "comment": None if comment is None else masking.applicants(comment).text},
            "earlier": [
                {"id": each.id, "closed_at": views.moment(each.closed_at), "topic": each.topic, "outcome": each.outcome}
                for each in view.earlier
            ],
        },
        "messages": [views.message(each, hidden, view.feedback) for each in view.messages if each.seq > after],
        "packet": {key: _shown(value, hidden) for key, value in about.items()},
        "notes": [_note(each, hidden) for each in view.notes],
        "drafts": [_note(each, hidden) for each in view.drafts],
        "proof": {"proven": proof_until is not None, "until": proof_until},
        "may": {
            **dict.fromkeys(_MAY, False),
            **dict.fromkeys(view.may, True),
            "card": "reply" in view.may,
            "use_draft": "reply" in view.may,
        },
    }


def _note(note: Note, hidden: Hidden) -> dict[str, Any]:
    seen = masking.repeated(note.text, hidden)
    return {"id": note.id, "by": views.name(note.by), "text": seen.text, "masked": seen.changed, "at": views.moment(note.at)}


def _shown(value: Any, hidden: Hidden) -> Any:
    """What the applicant typed, masked as such; everything else may repeat it."""
    if isinstance(value, Typed):
        return masking.applicants_line(value)
    if isinstance(value, Mapping):
        return {inner: _shown(each, hidden) for inner, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(each, hidden) for each in value]
    if isinstance(value, str):
        return masking.repeated_line(value, hidden)
    return value
