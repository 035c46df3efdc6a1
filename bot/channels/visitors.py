"""The applicants who are connected by socket: which session each connection has, and what it wants to hear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.conversations.states import State
from bot.conversations.threads import Address
from bot.languages import Tongue
from bot.sessions import SessionToken

CHANNEL = "socket"
_CALLER = "session"


def address_of(sid: str) -> Address:
    """Where a session's conversations are kept."""
    return Address(CHANNEL, _CALLER, sid)


@dataclass(eq=False)
class Visitor:
    """One connection.

    Attributes:
        line: its name on the server; also that of the room that it alone is in.
        network: the network it comes from.
        session: the session it is bound to, once it has one.
        shown: tokens that name this session on this connection: what the client came with, and what it got.
        offered: a session that it may change to, because it has shown a return code.
        ours: whether it understands more than Rasa's protocol.
        language: in which errors are told.
        conversation, state: the newest that it has been told of.
    """

    line: str
    network: str
    language: Tongue
    session: SessionToken | None = None
    shown: set[str] = field(default_factory=set)
    offered: str | None = None
    ours: bool = False
    conversation: str | None = None
    state: State | None = None

    @property
    def address(self) -> Address:
        """Where its session's conversations are kept."""
        assert self.session is not None
        return address_of(self.session.sid)


class Visitors:
    """All connections of one gateway, by their session."""

    def __init__(self) -> None:
        self._lines: dict[str, Visitor] = {}
        self._sessions: dict[str, set[Visitor]] = {}

    def add(self, visitor: Visitor) -> None:
        """A connection began."""
        self._lines[visitor.line] = visitor

    def drop(self, line: str) -> Visitor | None:
        """A connection ended."""
        visitor = self._lines.pop(line, None)
        if visitor is not None:
            self.unbind(visitor)
        return visitor

    def get(self, line: str) -> Visitor | None:
        """The connection of this name."""
        return self._lines.get(line)

    def bind(self, visitor: Visitor, session: SessionToken) -> None:
        """Give a connection its session."""
        self.unbind(visitor)
        visitor.session = session
        visitor.shown.add(session.token)
        self._sessions.setdefault(session.sid, set()).add(visitor)

    def unbind(self, visitor: Visitor) -> None:
        """Take a connection's session from it."""
        if visitor.session is None:
            return
        others = self._sessions.get(visitor.session.sid, set())
        others.discard(visitor)
        if not others:
            self._sessions.pop(visitor.session.sid, None)
        visitor.session, visitor.conversation, visitor.state = None, None, None
        visitor.shown.clear()

    def of(self, address: Address) -> list[Visitor]:
        """The connections of one applicant: every tab and device."""
        if address.channel != CHANNEL:
            return []
        return list(self._sessions.get(address.sender, ()))

    def ours(self) -> Iterator[Visitor]:
        """Those who understand more than Rasa's protocol."""
        return (visitor for visitor in list(self._lines.values()) if visitor.ours)

    def waiting(self) -> Iterator[Visitor]:
        """Those who wait in the queue and would see their place."""
        return (visitor for visitor in self.ours() if visitor.state is State.QUEUED)

    def __len__(self) -> int:
        return len(self._lines)
