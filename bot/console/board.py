"""The board and the search: who waits, what is mine, what was left, who is there, and every other conversation."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot import audit
from bot.catalogue import Catalogue
from bot.console import fields, masking, views
from bot.console.cards import Cards
from bot.console.replies import Reply
from bot.console.routes import API, SIGNED_IN, Call, Route
from bot.conversations.counter import OUTCOMES, Counter
from bot.conversations.inbox import Item
from bot.conversations.overview import Row, SearchQuery
from bot.conversations.states import State
from bot.conversations.text import Typed
from bot.db import Database, now
from bot.errors import Invalid
from bot.languages import as_tongue
from bot.staff.colleagues import colleagues
from bot.staff.officers import Officer

READ: Final = "conversation:read"
_LONGEST_SEARCH: Final = 100
_LONGEST_KEY: Final = 60
_PAGE: Final = 50
_FILTERS: Final = ("state", "language", "topic", "station", "tag", "owner", "before")
# What numbers and e-mail addresses are made of.
_PERSONAL: Final = re.compile(r"\d(?:\W*\d){2,}|[@＠]")


class Board:
    """The lines of the table about many conversations at once."""

    def __init__(
        self,
        database: Database,
        counter: Counter,
        catalogue: Catalogue,
        topics: dict[str, Any],
        cards: Cards,
        replies: tuple[Reply, ...],
        heard_within_s: float,
    ) -> None:
        self._database = database
        self._counter = counter
        self._catalogue = catalogue
        self._topics = topics
        self._cards = cards
        self._replies = [reply.as_json() for reply in replies]
        self._heard_within_s = heard_within_s

    def routes(self) -> list[Route]:
        """The lines of the table."""
        return [
            Route("GET", f"{API}/board", READ, self.board, by_itself=True),
            Route("GET", f"{API}/conversations", READ, self.find),
            Route("POST", f"{API}/conversations/search", READ, self.search),
            Route("GET", f"{API}/replies", READ, self.replies),
            Route("GET", f"{API}/choices", SIGNED_IN, self.choices),
        ]

    async def board(self, call: Call) -> dict[str, Any]:
        """All that the first column shows."""
        lists, left, there = await asyncio.gather(
            self._counter.board(call.by),
            self._counter.left_messages(call.by, open_only=True),
            self._database.run(colleagues, self._heard_within_s),
        )
        return {
            "queue": [row_json(row) for row in lists.queue],
            "mine": [row_json(row) for row in lists.mine],
            "others": [row_json(row) for row in lists.others],
            "left_messages": [left_json(item) for item in left],
            "officers": [_colleague(officer) for officer in there],
            "server_time": now().isoformat(),
        }

    async def find(self, call: Call) -> dict[str, Any]:
        """Conversations by what is known of them, the newest first, a page before the one named."""
        return await self._found(call, dict(call.request.query))

    async def search(self, call: Call) -> dict[str, Any]:
        """The same, and by the words `q` in them, which may be personal and so stand in no address."""
        wanted = {field: fields.string(call.body, field) for field in (*_FILTERS, "q") if call.body.get(field) not in (None, "")}
        text = wanted.get("q", "").strip()[:_LONGEST_SEARCH] or None
        if text is not None:
            # Whoever can search what is masked can find it out, one character after the other.
            personal = _PERSONAL.search(text) is not None
            if personal:
                call.by.require("number:reveal")
            action = "number:search" if personal else "conversation:search"
            await self._database.run(audit.record, audit.staff(call.by.id), action, "conversation:any")
            return await self._found(call, wanted, text, None if personal else _shown)
        return await self._found(call, wanted)

    async def _found(
        self, call: Call, wanted: Mapping[str, str], text: str | None = None, shown: Callable[[Typed], str] | None = None
    ) -> dict[str, Any]:
        given = {field: wanted[field][:_LONGEST_KEY] for field in _FILTERS if wanted.get(field)}
        state, owner = given.get("state"), given.get("owner")
        if state is not None and state not in {each.value for each in State}:
            raise Invalid("unknown_value", name="state", value=state)
        query = SearchQuery(
            text=text,
            shown=shown,
            state=None if state is None else State(state),
            language=as_tongue(given.get("language")),
            topic=given.get("topic"),
            station=given.get("station"),
            tag=given.get("tag"),
            owner=None if owner is None else call.by.id if owner == "me" else fields.counted(owner, "owner"),
            before=given.get("before"),
            limit=_PAGE + 1,
        )
        found = await self._counter.search(call.by, query)
        return {"rows": [row_json(row) for row in found[:_PAGE]], "more": len(found) > _PAGE}

    async def replies(self, call: Call) -> list[dict[str, Any]]:
        """The ready-made replies."""
        return self._replies

    async def choices(self, call: Call) -> dict[str, Any]:
        """What can be chosen from, named in the caller's language."""
        language, papers = call.language, self._catalogue.papers
        asked = [each for each in papers.circumstances.to_ask if each.kind != "country"]
        return {
            "stations": [
                {"key": station.key, "name": station.name[language], "open_to_public": station.open_to_public}
                for station in self._catalogue.stations.all()
            ],
            "topics": [{"name": name, "title": topic.title[language]} for name, topic in self._topics.items()],
            "application_types": [{"id": key, "name": papers.application_types[key].label[language]} for key in self._cards.types],
            "categories": [{"id": key, "name": category.label[language]} for key, category in papers.categories.items()],
            "circumstances": [
                {
                    "id": each.id,
                    "question": each.question[language],
                    "types": sorted(each.types),
                    "categories": sorted(each.categories),
                    "choices": [{"value": choice.value, "label": choice.label[language]} for choice in each.choices],
                }
                for each in asked
            ],
            "countries": [{"code": code, "name": country.name[language]} for code, country in papers.countries.items()],
            "outcomes": list(OUTCOMES),
            "tags": await self._counter.tags_used(call.by) if call.by.may(READ) else [],
        }


def _shown(typed: Typed) -> str:
    return masking.applicants(*typed).text


def row_json(row: Row) -> dict[str, Any]:
    """A conversation in a list."""
    return {
        "id": row.id,
        "applicant": row.applicant,
        "state": row.state.value,
        "owner": views.name(row.owner),
        "wanted": views.name(row.wanted),
        "language": row.language,
        "topic": row.topic,
        "station": row.station,
        "reason": row.reason,
        "first_line": masking.applicants_line(row.first_line),
        "waiting_since": views.moment(row.waiting_since),
        "last_message_at": views.moment(row.last_message_at),
        "unread": row.unread,
        "tags": list(row.tags),
    }


def left_json(item: Item) -> dict[str, Any]:
    """A message that was left."""
    text = masking.applicants(*item.text)
    return {
        "id": item.id,
        "conversation_id": item.conversation_id,
        "applicant": item.applicant,
        "text": text.text,
        "masked": text.changed,
        "language": item.language,
        "contact_kind": item.contact_kind,
        "contact": None if item.contact is None else masking.contact(item.contact),
        "reason": item.reason,
        "station": item.station,
        "owner": views.name(item.owner),
        "due_at": views.moment(item.due_at),
        "created_at": views.moment(item.created_at),
        "answer": None if item.answer is None else masking.repeated(item.answer, masking.pieces(item.given)).text,
        "answered_at": views.moment(item.answered_at),
        "answered_by": views.name(item.answered_by),
    }


def _colleague(officer: Officer) -> dict[str, Any]:
    return {
        "id": officer.id,
        "name": officer.name,
        "presence": officer.presence,
        "role": officer.role,
        "stations": list(officer.stations),
    }
