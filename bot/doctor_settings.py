"""What `python -m bot doctor` finds in settings alone, before anything they name is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from redis.connection import SSLConnection, UnixDomainSocketConnection, parse_url
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import StartError
from bot.network import Proxies, is_here
from bot.permits.service import HOURS_A_DAY
from bot.settings import ROOT, Settings, load

_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
# One address of each kind that nobody's proxy has: whoever trusts these trusts everybody.
_STRANGERS: Final = ("192.0.2.1", "2001:db8::1")
# How many addresses one may trust before it is a network in which others are too, by the version of IP.
_PROXIES_PREFIX: Final = {4: 24, 6: 64}
# From how many times the default on something is worth a look.
_FAR: Final = 4
_LONG: Final = 2
# Of people of working age; docs/security.md reckons with as many.
_BIRTH_DATES: Final = 15_000
# What deploy/compose.database.yml calls PostgreSQL, which runs on the same machine.
_NEIGHBOUR: Final = "database"
_ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})
# With what the rest is looked at where a setting cannot be used, and its default would hide something.
_STAND_INS: Final = {"BOT_DEMO": "off", "BOT_PUBLIC_URL": "https://localhost"}
# What is found only because something else stands in for a setting that cannot be used.
_UNTRUE: Final[Mapping[str, frozenset[str]]] = {
    "BOT_DEMO": frozenset({"demo_data_left"}),
    "BOT_HTTP_PORT": frozenset({"port_busy"}),
    "BOT_PUBLIC_HOSTS": frozenset({"hosts_open"}),
    "BOT_PUBLIC_URL": frozenset({"public_url_foreign"}),
    "BOT_REST_TOKENS": frozenset({"rest_open"}),
    "BOT_TRUSTED_PROXIES": frozenset({"no_proxy"}),
}


@dataclass(frozen=True)
class Finding:
    """Something to tell the operator: `wrong` keeps the assistant from working or harms people, `look` is for somebody to decide.

    Attributes:
        code: the text is `operator.doctor.<code>`.
        params: what the text names.
    """

    level: Literal["wrong", "look"]
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def usable(given: Mapping[str, str]) -> tuple[Settings, list[Finding], frozenset[str]]:
    """The settings as far as they can be used, what is wrong with the others, and which findings would come of that alone."""
    replaced: dict[str, str] = {}
    found: list[Finding] = []
    while True:
        try:
            settings = load({**given, **replaced}, None)
        except StartError as error:
            name = error.params["setting"]
            replaced[name] = _STAND_INS.get(name, "")
            found.append(Finding("wrong", "setting", {"detail": str(error)}))
        else:
            return settings, found, frozenset(code for name in replaced for code in _UNTRUE.get(name, ()))


def as_given(given: Mapping[str, str]) -> Iterator[Finding]:
    """What is found in settings as they were written, whether they can be used or not."""
    known = set(re.findall(r"^(BOT_\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    for name in sorted(given):
        if name.startswith("BOT_") and not name.startswith("BOT_TEST_") and name not in known:
            yield Finding("wrong", "unknown", {"name": name})
    rest, records, metrics = (_tokens(given, name) for name in ("BOT_REST_TOKENS", "BOT_RECORD_TOKENS", "BOT_METRICS_TOKENS"))
    if len({*rest, *records}) < len(rest) + len(records):
        yield Finding("look", "token_shared")
    for name, tokens in (("BOT_REST_TOKENS", rest), ("BOT_RECORD_TOKENS", records)):
        if not set(tokens).isdisjoint(metrics):
            yield Finding("wrong", "metrics_token_shared", {"name": name})
    led_to = re.match(r"http://(\[[^\]]*\]|[^/:]*)", given.get("BOT_PUBLIC_URL", ""))
    if led_to is not None and not is_here(led_to[1]):
        yield Finding("wrong" if given.get("BOT_SMTP_URL") else "look", "public_url_plain", {"url": given["BOT_PUBLIC_URL"]})


def _tokens(given: Mapping[str, str], name: str) -> list[str]:
    pairs = (pair.strip() for pair in given.get(name, "").split(","))
    return [token for token in (pair.partition(":")[2] for pair in pairs) if token]


def as_meant(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is found in settings that can be used.

    Args:
        environment: of the process, which the client of PostgreSQL reads too.
    """
    yield from _doors(settings)
    yield from _limits(settings)
    yield from _redis(settings.redis_url)
    yield from _postgres(settings.resolved_database_url, environment.get("PGSSLMODE", ""))
    if settings.redis_url and settings.resolved_database_url.startswith("sqlite"):
        yield Finding("look", "redis_alone")
    if settings.demo:
        yield Finding("look", "demo_on")
    else:
        yield from _for_the_public(settings)


def _doors(settings: Settings) -> Iterator[Finding]:
    proxies = settings.trusted_proxies
    if any(proxies.trusts(address) for address in _STRANGERS):
        yield Finding("wrong", "trusts_everybody")
    for network in proxies.networks:
        is_wide = network.prefixlen < _PROXIES_PREFIX[network.version] and not network.is_loopback
        if is_wide and not any(Proxies((network,)).trusts(address) for address in _STRANGERS):
            yield Finding("look", "proxies_wide", {"network": network})
    for origin in sorted(settings.allowed_origins):
        parts = urlsplit(origin)
        if parts.scheme == "http" and not is_here(parts.hostname or ""):
            yield Finding("look", "plain_origin", {"origin": origin})
    for host in sorted(settings.public_hosts):
        if "example" in host.split("."):
            yield Finding("wrong", "example_host", {"host": host})
    led_to = "" if settings.mail is None else urlsplit(settings.mail.public_url).hostname
    if led_to and settings.public_hosts and led_to not in settings.public_hosts:
        yield Finding("wrong", "public_url_foreign", {"host": led_to})


def _limits(settings: Settings) -> Iterator[Finding]:
    if settings.log_level not in _LOG_LEVELS:
        yield Finding("wrong", "log_level", {"value": settings.log_level, "levels": ", ".join(_LOG_LEVELS)})
    if settings.log_level == "DEBUG":
        yield Finding("look", "log_debug")
    if not settings.rate_limits:
        yield Finding("look" if settings.demo else "wrong", "rate_limits_off")
    if settings.lookup_attempts > _FAR * Settings.lookup_attempts:
        a_day = settings.lookup_attempts * HOURS_A_DAY
        params = {"value": settings.lookup_attempts, "default": Settings.lookup_attempts, "day": a_day, "all": _BIRTH_DATES}
        yield Finding("look", "lookups_of_number", {**params, "days": _BIRTH_DATES // a_day})
    if settings.network_lookup_attempts > _FAR * Settings.network_lookup_attempts:
        a_day = settings.network_lookup_attempts * HOURS_A_DAY
        params = {"value": settings.network_lookup_attempts, "default": Settings.network_lookup_attempts, "day": a_day}
        yield Finding("look", "lookups_of_network", {**params, "all": _BIRTH_DATES, "month": max(1, a_day * 30 // _BIRTH_DATES)})
    for name, days, default in (
        ("BOT_KEEP_CONVERSATIONS_DAYS", settings.keep_conversations_days, Settings.keep_conversations_days),
        ("BOT_KEEP_MEMORY_DAYS", settings.keep_memory_days, Settings.keep_memory_days),
    ):
        if days > _LONG * default:
            yield Finding("look", "kept_long", {"name": name, "days": f"{days:g}", "default": default})


def _redis(url: str) -> Iterator[Finding]:
    try:
        named = parse_url(url) if url else {}
    except ValueError:
        # It is told to be unreachable where Redis is asked.
        return
    kind, host = named.get("connection_class"), named.get("host", "localhost")
    if not url or kind is UnixDomainSocketConnection or is_here(host):
        return
    if not named.get("password"):
        yield Finding("look", "redis_open", {"host": host})
    if kind is not SSLConnection:
        yield Finding("look", "redis_plain", {"host": host})


def _postgres(address: str, mode: str) -> Iterator[Finding]:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # It is told to be unusable where the database is looked at, without repeating the password in it.
        return
    if url.get_backend_name() != "postgresql":
        return
    # The client of PostgreSQL takes several hosts, each with its port, or the folder of a socket.
    listed = [url.host] if url.host else [re.sub(r":\d+$", "", host) for host in _all(url.query.get("host"))]
    away = [host for host in listed if host and not host.startswith("/") and not is_here(host) and host != _NEIGHBOUR]
    if away and (_all(url.query.get("sslmode")) or [mode])[-1] not in _ENCRYPTED:
        yield Finding("look", "database_plain", {"host": ", ".join(away)})


def _all(values: Any) -> list[str]:
    """The values of a parameter of an address, which may be given several times."""
    return [values] if isinstance(values, str) else list(values or ())


def _for_the_public(settings: Settings) -> Iterator[Finding]:
    if not settings.public_hosts and not is_here(settings.http_host):
        yield Finding("look", "hosts_open", {"host": settings.http_host})
    if settings.trusted_proxies == Proxies():
        yield Finding("look" if is_here(settings.http_host) else "wrong", "no_proxy", {"host": settings.http_host})
    if not settings.rest_tokens:
        yield Finding("look", "rest_open")
    if settings.desk_hours == "always":
        yield Finding("look", "desk_always")
    if settings.resolved_database_url.startswith("sqlite"):
        yield Finding("look", "sqlite")
