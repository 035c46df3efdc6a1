"""The applicants who are connected by socket: which session each connection has, and what it wants to hear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.conversations.events import Stored
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
        position: conversation and number of the last message that it was sent, if it is one of ours.
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
    position: tuple[str, int] | None = None

    @property
    def address(self) -> Address:
        """Where its session's conversations are kept."""
        assert self.session is not None
        return address_of(self.session.sid)

    def reached(self, last: Stored | None, mark: tuple[str | None, int]) -> None:
        """Note that it was sent everything up to `last`; None means that there is nothing after the position it named itself."""
        if last is not None:
            mark = (last.conversation_id, last.seq)
        if mark[0] is None or (self.position is not None and self.position[0] == mark[0] and self.position[1] >= mark[1]):
            return
        self.position = (mark[0], mark[1])


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
        visitor.session, visitor.conversation, visitor.state, visitor.position = None, None, None, None
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

    def talking(self) -> list[Visitor]:
        """Those who have been told of a conversation, and every plain client with a session."""
        lines = list(self._lines.values())
        return [each for each in lines if each.conversation is not None or (each.session is not None and not each.ours)]

    def silent(self) -> list[Visitor]:
        """Those of ours with a session in which nothing was said yet, as far as they were told."""
        return [each for each in self._lines.values() if each.ours and each.session is not None and each.conversation is None]

    def __len__(self) -> int:
        return len(self._lines)
