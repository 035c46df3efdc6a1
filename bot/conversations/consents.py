"""What applicants are told before they first give something personal: said once in a thread, and kept with what they did then."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversations.ledger import Draft
from bot.conversations.models import Consent, Conversation
from bot.db import now
from bot.i18n import Texts
from bot.languages import TONGUES, Tongue

NOTICE: Final = "privacy"
# The questions whose answers are personal before anything else.
ASKED: Final = frozenset({"number", "birth_date"})
_LETTERS: Final = 12


@dataclass(frozen=True)
class PrivacyNotice:
    """The notice as it is said now.

    Attributes:
        days: how long conversations are kept.
        hotline: who else may be asked.
    """

    texts: Texts
    days: float
    hotline: str

    @cached_property
    def version(self) -> str:
        """Names what is said, in all languages together; whatever changes in it changes the name."""
        said = [self.text(tongue) for tongue in TONGUES]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:_LETTERS]

    def text(self, language: Tongue) -> str:
        """What is said."""
        menu = self.texts.part(language, "widget")["menu.data"]
        return self.texts.get(language, "privacy.notice", days=f"{self.days:g}", hotline=self.hotline, menu=menu)

    def draft(self, language: Tongue) -> Draft:
        """The notice as a message."""
        return Draft("system", language, self.text(language), {"notice": NOTICE})

    def choices(self, language: Tongue) -> list[dict[str, str]]:
        """What may be chosen instead of an answer to the question: to know more, and to go on without."""
        return [
            {"title": self.texts.get(language, "privacy.more"), "payload": "/privacy"},
            {"title": self.texts.get(language, "privacy.without"), "payload": "/cancel"},
        ]

    def is_told(self, session: Session, conversation_id: str) -> bool:
        """Whether it was said in the thread of a conversation, as it is said now."""
        said = select(Consent.version).where(Consent.version == self.version, _in_thread(conversation_id))
        return session.execute(said.limit(1)).first() is not None

    def tell(self, session: Session, conversation: Any, language: Tongue, given: bool = False) -> None:
        """Keep that it was said in a conversation, unless it was before; with `given`, that something was given knowing it."""
        if not self.is_told(session, conversation.id):
            session.add(Consent(conversation_id=conversation.id, version=self.version, language=language))
            session.flush()
        if given:
            give(session, conversation.id)


def give(session: Session, conversation_id: str) -> None:
    """Keep that something personal was given now, after the notice; nothing is kept where it was not said, or at a second time."""
    first = update(Consent).where(_in_thread(conversation_id), Consent.given_at.is_(None)).values(given_at=now())
    session.execute(first.execution_options(synchronize_session=False))


def _in_thread(conversation_id: str) -> Any:
    thread = select(Conversation.thread_id).where(Conversation.id == conversation_id).scalar_subquery()
    return Consent.conversation_id.in_(select(Conversation.id).where(Conversation.thread_id == thread))
