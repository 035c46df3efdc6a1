"""`make cluster`: the system of several machines as plain processes on loopback, started by one command and ended by Ctrl-C.

Two gateways, two Rasa shards and two action servers on one PostgreSQL and one Redis, each started again when it dies. PostgreSQL is
new each time and gone at the end; model, key and logs are in BOT_DATA_DIR. It is for trying and testing: nothing stands in front
of the gateways, PostgreSQL asks for no password, and one machine holds it all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import psycopg2

from bot.errors import BotError, StartError
from bot.launch import prepare
from bot.ports import require_free
from bot.settings import Settings, load
from bot.supervisor import Child, Supervisor, free_port, hold_data_dir, progress, say
from deploy import stores

STATE_FILE: Final = "cluster.json"
_DATABASE: Final = "permits"
_STORES_WITHIN_S: Final = 30.0
_AGAIN_S: Final = 0.5
_EACH: Final = 2


class Cluster:
    """All the parts by name: `postgres`, `redis`, `actions-1`, `rasa-1`, `gateway-1` and so on.

    Args:
        home: a folder that PostgreSQL's user can reach, for what is gone at the end.
        given: settings of single parts, by their names.
        postgres: folder of PostgreSQL's files; one in `home` when not given.
        inside: the network namespace that a part runs in, by its name.
    """

    def __init__(
        self,
        settings: Settings,
        home: Path,
        given: Mapping[str, Mapping[str, str]],
        postgres: Path | None = None,
        inside: Mapping[str, str] | None = None,
    ) -> None:
        self._home = home
        self._given = given
        self._inside = inside or {}
        self._postgres = postgres or home / "postgres"
        kinds = ("gateway", "rasa", "actions")
        self.ports = {"postgres": free_port(), "redis": free_port()}
        self.ports |= {f"{kind}-{number}": free_port() for kind in kinds for number in range(1, _EACH + 1)}
        self.ports["gateway-1"] = settings.http_port
        if unknown := (given.keys() | self._inside.keys()) - self.ports.keys():
            raise StartError("bad_setting", detail=f"There is no part {sorted(unknown)[0]}; there are {', '.join(self.ports)}.")
        address = f"postgresql+psycopg2://{stores.USER}@127.0.0.1:{self.ports['postgres']}/{_DATABASE}"
        self.settings = replace(settings, database_url=address)
        self._children: list[Child] = []
        self._supervisors: list[Supervisor] = []

    @property
    def gateways(self) -> list[str]:
        """The addresses of the gateways."""
        return [f"http://{self._host(name)}:{self.ports[name]}" for name in self._named("gateway")]

    def _host(self, name: str) -> str:
        return self._given.get(name, {}).get("BOT_HTTP_HOST", self.settings.http_host)

    def _named(self, kind: str) -> list[str]:
        return [f"{kind}-{number}" for number in range(1, _EACH + 1)]

    async def start(self) -> None:
        """Start everything and return when every gateway is ready.

        Raises:
            StartError, DataError: with one line that says what to do.
        """
        with progress("starting PostgreSQL and Redis"):
            stores.new_postgres(self._postgres)
            await self._keep(self._stores())
            await self._with_database()
        model, _ = await asyncio.to_thread(prepare, self.settings)
        with progress("starting gateways, Rasa and action servers"):
            programs = await self._keep(self._programs(model))
            for address in self.gateways:
                await programs.ready(address)

    async def _keep(self, children: Sequence[Child]) -> Supervisor:
        self._children += children
        supervisor = Supervisor(self.settings, children, gives_up=False, started=self._note)
        self._supervisors.append(supervisor)
        await supervisor.start()
        return supervisor

    async def end(self) -> None:
        """End the programs, then what they store in."""
        for supervisor in reversed(self._supervisors):
            await supervisor.end()
        with suppress(FileNotFoundError):
            (self.settings.data_dir / STATE_FILE).unlink()

    def _note(self) -> None:
        """Write down which process each part is at this moment, for whoever looks on."""
        parts = {
            child.name: {
                "pid": child.process.pid,
                "host": self._host(child.name) if child.name.startswith("gateway") else "127.0.0.1",
                "port": self.ports[child.name],
                "log": str(self.settings.data_dir / "logs" / f"{child.name}.log"),
            }
            for child in self._children
            if child.process is not None
        }
        file = self.settings.data_dir / STATE_FILE
        part = file.with_suffix(".part")
        try:
            part.write_text(json.dumps({"database_url": self.settings.database_url, "gateways": self.gateways, "parts": parts}))
            os.replace(part, file)
        except OSError:
            # A part that was started is looked after whether or not it could be written down: the disk may be full.
            asyncio.get_running_loop().call_later(_AGAIN_S, self._note)

    def _child(self, name: str, command: Sequence[object], **more: str) -> Child:
        environment = {
            **os.environ,
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "BOT_DATA_DIR": str(self.settings.data_dir),
            "BOT_DATABASE_URL": self.settings.database_url,
            **more,
            **self._given.get(name, {}),
        }
        within = ["ip", "netns", "exec", self._inside[name]] if name in self._inside else []
        return Child(name, [*within, *(str(part) for part in command)], environment)

    def _stores(self) -> list[Child]:
        postgres = self._child("postgres", stores.postgres_command(self._postgres, self.ports["postgres"]))
        postgres = replace(postgres, account=stores.postgres_account(), ends_by=stores.ENDS_BY)
        return [postgres, self._child("redis", stores.redis_command(self._home, self.ports["redis"]))]

    async def _with_database(self) -> None:
        """Return when PostgreSQL answers and our database is in it."""
        deadline = asyncio.get_running_loop().time() + _STORES_WITHIN_S
        while True:
            try:
                await asyncio.to_thread(stores.make_database, self.ports["postgres"], _DATABASE)
                return
            except psycopg2.OperationalError as error:
                if asyncio.get_running_loop().time() > deadline:
                    detail = f"PostgreSQL does not answer; see {self.settings.data_dir / 'logs' / 'postgres.log'}"
                    raise StartError("server_failed", detail=detail) from error
                await asyncio.sleep(0.1)

    def _programs(self, model: Path) -> list[Child]:
        python = sys.executable
        actions, shards = ([f"http://127.0.0.1:{self.ports[name]}" for name in self._named(kind)] for kind in ("actions", "rasa"))
        flags = [flag for address in actions for flag in ("--actions-url", f"{address}/webhook")]
        found = [self._child(name, [python, "-m", "actions.server", "--port", self.ports[name]]) for name in self._named("actions")]
        for name in self._named("rasa"):
            found.append(self._child(name, [python, "-m", "bot.nlu.server", "--model", model, "--port", self.ports[name], *flags]))
        for name in self._named("gateway"):
            more = {
                "BOT_HTTP_PORT": str(self.ports[name]),
                "BOT_REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
                "BOT_RASA_URLS": ",".join(shards),
                "BOT_ACTIONS_URLS": ",".join(actions),
            }
            found.append(self._child(name, [python, "-m", "bot", "serve", "--supervised"], **more))
        return found


@contextmanager
def a_home() -> Iterator[Path]:
    """A folder of its own that every user can pass through, gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="cluster-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def run(cluster: Cluster, when_ready: Callable[[], None]) -> None:
    """Start the cluster and keep it until a signal asks for the end."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    starting = asyncio.create_task(cluster.start())
    ending = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            when_ready()
            await ending
    finally:
        say("stopping")
        for task in (starting, ending):
            task.cancel()
        await asyncio.gather(starting, ending, return_exceptions=True)
        await cluster.end()


def _given(pairs: Sequence[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for pair in pairs:
        part, _, rest = pair.partition(":")
        name, equals, value = rest.partition("=")
        if not (part and name and equals):
            raise StartError("bad_setting", detail=f"--set takes PART:NAME=VALUE, not {pair!r}.")
        found.setdefault(part, {})[name] = value
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cluster until Ctrl-C; a known error is one line and status 1."""
    parser = argparse.ArgumentParser(prog="python -m deploy.cluster", description=__doc__)
    parser.add_argument("--set", action="append", default=[], metavar="PART:NAME=VALUE", help="a variable for one part alone")
    parser.add_argument("--postgres", type=Path, metavar="FOLDER", help="where PostgreSQL keeps its files; kept at the end")
    parser.add_argument("--inside", action="append", default=[], metavar="PART:NAMESPACE", help="the network namespace of one part alone")
    arguments = parser.parse_args(argv)
    try:
        settings = load()
        require_free(settings.http_host, settings.http_port, "BOT_HTTP_PORT")
        with hold_data_dir(settings), a_home() as home:
            inside = dict(pair.partition(":")[::2] for pair in arguments.inside)
            cluster = Cluster(settings, home, _given(arguments.set), arguments.postgres, inside)

            def announce() -> None:
                print("\nThe assistant is ready, by two gateways on the same record:")
                for address in cluster.gateways:
                    print(f"    {address}/")
                print(f"Parts with process, port and log: {settings.data_dir / STATE_FILE}")
                print("Stop with Ctrl-C.", flush=True)

            asyncio.run(run(cluster, announce))
    except BotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
