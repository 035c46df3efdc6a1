"""Signing in and one's own account: session, password, second factor, language, presence, the agreement, invitations."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from bot.catalogue import Catalogue
from bot.console import fields, views
from bot.console.guard import drop, keep
from bot.console.routes import ANYONE, API, SIGNED_IN, Call, Route
from bot.conversations.events import QueueChanged
from bot.conversations.publishing import Record
from bot.db import Database, now
from bot.errors import Invalid
from bot.languages import LANGUAGES, Language
from bot.staff import presence
from bot.staff.officers import Officer
from bot.staff.presence import PRESENCES
from bot.staff.service import Staff
from bot.staff.sessions import OpenSession, SignedIn

_LONGEST_AGENT: Final = 500


class SigningIn:
    """The lines of the table about oneself."""

    def __init__(self, database: Database, staff: Staff, record: Record, catalogue: Catalogue, demo: bool) -> None:
        self._database = database
        self._record = record
        self._staff = staff
        self._catalogue = catalogue
        self._demo = demo

    def routes(self) -> list[Route]:
        """The lines of the table."""
        return [
            Route("POST", f"{API}/sign_in", ANYONE, self.sign_in),
            Route("POST", f"{API}/invitation/look", ANYONE, self.look),
            Route("POST", f"{API}/invitation/accept", ANYONE, self.accept),
            Route("POST", f"{API}/sign_out", SIGNED_IN, self.sign_out),
            Route("GET", f"{API}/me", SIGNED_IN, self.me),
            Route("GET", f"{API}/sessions", SIGNED_IN, self.sessions),
            Route("DELETE", f"{API}/sessions/{{session_id}}", SIGNED_IN, self.revoke),
            Route("POST", f"{API}/password", SIGNED_IN, self.password),
            Route("POST", f"{API}/totp/begin", SIGNED_IN, self.totp_begin),
            Route("POST", f"{API}/totp/confirm", SIGNED_IN, self.totp_confirm),
            Route("POST", f"{API}/totp/off", SIGNED_IN, self.totp_off),
            Route("POST", f"{API}/language", SIGNED_IN, self.language),
            Route("POST", f"{API}/presence", SIGNED_IN, self.presence),
            Route("GET", f"{API}/agreement", SIGNED_IN, self.agreement),
            Route("POST", f"{API}/agreement", SIGNED_IN, self.sign_agreement),
        ]

    async def sign_in(self, call: Call) -> web.Response:
        """Open a session; whatever session the browser shows is left alone, and never taken over."""
        login, password = fields.secret(call.body, "login"), fields.secret(call.body, "password")
        totp = None if not call.body.get("totp") else fields.secret(call.body, "totp")
        token, signed = await self._database.run(self._staff.sign_in, login, password, totp, call.network, _agent(call))
        return self._welcome(call, token, signed)

    async def look(self, call: Call) -> dict[str, Any]:
        """Whom an invitation is for; its token comes in the body, so that no log of addresses has it."""
        invited = await self._database.run(self._staff.invitation, fields.secret(call.body, "token"))
        return {"login": invited.login, "name": invited.name}

    async def accept(self, call: Call) -> web.Response:
        """Set the password of an invitation, and be signed in, in the language in which the page was read."""
        token, password = fields.secret(call.body, "token"), fields.secret(call.body, "password")
        accept = self._staff.accept_invitation
        session_token, signed = await self._database.run(accept, token, password, call.network, _agent(call), call.language)
        return self._welcome(call, session_token, signed)

    async def sign_out(self, call: Call) -> web.Response:
        """End this session."""
        await self._database.run(self._staff.sign_out, call.signed)
        response = web.json_response({})
        drop(response, call.secure)
        return response

    async def me(self, call: Call) -> dict[str, Any]:
        """Who is signed in, and the token that every change must carry."""
        assert call.signed is not None
        return self._me(call.signed, call.language)

    async def sessions(self, call: Call) -> list[dict[str, Any]]:
        """One's own open sessions."""
        assert call.signed is not None
        found = await self._database.run(self._staff.sessions, call.by, call.by.id)
        return [session_json(each, call.signed.session_id) for each in found]

    async def revoke(self, call: Call) -> None:
        """End one of one's own sessions."""
        await self._database.run(self._staff.revoke, call.by, call.part("session_id"))

    async def password(self, call: Call) -> None:
        """Another password; every other session ends."""
        old, new = fields.secret(call.body, "old"), fields.secret(call.body, "new")
        await self._database.run(self._staff.change_password, call.signed, old, new)

    async def totp_begin(self, call: Call) -> dict[str, Any]:
        """A secret for an authenticator app."""
        begun = await self._database.run(self._staff.totp_begin, call.by.id, fields.secret(call.body, "password"))
        return {"secret": begun.secret, "uri": begun.uri, "svg": begun.svg}

    async def totp_confirm(self, call: Call) -> None:
        """Put the secret in force."""
        await self._database.run(self._staff.totp_confirm, call.by.id, fields.secret(call.body, "code"))

    async def totp_off(self, call: Call) -> None:
        """Do without a second factor."""
        await self._database.run(self._staff.totp_off, call.by.id, fields.secret(call.body, "password"))

    async def language(self, call: Call) -> None:
        """Choose the language of one's console."""
        await self._database.run(self._staff.set_language, call.by.id, fields.language(call.body))

    async def presence(self, call: Call) -> None:
        """Say whether one is there."""
        wanted = fields.choice(call.body, "presence", PRESENCES)
        await self._database.run(presence.set_presence, call.by.id, wanted)
        # Who is there decides whether anybody can wait, and stands on every board.
        self._record.tell(QueueChanged())

    async def agreement(self, call: Call) -> dict[str, Any]:
        """The duty and privacy agreement in force."""
        wanted = call.asked("language")
        language = next((each for each in LANGUAGES if each == (wanted or call.language)), None)
        if language is None:
            raise Invalid("unknown_value", name="language", value=(wanted or "")[:20])
        version, text = self._staff.agreement(language)
        return {"version": version, "text": text}

    async def sign_agreement(self, call: Call) -> dict[str, Any]:
        """Sign the version that was read."""
        assert call.signed is not None
        version = fields.name(call.body, "version", 20)
        language = fields.maybe_language(call.body) or call.language
        officer = await self._database.run(self._staff.sign_agreement, call.by.id, version, language)
        return self._me(SignedIn(officer, call.signed.session_id, call.signed.csrf), call.language)

    def _welcome(self, call: Call, token: str, signed: SignedIn) -> web.Response:
        response = web.json_response(self._me(signed, call.language))
        keep(response, token, call.secure)
        return response

    def _me(self, signed: SignedIn, language: Language) -> dict[str, Any]:
        version, _ = self._staff.agreement(language)
        return {
            "officer": self.officer(signed.officer, language),
            "csrf": signed.csrf,
            "server_time": now().isoformat(),
            "demo": self._demo,
            "agreement_version": version,
        }

    def officer(self, officer: Officer, language: Language) -> dict[str, Any]:
        """Oneself, for the page."""
        return {
            "id": officer.id,
            "name": officer.name,
            "login": officer.login,
            "role": officer.role,
            "permissions": sorted(officer.permissions),
            "stations": [{"key": key, "name": self._station(key, language)} for key in officer.stations],
            "signed": officer.signed,
            "language": officer.language,
            "presence": officer.presence,
            "totp": officer.totp,
        }

    def _station(self, key: str, language: Language) -> str:
        station = self._catalogue.stations.get(key)
        return key if station is None else station.name[language]


def session_json(each: OpenSession, own: str | None = None) -> dict[str, Any]:
    """A session in a list; `current` is the one that asks."""
    return {
        "id": each.id,
        "described": each.described,
        "created_at": views.moment(each.created_at),
        "last_seen_at": views.moment(each.last_seen_at),
        "expires_at": views.moment(each.expires_at),
        "current": each.id == own,
    }


def _agent(call: Call) -> str:
    return call.request.headers.get("User-Agent", "")[:_LONGEST_AGENT]
