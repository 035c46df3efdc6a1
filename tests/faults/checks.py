"""What the record says about a run: everything acknowledged is in it once, everybody saw it once and in order, one owner at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import AuditEntry
from bot.conversations.models import Message, Turn
from tests.faults.applicant import Applicant
from tests.faults.officer import Officer
from tests.faults.view import View

_TAKES: Final = frozenset({"conversation:claim", "conversation:join"})
_GIVES: Final = frozenset({"conversation:hand_back", "conversation:transfer", "conversation:reclaim", "conversation:close"})


@dataclass
class Found:
    """Everything that is wrong, each named once, so that what is new can be told from what was there before."""

    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    disordered: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)

    def beyond(self, before: Found) -> Found:
        """What is here and was not before."""
        return Found(
            self.lost - before.lost, self.doubled - before.doubled, self.disordered - before.disordered, self.owners - before.owners
        )

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
    def compare(who: str, view: View, conversations: Iterable[str]) -> None:
        ids = [message_id for _, _, message_id in view.shown]
        found.doubled.update(f"{who} was shown {message_id} twice" for message_id, count in Counter(ids).items() if count > 1)
        for conversation in conversations:
            record = [row.id for row in by_conversation[conversation]]
            shown = [message_id for each, _, message_id in view.shown if each == conversation]
            found.lost.update(f"{who} was not shown {message_id}" for message_id in record if message_id not in set(shown))
            if sorted(record) == sorted(shown) and record != shown:
                found.disordered.add(f"{who} was shown {conversation} in another order")

    mine: dict[str, set[str]] = defaultdict(set)
    for conversation, messages in by_conversation.items():
        for row in messages:
            if row.client_id is not None and row.author == "applicant":
                mine[row.client_id].add(conversation)
    for person in applicants:
        compare(person.name, person.view, {conversation for sent in person.sent for conversation in mine[sent.id]})
    for officer in officers:
        for conversation in officer.mine:
            compare(f"{officer.login} in {conversation}", officer.views[conversation], [conversation])


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
    """Walk through who took and gave back each conversation, and who spoke in it meanwhile."""
    entries = session.execute(
        select(AuditEntry.subject, AuditEntry.actor, AuditEntry.action)
        .where(AuditEntry.action.in_([*_TAKES, *_GIVES]))
        .order_by(AuditEntry.position)
    )
    owner: dict[str, str | None] = {}
    had: set[tuple[str, str]] = set()
    for subject, actor, action in entries:
        if action in _GIVES:
            owner[subject] = None
            continue
        if owner.get(subject) is not None:
            found.owners.add(f"{subject} was taken by {actor} while {owner[subject]} had it")
        owner[subject] = actor
        had.add((subject, actor))
    for row in rows:
        if row.author == "staff" and (f"conversation:{row.conversation_id}", f"staff:{row.staff_id}") not in had:
            found.owners.add(f"staff:{row.staff_id} spoke in {row.conversation_id} without having it")
