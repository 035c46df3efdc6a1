"""Accounts and the audit trail: tables that sort, filter, keep their filter in the address, and export what they show."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.async_api import expect

from tests.browser.console.workplace import Console, Workplace


async def test_administrator_makes_an_account_and_its_link_works_once(workplace: Workplace) -> None:
    administrator = await workplace.hired("root", "administrator")
    await administrator.open("accounts")
    await administrator.button("New account").click()
    await administrator.field("Login").fill("New.Officer")
    await administrator.dialog.get_by_label("Name", exact=True).fill("New Officer")
    await administrator.dialog.get_by_label("Role").select_option("trainee")
    await administrator.dialog.get_by_label("Language of the console").select_option("en")
    await administrator.dialog.get_by_role("button", name="Create account").click()
    link = await administrator.field("Invitation link").input_value()
    assert link.startswith(f"{workplace.url}/console/#invite=")
    await administrator.page.keyboard.press("Escape")
    row = administrator.page.locator("tbody tr", has_text="New Officer")
    await expect(row).to_contain_text("Invited, no password yet")
    newcomer = Console(await workplace.page(), workplace.url)
    await newcomer.page.goto(link)
    await newcomer.field("New password").fill("seven quiet herons")
    await newcomer.field("New password again").fill("seven quiet herons")
    await newcomer.button("Set password and sign in").click()
    await expect(newcomer.page.get_by_role("heading", name="Duty and privacy agreement", level=1)).to_be_visible()
    await administrator.page.reload()
    await expect(row).to_contain_text("Active")


async def test_login_that_is_taken_is_said_beside_the_form(workplace: Workplace) -> None:
    administrator = await workplace.hired("root", "administrator")
    await administrator.open("accounts")
    await administrator.button("New account").click()
    await administrator.field("Login").fill("root")
    await administrator.dialog.get_by_label("Name", exact=True).fill("Root Again")
    await administrator.dialog.get_by_role("button", name="Create account").click()
    await expect(administrator.dialog.get_by_role("alert")).to_contain_text("The login root is taken.")
    await expect(administrator.dialog.get_by_label("Name", exact=True)).to_have_value("Root Again")


async def test_another_role_puts_its_owner_out(workplace: Workplace) -> None:
    administrator = await workplace.hired("root", "administrator")
    officer = await workplace.hired("chen.li", name="Chen Li")
    await officer.open()
    await officer.queue.wait_for()
    await administrator.open("accounts")
    await administrator.button("Edit the account of Chen Li").click()
    await administrator.dialog.get_by_label("Role").select_option("trainee")
    await expect(administrator.dialog.get_by_text("Another role signs them out at once.")).to_be_visible()
    await administrator.confirms("act.save")
    await expect(officer.page.get_by_text("You have been signed out.")).to_be_visible()
    await officer.sign_in("chen.li")
    await expect(officer.queue).to_be_visible()
    await expect(officer.field("Presence")).to_have_count(0)


async def test_pages_that_a_role_may_not_see_are_not_there(workplace: Workplace) -> None:
    officer, administrator = await workplace.hired("chen.li"), await workplace.hired("root", "administrator")
    for person, hidden in ((officer, ("accounts", "audit")), (administrator, ("board", "search", "messages"))):
        await person.open()
        await person.page.get_by_role("navigation").wait_for()
        for page in hidden:
            await expect(person.page.get_by_role("link", name=person.t(f"page.{page}"))).to_have_count(0)
            await person.open(page)
            await expect(person.page.get_by_role("heading", level=1, name=person.t(f"page.{page}"))).to_have_count(0)


async def test_audit_trail_filters_sorts_and_exports_what_it_shows(workplace: Workplace, tmp_path: Path) -> None:
    officer = await workplace.hired("chen.li", name="Chen Li")
    supervisor = await workplace.hired("zhou", "supervisor", name="Zhou Min")
    conversation = await workplace.waits("What is the fee?")
    await officer.open()
    await officer.take(conversation)
    await officer.acts("close", conversation)
    await officer.dialog.get_by_label("Solved").check()
    await officer.confirms("close.yes")

    await supervisor.open("audit")
    page = supervisor.page
    rows = page.locator("tbody tr")
    await expect(rows.filter(has_text="Took from the queue")).to_have_count(1)
    await supervisor.field("Who").fill("Chen Li")
    await supervisor.field("What").fill("conversation:")
    await expect(rows.filter(has_text="Zhou Min")).to_have_count(0)
    await page.wait_for_url("**actor=Chen+Li*action=conversation*")
    await expect(rows.filter(has_text="Closed")).to_contain_text("Outcome Solved")
    await page.reload()
    await expect(supervisor.field("Who")).to_have_value("Chen Li")
    await expect(rows.filter(has_text="Took from the queue")).to_have_count(1)
    shown = await rows.count()

    await page.get_by_role("button", name="What", exact=True).click()
    await expect(page.get_by_role("columnheader", name="What", exact=True)).to_have_attribute("aria-sort", "ascending")
    first = await rows.first.inner_text()
    await page.get_by_role("button", name="What", exact=True).click()
    await expect(page.get_by_role("columnheader", name="What", exact=True)).to_have_attribute("aria-sort", "descending")
    assert await rows.first.inner_text() != first

    async with page.expect_download() as started:
        await page.get_by_role("link", name="Export as CSV").click()
    download = await started.value
    await download.save_as(tmp_path / "audit.csv")
    with open(tmp_path / "audit.csv", encoding="utf-8-sig", newline="") as file:
        exported = list(csv.DictReader(file))
    assert len(exported) == shown and {line["name"] for line in exported} == {"Chen Li"}
    assert {line["action"].split(":")[0] for line in exported} == {"conversation"}
    await supervisor.button("Clear filters").click()
    await expect(rows.filter(has_text="Exported the audit trail")).to_have_count(1)
