"""The record of a conversation keeps its promises whatever order things happen in."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot.conversations import ledger, obligations
from bot.conversations.ledger import Address, Draft
from bot.conversations.models import Conversation, Handoff, Message, Turn
from bot.conversations.obligations import Answer, TakenTurn
from bot.conversations.states import MOVES, Move, State
from bot.db import Base, Database, now
from bot.errors import Conflict

ANN = Address("rest", "net:1", "ann")


def said(database: Database, text: str = "hello", client_id: str | None = None) -> ledger.Receipt:
    with database.session() as session:
        conversation_id = ledger.open_conversation(session, ANN)
        return ledger.store_applicants(session, conversation_id, text, client_id)


def take(database: Database, conversation_id: str, owner: str = "one", lease_s: float = 30) -> TakenTurn | None:
    with database.session() as session:
        return obligations.take_turn(session, conversation_id, owner, lease_s)


def finish(database: Database, turn: TakenTurn, owner: str = "one", handoff: str | None = None) -> list | None:
    answer = Answer("answered", [Draft("bot", "en", "a"), Draft("bot", "en", "b")], handoff=handoff)
    with database.session() as session:
        return obligations.finish_turn(session, turn, owner, answer)


def test_one_address_has_one_conversation(database: Database) -> None:
    assert said(database).message.conversation_id == said(database).message.conversation_id
    with database.session() as session:
        other = ledger.open_conversation(session, Address("rest", "net:2", "ann"))
    assert other != said(database).message.conversation_id


def test_turn_is_taken_by_one_worker_only(database: Database) -> None:
    conversation = said(database).message.conversation_id
    assert take(database, conversation, "one") is not None
    assert take(database, conversation, "two") is None


def test_later_message_waits_for_the_earlier_one(database: Database) -> None:
    first, second = said(database, "first"), said(database, "second")
    conversation = first.message.conversation_id
    turn = take(database, conversation)
    assert turn is not None and turn.text == "first" and take(database, conversation) is None
    finish(database, turn)
    following = take(database, conversation)
    assert following is not None and following.message_id == second.message.id


def test_turn_whose_lease_ran_out_goes_to_another_worker_and_is_answered_once(database: Database) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        conversation = said(database).message.conversation_id
        lost = take(database, conversation, "dead", lease_s=30)
        clock.shift(timedelta(seconds=31))
        with database.session() as session:
            assert obligations.owed(session) == [conversation]
        found = take(database, conversation, "living")
    assert lost is not None and found is not None and found.attempts == 2
    assert finish(database, found, "living") is not None
    assert finish(database, lost, "dead") is None
    with database.session() as session:
        assert obligations.owed(session) == []
        assert session.execute(select(Message.seq).order_by(Message.seq)).scalars().all() == [1, 2, 3]


def test_renewed_lease_keeps_the_turn(database: Database) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        turn = take(database, said(database).message.conversation_id, "one", lease_s=30)
        assert turn is not None
        clock.shift(timedelta(seconds=20))
        with database.session() as session:
            assert obligations.renew_turn(session, turn.message_id, "one", 30)
            assert not obligations.renew_turn(session, turn.message_id, "two", 30)
        clock.shift(timedelta(seconds=20))
        assert take(database, turn.conversation_id, "two") is None


def test_claim_while_the_bot_thinks_silences_the_bot(database: Database) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    with database.session() as session:
        assert ledger.move(session, turn.conversation_id, Move.JOIN)
    assert finish(database, turn) == []
    with database.session() as session:
        assert session.execute(select(Turn.outcome)).scalar_one() == "silenced"


def test_question_written_while_the_request_was_made_is_still_answered(database: Database) -> None:
    said(database, "a person please")
    waiting = said(database, "and how long does it take")
    turn = take(database, waiting.message.conversation_id)
    assert turn is not None
    finish(database, turn, handoff="asked")
    following = take(database, turn.conversation_id)
    assert following is not None and following.left_queue and following.message_id == waiting.message.id
    assert finish(database, following)


def test_question_that_waited_when_an_officer_joined_is_not_asked(database: Database) -> None:
    conversation = said(database).message.conversation_id
    said(database, "second")
    with database.session() as session:
        ledger.move(session, conversation, Move.JOIN)
    assert take(database, conversation) is None
    with database.session() as session:
        assert session.execute(select(Turn.outcome)).scalars().all() == ["silenced", "silenced"]


def test_nobody_asks_the_assistant_while_a_person_has_the_conversation(database: Database) -> None:
    conversation = said(database).message.conversation_id
    with database.session() as session:
        ledger.move(session, conversation, Move.JOIN)
    assert not said(database, "for the officer").owed


def test_closed_conversation_takes_no_more_messages(database: Database) -> None:
    conversation = said(database).message.conversation_id
    with database.session() as session:
        assert ledger.move(session, conversation, Move.CLOSE)
    with pytest.raises(Conflict, match="conversation_closed"):
        said(database, "too late")


def test_second_claim_is_refused(database: Database) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    finish(database, turn, handoff="asked")
    for expected in (True, False):
        with database.session() as session:
            assert ledger.move(session, turn.conversation_id, Move.CLAIM) is expected


def test_request_for_a_person_stays_open_with_its_reason_when_the_applicant_writes_on(database: Database) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    (first, _) = finish(database, turn, handoff="asked") or []
    assert first.state is State.QUEUED
    receipt = said(database, "one more question")
    assert receipt.left_queue and receipt.owed
    with database.session() as session:
        assert ledger.state_of(session, turn.conversation_id) is State.BOT
        handoff = session.execute(select(Handoff)).scalar_one()
        assert handoff.reason == "asked" and handoff.closed_at is None


def test_each_message_is_delivered_once_and_an_own_answer_whenever_asked_for(database: Database) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    finish(database, turn)
    conversation = turn.conversation_id

    def news(own: str | None = None, leave: tuple[str, ...] = ()) -> list[int]:
        with database.session() as session:
            return [message.seq for message in ledger.undelivered(session, conversation, own, leave)]

    assert news(leave=(turn.message_id,)) == []
    assert news() == [2, 3]
    assert news() == []
    assert news(own=turn.message_id) == [2, 3]


def test_moves_lead_out_of_every_state_but_closed() -> None:
    assert {state for sources, _ in MOVES.values() for state in sources} == set(State) - {State.CLOSED}


class Life(RuleBasedStateMachine):
    """One conversation, two workers, an office, and time that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database("sqlite://")
        Base.metadata.create_all(self.database.engine)
        self.clock = time_machine.travel(now(), tick=False)
        self.time = self.clock.start()
        self.held: dict[str, TakenTurn] = {}
        self.closed = False

    def teardown(self) -> None:
        self.clock.stop()
        self.database.close()

    @initialize()
    def begin(self) -> None:
        self.conversation = said(self.database, "hello").message.conversation_id

    @rule(client_id=st.sampled_from([None, "a", "b"]))
    def applicant_writes(self, client_id: str | None) -> None:
        try:
            said(self.database, "more", client_id)
        except Conflict:
            assert self.closed

    @rule(worker=st.sampled_from(["one", "two"]))
    def worker_takes(self, worker: str) -> None:
        turn = take(self.database, self.conversation, worker, lease_s=10)
        if turn is not None:
            self.held[worker] = turn

    @precondition(lambda self: self.held)
    @rule(data=st.data(), handoff=st.sampled_from([None, "asked"]))
    def worker_finishes(self, data: st.DataObject, handoff: str | None) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held)))
        turn = self.held.pop(worker)
        before = self._state()
        stored = finish(self.database, turn, worker, handoff)
        assert not stored or before is State.BOT

    @rule(seconds=st.sampled_from([1, 11]))
    def time_passes(self, seconds: int) -> None:
        self.time.shift(timedelta(seconds=seconds))

    @rule(move=st.sampled_from(list(Move)))
    def somebody_moves(self, move: Move) -> None:
        before = self._state()
        with self.database.session() as session:
            moved = ledger.move(session, self.conversation, move)
        assert moved == (before in MOVES[move][0])
        self.closed = self.closed or (moved and move is Move.CLOSE)

    def _state(self) -> State:
        with self.database.session() as session:
            return ledger.state_of(session, self.conversation)

    @invariant()
    def numbers_have_no_gaps_and_no_doubles(self) -> None:
        with self.database.session() as session:
            numbers = session.execute(select(Message.seq).order_by(Message.seq)).scalars().all()
            last = session.execute(select(Conversation.last_seq)).scalar_one_or_none()
        assert numbers == list(range(1, len(numbers) + 1)) and last in (None, len(numbers))

    @invariant()
    def every_answered_message_has_its_answer_once(self) -> None:
        with self.database.session() as session:
            answered = session.execute(select(Turn.message_id).where(Turn.outcome == "answered")).scalars().all()
            answers = session.execute(select(Message.answers).where(Message.author == "bot")).scalars().all()
        assert sorted(answers) == sorted([*answered, *answered])

    @invariant()
    def at_most_one_turn_is_held(self) -> None:
        with self.database.session() as session:
            held = session.execute(select(Turn.seq).where(Turn.state == "taken", Turn.lease_until > now())).scalars().all()
            waiting = session.execute(select(Turn.seq).where(Turn.state == "waiting")).scalars().all()
        assert len(held) <= 1 and all(number > held[0] for number in waiting if held)

    @invariant()
    def at_most_one_request_is_open(self) -> None:
        with self.database.session() as session:
            assert len(session.execute(select(Handoff.id)).scalars().all()) <= 1


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
