"""Rasa and the action server as real processes, on ports of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.settings import ROOT
from tests.servers import free_port

# It takes a few seconds where nobody else works.
READY_WITHIN_S = 300


@dataclass
class Process:
    """A server in a process of its own, with its log in a file."""

    module: str
    arguments: list[str]
    log: Path
    health: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    seconds_until_ready: float = 0.0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, data_dir: Path) -> Process:
        """Start it and wait until it answers; a process that ends instead fails the test with its log."""
        command = [sys.executable, "-m", self.module, "--port", str(self.port), *self.arguments]
        begin = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "BOT_DATA_DIR": str(data_dir)})
        while True:
            if self.process.poll() is not None or time.monotonic() - begin > READY_WITHIN_S:
                raise AssertionError(f"{self.module} did not start:\n{self.log.read_text(encoding='utf-8')}")
            try:
                urllib.request.urlopen(f"{self.url}{self.health}", timeout=5).read()
                break
            except OSError:
                time.sleep(0.02)
        self.seconds_until_ready = time.monotonic() - begin
        return self

    def stop(self) -> int:
        """End it as an operator would; returns its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(encoding="utf-8")


def actions_process(folder: Path) -> Process:
    """The action server of the small project."""
    return Process("actions.server", ["--package", "tests.rasa_project.actions"], folder / "actions.log", "/health")


def rasa_process(folder: Path, project: Path, model: Path, actions_url: str) -> Process:
    """Rasa with the small project's model."""
    arguments = [
        *("--model", str(model), "--actions-url", f"{actions_url}/webhook"),
        *("--endpoints", str(project / "endpoints.yml"), "--config", str(project / "config.yml")),
    ]
    return Process("bot.nlu.server", arguments, folder / "rasa.log", "/status")


def say(server: Process, sender: str, text: str, **metadata: Any) -> list[dict[str, Any]]:
    """What Rasa answers to a message: the replies of its custom payloads."""
    body = {"sender": sender, "message": text, "metadata": {"language": "en", "message_id": uuid.uuid4().hex, **metadata}}
    request = urllib.request.Request(f"{server.url}/webhooks/rest/webhook", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        messages = json.load(response)
    return [reply for message in messages for reply in message["custom"]["replies"]]
