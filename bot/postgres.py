"""How connections to PostgreSQL are opened: a server, a network or a client that goes silent keeps nobody waiting for long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Seconds; https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS. Lost packets end a connection here after a
# quarter of a minute, instead of the quarter of an hour of the system: somewhat later than a widget goes elsewhere by itself, which one
# that is refused does not.
_CLIENT: Final[Mapping[str, Any]] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
# Of the session at the server: after ten seconds it frees what a client has locked that is cut off or lost its power, so that another
# can go on with it, and after a minute that of one that does nothing more;
# https://www.postgresql.org/docs/current/runtime-config-client.html and runtime-config-connection.html.
_SESSION: Final[Mapping[str, str]] = {
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "10s",
}
# For one transaction that may take long, such as a migration or an import.
PATIENT: Final = "SET LOCAL lock_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '10min'"


def connect_options(given: Mapping[str, Any], **session: str) -> dict[str, Any]:
    """What `psycopg2.connect` is to be given besides an address.

    Args:
        given: the parameters of the address, which win.
        session: further settings of the session.
    """
    options = " ".join(f"-c {name}={value}" for name, value in {**_SESSION, **session}.items())
    ours = {name: value for name, value in _CLIENT.items() if name not in given}
    return {**ours, "options": f"{options} {given.get('options', '')}".strip()}
