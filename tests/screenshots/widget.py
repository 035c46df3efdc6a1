"""Every state of the widget, reached as an applicant reaches it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from playwright.async_api import Page, Route, expect

from bot.languages import Language
from tests.browser.conftest import HostPage
from tests.browser.people import Applicant, Officer, World
from tests.screenshots import office
from tests.screenshots.album import Album
from tests.staff import PASSWORD
from tests.system import System

_PART: Final = "widget"
# What is said, in the words of each language.
_SAID: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "fee": "How much does the permit cost?",
        "materials": "Which materials do I need?",
        "profile": "I'm French, teaching French, now in Lyon, first permit",
        "taught": "Yes",
        "degree": "France",
        "station": "Where is the nearest station to Futian?",
        "status": "Where is my application?",
        "born": "27 August 1989",
        "slow": "How long does the pre-review take?",
        "left": "Is my diploma of 1998 still recognised here?",
        "wait": "Wait for an officer",
        "leave": "Leave a message",
        "hello": "Good morning. I have read what you asked. May I know which paper was returned?",
        "thanks": "The employment letter. The form said it has no date.",
        "answer": "Then ask your employer for a letter with date and seal, and upload it again under the same number.",
        "arabic": "هل يمكنني تقديم الطلب وأنا خارج الصين؟ رقم الطلب DEMO-A-200010",
        "arabic_answer": "نعم، يقدم صاحب العمل الطلب عبر الإنترنت. هاتف: 0755-88121678",
        "long": "My employer and I have a question about the letters that are needed. ",
        "refused": "Please look at this again.",
    },
    "zh": {
        "fee": "办证要多少费用？",
        "materials": "需要哪些材料？",
        "profile": "我是法国人，来深圳教法语，人还在里昂，第一次办",
        "taught": "是",
        "degree": "法国",
        "station": "离福田最近的办理点在哪里？",
        "status": "我的申请到哪一步了？",
        "born": "1989年8月27日",
        "slow": "预审要多久？",
        "left": "我1998年的毕业证书现在还承认吗？",
        "wait": "排队等候",
        "leave": "留言",
        "hello": "您好，您的问题我已经看过了。请问退回的是哪一份材料？",
        "thanks": "工作经历证明，说是没有写日期。",
        "answer": "请单位重新出具一份写明日期并盖章的证明，在原申请里重新上传即可。",
        "arabic": "هل يمكنني تقديم الطلب وأنا خارج الصين؟ رقم الطلب DEMO-A-200010",
        "arabic_answer": "نعم، يقدم صاحب العمل الطلب عبر الإنترنت. هاتف: 0755-88121678",
        "long": "我和我的单位想问一下工作经历证明应该怎么写，由谁签字，要不要盖章，",
        "refused": "请再看一下这个问题。",
    },
}


class Scenes:
    """The states of the widget in one language; each scene begins on a device of its own."""

    def __init__(self, system: System, world: World, album: Album, language: Language) -> None:
        self.system, self.world, self.album, self.language = system, world, album, language
        self.said = _SAID[language]

    async def take(self, applicant: Applicant | Page, state: str, **how: Any) -> None:
        """Pictures of a state."""
        page = applicant if isinstance(applicant, Page) else applicant.page
        await self.album.take(page, _PART, state, self.language, **how)

    async def applicant(self) -> Applicant:
        """Somebody new."""
        return await self.world.applicant(self.language)

    async def beginning(self) -> None:
        """Closed, start, menu, text size, own data, return code."""
        device = await self.world.device(self.language)
        page = await self.world.page(device)
        await page.goto(self.system.address)
        await page.locator("permit-assistant[ready] button.launcher").wait_for()
        await self.take(page, "closed")
        ann = await self.world.applicant_on(device, self.language)
        await expect(ann.speaker).to_have_text(ann.t("head.assistant"))
        await self.take(ann, "start")
        await ann.button(ann.t("head.menu")).click()
        await self.take(ann, "menu", again=lambda: self._menu(ann))
        await self._menu(ann)
        await ann.window.get_by_role("button", name=ann.t("menu.size_largest"), exact=True).click()
        await ann.page.keyboard.press("Escape")
        await self.take(ann, "text-size")
        await ann.button(ann.t("head.menu")).click()
        await ann.window.get_by_role("button", name=ann.t("menu.size_normal"), exact=True).click()
        await ann.page.keyboard.press("Escape")
        await ann.menu_item("data")
        await self.take(ann, "my-data")
        await ann.page.keyboard.press("Escape")
        await ann.menu_item("continue")
        await self.take(ann, "return-code-enter")
        await page.context.close()

    async def _menu(self, ann: Applicant) -> None:
        if not await ann.window.get_by_role("button", name=ann.t("menu.data"), exact=True).is_visible():
            await ann.button(ann.t("head.menu")).click()

    async def answers(self) -> None:
        """An answer with sources, whether it helped, quick replies, the cards, a return code, the end."""
        ann = await self.applicant()
        await ann.say(self.said["fee"])
        await ann.log.locator("details.sources summary").last.click()
        await self.take(ann, "answer", show=ann.bubbles.last)
        await ann.button(ann.t("helped.no")).click()
        await ann.window.get_by_label(ann.t("helped.why_no"), exact=True).fill("")
        await self.take(ann, "helped")
        await ann.say(self.said["materials"])
        await ann.log.get_by_role("group", name=ann.t("list.choices"), exact=True).wait_for()
        await self.take(ann, "quick-replies")
        await ann.say(self.said["profile"])
        await ann.chooses(self.said["taught"])
        await ann.settled()
        await ann.say(self.said["degree"])
        checklist = ann.card("checklist")
        await checklist.get_by_role("checkbox").nth(0).check()
        await checklist.get_by_role("checkbox").nth(2).check()
        await self.take(ann, "checklist", show=checklist)
        await checklist.locator("details.paper summary").nth(2).click()
        await self.take(ann, "checklist-details", show=checklist.locator("details.paper").nth(1))
        await ann.say(self.said["station"])
        station = ann.card("station")
        await self.take(ann, "station", show=station)
        await self.take(ann, "station-driver", again=lambda: self._driver(ann))
        await self._no_driver(ann)
        for text in (self.said["status"], "DEMO-A-200010", self.said["born"]):
            await ann.say(text)
            await ann.settled()
        status = ann.card("status")
        await self.take(ann, "status", show=status)
        await ann.menu_item("continue")
        await ann.window.get_by_role("button", name=ann.t("continue.make"), exact=True).click()
        await expect(ann.window.locator(".code-place")).not_to_be_empty()
        await self.take(ann, "return-code")
        await ann.page.keyboard.press("Escape")
        await ann.menu_item("end")
        await self.take(ann, "end")
        await ann.window.get_by_role("button", name=ann.t("end.yes"), exact=True).click()
        await expect(ann.speaker).to_have_text(ann.t("head.closed"))
        await self.take(ann, "ended")
        await ann.page.context.close()

    async def _driver(self, ann: Applicant) -> None:
        await self._no_driver(ann)
        await ann.card("station").get_by_role("button", name=ann.t("cards.station.driver"), exact=True).first.click()

    async def _no_driver(self, ann: Applicant) -> None:
        # Over another width the view may stand behind the window, where no key reaches it.
        await ann.window.locator("dialog.driver").evaluate_all("(all) => all.forEach((each) => each.close())")

    async def long_words(self) -> None:
        """The counter, a folded message, and letters that run from right to left."""
        ann = await self.applicant()
        most = 1980 // len(self.said["long"])
        await ann.box.fill(self.said["long"] * (most + 3))
        await self.take(ann, "too-long")
        await ann.say(self.said["long"] * most)
        await ann.settled()
        await self.take(ann, "long-folded", show=ann.bubbles.first)
        await ann.page.context.close()

    async def waiting_for_the_assistant(self) -> None:
        """Typing, slow, and unavailable."""
        ann = await self.applicant()
        await ann.say(self.said["fee"])
        await ann.settled()
        with self.system.without_an_assistant():
            await ann.say(self.said["slow"])
            await ann.log.get_by_text(ann.t("list.assistant_writes")).wait_for()
            await self.take(ann, "typing")
            await ann.log.get_by_text(ann.t("list.slow")).wait_for()
            await self.take(ann, "slow")
            await ann.card("handoff").wait_for()
        await self.take(ann, "unavailable")
        await ann.page.context.close()

    async def leaving_a_message(self) -> None:
        """The offer while nobody is there, the form, and that it is kept."""
        ann = await self.applicant()
        await ann.starts("person")
        form = ann.card("handoff")
        await form.wait_for()
        await self.take(ann, "offer-nobody")
        await form.get_by_label(ann.t("cards.leave.text"), exact=True).fill(self.said["left"])
        await form.get_by_role("radio", name=ann.t("cards.leave.by_email"), exact=True).check()
        await form.get_by_label(ann.t("cards.leave.email"), exact=True).fill("somebody@")
        await form.get_by_role("button", name=ann.t("cards.leave.send"), exact=True).click()
        await form.locator("[aria-invalid=true]").wait_for()
        await self.take(ann, "leave-message", show=form.locator("form"))
        await form.get_by_label(ann.t("cards.leave.email"), exact=True).fill("somebody@example.org")
        await form.get_by_role("button", name=ann.t("cards.leave.send"), exact=True).click()
        await expect(form).to_contain_text(ann.t("cards.leave.sent"))
        await self.take(ann, "message-left")
        await ann.page.context.close()

    async def with_an_officer(self, officer: Officer) -> None:
        """Offer, queue, officer, who types, unread, right to left, rating, thanks."""
        ann = await self.applicant()
        await ann.say(self.said["fee"])
        await ann.settled()
        await ann.chooses(ann.t("composer.person"))
        await ann.log.get_by_text(ann.t("cards.handoff.offer")).wait_for()
        await self.take(ann, "offer")
        await ann.chooses(self.said["wait"])
        await expect(ann.speaker).to_have_text(ann.t("head.queued_at", position=1))
        await self.take(ann, "queued")
        await officer.opens()
        await officer.acts("claim")
        await officer.says(self.said["hello"])
        await ann.sees(self.said["hello"])
        await ann.say(self.said["thanks"])
        await officer.sees(self.said["thanks"])
        await officer.says(self.said["answer"])
        await ann.sees(self.said["answer"])
        await self.take(ann, "officer")
        await self.take(ann, "officer-typing", again=lambda: self._types(officer, ann))
        await officer.box.fill("")
        await ann.say(self.said["arabic"])
        await officer.sees(self.said["arabic"][:20])
        await officer.says(self.said["arabic_answer"])
        await ann.sees(self.said["arabic_answer"][:20])
        await self.take(ann, "right-to-left")
        await ann.button(ann.t("head.close")).click()
        await officer.says(self.said["hello"])
        await ann.host.locator("button.launcher").get_by_text("1").first.wait_for()
        await self.take(ann, "unread")
        await ann.launcher.click()
        await ann.window.wait_for()
        await officer.closes()
        rating = ann.card("rating")
        await rating.get_by_role("radio", name=ann.t("cards.rating.score_4"), exact=True).check()
        await self.take(ann, "rating")
        await rating.get_by_role("button", name=ann.t("cards.rating.send"), exact=True).click()
        await expect(rating).to_contain_text(ann.t("cards.rating.thanks"))
        await self.take(ann, "rated")
        await ann.page.context.close()

    async def _types(self, officer: Officer, ann: Applicant) -> None:
        # What an officer types is told every few seconds only, and forgotten after a few more.
        while not await ann.log.locator("li.typing").is_visible():
            await officer.box.press_sequentially("…")
            await asyncio.sleep(0.5)

    async def bad_lines(self) -> None:
        """Offline, failed, too many, not loaded, on its way, expired."""
        ann = await self.applicant()
        await ann.say(self.said["fee"])
        await ann.settled()
        await ann.page.context.set_offline(True)
        await expect(ann.notice).to_contain_text(ann.t("notice.offline"))
        await ann.say(self.said["slow"])
        await self.take(ann, "offline")
        await ann.page.context.set_offline(False)
        await ann.settled()
        # A message that grew too long on its way is one that the server refuses.
        await ann.page.context.set_offline(True)
        await ann.say(self.said["refused"])
        await ann.page.evaluate(
            "for (const name of Object.keys(localStorage)) if (name.includes('.outbox.')) {"
            " const entry = JSON.parse(localStorage[name]); entry.message = 'x'.repeat(5000); localStorage[name] = JSON.stringify(entry); }"
        )
        device = ann.page.context
        await ann.page.close()
        await device.set_offline(False)
        ann = await Applicant(await self.world.page(device), self.language).come_again(self.system.address)
        await ann.log.locator("li.failed").wait_for()
        await self.take(ann, "failed", show=ann.log.locator("li.failed"))
        await ann.page.context.close()

        ann = await self.applicant()
        for number in range(45):
            await ann.say(f"{self.said['slow']} {number}")
        await ann.log.get_by_text(ann.t("list.paused", seconds="\0").split("\0")[0]).wait_for()
        await self.take(ann, "too-many")
        device = ann.page.context
        await ann.page.close()

        page = await self.world.page(device)
        await page.route("**/socket.io/**", _never)
        ann = await Applicant(page, self.language).come_again(self.system.address)
        await self.take(ann, "on-its-way")
        await page.close()

        page = await self.world.page(device)
        # A page of the same origin without a widget, which would write its own.
        await page.goto(f"{self.system.address}/healthz")
        await page.evaluate("localStorage['permit-assistant.token'] = JSON.stringify('not.a.token')")
        ann = await Applicant(page, self.language).come_again(self.system.address)
        await ann.log.get_by_text(ann.t("list.expired")).wait_for()
        await self.take(ann, "expired")
        await device.close()

        page = await self.world.page(await self.world.device(self.language))
        await page.route("**/widget/**", lambda route: route.abort())
        await page.goto(f"{self.system.address}/")
        await page.locator("permit-assistant[ready] button.launcher").click()
        await page.locator("permit-assistant[ready]").get_by_role("alert").wait_for()
        await self.take(page, "not-loaded")
        await page.context.close()

    async def refused(self) -> None:
        """A page of an origin that may not hold the widget."""
        host = HostPage()
        await host.server.start_server()
        host.gateway = self.system.address
        page = await self.world.page(await self.world.device(self.language))
        await page.goto(f"{host.origin}/?lang={'zh-CN' if self.language == 'zh' else 'en'}")
        ann = Applicant(page, self.language)
        await ann.open()
        await expect(ann.notice).to_contain_text(ann.t("notice.refused"))
        await self.take(ann, "refused")
        await page.context.close()
        await host.server.close()


async def _never(_route: Route) -> None:
    """Leave a request without an answer."""


async def evening(system: System, world: World, album: Album, language: Language) -> None:
    """Outside the hours of the desk."""
    scenes = Scenes(system, world, album, language)
    ann = await scenes.applicant()
    await ann.say(scenes.said["fee"])
    await ann.settled()
    await album.take(ann.page, _PART, "outside-hours", language)
    await ann.chooses(ann.t("composer.person"))
    await ann.card("handoff").wait_for()
    await album.take(ann.page, _PART, "offer-closed", language)
    await ann.page.context.close()


async def widget(system: System, world: World, album: Album, language: Language) -> list[tuple[str, Any]]:
    """The scenes in their order, by name."""
    scenes = Scenes(system, world, album, language)

    async def served() -> None:
        officer = await world.officer(language)
        await officer.signs_in(office.login("officer", language), PASSWORD)
        await officer.is_here()
        await scenes.with_an_officer(officer)
        await officer.page.context.close()
        office.nobody_is_there(system)

    return [
        ("beginning", scenes.beginning),
        ("answers", scenes.answers),
        ("long words", scenes.long_words),
        ("waiting for the assistant", scenes.waiting_for_the_assistant),
        ("leaving a message", scenes.leaving_a_message),
        ("with an officer", served),
        ("bad lines", scenes.bad_lines),
        ("refused", scenes.refused),
    ]
