"""The office itself: its first administrator, its first officer, and messages that are left when nobody is there."""

from __future__ import annotations

from playwright.async_api import Browser, expect
from sqlalchemy import select

from bot.staff.models import StaffAccount
from tests.browser.people import World
from tests.staff import PASSWORD, make_officer
from tests.system import System


def _kept_of(system: System, login: str) -> str:
    """What is kept of somebody's password."""
    database = system.database()
    with database.session() as session:
        kept = session.execute(select(StaffAccount.password_hash).where(StaffAccount.login == login)).scalar_one()
    database.close()
    return str(kept)


async def test_printed_link_makes_an_administrator_who_invites_an_officer_who_signs_first(world: World, system: System) -> None:
    root = await world.officer("zh")
    await root.accepts(system.invitation(), PASSWORD)
    await root.page.get_by_role("link", name=root.t("page.accounts"), exact=True).click()
    await root.button(root.t("account.new")).click()
    await root.dialog.get_by_label(root.t("account.login"), exact=True).fill("he.yun")
    await root.dialog.get_by_label(root.t("account.name"), exact=True).fill("何云")
    await root.dialog.get_by_label(root.t("account.role"), exact=True).select_option("officer")
    await root.dialog.get_by_text("前海", exact=False).first.click()
    await root.button(root.t("account.create"), root.dialog).click()
    link = await root.dialog.get_by_label(root.t("account.link"), exact=True).input_value()

    officer = await world.officer("zh")
    await officer.accepts(link, "lanterns over nine quays")
    await expect(officer.page.get_by_role("heading", name=officer.t("agreement.title"), level=1)).to_be_visible()
    await expect(officer.queue).to_have_count(0)
    assert _kept_of(system, "he.yun").startswith("$argon2id$v=19$m=65536,t=3,p=1$"), "a password costs what docs/security.md says"
    await officer.signs()
    await expect(officer.queue).to_be_visible()
    await officer.is_here()

    applicant = await world.applicant("zh")
    await applicant.asks("办理工作许可要交费吗？", "不收费")
    await applicant.chooses(applicant.t("composer.person"))
    await applicant.chooses("排队等候")
    # Somebody else may wait too.
    await officer.opens("办理工作许可要交费吗？")
    await officer.acts("claim")
    await applicant.sees("工作人员何云")
    await officer.says("您好，请讲。")
    await applicant.sees("您好，请讲。")
    await officer.closes("other")
    await applicant.sees("工作人员已结束本次对话")

    again = await world.officer("zh")
    await again.page.goto(link)
    await expect(again.page.get_by_text(again.t("invitation.ask"))).to_be_visible()
    assert not any("error" in error.lower() and "404" not in error for error in world.errors), world.errors


async def test_message_left_in_the_evening_is_answered_and_found(evening: System, browser: Browser) -> None:
    world = World(evening.address, browser)
    database = evening.database()
    with database.session() as session:
        make_officer(session, "song.yu", "officer", "Song Yu", ("civic_center",), presence="off", language="en", password=PASSWORD)
    database.close()

    device = await world.device("en")
    ann = await world.applicant_on(device)
    await ann.asks("How much does the permit cost?", "no fee")
    await expect(ann.notice).to_contain_text("Outside office hours")
    await ann.chooses(ann.t("composer.person"))
    await ann.sees("The desk is closed now.")
    await expect(ann.window.get_by_role("button", name="Wait for an officer")).to_have_count(0)
    form = ann.card("handoff")
    await form.get_by_label(ann.t("cards.leave.text"), exact=True).fill("Is my diploma of 1998 still recognised here?")
    await form.get_by_role("button", name=ann.t("cards.leave.send"), exact=True).click()
    await expect(form).to_contain_text(ann.t("cards.leave.sent"))
    await ann.asks("Which hours does the hall have?", "09:00")
    await ann.page.close()

    officer = await world.officer("en")
    await officer.signs_in("song.yu", PASSWORD)
    await officer.page.get_by_role("link", name=officer.t("page.messages")).first.click()
    item = officer.page.get_by_role("listitem").filter(has_text="Is my diploma of 1998 still recognised here?")
    await item.get_by_role("button", name=officer.t("left.take")).click()
    await item.get_by_role("textbox").fill("Yes, once it is legalised and verified by CSCSE.")
    await officer.button(officer.t("left.send"), item).click()
    await officer.confirms("left.send")
    await expect(officer.page.get_by_text(officer.t("left.none_open"))).to_be_visible()

    back = await world.applicant_on(device)
    await back.sees("Yes, once it is legalised and verified by CSCSE.")
    await expect(back.bubbles.filter(has_text="Is my diploma of 1998 still recognised here?").first).to_be_visible()
    assert world.errors == []
