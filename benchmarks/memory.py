"""What gateway and Rasa hold after many turns."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from typing import Final

from benchmarks.clients import Widget, browser
from benchmarks.figures import Figure
from benchmarks.system import Running

TURNS: Final = int(os.environ.get("BENCH_TURNS", "10000"))
_OF_ONE: Final = 10
_TOGETHER: Final = 8
_MB: Final = {"gateway": 150.0, "rasa": 350.0}
# What may come and go between two looks.
_FLAT_WITHIN: Final = 0.02
# Of every kind: cards, forms that are begun and left, several languages, things to take out, strangers, two questions at once.
TALK: Final = (
    "hello", "Where is the nearest station to Shekou?", "how long does it take", "办工作许可要多少钱", "что нужно для продления?",
    "which papers do I need, I am from France", "my passport is E12345678 and I lost it", "what is the weather like in Paris",
    "How much is it and where do I go?", "¿dónde puedo recoger mi permiso?", "where is my application?", "3 March 1990", "go back",
    "when must I extend, my permit ends on 3 May 2027", "谢谢", "can my wife work here too", "why?", "الاوراق المطلوبة لتصريح العمل",
    "Ist die Stelle in Nanshan offen?", "do I need an apostille", "my employer has not paid me", "photo size", "bye",
)  # fmt: skip


async def turns(system: Running, count: int, first: int = 0) -> int:
    """Have `count` turns, `_OF_ONE` in each conversation, some conversations at once; how many failed."""
    numbers = iter(range(first, first + count // _OF_ONE))
    errors = 0
    async with browser() as client:

        async def talk() -> None:
            nonlocal errors
            for number in numbers:
                widget = Widget()
                try:
                    await widget.begin(client, system.address)
                    for text in itertools.islice(itertools.cycle(TALK), number * 7 % len(TALK), number * 7 % len(TALK) + _OF_ONE):
                        await widget.turn(text)
                except OSError as error:
                    errors += 1
                    print(f"    conversation {number}: {type(error).__name__} {error}", flush=True)
                finally:
                    await widget.close()

        await asyncio.gather(*(talk() for _ in range(_TOGETHER)))
    return errors


def figures(system: Running) -> Iterator[Figure]:
    """One figure for each part, looked at after half of the turns and after all."""
    start = {part: system.resident_mb(part) for part in _MB}
    errors = asyncio.run(turns(system, TURNS // 2))
    half = {part: system.resident_mb(part) for part in _MB}
    errors += asyncio.run(turns(system, TURNS // 2, TURNS // 2 // _OF_ONE))
    for part, most in _MB.items():
        now = system.resident_mb(part)
        flat = now <= half[part] * (1 + _FLAT_WITHIN)
        what = (
            f"memory of {'a Rasa shard' if part == 'rasa' else 'the gateway'} after {TURNS:,} turns over {TURNS // _OF_ONE:,} conversations"
        )
        note = f"{start[part]:.0f} MB at the start, {half[part]:.0f} MB after {TURNS // 2:,} turns"
        yield Figure(what, f"{now:.0f} MB", f"≤ {most:.0f} MB, and flat in the second half", now <= most and flat, note, errors)
