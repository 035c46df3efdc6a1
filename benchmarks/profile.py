"""Where the time of a turn goes: what the client waits for, and what each stage inside Rasa takes of it.

The stages follow one another but for what the gateway does while Rasa reads; see `docs/adr/0010-reading-ahead.md`.
"""

from __future__ import annotations

import asyncio
import inspect
import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.clients import Widget, browser
from benchmarks.system import Running
from benchmarks.turns import QUESTIONS, turn_with_card
from bot.settings import ROOT

_TURNS: Final = 60
Milliseconds = dict[str, float]


@contextmanager
def _watched(owner: Any, name: str, spent: dict[str, float], stage: str) -> Iterator[None]:
    """Add the time of each call of a function to `spent[stage]` within the block."""
    original = inspect.getattr_static(owner, name)

    async def waited(*arguments: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        try:
            return await original(*arguments, **named)
        finally:
            spent[stage] += time.perf_counter() - begun

    def called(*arguments: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        try:
            return original(*arguments, **named)
        finally:
            spent[stage] += time.perf_counter() - begun

    setattr(owner, name, waited if inspect.iscoroutinefunction(original) else called)
    try:
        yield
    finally:
        setattr(owner, name, original)


async def _over_socket(system: Running) -> float:
    async with browser() as client:
        widget = Widget()
        await widget.begin(client, system.address)
        times = [await turn_with_card(widget, QUESTIONS[number % len(QUESTIONS)]) for number in range(_TURNS + len(QUESTIONS))]
        await widget.close()
    return statistics.median(times[len(QUESTIONS) :])


async def _inside_rasa(agent: Any, redacted: Callable[[str], str]) -> dict[str, float]:
    """Median seconds of each stage of a turn, and of the whole, in this process, with the system's own action server."""
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    from bot.nlu import encoder
    from bot.nlu.action_endpoint import ActionEndpoint
    from bot.nlu.classifier import TopicClassifier
    from bot.nlu.topic_model import TopicModel
    from bot.nlu.tracker_store import WorkingMemory

    spent: dict[str, float] = defaultdict(float)
    stages = (
        (encoder, "encode", "encode"),
        (TopicModel, "scores", "scores"),
        (type(agent.processor), "parse_message", "parse"),
        (ActionEndpoint, "request", "action"),
        (WorkingMemory, "retrieve", "memory"),
        (WorkingMemory, "save", "memory"),
    )
    found: dict[str, list[float]] = defaultdict(list)
    watches = [_watched(owner, name, spent, stage) for owner, name, stage in stages]
    for watch in watches:
        watch.__enter__()
    conversation = uuid.uuid4().hex
    classifier = agent.processor.graph_runner.component(TopicClassifier)
    for number in range(_TURNS + len(QUESTIONS)):
        spent.clear()
        about = {"language": "en", "message_id": uuid.uuid4().hex, "channel": "socket"}
        text = redacted(QUESTIONS[number % len(QUESTIONS)])
        agent.tracker_store.read_ahead(conversation)
        begun = time.perf_counter()
        classifier.read_ahead(text)
        await agent.handle_message(UserMessage(text, CollectingOutputChannel(), conversation, input_channel="rest", metadata=about))
        spent["all"] = time.perf_counter() - begun
        if number >= len(QUESTIONS):
            for stage, seconds in spent.items():
                found[stage].append(seconds)
    for watch in watches:
        watch.__exit__(None, None, None)
    await agent.action_endpoint.close()
    return {stage: statistics.median(seconds) for stage, seconds in found.items()}


def stages(system: Running, model: Path, actions_port: int) -> Milliseconds:
    """Milliseconds of each stage of a turn with a card; they add up to what the client waits for."""
    from bot.nlu import quiet_logs
    from bot.nlu.encodings import encode_at_once
    from bot.nlu.server import build_app
    from bot.redaction import redact

    def redacted(text: str) -> str:
        return redact(text, None, lambda kind, _value: f"<{kind.upper()}:1>")

    quiet_logs.configure("WARNING")
    whole = asyncio.run(_over_socket(system))
    encode_at_once(system.folder / "cache")
    actions = [f"http://127.0.0.1:{actions_port}/webhook"]
    app = build_app(model, 0, actions, ROOT / "endpoints.yml", ROOT / "credentials.yml", system.folder / "profile.db")
    took = asyncio.run(_inside_rasa(app.ctx.agent, redacted))
    app.ctx.agent.tracker_store.close()
    rest = took["all"] - took["encode"] - took["scores"] - took["parse"] - took["action"] - took["memory"]
    return {
        "gateway: socket, redaction, record of the answer, HTTP to Rasa, and what storing the message takes longer than reading it": (
            whole - took["all"]
        )
        * 1e3,
        "Rasa, while the gateway stores the message: encoder": took["encode"] * 1e3,
        "Rasa, meanwhile: networks and nearest examples": took["scores"] * 1e3,
        "Rasa: phrases, decision, and the rest of its pipeline": took["parse"] * 1e3,
        "Rasa: working memory, written": took["memory"] * 1e3,
        "Rasa: rules, forms, events": rest * 1e3,
        "action server: place, stations, card, and HTTP to it": took["action"] * 1e3,
        "**what the client waits for**": whole * 1e3,
    }


def table(spent: Milliseconds) -> str:
    """The stages as a table of Markdown."""
    whole = list(spent.values())[-1]
    lines = [f"| {stage} | {each:.1f} | {each / whole:.0%} |" for stage, each in spent.items()]
    return "\n".join([f"Medians of {_TURNS} turns.", "", "| stage | ms | share |", "|---|---|---|", *lines])
