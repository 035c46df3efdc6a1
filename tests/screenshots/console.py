"""Every state of the console, reached as members of the staff reach it."""

from __future__ import annotations

from typing import Any, Final

import pyotp
from playwright.async_api import expect
from sqlalchemy import delete, select

from bot.conversations.models import Conversation
from bot.languages import Language
from bot.staff.first import staff_at
from bot.staff.models import StaffAccount, StaffSession
from tests.browser.people import Officer, World
from tests.screenshots import office
from tests.screenshots.album import Album
from tests.staff import PASSWORD
from tests.system import System

_PART: Final = "console"
_SAID: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "row": "Returned twice by now",
        "asked": "Returned twice by now, the permit number is DEMO-A-200010",
        "profile": "I'm French, teaching French, now in Lyon, first permit",
        "taught": "Yes",
        "degree": "France",
        "wait": "Wait for an officer",
        "hello": "Good morning. I have your application before me. Which paper was returned?",
        "reply": "The employment letter. You can call me at +86 138 0013 8000.",
        "typed": "Then ask your employer for a letter with date and seal",
        "note": "Letter without a date; the employer has been told once before.",
        "draft": "Your employer adds the date, seals the letter, and uploads it again.",
        "tag": "returned",
        "left": "Is my diploma of 1998 still recognised here?",
        "answer": "Yes, once it is legalised and verified.",
        "left_by": "somebody@example.org",
    },
    "zh": {
        "row": "已经退回两次了",
        "asked": "已经退回两次了，受理编号是DEMO-A-200010",
        "profile": "我是法国人，来深圳教法语，人还在里昂，第一次办",
        "taught": "是",
        "degree": "法国",
        "wait": "排队等候",
        "hello": "您好，您的申请我已经打开。请问退回的是哪一份材料？",
        "reply": "工作经历证明。我的电话是13800138000。",
        "typed": "请单位重新出具一份写明日期并盖章的证明",
        "note": "证明没有日期，此前已提醒过单位一次。",
        "draft": "请单位补上日期、盖章后重新上传。",
        "tag": "退回",
        "left": "我1998年的毕业证书现在还承认吗？",
        "answer": "承认，办理认证后即可。",
        "left_by": "somebody@example.org",
    },
}


class Scenes:
    """The states of the console in one language."""

    def __init__(self, system: System, world: World, album: Album, language: Language) -> None:
        self.system, self.world, self.album, self.language = system, world, album, language
        self.said = _SAID[language]

    async def take(self, officer: Officer, state: str, **how: Any) -> None:
        """Pictures of a state."""
        await self.album.take(officer.page, _PART, state, self.language, **how)

    async def at_work(self, who: str) -> Officer:
        """Somebody who has signed in."""
        officer = await self.world.officer(self.language)
        await officer.signs_in(office.login(who, self.language), PASSWORD)
        await officer.page.locator(".shell").wait_for()
        return officer

    async def signing_in(self) -> None:
        """The door, a refusal, the one-time link, the second step, the agreement."""
        newcomer = await self.world.officer(self.language)
        await newcomer.page.goto(f"{self.system.address}/console/")
        await newcomer.page.get_by_label(newcomer.t("signin.login"), exact=True).wait_for()
        await self.take(newcomer, "door")
        await newcomer.signs_in("nobody", "not a password")
        await newcomer.page.get_by_role("alert").filter(has_text=".").or_(newcomer.page.locator(".refused p")).first.wait_for()
        await self.take(newcomer, "door-refused")

        staff = staff_at(self.system.data_dir)
        database = self.system.database()
        with database.session() as session:
            account = select(StaffAccount.id).where(StaffAccount.login == office.login("newcomer", self.language))
            token = staff.invite(session, None, session.execute(account).scalar_one())
        database.close()
        await newcomer.page.goto("about:blank")
        await newcomer.page.goto(f"{self.system.address}/console/#invite={token}")
        await newcomer.page.get_by_label(newcomer.t("password.new"), exact=True).fill(PASSWORD)
        await self.take(newcomer, "invitation")
        await newcomer.page.get_by_label(newcomer.t("password.again"), exact=True).fill(PASSWORD)
        await newcomer.button(newcomer.t("invitation.go")).click()
        await newcomer.page.get_by_label(newcomer.t("agreement.read"), exact=True).wait_for()
        await self.take(newcomer, "agreement")
        await newcomer.signs()
        await newcomer.goes("me")
        await newcomer.button(newcomer.t("totp.turn_on")).click()
        await newcomer.page.get_by_label(newcomer.t("signin.password"), exact=True).fill(PASSWORD)
        await newcomer.button(newcomer.t("signin.go_on")).click()
        secret = await newcomer.page.get_by_label(newcomer.t("totp.secret"), exact=True).input_value()
        await self.take(newcomer, "second-step", show=newcomer.page.locator(".qr"))
        code = newcomer.page.get_by_label(newcomer.t("totp.code"), exact=True)
        await code.fill(pyotp.TOTP(secret.replace(" ", "")).now())
        await newcomer.button(newcomer.t("totp.turn_on")).click()
        await newcomer.button(newcomer.t("totp.turn_off")).wait_for()
        await newcomer.page.context.clear_cookies()
        await newcomer.page.goto("about:blank")
        await newcomer.signs_in(office.login("newcomer", self.language), PASSWORD)
        await newcomer.page.get_by_label(newcomer.t("signin.code"), exact=True).wait_for()
        await self.take(newcomer, "totp")
        await newcomer.page.context.close()

    async def queue(self) -> None:
        """Nobody waits; many wait; the filters; the keys."""
        officer = await self.at_work("officer")
        await officer.is_here()
        await officer.page.get_by_text(officer.t("board.waiting_none")).wait_for()
        await self.take(officer, "queue-empty")
        await office.fill_queue(self.system, self.language)
        await expect(officer.queue.get_by_role("listitem")).to_have_count(len(office.QUEUE[self.language]))
        await officer.page.reload()
        await expect(officer.queue.get_by_role("listitem")).to_have_count(len(office.QUEUE[self.language]))
        await self.take(officer, "queue-busy")
        await officer.page.keyboard.press("f")
        await officer.page.locator("#board-filters select").first.wait_for()
        await self.take(officer, "queue-filters")
        await officer.page.keyboard.press("Escape")
        await officer.page.locator("h1").first.evaluate("() => document.activeElement.blur()")
        await officer.page.keyboard.press("?")
        await officer.dialog.wait_for()
        await self.take(officer, "keyboard")
        await officer.page.context.close()

    async def conversation(self) -> None:
        """A conversation from the queue to its end, with everything that can be done to it."""
        officer = await self.at_work("officer")
        await officer.is_here()
        trainee = await self.at_work("trainee")
        ann = await self.world.applicant(self.language)
        await ann.say(self.said["profile"])
        await ann.chooses(self.said["taught"])
        await ann.settled()
        await ann.say(self.said["degree"])
        await ann.card("checklist").wait_for()
        await ann.say(self.said["asked"])
        await ann.settled()
        await ann.chooses(ann.t("composer.person"))
        await ann.chooses(self.said["wait"])
        await expect(ann.speaker).to_contain_text(ann.t("head.queued"))
        await officer.opens(self.said["row"])
        await self.take(officer, "conversation-waiting")
        await trainee.opens(self.said["row"])
        await trainee.box.fill(self.said["draft"])
        await self.take(trainee, "draft", show=trainee.box)
        await trainee.box.press("Enter")
        await officer.acts("claim")
        await officer.says(self.said["hello"])
        await ann.sees(self.said["hello"])
        await ann.say(self.said["reply"])
        await officer.sees(self.said["reply"][:8])
        await officer.box.fill(self.said["typed"])
        await officer.queue.locator(".queue-lists").evaluate("(each) => each.scrollTo(0, 0)")
        await self.take(officer, "conversation", show=officer.box)
        await officer.page.get_by_role("tab", name=officer.t("box.note"), exact=True).click()
        await officer.box.fill(self.said["note"])
        await self.take(officer, "note", show=officer.box)
        await officer.box.press("Enter")
        await officer.sees(self.said["note"])
        await officer.page.get_by_role("tab", name=officer.t("box.reply"), exact=True).click()
        await officer.box.fill("/")
        await officer.page.get_by_role("listbox").wait_for()
        await self.take(officer, "replies", show=officer.box)
        await officer.page.keyboard.press("Escape")
        await officer.box.fill("")
        name = await officer.name()
        await officer.button(officer.t("cards.open", name=name), officer.talk).click()
        await officer.page.get_by_role("menu").wait_for()
        await self.take(officer, "cards", show=officer.box)
        await officer.page.get_by_role("menuitem", name=officer.t("card.checklist"), exact=True).click()
        await self.take(officer, "card-checklist")
        await officer.page.keyboard.press("Escape")
        dialog = await officer.picks_card("station")
        await dialog.get_by_label(officer.t("field.station"), exact=True).select_option("civic_center")
        await officer.confirms("cards.send")
        await officer.page.locator(".transcript [data-card], .transcript .card, .transcript permit-card").last.wait_for()
        await self.take(officer, "card-sent", show=officer.messages.last)
        for kind in ("transfer", "hand_back", "close"):
            await officer.acts(kind)
            await officer.dialog.wait_for()
            await self.take(officer, kind.replace("_", "-"))
            await officer.page.keyboard.press("Escape")
            await expect(officer.dialog).to_have_count(0)
        masked = officer.messages.filter(has_text="••").last
        await masked.get_by_role("button", name=officer.t("reveal.label_message", time="\0").split("\0")[0]).click()
        await self.take(officer, "reveal")
        await officer.dialog.get_by_label(officer.t("reveal.reason"), exact=True).select_option("call_back")
        await officer.confirms("reveal.yes")
        await officer.page.get_by_text(officer.t("reveal.written")).wait_for()
        await self.take(officer, "revealed", show=officer.messages.filter(has_text=officer.t("reveal.written")).last)
        tag = officer.about.get_by_label(officer.t("tags.new"), exact=True)
        await tag.fill(self.said["tag"])
        await tag.press("Enter")
        await officer.about.get_by_text(self.said["tag"], exact=True).first.wait_for()
        await self.take(officer, "about", again=lambda: self._about(officer))
        await officer.page.keyboard.press("Escape")

        await officer.page.context.set_offline(True)
        await officer.box.fill(self.said["typed"])
        await officer.box.press("Enter")
        await officer.page.locator(".offline").wait_for()
        await self.take(officer, "offline")
        await officer.page.context.set_offline(False)
        await expect(officer.page.locator(".offline")).to_have_count(0)
        await ann.sees(self.said["typed"])

        office.give_to(self.system, self._conversation(), "colleague", self.language)
        await officer.says_in_vain(self.said["typed"])
        await self.take(officer, "lost")
        office.give_to(self.system, self._conversation(), "officer", self.language)
        await officer.page.reload()
        await officer.closes()
        await officer.talk.get_by_text(officer.t("state.CLOSED")).first.wait_for()
        await self.take(officer, "closed")
        self._sign_out("officer")
        await officer.page.evaluate("location.hash = '#/search'")
        await officer.page.get_by_text(officer.t("signin.ended")).wait_for()
        await self.take(officer, "signed-out")
        for page in (officer.page, trainee.page, ann.page):
            await page.context.close()

    async def _about(self, officer: Officer) -> None:
        if not await officer.about.is_visible():
            await officer.button(officer.t("about.region"), officer.talk).click()

    def _conversation(self) -> str:
        database = self.system.database()
        with database.session() as session:
            newest = select(Conversation.id).where(Conversation.state == "WITH_STAFF").order_by(Conversation.created_at.desc()).limit(1)
            found: str = session.execute(newest).scalar_one()
        database.close()
        return found

    def _sign_out(self, who: str) -> None:
        database = self.system.database()
        with database.session() as session:
            account = select(StaffAccount.id).where(StaffAccount.login == office.login(who, self.language)).scalar_subquery()
            session.execute(delete(StaffSession).where(StaffSession.account_id == account).execution_options(synchronize_session=False))
        database.close()

    async def pages(self) -> None:
        """Left messages, search, own account; what supervisors and administrators see."""
        await office.empty_queue(self.system, self.language)
        office.nobody_is_there(self.system)
        sender = f"left-{self.language}"
        await office.says(self.system, sender, self.language, "/handoff", "desk:message", self.said["left"], self.said["left_by"])
        officer = await self.at_work("supervisor")
        await officer.goes("messages")
        await officer.page.get_by_text(self.said["left"]).first.wait_for()
        await self.take(officer, "left-messages")
        item = officer.page.get_by_role("listitem").filter(has_text=self.said["left"]).first
        await item.get_by_role("button", name=officer.t("left.take")).first.click()
        await item.get_by_role("textbox").fill(self.said["answer"])
        await self.take(officer, "left-answer")
        await officer.button(officer.t("left.send"), item).click()
        await officer.confirms("left.send")
        await officer.goes("search")
        await self.take(officer, "search")
        await officer.goes("audit")
        await officer.page.get_by_role("table").wait_for()
        await self.take(officer, "audit")
        await officer.goes("me")
        await self.take(officer, "my-account")
        await officer.page.context.close()

        root = await self.at_work("administrator")
        await root.goes("accounts")
        await root.page.get_by_role("table").wait_for()
        await self.take(root, "accounts")
        await root.button(root.t("account.new")).click()
        await self.take(root, "account-new")
        await root.page.keyboard.press("Escape")
        await expect(root.dialog).to_have_count(0)
        await root.page.get_by_role("button", name=root.t("account.link_label", name=office.NAMES["trainee"][self.language])).first.click()
        await root.button(root.t("account.link_yes"), root.dialog).click()
        await root.page.get_by_label(root.t("account.link"), exact=True).wait_for()
        await self.take(root, "account-link")
        await root.page.context.close()

        away = await self.world.officer(self.language)
        await away.page.route("**/console/api/**", lambda route: route.abort())
        await away.page.goto(f"{self.system.address}/console/")
        await away.page.get_by_role("heading", name=away.t("unreachable.title")).wait_for()
        await self.take(away, "unreachable")
        await away.page.context.close()


async def console(system: System, world: World, album: Album, language: Language) -> list[tuple[str, Any]]:
    """The scenes in their order, by name."""
    scenes = Scenes(system, world, album, language)
    return [("signing in", scenes.signing_in), ("queue", scenes.queue), ("conversation", scenes.conversation), ("pages", scenes.pages)]
