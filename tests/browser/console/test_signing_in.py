"""Getting in and being put out: password, second step, agreement, sessions, and what a cut leaves behind."""

from __future__ import annotations

import pyotp
from playwright.async_api import expect

from tests.browser.console.workplace import Console, Workplace
from tests.console import PASSWORD


async def test_wrong_password_says_so_and_gives_nothing_away(workplace: Workplace) -> None:
    await workplace.hired("chen.li")
    stranger = await Console(await workplace.page(), workplace.url).open()
    words = []
    for login in ("chen.li", "nobody"):
        await stranger.sign_in(login, "not this one")
        await expect(stranger.page.get_by_role("alert")).to_contain_text("Login or password is wrong")
        words.append(await stranger.page.get_by_role("alert").inner_text())
        await stranger.field("Password").fill("")
    assert words[0] == words[1]
    await expect(stranger.queue).to_have_count(0)


async def test_second_step_is_turned_on_asked_for_and_turned_off(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    await officer.open("me")
    await officer.button("Turn on").click()
    await expect(officer.field("Password")).to_be_focused()
    await officer.field("Password").fill(PASSWORD)
    await officer.button("Go on").click()
    await expect(officer.page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    secret = await officer.field("Secret for the app").input_value()
    await officer.field("Code from the app").fill(pyotp.TOTP(secret).now())
    await officer.button("Turn on").click()
    await expect(officer.page.get_by_text("On: each sign-in also asks for a code")).to_be_visible()

    again = await Console(await workplace.page(), workplace.url).open()
    await again.sign_in("chen.li")
    await expect(again.field("Code")).to_be_focused()
    await again.field("Code").fill("000000")
    await again.button("Go on").click()
    await expect(again.page.get_by_role("alert")).to_contain_text("code is wrong")
    await expect(again.queue).to_have_count(0)

    await officer.button("Turn off").click()
    await officer.field("Password").fill(PASSWORD)
    await officer.button("Turn off").click()
    await expect(officer.page.get_by_text("Off: the password alone opens this account.")).to_be_visible()


async def test_used_link_leads_to_words_not_to_a_form(workplace: Workplace) -> None:
    token = await workplace.invited("chen.li")
    page = await workplace.page()
    await page.goto(f"{workplace.url}/console/#invite={token}")
    officer = Console(page, workplace.url)
    await officer.field("New password").fill("seven quiet herons")
    await officer.field("New password again").fill("seven quiet herons")
    await officer.button("Set password and sign in").click()
    await expect(page.get_by_role("heading", name="Duty and privacy agreement", level=1)).to_be_visible()
    other = await workplace.page()
    await other.goto(f"{workplace.url}/console/#invite={token}")
    await expect(other.get_by_text("This link was used already or is too old.")).to_be_visible()
    await expect(other.get_by_label("New password", exact=True)).to_have_count(0)
    await other.get_by_role("button", name="Sign in").click()
    await expect(other.get_by_label("Login")).to_be_visible()


async def test_signing_out_empties_every_tab_of_the_browser(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", name="Chen Li")
    conversation = await workplace.waits("What is the fee?")
    await officer.open(f"board/{conversation}")
    await officer.transcript.wait_for()
    second = Console(await workplace.page(officer.page.context), workplace.url)
    await second.open()
    await expect(second.row(conversation)).to_be_visible()
    await officer.page.get_by_role("button", name="Chen Li, Officer: account and language").click()
    await officer.page.get_by_role("menuitem", name="Sign out").click()
    for each in (officer, second):
        await expect(each.field("Login")).to_be_visible()
        assert "What is the fee?" not in await each.page.content()
    assert "(1)" not in await officer.page.title()
    await expect(second.page.get_by_text("You have been signed out.")).to_be_visible()


async def test_disabled_account_is_cut_and_what_was_typed_is_gone(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", name="Chen Li")
    administrator = await workplace.hired("root", "administrator")
    conversation = await workplace.waits("What is the fee?")
    await officer.open()
    await officer.take(conversation)
    await administrator.open("accounts")
    await administrator.button("Disable the account of Chen Li").click()
    await administrator.confirms("account.disable")
    await expect(officer.page.get_by_text("You have been signed out.")).to_be_visible()
    assert "What is the fee?" not in await officer.page.content()
    await officer.sign_in("chen.li")
    await expect(officer.page.get_by_role("alert")).to_contain_text("the account is disabled")


async def test_session_elsewhere_is_listed_and_ended(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    elsewhere = await Console(await workplace.page(), workplace.url).open()
    await elsewhere.sign_in("chen.li")
    await elsewhere.queue.wait_for()
    await officer.open("me")
    sessions = officer.page.locator(".sessions li")
    await expect(sessions).to_have_count(2)
    await expect(sessions.filter(has_text="This one")).to_contain_text("Firefox")
    await sessions.filter(has_not_text="This one").get_by_role("button").click()
    await officer.confirms("session.end")
    await expect(sessions).to_have_count(1)
    await expect(elsewhere.page.get_by_text("You have been signed out.")).to_be_visible()


async def test_language_follows_the_account(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", name="Chen Li")
    await officer.open()
    await officer.page.get_by_role("button", name="Chen Li, Officer: account and language").click()
    await officer.page.get_by_role("menuitem", name="中文").click()
    await expect(officer.queue.get_by_text("暂无人等候。")).to_be_visible()
    assert await officer.page.evaluate("document.documentElement.lang") == "zh-CN"
    await officer.page.reload()
    await expect(officer.queue.get_by_text("暂无人等候。")).to_be_visible()
