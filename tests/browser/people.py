"""An applicant and an officer at the running system, who find their way by the words of the interface in their own language."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from bot.i18n import Texts
from bot.languages import Language
from tests.browser.widget import CHINESE, ENGLISH, Widget

LOCALES: dict[Language, str] = {"en": "en-GB", "zh": "zh-CN"}
_TEXTS = Texts.load()
# Rasa, gateway, browser and other work may share two slow cores.
PATIENCE_MS = 60_000


class Words:
    """The texts of one part of the interface, by key."""

    def __init__(self, part: str, language: Language) -> None:
        self._texts = _TEXTS.part(language, part)

    def __call__(self, key: str, /, **params: Any) -> str:
        """The text; a text that is not there is an error of the test."""
        return self._texts[key].format(**params)


class Applicant(Widget):
    """Somebody on the page at `/`."""

    def __init__(self, page: Page, language: Language = "en") -> None:
        super().__init__(page, CHINESE if language == "zh" else ENGLISH)
        self.language = language
        self.t = Words("widget", language)

    async def come(self, address: str, path: str = "/") -> Applicant:
        """Open the page and the window by its large button."""
        await self.page.goto(address + path)
        await self.host.locator("button.launcher").wait_for()
        await self.page.locator("#open").click()
        await self.window.wait_for()
        return self

    async def come_again(self, address: str) -> Applicant:
        """Open the page where the window may be open from before."""
        await self.page.goto(address)
        await self.host.wait_for(state="attached")
        await self.host.evaluate("(each) => each.show()")
        await self.window.wait_for()
        return self

    async def menu_item(self, name: str) -> None:
        """Choose something in the menu."""
        await self.menu(self.t(f"menu.{name}"))

    async def settled(self) -> None:
        """Wait until what was said is sent and answered."""
        await expect(self.log.locator("li.sending, li.typing")).to_have_count(0)

    async def chooses(self, title: str) -> None:
        """Take the newest offer with this title."""
        await self.window.get_by_role("button", name=title, exact=True).last.click()

    async def starts(self, choice: str) -> None:
        """Take one of the four large choices."""
        await self.button(f"{self.t(f'start.{choice}')} {self.t(f'start.{choice}_line')}").click()

    def card(self, kind: str) -> Locator:
        """The newest card of a kind."""
        return self.log.locator(f".card.{kind}").last


class Officer:
    """Somebody at the console."""

    def __init__(self, page: Page, address: str, language: Language = "en") -> None:
        self.page, self.address, self.language = page, address, language
        self.t = Words("console", language)

    def button(self, name: str, within: Locator | None = None) -> Locator:
        """A button by its whole name."""
        return (within or self.page).get_by_role("button", name=name, exact=True)

    @property
    def queue(self) -> Locator:
        """The column with the lists."""
        return self.page.get_by_role("region", name=self.t("board.region"), exact=True)

    @property
    def talk(self) -> Locator:
        """The conversation that is open."""
        return self.page.get_by_role("region", name=self.t("talk.region"), exact=True)

    @property
    def packet(self) -> Locator:
        """What came with it."""
        return self.page.get_by_role("region", name=self.t("packet.region"), exact=True)

    @property
    def about(self) -> Locator:
        """What is known of the applicant."""
        return self.page.get_by_role("complementary", name=self.t("about.region"), exact=True)

    @property
    def dialog(self) -> Locator:
        """The window above the page."""
        return self.page.get_by_role("dialog")

    @property
    def box(self) -> Locator:
        """The box one writes in."""
        return self.talk.get_by_role("tabpanel").locator("textarea")

    @property
    def messages(self) -> Locator:
        """What was said, one element each."""
        return self.talk.locator(".messages > li.message")

    def row(self, text: str) -> Locator:
        """The row of the list that holds this text."""
        return self.queue.get_by_role("listitem").get_by_role("link").filter(has_text=text)

    async def signs_in(self, login: str, password: str) -> None:
        """Open the console and fill in the form."""
        await self.page.goto(f"{self.address}/console/")
        await self.page.get_by_label(self.t("signin.login"), exact=True).fill(login)
        await self.page.get_by_label(self.t("signin.password"), exact=True).fill(password)
        await self.button(self.t("signin.go")).click()

    async def accepts(self, link: str, password: str) -> None:
        """Open a one-time link and set a password."""
        await self.page.goto(link)
        await self.page.get_by_label(self.t("password.new"), exact=True).fill(password)
        await self.page.get_by_label(self.t("password.again"), exact=True).fill(password)
        await self.button(self.t("invitation.go")).click()

    async def signs(self) -> None:
        """Sign the agreement."""
        await self.page.get_by_label(self.t("agreement.read"), exact=True).check()
        await self.button(self.t("agreement.sign")).click()

    async def is_here(self, presence: str = "ready") -> None:
        """Say that one is ready, away or off."""
        await self.page.get_by_label(self.t("presence.label"), exact=True).select_option(presence)
        await expect(self.page.locator(f".presence.{presence}")).to_be_visible()

    async def opens(self, text: str = "") -> None:
        """Open the first conversation whose row holds this text, which is what the applicant typed last."""
        await self.row(text).first.click()
        await self.row(text).and_(self.page.locator("[aria-current=true]")).wait_for()
        # Until the conversation is there, its place has another heading.
        await self.talk.locator(".transcript").wait_for()

    async def name(self) -> str:
        """What the applicant of the open conversation is called."""
        await self.talk.locator(".transcript").wait_for()
        return await self.talk.get_by_role("heading", level=2).inner_text()

    async def acts(self, kind: str) -> None:
        """Press one of the buttons of the conversation: claim, join, transfer, hand_back or close."""
        await self.button(self.t(f"{kind}.label", name=await self.name()), self.talk).click()

    async def picks_card(self, kind: str) -> Locator:
        """Open the window with which a card is sent: checklist, station, status or rating."""
        await self.button(self.t("cards.open", name=await self.name()), self.talk).click()
        await self.page.get_by_role("menuitem", name=self.t(f"card.{kind}"), exact=True).click()
        return self.dialog

    async def confirms(self, key: str) -> None:
        """Press a button of the window above the page, and see the window go."""
        await self.button(self.t(key), self.dialog).click()
        await expect(self.dialog).to_have_count(0)

    async def says(self, text: str) -> None:
        """Reply and wait until it is said."""
        await self.types(text)
        await self.box.press("Enter")
        await expect(self.talk.locator(".message.staff:not(.pending)").filter(has_text=text).last).to_be_visible()

    async def types(self, text: str) -> None:
        """Put a reply into the box."""
        await expect(self.talk.get_by_role("tab", name=self.t("box.reply"), exact=True)).to_have_attribute("aria-selected", "true")
        await self.box.fill(text)

    async def says_in_vain(self, text: str) -> None:
        """Reply, and wait until that is refused."""
        await self.box.fill(text)
        await self.box.press("Enter")
        await self.talk.get_by_text(self.t("talk.lost_text")).wait_for()

    async def goes(self, page: str) -> None:
        """To one of the pages: board, search, messages, accounts, audit or me."""
        await self.page.evaluate("(page) => { location.hash = `#/${page}`; }", page)
        await self.page.get_by_role("heading", name=self.t(f"page.{page}"), level=1).wait_for()

    async def sees(self, text: str) -> Locator:
        """Wait for a message or a note that holds this text."""
        found = self.messages.filter(has_text=text).last
        await expect(found).to_be_visible()
        return found

    async def closes(self, outcome: str = "solved") -> None:
        """Close the conversation."""
        await self.acts("close")
        await self.dialog.get_by_label(self.t(f"outcome.{outcome}"), exact=True).check()
        await self.confirms("close.yes")


class World:
    """A running system and the browsers of the people who use it.

    Attributes:
        errors: what the pages wrote to their consoles as an error, and exceptions nobody caught.
    """

    def __init__(self, address: str, browser: Browser) -> None:
        self.address, self._browser = address, browser
        self.errors: list[str] = []

    async def device(self, language: Language = "en", **options: Any) -> BrowserContext:
        """A browser of somebody's own."""
        given = {"locale": LOCALES[language], "timezone_id": "Asia/Shanghai", "viewport": {"width": 1280, "height": 800}, **options}
        context = await self._browser.new_context(**given)
        context.set_default_timeout(PATIENCE_MS)
        return context

    async def page(self, context: BrowserContext) -> Page:
        """A page whose errors are noticed."""
        page: Page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        # The console asks who is signed in before anybody is.
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" and "401" not in line.text else None)
        return page

    async def applicant(self, language: Language = "en", **options: Any) -> Applicant:
        """An applicant whose window is open."""
        return await self.applicant_on(await self.device(language, **options), language)

    async def applicant_on(self, device: BrowserContext, language: Language = "en") -> Applicant:
        """The same on a device that may have been here before."""
        return await Applicant(await self.page(device), language).come(self.address)

    async def officer(self, language: Language = "en", **options: Any) -> Officer:
        """Somebody in front of the console, who is not signed in."""
        return Officer(await self.page(await self.device(language, **options)), self.address, language)
