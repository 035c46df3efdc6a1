"""A network of its own for one gateway, in which the packets of one line vanish without anybody being told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAMESPACES: Final = Path("/run/netns")
_PREFIX: Final = "faults-"
# Everything listens on loopback, and to that address a gateway goes from its own network too.
_SERVERS: Final = "127.0.0.1"
# A neighbour that nobody is: what is sent to it is dropped at the other end of the wire.
_NOBODY: Final = "02:00:00:00:00:01"
_ASTRAY: Final = "77"
_DIALS: Final = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"


@dataclass(frozen=True)
class Network:
    """A network namespace, joined to this one by a wire.

    Attributes:
        name: the namespace's.
        address: where a process in it is reached; its peers see it come from there.
    """

    name: str
    address: str

    def reaches(self, port: int) -> bool:
        """Whether somebody in it gets a line to a port on loopback."""
        command = ["ip", "netns", "exec", self.name, sys.executable, "-c", _DIALS, _SERVERS, str(port)]
        return subprocess.run(command, capture_output=True).returncode == 0

    @contextmanager
    def lost(self, port: int, ways: str = "both") -> Iterator[None]:
        """Packets to and from a server's port on loopback vanish; sockets stay open at both ends, which learn of it by waiting.

        Args:
            ways: `both`, or `answers` where only what comes from the server does.
        """
        rules = [["sport", str(port), "blackhole"]]
        if ways == "both":
            rules.append(["dport", str(port), "lookup", _ASTRAY])
        added: list[list[str]] = []
        try:
            for number, rule in enumerate(rules, start=1):
                whole = ["pref", str(number), "ipproto", "tcp", *rule]
                _ip("-n", self.name, "rule", "add", *whole)
                added.append(whole)
            yield
        finally:
            for whole in added:
                _ip("-n", self.name, "rule", "del", *whole)


@contextmanager
def a_network() -> Iterator[Network | None]:
    """A network that is gone at the end, with what is left of those of runs that were killed; None where none can be made here."""
    for left in _NAMESPACES.glob(f"{_PREFIX}*"):
        if not Path(f"/proc/{left.name.removeprefix(_PREFIX)}").exists():
            _remove(left.name)
    name = f"{_PREFIX}{os.getpid()}"
    try:
        yield _made(name)
    finally:
        _remove(name)


def _remove(name: str) -> None:
    # A namespace stays as long as a socket in it has not come to its end; without the wire nobody notices.
    for what in (("link", "del", _ends(name)[0]), ("netns", "del", name)):
        with suppress(OSError, subprocess.CalledProcessError):
            _ip(*what)


def _ends(name: str) -> tuple[str, str]:
    """The wire's ends, here and in the namespace; a name has at most 15 characters."""
    number = name.removeprefix(_PREFIX)
    return f"fh{number}", f"fn{number}"


def _made(name: str) -> Network | None:
    here, there = _ends(name)
    inside = ("-n", name)
    try:
        _ip("netns", "add", name)
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        Path(_localnet(here)).write_text("1")
        _ip("link", "set", here, "up")
        address = _way_to(here)
        nobody = address.rpartition(".")[0] + ".3"
        _ip("netns", "exec", name, "sh", "-ec", f"echo 1 > {_localnet(there)}; echo 0 > /proc/sys/net/ipv4/tcp_early_demux")
        _ip(*inside, "link", "set", "lo", "up")
        _ip(*inside, "address", "del", f"{_SERVERS}/8", "dev", "lo")
        _ip(*inside, "address", "add", f"{address}/32", "dev", there)
        _ip(*inside, "link", "set", there, "up")
        _ip(*inside, "route", "add", f"{_SERVERS}/32", "dev", there, "src", address)
        _ip(*inside, "route", "add", f"{_SERVERS}/32", "via", nobody, "dev", there, "onlink", "table", _ASTRAY)
        _ip(*inside, "neighbour", "add", nobody, "lladdr", _NOBODY, "nud", "permanent", "dev", there)
        # Our rules come before that of the namespace's own addresses, which catches everything that arrives.
        _ip(*inside, "rule", "add", "pref", "10", "lookup", "local")
        _ip(*inside, "rule", "del", "pref", "0")
    except (OSError, subprocess.CalledProcessError):
        return None
    network = Network(name, address)
    # A firewall may think ill of such addresses.
    with socket.create_server((_SERVERS, 0)) as server:
        return network if network.reaches(server.getsockname()[1]) else None


def _localnet(device: str) -> str:
    """Where it is said that addresses of loopback may pass over a wire."""
    return f"/proc/sys/net/ipv4/conf/{device}/route_localnet"


def _way_to(device: str) -> str:
    """An address of loopback that no other run has, by way of a wire."""
    for number in range(1, 255):
        address = f"127.77.{number}.2"
        with suppress(subprocess.CalledProcessError):
            _ip("route", "add", f"{address}/32", "dev", device, "src", _SERVERS, "table", "local")
            return address
    raise OSError("every address is taken")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
