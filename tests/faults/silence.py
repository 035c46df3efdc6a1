"""A gateway whose packets to a server vanish and come back: while transactions of it are open there, and what others can see of that."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.cluster import Cluster
from tests.faults.load import QUESTIONS, Load
from tests.faults.network import Network
from tests.faults.strike import LOOKS_FOR_S, TRIES, Cut, Inside, Strike, back, moment

_SETTLES_S: Final = 0.2
_LOOKS_EVERY_S: Final = 0.2
_OPEN: Final = text(
    "SELECT count(DISTINCT pid) FROM pg_stat_activity JOIN pg_locks USING (pid)"
    " WHERE client_addr = CAST(:address AS inet) AND locktype = 'transactionid' AND granted"
)


async def silence(cluster: Cluster, load: Load, network: Network, gateway: str, server: str, seconds: float, ways: str) -> Strike:
    """Have packets between a gateway and a server vanish for a while, as `Network.lost` does.

    From PostgreSQL it is cut off while transactions of its turns are open there, as far as such a moment can be found.
    """
    inside = Inside(cluster, load, [gateway])
    port, watches = cluster.port(server), server == "postgres"
    cut, open_ = Cut(seconds), 0
    try:
        for left in reversed(range(TRIES)):
            load.all_ask(QUESTIONS)
            await moment(inside)
            at = time.monotonic()
            with network.lost(port, ways):
                await asyncio.sleep(_SETTLES_S)
                open_ = await load.database.run(_transactions, network.address) if watches else 0
                if open_ or not watches or not left:
                    await _watch(cluster, load, network, gateway, at, cut)
                    break
            await asyncio.sleep(LOOKS_FOR_S)
    finally:
        await inside.close()
    return Strike(at, back(cluster, [gateway], at), open_ if watches else None, cut if watches else None)


async def _watch(cluster: Cluster, load: Load, network: Network, gateway: str, at: float, cut: Cut) -> None:
    """Look on until the silence is over."""

    async def health() -> None:
        while await cluster.answers(gateway):
            await asyncio.sleep(_LOOKS_EVERY_S)
        cut.red_s = time.monotonic() - at

    async def locks() -> None:
        while True:
            if await load.database.run(_transactions, network.address):
                cut.held_s = time.monotonic() - at
            await asyncio.sleep(_LOOKS_EVERY_S)

    looking = asyncio.gather(health(), locks())
    try:
        await asyncio.sleep(at + cut.lasted_s - time.monotonic())
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _transactions(session: Session, address: str) -> int:
    return int(session.execute(_OPEN, {"address": address}).scalar_one())
