"""Telling applicants when an application enters another stage: asked for after proof, told in their conversation, stopped by one tap.

What is told is a message of the service, stored like every other: it reaches an open window at once and otherwise waits in the
record. It is told whoever has the conversation; when that is closed, it begins the next one of the thread.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from bot import audit
from bot.answers import Answers
from bot.answers.formats import format_day_in
from bot.attempts import Attempts
from bot.conversations import contacts, ledger, threads
from bot.conversations.events import Event, Stored, telling
from bot.conversations.ledger import Draft
from bot.conversations.models import Conversation
from bot.conversations.publishing import Happened, Record
from bot.conversations.states import State
from bot.conversations.text import FOLLOW, STOP
from bot.conversations.threads import Address
from bot.db import now
from bot.errors import NotAllowed, NotFound
from bot.languages import Tongue, written
from bot.logs import place
from bot.notifications.mailbox import Mailbox
from bot.notifications.models import MailAddress, Subscription
from bot.permits import following
from bot.permits.results import ApplicationStatus, LookupResult
from bot.permits.service import Permits

log = logging.getLogger(__name__)

EVERY_S: Final = 1.0
SWEEP_EVERY: Final = timedelta(seconds=10)
AGAIN_AFTER: Final = timedelta(minutes=1)
_TOPIC: Final = "application_status"
# How many addresses may be given within a day: in one thread, of one mailbox, and from one network.
_OF_ONE: Final = 3
_OF_A_NETWORK: Final = 20
_WINDOW: Final = timedelta(days=1)
_KIND: Final = "news_mail"


@dataclass(frozen=True)
class News:
    """What is said about changes, and when.

    Attributes:
        lasts: how long somebody is told who does not ask again.
        attempts: counts addresses that are given, so that nobody is flooded with mails.
        mailbox: through which e-mail says that there is news; None where none is sent.
    """

    answers: Answers
    permits: Permits
    lasts: timedelta
    attempts: Attempts
    mailbox: Mailbox | None = None

    # What an applicant chooses.

    def title(self, payload: str, language: Tongue) -> str | None:
        """The title of the choice that ends all telling, which may be used without having been offered."""
        return self.answers.text("utter_news_offer_stop", language) if payload == STOP else None

    def take(self, session: Session, said: Stored) -> list[Event]:
        """Do what was chosen, and say so; nothing for any other message."""
        choice = said.payload.get("choice")
        if choice not in (FOLLOW, STOP):
            return []
        conversation = threads.lock(session, said.conversation_id)
        draft = self._follow(session, conversation) if choice == FOLLOW else self._stop(session, conversation)
        return telling(ledger.append(session, conversation, [draft], answers=said.id))

    def _follow(self, session: Session, conversation: Any) -> Draft:
        language = threads.tongue_spoken(conversation)
        proof = self.permits.proof(session, conversation.id)
        if proof is None:
            return self._line("utter_news_proof", language)
        moment = now()
        mine = _conversations(conversation.thread_id)
        followed = following.follow(session, proof, conversation.id, mine, moment, self.lasts)
        if not followed:
            return self._line("utter_news_settled", language)
        audit.record(session, audit.APPLICANT, "news:follow", f"conversation:{conversation.id}")
        until = format_day_in(moment + self.lasts, language)
        standing = "\n".join(f"- {each.number}: {self._stage(each, language)}" for each in followed)
        draft = self._line("utter_news_on", language, standing=standing, until=until)
        if self.mailbox is None:
            return draft
        self.mailbox.move(session, mine, conversation.id)
        return replace(draft, text=f"{draft.text}\n\n{self.mailbox.invitation(conversation.id, language)}")

    def _stop(self, session: Session, conversation: Any) -> Draft:
        mine = _conversations(conversation.thread_id)
        if self.mailbox is not None:
            self.mailbox.forget(session, mine)
        if following.stop(session, mine):
            audit.record(session, audit.APPLICANT, "news:stop", f"conversation:{conversation.id}")
        return self._line("utter_news_off", threads.tongue_spoken(conversation))

    # By e-mail too.

    def count(self, session: Session, conversation_id: str, mail: str, network: str) -> str:
        """Count that somebody gave an e-mail address, to be committed before it is asked; the address in its one form.

        Raises:
            NotAllowed: `mail_not_offered`.
            Invalid: it is no address.
            TooMany: too many were given from this network, in this conversation, or of this address.
        """
        if self.mailbox is None:
            raise NotAllowed("mail_not_offered")
        given = contacts.check("email", mail).value
        assert given is not None
        # A server may tell such addresses apart; whoever is flooded does not mind.
        mailbox = f"mailbox {contacts.mailbox(given)}"
        for who, limit in ((f"network {network}", _OF_A_NETWORK), (f"conversation {conversation_id}", _OF_ONE), (mailbox, _OF_ONE)):
            self.attempts.spend(session, _KIND, who, limit, _WINDOW)
        return given

    def ask(self, session: Session, conversation_id: str, mail: str) -> Tongue:
        """Have an e-mail address asked whether it wants to hear of news of what this thread follows; the language it is asked in.

        Raises:
            NotAllowed: `news_not_followed`.
            NotFound: it was erased.
        """
        conversation = threads.lock(session, conversation_id)
        mine = _conversations(conversation.thread_id)
        last = following.last_followed(session, mine)
        if self.mailbox is None or last is None:
            raise NotAllowed("news_not_followed")
        language = threads.tongue_spoken(conversation)
        self.mailbox.ask(session, last, mine, mail, language)
        audit.record(session, audit.APPLICANT, "news:mail", f"conversation:{conversation_id}")
        return language

    def tidy(self, session: Session) -> None:
        """Drop addresses that are no longer needed."""
        if self.mailbox is not None:
            self.mailbox.purge(session, now(), _follows_anything())

    # What is told.

    def tell(self, session: Session, subscription_id: int) -> list[Event]:
        """Store what is to be told of a subscription, once whoever else tries; the events of what was stored, if anything was."""
        asked = select(Conversation).join(Subscription, Subscription.conversation_id == Conversation.id)
        origin = session.execute(asked.where(Subscription.id == subscription_id)).scalar_one_or_none()
        if origin is None:
            return []
        address = threads.address_of(origin)
        # In the order in which an applicant's choice takes them: conversation first, subscription then.
        conversation = _lock_newest(session, address)
        found = None if conversation is None else following.look(session, subscription_id, now())
        if found is None:
            return []
        what, status = found
        if conversation.state == State.CLOSED.value:
            conversation = threads.lock_open(session, address)
        language = threads.tongue_spoken(conversation)
        draft = self._line(f"utter_news_{what}", language) if status is None else self._changed(what, status, language)
        stored = ledger.append(session, conversation, [draft])
        if self.mailbox is not None:
            self.mailbox.notify(session, _conversations(conversation.thread_id))
        return telling(stored)

    def _changed(self, what: str, status: ApplicationStatus, language: Tongue) -> Draft:
        result = LookupResult("found", (status,)).as_json()
        reply = self.answers.replies("utter_status", language, {"result": result})[0]
        told = self._line(f"utter_news_{what}", language)
        choices = [*told.payload["quick_replies"], *(each for each in reply["quick_replies"] if each["payload"].startswith("/"))]
        payload = {**told.payload, "sources": reply["sources"], "source_line": reply["source_line"], "card": reply["card"]}
        return Draft("system", reply["language"], f"{told.text}\n\n{reply['text']}", {**payload, "quick_replies": choices})

    def _line(self, name: str, language: Tongue, **params: Any) -> Draft:
        reply = self.answers.replies(name, language, params)[0]
        payload = {"topic": _TOPIC, "sources": [], "source_line": None, "quick_replies": reply["quick_replies"], "card": None}
        return Draft("system", language, reply["text"], {**payload, "notice": "news"})

    def _stage(self, status: ApplicationStatus, language: Tongue) -> str:
        return self.answers.catalogue.papers.stages[status.stage].name[written(language)]


def offered(session: Session, conversation_id: str, result: dict[str, Any]) -> str | None:
    """What is offered under the answer that shows `result` (JSON of a `LookupResult`): `follow`, `stop`, or None if nothing can change."""
    thread = select(Conversation.thread_id).where(Conversation.id == conversation_id).scalar_subquery()
    if following.is_followed(session, _conversations(thread)):
        return "stop"
    return "follow" if any(each.open for each in LookupResult.from_json(result).applications) else None


def _lock_newest(session: Session, address: Address) -> Any:
    """The newest conversation, open or not, held until the unit of work ends; nobody else begins the next one meanwhile."""
    while (newest := threads.find_newest(session, address)) is not None:
        try:
            conversation = threads.lock(session, newest.id)
        except NotFound:
            # It was erased after it was found.
            continue
        if threads.find_newest(session, address).id == conversation.id:
            return conversation
    return None


def _follows_anything() -> Any:
    """Whether the thread of a `MailAddress` follows anything, as a condition."""
    given, following_one = aliased(Conversation), aliased(Conversation)
    return (
        select(Subscription.id)
        .join(following_one, following_one.id == Subscription.conversation_id)
        .join(given, given.thread_id == following_one.thread_id)
        .where(given.id == MailAddress.conversation_id)
        .exists()
    )


def _conversations(thread_id: Any) -> Any:
    return select(Conversation.id).where(Conversation.thread_id == thread_id)


class Herald:
    """Looks for what is to be told; several gateways may do it at once."""

    def __init__(self, record: Record, news: News) -> None:
        self._record, self._news = record, news
        self._swept: datetime | None = None

    async def round(self) -> None:
        """Tell everything that is to be told now; what cannot be told is tried again a minute later."""
        for subscription_id in await self._record.run(self._due):
            await self._tell(subscription_id)

    def _due(self, session: Session, _: Happened) -> Sequence[int]:
        moment = now()
        if self._swept is None or moment - self._swept >= SWEEP_EVERY:
            following.sweep(session, moment)
            self._swept = moment
        return following.due(session, moment)

    async def _tell(self, subscription_id: int) -> None:
        def tell(session: Session, happened: Happened) -> None:
            happened += self._news.tell(session, subscription_id)

        try:
            await self._record.run(tell)
        except Exception as error:
            log.error("news were not told: %s", place(error))
            await self._record.run(lambda session, _: following.put_off(session, subscription_id, now() + AGAIN_AFTER))
