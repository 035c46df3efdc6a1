"""A turn of the bot, and turns in a second, against the bot of `rasa init` in the same run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import aiohttp

from benchmarks import peer
from benchmarks.clients import Widget, browser
from benchmarks.figures import Figure, Times
from benchmarks.system import Running

WHAT: Final = "bot turn over Socket.IO, stored, redacted, with card"
PER_SECOND: Final = "bot turns per second, one shard"
_ROUNDS, _IN_ROUND = 10, 30
_TOGETHER: Final = 8
_SECONDS: Final = 10.0
_P95_MS: Final = 25.0
_TIMES_THE_PEER: Final = 2.0

# Each is answered with a card, and holds something that must be taken out before Rasa sees it.
QUESTIONS: Final = (
    "My passport is E12345678, where is the nearest station to Shekou?",
    "Which station is closest to Sea World? Call me on 13800138000",
    "passport G87654321, which counter is near Longgang Central City?",
    "我的护照号是E12345678,离南山科技园最近的办理点在哪里?",
    "where can I go near Futian Checkpoint, my e-mail is ann.example@example.org",
)


async def turn_with_card(widget: Widget, question: str) -> float:
    """Seconds until the reply with its stations is here.

    Raises:
        ValueError: the reply has no such card.
    """
    reply, seconds = await widget.turn(question)
    if (reply["metadata"]["card"] or {}).get("type") != "station":
        raise ValueError(f"no card: {reply['text'][:80]}")
    return seconds


async def attempts(turn: Callable[[str], Awaitable[float]], questions: Sequence[str], count: int) -> Times:
    """So many turns one after the other, the questions in turn; what goes wrong is counted."""
    seconds, errors = [], 0
    for number in range(count):
        try:
            seconds.append(await turn(questions[number % len(questions)]))
        except (ValueError, OSError, aiohttp.ClientError):
            errors += 1
    return Times(seconds, errors)


def _joined(parts: Sequence[Times]) -> Times:
    return Times([each for part in parts for each in part.seconds], sum(part.errors for part in parts))


def _peers_turn(client: aiohttp.ClientSession, bot: peer.Peer, sender: str) -> Callable[[str], Awaitable[float]]:
    async def turn(question: str) -> float:
        begun = time.perf_counter()
        async with client.post(bot.url, json={"sender": sender, "message": question}) as response:
            if not await response.json():
                raise ValueError("it said nothing")
        return time.perf_counter() - begun

    return turn


@asynccontextmanager
async def conversation(system: Running) -> AsyncIterator[Callable[[str], Awaitable[float]]]:
    """What takes a turn with a card in a window of its own, in which each question was asked once before."""
    async with browser() as client:
        widget = Widget()
        await widget.begin(client, system.address)
        turn = partial(turn_with_card, widget)
        await attempts(turn, QUESTIONS, len(QUESTIONS))
        yield turn
        await widget.close()


async def _one_conversation(system: Running, bot: peer.Peer) -> tuple[Times, Times]:
    """Ours and theirs, in turns of some rounds, so that what else the machine does meets both."""
    ours, theirs = [], []
    async with conversation(system) as turn, browser() as client:
        for number in range(_ROUNDS):
            ours.append(await attempts(turn, QUESTIONS, _IN_ROUND))
            # Its memory of a conversation grows without end and makes each turn slower; ours begins anew by itself.
            theirs.append(await attempts(_peers_turn(client, bot, f"one-{number}"), peer.QUESTIONS, _IN_ROUND))
    return _joined(ours), _joined(theirs)


async def _for_a_while(turns: Sequence[Callable[[str], Awaitable[float]]], questions: Sequence[str]) -> tuple[float, int]:
    """Turns in a second of several conversations at once, and errors."""
    done = errors = 0
    begun = time.perf_counter()

    async def talk(turn: Callable[[str], Awaitable[float]]) -> None:
        nonlocal done, errors
        while time.perf_counter() - begun < _SECONDS:
            times = await attempts(turn, questions, len(questions))
            done, errors = done + len(times.seconds), errors + times.errors

    await asyncio.gather(*map(talk, turns))
    return done / (time.perf_counter() - begun), errors


async def _several(system: Running, bot: peer.Peer) -> tuple[float, float, int]:
    async with browser() as client:
        widgets = [Widget() for _ in range(_TOGETHER)]
        for widget in widgets:
            await widget.begin(client, system.address)
        ours, errors = await _for_a_while([partial(turn_with_card, widget) for widget in widgets], QUESTIONS)
        for widget in widgets:
            await widget.close()
        theirs, missed = await _for_a_while([_peers_turn(client, bot, f"many-{each}") for each in range(_TOGETHER)], peer.QUESTIONS)
    return ours, theirs, errors + missed


def figures(system: Running) -> Iterator[Figure]:
    """Both figures; makes the other bot first if it is not there."""
    with peer.running() as bot:
        ours, theirs = asyncio.run(_one_conversation(system, bot))
        held = ours.share(95) <= _P95_MS and ours.share(50) <= theirs.share(50)
        note = f"p50 / p95 / p99 of {len(ours.seconds)} turns; rasa init's bot over bare REST: {theirs}"
        bar = f"p95 ≤ {_P95_MS:.0f} ms, p50 ≤ that of rasa init's bot"
        yield Figure(f"{WHAT}, 1 conversation", str(ours), bar, held, note, ours.errors + theirs.errors)
        best, their_best, errors = asyncio.run(_several(system, bot))
        ratio = best / their_best if their_best else float("inf")
        note = f"{best:.0f} against {their_best:.0f} of rasa init's bot over bare REST, {_TOGETHER} conversations at once"
        yield Figure(PER_SECOND, f"{ratio:.1f} ×", f"≥ {_TIMES_THE_PEER:.0f} ×", ratio >= _TIMES_THE_PEER, note, errors)
