"""A turn as behind several gateways: on PostgreSQL and Redis, with the limits on rates."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg2

from benchmarks.figures import Figure, Times
from benchmarks.starting import make_ready
from benchmarks.system import Running, end, running, with_model
from benchmarks.turns import QUESTIONS, attempts, conversation
from bot.supervisor import free_port
from deploy import stores
from deploy.cluster import a_home

_TURNS: Final = 300
_WITHIN_S: Final = 30.0
# As high as may be set: they are worked out, and stop nobody.
_LIMITS: Final = {"BOT_RATE_LIMITS": "on", "BOT_MESSAGES_PER_MINUTE": "10000", "BOT_CALLER_MESSAGES_PER_MINUTE": "1000000"}


@contextmanager
def _ended(command: list[object], **how: Any) -> Iterator[None]:
    process = subprocess.Popen([str(each) for each in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    try:
        yield
    finally:
        # SIGINT has PostgreSQL cut its clients.
        end(process, stores.ENDS_BY)


@contextmanager
def _stores() -> Iterator[Mapping[str, str]]:
    """A new PostgreSQL and a Redis; the settings by which a system uses them."""
    postgres, redis = free_port(), free_port()
    with a_home() as home:
        stores.new_postgres(home / "postgres")
        user, group = stores.postgres_account() or (None, None)
        server = stores.postgres_command(home / "postgres", postgres)
        with (
            _ended(server, user=user, group=group, extra_groups=None if user is None else [], cwd="/"),
            _ended(stores.redis_command(home, redis)),
        ):
            deadline = time.monotonic() + _WITHIN_S
            while time.monotonic() < deadline:
                with suppress(psycopg2.OperationalError):
                    stores.make_database(postgres, "bench")
                    break
                time.sleep(0.1)
            else:
                raise SystemExit("PostgreSQL does not answer")
            address = f"postgresql+psycopg2://{stores.USER}@127.0.0.1:{postgres}/bench"
            yield {"BOT_DATABASE_URL": address, "BOT_REDIS_URL": f"redis://127.0.0.1:{redis}/0"}


async def _turns(system: Running) -> Times:
    async with conversation(system) as turn:
        return await attempts(turn, QUESTIONS, _TURNS)


def figures(folder: Path) -> Iterator[Figure]:
    """The times of a turn; there is no bar for them."""
    make_ready(folder)
    with _stores() as settings, with_model(folder) as own, running(own, **settings, **_LIMITS) as system:
        times = asyncio.run(_turns(system))
    what = "the same turn on PostgreSQL and Redis, with limits on rates"
    yield Figure(what, str(times), note=f"p50 / p95 / p99 of {len(times.seconds)} turns", errors=times.errors)
