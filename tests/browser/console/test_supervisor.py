"""A supervisor with the keyboard alone: switches the assistant off and on, gives an applicant's data out, and erases it."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import expect

from bot.conversations.models import Conversation
from tests.browser.console.workplace import Workplace


async def test_supervisor_switches_the_assistant_and_everybody_sees_it(workplace: Workplace) -> None:
    chief = await workplace.hired("chief", "supervisor", name="Chen Li")
    officer = await workplace.hired("wang")
    for person in (chief, officer):
        await person.open()
        await person.queue.wait_for()
    keys = chief.page.keyboard
    await chief.page.locator("button.person").focus()
    await keys.press("Enter")
    await chief.page.get_by_role("menuitem", name="Switch the assistant off").press("Enter")
    await chief.dialog.locator("input").press("Enter")
    await expect(chief.dialog.get_by_role("alert")).to_contain_text("Say in a few words why.")
    await keys.type("Wrong answers about fees")
    await keys.press("Enter")
    banner = officer.page.locator(".switched-off")
    await expect(banner).to_contain_text("switched off by Chen Li")
    await expect(banner).to_contain_text("Wrong answers about fees")
    await expect(banner.get_by_role("button")).to_have_count(0)
    (told,) = await workplace.gateway.say("hello", "ann")
    assert told["metadata"]["notice"] == "assistant_off"
    await chief.page.locator(".switched-off button").focus()
    await keys.press("Enter")
    await keys.type("Corrected")
    await keys.press("Enter")
    await expect(banner).to_have_count(0)
    assert workplace.errors == []


async def test_supervisor_gives_out_and_erases_what_is_stored_of_an_applicant(workplace: Workplace, tmp_path: Path) -> None:
    chief = await workplace.hired("chief", "supervisor", name="Chen Li")
    conversation = await workplace.asks("My number is E12345678", sender="ann")
    await chief.open(f"board/{conversation}")
    code = chief.name(conversation).split()[-1]
    page, keys = chief.page, chief.page.keyboard
    await page.get_by_role("button", name="Give out").focus()
    await keys.press("Enter")
    await keys.type("By letter of 3 May")
    async with page.expect_download() as saving:
        await keys.press("Enter")
    await (await saving.value).save_as(tmp_path / "given.json")
    given = json.loads((tmp_path / "given.json").read_text(encoding="utf-8"))
    assert any(message["text"] == "My number is E12345678" for message in given["conversations"][0]["messages"])
    await expect(chief.dialog).to_contain_text(given["receipt"])
    await keys.press("Escape")
    await page.get_by_role("button", name="Erase").focus()
    await keys.press("Enter")
    await keys.type("By letter of 3 May")
    await keys.press("Tab")
    await keys.type("another")
    await keys.press("Enter")
    await expect(chief.dialog.get_by_role("alert")).to_contain_text(code)
    await chief.dialog.locator("input.code").fill(code.lower())
    await keys.press("Enter")
    await expect(chief.dialog.get_by_role("heading", name="Receipt: data erased")).to_be_visible()
    await expect(chief.dialog).to_contain_text(code)
    assert await workplace.run(lambda session: session.get(Conversation, conversation)) is None
    await keys.press("Escape")
    await expect(chief.dialog).to_have_count(0)
    assert [error for error in workplace.errors if "404" not in error] == []
