"""Whatever applicants, bot and officers do in whatever order: one owner, no gap, no double, a silent bot, nothing after a close."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.desk import Rules
from bot.conversations.events import Stored
from bot.conversations.keeper import Keeper
from bot.conversations.models import Conversation, Handoff, Message, Turn
from bot.conversations.obligations import TakenTurn
from bot.conversations.states import State
from bot.db import Base, Database, now
from bot.errors import Conflict
from bot.staff.officers import Officer
from tests.gateway import FakePresence, desk
from tests.office import ANN, Cuttable, Office, Window
from tests.servers import AUDIT_KEY

T = TypeVar("T")

# One of three, or, as is more usual, whoever has the conversation.
_OFFICERS = st.sampled_from([0, 1, 2, None, None])
_WORKERS = st.sampled_from(["one", "two"])
# What leads on from each state.
_FITTING = {
    State.BOT: ("join", "desk:wait"),
    State.QUEUED: ("claim", "desk:leave"),
    State.WITH_STAFF: ("hand_back", "transfer", "transfer_to", "close"),
}


class Life(RuleBasedStateMachine):
    """One applicant with two windows, two workers of the bot, three officers, and the keeper."""

    turns: Bundle[tuple[TakenTurn, str]] = Bundle("turns")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.database = Database("sqlite://", AUDIT_KEY)
        Base.metadata.create_all(self.database.engine)
        with contextlib.closing(self.database.engine.raw_connection()) as only:
            # The one connection that a database in memory has.
            self.connection: sqlite3.Connection = only.connection
        self.looks: dict[str, Any] = {}
        self.writes = 0
        self.office = Office(self.database, Cuttable)
        self.officers = self.office.hire()
        self.windows = [Window(), Window()]
        for window in self.windows:
            self.office.record.listen(window.hear)
        self.acknowledged: dict[str, str] = {}
        self.ended: dict[str, int] = {}
        self.names = 0
        self.left = False
        self.ahead = timedelta()

    def teardown(self) -> None:
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        assert self.database.engine.pool.checkedin() == 1, "what another connection writes would not be seen"
        self.database.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def look(self, what: str, query: Callable[[Session], T]) -> T:
        """What the database says; asked again once something was written, since every rule and every invariant wants to know it."""
        if self.connection.total_changes != self.writes:
            self.looks, self.writes = {}, self.connection.total_changes
        if what not in self.looks:
            self.looks[what] = self.office.read(query)
        found: T = self.looks[what]
        return found

    @property
    def newest(self) -> Any:
        newest = select(Conversation).order_by(Conversation.ordinal.desc()).limit(1)
        return self.look("newest", lambda session: session.execute(newest).scalar_one_or_none())

    @property
    def state(self) -> State | None:
        return None if self.newest is None else State(self.newest.state)

    def keep(self, client_id: str, message: Stored) -> None:
        assert self.acknowledged.setdefault(client_id, message.id) == message.id, "sent twice, acknowledged as two"

    def answer_all(self) -> None:
        """Whatever is owed is answered at once, as it mostly is."""
        for conversation_id in self.do(self.office.conversations.owed(30)):
            while (turn := self.do(self.office.take(conversation_id))) is not None:
                self.do(self.office.answer(turn, "a", "b"))

    @initialize(state=st.sampled_from([None, State.BOT, State.QUEUED, State.WITH_STAFF]), connected=st.booleans())
    def begin(self, state: State | None, connected: bool) -> None:
        for window in self.windows:
            window.connected = connected
        if state is not None:
            self.do(self.office.says("hello" if state is State.BOT else "desk:wait"))
            self.answer_all()
        if state is State.WITH_STAFF:
            self.do(self.office.counter.claim(self.officers[0], self.newest.id))

    # The applicant.

    @rule(
        again=st.booleans(),
        answered=st.booleans(),
        text=st.sampled_from(["hello", "and then", "desk:wait", "desk:leave", "desk:message", "/handoff", "me@example.org"]),
    )
    def applicant_says(self, again: bool, answered: bool, text: str) -> None:
        self.names += 0 if again and self.names else 1
        before = self.state
        receipt = self.do(self.office.conversations.applicant_says(ANN, text, f"m-{self.names}"))
        self.keep(f"m-{self.names}", receipt.message)
        if receipt.fresh and before is State.WITH_STAFF:
            assert not receipt.owed
        if answered:
            self.answer_all()

    @precondition(lambda self: self.state in (State.QUEUED, State.CLOSED))
    @rule(again=st.booleans())
    def applicant_leaves_a_message_with_the_form(self, again: bool) -> None:
        self.names += 0 if again and self.names else 1
        leave = self.office.conversations.leave_message(ANN, "call me", "email", "ann@example.org", f"m-{self.names}")
        self.keep(f"m-{self.names}", self.do(leave).message)
        self.left = True

    @precondition(lambda self: self.newest is not None and self.newest.last_seq > 5)
    @rule()
    def applicant_ends(self) -> None:
        self.do(self.office.conversations.end(ANN))
        assert self.state in (None, State.CLOSED)

    @rule(client=st.integers(0, 1), on=st.booleans())
    def line_comes_and_goes(self, client: int, on: bool) -> None:
        window = self.windows[client]
        if on and not window.connected:
            self._catch_up(window)
        window.connected = on

    def _catch_up(self, window: Window) -> None:
        while True:
            snapshot = self.do(self.office.conversations.catch_up(ANN, *window.mark))
            for message in snapshot.messages:
                window.show(message)
            if not snapshot.more:
                break
        window.state, window.owner = snapshot.state, None if snapshot.owner is None else snapshot.owner.id

    @precondition(lambda self: self.newest is not None)
    @rule(data=st.data())
    def any_mark_gives_exactly_what_follows(self, data: st.DataObject) -> None:
        record = self._record()
        place = data.draw(st.integers(0, len(record)))
        conversation_id, seq = (record[0][0], 0) if place == 0 else record[place - 1][:2]
        snapshot = self.do(self.office.conversations.catch_up(ANN, conversation_id, seq))
        assert [(message.conversation_id, message.seq, message.id) for message in snapshot.messages] == record[place:]

    # The bot, and the process it runs in.

    @precondition(lambda self: self.state is State.BOT)
    @rule(officer=_OFFICERS, joins=st.booleans(), back=st.booleans())
    def conversation_is_taken_or_ended_while_the_bot_thinks(self, officer: int | None, joins: bool, back: bool) -> None:
        self.answer_all()
        conversation_id = self.do(self.office.says("a question"))
        turn = self.do(self.office.take(conversation_id))
        if turn is None:
            # Another worker holds an earlier one.
            return
        by = self._officer(officer)
        if joins:
            self.do(self.office.counter.join(by, conversation_id))
        else:
            self.do(self.office.conversations.end(ANN))
        if joins and back:
            self.do(self.office.counter.hand_back(by, conversation_id))
        assert self._finish(turn, "one") == "silenced"

    @precondition(lambda self: self.newest is not None)
    @rule(target=turns, worker=_WORKERS, lease=st.sampled_from([-1, 30]), data=st.data())
    def worker_takes(self, worker: str, lease: float, data: st.DataObject) -> Any:
        conversations = self._ids()
        turn = self.do(self.office.take(data.draw(st.sampled_from(conversations)), worker, lease))
        return multiple() if turn is None else (turn, worker)

    @rule(held=turns)
    def worker_finishes_perhaps_late_perhaps_again(self, held: tuple[TakenTurn, str]) -> None:
        self._finish(*held)

    def _finish(self, turn: TakenTurn, worker: str) -> str:
        before = self.office.state(turn.conversation_id)
        said = len(self.office.messages(turn.conversation_id))
        outcome = self.do(self.office.answer(turn, "a", "b", worker=worker)).outcome
        spoke = len(self.office.messages(turn.conversation_id)) > said
        assert not spoke or before is State.BOT or (before is State.QUEUED and turn.desk)
        assert spoke == (outcome not in ("silenced", "lost"))
        if outcome == "silenced" and not turn.desk:
            kept = [detail["texts"] for _, _, detail in self.office.acts("turn:silence") if detail["message"] == turn.message_id]
            assert ["a", "b"] in kept, "the late answer is not kept"
        return outcome

    @rule(cut=st.booleans())
    def process_dies_between_commit_and_publishing(self, cut: bool) -> None:
        record = self.office.record
        assert isinstance(record, Cuttable)
        if record.cut and not cut:
            # A new process has no connections; every window comes back with its mark.
            for window in self.windows:
                self._catch_up(window)
        record.cut = cut

    # The officers.

    def _officer(self, number: int | None) -> Officer:
        owner = None if self.newest is None else self.newest.owner_id
        return next((each for each in self.officers if number is None and each.id == owner), self.officers[number or 0])

    @precondition(lambda self: self.state in _FITTING)
    @rule(officer=st.integers(0, 2), moves=st.integers(2, 6), data=st.data())
    def moves_follow_each_other(self, officer: int, moves: int, data: st.DataObject) -> None:
        while moves and self.state in _FITTING:
            moves -= 1
            what = data.draw(st.sampled_from(_FITTING[self.state]))
            if what.startswith("desk:"):
                self.do(self.office.says(what))
                self.answer_all()
            else:
                self._try(self.officers[officer] if what in ("claim", "join") else self._officer(None), what)
            for held in self.invariants:
                held.function(self)

    @precondition(lambda self: self.newest is not None)
    @rule(officer=_OFFICERS, what=st.sampled_from(["claim", "join", "transfer", "transfer_to", "hand_back", "close"]))
    def officer_tries_whatever_the_state(self, officer: int | None, what: str) -> None:
        self._try(self._officer(officer), what)

    def _try(self, by: Officer, what: str) -> None:
        if what in ("claim", "join"):
            self._take(by, what == "join")
        else:
            self._let_go(by, what)

    def _take(self, by: Officer, joins: bool) -> None:
        before = self.newest
        take = self.office.counter.join if joins else self.office.counter.claim
        wanted = State.BOT if joins else State.QUEUED
        try:
            self.do(take(by, before.id))
            assert before.state == wanted.value or before.owner_id == by.id
            assert self.newest.owner_id == by.id
        except Conflict as refused:
            assert before.state != wanted.value and before.owner_id != by.id
            if before.state == State.WITH_STAFF.value:
                (owner,) = (each for each in self.officers if each.id == before.owner_id)
                assert refused.code == "already_claimed" and refused.params["name"] == owner.name
            else:
                assert refused.code == "state_changed"

    @precondition(lambda self: self.state not in (None, State.BOT))
    @rule(officer=_OFFICERS, again=st.booleans(), newest=st.booleans(), data=st.data())
    def officer_replies(self, officer: int | None, again: bool, newest: bool, data: st.DataObject) -> None:
        conversation_id = self.newest.id if newest else data.draw(st.sampled_from(self._ids()))
        self.names += 0 if again and self.names else 1
        by, client_id = self._officer(officer), f"m-{self.names}"
        name = f"{by.id}/{client_id}"
        row = self.office.row(conversation_id)
        try:
            receipt = self.do(self.office.counter.reply(by, conversation_id, "reply", client_id))
            assert not receipt.fresh or row.owner_id == by.id
            self.keep(name, receipt.message)
        except Conflict as refused:
            assert refused.code == "conversation_lost" and row.owner_id != by.id and name not in self.acknowledged

    def _let_go(self, by: Officer, what: str) -> None:
        before, counter = self.newest, self.office.counter
        (colleague, *_) = (each for each in self.officers if each.id != by.id)
        calls = {
            "transfer": lambda: counter.transfer(by, before.id, to_station="pingshan"),
            "transfer_to": lambda: counter.transfer(by, before.id, to_staff=colleague.id, note="please"),
            "hand_back": lambda: counter.hand_back(by, before.id),
            "close": lambda: counter.close(by, before.id, "solved"),
        }
        ends = {"hand_back": State.BOT, "close": State.CLOSED}
        try:
            self.do(calls[what]())
            assert before.owner_id == by.id and self.state is ends.get(what, State.QUEUED)
        except Conflict as refused:
            assert refused.code == "conversation_lost" and before.owner_id != by.id and self.newest.state == before.state

    @precondition(lambda self: self.left)
    @rule(officer=_OFFICERS, again=st.booleans())
    def officer_answers_what_was_left(self, officer: int | None, again: bool) -> None:
        by, counter = self._officer(officer), self.office.counter
        items = self.do(counter.left_messages(by))
        self.names += 0 if again and self.names else 1
        if items:
            try:
                receipt = self.do(counter.answer_left_message(by, items[0].id, "answer", f"m-{self.names}"))
                self.keep(f"{by.id}/m-{self.names}", receipt.message)
            except Conflict as refused:
                assert refused.code == "already_claimed" and items[0].owner is not None and items[0].owner.id != by.id

    # The keeper, and the world that it looks at.

    def _look(self, presence: FakePresence) -> None:
        rules = Rules(hours="always", reclaim_after_s=0)
        keeper = Keeper(self.office.record, desk(presence, rules, lambda: now() + self.ahead))
        self.do(keeper.round())

    @precondition(lambda self: self.state in (State.QUEUED, State.WITH_STAFF))
    @rule(there=st.sampled_from(["somebody", "another station", "nobody"]))
    def connections_of_the_officers_are_lost(self, there: str) -> None:
        presence = FakePresence(*([] if there == "nobody" else [1]))
        presence.gone = {officer.id for officer in self.officers}
        if there == "another station":
            presence.named = {1: replace(self.officers[0], stations=("qianhai",))}
        self._look(presence)
        assert self.state is (State.BOT if there == "nobody" else State.QUEUED)
        assert there != "another station" or self.newest.station is None

    @precondition(lambda self: self.state is State.WITH_STAFF)
    @rule(minutes=st.sampled_from([1, 20]))
    def time_passes_in_silence(self, minutes: int) -> None:
        before = self.newest
        self.ahead += timedelta(minutes=minutes)
        self._look(FakePresence(1))
        if self.newest.state != before.state:
            assert before.idle_warned_at is not None
            assert self.newest.state == State.CLOSED.value and self.newest.outcome == "idle"

    # What always holds.

    def _record(self) -> list[tuple[str, int, str]]:
        query = select(Message.conversation_id, Message.seq, Message.id).join(Conversation, Conversation.id == Message.conversation_id)
        in_order = query.order_by(Conversation.ordinal, Message.seq)
        return self.look("record", lambda session: [tuple(row) for row in session.execute(in_order)])

    def _ids(self) -> list[str]:
        return [each.id for each in self._conversations()]

    def _conversations(self) -> list[Any]:
        every = select(Conversation).order_by(Conversation.ordinal)
        return self.look("conversations", lambda session: list(session.execute(every).scalars()))

    @invariant()
    def one_owner_exactly_while_with_staff(self) -> None:
        for conversation in self._conversations():
            assert (conversation.owner_id is not None) == (conversation.state == State.WITH_STAFF.value)

    @invariant()
    def only_the_newest_conversation_is_open(self) -> None:
        conversations = self._conversations()
        assert [each.ordinal for each in conversations] == list(range(1, len(conversations) + 1))
        assert all(each.state == State.CLOSED.value for each in conversations[:-1])
        assert len({each.thread_id for each in conversations}) <= 1

    @invariant()
    def numbers_have_no_gap_and_no_double(self) -> None:
        numbers: dict[str, list[int]] = {}
        for conversation_id, seq, _ in self._record():
            numbers.setdefault(conversation_id, []).append(seq)
        for conversation in self._conversations():
            assert numbers.get(conversation.id, []) == list(range(1, conversation.last_seq + 1))

    @invariant()
    def nothing_is_said_after_a_close(self) -> None:
        for conversation in self._conversations():
            if conversation.state == State.CLOSED.value:
                assert self.ended.setdefault(conversation.id, conversation.last_seq) == conversation.last_seq

    @invariant()
    def every_acknowledged_message_is_there_once(self) -> None:
        ids = [message_id for _, _, message_id in self._record()]
        assert len(ids) == len(set(ids)) and set(self.acknowledged.values()) <= set(ids)

    @invariant()
    def connected_windows_show_the_record(self) -> None:
        record = self.office.record
        assert isinstance(record, Cuttable)
        newest = self.newest
        for window in self.windows:
            if window.connected and not record.cut:
                assert [(each.conversation_id, each.seq, each.id) for each in window.shown] == self._record()
                assert newest is None or (window.state.value, window.owner) == (newest.state, newest.owner_id) or newest.last_seq == 0
            else:
                # What a window has is never wrong, only short.
                assert [(each.conversation_id, each.seq, each.id) for each in window.shown] == self._record()[: len(window.shown)]

    @invariant()
    def who_waits_has_one_open_request_and_nobody_else_has(self) -> None:
        waiting = select(Handoff.conversation_id).where(Handoff.closed_at.is_(None), Handoff.queued_at.is_not(None))
        queued = [each.id for each in self._conversations() if each.state == State.QUEUED.value]
        assert self.office.read(lambda session: list(session.execute(waiting).scalars())) == queued

    @invariant()
    def no_answer_is_owed_where_only_a_person_may_give_it(self) -> None:
        owed = select(Turn.conversation_id).where(Turn.state == "waiting")
        for conversation_id in self.office.read(lambda session: list(session.execute(owed).scalars())):
            assert self.office.state(conversation_id) in (State.BOT, State.QUEUED)


TestLife = Life.TestCase
# Shrinking a life takes minutes and tells little that the steps as they were do not.
TestLife.settings = settings(
    max_examples=40,
    stateful_step_count=50,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
