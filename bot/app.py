"""The gateway: the one place that builds its real parts and joins them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from sqlalchemy.orm import Session

from bot import migrations
from bot.answers import Answers
from bot.assistant import RasaAssistant
from bot.catalogue import Catalogue
from bot.catalogue.stations import SAFE_CHOICE
from bot.channels.bodies import LARGEST_BODY
from bot.channels.home import HomePage
from bot.channels.rest import RestChannel
from bot.conversations.composer import Composer, Contact, RenderHandoff, RenderPrivate
from bot.conversations.service import Conversations, Redact
from bot.conversations.turns import Turns
from bot.db import Database
from bot.errors import StartError
from bot.http import Edge, Health, actions_check, rasa_check
from bot.i18n import Texts
from bot.languages import LANGUAGES, Language
from bot.limits import Limiter
from bot.logs import place, set_up
from bot.metrics import Metrics
from bot.permits.service import Permits
from bot.redaction import Expects, redact
from bot.settings import ROOT, Settings
from bot.vault import KEY_FILE, Vault, derived_key, read_or_create_key

log = logging.getLogger(__name__)

# The parts of a running gateway, for doors that are added to it and for tests.
CONVERSATIONS: Final = web.AppKey("conversations", Conversations)
TURNS: Final = web.AppKey("turns", Turns)
METRICS: Final = web.AppKey("metrics", Metrics)
DATABASE: Final = web.AppKey("database", Database)

_SHUT_DOWN_WITHIN_S = 3.0
_TIDY_EVERY_S = 60.0
# What an open question means for the redaction of its answer.
_ASKED: Final[Mapping[str | None, Expects]] = {"number": "number", "date": "birth_date", "birth_date": "birth_date"}


@dataclass(frozen=True)
class Parts:
    """What the gateway takes from the rest of the house.

    Attributes:
        tidy: drops what the vault need not keep any longer; called every minute.
    """

    redact: Redact
    render_private: RenderPrivate
    render_handoff: RenderHandoff
    contact: Contact
    tidy: Callable[[Session], object]


def real_parts(settings: Settings) -> Parts:
    """The parts of the real system; reads catalogue and answers.

    Raises:
        DataError: a data file is wrong.
    """
    catalogue = Catalogue.load()
    answers = Answers.load(ROOT, catalogue)
    vault = Vault(settings.data_dir / KEY_FILE)

    def hide(session: Session, conversation_id: str, text: str, expects: str | None) -> str:
        return redact(text, _ASKED.get(expects), lambda kind, value: vault.put(session, conversation_id, kind, value))

    def show(session: Session, conversation_id: str, token: str, language: Language) -> Sequence[dict[str, Any]]:
        kept = vault.get(session, conversation_id, token)
        if kept is None:
            return answers.replies("utter_status_expired", language)
        return answers.replies(kept["response"], language, kept["params"])

    def hand_off(language: Language, reason: str) -> Sequence[dict[str, Any]]:
        return answers.replies("utter_handoff", language, {"reason": reason})

    hall = catalogue.stations.get(SAFE_CHOICE)
    if hall is None or hall.hours is None:
        raise StartError("no_hours", detail=f"The catalogue has no hours for the station {SAFE_CHOICE}.")
    contact = Contact(
        hotline=str(catalogue.facts["phones.work_permit"].values["number"]),
        hours={language: hall.hours.text[language] for language in LANGUAGES},
    )

    permits = Permits(derived_key(read_or_create_key(settings.data_dir / KEY_FILE), "permits"))

    def tidy(session: Session) -> None:
        vault.purge(session)
        permits.purge(session)

    return Parts(redact=hide, render_private=show, render_handoff=hand_off, contact=contact, tidy=tidy)


def build(settings: Settings, parts: Parts | None = None) -> web.Application:
    """The gateway as an aiohttp application; it expects a migrated database and connects when it starts.

    Args:
        parts: what to use of the rest of the house; the real parts when not given.
    """
    parts = parts or real_parts(settings)
    texts, metrics = Texts.load(), Metrics()
    database = Database(settings.resolved_database_url)
    composer = Composer(texts, parts.contact, parts.render_private, parts.render_handoff, settings.demo)
    conversations = Conversations(database, composer, parts.redact)
    rasa = f"http://127.0.0.1:{settings.rasa_port}"
    assistant = RasaAssistant(rasa, settings.assistant_timeout_s)
    turns = Turns(conversations, assistant, metrics, settings.turn_lease_s)
    limiter = Limiter(settings.messages_per_minute, settings.caller_messages_per_minute, settings.rate_limits)
    checks = {
        "database": conversations.check,
        "rasa": rasa_check(rasa),
        "actions": actions_check(f"http://127.0.0.1:{settings.actions_port}"),
    }
    # A message may wait for the one before it, whose worker may have died, and then for its own answer.
    patience = 2 * settings.assistant_timeout_s + settings.turn_lease_s + 5
    doors = (
        HomePage(texts, parts.contact.hotline, settings.demo),
        RestChannel(conversations, turns, limiter, metrics, settings.rest_tokens, patience),
        Health(checks, metrics, show_metrics=settings.metrics == "loopback"),
    )

    app = web.Application(client_max_size=LARGEST_BODY)
    Edge(texts, metrics).attach(app)
    for door in doors:
        app.add_routes(door.routes())
    app[CONVERSATIONS], app[TURNS], app[METRICS], app[DATABASE] = conversations, turns, metrics, database

    async def running(_app: web.Application) -> AsyncIterator[None]:
        await turns.start()
        tidying = asyncio.create_task(_tidy(database, parts.tidy))
        yield
        tidying.cancel()
        await turns.stop()
        await assistant.close()
        database.close()

    async def ending(_app: web.Application) -> None:
        turns.let_go()

    app.cleanup_ctx.append(running)
    app.on_shutdown.append(ending)
    return app


async def _tidy(database: Database, tidy: Callable[[Session], object]) -> None:
    while True:
        try:
            await database.run(tidy)
        except Exception as error:
            log.error("tidying failed: %s", place(error))
        await asyncio.sleep(_TIDY_EVERY_S)


async def run(settings: Settings, parts: Parts | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then stop in good order.

    Raises:
        StartError: the port cannot be used.
    """
    app = build(settings, parts)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUT_DOWN_WITHIN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.http_host, settings.http_port)
        try:
            await site.start()
        except OSError as error:
            where = f"Port {settings.http_port} on {settings.http_host}"
            raise StartError("port_busy", detail=f"{where} cannot be used ({error.strerror}); set BOT_HTTP_PORT.") from error
        log.info("listening on http://%s:%d", settings.http_host, settings.http_port)
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await stopping.wait()
    finally:
        await runner.cleanup()


def serve(settings: Settings, parts: Parts | None = None) -> int:
    """Run the gateway until it is told to stop; brings the database to the newest schema first.

    Raises:
        StartError: the port cannot be used.
        DataError: a data file is wrong.
    """
    set_up(settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(Database(settings.resolved_database_url)) as database:
        migrations.upgrade(database.engine)
    asyncio.run(run(settings, parts))
    return 0


if __name__ == "__main__":
    from bot.settings import load

    raise SystemExit(serve(load()))
