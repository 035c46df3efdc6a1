"""What is counted and measured for operators; labels are codes from closed lists, never anything a person wrote."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool

from bot import migrations
from bot.settings import ROOT

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40)
_GUESSES: Final = ("sign_in_refused", "totp_wrong", "return_code_wrong", "too_many_attempts")
_FLOODS: Final = ("too_many_messages", "too_many_requests", "too_many_connections")
_LAG: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


def _version() -> str:
    """Of the tree that runs, which is never installed as a package."""
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "unknown"


class Metrics:
    """The figures of one gateway process, in a registry of their own. What they tell of the database is the same at every gateway."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()

        def counter(name: str, help: str, *labels: str) -> Counter:
            return Counter(name, help, labels, registry=registry)

        def gauge(name: str, help: str, *labels: str) -> Gauge:
            return Gauge(name, help, labels, registry=registry)

        def histogram(name: str, help: str, *labels: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
            return Histogram(name, help, labels, buckets=buckets, registry=registry)

        ProcessCollector(registry=registry)
        build = Info("bot_build", "Which code runs, and the schema that it needs.", registry=registry)
        build.info({"version": _version(), "python": platform.python_version(), "schema": migrations.head()})
        self.model = gauge("bot_model_info", "1, for the model that a Rasa process had loaded when it was last asked.", "model", "number")
        self.assistant_on = gauge("bot_assistant_on", "Whether the bot answers: 0 while it is switched off.")
        self.part_up = gauge("bot_part_up", "Whether a part can do its work, looked at now.", "part")
        self.shard_up = gauge("bot_shard_up", "The same of each process of a part, by its place in the settings.", "part", "number")
        self._models: dict[int, str] = {}

        self.messages = counter("bot_messages", "Messages of applicants that were stored.", "channel")
        self.turns = counter("bot_turns", "Turns that ended, by outcome.", "outcome")
        self.answer_seconds = histogram("bot_answer_seconds", "From taking a turn to its stored answer.")
        self.owed = gauge("bot_owed_answers", "Messages whose answer is not there yet, of all gateways.")
        self.owed_seconds = gauge("bot_owed_longest_seconds", "How long the oldest of them has been waiting.")
        self.failures = counter("bot_assistant_failures", "Answers that the assistant owed and did not give.", "kind")

        self.handoffs = counter("bot_handoffs", "Offers of a person, by reason.", "reason")
        self.queue = gauge("bot_queue_length", "Conversations that wait for a person.")
        self.queue_seconds = gauge("bot_queue_longest_wait_seconds", "How long the first of them has been waiting.")
        self.officers = gauge("bot_officers_ready", "Officers who can take a conversation.")
        self.left = gauge("bot_left_messages_open", "Left messages that are not answered yet.")
        self.left_overdue = gauge("bot_left_messages_overdue", "Those of them that are past their day.")

        self.mails = counter("bot_mails", "E-mails that were tried, by what became of them.", "outcome")

        self.refused = counter("bot_refused", "Requests that ended in an error, by code.", "code")
        self.request_seconds = histogram("bot_request_seconds", "Time to answer a request, by route.", "route")
        self.sockets = gauge("bot_open_sockets", "Open lines, of applicants and of consoles.", "side")
        self.lag = histogram("bot_event_loop_lag_seconds", "How much later than asked for the loop goes on.", buckets=_LAG)

        self.connections = gauge("bot_database_connections", "Connections of this process that are in use.")
        self.connections_most = gauge("bot_database_connections_most", "How many may be in use at once; more have to wait.")
        self.database_errors = counter("bot_database_errors", "Statements that failed, by the class of the error.", "kind")

        self.job_at = gauge("bot_work_last_timestamp_seconds", "When a regular work was last done; 0 for never.", "work")
        self.job_well = gauge("bot_work_well", "Whether it ended well then: for audit, whether the trail is whole.", "work")

        # An increase is seen from a value on that was there before, so what alarms wait for counts as none from the beginning.
        for figure, labels in self._awaited().items():
            for label in labels:
                figure.labels(label)

    def _awaited(self) -> Mapping[Counter, tuple[str, ...]]:
        return {
            self.turns: ("answered", "handed_off", "desk", "apologised", "switched_off", "silenced", "lost"),
            self.mails: ("sent", "delayed", "lost", "refused"),
            self.refused: ("internal", "database_unavailable", *_GUESSES, *_FLOODS),
            self.database_errors: ("OperationalError", "InterfaceError", "DatabaseError", "InternalError"),
        }

    def loaded(self, number: int, model: str) -> None:
        """Tell which model the Rasa process with this number has."""
        former = self._models.get(number)
        if former not in (None, model):
            self.model.remove(former, number)
        self._models[number] = model
        self.model.labels(model, number).set(1)

    def stands(self, part: str, number: int, up: bool) -> None:
        """Tell whether one process of a part can do its work."""
        self.shard_up.labels(part, number).set(up)

    def watch(self, engine: Engine) -> None:
        """Tell of the connections of an engine, and count its errors."""
        pool = engine.pool
        assert isinstance(pool, QueuePool)
        # The engine takes another pool when it is closed, and the old one must not be held on to.
        self.connections.set_function(lambda: engine.pool.checkedout())
        self.connections_most.set(pool.size() + pool._max_overflow)

        def failed(context: object) -> None:
            error = getattr(context, "sqlalchemy_exception", None) or getattr(context, "original_exception", None)
            self.database_errors.labels(type(error).__name__).inc()

        event.listen(engine, "handle_error", failed)

    def count_sockets(self, applicants: Callable[[], int], consoles: Callable[[], int]) -> None:
        """Tell of the lines that are open when the figures are asked for."""
        self.sockets.labels("applicants").set_function(applicants)
        self.sockets.labels("consoles").set_function(consoles)

    def render(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return bytes(generate_latest(self.registry))
