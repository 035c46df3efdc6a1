"""The use cases of the staff's side of conversations: what an officer sees and does, with the permission that each needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from bot import audit
from bot.assistant import parse_replies
from bot.conversations import inbox, notes, overview, serving
from bot.conversations.events import ConversationChanged
from bot.conversations.inbox import Item
from bot.conversations.ledger import Draft, Receipt
from bot.conversations.models import Message
from bot.conversations.notes import Note
from bot.conversations.overview import Board, Row, SearchQuery, View
from bot.conversations.publishing import Happened, Record
from bot.conversations.serving import Lines
from bot.conversations.states import Move, State
from bot.conversations.text import clean, clean_name
from bot.conversations.threads import lock, tongue_spoken
from bot.errors import Conflict, Invalid, NotFound
from bot.languages import Tongue
from bot.spoken import tongue_of
from bot.staff.officers import Officer

OUTCOMES: Final = ("solved", "referred", "no_answer", "abusive", "other")
LONGEST_REPLY: Final = 4000
_LONGEST_REASON: Final = 200
LONGEST_CLIENT_ID: Final = 80


class Counter:
    """Everything the console does with conversations; what it returns is committed.

    Every call is made by an officer, whose permissions are checked here. One for which the role does not suffice raises
    `NotAllowed`; one that came second raises `Conflict` and says who was first.
    """

    def __init__(self, record: Record, lines: Lines) -> None:
        self._record = record
        self._lines = lines

    # Seeing

    async def board(self, by: Officer) -> Board:
        """What waits, what this officer has, and what colleagues have, as of one moment."""
        return await self._record.run(lambda session, _: overview.board(session, by))

    async def search(self, by: Officer, query: SearchQuery) -> list[Row]:
        """One page of conversations, the newest first."""
        return await self._record.run(lambda session, _: overview.search(session, by, query))

    async def view(self, by: Officer, conversation_id: str, after: int = 0) -> View:
        """One conversation, with the messages after a number; that it was read is kept in the audit trail."""
        return await self._record.run(lambda session, _: overview.view(session, by, conversation_id, after))

    async def reveal(self, by: Officer, message_id: str, reason: str) -> str:
        """The text of a message as it was written, for a reason that is kept in the audit trail.

        Raises:
            NotFound: there is no such message.
            Invalid: the reason is empty or too long.
        """
        by.require("number:reveal")
        reason = clean(reason, _LONGEST_REASON)

        def reveal(session: Session, _: Happened) -> str:
            message = session.get(Message, message_id)
            if message is None:
                raise NotFound("message_unknown")
            overview.seen(session, by, message.conversation_id)
            subject = f"conversation:{message.conversation_id}"
            audit.record(session, audit.staff(by.id), "number:reveal", subject, message=message_id, reason=reason)
            return str(message.text)

        return await self._record.run(reveal)

    async def reveal_contact(self, by: Officer, left_message_id: int, reason: str) -> str:
        """The address or number under which an answer is wanted, for a reason that is kept in the audit trail."""
        by.require("number:reveal")
        reason = clean(reason, _LONGEST_REASON)

        def reveal(session: Session, _: Happened) -> str:
            item = inbox.find(session, by, left_message_id)
            subject = f"left_message:{left_message_id}"
            audit.record(session, audit.staff(by.id), "number:reveal", subject, reason=reason)
            return str(item.contact or "")

        return await self._record.run(reveal)

    # Moves

    async def claim(self, by: Officer, conversation_id: str) -> None:
        """Take a conversation from the queue; taking what one has already changes nothing.

        Raises:
            Conflict: `already_claimed` by somebody else, whose `name` is given; `state_changed` when it does not wait any more.
        """
        by.require("conversation:claim")
        await self._record.run(serving.take, self._lines, by, conversation_id, Move.CLAIM)

    async def join(self, by: Officer, conversation_id: str) -> None:
        """Take a conversation from the bot, which falls silent at once.

        Raises:
            Conflict: as for `claim`.
        """
        by.require("conversation:claim")
        await self._record.run(serving.take, self._lines, by, conversation_id, Move.JOIN)

    async def hand_back(self, by: Officer, conversation_id: str) -> None:
        """Give a conversation back to the bot, which is told what was said.

        Raises:
            Conflict: `conversation_lost`.
        """
        by.require("conversation:transfer")
        await self._record.run(serving.hand_back, self._lines, by, conversation_id)

    async def transfer(
        self, by: Officer, conversation_id: str, to_staff: int | None = None, to_station: str | None = None, note: str | None = None
    ) -> None:
        """Put a conversation back into the queue, before all who asked later: for a colleague, a station, or whoever is free.

        Raises:
            Conflict: `conversation_lost`.
            Invalid: the colleague cannot take conversations, or the note cannot be used.
        """
        by.require("conversation:transfer")
        written = None if note is None or not note.strip() else clean(note, LONGEST_REPLY)
        await self._record.run(serving.transfer, self._lines, by, conversation_id, to_staff, to_station, written)

    async def close(self, by: Officer, conversation_id: str, outcome: str) -> None:
        """End a conversation; what the applicant writes next begins another one.

        Raises:
            Conflict: `conversation_lost`.
            Invalid: `outcome` is none of `OUTCOMES`.
        """
        by.require("conversation:close")
        if outcome not in OUTCOMES:
            raise Invalid("outcome_unknown", outcome=outcome)
        await self._record.run(serving.close, self._lines, by, conversation_id, outcome)

    # Speaking

    async def reply(self, by: Officer, conversation_id: str, text: str, client_id: str, language: Tongue | None = None) -> Receipt:
        """Say something to the applicant; sent twice with the same id of the client, it is said once.

        Raises:
            Conflict: `conversation_lost`, with the `name` of whoever has it now; nothing was said.
            Invalid: the text or the id cannot be used.
        """
        by.require("conversation:reply")
        text = clean(text, LONGEST_REPLY)

        def draft(conversation: Any) -> list[Draft]:
            spoken = language or tongue_of(text, tongue_spoken(conversation))
            return [Draft("staff", spoken, text)]

        return await self._speak(by, conversation_id, client_id, draft)

    async def send_replies(
        self,
        by: Officer,
        conversation_id: str,
        replies: Callable[[Session, Tongue], Sequence[Mapping[str, Any]]],
        client_id: str,
        language: Tongue | None = None,
    ) -> Receipt:
        """Send what the bot would, with its cards and sources; the receipt is that of the first message.

        Args:
            replies: makes them as `bot.answers` does, in a language; called only for whoever has the conversation.
            language: that of the applicant when it is None.

        Raises:
            Conflict: as for `reply`.
            AssistantUnavailable: the replies do not have the agreed shape.
        """
        by.require("conversation:reply")
        clean_name(client_id, "client_id", LONGEST_CLIENT_ID)

        def send(session: Session, happened: Happened) -> Receipt:
            def drafts(conversation: Any) -> list[Draft]:
                spoken = language or tongue_spoken(conversation)
                return [serving.as_staffs(reply) for reply in parse_replies(list(replies(session, spoken)))]

            return serving.speak(session, happened, by, conversation_id, client_id, drafts)

        return await self._record.run(send)

    async def use_draft(
        self, by: Officer, draft_id: int, client_id: str, text: str | None = None, conversation_id: str | None = None
    ) -> Receipt:
        """Send a colleague's draft to the applicant, as it is or changed to `text`; it is this officer's message.

        Raises:
            Conflict: `draft_settled`, or as for `reply`.
            NotFound: there is no such draft, or it is of another conversation than `conversation_id`.
        """
        by.require("conversation:reply")
        changed = None if text is None else clean(text, LONGEST_REPLY)

        def use(session: Session, happened: Happened) -> Receipt:
            found = notes.find_draft(session, draft_id, conversation_id)
            said = changed or str(found.text)

            def draft(conversation: Any) -> list[Draft]:
                return [Draft("staff", tongue_of(said, tongue_spoken(conversation)), said)]

            receipt = serving.speak(session, happened, by, found.conversation_id, client_id, draft)
            if receipt.fresh:
                notes.settle_draft(session, draft_id, receipt.message.id)
                subject, written_by = f"conversation:{found.conversation_id}", audit.staff(found.staff_id)
                audit.record(session, audit.staff(by.id), "conversation:use_draft", subject, id=draft_id, written_by=written_by)
                happened.append(ConversationChanged(found.conversation_id))
            return receipt

        clean_name(client_id, "client_id", LONGEST_CLIENT_ID)
        return await self._record.run(use)

    async def _speak(self, by: Officer, conversation_id: str, client_id: str, drafts: Callable[[Any], Sequence[Draft]]) -> Receipt:
        clean_name(client_id, "client_id", LONGEST_CLIENT_ID)
        return await self._record.run(serving.speak, by, conversation_id, client_id, drafts)

    # Among colleagues

    async def note(self, by: Officer, conversation_id: str, text: str, client_id: str) -> Note:
        """Keep a private note."""
        return await self._write(by, conversation_id, "note", text, client_id)

    async def draft(self, by: Officer, conversation_id: str, text: str, client_id: str) -> Note:
        """Propose a reply, for whoever has the conversation to use.

        Raises:
            Conflict: `state_changed`: the conversation is closed.
        """
        return await self._write(by, conversation_id, "draft", text, client_id)

    async def _write(self, by: Officer, conversation_id: str, kind: str, text: str, client_id: str) -> Note:
        by.require(f"conversation:{kind}")
        text = clean(text, LONGEST_REPLY)
        clean_name(client_id, "client_id", LONGEST_CLIENT_ID)

        def write(session: Session, happened: Happened) -> Note:
            overview.seen(session, by, conversation_id)
            conversation = lock(session, conversation_id)
            if kind == "draft" and conversation.state == State.CLOSED.value:
                raise Conflict("state_changed", state=conversation.state)
            note, fresh = notes.write(session, by.id, conversation_id, kind, text, client_id)
            if fresh:
                happened.append(ConversationChanged(conversation_id))
            return note

        return await self._record.run(write)

    async def dismiss_draft(self, by: Officer, draft_id: int, conversation_id: str | None = None) -> None:
        """Set a draft aside: one's own, or any for whoever may reply.

        Raises:
            Conflict: `draft_settled`.
            NotFound: there is no such draft, or it is of another conversation than `conversation_id`.
        """
        by.require("conversation:draft")

        def dismiss(session: Session, happened: Happened) -> None:
            found = notes.find_draft(session, draft_id, conversation_id)
            overview.seen(session, by, found.conversation_id)
            if found.staff_id != by.id:
                by.require("conversation:reply")
            notes.settle_draft(session, draft_id)
            subject = f"conversation:{found.conversation_id}"
            audit.record(session, audit.staff(by.id), "conversation:dismiss_draft", subject, id=draft_id)
            happened.append(ConversationChanged(found.conversation_id))

        await self._record.run(dismiss)

    async def tag(self, by: Officer, conversation_id: str, tag: str) -> None:
        """Put a tag on a conversation."""
        await self._tagging(by, conversation_id, tag, notes.put_tag)

    async def untag(self, by: Officer, conversation_id: str, tag: str) -> None:
        """Take a tag off a conversation."""
        await self._tagging(by, conversation_id, tag, notes.take_tag)

    async def _tagging(self, by: Officer, conversation_id: str, tag: str, change: Any) -> None:
        by.require("conversation:note")

        def mark(session: Session, happened: Happened) -> None:
            overview.seen(session, by, conversation_id)
            if change(session, by.id, conversation_id, tag):
                happened.append(ConversationChanged(conversation_id))

        await self._record.run(mark)

    async def tags_used(self, by: Officer) -> list[str]:
        """Every tag that stands on a conversation."""
        by.require("conversation:read")
        return await self._record.run(lambda session, _: notes.tags_used(session))

    # Left messages

    async def left_messages(self, by: Officer, open_only: bool = True) -> list[Item]:
        """The messages that were left for the staff."""
        return await self._record.run(lambda session, _: inbox.items(session, by, open_only))

    async def take_left_message(self, by: Officer, item_id: int) -> None:
        """Make a left message this officer's to answer (see `inbox.take`)."""

        def take(session: Session, happened: Happened) -> None:
            happened += inbox.take(session, by, item_id)

        await self._record.run(take)

    async def answer_left_message(self, by: Officer, item_id: int, text: str, client_id: str) -> Receipt:
        """Answer a left message (see `inbox.answer`)."""
        text = clean(text, LONGEST_REPLY)
        clean_name(client_id, "client_id", LONGEST_CLIENT_ID)

        def answer(session: Session, happened: Happened) -> Receipt:
            receipt, events = inbox.answer(session, by, item_id, text, client_id)
            happened += events
            return receipt

        return await self._record.run(answer)
