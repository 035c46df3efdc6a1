"""The pages to which links about e-mail lead: one says what its button does, and the button does it."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web
from sqlalchemy.orm import Session

from bot.channels.static_files import STATIC
from bot.conversations.service import Conversations
from bot.db import Database
from bot.errors import BotError, Invalid, NotAllowed, NotFound, TooMany
from bot.i18n import Texts
from bot.languages import DEFAULT, Tongue, as_tongue
from bot.limits import Limiter
from bot.notifications.mailbox import ACTS, Act, Mailbox
from bot.request_body import read_body
from bot.request_language import language_of

PATH: Final = "/news/{act}"
_ASK: Final = "ask"
_LONGEST_FORM: Final = 2000
_STATUS: Final = ((Invalid, 400), (NotAllowed, 403), (NotFound, 404), (TooMany, 429))


class MailLinks:
    """The door at `PATH`: giving an address (`ask`), confirming it, stopping mails to it.

    Authentication: the signed link from a conversation or a mail, always. A GET changes nothing, because programs that look for
    dangers open every link of a mail; a POST comes from the page's button, or from the reader's mail program (RFC 8058), which
    shows no page of ours. What is wrong is said on a page, because people read it.
    """

    def __init__(
        self,
        database: Database,
        conversations: Conversations,
        mailbox: Mailbox | None,
        texts: Texts,
        network: Callable[[web.BaseRequest], str],
        limiter: Limiter,
    ) -> None:
        self._database, self._conversations, self._mailbox = database, conversations, mailbox
        self._texts, self._network, self._limiter = texts, network, limiter
        self._template = (STATIC / "home" / "mail.html").read_text(encoding="utf-8")

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get(PATH, self.show), web.post(PATH, self.act)]

    async def show(self, request: web.Request) -> web.Response:
        """What the link does, and the button that does it; 404 with a page that says so when it is over."""
        what, mailbox, shown = self._link(request)

        def language(session: Session, act: Act) -> Tongue | None:
            row = mailbox.read(session, act, shown)
            return None if row is None else as_tongue(row.language) or DEFAULT

        act = next((each for each in ACTS if each == what), None)
        try:
            if act is None:
                self._invited(mailbox, shown)
                return self._page(what, language_of(request), button=True)
            found = await self._database.run(language, act)
            if found is None:
                raise NotFound("mail_link_over")
        except BotError as error:
            return self._refusal(what, error, language_of(request))
        return self._page(what, found, button=True)

    async def act(self, request: web.Request) -> web.Response:
        """Do what the link stands for, and say that it is done, or on a page what is wrong."""
        what, mailbox, shown = self._link(request)
        given, act = "", next((each for each in ACTS if each == what), None)
        try:
            if act is None:
                conversation_id = self._invited(mailbox, shown)
                network = self._network(request)
                await self._limiter.request(network)
                form = parse_qs((await read_body(request))[:_LONGEST_FORM].decode("utf-8", "replace"))
                given = form.get("address", [""])[0]
                return self._page(what, await self._conversations.news_by_mail(conversation_id, given, network), button=False)
            done = await self._database.run(mailbox.act, act, shown)
            if done is None:
                raise NotFound("mail_link_over")
        except BotError as error:
            return self._refusal(what, error, language_of(request), given)
        return self._page(what, done, button=False)

    def _link(self, request: web.Request) -> tuple[str, Mailbox, str]:
        what = request.match_info["act"]
        if what not in (_ASK, *ACTS) or self._mailbox is None:
            raise NotFound("not_found")
        return what, self._mailbox, request.query.get("t", "")

    @staticmethod
    def _invited(mailbox: Mailbox, shown: str) -> str:
        conversation_id = mailbox.invited(shown)
        if conversation_id is None:
            raise NotFound("mail_link_over")
        return conversation_id

    def _refusal(self, what: str, error: BotError, language: Tongue, given: str = "") -> web.Response:
        status = next((number for kind, number in _STATUS if isinstance(error, kind)), 500)
        said = self._texts.error(language, error.code, **error.params)
        return self._page(what, language, button=status in (400, 429) and what == _ASK, fault=said, given=given, status=status)

    def _page(
        self, what: str, language: Tongue, button: bool, fault: str | None = None, given: str = "", status: int = 200
    ) -> web.Response:
        said = {name: self._texts.get(language, f"mail.{what}.{name}") for name in ("title", "ask", "do", "done")}
        words = {
            "lang": "zh-CN" if language == "zh" else language,
            "dir": "rtl" if language == "ar" else "ltr",
            "title": said["title"],
            "text": said["ask"] if button or fault else said["done"],
            "button": said["do"],
            "label": self._texts.get(language, "mail.ask.label"),
            "home": self._texts.get(language, "mail.home"),
            "fault": fault or "",
            "given": given,
        }
        page = self._template
        for name, shown in (("form", button), ("field", what == _ASK), ("fault", fault is not None)):
            before, _, rest = page.partition(f"<!--{name}-->")
            inside, _, after = rest.partition(f"<!--/{name}-->")
            page = before + (inside if shown else "") + after
        pieces = page.split("{{")
        for at, piece in enumerate(pieces[1:], 1):
            name, _, rest = piece.partition("}}")
            pieces[at] = html.escape(words[name]) + rest
        return web.Response(text="".join(pieces), content_type="text/html", status=status)
