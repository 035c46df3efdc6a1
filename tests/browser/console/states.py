"""Every state of the console that a person can bring about, as a walk: each step leaves the page in the state that it names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta

from playwright.async_api import expect
from sqlalchemy.orm import Session

from bot.db import now
from bot.languages import Language
from bot.permits.models import Applicant, Application, LookupProof, StageEntry
from tests.browser.console.workplace import Console, Workplace

Walk = AsyncIterator[tuple[str, Console]]
SAID: dict[Language, str] = {"en": "My permit 202612345678 ends soon, what is the fee?", "zh": "我的许可202612345678快到期了，要多少费用？"}


async def door(workplace: Workplace, language: Language) -> Walk:
    """Before one is in."""
    locale = "zh-CN" if language == "zh" else "en-GB"
    person = await Console(await workplace.page(locale=locale), workplace.url, language).open()
    await person.field(person.t("signin.login")).wait_for()
    yield "sign-in", person
    await person.sign_in("nobody", "wrong")
    await person.page.get_by_role("alert").filter(has_text="。" if language == "zh" else ".").wait_for()
    yield "refused", person
    token = await workplace.invited("chen.li", language=language)
    await person.page.goto("about:blank")
    await person.page.goto(f"{workplace.url}/console/#invite={token}")
    await person.field(person.t("password.new")).fill("seven quiet herons")
    yield "first password", person
    await person.field(person.t("password.again")).fill("seven quiet herons")
    await person.button(person.t("invitation.go")).click()
    await person.field(person.t("agreement.read")).check()
    yield "agreement", person
    await person.button(person.t("agreement.sign")).click()
    await person.queue.get_by_text(person.t("board.waiting_none")).wait_for()
    yield "empty board", person
    await person.open("me")
    await person.page.locator(".sessions li").wait_for()
    await person.button(person.t("totp.turn_on")).click()
    await person.field(person.t("signin.password")).fill("seven quiet herons")
    await person.button(person.t("signin.go_on")).click()
    await person.page.locator("img.qr").wait_for()
    await person.button(person.t("password.change")).click()
    yield "my account", person


async def talk(workplace: Workplace, language: Language) -> Walk:
    """A conversation from the queue to its end."""
    officer = await workplace.hired(
        "chen.li", stations=("civic_center",), name="陈丽" if language == "zh" else "Chen Li", language=language
    )
    trainee = await workplace.hired("lin", "trainee", language=language)
    conversation = await workplace.waits(SAID[language], language=language, minutes=22, sender="ann")
    await workplace.waits(SAID[language], language=language, minutes=7)
    await officer.open()
    await officer.row(conversation).wait_for()
    yield "board", officer
    await officer.button(officer.t("board.filter")).click()
    yield "filters", officer
    await officer.watch(conversation)
    await officer.button(officer.t("talk.show_all")).click()
    await officer.transcript.locator(".message.bot").first.wait_for()
    yield "read", officer
    await (
        officer.transcript.locator(".message-acts")
        .get_by_role("button", name=officer.t("reveal.act"))
        .or_(officer.transcript.locator(".message-acts .button").filter(has=officer.page.locator("svg")))
        .first.click()
    )
    await officer.dialog.wait_for()
    yield "reveal", officer
    await officer.page.keyboard.press("Escape")
    await trainee.open(f"board/{conversation}")
    await trainee.box.fill("A draft.")
    await trainee.box.press("Enter")
    await trainee.page.locator("article.proposal").wait_for()
    yield "draft of a trainee", trainee
    await officer.acts("claim", conversation)
    await expect(officer.box).to_be_focused()
    yield "mine, with a draft", officer
    await officer.say("Good morning.")
    await officer.page.keyboard.type("/")
    await officer.page.get_by_role("listbox").wait_for()
    yield "ready-made replies", officer
    await officer.page.keyboard.press("Escape")
    await officer.talk.get_by_role("tab", name=officer.t("box.note")).click()
    await officer.box.fill("A note.")
    yield "note", officer
    await officer.box.press("Enter")
    await officer.transcript.locator(".message.note:not(.pending)").wait_for()
    await officer.talk.get_by_role("tab", name=officer.t("box.reply")).click()
    await workplace.run(_prove, conversation)
    await officer.page.reload()
    for kind in ("status", "checklist", "station", "rating"):
        await officer.button(officer.t("cards.open", name=officer.name(conversation))).click()
        yield "menu of cards", officer
        await officer.page.get_by_role("menuitem", name=officer.t(f"card.{kind}"), exact=True).click()
        if kind == "checklist":
            await officer.dialog.get_by_label(officer.t("cards.type"), exact=True).select_option("extension")
        if kind == "station":
            await officer.dialog.get_by_label(officer.t("field.station"), exact=True).select_option("qianhai")
        yield f"window of {kind}", officer
        await officer.confirms("cards.send")
    await expect(officer.transcript.locator(".card-frame")).to_have_count(4)
    yield "cards", officer
    for move in ("transfer", "hand_back", "close"):
        await officer.acts(move, conversation)
        await officer.dialog.wait_for()
        yield move, officer
        await officer.page.keyboard.press("Escape")
    await officer.page.keyboard.press("?")
    await officer.dialog.wait_for()
    yield "keys", officer
    await officer.page.keyboard.press("Escape")
    await officer.page.context.set_offline(True)
    await officer.page.locator(".offline").wait_for()
    await officer.box.fill("Waits.")
    await officer.box.press("Enter")
    await officer.transcript.locator(".pending.waiting").wait_for()
    yield "offline", officer
    await officer.page.context.set_offline(False)
    await officer.page.locator(".offline").wait_for(state="detached")
    await officer.acts("close", conversation)
    await officer.dialog.get_by_role("radio").first.check()
    await officer.confirms("close.yes")
    await officer.talk.get_by_text(officer.t("box.closed")).or_(officer.box).first.wait_for()
    yield "closed", officer
    await workplace.run(workplace.staff.set_active, None, officer.account_id, False)
    await officer.page.get_by_text(officer.t("signin.ended")).wait_for()
    yield "put out", officer


async def pages(workplace: Workplace, language: Language) -> Walk:
    """The other pages."""
    supervisor = await workplace.hired("zhou", "supervisor", name="周敏" if language == "zh" else "Zhou Min", language=language)
    administrator = await workplace.hired("root", "administrator", language=language)
    await workplace.asks("人工" if language == "zh" else "person", "desk:message", SAID[language], "13812345678", language=language)
    await supervisor.open("messages")
    await supervisor.page.locator(".left").wait_for()
    yield "left messages", supervisor
    await supervisor.page.locator(".left .button.main").click()
    await supervisor.page.locator(".left textarea").fill("Answered by phone.")
    yield "answer", supervisor
    await supervisor.open("search")
    await supervisor.page.locator("tbody tr").wait_for()
    yield "search", supervisor
    await supervisor.open("audit")
    await supervisor.page.locator("tbody tr").first.wait_for()
    yield "audit trail", supervisor
    await administrator.open("accounts")
    await administrator.page.locator("tbody tr").first.wait_for()
    yield "accounts", administrator
    await administrator.button(administrator.t("account.new")).click()
    yield "new account", administrator
    await administrator.field(administrator.t("account.login")).fill("new.officer")
    await administrator.dialog.get_by_label(administrator.t("account.name"), exact=True).fill("New Officer")
    await administrator.dialog.get_by_role("button", name=administrator.t("account.create")).click()
    await administrator.field(administrator.t("account.link")).wait_for()
    yield "link", administrator
    await administrator.page.keyboard.press("Escape")
    await administrator.page.get_by_role(
        "button", name=administrator.t("account.sessions_label", name="Zhou Min" if language == "en" else "周敏")
    ).click()
    await administrator.dialog.locator(".sessions li").first.wait_for()
    yield "sessions", administrator


def _prove(session: Session, conversation_id: str) -> None:
    """Somebody's application, and the proof that it is this applicant's."""
    moment = now()
    person = Applicant(given_name="Freja", family_name="Kjær", nationality="DK", date_of_birth=date(1990, 3, 4), source="demo")
    application = Application(
        applicant=person,
        application_type="extension",
        category="B",
        acceptance_number="DEMO-A-200003",
        station="civic_center",
        stage="submitted",
        stage_since=moment,
        submitted_at=moment,
        history=[StageEntry(stage="submitted", at=moment)],
        source="demo",
    )
    session.add(application)
    session.flush()
    until = moment + timedelta(minutes=10)
    session.add(
        LookupProof(conversation_id=conversation_id, applicant_id=application.applicant_id, application_id=application.id, until=until)
    )
