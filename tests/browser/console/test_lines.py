"""The line to the gateway goes and comes back: nothing an officer wrote is lost or said twice, nothing an applicant wrote is missed."""

from __future__ import annotations

from playwright.async_api import Route, expect

from tests.browser.console.workplace import Workplace


async def test_reply_written_without_a_line_is_said_once_when_it_is_back(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await officer.open()
    await officer.take(conversation)
    await workplace.gateway.texts(None, "ann")
    await officer.page.context.set_offline(True)
    await expect(officer.page.locator(".offline")).to_contain_text("No connection since")
    for text in ("first", "second"):
        await officer.box.fill(text)
        await officer.box.press("Enter")
    await expect(officer.transcript.locator(".pending")).to_have_count(2)
    await workplace.asks("Are you there?", sender="ann")
    await officer.page.context.set_offline(False)
    await expect(officer.page.locator(".offline")).to_have_count(0)
    await officer.sees("Are you there?")
    await expect(officer.transcript.locator(".pending")).to_have_count(0)
    await expect(officer.transcript.locator(".message.staff .bubble")).to_have_text(["first", "second"])
    assert [text for text in await workplace.gateway.texts(None, "ann") if text in ("first", "second")] == ["first", "second"]


async def test_reply_whose_answer_is_lost_on_the_way_is_said_once(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await officer.open()
    await officer.take(conversation)
    await workplace.gateway.texts(None, "ann")
    lost: list[int] = []

    async def lose_the_first_answer(route: Route) -> None:
        response = await route.fetch()
        if not lost:
            lost.append(response.status)
            await route.abort()
        else:
            await route.fulfill(response=response)

    await officer.page.route("**/reply", lose_the_first_answer)
    await officer.box.fill("Once.")
    await officer.box.press("Enter")
    await officer.sees("Once.")
    await expect(officer.transcript.locator(".pending")).to_have_count(0)
    assert lost == [200]
    assert (await workplace.gateway.texts(None, "ann")).count("Once.") == 1


async def test_unsent_words_hold_the_page_and_the_sign_out(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", name="Chen Li")
    conversation = await workplace.waits("What is the fee?")
    await officer.open()
    await officer.take(conversation)
    await officer.page.context.set_offline(True)
    await officer.box.fill("Not gone yet.")
    await officer.box.press("Enter")
    await expect(officer.transcript.locator(".pending")).to_be_visible()
    await officer.page.get_by_role("button", name="Chen Li, Officer: account and language").click()
    await officer.page.get_by_role("menuitem", name="Sign out").click()
    await expect(officer.dialog).to_contain_text("has not been sent yet")
    await officer.confirms("act.cancel")
    await expect(officer.transcript.locator(".pending")).to_contain_text("Not gone yet.")


async def test_half_written_reply_stays_with_its_conversation(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    one, other = await workplace.waits("What is the fee?"), await workplace.waits("Where do I go?")
    await officer.open()
    await officer.take(one)
    await officer.box.fill("for the first")
    await officer.take(other)
    await expect(officer.box).to_have_value("")
    await officer.watch(one)
    await expect(officer.box).to_have_value("for the first")


async def test_new_message_is_shown_read_out_and_counted(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await officer.open()
    await officer.take(conversation)
    await officer.say("Good morning.")
    await workplace.asks("Thank you, and the residence permit?", sender="ann")
    await officer.sees("Thank you, and the residence permit?")
    await expect(officer.page.get_by_role("status").filter(has_text="New message from")).to_have_count(1)
    # What is on screen is not new; what comes when another conversation is open is, and only that.
    await expect(officer.row(conversation).locator(".unread")).to_have_count(0)
    other = await workplace.waits("Where do I go?", sender="bob")
    await officer.watch(other)
    await expect(officer.row(conversation).locator(".unread")).to_have_count(0)
    await workplace.asks("And on Saturday?", sender="ann")
    await expect(officer.row(conversation).locator(".unread")).to_have_text("1 new")
    await officer.watch(conversation)
    await expect(officer.row(conversation).locator(".unread")).to_have_count(0)
    await officer.say("Closed then.")
    await officer.watch(other)
    for count, text in enumerate(("And at noon?", "Thank you."), start=1):
        await workplace.asks(text, sender="ann")
        await expect(officer.row(conversation).locator(".unread")).to_have_text(f"{count} new")
