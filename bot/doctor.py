"""`python -m bot doctor`: looks at a configuration as it stands, and says in plain words what is wrong with it."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from bot import audit, jobs, migrations
from bot.audit_chain import opened
from bot.checks import Check, actions_check, rasa_check
from bot.conversations import switch
from bot.db import Database, now
from bot.doctor_settings import Finding, as_given, as_meant, usable
from bot.errors import StartError
from bot.i18n import Texts
from bot.languages import Language
from bot.network import in_the_way
from bot.notifications.courier import reached
from bot.permits import demo
from bot.settings import ROOT, Settings, written
from bot.staff.accounts import has_administrator
from bot.vault import KEY_FILE, read_or_create_key

_LEAST_FREE_MB: Final = 1024
_ANSWER_WITHIN_S: Final = 5.0
# What is to be done every day, with time to spare.
_WORKS_WITHIN: Final = timedelta(hours=26)
_LATE: Final = {"audit": "late_audit", "backup": "late_backup", "retention": "late_retention"}
_NEVER: Final = {"audit": "never_audit", "backup": "never_backup"}
# Where the units of deploy/systemd read their settings.
_OF_THE_MACHINE: Final = Path("/etc/assistant")
_SECRETS: Final = re.compile(r"BOT_(?:DATABASE_URL|REDIS_URL|SMTP_URL|\w+_TOKENS)")


def examine(environment: Mapping[str, str] | None = None, env_file: Path | None = ROOT / ".env") -> list[Finding]:
    """Everything found in the settings of this environment, and in the folder and database they name; nothing is changed or made.

    Args:
        environment: instead of that of this process; it wins over `env_file`.
    """
    environment = os.environ if environment is None else environment
    told: list[Finding] = []
    try:
        given = {**written(env_file), **environment}
    except StartError as error:
        given = dict(environment)
        told.append(Finding("wrong", "settings_unread", {"detail": str(error)}))
    settings, unusable, untrue = usable(given)
    files = [file for file in (env_file, *sorted(_OF_THE_MACHINE.glob("*.env"))) if file is not None]
    told += [*as_given(given), *unusable, *as_meant(settings, environment), *_files(files)]
    told += [*_ports(settings), *_folder(settings), *_database(settings), *_others(settings)]
    return [finding for finding in told if finding.code not in untrue]


def command(language: Language) -> int:
    """Print what was found, the wrong first; 1 when something is wrong."""
    texts = Texts.load()
    found = sorted(examine(), key=lambda finding: finding.level != "wrong")
    for finding in found:
        label = texts.get(language, f"operator.doctor.{finding.level}")
        print(f"{label} {texts.get(language, f'operator.doctor.{finding.code}', **finding.params)}")
    wrong = sum(finding.level == "wrong" for finding in found)
    print(texts.get(language, "operator.doctor.sum" if found else "operator.doctor.well", wrong=wrong, look=len(found) - wrong))
    return 1 if wrong else 0


def _files(files: Sequence[Path]) -> Iterator[Finding]:
    """Files of settings that others than their owner can change, or read where they hold secrets."""
    for file in files:
        mode = file.stat().st_mode if os.path.exists(file) else 0
        exposed = mode & 0o066 if _holds_secrets(file, mode) else mode & 0o022
        if exposed & 0o006:
            yield Finding("wrong", "file_not_private", {"file": file})
        elif exposed:
            yield Finding("look", "file_for_group", {"file": file})


def _holds_secrets(file: Path, mode: int) -> bool:
    """Whether a file that others can read is one that they must not; one that cannot be read is taken for that."""
    try:
        return bool(mode & 0o044) and any(value and _SECRETS.fullmatch(name) for name, value in written(file).items())
    except StartError:
        return True


def _ports(settings: Settings) -> Iterator[Finding]:
    ports = {"BOT_HTTP_PORT": settings.http_port, "BOT_RASA_PORT": settings.rasa_port, "BOT_ACTIONS_PORT": settings.actions_port}
    chosen = [port for port in ports.values() if port]
    for port in sorted({port for port in chosen if chosen.count(port) > 1}):
        names = " = ".join(name for name, its in ports.items() if its == port)
        yield Finding("wrong", "port_twice", {"names": names, "port": port})
    error = in_the_way(settings.http_host, settings.http_port)
    if error is not None:
        params = {"host": settings.http_host, "port": settings.http_port, "reason": error.strerror or type(error).__name__}
        if error.errno == errno.EADDRINUSE:
            yield Finding("look", "port_busy", params)
        else:
            yield Finding("wrong", "host_unusable", params)


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    # Path.exists fails where one may not even look.
    parent = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        yield Finding("wrong", "folder_unusable", {"folder": folder})
        return
    free = shutil.disk_usage(parent).free // 2**20
    if free < _LEAST_FREE_MB:
        yield Finding("wrong", "disk_full", {"folder": folder, "free": free, "least": _LEAST_FREE_MB})
    if folder.exists() and folder.stat().st_mode & 0o077:
        yield Finding("wrong", "folder_not_private", {"folder": folder})
    for before in sorted(folder.glob(f"{KEY_FILE}.before-*")):
        yield Finding("look", "key_before", {"file": before})
    key = folder / KEY_FILE
    if key.exists():
        try:
            read_or_create_key(key)
        except StartError as error:
            yield Finding("wrong", error.code, {"file": key})
        except OSError as error:
            yield Finding("wrong", "key_unreadable", {"file": key, "reason": error.strerror})


def _database(settings: Settings) -> Iterator[Finding]:
    url, has_key = settings.resolved_database_url, (settings.data_dir / KEY_FILE).exists()
    try:
        file = Path(make_url(url).database or "")
        if url.startswith("sqlite") and file.name in ("", ":memory:"):
            yield Finding("wrong", "database_in_memory")
            return
        if url.startswith("sqlite") and os.access(file.parent, os.R_OK):
            for before in sorted(file.parent.glob(f"{file.name}*.before-*")):
                yield Finding("look", "database_before", {"file": before})
        if url.startswith("sqlite") and not os.path.exists(file):
            if file.parent == settings.data_dir or file.parent.is_dir():
                yield Finding("look", "database_absent")
            else:
                yield Finding("wrong", "database_unreachable", {"reason": os.strerror(errno.ENOENT)})
            return
        if url.startswith("sqlite") and file.parent != settings.data_dir and _is_open_to_others(file):
            yield Finding("wrong", "database_not_private", {"file": file})
        database = opened(settings) if has_key else Database(url)
    except (StartError, SQLAlchemyError, OSError, ValueError) as error:
        # What is wrong with the key was said; an address that cannot be read holds a password.
        if getattr(error, "code", "") not in {"key_not_private", "key_unusable", "key_unfinished"}:
            yield Finding("wrong", "database_unknown")
        return
    try:
        yield from _contents(settings, database, has_key)
    except (OperationalError, InterfaceError) as error:
        yield Finding("wrong", "database_unreachable", {"reason": type(error.orig).__name__})
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        yield Finding("wrong", "database_damaged", {"reason": type(cause).__name__})
    finally:
        database.close()


def _is_open_to_others(file: Path) -> bool:
    """Whether others than its owner get through the folder to the file, and may read or change it."""
    folder, its = file.parent.stat().st_mode, file.stat().st_mode
    return bool((folder & 0o001 and its & 0o006) or (folder & 0o010 and its & 0o060))


def _others(settings: Settings) -> Iterator[Finding]:
    """Rasa, action servers, Redis and the mail server, where they are named; no mail is sent."""
    checks = [("BOT_RASA_URLS", url, rasa_check(url)) for url in settings.rasa_urls]
    checks += [("BOT_ACTIONS_URLS", url, actions_check(url)) for url in settings.actions_urls]
    for name, url, check in checks:
        reason = asyncio.run(_failure(check))
        if reason:
            yield Finding("look", "part_unreachable", {"name": name, "url": url, "reason": reason})
    if settings.redis_url:
        try:
            with Redis.from_url(settings.redis_url, socket_timeout=_ANSWER_WITHIN_S, socket_connect_timeout=_ANSWER_WITHIN_S) as redis:
                redis.ping()
        except (RedisError, OSError, ValueError) as error:
            yield Finding("look", "redis_unreachable", {"reason": type(error).__name__})
    server = settings.mail
    if server is not None:
        where = {"host": server.host, "port": server.port}
        try:
            with reached(server):
                pass
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            yield Finding("wrong", "mail_unencrypted", {**where, "reason": type(error).__name__})
        except OSError as error:
            yield Finding("wrong", "mail_unreachable", {**where, "reason": type(error).__name__})


async def _failure(check: Check) -> str:
    """The class of the error with which a check fails; empty when it does not."""
    try:
        await check()
    except Exception as error:
        return type(error).__name__
    return ""


def _contents(settings: Settings, database: Database, has_key: bool) -> Iterator[Finding]:
    found, head = migrations.current(database.engine), migrations.head()
    if found is None:
        yield Finding("look", "database_absent")
        return
    if found != head:
        newer = found > head
        yield Finding("wrong" if newer else "look", "database_newer" if newer else "database_older", {"found": found, "head": head})
        return
    with database.session() as session:
        if not settings.demo and demo.present(session):
            yield Finding("wrong", "demo_data_left")
        if not has_administrator(session):
            yield Finding("look", "no_administrator")
        standing = switch.standing(session)
        if not standing.on and standing.since is not None:
            params = {"since": f"{standing.since:%Y-%m-%d %H:%M} UTC", "name": standing.name, "reason": standing.reason}
            yield Finding("look", "switched_off", params)
        done = jobs.last(session)
        # Every gateway that runs does this one; until then there is nothing to lose.
        if "retention" in done:
            for name, code in _NEVER.items():
                if name not in done:
                    yield Finding("look", code)
        for name, (at, well) in done.items():
            if not well:
                yield Finding("wrong", "trail_broken")
            elif now() - at > _WORKS_WITHIN:
                yield Finding("look", _LATE[name], {"since": f"{at:%Y-%m-%d %H:%M} UTC"})
        if not has_key:
            yield Finding("wrong", "key_missing", {"file": settings.data_dir / KEY_FILE})
        elif not audit.ends(session).sealed:
            yield Finding("wrong", "key_of_another", {"file": settings.data_dir / KEY_FILE})
