"""The widget where lines drop and devices change: reloads, tabs, storage, other devices, and pages that are refused."""

from __future__ import annotations

import asyncio
import json

from playwright.async_api import expect

from bot.app import DATABASE, SOCKETS
from bot.conversations.models import Message
from tests.browser.conftest import Site, StartSite
from tests.browser.widget import CHINESE
from tests.limiters import go_on, stand_still
from tests.lines import line_to


def stored(site: Site) -> list[tuple[int, str, str]]:
    """Number, author and text of everything in the record."""
    with site.gateway.server.app[DATABASE].session() as session:
        return [(row.seq, row.author, row.text) for row in session.query(Message).order_by(Message.created_at, Message.seq)]


async def test_nothing_is_stored_before_the_first_message_and_no_cookie_ever(site: Site) -> None:
    widget = await site.opened()
    await widget.button("中文").click()
    widget.words = CHINESE
    await widget.button("菜单").click()
    await widget.window.get_by_role("button", name="大字号", exact=True).click()
    assert await widget.storage() == {}
    await widget.page.keyboard.press("Escape")
    await widget.asks("费用？", "政府不收费")
    kept = await widget.storage()
    assert "permit-assistant.token" in kept
    assert json.loads(kept["permit-assistant.settings"])["size"] == "large"
    assert not any("费用" in value for value in kept.values())
    assert await widget.page.context.cookies() == []
    assert await widget.page.evaluate("document.cookie") == ""


async def test_no_request_goes_to_another_origin(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("What is the fee?", "no fee")
    ours = (site.host.origin, site.gateway.url("").rstrip("/"))
    assert [url for url in site.requests if not url.startswith(ours) and not url.startswith("blob:")] == []


async def test_before_the_first_click_the_page_loads_the_loader_alone(site: Site) -> None:
    widget = await site.widget()
    await widget.page.wait_for_load_state("networkidle")
    assert [url for url in site.requests if url.startswith(site.gateway.url("").rstrip("/"))] == [site.gateway.url("/widget.js")]


async def test_reload_brings_the_conversation_back(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("one", "echo: one")
    await widget.asks("two", "echo: two")
    await widget.page.reload()
    await widget.sees("echo: two")
    assert await widget.texts() == ["one", "echo: one", "two", "echo: two"]
    await widget.asks("three", "echo: three")
    assert [seq for seq, _, _ in stored(site)] == [1, 2, 3, 4, 5, 6]


async def test_offline_messages_wait_and_everything_is_caught_up_without_loss_or_double(site: Site) -> None:
    widget = await site.opened()
    officer = site.officer()
    await widget.asks("one", "echo: one")
    await officer.joins()
    await expect(widget.speaker).to_contain_text("Wang Fang")
    await widget.page.context.set_offline(True)
    await expect(widget.notice).to_contain_text("No connection")
    await widget.say("two")
    await widget.say("three")
    await expect(widget.log.get_by_text("Kept here, sent when the connection is back")).to_be_visible()
    await officer.says("said meanwhile")
    await widget.page.context.set_offline(False)
    await widget.sees("said meanwhile")
    await expect(widget.log.get_by_text("Sent", exact=True)).to_be_visible()
    await expect(widget.notice).to_be_hidden()
    shown = [text for text in await widget.texts() if "Wang Fang" not in text]
    assert shown == ["one", "echo: one", "said meanwhile", "two", "three"]
    assert [text for _, author, text in stored(site) if author == "applicant"] == ["one", "two", "three"]


async def test_message_written_offline_survives_a_reload_and_is_sent_once(site: Site) -> None:
    async with line_to(site.gateway.server.port or 0) as line:
        site.host.gateway = line.url
        widget = await site.opened()
        await widget.asks("one", "echo: one")
        line.cut(stay=True)
        await expect(widget.notice).to_contain_text("No connection")
        await widget.say("two")
        kept = await widget.storage()
        assert [json.loads(value)["message"] for name, value in kept.items() if ".outbox." in name] == ["two"]
        line.mend()
        await widget.page.reload()
        await widget.sees("echo: two")
        assert await widget.texts() == ["one", "echo: one", "two", "echo: two"]
        assert [name for name in await widget.storage() if ".outbox." in name] == []


async def test_line_cut_between_sending_and_acknowledgement_stores_and_shows_once(site: Site) -> None:
    async with line_to(site.gateway.server.port or 0) as line:
        site.host.gateway = line.url
        widget = await site.opened()
        await widget.asks("one", "echo: one")
        line.hold()
        await widget.say("two")
        await asyncio.wait_for(line.held.wait(), 20)
        line.cut()
        await widget.sees("echo: two")
        assert await widget.texts() == ["one", "echo: one", "two", "echo: two"]
    assert [text for _, author, text in stored(site) if author == "applicant"] == ["one", "two"]


async def test_two_tabs_show_the_same_conversation(site: Site) -> None:
    first = await site.opened()
    await first.asks("one", "echo: one")
    second = await site.widget(await site.tab(first.page.context))
    await second.open()
    await second.sees("echo: one")
    await second.asks("two", "echo: two")
    await first.sees("echo: two")
    assert await first.texts() == await second.texts() == ["one", "echo: one", "two", "echo: two"]


async def test_tab_that_was_open_before_the_first_message_joins_the_conversation(site: Site) -> None:
    first = await site.opened()
    second = await site.widget(await site.tab(first.page.context))
    await second.open()
    await first.asks("one", "echo: one")
    await second.sees("echo: one")
    await second.asks("two", "echo: two")
    await first.sees("echo: two")
    assert [seq for seq, _, _ in stored(site)] == [1, 2, 3, 4]


async def test_two_scripts_on_one_page_make_one_widget(site: Site) -> None:
    widget = await site.widget(query="?twice=1")
    await widget.open()
    await expect(widget.page.locator("permit-assistant")).to_have_count(1)
    await widget.page.evaluate("document.body.append(document.createElement('permit-assistant'))")
    await expect(widget.page.get_by_role("dialog")).to_have_count(1)


async def test_other_device_goes_on_with_a_code(site: Site) -> None:
    first = await site.opened()
    await first.asks("one", "echo: one")
    await first.menu("Go on from another device")
    await first.button("Make a code").click()
    code = await first.window.locator(".code").inner_text()
    second = await site.opened()
    await second.button("Go on with a conversation from another device").click()
    await second.window.get_by_label("Code").fill("WRONGWRONG")
    await second.button("Go on").click()
    await expect(second.window.get_by_role("alert").filter(has_text="code")).to_be_visible()
    await second.window.get_by_label("Code").fill(code)
    await second.button("Go on").click()
    await second.sees("echo: one")
    await second.asks("two", "echo: two")
    await first.button("Back to the conversation").click()
    await first.sees("echo: two")


async def test_too_many_messages_are_sent_again_by_themselves(start_site: StartSite) -> None:
    site = await start_site(messages_per_minute=20)
    limiter = site.gateway.server.app[SOCKETS]._limiter
    stand_still(limiter)
    widget = await site.opened()
    for number in range(22):
        await widget.say(f"message {number}")
    await expect(widget.log.get_by_text("Too many messages at once.")).to_be_visible()
    go_on(limiter)
    await expect(widget.bubbles.filter(has_text="echo: message 21")).to_be_visible()
    assert [text for _, author, text in stored(site) if author == "applicant"] == [f"message {number}" for number in range(22)]


async def test_widget_works_where_storage_is_blocked(site: Site) -> None:
    page = await site.page()
    await page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });"
    )
    widget = await site.opened(page)
    await widget.asks("one", "echo: one")
    await widget.asks("two", "echo: two")
    assert site.errors == []


async def test_key_that_has_expired_begins_a_new_conversation_and_says_so(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("one", "echo: one")
    await widget.page.evaluate("localStorage.setItem('permit-assistant.token', JSON.stringify('forged.token'))")
    await widget.page.reload()
    await expect(widget.window.get_by_text("The earlier conversation cannot be opened")).to_be_visible()
    await widget.asks("two", "echo: two")
    assert "one" not in await widget.texts()


async def test_device_forgets_on_request(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("one", "echo: one")
    await widget.menu("My data")
    await widget.button("Remove from this device").click()
    await expect(widget.window.get_by_text("A program answers")).to_be_visible()
    assert await widget.storage() == {}
    await widget.page.reload()
    await widget.open()
    await expect(widget.bubbles).to_have_count(0)


async def test_page_that_may_not_use_the_gateway_is_told_how_to_reach_somebody(start_site: StartSite) -> None:
    site = await start_site(allowed_origins=frozenset())
    widget = await site.opened()
    await expect(widget.notice).to_contain_text("does not answer this page")
    await expect(widget.notice.get_by_role("link", name="0755-88121678")).to_have_attribute("href", "tel:0755-88121678")
    await widget.say("kept")
    await expect(widget.log.get_by_text("Kept here, sent when the connection is back")).to_be_visible()


async def test_window_that_cannot_be_loaded_says_so_and_can_be_tried_again(site: Site) -> None:
    widget = await site.widget()
    await widget.page.context.set_offline(True)
    await widget.launcher.click()
    failed = widget.page.get_by_role("alert").filter(has_text="could not be loaded")
    await expect(failed.get_by_role("link", name="0755-88121678")).to_have_attribute("href", "tel:0755-88121678")
    await widget.page.context.set_offline(False)
    await failed.get_by_role("button", name="Try again").click()
    await widget.asks("one", "echo: one")
