"""Every setting of the system, read once from the environment and `.env`; `.env.example` documents each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.errors import StartError
from bot.mail_server import MailServer
from bot.network import Proxies

ROOT: Final[Path] = Path(__file__).resolve().parent.parent

_SOURCE = re.compile(r"[A-Za-z0-9._-]{1,30}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
_REACHED_AT: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where to connect, not where to listen
_ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Settings:
    """The frozen settings of one process.

    Attributes:
        data_dir: folder that holds everything the system writes (`BOT_DATA_DIR`).
        http_host, http_port: the public origin (`BOT_HTTP_HOST`, `BOT_HTTP_PORT`).
        rasa_port, actions_port: loopback ports; 0 lets the supervisor choose (`BOT_RASA_PORT`, `BOT_ACTIONS_PORT`).
        rasa_urls: where the Rasa processes of this gateway listen; empty means one at `rasa_port` (`BOT_RASA_URLS`).
        actions_urls: where their action servers listen; empty means one at `actions_port` (`BOT_ACTIONS_URLS`).
        redis_url: where several gateways tell each other what happened and share their limits; empty when there is one
            (`BOT_REDIS_URL`).
        database_url: SQLAlchemy address; empty means SQLite under `data_dir` (`BOT_DATABASE_URL`).
        demo: whether invented data is shown and announced (`BOT_DEMO`).
        rate_limits: whether message rates are limited (`BOT_RATE_LIMITS`).
        messages_per_minute: per conversation (`BOT_MESSAGES_PER_MINUTE`).
        caller_messages_per_minute: per service with a token, or per network address (`BOT_CALLER_MESSAGES_PER_MINUTE`).
        lookup_attempts: failed status look-ups allowed per hour, per conversation and per number, and per number four times as many
            a day (`BOT_LOOKUP_ATTEMPTS`).
        network_lookup_attempts: the same per network, over all its conversations (`BOT_NETWORK_LOOKUP_ATTEMPTS`).
        network_waiting: how many applicants of one network may wait for a person at once (`BOT_NETWORK_WAITING`).
        rest_tokens: callers of the REST protocol by token, `name:token` separated by commas (`BOT_REST_TOKENS`).
        record_tokens: who may deliver records by token, in the same form; the name is their source (`BOT_RECORD_TOKENS`).
        records_per_minute: records that one of them may deliver (`BOT_RECORDS_PER_MINUTE`).
        metrics: who may read `/metrics` without a token: `loopback`, which is this machine, or `off` for nobody (`BOT_METRICS`).
        metrics_tokens: who may read it from anywhere by token, in the same form (`BOT_METRICS_TOKENS`).
        assistant_timeout_s: seconds Rasa has for one answer (`BOT_ASSISTANT_TIMEOUT_S`).
        turn_lease_s: seconds after which an unanswered turn is taken up again (`BOT_TURN_LEASE_S`).
        allowed_origins: origins of pages that may hold the widget, besides our own, compared exactly (`BOT_ALLOWED_ORIGINS`).
        public_hosts: names that the gateway answers as, without ports; empty for any (`BOT_PUBLIC_HOSTS`).
        trusted_proxies: addresses or networks whose `X-Forwarded-…` headers are believed (`BOT_TRUSTED_PROXIES`).
        desk_hours: when officers may be asked for: `station` follows the hours of the hall, `always` ignores them (`BOT_DESK_HOURS`).
        idle_warning_s, idle_close_s: silence of an applicant with an officer before the warning, and then before the close
            (`BOT_IDLE_WARNING_S`, `BOT_IDLE_CLOSE_S`).
        reclaim_after_s: seconds without a sign of an officer's console after which their conversations go back to the queue
            (`BOT_RECLAIM_AFTER_S`).
        return_code_minutes: how long a code to go on from another device lives (`BOT_RETURN_CODE_MINUTES`).
        left_message_days: working days within which a left message is due (`BOT_LEFT_MESSAGE_DAYS`).
        news_days: days for which an applicant is told of changes who does not ask again (`BOT_NEWS_DAYS`).
        mail: where e-mail about news goes out, None when none does (`BOT_SMTP_URL`, `BOT_MAIL_FROM`, `BOT_PUBLIC_URL`).
        keep_conversations_days: days after which a conversation that is no longer used is dropped (`BOT_KEEP_CONVERSATIONS_DAYS`).
        keep_memory_days: the same for Rasa's working memory of it (`BOT_KEEP_MEMORY_DAYS`).
        keep_audit_days: days after which an entry of the audit trail is dropped (`BOT_KEEP_AUDIT_DAYS`).
        log_level: of our own log (`BOT_LOG_LEVEL`).
        log_format: `plain`, or `json` for one object a line (`BOT_LOG_FORMAT`).
    """

    data_dir: Path = ROOT / "var"
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    rasa_port: int = 0
    actions_port: int = 0
    rasa_urls: tuple[str, ...] = ()
    actions_urls: tuple[str, ...] = ()
    redis_url: str = ""
    database_url: str = ""
    demo: bool = True
    rate_limits: bool = True
    messages_per_minute: int = 30
    caller_messages_per_minute: int = 300
    lookup_attempts: int = 5
    network_lookup_attempts: int = 60
    network_waiting: int = 20
    rest_tokens: Mapping[str, str] = field(default_factory=dict)
    record_tokens: Mapping[str, str] = field(default_factory=dict)
    records_per_minute: int = 600
    metrics: str = "loopback"
    metrics_tokens: Mapping[str, str] = field(default_factory=dict)
    assistant_timeout_s: float = 20.0
    turn_lease_s: float = 10.0
    allowed_origins: frozenset[str] = frozenset()
    public_hosts: frozenset[str] = frozenset()
    trusted_proxies: Proxies = field(default_factory=Proxies)
    desk_hours: str = "station"
    idle_warning_s: float = 600.0
    idle_close_s: float = 300.0
    reclaim_after_s: float = 60.0
    return_code_minutes: float = 60.0
    left_message_days: int = 2
    news_days: float = 180
    mail: MailServer | None = None
    keep_conversations_days: float = 180
    keep_memory_days: float = 30
    keep_audit_days: float = 1095
    log_level: str = "INFO"
    log_format: str = "plain"

    @property
    def resolved_database_url(self) -> str:
        """The SQLAlchemy address that is really used."""
        return self.database_url or f"sqlite:///{self.data_dir / 'permits.db'}"

    @property
    def followed_days(self) -> float:
        """Days for which applicants can be promised news: what they follow goes with its conversation."""
        return min(self.news_days, self.keep_conversations_days)

    @property
    def local_url(self) -> str:
        """Where this machine reaches the gateway."""
        host = _REACHED_AT.get(self.http_host, self.http_host)
        return f"http://[{host}]:{self.http_port}" if ":" in host else f"http://{host}:{self.http_port}"

    @property
    def resolved_rasa_urls(self) -> tuple[str, ...]:
        """Where the Rasa processes of this gateway really listen."""
        return self.rasa_urls or (f"http://127.0.0.1:{self.rasa_port}",)

    @property
    def resolved_actions_urls(self) -> tuple[str, ...]:
        """Where their action servers really listen."""
        return self.actions_urls or (f"http://127.0.0.1:{self.actions_port}",)


def _flag(name: str, value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in {"1", "on", "yes", "true"}:
        return True
    if lowered in {"0", "off", "no", "false"}:
        return False
    raise StartError("bad_setting", setting=name, detail=f"{name} must be on or off, not {value!r}.")


def _number(name: str, value: str, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        raise StartError("bad_setting", setting=name, detail=f"{name} must be a number, not {value!r}.") from None
    if not low <= number <= high:
        raise StartError("bad_setting", setting=name, detail=f"{name} must be between {low:g} and {high:g}, not {value}.")
    return number


def _tokens(setting: str, value: str) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in value.split(","))):
        name, _, token = pair.partition(":")
        if not name or len(token) < 16:
            raise StartError("bad_setting", setting=setting, detail=f"{setting} needs name:token pairs, tokens of 16 characters or more.")
        tokens[token] = name
    return tokens


def source_name(setting: str, name: str) -> str:
    """`name` as the name of a source of records.

    Raises:
        StartError: it is none; the detail names `setting`.
    """
    if not _SOURCE.fullmatch(name) or name == "demo":
        detail = f"{setting} needs names of 1 to 30 letters, figures, and . _ - for sources; demo is the invented data's."
        raise StartError("bad_setting", setting=setting, detail=detail)
    return name


def _record_tokens(value: str) -> dict[str, str]:
    tokens = _tokens("BOT_RECORD_TOKENS", value)
    for name in tokens.values():
        source_name("BOT_RECORD_TOKENS", name)
    return tokens


def _list(name: str, value: str, each: re.Pattern[str], needs: str) -> tuple[str, ...]:
    """What stands between commas, each of it a whole match; `needs` says in the error what it must be."""
    found = tuple(filter(None, (part.strip() for part in value.split(","))))
    for part in found:
        if not each.fullmatch(part):
            raise StartError("bad_setting", setting=name, detail=f"{name} needs {needs}, not {part!r}.")
    return found


def _origins(value: str) -> frozenset[str]:
    return frozenset(_list("BOT_ALLOWED_ORIGINS", value, _ORIGIN, "origins as https://host or https://host:port, in lower case"))


def _hosts(value: str) -> frozenset[str]:
    return frozenset(_list("BOT_PUBLIC_HOSTS", value, _HOST, "names as host, in lower case and without port"))


def _urls(name: str, value: str) -> tuple[str, ...]:
    without_slash = ",".join(part.strip().rstrip("/") for part in value.split(","))
    urls = _list(name, without_slash, _ORIGIN, "addresses as http://127.0.0.1:5005, separated by commas")
    if len(set(urls)) < len(urls):
        raise StartError("bad_setting", setting=name, detail=f"{name} names an address twice.")
    return urls


def _redis(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise StartError("bad_setting", setting="BOT_REDIS_URL", detail="BOT_REDIS_URL must start with redis://, rediss:// or unix://.")
    try:
        urlsplit(value).port  # noqa: B018 - it is read when it is asked for
    except ValueError:
        # The address may hold a password, so it is not repeated.
        detail = "BOT_REDIS_URL cannot be read; write redis://:password@host:6379/0."
        raise StartError("bad_setting", setting="BOT_REDIS_URL", detail=detail) from None
    return value


def _proxies(value: str) -> Proxies:
    try:
        return Proxies.parse(value)
    except ValueError as error:
        detail = f"BOT_TRUSTED_PROXIES needs addresses or networks: {error}."
        raise StartError("bad_setting", setting="BOT_TRUSTED_PROXIES", detail=detail) from None


def _choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise StartError("bad_setting", setting=name, detail=f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def written(file: Path | None) -> dict[str, str]:
    """The settings in a file of lines `NAME=value`; none where there is no file.

    Raises:
        StartError: it cannot be read, or is not in UTF-8.
    """
    if file is None or not file.exists():
        return {}
    try:
        # Editors on Windows begin a file in UTF-8 with a mark that would become part of the first name.
        return {name: value for name, value in dotenv_values(file, encoding="utf-8-sig").items() if value is not None}
    except OSError as error:
        detail = f"{file} cannot be read ({error.strerror}). It must be a file that the user who runs the assistant may read."
    except UnicodeError:
        detail = f"{file} is not in UTF-8, so its settings cannot be read. Open it in an editor and save it with the encoding UTF-8."
    raise StartError("settings_unreadable", detail=detail)


def load(environment: Mapping[str, str] | None = None, env_file: Path | None = ROOT / ".env") -> Settings:
    """The settings of this process; the environment wins over `.env`.

    Raises:
        StartError: the file cannot be read, or a value cannot be used; then the detail says what it may be, and
            `params["setting"]` whose it is.
    """
    values = written(env_file)
    values.update(os.environ if environment is None else environment)

    def get(name: str, default: str) -> str:
        return values.get(name) or default

    data_dir = Path(get("BOT_DATA_DIR", "var")).expanduser()
    return Settings(
        data_dir=data_dir if data_dir.is_absolute() else ROOT / data_dir,
        http_host=get("BOT_HTTP_HOST", "127.0.0.1"),
        http_port=int(_number("BOT_HTTP_PORT", get("BOT_HTTP_PORT", "8080"), 1, 65535)),
        rasa_port=int(_number("BOT_RASA_PORT", get("BOT_RASA_PORT", "0"), 0, 65535)),
        actions_port=int(_number("BOT_ACTIONS_PORT", get("BOT_ACTIONS_PORT", "0"), 0, 65535)),
        rasa_urls=_urls("BOT_RASA_URLS", get("BOT_RASA_URLS", "")),
        actions_urls=_urls("BOT_ACTIONS_URLS", get("BOT_ACTIONS_URLS", "")),
        redis_url=_redis(get("BOT_REDIS_URL", "")),
        database_url=get("BOT_DATABASE_URL", ""),
        demo=_flag("BOT_DEMO", get("BOT_DEMO", "on")),
        rate_limits=_flag("BOT_RATE_LIMITS", get("BOT_RATE_LIMITS", "on")),
        messages_per_minute=int(_number("BOT_MESSAGES_PER_MINUTE", get("BOT_MESSAGES_PER_MINUTE", "30"), 1, 10000)),
        caller_messages_per_minute=int(
            _number("BOT_CALLER_MESSAGES_PER_MINUTE", get("BOT_CALLER_MESSAGES_PER_MINUTE", "300"), 1, 1_000_000)
        ),
        lookup_attempts=int(_number("BOT_LOOKUP_ATTEMPTS", get("BOT_LOOKUP_ATTEMPTS", "5"), 1, 100)),
        network_lookup_attempts=int(_number("BOT_NETWORK_LOOKUP_ATTEMPTS", get("BOT_NETWORK_LOOKUP_ATTEMPTS", "60"), 1, 100_000)),
        network_waiting=int(_number("BOT_NETWORK_WAITING", get("BOT_NETWORK_WAITING", "20"), 1, 100_000)),
        rest_tokens=_tokens("BOT_REST_TOKENS", get("BOT_REST_TOKENS", "")),
        record_tokens=_record_tokens(get("BOT_RECORD_TOKENS", "")),
        records_per_minute=int(_number("BOT_RECORDS_PER_MINUTE", get("BOT_RECORDS_PER_MINUTE", "600"), 1, 1_000_000)),
        metrics=_choice("BOT_METRICS", get("BOT_METRICS", "loopback"), ("loopback", "off")),
        metrics_tokens=_tokens("BOT_METRICS_TOKENS", get("BOT_METRICS_TOKENS", "")),
        assistant_timeout_s=_number("BOT_ASSISTANT_TIMEOUT_S", get("BOT_ASSISTANT_TIMEOUT_S", "20"), 0.1, 55),
        turn_lease_s=_number("BOT_TURN_LEASE_S", get("BOT_TURN_LEASE_S", "10"), 1, 600),
        allowed_origins=_origins(get("BOT_ALLOWED_ORIGINS", "")),
        public_hosts=_hosts(get("BOT_PUBLIC_HOSTS", "")),
        trusted_proxies=_proxies(get("BOT_TRUSTED_PROXIES", "")),
        desk_hours=_choice("BOT_DESK_HOURS", get("BOT_DESK_HOURS", "station"), ("station", "always")),
        idle_warning_s=_number("BOT_IDLE_WARNING_S", get("BOT_IDLE_WARNING_S", "600"), 1, 86400),
        idle_close_s=_number("BOT_IDLE_CLOSE_S", get("BOT_IDLE_CLOSE_S", "300"), 1, 86400),
        reclaim_after_s=_number("BOT_RECLAIM_AFTER_S", get("BOT_RECLAIM_AFTER_S", "60"), 1, 3600),
        return_code_minutes=_number("BOT_RETURN_CODE_MINUTES", get("BOT_RETURN_CODE_MINUTES", "60"), 0.01, 1440),
        left_message_days=int(_number("BOT_LEFT_MESSAGE_DAYS", get("BOT_LEFT_MESSAGE_DAYS", "2"), 1, 30)),
        mail=MailServer.parse(get("BOT_SMTP_URL", ""), get("BOT_MAIL_FROM", ""), get("BOT_PUBLIC_URL", "")),
        news_days=_number("BOT_NEWS_DAYS", get("BOT_NEWS_DAYS", "180"), 1, 730),
        keep_conversations_days=_number("BOT_KEEP_CONVERSATIONS_DAYS", get("BOT_KEEP_CONVERSATIONS_DAYS", "180"), 1, 36500),
        keep_memory_days=_number("BOT_KEEP_MEMORY_DAYS", get("BOT_KEEP_MEMORY_DAYS", "30"), 0.01, 36500),
        # Half a year at least is our own choice: who asks what became of a case must still find who touched it.
        keep_audit_days=_number("BOT_KEEP_AUDIT_DAYS", get("BOT_KEEP_AUDIT_DAYS", "1095"), 184, 36500),
        log_level=get("BOT_LOG_LEVEL", "INFO").upper(),
        log_format=_choice("BOT_LOG_FORMAT", get("BOT_LOG_FORMAT", "plain"), ("plain", "json")),
    )
