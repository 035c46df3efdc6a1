"""Whether a port can be listened on, told to whoever starts something."""

from __future__ import annotations

import socket

from bot.errors import StartError
from bot.network import in_the_way


def require_free(host: str, port: int, setting: str, kind: int = socket.SOCK_STREAM) -> None:
    """StartError when nobody can listen on `port` now, for connections or for datagrams (`SOCK_DGRAM`)."""
    error = in_the_way(host, port, kind)
    if error is not None:
        detail = f"Port {port} on {host} cannot be used ({error.strerror}); choose another with {setting}=…"
        raise StartError("port_busy", detail=detail) from error
