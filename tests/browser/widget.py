"""The widget as somebody uses it: what they see by its words and roles, never by its classes where words will do."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

ENGLISH = {"label": "Work permit help", "box": "Your message", "send": "Send", "menu": "Menu", "close": "Close", "log": "Conversation"}
CHINESE = {"label": "工作许可咨询", "box": "您的消息", "send": "发送", "menu": "菜单", "close": "关闭", "log": "对话"}


# The document knows nothing of what moves in a shadow root. What a browser without time for it does not finish is not waited for.
_SETTLED = """async () => {
  const roots = [document, document.querySelector("permit-assistant[ready]")?.shadowRoot].filter(Boolean);
  const moving = roots.flatMap((root) => root.getAnimations()).filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime));
  const still = Promise.all(moving.map((each) => each.finished.catch(() => {})));
  await Promise.race([still, new Promise((given_up) => setTimeout(given_up, 10_000))]);
}"""


async def settled(page: Page) -> None:
    """Wait until nothing on the page moves any more but what moves without end: half-way, places and colours are none that anybody sees."""
    await page.evaluate(_SETTLED)


async def overflow(page: Page) -> list[str]:
    """What reaches beyond the right or left edge of the window, which nobody could see."""
    found: list[str] = await page.evaluate(
        """() => {
          const root = document.querySelector("permit-assistant[ready]").shadowRoot;
          const hidden = (each) => each.closest(".sr, [hidden]") || !each.getClientRects().length || getComputedStyle(each).opacity === "0";
          return [...root.querySelectorAll(".panel *")].filter((each) => !hidden(each)).filter((each) => {
            const box = each.getBoundingClientRect();
            return box.right > innerWidth + 1 || box.left < -1;
          }).map((each) => each.outerHTML.slice(0, 120));
        }"""
    )
    return found


async def focused(page: Page) -> str:
    """The name of what has the focus, through shadow roots."""
    name: str = await page.evaluate(
        "(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
        " return at.getAttribute('aria-label') || at.id || at.textContent.trim(); })()"
    )
    return name


async def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until `name` has the focus."""
    passed = []
    for _ in range(40):
        await page.keyboard.press(key)
        passed.append(await focused(page))
        if passed[-1] == name:
            return
    raise AssertionError(f"{name} is not reached: {passed}")


class Widget:
    """One widget on one page."""

    def __init__(self, page: Page, words: dict[str, str] = ENGLISH) -> None:
        self.page, self.words = page, words

    @property
    def host(self) -> Locator:
        """The element."""
        return self.page.locator("permit-assistant[ready]")

    @property
    def launcher(self) -> Locator:
        """The button that opens the window."""
        return self.host.locator("button.launcher")

    @property
    def window(self) -> Locator:
        """The window."""
        return self.page.get_by_role("dialog", name=self.words["label"], exact=True)

    @property
    def box(self) -> Locator:
        """The box to write in."""
        return self.window.locator("#box")

    @property
    def log(self) -> Locator:
        """The list of messages."""
        return self.window.get_by_role("log")

    @property
    def bubbles(self) -> Locator:
        """Everything said, one element each."""
        return self.log.locator(".message")

    @property
    def speaker(self) -> Locator:
        """Who is speaking, in the head."""
        return self.window.locator(".speaker")

    @property
    def notice(self) -> Locator:
        """The one line under the head."""
        return self.window.get_by_role("note")

    def button(self, name: str) -> Locator:
        """A button in the window."""
        return self.window.get_by_role("button", name=name, exact=True)

    async def open(self) -> Widget:
        """Click the launcher."""
        await self.launcher.click()
        await self.settled()
        return self

    async def settled(self) -> None:
        """Wait until the window is there and nothing in it moves any more but what moves without end."""
        await self.window.wait_for()
        await settled(self.page)

    async def say(self, text: str) -> None:
        """Type a message and send it."""
        await self.box.fill(text)
        await self.box.press("Enter")

    async def sees(self, text: str) -> Locator:
        """Wait for a message that holds this text."""
        found = self.bubbles.filter(has_text=text).first
        await expect(found).to_be_visible()
        return found

    async def asks(self, text: str, answered: str) -> None:
        """Send a message and wait for its answer."""
        await self.say(text)
        await self.sees(answered)

    async def menu(self, item: str) -> None:
        """Choose something in the menu."""
        await self.button(self.words["menu"]).click()
        await self.window.get_by_role("button", name=item, exact=True).click()

    async def texts(self) -> list[str]:
        """What the messages say, in order, without names and times."""
        return [text.strip() for text in await self.log.locator(".message div.text").all_inner_texts()]

    async def storage(self) -> dict[str, str]:
        """What the page keeps in its storages."""
        return await self.page.evaluate("({ ...localStorage, ...sessionStorage })")
