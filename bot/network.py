"""Whose address a request comes from, also behind proxies: only proxies that are named as trusted are believed."""

from __future__ import annotations

import errno
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Hosts of one IPv6 customer share this prefix, and count as one.
_IPV6_PREFIX = 64


@dataclass(frozen=True)
class Proxies:
    """The networks of trusted proxies; empty means that every peer speaks for itself."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Proxies:
        """Networks or addresses separated by commas.

        Raises:
            ValueError: one of them is neither.
        """
        return cls(tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()))

    def trusts(self, address: str) -> bool:
        """Whether the peer at `address` may say whom it speaks for."""
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self.networks)

    def client(self, peer: str | None, forwarded_for: Sequence[str]) -> str:
        """The address of the client: the peer, or behind trusted proxies the last address that none of them has.

        Args:
            peer: the address of the connection's other end.
            forwarded_for: the values of every `X-Forwarded-For` header, in order.
        """
        client = peer or ""
        hops = [hop.strip() for value in forwarded_for for hop in value.split(",") if hop.strip()]
        while hops and self.trusts(client):
            hop = _parse(hops.pop())
            if hop is None:
                # What a trusted proxy passed on cannot be read; the proxy is the last that is known.
                break
            client = str(hop)
        return client

    def secure(self, peer: str | None, scheme: str, forwarded_proto: str | None) -> bool:
        """Whether the client's own connection is encrypted."""
        if forwarded_proto is not None and self.trusts(peer or ""):
            return forwarded_proto.strip().lower() == "https"
        return scheme == "https"


def is_here(host: str) -> bool:
    """Whether a host is this machine, by its address or as `localhost`; an IPv6 address may stand in brackets."""
    parsed = _parse(host.strip("[]"))
    return host == "localhost" if parsed is None else parsed.is_loopback


def in_the_way(host: str, port: int, kind: int = socket.SOCK_STREAM) -> OSError | None:
    """What keeps a server from listening on this port of this machine's address, or of all that the name stands for; None if nothing.

    Args:
        kind: for connections or for datagrams (`SOCK_DGRAM`).
    """
    try:
        for family, _, number, _, address in socket.getaddrinfo(host or None, port, type=kind, flags=socket.AI_PASSIVE):
            with socket.socket(family, kind, number) as probe:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    # As the server does: `::` leaves the port to others at 0.0.0.0.
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(address)
    except OSError as error:
        return error
    except UnicodeError:
        return OSError(errno.EINVAL, "no name of a host")
    return None


def caller_of(address: str, key: bytes) -> str:
    """A name for a network address that tells callers apart; without `key`, nobody can find out from it where they live."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        address = str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
    return "net:" + hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32]


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
