"""The bot that `rasa init` makes, with Rasa as it is published, TensorFlow included, in an environment of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.system import end
from bot.settings import ROOT
from bot.supervisor import free_port

HOME: Final = ROOT / "var" / "bench" / "rasa-init"
_RASA: Final = "rasa==3.6.21"
# The newest for which it is published.
_PYTHON: Final = "3.10"
_READY_WITHIN_S: Final = 240
# Questions of its own training data, in other words than some of them.
QUESTIONS: Final = ("hello there", "I am feeling great", "are you a bot?", "see you later", "not so well today")


class Peer:
    """The running bot over its REST channel."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"

    @property
    def url(self) -> str:
        """Where it takes messages."""
        return self._url

    def ask(self, text: str, sender: str) -> Any:
        """What it answers."""
        body = json.dumps({"sender": sender, "message": text}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})  # noqa: S310 - our own loopback address
        return json.loads(urllib.request.urlopen(request, timeout=60).read())  # noqa: S310


def _run(*command: str | Path, cwd: Path = HOME) -> None:
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=_environment(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")


def _environment() -> dict[str, str]:
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    # Its numpy takes a young processor for one of fifteen years ago; it is given what nearly every processor has.
    return {**os.environ, "OPENBLAS_CORETYPE": "Haswell", **quiet}


def prepare() -> None:
    """Make environment and model, once: 2.5 GB, and a minute of training."""
    environment, project = HOME / "venv", HOME / "project"
    if list(project.glob("models/*.tar.gz")):
        return
    print("· making the bot of `rasa init`, with TensorFlow (2.5 GB, some minutes, once)", flush=True)
    HOME.mkdir(parents=True, exist_ok=True)
    uv = ROOT / ".tools" / "bin" / "uv"
    _run(uv, "--system-certs", "venv", "--quiet", "--clear", "--python", _PYTHON, environment)
    python = environment / "bin" / "python"
    # Our own overrides would leave TensorFlow out.
    _run(uv, "--system-certs", "pip", "install", "--quiet", "--no-config", "--python", python, _RASA, "setuptools<81")
    project.mkdir(exist_ok=True)
    _run(environment / "bin" / "rasa", "init", "--no-prompt", cwd=project)


@contextmanager
def running() -> Iterator[Peer]:
    """The bot with `rasa run`, warm."""
    prepare()
    port = free_port()
    command = [str(HOME / "venv" / "bin" / "rasa"), "run", "--interface", "127.0.0.1", "--port", str(port)]
    with open(HOME / "run.log", "wb") as log:
        process = subprocess.Popen(command, cwd=HOME / "project", env=_environment(), stdout=log, stderr=log)
    peer = Peer(port)
    try:
        deadline = time.monotonic() + _READY_WITHIN_S
        while True:
            try:
                # It answers before its model is loaded, with nothing.
                if peer.ask(QUESTIONS[0], "ready"):
                    break
            except (urllib.error.URLError, OSError):
                pass
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"the bot of rasa init did not start; see {HOME / 'run.log'}")
            time.sleep(0.5)
        for question in QUESTIONS * 2:
            peer.ask(question, "ready")
        yield peer
    finally:
        end(process, signal.SIGTERM)
