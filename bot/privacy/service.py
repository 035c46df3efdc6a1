"""Erasure, export and retention: for applicants, for staff who act for them, and by the hour."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot import audit, audit_chain, db, jobs
from bot.attempts import Attempts
from bot.audit import AuditEntry
from bot.conversations.cases import Case
from bot.conversations.events import Erased, Event
from bot.conversations.models import Conversation, LeftMessage, Message, ReturnCode
from bot.conversations.publishing import Happened, Record
from bot.conversations.states import State
from bot.conversations.text import clean
from bot.conversations.threads import Address, find_root
from bot.db import Database
from bot.errors import NotFound
from bot.logs import place
from bot.nlu.event_log import EventLog
from bot.permits.service import Permits
from bot.privacy import own
from bot.privacy.erasure import empty, erase_thread, thread
from bot.privacy.export import Reveal, export_thread, root_of
from bot.privacy.own import Claim, Kept
from bot.remembered import forget
from bot.staff.officers import Officer
from bot.vault import Vault, VaultCounter, VaultEntry

log = logging.getLogger(__name__)

ERASE: Final = "personal_data:erase"
EXPORT: Final = "personal_data:export"
REASON: Final = "personal_data:reason"
RETENTION: Final = "retention:run"
EVERY_S: Final = 3600.0
_AT_ONCE: Final = 200
_LONGEST_REASON: Final = 200


@dataclass(frozen=True)
class Keep:
    """How many days what is kept.

    Attributes:
        conversations: after a conversation last changed; longer while a message that was left in it waits for its answer.
        memory: Rasa's working memory of a conversation, after the last turn.
        audit: an entry of the audit trail, after the act.
    """

    conversations: float = 180
    memory: float = 30
    audit: float = 1095


@dataclass(frozen=True)
class Receipt:
    """That something was erased or given out: `id` stands in the audit trail, `rows` counts them by table, without content."""

    id: str
    at: datetime
    rows: Mapping[str, int] = field(default_factory=dict)


class Privacy:
    """What people may ask for about their data, and the job that drops what is no longer needed.

    What a call returns is committed. The files of SQLite hold nothing of what is erased once the call returns, unless a
    reader holds on to the write-ahead log; the next `round` takes up what is left. Every process forgets what it remembers of
    anybody's words as it hears of an erasure, and in each `round`.

    Args:
        memories: where Rasa's working memory lies (see `memory_of`); a file that is not there yet is passed over.
        clock: gives the present moment.
        reveal: reads what is stored encrypted, for who is given their data.
    """

    def __init__(
        self,
        record: Record,
        database: Database,
        permits: Permits,
        vault: Vault,
        attempts: Attempts,
        memories: Sequence[Path | str] = (),
        keep: Keep = Keep(),
        clock: Callable[[], datetime] = db.now,
        reveal: Reveal = lambda _stored: "",
    ) -> None:
        self._reveal = reveal
        self._record, self._database, self._permits, self._vault = record, database, permits, vault
        self._attempts, self._memories, self._keep, self._clock = attempts, memories, keep, clock
        self._seen = -1
        record.listen(_hear)

    # For the applicant

    async def kept_of(self, address: Address) -> Kept | None:
        """What is kept of what was said at `address`, in figures; None when nothing is."""

        def look(session: Session, _: Happened) -> Kept | None:
            root = find_root(session, address)
            conversations = [] if root is None else thread(session, root)
            return own.kept(session, conversations, self._keep.conversations) if conversations else None

        return await self._record.run(look)

    async def erase_own(self, address: Address, caller: str, claim: Claim | None = None) -> Receipt:
        """Erase everything said at `address`, with what hangs on it.

        Args:
            caller: the network it is asked from.
            claim: needed where the thread shows how an application stands, and must open one that it shows.

        Raises:
            NotFound: nothing was said there.
            TooMany: it was asked too often within the last hour.
            NotAllowed: the claim is needed, or not right.
        """
        proven = await self._claimed(address, caller, claim)

        def erase(session: Session, happened: Happened) -> tuple[Receipt, list[str]]:
            conversations = _thread(session, find_root(session, address))
            own.check(session, conversations, proven)
            return self._erase(session, happened, conversations, audit.APPLICANT)

        return await self._erased(erase)

    async def export_own(self, address: Address, caller: str, claim: Claim | None = None) -> dict[str, Any]:
        """Everything stored about what was said at `address` (see `export_thread`), with `receipt` and `made_at`.

        Args and raises: as for `erase_own`.
        """
        proven = await self._claimed(address, caller, claim)

        def export(session: Session, _: Happened) -> dict[str, Any]:
            conversations = _thread(session, find_root(session, address))
            known = own.check(session, conversations, proven)
            return self._export(session, conversations, audit.APPLICANT, for_staff=False, proven=known)

        return await self._record.run(export)

    async def _claimed(self, address: Address, caller: str, claim: Claim | None) -> frozenset[Case] | None:
        """What the claim opens, counted and committed before anything comes of it; None without a claim."""
        await self._record.run(lambda session, _: own.count_asking(session, self._attempts, address, caller))

        def look(session: Session, _: Happened) -> frozenset[Case] | None:
            root = find_root(session, address)
            return None if root is None or claim is None else own.look_up(session, self._permits, root, claim, caller)

        return await self._record.run(look)

    # For the staff, on request

    async def erase_for(self, by: Officer, conversation_id: str, reason: str) -> Receipt:
        """Erase the thread of a conversation; `reason` says who asked and how, in a few words without personal data.

        Raises:
            NotFound: there is no such conversation.
            NotAllowed: the role does not allow it.
            Invalid: the reason is empty or too long.
        """
        by.require(ERASE)
        why = clean(reason, _LONGEST_REASON)

        def erase(session: Session, happened: Happened) -> tuple[Receipt, list[str]]:
            return self._erase(session, happened, _thread(session, root_of(session, conversation_id)), audit.staff(by.id), reason=why)

        return await self._erased(erase)

    async def export_for(self, by: Officer, conversation_id: str, reason: str) -> dict[str, Any]:
        """Everything stored about the thread of a conversation, notes and tags of the staff included.

        Raises:
            NotFound: there is no such conversation.
            NotAllowed: the role does not allow it.
            Invalid: the reason is empty or too long.
        """
        by.require(EXPORT)
        why = clean(reason, _LONGEST_REASON)

        def export(session: Session, _: Happened) -> dict[str, Any]:
            conversations = _thread(session, root_of(session, conversation_id))
            given = self._export(session, conversations, audit.staff(by.id), for_staff=True)
            # Under the conversation, so that an erasure of it takes the reason along.
            audit.record(session, audit.staff(by.id), REASON, f"conversation:{conversation_id}", receipt=given["receipt"], reason=why)
            return given

        return await self._record.run(export)

    # The work

    def _erase(
        self, session: Session, happened: Happened, conversations: Sequence[Any], actor: str, **detail: str
    ) -> tuple[Receipt, list[str]]:
        ids = [str(conversation.id) for conversation in conversations]
        rows = dict(erase_thread(session, happened, conversations, actor))
        receipt = Receipt(secrets.token_urlsafe(9), self._clock(), rows)
        # Whoever restores a backup finds by their random names what has to be erased again.
        audit.record(session, actor, ERASE, f"receipt:{receipt.id}", rows=rows, conversations=ids, **detail)
        return receipt, ids

    async def _erased(self, erase: Callable[[Session, Happened], tuple[Receipt, list[str]]]) -> Receipt:
        receipt, ids = await self._record.run(erase)
        try:
            await asyncio.to_thread(self._forget, ids)
        except Exception as error:
            # The record is erased; what the working memory still has, the next round drops.
            log.error("erasing the working memory failed: %s", place(error))
        return receipt

    def _export(self, session: Session, conversations: Sequence[Any], actor: str, for_staff: bool, proven: bool = True) -> dict[str, Any]:
        receipt = Receipt(secrets.token_urlsafe(9), self._clock())
        audit.record(session, actor, EXPORT, f"receipt:{receipt.id}")
        session.flush()
        given = export_thread(session, conversations, for_staff, self._reveal, proven)
        return {"receipt": receipt.id, "made_at": receipt.at.isoformat(), **given}

    def _forget(self, conversation_ids: Collection[str]) -> None:
        self._database.truncate_log()
        for memory in self._opened():
            for each in conversation_ids:
                memory.erase(each)
            memory.truncate()

    def _opened(self) -> Iterator[EventLog]:
        for where in self._memories:
            if isinstance(where, str) or where.exists():
                with contextlib.closing(EventLog(where)) as memory:
                    yield memory

    # From time to time

    async def look(self) -> None:
        """Forget what this process remembers of anybody's words if the audit trail tells of an erasure since the last look."""

        def look(session: Session) -> tuple[int, bool]:
            newest = session.execute(select(func.max(AuditEntry.position))).scalar() or 0
            later = select(AuditEntry.id).where(AuditEntry.position > self._seen, AuditEntry.action == ERASE).limit(1)
            return newest, newest > self._seen and session.execute(later).first() is not None

        self._seen, erased = await self._database.run(look)
        if erased:
            forget()

    async def round(self) -> Mapping[str, int]:
        """Drop what is past its time, and what hangs on nothing any more; how many rows of each table went.

        Done in small units of work; several gateways may do it at once.
        """
        gone: Counter[str] = Counter()
        while batch := await self._record.run(self._drop_conversations):
            gone += batch
        gone += await self._record.run(self._drop_others)
        gone += await self._record.run(self._drop_trail)
        gone += await asyncio.to_thread(self._drop_memory)
        if gone:
            await self._record.run(lambda session, _: audit.record(session, audit.SYSTEM, RETENTION, "retention:rows", rows=dict(gone)))
        await self._record.run(lambda session, _: jobs.done(session, "retention"))
        await asyncio.to_thread(self._database.truncate_log)
        forget()
        return dict(gone)

    def _drop_conversations(self, session: Session, _: Happened) -> Counter[str]:
        before = self._clock() - timedelta(days=self._keep.conversations)
        over = select(Conversation).where(*_over(before)).order_by(Conversation.updated_at).limit(_AT_ONCE).with_for_update()
        found = list(session.execute(over).scalars())
        ids = [str(conversation.id) for conversation in found]
        gone = empty(session, ids, audit.SYSTEM)
        followed = set(session.execute(_followed(ids)).scalars()) if ids else set()
        # The first of a thread holds its address and stays, empty, while a later one is there.
        ending = Conversation.id.in_([each for each in ids if each not in followed])
        dropped = session.execute(delete(Conversation).where(ending).execution_options(synchronize_session=False))
        gone[Conversation.__tablename__] += dropped.rowcount
        return +gone

    def _drop_others(self, session: Session, _: Happened) -> Counter[str]:
        gone: Counter[str] = Counter()
        moment = self._clock()
        gone[VaultEntry.__tablename__] = self._vault.purge(session, moment)
        self._permits.purge(session, moment)
        for model, condition in (
            (ReturnCode, ReturnCode.expires_at < moment),
            (VaultEntry, ~exists().where(Conversation.id == VaultEntry.conversation_id)),
            (VaultCounter, ~exists().where(Conversation.id == VaultCounter.conversation_id)),
        ):
            dropped = session.execute(delete(model).where(condition).execution_options(synchronize_session=False))
            gone[model.__tablename__] += dropped.rowcount
        return +gone

    def _drop_trail(self, session: Session, _: Happened) -> Counter[str]:
        old = self._clock() - timedelta(days=self._keep.audit)
        return +Counter({AuditEntry.__tablename__: audit_chain.drop_before(session, audit.SYSTEM, old)})

    def _drop_memory(self) -> Counter[str]:
        """An answer that was under way during an erasure is written to the working memory after it; such are dropped here."""
        gone: Counter[str] = Counter()
        for memory in self._opened():
            gone["events"] += memory.erase_older_than(self._keep.memory, self._clock().timestamp())
            # Asked in this order, a conversation that begins meanwhile is not taken for one that is gone.
            senders = memory.senders()
            for start in range(0, len(senders), _AT_ONCE):
                some = senders[start : start + _AT_ONCE]
                with self._database.session() as session:
                    there = set(session.execute(select(Conversation.id).where(Conversation.id.in_(some))).scalars())
                gone["events"] += sum(memory.erase(sender) for sender in some if sender not in there)
            memory.truncate()
        return +gone


def _hear(event: Event) -> None:
    if isinstance(event, Erased):
        forget()


def _thread(session: Session, root: str | None) -> list[Any]:
    conversations = [] if root is None else thread(session, root)
    if not conversations:
        raise NotFound("conversation_unknown")
    return conversations


def _over(before: datetime) -> tuple[Any, ...]:
    """Conversations past their time, which nobody is busy with and in which nothing is owed; the address of a thread not alone."""
    later = aliased(Conversation)
    is_followed = exists().where(later.thread_id == Conversation.thread_id, later.ordinal > Conversation.ordinal)
    holds_words = exists().where(Message.conversation_id == Conversation.id)
    owed = exists().where(and_(LeftMessage.conversation_id == Conversation.id, LeftMessage.answered_at.is_(None)))
    return (
        Conversation.updated_at < before,
        Conversation.state.in_((State.BOT.value, State.CLOSED.value)),
        ~owed,
        or_(Conversation.ordinal > 1, ~is_followed, holds_words),
    )


def _followed(conversation_ids: Sequence[str]) -> Any:
    """Those of these conversations that are the first of a thread in which others stay."""
    later = aliased(Conversation)
    return select(Conversation.id).where(
        Conversation.id.in_(conversation_ids),
        Conversation.ordinal == 1,
        exists().where(later.thread_id == Conversation.thread_id, later.id.not_in(conversation_ids)),
    )
