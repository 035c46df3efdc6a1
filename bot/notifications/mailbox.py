"""Addresses that want to hear by e-mail that there is news: asked, confirmed by a link, stopped by a link, and never told what it is."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final, Literal

from cryptography.fernet import InvalidToken
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.db import now
from bot.i18n import Texts
from bot.languages import DEFAULT, Tongue, as_tongue
from bot.mail_server import MailServer
from bot.notifications.models import Mail, MailAddress
from bot.sealing import lock_with, signature

Act = Literal["confirm", "stop"]
# What became of a mail that was tried.
Outcome = Literal["sent", "delayed", "lost", "refused"]
ACTS: Final[tuple[Act, ...]] = ("confirm", "stop")
# For what the key of addresses is derived.
ADDRESSES: Final = "mail addresses"
ASK_WITHIN: Final = timedelta(hours=24)
CONFIRM_WITHIN: Final = timedelta(hours=24)
# A link that is folded over lines is written in a way that mail programs do not take for a link.
_UNFOLDED: Final = SMTP.clone(max_line_length=998)
# Longer than the connection may take, so that nobody else takes the same mail while it is sent.
_TAKEN_FOR: Final = timedelta(minutes=5)
_AGAIN_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440))


def sealed(key: bytes, address: str) -> bytes:
    """An address as it is stored, under a key of 32 bytes."""
    return lock_with(key).encrypt(address.encode())


def unsealed(key: bytes, stored: bytes) -> str:
    """The address that `sealed` locked; empty when that was done with another key."""
    try:
        return lock_with(key).decrypt(bytes(stored)).decode()
    except InvalidToken:
        return ""


def lock_anew(session: Session, old: bytes, new: bytes) -> None:
    """Encrypt every address under another key; what the old one does not open is dropped."""
    for row in session.execute(select(MailAddress).with_for_update()).scalars():
        address = unsealed(old, row.address)
        if address:
            row.address = sealed(new, address)
        else:
            session.delete(row)


@dataclass(frozen=True)
class Letter:
    """A mail that this worker sends now; `to` is in its message and nowhere else."""

    id: int
    message: EmailMessage


@dataclass(frozen=True)
class Mailbox:
    """Keeps addresses, their links, and the mails that wait.

    Attributes:
        address_key: encrypts addresses; `link_key` signs invitations. Both are 32 bytes.
    """

    address_key: bytes
    link_key: bytes
    server: MailServer
    texts: Texts

    # Addresses.

    def ask(self, session: Session, conversation_id: str, conversations: Any, address: str, language: Tongue) -> None:
        """Have an address asked whether it wants to hear of news; it takes the place of the thread's address before.

        Args:
            conversation_id: the conversation with which the address goes, at the latest.
            conversations: a query of the ids of the thread's conversations.
        """
        self.forget(session, conversations)
        row = MailAddress(
            conversation_id=conversation_id,
            address=sealed(self.address_key, address),
            salt=secrets.token_urlsafe(16),
            language=language,
            created_at=now(),
        )
        session.add(row)
        session.flush()
        session.add(Mail(address_id=row.id, kind="confirm", due_at=now()))
        session.flush()

    def move(self, session: Session, conversations: Any, conversation_id: str) -> None:
        """Have the address of these conversations go with this one of them, instead of an older one; its links and mails stay good."""
        moved = update(MailAddress).where(MailAddress.conversation_id.in_(conversations)).values(conversation_id=conversation_id)
        session.execute(moved.execution_options(synchronize_session=False))

    def forget(self, session: Session, conversations: Any) -> None:
        """Drop the address of these conversations, and the mails that wait for it."""
        ids = select(MailAddress.id).where(MailAddress.conversation_id.in_(conversations))
        for statement in (delete(Mail).where(Mail.address_id.in_(ids)), delete(MailAddress).where(MailAddress.id.in_(ids))):
            session.execute(statement.execution_options(synchronize_session=False))

    def notify(self, session: Session, conversations: Any) -> None:
        """Have the confirmed address of these conversations told that there is news, once until that is sent."""
        waiting = select(Mail.id).where(Mail.address_id == MailAddress.id, Mail.kind == "news").exists()
        wanted = MailAddress.conversation_id.in_(conversations), MailAddress.confirmed_at.is_not(None), ~waiting
        for address_id in session.execute(select(MailAddress.id).where(*wanted)).scalars().all():
            session.add(Mail(address_id=address_id, kind="news", due_at=now()))

    # Links.

    def invitation(self, conversation_id: str, language: Tongue) -> str:
        """A link, in Markdown, to the page where whoever has a conversation may give an address, for a day."""
        until = f"{int((now() + ASK_WITHIN).timestamp()):x}"
        shown = f"{conversation_id}.{until}.{signature(self.link_key, 'ask', conversation_id, until)}"
        return f"[{self.texts.get(language, 'mail.ask.title')}]({self.server.public_url}/news/ask?t={shown})"

    def invited(self, shown: str) -> str | None:
        """The conversation that an invitation is for; None when it is over or was never one."""
        conversation_id, _, rest = shown.partition(".")
        until, _, mark = rest.partition(".")
        expected = signature(self.link_key, "ask", conversation_id, until)
        if not hmac.compare_digest(expected.encode(), mark.encode("utf-8", "surrogatepass")):
            return None
        return conversation_id if int(until, 16) >= now().timestamp() else None

    def read(self, session: Session, act: Act, shown: str) -> Any:
        """The row of the address whose link this is, held until the unit of work ends; None when it is over or was never one."""
        number, _, mark = shown.partition(".")
        if not number.isascii() or not number.isdigit() or len(number) > 10 or len(mark) > 100:
            return None
        row = session.execute(select(MailAddress).where(MailAddress.id == int(number)).with_for_update()).scalar_one_or_none()
        expected = "" if row is None else self._mark(act, row)
        if row is None or not hmac.compare_digest(expected.encode(), mark.encode("utf-8", "surrogatepass")):
            return None
        late = row.confirmed_at is None and row.created_at + CONFIRM_WITHIN < now()
        return None if late else row

    def act(self, session: Session, act: Act, shown: str) -> Tongue | None:
        """Do what a link stands for; the language of its reader, or None when the link is over."""
        row = self.read(session, act, shown)
        if row is None:
            return None
        language = as_tongue(row.language) or DEFAULT
        if act == "confirm":
            row.confirmed_at = row.confirmed_at or now()
        else:
            self.forget(session, [row.conversation_id])
        return language

    def _link(self, act: Act, row: Any) -> str:
        return f"{self.server.public_url}/news/{act}?t={row.id}.{self._mark(act, row)}"

    def _mark(self, act: Act, row: Any) -> str:
        # Not under our key: a mail that was sent before the key was changed must still stop the mails.
        return signature(row.salt.encode(), act, str(row.id))

    # Mails.

    def take(self, session: Session) -> Letter | None:
        """The next mail that is due, this worker's for some minutes; None when there is none.

        A worker that dies after the server took the mail and before `sent` leaves it to be sent once more, under the same Message-ID.
        """
        due = select(Mail).where(Mail.due_at <= now()).order_by(Mail.due_at).limit(1).with_for_update(skip_locked=True)
        mail = session.execute(due).scalar_one_or_none()
        if mail is None:
            return None
        row = session.get(MailAddress, mail.address_id)
        address = "" if row is None else unsealed(self.address_key, row.address)
        late = row is not None and mail.kind == "confirm" and row.created_at + CONFIRM_WITHIN < now()
        if not address or late:
            session.delete(mail)
            return None
        mail.message_id = mail.message_id or secrets.token_hex(16)
        mail.due_at, mail.attempts = now() + _TAKEN_FOR, mail.attempts + 1
        return Letter(mail.id, self._written(row, mail, address))

    def sent(self, session: Session, mail_id: int) -> Outcome:
        """The server has taken a mail."""
        session.execute(delete(Mail).where(Mail.id == mail_id).execution_options(synchronize_session=False))
        return "sent"

    def failed(self, session: Session, mail_id: int, refused: bool) -> Outcome:
        """A mail was not taken: it is tried again, less and less often for three days, and then lost, while its address stays.

        Args:
            refused: whether the server says that there is no such address, which is dropped then.
        """
        mail = session.get(Mail, mail_id, with_for_update=True)
        if refused:
            self._drop(session, [] if mail is None else [mail.address_id])
            return "refused"
        if mail is None or mail.attempts > len(_AGAIN_AFTER):
            self.sent(session, mail_id)
            return "lost"
        waits = _AGAIN_AFTER[max(mail.attempts, 1) - 1]
        session.execute(update(Mail).where(Mail.id == mail_id).values(due_at=now() + waits).execution_options(synchronize_session=False))
        return "delayed"

    def purge(self, session: Session, moment: datetime, followed: Any) -> int:
        """Drop addresses that nobody confirmed in time, and those for which nothing is followed or waits; returns how many.

        Args:
            followed: whether the thread of a `MailAddress` follows anything, as a condition.
        """
        late = MailAddress.confirmed_at.is_(None) & (MailAddress.created_at < moment - CONFIRM_WITHIN)
        waits = select(Mail.id).where(Mail.address_id == MailAddress.id).exists()
        ids = list(session.execute(select(MailAddress.id).where(late | (~followed & ~waits))).scalars())
        self._drop(session, ids)
        return len(ids)

    @staticmethod
    def _drop(session: Session, address_ids: Sequence[int]) -> None:
        for statement in (delete(Mail).where(Mail.address_id.in_(address_ids)), delete(MailAddress).where(MailAddress.id.in_(address_ids))):
            session.execute(statement.execution_options(synchronize_session=False))

    def _written(self, row: Any, mail: Any, address: str) -> EmailMessage:
        language = as_tongue(row.language) or DEFAULT
        links = {act: self._link(act, row) for act in ACTS}
        message = EmailMessage(policy=_UNFOLDED)
        message["From"] = self.server.sender
        message["To"] = address
        message["Subject"] = self.texts.get(language, f"mail.{mail.kind}.subject")
        message["Date"] = format_datetime(mail.created_at)
        message["Message-ID"] = f"<{mail.message_id}@{self.server.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        # One tap in the reader's mail program (RFC 8058).
        message["List-Unsubscribe"] = f"<{links['stop']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Content-Language"] = language
        body = self.texts.get(language, f"mail.{mail.kind}.body", site=self.server.public_url, **links)
        message.set_content(body, cte="quoted-printable")
        return message
