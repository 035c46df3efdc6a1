"""`make run`: from a clean machine to an assistant that answers."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.checked import check_texts
from bot.errors import StartError
from bot.lifetime import keep_for_good, start_lightly
from bot.ports import require_free
from bot.settings import ROOT, Settings
from bot.supervisor import Child, Supervisor, free_port, hold_data_dir, progress, say


def prepare(settings: Settings) -> tuple[Path, list[dict[str, str]]]:
    """Everything before the start: data checked, database migrated and filled, model trained.

    Returns:
        The model file, and samples of the demo data (none without it).

    Raises:
        StartError, DataError: with one line that says what to do.
    """
    # Whether the model is up to date takes as long to say as all the rest, and does not depend on it.
    with Training(settings) as training:
        with progress("checking facts and texts"):
            check_texts(settings.data_dir)
        samples = _filled(settings)
        with progress("preparing the model") as report:
            return training.finish(report), samples


def _filled(settings: Settings) -> list[dict[str, str]]:
    """Bring the database up to date; samples of the invented applications in it."""
    from bot import migrations
    from bot.audit_chain import opened
    from bot.db import now
    from bot.permits import demo
    from bot.permits.demo.dataset import SHENZHEN

    database = opened(settings)
    try:
        with progress("bringing the database up to date"):
            migrations.upgrade(database.engine)
        if settings.demo:
            with progress("loading invented demonstration data"), database.session() as session:
                demo.fill(session, now().astimezone(SHENZHEN).date())
                return demo.examples(session)
        with database.session() as session:
            if demo.present(session):
                detail = "BOT_DEMO is off, but the database holds invented applications; remove them: python -m bot demo --remove"
                raise StartError("demo_data_left", detail=detail)
        return []
    finally:
        database.close()


class Training:
    """The model of the present data, trained in a process of its own: what Rasa loads for it does not stay in this one.

    It begins at once and is ended with the block, so that other things can be done meanwhile.
    """

    def __init__(self, settings: Settings) -> None:
        environment = {**os.environ, "BOT_DATA_DIR": str(settings.data_dir), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "bot", "train"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> Training:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate()

    def finish(self, report: Callable[[str], None]) -> Path:
        """The model file, when it is there; `report` gets one line for each step.

        Raises:
            StartError: the process failed; the detail is its error.
        """
        assert self._process.stdout is not None and self._process.stderr is not None
        said = ""
        for line in self._process.stdout:
            said = line.strip()
            if said.startswith("· "):
                report(said[2:])
        errors = [line.removeprefix("error: ") for line in self._process.stderr.read().splitlines() if line.startswith("error: ")]
        if status := self._process.wait():
            raise StartError("not_trained", detail=errors[-1] if errors else f"Training ended with status {status}.")
        return Path(said)


def run(settings: Settings) -> int:
    """Start the assistant and keep it running until it is told to stop."""
    require_free(settings.http_host, settings.http_port, "BOT_HTTP_PORT")
    _require_asked("BOT_RASA_URLS", settings.rasa_urls, "BOT_RASA_PORT", settings.rasa_port)
    _require_asked("BOT_ACTIONS_URLS", settings.actions_urls, "BOT_ACTIONS_PORT", settings.actions_port)
    start_lightly()
    with hold_data_dir(settings):
        model, samples = prepare(settings)
        keep_for_good()
        console = way_into_console(settings)
        return asyncio.run(supervise(settings, parts(settings, model), lambda: announce(settings, samples, console)))


def _require_asked(name: str, urls: Sequence[str], port_name: str, port: int) -> None:
    """StartError where the gateway would ask other processes than the one that is started beside it."""
    if urls and not {f"http://127.0.0.1:{port}", f"http://localhost:{port}"} & set(urls):
        detail = f"{name} leaves out the process that is started here; take {name} out, or name its port there too and in {port_name}."
        raise StartError("not_asked", detail=detail)


def way_into_console(settings: Settings) -> str | None:
    """What the person at the terminal must be told while nobody can sign in to the console and manage accounts.

    With demonstration data it is a link for the first administrator, which works once and ends the one printed before.
    """
    from bot.audit_chain import opened
    from bot.staff.accounts import has_administrator
    from bot.staff.first import invite_first_administrator, link, staff_at
    from bot.staff.invitations import LIFE

    database = opened(settings)
    try:
        with database.session() as session:
            if has_administrator(session):
                return None
            if not settings.demo:
                return "Nobody can sign in to the console yet; make an administrator: .venv/bin/python -m bot administrator"
            token = invite_first_administrator(session, staff_at(settings.data_dir))
    finally:
        database.close()
    hours = f"{LIFE.total_seconds() / 3600:.0f}"
    return None if token is None else f"First administrator of the console (works once, for {hours} hours): {link(settings, token)}"


def announce(settings: Settings, samples: Sequence[dict[str, str]], console: str | None = None) -> None:
    """Tell the person at the terminal where it is and how to try it."""
    print(f"\nThe assistant is ready: {settings.local_url}/")
    if samples:
        print("DEMONSTRATION with invented data. Applications to look up:")
        for sample in samples:
            print(f"    {sample['number']}  born {sample['date_of_birth']}  ({sample['application_type']}, {sample['stage']})")
    if console:
        print(console)
    print('Ask from another terminal: .venv/bin/python -m bot ask "how long does it take"')
    print("Stop with Ctrl-C.", flush=True)


def parts(settings: Settings, model: Path) -> list[Child]:
    """The three processes with their ports and environment."""
    rasa_port = settings.rasa_port or free_port()
    actions_port = settings.actions_port or free_port()
    environment = {
        **os.environ,
        "BOT_RASA_PORT": str(rasa_port),
        "BOT_ACTIONS_PORT": str(actions_port),
        "BOT_DATA_DIR": str(settings.data_dir),
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "OMP_NUM_THREADS": "1",
        # Sanic compares versions with distutils; that of setuptools brings all of setuptools.
        "SETUPTOOLS_USE_DISTUTILS": "stdlib",
        "PYTHONUNBUFFERED": "1",
    }
    python = sys.executable
    actions_url = f"http://127.0.0.1:{actions_port}/webhook"
    rasa = [python, "-m", "bot.nlu.server", "--model", str(model), "--port", str(rasa_port), "--actions-url", actions_url]
    return [
        Child("actions", [python, "-m", "actions.server", "--port", str(actions_port)], environment),
        Child("rasa", rasa, environment),
        Child("gateway", [python, "-m", "bot", "serve", "--supervised"], environment),
    ]


async def supervise(settings: Settings, children: Sequence[Child], when_ready: Callable[[], None]) -> int:
    """Run the parts until a signal; 0 when the end was asked for, 1 when a part could not be kept running."""
    supervisor = Supervisor(settings, children)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, supervisor.stop)
    await supervisor.start()
    try:
        with progress("starting gateway, Rasa and action server"):
            await supervisor.ready(settings.local_url)
        when_ready()
        await supervisor.wait()
    finally:
        say("stopping")
        await supervisor.end()
    if supervisor.failure:
        raise StartError("part_failed", detail=supervisor.failure)
    return 0
