"""What `python -m bot doctor` finds in settings alone, before anything they name is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from bot.errors import StartError
from bot.network import Proxies, is_here
from bot.settings import ROOT, Settings, load

_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
# One address of each kind that nobody's proxy has: whoever trusts these trusts everybody.
_STRANGERS: Final = ("192.0.2.1", "2001:db8::1")
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

Given = Mapping[str, "str | None"]


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


def usable(environment: Mapping[str, str], env_file: Path | None) -> tuple[Settings, list[Finding], frozenset[str]]:
    """The settings as far as they can be used, what is wrong with the others, and which findings would come of that alone."""
    replaced: dict[str, str] = {}
    found: list[Finding] = []
    while True:
        try:
            settings = load({**environment, **replaced}, env_file)
        except StartError as error:
            name = error.params["setting"]
            replaced[name] = _STAND_INS.get(name, "")
            found.append(Finding("wrong", "setting", {"detail": str(error)}))
        else:
            return settings, found, frozenset(code for name in replaced for code in _UNTRUE.get(name, ()))


def as_given(given: Given) -> Iterator[Finding]:
    """What is found in settings as they were written, whether they can be used or not."""
    known = set(re.findall(r"^(BOT_\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    for name in sorted(given):
        if name.startswith("BOT_") and not name.startswith("BOT_TEST_") and name not in known:
            yield Finding("wrong", "unknown", {"name": name})
    rest, records = (_tokens(given, name) for name in ("BOT_REST_TOKENS", "BOT_RECORD_TOKENS"))
    if len({*rest, *records}) < len(rest) + len(records):
        yield Finding("look", "token_shared")


def _tokens(given: Given, name: str) -> list[str]:
    pairs = (pair.strip() for pair in (given.get(name) or "").split(","))
    return [token for token in (pair.partition(":")[2] for pair in pairs) if token]


def as_meant(settings: Settings) -> Iterator[Finding]:
    """What is found in settings that can be used."""
    yield from _doors(settings)
    yield from _limits(settings)
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
    if not settings.rate_limits:
        yield Finding("look" if settings.demo else "wrong", "rate_limits_off")


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
