"""The answers that are owed: who gives one, until when, and who may not any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot import audit
from bot.conversations import delivery, ledger, obligations, ownership
from bot.conversations.events import Event, MessageStored, TurnFinished, TurnTaken
from bot.conversations.ledger import Address, Draft
from bot.conversations.models import Conversation, Handoff, Message, Turn
from bot.conversations.obligations import Answer, Finished, TakenTurn
from bot.conversations.states import MOVES, State
from bot.db import Base, Database, now
from tests.servers import AUDIT_KEY

ANN = Address("rest", "net:1", "ann")
DESK = {"desk:wait": "Wait for an officer"}


def said(database: Database, text: str = "hello", client_id: str | None = None, address: Address = ANN) -> ledger.Receipt:
    with database.session() as session:
        return ledger.store_applicants(session, address, text, client_id, opener=lambda payload, _: DESK.get(payload))


def take(
    database: Database, conversation_id: str, owner: str = "one", lease_s: float = 30, told: list[Event] | None = None
) -> TakenTurn | None:
    with database.session() as session:
        return obligations.take_turn(session, conversation_id, owner, lease_s, [] if told is None else told)


def finish(database: Database, turn: TakenTurn, owner: str = "one", request: bool = False) -> Finished:
    def apply(session: object, conversation: object) -> list[Event]:
        return ownership.request(session, turn.conversation_id, turn.message_id, "asked") or []

    answer = Answer("answered", [Draft("bot", "en", "a"), Draft("bot", "en", "b")], apply=apply if request else None)
    with database.session() as session:
        return obligations.finish_turn(session, turn, owner, answer)


def requested(database: Database, conversation_id: str) -> None:
    with database.session() as session:
        assert ownership.request(session, conversation_id, "m", "asked") is not None


def joined(database: Database, conversation_id: str) -> None:
    with database.session() as session:
        assert ownership.join(session, conversation_id, 7) is not None


def test_one_address_has_one_conversation(database: Database) -> None:
    first = said(database).message.conversation_id
    assert said(database).message.conversation_id == first
    assert said(database, address=Address("rest", "net:2", "ann")).message.conversation_id != first


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
            assert obligations.owed(session, 30) == [conversation]
        found = take(database, conversation, "living")
    assert lost is not None and found is not None and found.attempts == 2
    assert finish(database, found, "living").outcome == "answered"
    assert finish(database, lost, "dead") == Finished("lost")
    with database.session() as session:
        assert obligations.owed(session, 30) == []
        assert session.execute(select(Message.seq).order_by(Message.seq)).scalars().all() == [1, 2, 3]


@pytest.mark.parametrize("minutes", [5, 60])
def test_turn_that_was_leased_before_the_clock_was_set_back_does_not_wait_for_its_lease(database: Database, minutes: int) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        conversation = said(database).message.conversation_id
        lost = take(database, conversation, "dead", lease_s=30)
        clock.shift(timedelta(minutes=-minutes))
        with database.session() as session:
            assert obligations.owed(session, 30) == [conversation]
        found = take(database, conversation, "living", lease_s=60)
        assert lost is not None and found is not None
        # A gateway with leases half as long, whose clock is some seconds behind.
        clock.shift(timedelta(seconds=-20))
        assert take(database, conversation, "third", lease_s=30) is None
        with database.session() as session:
            assert obligations.owed(session, 30) == []
    assert finish(database, found, "living").outcome == "answered"
    assert finish(database, lost, "dead") == Finished("lost")


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


def test_answer_tells_its_moves_first_then_its_messages_then_that_the_turn_is_over(database: Database) -> None:
    told: list[Event] = []
    turn = take(database, said(database).message.conversation_id, told=told)
    assert turn is not None and told == [TurnTaken(turn.conversation_id, ANN, turn.message_id)]
    finished = finish(database, turn, request=True)
    assert [type(event).__name__ for event in finished.events] == [
        "StateChanged",
        "QueueChanged",
        "MessageStored",
        "MessageStored",
        "TurnFinished",
    ]
    assert [event.message.state for event in finished.events if isinstance(event, MessageStored)] == [State.QUEUED, State.QUEUED]
    assert finished.events[-1] == TurnFinished(turn.conversation_id, ANN, turn.message_id, "answered")


@pytest.mark.parametrize("taker", ["join", "claim", "close"])
def test_answer_that_comes_after_an_officer_or_the_close_is_kept_in_the_audit_trail_only(database: Database, taker: str) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    with database.session() as session:
        if taker == "claim":
            ownership.request(session, turn.conversation_id, turn.message_id, "asked")
            assert ownership.claim(session, turn.conversation_id, 7) is not None
        elif taker == "join":
            assert ownership.join(session, turn.conversation_id, 7) is not None
        else:
            assert ownership.close(session, turn.conversation_id, "ended", audit.APPLICANT) is not None
    finished = finish(database, turn, request=True)
    assert finished.outcome == "silenced" and not finished.stored
    assert finished.events == [TurnFinished(turn.conversation_id, ANN, turn.message_id, "silenced")]
    with database.session() as session:
        assert session.execute(select(Turn.outcome)).scalar_one() == "silenced"
        assert session.execute(select(Message.author)).scalars().all() == ["applicant"]
        kept = session.execute(select(audit.AuditEntry).where(audit.AuditEntry.action == "turn:silence")).scalar_one()
        assert kept.actor == audit.SYSTEM and kept.subject == f"conversation:{turn.conversation_id}"
        assert kept.detail["texts"] == ["a", "b"] and kept.detail["message"] == turn.message_id


def test_question_written_while_the_request_was_made_waits_for_the_officer(database: Database) -> None:
    said(database, "a person please")
    waiting = said(database, "and how long does it take")
    conversation = waiting.message.conversation_id
    turn = take(database, conversation)
    assert turn is not None
    finish(database, turn, request=True)
    told: list[Event] = []
    assert take(database, conversation, told=told) is None
    assert told == [TurnFinished(conversation, ANN, waiting.message.id, "silenced")]
    with database.session() as session:
        assert ledger.state_of(session, conversation) is State.QUEUED


def test_bot_is_silent_in_the_queue_and_nothing_leaves_the_queue_by_writing(database: Database) -> None:
    conversation = said(database).message.conversation_id
    requested(database, conversation)
    receipt = said(database, "one more thing")
    assert receipt.fresh and not receipt.owed and receipt.message.state is State.QUEUED
    with database.session() as session:
        handoff = session.execute(select(Handoff)).scalar_one()
        assert handoff.reason == "asked" and handoff.closed_at is None and handoff.queued_at is not None


def test_desk_answers_its_own_choices_in_the_queue(database: Database) -> None:
    conversation = said(database).message.conversation_id
    turn = take(database, conversation)
    assert turn is not None and not turn.desk
    finish(database, turn)
    requested(database, conversation)
    receipt = said(database, "desk:wait")
    assert receipt.owed and receipt.message.text == DESK["desk:wait"]
    turn = take(database, conversation)
    assert turn is not None and turn.desk and turn.choice == "desk:wait"
    assert finish(database, turn).outcome == "answered"


def test_what_is_typed_while_a_message_is_taken_is_the_desks_and_a_tap_on_something_else_is_not(database: Database) -> None:
    conversation = said(database, "desk:wait").message.conversation_id
    turn = take(database, conversation)
    assert turn is not None and turn.desk
    finish(database, turn)
    with database.session() as session:
        session.get(Conversation, conversation).desk_step = "message"
        row = ledger.lock(session, conversation)
        ledger.append(session, row, [Draft("bot", "en", "x", {"quick_replies": [{"title": "Fee", "payload": "/fee"}]})])
    said(database, "please call me")
    typed = take(database, conversation)
    assert typed is not None and typed.desk
    finish(database, typed)
    said(database, "/fee")
    tapped = take(database, conversation)
    assert tapped is not None and not tapped.desk


def test_choice_of_the_desk_may_be_typed_as_it_is_read(database: Database) -> None:
    conversation = said(database).message.conversation_id
    with database.session() as session:
        offers = [{"title": "Leave a message", "payload": "desk:message"}, {"title": "Fee", "payload": "/fee"}]
        ledger.append(session, ledger.lock(session, conversation), [Draft("system", "en", "x", {"quick_replies": offers})])
    assert said(database, "leave a  message").message.payload == {"choice": "desk:message"}
    assert said(database, "fee").message.payload == {}


@pytest.mark.parametrize(
    ("typed", "choice"),
    [
        ("nichts davon", "choose:materials.change=nothing"),
        ("Weiß ich nicht", "choose:materials.change=unknown"),
        ("مواد", "choose:materials.change=post"),
        ("nichts davon, nur der Pass", None),
    ],
)
def test_choice_of_a_question_may_be_typed_as_it_is_read_in_any_tongue(database: Database, typed: str, choice: str | None) -> None:
    conversation = said(database).message.conversation_id
    titles = {"Nichts davon": "nothing", "weiß ich nicht": "unknown", "مواد": "post"}
    offers = [{"title": title, "payload": f"choose:materials.change={value}"} for title, value in titles.items()]
    with database.session() as session:
        ledger.append(session, ledger.lock(session, conversation), [Draft("bot", "de", "x", {"quick_replies": offers})])
    assert said(database, typed).message.payload == ({} if choice is None else {"choice": choice})


def test_question_that_waited_when_an_officer_joined_is_not_asked(database: Database) -> None:
    first = said(database)
    conversation, second = first.message.conversation_id, said(database, "second")
    with database.session() as session:
        events = ownership.join(session, conversation, 7)
    assert events is not None
    over = [event.message_id for event in events if isinstance(event, TurnFinished) and event.outcome == "silenced"]
    assert over == [first.message.id, second.message.id] and take(database, conversation) is None


@pytest.mark.parametrize("worker", ["the same", "another after a crash"])
def test_answer_begun_before_an_officer_came_is_not_given_after_the_hand_back(database: Database, worker: str) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        question = said(database, "a question that the officer has dealt with")
        conversation = question.message.conversation_id
        turn = take(database, conversation, lease_s=30)
        assert turn is not None
        joined(database, conversation)
        with database.session() as session:
            assert ownership.hand_back(session, conversation, 7) is not None
        if worker == "the same":
            assert finish(database, turn).outcome == "silenced"
        else:
            clock.shift(timedelta(seconds=31))
            assert take(database, conversation, "another") is None
        following = said(database, "a new question")
        taken = take(database, conversation, "another")
        assert taken is not None and taken.message_id == following.message.id
        assert finish(database, taken, "another").outcome == "answered"
    with database.session() as session:
        assert session.execute(select(Message.answers).where(Message.author == "bot").distinct()).scalars().all() == [taken.message_id]


def test_nobody_asks_the_assistant_while_a_person_has_the_conversation(database: Database) -> None:
    conversation = said(database).message.conversation_id
    joined(database, conversation)
    assert not said(database, "for the officer").owed


def test_each_message_is_delivered_once_and_an_own_answer_whenever_asked_for(database: Database) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    finish(database, turn)

    def news(own: str | None = None, leave: tuple[str, ...] = ()) -> list[int]:
        with database.session() as session:
            return [message.seq for message in delivery.hand_out(session, ANN, own, leave).messages]

    assert news(leave=(turn.message_id,)) == []
    assert news() == [2, 3]
    assert news() == []
    assert news(own=turn.message_id) == [2, 3]


def test_only_what_a_call_was_the_first_and_the_last_to_be_given_is_taken_back(database: Database) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    finish(database, turn)

    def handed(own: str | None = None) -> delivery.HandedOut:
        with database.session() as session:
            return delivery.hand_out(session, ANN, own, ())

    def left_after(lost: delivery.HandedOut) -> list[int]:
        with database.session() as session:
            delivery.take_back(session, ANN, lost)
            return [message.seq for message in delivery.undelivered_at(session, ANN)]

    assert left_after(handed()) == [2, 3]
    first = handed()
    again = handed(turn.message_id)
    assert [message.seq for message in again.messages] == [2, 3]
    assert left_after(first) == []
    assert left_after(again) == []


def test_what_was_said_last_before_a_close_is_delivered_with_the_next_conversation(database: Database) -> None:
    turn = take(database, said(database).message.conversation_id)
    assert turn is not None
    finish(database, turn)
    with database.session() as session:
        assert [message.seq for message in delivery.undelivered_at(session, ANN)] == [2, 3]
        ownership.close(session, turn.conversation_id, "solved", audit.SYSTEM)
    following = said(database, "and then").message.conversation_id
    assert following != turn.conversation_id
    with database.session() as session:
        news = delivery.hand_out(session, ANN, None, ()).messages
        assert [(message.conversation_id, message.seq) for message in news] == [(turn.conversation_id, 2), (turn.conversation_id, 3)]
        assert delivery.undelivered_at(session, ANN) == []


def test_what_follows_a_message_comes_in_parts(database: Database) -> None:
    conversation = said(database).message.conversation_id
    with database.session() as session:
        ledger.append(session, ledger.lock(session, conversation), [Draft("bot", "en", str(number)) for number in range(700)])
    with database.session() as session:
        first = delivery.said_after(session, ANN, "")
        rest = delivery.said_after(session, ANN, first[-1].id)
        assert [message.text for message in (*first, *rest)] == [str(number) for number in range(700)]
        assert len(first) == 500 and delivery.said_after(session, ANN, rest[-1].id) == []


def test_moves_lead_out_of_every_state_but_closed() -> None:
    assert {state for sources, _ in MOVES.values() for state in sources} == set(State) - {State.CLOSED}


class Leases(RuleBasedStateMachine):
    """One conversation, two workers, an office, and time that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database("sqlite://", AUDIT_KEY)
        Base.metadata.create_all(self.database.engine)
        self.clock = time_machine.travel(now(), tick=False)
        self.time = self.clock.start()
        self.held: dict[str, TakenTurn] = {}

    def teardown(self) -> None:
        self.clock.stop()
        self.database.close()

    @initialize()
    def begin(self) -> None:
        self.conversation = said(self.database, "hello").message.conversation_id

    @rule(client_id=st.sampled_from([None, "a", "b"]))
    def applicant_writes(self, client_id: str | None) -> None:
        said(self.database, "more", client_id)

    @rule(worker=st.sampled_from(["one", "two"]))
    def worker_takes(self, worker: str) -> None:
        turn = take(self.database, self.conversation, worker, lease_s=10)
        if turn is not None:
            self.held[worker] = turn

    @precondition(lambda self: self.held)
    @rule(data=st.data(), request=st.booleans())
    def worker_finishes(self, data: st.DataObject, request: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held)))
        turn = self.held.pop(worker)
        before = self._state()
        finished = finish(self.database, turn, worker, request)
        assert not finished.stored or before is State.BOT

    @rule(seconds=st.sampled_from([1, 11]))
    def time_passes(self, seconds: int) -> None:
        self.time.shift(timedelta(seconds=seconds))

    @rule(joins=st.booleans())
    def officer_comes_or_goes(self, joins: bool) -> None:
        before = self._state()
        with self.database.session() as session:
            moved = (ownership.join if joins else ownership.hand_back)(session, self.conversation, 7)
        assert (moved is not None) == (before is (State.BOT if joins else State.WITH_STAFF))

    @rule()
    def applicant_leaves_the_queue(self) -> None:
        before = self._state()
        with self.database.session() as session:
            moved = ownership.leave_queue(session, self.conversation, "left")
        assert (moved is not None) == (before is State.QUEUED)

    def _state(self) -> State:
        with self.database.session() as session:
            return ledger.state_of(session, self.conversation)

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


TestLeases = Leases.TestCase
TestLeases.settings = settings(max_examples=25, stateful_step_count=20, suppress_health_check=list(HealthCheck))
