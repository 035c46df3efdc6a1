"""What the record says about a run: everything acknowledged is in it once, everybody was told it once and in order, one owner at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import AuditEntry
from bot.conversations.models import Conversation, Message, Turn
from bot.conversations.states import State
from tests.faults.applicant import Applicant
from tests.faults.officer import Officer
from tests.faults.view import Told, View

_TAKES: Final = frozenset({"conversation:claim", "conversation:join"})
_GIVES: Final = frozenset({"conversation:hand_back", "conversation:transfer", "conversation:reclaim", "conversation:close"})
_SPEAKS: Final = "conversation:reply"
# Said about a message that was left, by whoever takes care of it: for that nobody needs to have the conversation.
_ANSWERS_LEFT: Final = "left_message:answer"
# A gateway may be reading the record for one answer while it gives another, and tells then what that has brought; not for longer.
_OVERLAP_S: Final = 5.0


@dataclass
class Found:
    """Everything that is wrong, each named once, so that what is new can be told from what was there before."""

    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    disordered: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    failures: set[str] = field(default_factory=set)

    def beyond(self, before: Found) -> Found:
        """What is here and was not before."""
        return Found(**{kind: entries - getattr(before, kind) for kind, entries in vars(self).items()})

    def lines(self) -> list[str]:
        """Each of them as a line."""
        return [f"{kind}: {entry}" for kind, entries in vars(self).items() for entry in sorted(entries)]


def look(session: Session, applicants: Sequence[Applicant], officers: Sequence[Officer]) -> Found:
    """Compare what the people sent and were shown with the record, while nothing is on its way."""
    found = Found()
    rows = list(session.execute(select(Message).order_by(Message.conversation_id, Message.seq)).scalars())
    by_conversation: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_conversation[row.conversation_id].append(row)
    for conversation, messages in by_conversation.items():
        if [row.seq for row in messages] != list(range(1, len(messages) + 1)):
            found.disordered.add(f"numbers of {conversation}: {[row.seq for row in messages]}")
    _applicants(found, rows, applicants)
    _officers(found, rows, officers)
    _views(found, by_conversation, applicants, officers)
    _answers(found, rows, session.execute(select(Turn.message_id, Turn.state, Turn.outcome)).all())
    _owners(found, session, rows)
    for person in (*applicants, *officers):
        who = getattr(person, "name", None) or person.login
        found.failures |= {f"{who}: failure {n}: {failure}" for n, failure in enumerate(person.work.failures, start=1)}
    return found


def _applicants(found: Found, rows: Iterable[Any], applicants: Sequence[Applicant]) -> None:
    stored = Counter(row.client_id for row in rows if row.author == "applicant")
    for person in applicants:
        if person.strangers:
            found.lost.add(f"session of {person.name}, {person.strangers} times")
        for sent in person.sent:
            count, name = stored[sent.id], f"{person.name}: {sent.text} ({sent.id})"
            if count > 1:
                found.doubled.add(name)
            if not count and sent.acknowledged_at is not None:
                found.lost.add(name)


def _officers(found: Found, rows: Iterable[Any], officers: Sequence[Officer]) -> None:
    replies = {row.id: row for row in rows if row.author == "staff"}
    texts = Counter((row.conversation_id, row.text) for row in replies.values())
    found.doubled |= {f"reply in {conversation}: {text}" for (conversation, text), count in texts.items() if count > 1}
    for officer in officers:
        found.lost |= {f"reply of {officer.login}: {name}" for name, stored in officer.replied.items() if stored not in replies}


def _views(
    found: Found, by_conversation: Mapping[str, Sequence[Any]], applicants: Sequence[Applicant], officers: Sequence[Officer]
) -> None:
    places = {row.id: (conversation, row.seq) for conversation, rows in by_conversation.items() for row in rows}

    def compare(who: str, view: View, conversations: Iterable[str], in_order: bool) -> None:
        for conversation in conversations:
            found.lost.update(f"{who} was not shown {row.id}" for row in by_conversation[conversation] if row.id not in view.shown)
        for told in view.told:
            for conversation, seq, message_id in told.messages:
                if message_id not in places:
                    found.lost.add(f"{who} was told {message_id}, which is not in the record")
                elif places[message_id] != (conversation, seq):
                    found.disordered.add(f"{who} was told {message_id} as number {seq} of {conversation}")
        for line in {told.line for told in view.told}:
            _line(found, f"{who} on line {line}", [told for told in view.told if told.line == line], in_order)

    mine: dict[str, set[str]] = defaultdict(set)
    for conversation, messages in by_conversation.items():
        for row in messages:
            if row.client_id is not None and row.author == "applicant":
                mine[row.client_id].add(conversation)
    for person in applicants:
        compare(person.name, person.view, {conversation for sent in person.sent for conversation in mine[sent.id]}, in_order=True)
    for officer in officers:
        for conversation, view in officer.views.items():
            # What two gateways stored at one moment may reach a page in either order; it sorts by the numbers.
            has = [conversation] if conversation in officer.mine else []
            compare(f"{officer.login} in {conversation}", view, has, in_order=False)


def _line(found: Found, who: str, line: Sequence[Told], in_order: bool) -> None:
    """What a server promises on one line: it tells a message live once, and an answer begins where it was asked to and leaves out none.

    A message that an answer brings may be told live as well where the two overlap. To applicants messages are told in the order of
    the record, and what an answer has brought is not told later.
    """
    live: set[str] = set()
    brought: dict[str, float] = {}
    reached: dict[str, int] = {}
    for told in line:
        last = dict([told.asked]) if told.asked is not None and told.asked[0] is not None else {}
        for conversation, seq, message_id in told.messages:
            if told.asked is not None:
                before = last.get(conversation)
                if before is not None and seq <= before:
                    found.doubled.add(f"{who} was given {message_id} after it had {before}, it is {seq} of {conversation}")
                elif before is not None and seq != before + 1:
                    found.disordered.add(f"{who} was given {message_id} next after {before}, it is {seq} of {conversation}")
                last[conversation] = seq
                brought.setdefault(message_id, told.at)
                continue
            if message_id in live:
                found.doubled.add(f"{who} was told {message_id} twice")
            elif in_order and told.at - brought.get(message_id, told.at) > _OVERLAP_S:
                found.doubled.add(f"{who} was told {message_id} long after it was given it")
            elif in_order and seq <= reached.get(conversation, 0):
                found.disordered.add(f"{who} was told {message_id} after {reached[conversation]}, it is {seq} of {conversation}")
            live.add(message_id)
            reached[conversation] = max(seq, reached.get(conversation, 0))


def _answers(found: Found, rows: Sequence[Any], turns: Sequence[Any]) -> None:
    """Whether every message has one answer: said in one moment, with no text twice, as no answer to the load's questions has."""
    given = [row for row in rows if row.answers is not None and row.author != "staff"]
    texts = Counter((row.answers, row.text) for row in given)
    found.doubled |= {f"answer to {answered}, the same again" for (answered, _), count in texts.items() if count > 1}
    # All messages of one answer are stored at once, so another moment is another answer: an apology and then the answer, for one.
    moments = Counter(answered for answered, _ in {(row.answers, row.created_at) for row in given})
    found.doubled |= {f"answer to {answered}, {count} times" for answered, count in moments.items() if count > 1}
    answered = {row.answers for row in rows}
    for message_id, state, outcome in turns:
        if state != "done":
            found.lost.add(f"answer to {message_id} ({state})")
        elif outcome in ("answered", "handed_off", "apologised") and message_id not in answered:
            found.lost.add(f"answer to {message_id} ({outcome})")


def _owners(found: Found, session: Session, rows: Sequence[Any]) -> None:
    """Walk through who took and gave back each conversation and who spoke in it meanwhile, up to who has it now."""
    entries = session.execute(
        select(AuditEntry.subject, AuditEntry.actor, AuditEntry.action, AuditEntry.detail)
        .where(AuditEntry.action.in_([*_TAKES, *_GIVES, _SPEAKS, _ANSWERS_LEFT]))
        .order_by(AuditEntry.position)
    )
    owner: dict[str, str | None] = {}
    speakers: dict[str, str] = {}
    for subject, actor, action, detail in entries:
        has = owner.get(subject)
        if action in (_SPEAKS, _ANSWERS_LEFT):
            speakers[detail["message"]] = actor
            if action == _SPEAKS and has != actor:
                found.owners.add(f"{actor} said {detail['message']} in {subject} while {has or 'nobody'} had it")
        elif action in _GIVES:
            owner[subject] = None
        else:
            if has is not None:
                found.owners.add(f"{subject} was taken by {actor} while {has} had it")
            owner[subject] = actor
    for row in rows:
        if row.author == "staff" and speakers.get(row.id) != f"staff:{row.staff_id}":
            found.owners.add(f"{row.id} is said by staff:{row.staff_id}, by the trail by {speakers.get(row.id) or 'nobody'}")
    for conversation in session.execute(select(Conversation)).scalars():
        subject, has = f"conversation:{conversation.id}", None if conversation.owner_id is None else f"staff:{conversation.owner_id}"
        if (conversation.state == State.WITH_STAFF.value) != (has is not None):
            found.owners.add(f"{subject} is {conversation.state} and of {has or 'nobody'}")
        if has != owner.get(subject):
            found.owners.add(f"{subject} is of {has or 'nobody'}, by the trail of {owner.get(subject) or 'nobody'}")
