"""The audit trail, to read and to take away as a table."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from aiohttp import web

from bot import audit
from bot.audit import Query, formula_safe
from bot.console import fields, masking, views
from bot.console.routes import API, Call, Route
from bot.db import Database
from bot.staff import trail
from bot.staff.colleagues import named
from bot.staff.trail import Line

READ: Final = "audit:read"
_LONGEST: Final = 80
# Details that hold what somebody wrote; everything else is codes, names of accounts and ids.
_SPEECH: Final = frozenset({"text", "texts", "reason", "note", "answer", "tag"})
_COLUMNS: Final = ("id", "at", "actor", "name", "action", "subject", "about", "detail")


class TrailDoor:
    """The lines of the table about the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> list[Route]:
        """The lines of the table."""
        return [
            Route("GET", f"{API}/audit", READ, self.search),
            Route("GET", f"{API}/audit.csv", READ, self.export),
        ]

    async def search(self, call: Call) -> dict[str, Any]:
        """A page of it."""
        found = await self._database.run(trail.search, call.by, await self._query(call))
        return {"entries": [_json(line) for line in found.lines], "more": found.more}

    async def export(self, call: Call) -> web.Response:
        """All of it that is wanted, in a form that no program takes for formulas."""
        lines = await self._database.run(trail.export, call.by, await self._query(call))
        table = io.StringIO()
        writer = csv.writer(table, quoting=csv.QUOTE_ALL)
        writer.writerow(_COLUMNS)
        for line in lines:
            shown = _json(line)
            about = shown["about"] or {}
            row = (
                shown["id"],
                shown["at"],
                shown["actor"],
                (shown["who"] or {}).get("name", ""),
                shown["action"],
                shown["subject"],
                about.get("name", ""),
                "" if not shown["detail"] else json.dumps(shown["detail"], ensure_ascii=False, sort_keys=True),
            )
            writer.writerow([formula_safe(cell) for cell in row])
        # The mark at the beginning has spreadsheets read Chinese.
        body = ("\ufeff" + table.getvalue()).encode()
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)

    async def _query(self, call: Call) -> Query:
        before = call.asked("before")
        return Query(
            actor=await self._actor((call.asked("actor") or "")[:_LONGEST]),
            action=(call.asked("action") or "")[:_LONGEST] or None,
            subject=(call.asked("subject") or "")[:_LONGEST] or None,
            since=fields.day(call.asked("from"), "from"),
            until=fields.day(call.asked("to"), "to", end=True),
            before=None if before is None else fields.counted(before, "before"),
        )

    async def _actor(self, words: str) -> str | None:
        """Whom somebody means by a number, a login or a name."""
        if not words:
            return None
        if words.isascii() and words.isdigit():
            return audit.staff(int(words[:10]))
        account_id = await self._database.run(named, words)
        return words if account_id is None else audit.staff(account_id)


def _json(line: Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "id": entry.id,
        "at": views.moment(entry.at),
        "actor": entry.actor,
        "who": views.name(line.who),
        "action": entry.action,
        "subject": entry.subject,
        "about": views.name(line.whom),
        "detail": {key: masking.applicants_in(value) if key in _SPEECH else value for key, value in entry.detail.items()},
        "withheld": line.withheld,
    }
