"""A gateway in a process of its own, which tests may kill."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import aiohttp

from bot.settings import ROOT

_LARGEST_REQUEST = 1 << 17
_FORK = "import sys; from tests.processes import fork_gateways; sys.exit(fork_gateways(int(sys.argv[1])))"


def fork_gateways(number: int) -> int:
    """Read at the socket `number` what gateways are wanted, and fork each when everything is imported and read.

    A gateway of its own takes seconds to read the catalogue, and tests start dozens. Who asked is told the id of the process, and
    after its end how it ended.
    """
    from bot.app import build, serve
    from bot.settings import Settings, load
    from tests.gateway import PARTS

    with tempfile.TemporaryDirectory() as folder:
        # What the first gateway of a process packs, the next ones have.
        build(Settings(data_dir=Path(folder), demo=False), PARTS)
    assert threading.active_count() == 1, "a thread would be missing in what is forked"
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    requests = socket.socket(fileno=number)
    while True:
        request, answers, *_ = socket.recv_fds(requests, _LARGEST_REQUEST, 1)
        if not request:
            return 0
        if os.fork() == 0:
            break
        os.close(answers[0])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    requests.close()
    gateway = os.fork()
    if gateway == 0:
        os.close(answers[0])
        os.environ.clear()
        os.environ.update(json.loads(request))
        return serve(load(env_file=None), PARTS)
    os.write(answers[0], f"{gateway}\n".encode())
    _, status = os.waitpid(gateway, 0)
    os.write(answers[0], f"{os.waitstatus_to_exitcode(status)}\n".encode())
    # What ends here has begun nothing that must be put in order.
    os._exit(0)


@cache
def _forker() -> socket.socket:
    """Where gateways are asked for; the process behind it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-c", _FORK, str(theirs.fileno())]
        subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return ours


class Process:
    """A gateway in a process of its own.

    Attributes:
        pid: its id.
    """

    def __init__(self, pid: int, answers: asyncio.StreamReader) -> None:
        self.pid = pid
        self._end = asyncio.create_task(answers.readline())

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._end.done()

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """How it ended, once it has."""
        return int(await asyncio.shield(self._end))


def environment(database_url: str, data_dir: Path, port: int, rasa_port: int) -> dict[str, str]:
    """The settings of a gateway whose turns are taken up again after a second."""
    return {
        "BOT_DATABASE_URL": database_url,
        "BOT_DATA_DIR": str(data_dir),
        "BOT_HTTP_PORT": str(port),
        "BOT_RASA_PORT": str(rasa_port),
        "BOT_DEMO": "off",
        "BOT_ASSISTANT_TIMEOUT_S": "20",
        "BOT_TURN_LEASE_S": "1",
    }


@asynccontextmanager
async def process(environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """A gateway that answers; killed at the end if it still lives."""
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(_forker(), [json.dumps({**os.environ, **environment}).encode()], [theirs.fileno()])
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    started = Process(int(await reader.readline()), reader)
    try:
        async with aiohttp.ClientSession() as client:
            while True:
                assert not started.has_ended
                try:
                    async with client.get(f"http://127.0.0.1:{environment['BOT_HTTP_PORT']}/healthz"):
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)
        yield started
    finally:
        if not started.has_ended:
            started.send_signal(signal.SIGKILL)
        await started.wait()
        writer.close()


async def kill(gateway: Process, by: signal.Signals = signal.SIGKILL) -> None:
    """End a gateway, by default without a word; back when it is gone."""
    gateway.send_signal(by)
    await gateway.wait()
