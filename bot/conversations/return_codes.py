"""Codes with which an applicant goes on from another device: short to read, used once, soon over."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.attempts import Attempts
from bot.conversations.models import Conversation, ReturnCode
from bot.conversations.threads import Address, find_root
from bot.db import now
from bot.errors import NotAllowed, NotFound

# Neither 0 and O, nor 1, I and L, nor U and V are told apart by everybody who reads them out.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 10

_WINDOW: Final = timedelta(hours=1)
_MADE: Final = 20
_TRIED_BY_ONE: Final = 10
_TRIED_BY_ALL: Final = 1000
_KIND: Final = "return_code"


@dataclass(frozen=True)
class ReturnCodes:
    """Makes codes and takes them in.

    Attributes:
        key: keeps who reads the table from finding the codes by trying.
        minutes: how long a code lives.
    """

    key: bytes
    attempts: Attempts
    minutes: float

    def make(self, session: Session, address: Address) -> tuple[str, datetime]:
        """A new code for whoever writes from `address`, and when it ends; the code before it ends now.

        Raises:
            NotFound: nothing was said at this address yet.
            TooMany: too many codes were made within the last hour.
        """
        root = find_root(session, address)
        if root is None:
            raise NotFound("conversation_unknown")
        self.attempts.spend(session, "return_code_made", address.sender, _MADE, _WINDOW)
        session.execute(delete(ReturnCode).where(ReturnCode.sender == address.sender))
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        expires_at = now() + timedelta(minutes=self.minutes)
        session.add(ReturnCode(sender=address.sender, code_hash=self._hash(code), expires_at=expires_at))
        audit.record(session, audit.APPLICANT, "return_code:make", f"conversation:{root}")
        return code, expires_at

    def count(self, session: Session, caller: str) -> None:
        """Count an attempt to use a code; to be committed before the attempt is made.

        Raises:
            TooMany: too many came from this network, or from everywhere, within the last hour.
        """
        self.attempts.spend(session, _KIND, caller, _TRIED_BY_ONE, _WINDOW)
        self.attempts.spend(session, _KIND, "", _TRIED_BY_ALL, _WINDOW)

    def use(self, session: Session, code: str) -> str:
        """The `sender` that a code stands for; from now on it stands for nothing.

        Raises:
            NotAllowed: it is wrong, over or used; which of these is not told.
        """
        typed = "".join(code.split()).replace("-", "").upper()
        live = (ReturnCode.code_hash == self._hash(typed), ReturnCode.used_at.is_(None), ReturnCode.expires_at > now())
        sender: str | None = session.execute(select(ReturnCode.sender).where(*live)).scalar_one_or_none()
        used = session.execute(update(ReturnCode).where(*live).values(used_at=now()).execution_options(synchronize_session=False))
        if sender is None or used.rowcount != 1:
            raise NotAllowed("return_code_wrong")
        root = (
            session.execute(select(Conversation.id).where(Conversation.sender == sender).order_by(Conversation.created_at))
            .scalars()
            .first()
        )
        audit.record(session, audit.APPLICANT, "return_code:use", f"conversation:{root}")
        return sender

    @staticmethod
    def purge(session: Session) -> None:
        """Drop the codes that are over."""
        session.execute(delete(ReturnCode).where(ReturnCode.expires_at < now() - _WINDOW))

    def _hash(self, code: str) -> str:
        return hmac.new(self.key, code.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
