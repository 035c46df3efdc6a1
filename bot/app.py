"""The gateway: the one place that builds its real parts and joins them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from typing import Final

import uvloop
from aiohttp import web
from sqlalchemy.orm import Session

from bot import migrations
from bot.assistant import RasaAssistant
from bot.attempts import Attempts
from bot.audit_chain import opened
from bot.bus import Bus
from bot.channels.bearer import bearer
from bot.channels.description import DescriptionDoor
from bot.channels.home import Example, HomePage
from bot.channels.mail_links import MailLinks
from bot.channels.own_data import OwnData
from bot.channels.records import RecordsDoor
from bot.channels.rest import RestChannel
from bot.channels.socket import SocketChannel
from bot.channels.static_files import StaticFiles
from bot.channels.widget import WidgetFiles
from bot.channels.wire import Wire
from bot.checks import actions_check, any_of, database_check, rasa_check
from bot.connections import Crowd, Runner
from bot.console.door import Console
from bot.conversations.composer import Composer
from bot.conversations.consents import PrivacyNotice
from bot.conversations.counter import Counter
from bot.conversations.elsewhere import Elsewhere
from bot.conversations.keeper import EVERY_S as KEEPER_EVERY_S
from bot.conversations.keeper import Keeper, Patience
from bot.conversations.news import EVERY_S as NEWS_EVERY_S
from bot.conversations.news import Herald, News
from bot.conversations.publishing import Record
from bot.conversations.return_codes import ReturnCodes
from bot.conversations.service import Conversations
from bot.conversations.switch import EVERY_S as SWITCH_EVERY_S
from bot.conversations.switch import Watch
from bot.conversations.text import harmless
from bot.conversations.turns import Turns
from bot.db import Database, take_time
from bot.derived import kept_between_starts
from bot.errors import StartError
from bot.http import Edge, Health, is_local
from bot.i18n import Texts
from bot.lifetime import keep_for_good
from bot.limits import Limits
from bot.logs import set_up
from bot.metrics import Metrics
from bot.network import caller_of
from bot.nlu.event_log import FILE_NAME, memory_of
from bot.notifications.courier import EVERY_S as MAIL_EVERY_S
from bot.notifications.courier import Courier
from bot.notifications.mailbox import ADDRESSES, Mailbox, unsealed
from bot.observer import BEAT_S, Observer
from bot.parts import Parts, real_parts
from bot.permits import demo
from bot.permits.records import Reader
from bot.permits.service import Permits
from bot.privacy.service import EVERY_S as RETENTION_EVERY_S
from bot.privacy.service import Keep, Privacy
from bot.request_body import LARGEST_BODY
from bot.request_origin import asks_for, caller, may_speak
from bot.rounds import Lasting, Rounds
from bot.sessions import Sessions
from bot.settings import Settings
from bot.shared_buckets import SharedBuckets
from bot.sockets import Sockets
from bot.staff.service import Staff
from bot.vault import KEY_FILE, SESSIONS, Vault, derived_key, former_keys, read_or_create_key

log = logging.getLogger(__name__)

# The parts of a running gateway, for doors that are added to it and for tests.
CONVERSATIONS: Final = web.AppKey("conversations", Conversations)
TURNS: Final = web.AppKey("turns", Turns)
METRICS: Final = web.AppKey("metrics", Metrics)
DATABASE: Final = web.AppKey("database", Database)
RECORD: Final = web.AppKey("record", Record)
SOCKETS: Final = web.AppKey("sockets", Sockets)
STAFF: Final = web.AppKey("staff", Staff)
CONSOLE: Final = web.AppKey("console", Console)
PRIVACY: Final = web.AppKey("privacy", Privacy)
EDGE: Final = web.AppKey("edge", Edge)
CROWD: Final = web.AppKey("crowd", Crowd)

_SHUT_DOWN_WITHIN_S = 3.0
_TIDY_EVERY_S = 60.0


def build(settings: Settings, parts: Parts | None = None) -> web.Application:
    """The gateway as an aiohttp application; it expects a migrated database and connects when it starts.

    Args:
        parts: what to use of the rest of the house; the real parts when not given.
    """
    parts = parts or real_parts(settings)
    texts, metrics = Texts.load(), Metrics()
    database = opened(settings)
    notice = PrivacyNotice(texts, settings.keep_conversations_days, parts.contact.hotline)
    composer = Composer(texts, parts.contact, parts.render_private, parts.desk, settings.demo, notice)
    record = Record(database)
    switch = Watch(database)

    observer = Observer(metrics, database, parts.desk, switch)

    def may_read_metrics(request: web.Request) -> bool:
        here = settings.metrics == "loopback" and is_local(request)
        return here or bearer(request, settings.metrics_tokens) is not None

    def is_on() -> bool:
        return switch.standing.on

    key = read_or_create_key(settings.data_dir / KEY_FILE)
    attempts = Attempts(derived_key(key, "attempts"))
    codes = ReturnCodes(derived_key(key, "return codes"), attempts, settings.return_code_minutes)
    permits = Permits(derived_key(key, "permits"), attempts=settings.lookup_attempts, of_network=settings.network_lookup_attempts)
    addresses_key = derived_key(key, ADDRESSES)
    mailbox = None if settings.mail is None else Mailbox(addresses_key, derived_key(key, "mail links"), settings.mail, texts)
    news = News(parts.desk.answers, permits, timedelta(days=settings.followed_days), attempts, mailbox)
    herald = Herald(record, news)
    courier = None if mailbox is None else Courier(database, mailbox, lambda outcome: metrics.mails.labels(outcome).inc())
    rasa = {address: rasa_check(address, partial(metrics.loaded, number)) for number, address in enumerate(settings.resolved_rasa_urls, 1)}
    assistant = RasaAssistant(rasa, settings.assistant_timeout_s)

    def ahead(conversation_id: str, text: str | None, expects: str | None) -> bool:
        return assistant.tell_ahead(conversation_id, None if text is None else harmless(parts.outline(text, expects)))

    conversations = Conversations(record, composer, parts.redact, codes, news, parts.came_from, ahead)
    bus = Bus(settings.redis_url, derived_key(key, "bus")) if settings.redis_url else None
    # Others may serve the same record even where nothing was said of them: two releases meet during an update.
    elsewhere = Elsewhere(record, bus) if bus is not None or database.is_shared else None
    turns = Turns(conversations, assistant, metrics, settings.turn_lease_s)
    keeper = Keeper(record, parts.desk, Patience(settings.idle_warning_s, settings.idle_close_s))
    buckets = SharedBuckets(settings.redis_url, derived_key(key, "limits")) if settings.redis_url else None
    limits = Limits(settings.rate_limits, buckets)
    limiter = limits.limiter("applicants", settings.messages_per_minute, settings.caller_messages_per_minute)
    checks = {
        "database": database_check(database),
        "rasa": any_of(list(rasa.values()), partial(metrics.stands, "rasa")),
        "actions": any_of([actions_check(address) for address in settings.resolved_actions_urls], partial(metrics.stands, "actions")),
    }
    # A message may wait for the one before it, whose worker may have died, and then for its own answer.
    patience = 2 * settings.assistant_timeout_s + settings.turn_lease_s + 5
    proxies, network_key = settings.trusted_proxies, derived_key(key, "networks")

    def network(request: web.BaseRequest) -> str:
        return caller(request, proxies, network_key)

    def is_allowed(request: web.BaseRequest) -> bool:
        return may_speak(request, proxies, settings.allowed_origins)

    sockets = Sockets(is_allowed, network, limiter)
    former = [(each.key, each.until.timestamp()) for each in former_keys(settings.data_dir / KEY_FILE) if each.purpose == SESSIONS]
    sessions = Sessions(derived_key(key, SESSIONS), former=former)
    stations = {station.key: station.name for station in parts.desk.answers.catalogue.stations.all()}
    wire = Wire(settings.demo, parts.contact.hotline, parts.contact.hours, stations, is_on)

    async def within_hours() -> bool | None:
        return (await database.run(parts.desk.situation)).within_hours

    staff = Staff(derived_key(key, "staff"), attempts, stations)
    keep = Keep(settings.keep_conversations_days, settings.keep_memory_days, settings.keep_audit_days)
    # The file of a time before PostgreSQL is emptied too.
    memories = {memory_of(settings.database_url, settings.data_dir), settings.data_dir / FILE_NAME}
    vault = Vault(settings.data_dir / KEY_FILE)

    def reveal(stored: bytes) -> str:
        return unsealed(addresses_key, stored)

    privacy = Privacy(record, database, permits, vault, attempts, list(memories), keep, reveal=reveal)
    own = OwnData(privacy, notice, texts, keep)
    channel = SocketChannel(sockets, conversations, sessions, limiter, metrics, texts, wire, within_hours, record.tell, network, own)
    counter = Counter(record, parts.desk)
    hotline = parts.contact.hotline
    console = Console(
        settings, database, texts, staff, record, counter, parts.desk.answers, permits, privacy, switch, network, limits, hotline
    )

    metrics.count_sockets(channel.lines, console.live.lines)
    deliveries = limits.limiter("records", settings.records_per_minute, settings.records_per_minute)

    async def examples() -> list[Example]:
        stages = parts.desk.answers.catalogue.papers.stages
        found = await database.run(demo.examples) if settings.demo else []
        return [Example(each["number"], date.fromisoformat(each["date_of_birth"]), stages[each["stage"]].name) for each in found]

    doors = (
        sockets,
        WidgetFiles(texts, parts.contact.hotline),
        HomePage(texts, parts.contact.hotline, settings.demo, parts.stations, examples, is_on),
        StaticFiles(),
        RestChannel(conversations, turns, limiter, metrics, settings.rest_tokens, patience, network, is_allowed),
        RecordsDoor(database, Reader(stations), settings.record_tokens, deliveries, network),
        DescriptionDoor(),
        MailLinks(database, conversations, mailbox, texts, network, limiter),
        Health(
            checks,
            metrics,
            may_read=may_read_metrics,
            is_on=is_on,
            observe=observer.look,
            beside={} if bus is None else {"redis": bus.check},
        ),
    )

    app = web.Application(client_max_size=LARGEST_BODY)
    edge = Edge(texts, metrics, lambda request: asks_for(request, proxies, settings.public_hosts), proxies, hotline)
    edge.attach(app)
    uncounted = proxies.trusts if settings.rate_limits else lambda _peer: True
    app[EDGE], app[CROWD] = edge, Crowd(lambda peer: None if uncounted(peer) else caller_of(peer, network_key))
    for door in doors:
        app.add_routes(door.routes())
    app[CONVERSATIONS], app[TURNS], app[METRICS], app[DATABASE] = conversations, turns, metrics, database
    app[RECORD], app[SOCKETS], app[STAFF], app[CONSOLE], app[PRIVACY] = record, sockets, staff, console, privacy

    def tidy(session: Session) -> None:
        parts.tidy(session)
        attempts.purge(session)
        news.tidy(session)
        staff.purge(session)

    switch.listen(channel.relay.tell_switched)
    if bus is not None:
        console.live.hear_others(bus)
    if elsewhere is not None:
        elsewhere.look(channel.relay.look)
        elsewhere.look(console.live.look_at_record)
        elsewhere.look(privacy.look)

    rounds = [
        Rounds("looking at the switch", switch.look, SWITCH_EVERY_S),
        Rounds("the beat", observer.beat, BEAT_S),
        Rounds("keeper", keeper.round, KEEPER_EVERY_S),
        Rounds("news", herald.round, NEWS_EVERY_S),
        Rounds("retention", privacy.round, RETENTION_EVERY_S),
        Rounds("tidying", lambda: database.run(tidy), _TIDY_EVERY_S),
    ]
    if courier is not None:
        rounds.append(Rounds("mail", courier.round, MAIL_EVERY_S))
    # What is passed on to other gateways ends last, after whatever still does something.
    lasting: list[Lasting] = [*([] if elsewhere is None else [elsewhere]), turns, *rounds, channel.relay]

    async def running(_app: web.Application) -> AsyncIterator[None]:
        await assistant.start()
        # Pages say from the first on whether the bot answers.
        await switch.look()
        for part in lasting:
            await part.start()
        yield
        for part in reversed(lasting):
            await part.stop()
        await assistant.close()
        if buckets is not None:
            await buckets.close()
        database.close()

    async def ending(_app: web.Application) -> None:
        turns.let_go()
        await sockets.stop()

    app.cleanup_ctx.append(running)
    console.attach(app, sockets)
    app.on_shutdown.append(ending)
    return app


async def run(settings: Settings, parts: Parts | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then stop in good order.

    Raises:
        StartError: the port cannot be used.
    """
    with kept_between_starts(settings.data_dir, "gateway"):
        app = build(settings, parts)
    await app[DATABASE].run(take_time)
    timing = Rounds("taking the time", lambda: app[DATABASE].run(take_time), _TIDY_EVERY_S)
    await timing.start()
    runner = Runner(app, app[EDGE], app[CROWD], access_log=None, shutdown_timeout=_SHUT_DOWN_WITHIN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.http_host, settings.http_port)
        try:
            await site.start()
        except OSError as error:
            where = f"Port {settings.http_port} on {settings.http_host}"
            raise StartError("port_busy", detail=f"{where} cannot be used ({error.strerror}); set BOT_HTTP_PORT.") from error
        keep_for_good()
        log.info("listening on http://%s:%d", settings.http_host, settings.http_port)
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await stopping.wait()
    finally:
        await timing.stop()
        await runner.cleanup()


def serve(settings: Settings, parts: Parts | None = None) -> int:
    """Run the gateway until it is told to stop; brings the database to the newest schema first.

    Raises:
        StartError: the port cannot be used.
        DataError: a data file is wrong.
    """
    set_up(settings.log_level, settings.log_format)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(opened(settings)) as database:
        migrations.upgrade(database.engine)
    uvloop.run(run(settings, parts))
    return 0


if __name__ == "__main__":
    from bot.settings import load

    raise SystemExit(serve(load()))
