"""Accounts of staff, for those who manage them."""

from __future__ import annotations

from typing import Any, Final

from bot.console import fields, views
from bot.console.routes import API, Call, Route
from bot.console.signing_in import session_json
from bot.db import Database
from bot.errors import NotFound
from bot.staff.accounts import Account
from bot.staff.roles import ROLES
from bot.staff.service import Staff

MANAGE: Final = "account:manage"
_LONGEST_LOGIN: Final = 64
_LONGEST_NAME: Final = 80
_MOST_STATIONS: Final = 20


class AccountsDoor:
    """The lines of the table about other people's accounts."""

    def __init__(self, database: Database, staff: Staff) -> None:
        self._database = database
        self._staff = staff

    def routes(self) -> list[Route]:
        """The lines of the table."""
        one = f"{API}/accounts/{{account_id}}"
        return [
            Route("GET", f"{API}/accounts", MANAGE, self.all),
            Route("POST", f"{API}/accounts", MANAGE, self.create),
            Route("PATCH", one, MANAGE, self.change),
            Route("POST", f"{one}/invitation", MANAGE, self.invite),
            Route("POST", f"{one}/active", MANAGE, self.set_active),
            Route("GET", f"{one}/sessions", MANAGE, self.sessions),
            Route("DELETE", f"{one}/sessions/{{session_id}}", MANAGE, self.revoke),
        ]

    async def all(self, call: Call) -> list[dict[str, Any]]:
        """Every account."""
        return [_json(each) for each in await self._database.run(self._staff.accounts, call.by)]

    async def create(self, call: Call) -> dict[str, Any]:
        """A new account, and the link with which its owner sets a password."""
        account_id, token = await self._database.run(
            self._staff.create_account,
            call.by,
            fields.name(call.body, "login", _LONGEST_LOGIN),
            fields.name(call.body, "display_name", _LONGEST_NAME),
            fields.choice(call.body, "role", tuple(ROLES)),
            fields.strings(call.body, "stations", _MOST_STATIONS),
            fields.language(call.body),
        )
        return {"account": await self._one(call, account_id), "link": _link(call, token)}

    async def change(self, call: Call) -> dict[str, Any]:
        """Another name, role, language, or other stations; only what is given."""
        account_id = _id(call)
        changes: dict[str, Any] = {}
        if "display_name" in call.body:
            changes["display_name"] = fields.name(call.body, "display_name", _LONGEST_NAME)
        if "role" in call.body:
            changes["role"] = fields.choice(call.body, "role", tuple(ROLES))
        if "stations" in call.body:
            changes["stations"] = fields.strings(call.body, "stations", _MOST_STATIONS)
        if "language" in call.body:
            changes["language"] = fields.language(call.body)
        await self._database.run(self._staff.update_account, call.by, account_id, **changes)
        return await self._one(call, account_id)

    async def invite(self, call: Call) -> dict[str, Any]:
        """A new link, with which a new password is set; older links end."""
        return {"link": _link(call, await self._database.run(self._staff.invite, call.by, _id(call)))}

    async def set_active(self, call: Call) -> dict[str, Any]:
        """Disable an account, which cuts its connections, or let it in again."""
        account_id = _id(call)
        await self._database.run(self._staff.set_active, call.by, account_id, fields.flag(call.body, "active"))
        return await self._one(call, account_id)

    async def sessions(self, call: Call) -> list[dict[str, Any]]:
        """The open sessions of an account."""
        return [session_json(each) for each in await self._database.run(self._staff.sessions, call.by, _id(call))]

    async def revoke(self, call: Call) -> None:
        """End a session of an account."""
        open_sessions = await self._database.run(self._staff.sessions, call.by, _id(call))
        if call.part("session_id") not in {each.id for each in open_sessions}:
            raise NotFound("session_unknown")
        await self._database.run(self._staff.revoke, call.by, call.part("session_id"))

    async def _one(self, call: Call, account_id: int) -> dict[str, Any]:
        found = await self._database.run(self._staff.accounts, call.by)
        return next(_json(each) for each in found if each.officer.id == account_id)


def _id(call: Call) -> int:
    return fields.counted(call.part("account_id"), "account_id")


def _link(call: Call, token: str) -> str:
    # Behind the hash, a browser sends the token to nobody.
    return f"{call.origin}/console/#invite={token}"


def _json(account: Account) -> dict[str, Any]:
    officer = account.officer
    return {
        "id": officer.id,
        "login": officer.login,
        "name": officer.name,
        "display_name": officer.name,
        "role": officer.role,
        "stations": list(officer.stations),
        "language": officer.language,
        "signed": officer.signed,
        "totp": officer.totp,
        "presence": officer.presence,
        "active": account.active,
        "has_password": account.has_password,
        "created_at": views.moment(account.created_at),
        "seen_at": views.moment(account.seen_at),
    }
