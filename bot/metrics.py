"""What is counted for operators; labels are codes from closed lists, never anything a person wrote."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40)


class Metrics:
    """The counters of one gateway process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter("bot_messages", "Messages of applicants that were stored.", ["channel"], registry=self.registry)
        self.turns = Counter("bot_turns", "Turns that ended, by outcome.", ["outcome"], registry=self.registry)
        self.failures = Counter(
            "bot_assistant_failures", "Answers that the assistant owed and did not give.", ["kind"], registry=self.registry
        )
        self.handoffs = Counter("bot_handoffs", "Requests for a person, by reason.", ["reason"], registry=self.registry)
        self.refused = Counter("bot_refused", "Requests that ended in an error, by code.", ["code"], registry=self.registry)
        self.answer_seconds = Histogram(
            "bot_answer_seconds", "From taking a turn to its stored answer.", buckets=_SECONDS, registry=self.registry
        )
        self.request_seconds = Histogram(
            "bot_request_seconds", "Time to answer a request, by route.", ["route"], buckets=_SECONDS, registry=self.registry
        )

    def render(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return bytes(generate_latest(self.registry))
