"""The console as members of the staff use it: a browser each, at a gateway with applicants who write by REST."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.app import DATABASE, RECORD, STAFF
from bot.conversations.counter import Counter
from bot.conversations.models import Conversation, Handoff
from bot.conversations.rows import applicant_code
from bot.db import now
from bot.i18n import Texts
from bot.languages import Language
from bot.staff import presence
from bot.staff.service import Staff
from tests.browser.scripts import fee
from tests.console import PASSWORD
from tests.gateway import PARTS, Gateway, answer, hand_off, reply
from tests.project import answers

_ids = itertools.count(1)
_TEXTS = Texts.load()
_EXTENSION = {"application_type": "extension", "category": None, "circumstances": {"nationality": "PH", "category": "unknown"}}


async def assistant(message: dict[str, Any]) -> Any:
    """Passes on to a person what asks for one, answers about fees, asks on about papers, and repeats everything else."""
    text, language = message["message"], message["metadata"]["language"]
    if text in ("person", "人工"):
        return answer(*hand_off(language, "asked"))
    if "fee" in text or "费" in text:
        return answer(fee(language))
    if text == "papers":
        return answer(*answers().replies("utter_ask_circumstance", language, {"profile": _EXTENSION, "question": "papers_on_file"}))
    return answer(reply(f"echo: {text}", language=language))


class Console:
    """One person's page. What they see is found by words and roles."""

    def __init__(self, page: Page, url: str, language: Language = "en", account_id: int = 0) -> None:
        self.page, self.url, self.account_id = page, url, account_id
        self._texts = _TEXTS.part(language, "console")

    def t(self, key: str, /, **params: Any) -> str:
        """A text of the interface; one that is not there is an error of the test."""
        return self._texts[key].format(**params)

    async def open(self, address: str = "") -> Console:
        """Go to the console; `address` stands behind the `#/`."""
        await self.page.goto(f"{self.url}/console/" + (f"#/{address}" if address else ""))
        return self

    async def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Fill in the form."""
        await self.field(self.t("signin.login")).fill(login)
        await self.field(self.t("signin.password")).fill(password)
        await self.button(self.t("signin.go")).click()

    def button(self, name: str) -> Locator:
        """A button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, name: str) -> Locator:
        """A field by its label."""
        return self.page.get_by_label(name, exact=True)

    @property
    def dialog(self) -> Locator:
        """The window above the page."""
        return self.page.get_by_role("dialog")

    @property
    def queue(self) -> Locator:
        """The column with the lists."""
        return self.page.locator(".queue")

    def row(self, conversation_id: str) -> Locator:
        """The row of a conversation."""
        return self.queue.locator(f'a[href*="{conversation_id}"]')

    @property
    def talk(self) -> Locator:
        """The conversation that is open."""
        return self.page.locator("section.talk")

    @property
    def transcript(self) -> Locator:
        """What was said in it."""
        return self.talk.locator(".transcript")

    @property
    def box(self) -> Locator:
        """The box one writes in."""
        return self.talk.locator("textarea.box")

    @property
    def about(self) -> Locator:
        """What is known of the applicant."""
        return self.page.locator("aside.about")

    async def sees(self, text: str) -> Locator:
        """Wait for a message or note that holds this text."""
        found = self.transcript.locator(".message", has_text=text).last
        await found.wait_for()
        return found

    async def watch(self, conversation_id: str) -> None:
        """Open a conversation by its row."""
        await self.row(conversation_id).click()
        await expect(self.talk.get_by_role("heading", level=2)).to_contain_text(applicant_code(conversation_id))
        await self.transcript.wait_for()

    def name(self, conversation_id: str) -> str:
        """What the applicant is called; for the first conversation of a thread."""
        return self.t("row.applicant", code=applicant_code(conversation_id))

    async def acts(self, kind: str, conversation_id: str) -> None:
        """Press a button of the conversation: claim, join, transfer, hand_back or close."""
        await self.button(self.t(f"{kind}.label", name=self.name(conversation_id))).click()

    async def confirms(self, key: str) -> None:
        """Press a button of the window above the page, and see the window go."""
        await self.dialog.get_by_role("button", name=self.t(key), exact=True).click()
        await expect(self.dialog).to_have_count(0)

    async def take(self, conversation_id: str) -> None:
        """Open a conversation that waits and take it."""
        await self.watch(conversation_id)
        await self.acts("claim", conversation_id)
        await expect(self.field(self.t("box.label_reply", name=self.name(conversation_id)))).to_be_focused()

    async def say(self, text: str) -> None:
        """Reply and wait until it is said."""
        await self.box.fill(text)
        await self.box.press("Enter")
        await self.has_said(text)

    async def has_said(self, text: str) -> None:
        """Wait until a reply is stored; until then it stands in the transcript as one that is being sent."""
        await expect(self.transcript.locator(".message.staff:not(.pending)", has_text=text)).to_be_visible()


@dataclass
class Workplace:
    """A gateway, a browser, and whoever works there.

    Attributes:
        errors: what the pages wrote to the console as an error, and exceptions nobody caught.
    """

    gateway: Gateway
    browser: Browser
    errors: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The origin of the console."""
        return self.gateway.url("/").rstrip("/")

    @property
    def counter(self) -> Counter:
        """What officers do, for those who work without a page."""
        return Counter(self.gateway.server.app[RECORD], PARTS.desk)

    @property
    def staff(self) -> Staff:
        """The accounts."""
        return self.gateway.server.app[STAFF]

    async def run(self, work: Any, *arguments: Any) -> Any:
        """Do something in the gateway's database."""
        return await self.gateway.server.app[DATABASE].run(work, *arguments)

    async def page(self, context: BrowserContext | None = None, **options: Any) -> Page:
        """A page, by default in a browser of its own."""
        if context is None:
            context = await self.browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options})
        page: Page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        return page

    async def invited(
        self, login: str, role: str = "officer", stations: Sequence[str] = (), name: str = "", language: Language = "en"
    ) -> str:
        """The token of an account's invitation."""
        _, token = await self.run(self.staff.create_account, None, login, name or login.title(), role, stations, language)
        return str(token)

    async def hired(
        self,
        login: str,
        role: str = "officer",
        stations: Sequence[str] = (),
        name: str = "",
        language: Language = "en",
        signed: bool = True,
        **options: Any,
    ) -> Console:
        """Somebody with an account, signed in and, who may serve, ready; their page is not open yet."""

        def begin(session: Session) -> tuple[str, int]:
            _, invitation = self.staff.create_account(session, None, login, name or login.title(), role, stations, language)
            token, opened = self.staff.accept_invitation(
                session, invitation, PASSWORD, user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/130.0"
            )
            if signed and role != "administrator":
                version, _text = self.staff.agreement(language)
                if self.staff.sign_agreement(session, opened.officer.id, version, language).may("conversation:claim"):
                    presence.set_presence(session, opened.officer.id, "ready")
            return token, opened.officer.id

        token, account_id = await self.run(begin)
        page = await self.page(**options)
        await page.context.add_cookies([{"name": "staff", "value": token, "url": self.url}])
        return Console(page, self.url, language, account_id)

    async def asks(self, *said: str, sender: str = "", language: str = "en") -> str:
        """The id of the conversation in which an applicant says this."""
        sender = sender or f"applicant-{next(_ids)}"
        for text in said:
            await self.gateway.say(text, sender, language=language)
        return str(await self.run(lambda session: session.query(Conversation.id).filter_by(sender=sender).one()[0]))

    async def owner(self, conversation_id: str) -> int:
        """The account that has a conversation, waited for."""
        while (found := await self.run(lambda session: session.get(Conversation, conversation_id).owner_id)) is None:
            await asyncio.sleep(0.05)
        return int(found)

    async def waits(self, *said: str, sender: str = "", language: str = "en", minutes: float = 0) -> str:
        """The id of a conversation that waits in the queue, since so many minutes."""
        sender = sender or f"applicant-{next(_ids)}"
        conversation_id = await self.asks(*said, "人工" if language == "zh" else "person", "desk:wait", sender=sender, language=language)
        if minutes:
            await self.run(_earlier, conversation_id, minutes)
        return conversation_id


def _earlier(session: Session, conversation_id: str, minutes: float) -> None:
    since = now() - timedelta(minutes=minutes)
    change = update(Handoff).where(Handoff.conversation_id == conversation_id).values(queued_at=since, requested_at=since)
    session.execute(change.execution_options(synchronize_session=False))
