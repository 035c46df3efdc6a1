"""The widget in a browser, on a page of another origin, against a real gateway: conversations, lines that drop, two tabs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from bot.app import DATABASE
from bot.conversations.models import Feedback, Message
from tests import midnight
from tests.browser.conftest import Site, StartSite
from tests.browser.widget import CHINESE, Widget
from tests.gateway import CLOSED, PARTS, FakePresence, answer, desk, reply


def stored(site: Site) -> list[tuple[int, str, str]]:
    """Number, author and text of everything in the record."""
    with site.gateway.server.app[DATABASE].session() as session:
        return [(row.seq, row.author, row.text) for row in session.query(Message).order_by(Message.created_at, Message.seq)]


async def test_english_conversation_from_the_first_click_to_an_answer_with_sources(site: Site) -> None:
    widget = await site.opened()
    await expect(widget.window.get_by_text("A program answers")).to_be_visible()
    await widget.asks("What is the fee?", "no fee")
    await expect(widget.log.locator("strong", has_text="no fee")).to_be_visible()
    await expect(widget.log.get_by_role("link", name="0755-88121678")).to_have_attribute("href", "tel:0755-88121678")
    assert "Source:" not in await widget.log.inner_text()
    await widget.log.get_by_text("Sources (2)").click()
    source = widget.log.get_by_role("link", name="Guide to the Foreigner's Work Permit in Shenzhen")
    await expect(source).to_have_attribute("href", "https://www.sz.gov.cn/guide")
    await expect(source).to_have_attribute("rel", "noopener noreferrer")
    await expect(widget.log.get_by_text("2 Mar 2026")).to_be_visible()
    assert site.errors == []


async def test_chinese_page_gets_a_chinese_conversation(site: Site) -> None:
    page = await site.page(locale="zh-CN")
    widget = Widget((await site.widget(page, "?lang=zh-CN")).page, CHINESE)
    await widget.open()
    await widget.button("需要哪些材料 按您的情况列出清单").click()
    await widget.sees("政府不收费")
    await widget.asks("办证要多少费用？", "政府不收费")
    await expect(widget.log.get_by_text("今天", exact=True)).to_be_visible()
    assert {asked["metadata"]["language"] for asked in site.gateway.rasa.asked} == {"zh"}
    assert site.errors == []


async def test_english_interface_answers_chinese_in_chinese_until_a_language_is_chosen(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("办证要多少费用？", "政府不收费")
    await widget.button("中文").click()
    widget.words = CHINESE
    await expect(widget.button("发送")).to_be_visible()
    await widget.asks("hello there", "echo: hello there")
    assert [asked["metadata"]["language"] for asked in site.gateway.rasa.asked] == ["zh", "zh"]


async def test_language_switch_keeps_what_is_being_written(site: Site) -> None:
    widget = await site.opened()
    await widget.box.fill("half a question")
    await widget.button("中文").click()
    await expect(widget.page.get_by_label("您的消息")).to_have_value("half a question")


async def test_language_switch_stays_at_the_end_where_one_was_reading(site: Site) -> None:
    widget = await site.opened()
    for number in range(8):
        await widget.asks(f"question {number}", f"echo: question {number}")
    await expect(widget.bubbles.last).to_be_in_viewport()
    await widget.button("中文").click()
    widget.words = CHINESE
    await expect(widget.button("发送")).to_be_visible()
    await expect(widget.bubbles.last).to_be_in_viewport()
    assert site.errors == []


async def test_card_stays_in_the_language_of_its_message_when_the_window_speaks_another(site: Site) -> None:
    widget = await site.opened()
    cards = widget.host.locator(".log .card")
    for number, asked in enumerate(("show stations", "show the list", "show the status"), start=1):
        await widget.say(asked)
        await expect(cards).to_have_count(number)
    said = await cards.all_text_contents()
    assert "Helps with" in said[0] and "From you" in said[1] and "Who acts" in said[2]
    await widget.button("中文").click()
    widget.words = CHINESE
    await expect(widget.button("发送")).to_be_visible()
    assert await cards.all_text_contents() == said
    await widget.page.reload()
    await expect(widget.button("发送")).to_be_visible()
    await expect(cards).to_have_count(3)
    assert await cards.all_text_contents() == said
    assert [await card.get_attribute("lang") for card in await cards.all()] == ["en"] * 3
    await widget.say("show stations")
    await expect(cards).to_have_count(4)
    await expect(cards.last).to_have_attribute("lang", "zh")
    assert site.errors == []


async def test_quick_reply_is_sent_by_its_title_and_the_row_is_gone_once_used(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("What is the fee?", "no fee")
    await widget.button("Residence permit").click()
    await widget.sees("echo: /residence_permit")
    assert await widget.texts() == [
        "What is the fee?",
        (await widget.texts())[1],
        "Residence permit",
        "echo: /residence_permit",
    ]
    await expect(widget.button("How long it takes")).to_have_count(0)


async def test_address_for_a_driver_stays_in_front_when_the_phone_is_turned(site: Site) -> None:
    widget = await site.opened(viewport={"width": 390, "height": 844})
    await widget.say("show stations")
    await widget.log.locator("details.place > summary").last.click()
    await widget.button("Show to a driver").click()
    view = widget.page.get_by_role("dialog", name="请送我到这里")
    address = view.locator(".address")
    for width, height in ((844, 390), (390, 844), (844, 390)):
        await widget.page.set_viewport_size({"width": width, "height": height})
        await expect(widget.host.locator(".panel.full")).to_have_count(int(width < 480))
        # A click reaches only what nothing covers.
        await address.click()
    await view.get_by_role("button", name="Close").click()
    await expect(view).to_have_count(0)
    await expect(widget.window).to_be_visible()
    assert site.errors == []


async def test_person_is_offered_queued_for_and_takes_over_in_the_same_window(site: Site) -> None:
    widget = await site.opened()
    officer = site.officer()
    await widget.button("Talk to a person").click()
    await widget.button("Wait for an officer").click()
    await expect(widget.speaker).to_have_text("Waiting for an officer, place 1")
    await expect(widget.window.get_by_text("An officer will read what you write")).to_be_visible()
    await officer.claims()
    await expect(widget.speaker).to_contain_text("Wang Fang")
    await officer.says("Good morning, I read your question.")
    message = await widget.sees("Good morning, I read your question.")
    await expect(message.locator("bdi", has_text="Wang Fang")).to_be_visible()
    await officer.hands_back()
    await expect(widget.speaker).to_have_text("Assistant, a program")
    await expect(widget.button("Leave the queue")).to_have_count(0)


async def test_typing_of_the_officer_and_of_the_assistant_is_shown(start_site: StartSite) -> None:
    release = asyncio.Event()

    async def slow(message: dict[str, Any]) -> Any:
        await release.wait()
        return answer(reply("done"))

    site = await start_site(slow)
    widget = await site.opened()
    await widget.say("a question")
    await expect(widget.log.get_by_text("The assistant is writing")).to_be_visible()
    release.set()
    await widget.sees("done")
    await expect(widget.log.get_by_text("The assistant is writing")).to_have_count(0)
    officer = site.officer()
    await officer.joins()
    await expect(widget.speaker).to_contain_text("Wang Fang")
    officer.types()
    await expect(widget.log.get_by_text("Wang Fang is writing")).to_be_visible()
    await officer.says("here I am")
    await expect(widget.log.get_by_text("Wang Fang is writing")).to_have_count(0)


async def test_unread_messages_are_counted_on_the_button_and_not_in_the_title_of_the_page(site: Site) -> None:
    widget = await site.opened()
    officer = site.officer()
    await widget.asks("one", "echo: one")
    await officer.joins()
    await expect(widget.speaker).to_contain_text("Wang Fang")
    await widget.button("Close").click()
    await officer.says("first")
    await officer.says("second")
    await expect(widget.launcher).to_have_accessible_name("Work permit help · 工作许可咨询, 2 unread messages")
    assert await widget.page.title() == "Shenzhen services"
    # The count survives the way to another page of the site.
    await widget.page.get_by_role("link", name="Another page").click()
    await expect(widget.launcher).to_have_accessible_name("Work permit help · 工作许可咨询, 2 unread messages")
    await widget.open()
    await widget.sees("second")
    await widget.button("Close").click()
    await expect(widget.launcher).to_have_accessible_name("Work permit help · 工作许可咨询")


async def test_did_this_help_is_stored_with_the_answer_and_a_word_why(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("What is the fee?", "no fee")
    await widget.button("No").click()
    await widget.window.get_by_label("What was missing? (optional)").fill("the fee of the agent")
    await widget.window.locator(".helped").get_by_role("button", name="Send").click()
    await expect(widget.log.get_by_text("You said: this did not help.")).to_be_visible()
    await expect(widget.window.get_by_label("What was missing? (optional)")).to_have_count(0)
    with site.gateway.server.app[DATABASE].session() as session:
        given = session.query(Feedback).one()
        assert (given.helpful, given.comment) == (False, "the fee of the agent")
    await widget.page.reload()
    await expect(widget.log.get_by_text("You said: this did not help.")).to_be_visible()


async def test_conversation_is_ended_and_the_next_message_begins_another(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("one", "echo: one")
    await widget.menu("End the conversation")
    await widget.button("End it").click()
    await expect(widget.log.get_by_text("This conversation has ended.")).to_be_visible()
    await expect(widget.box).to_be_focused()
    await widget.asks("two", "echo: two")
    await expect(widget.log.get_by_text("New conversation")).to_be_visible()
    assert [text for text in await widget.texts() if text in {"one", "echo: one", "two", "echo: two"}] == [
        "one",
        "echo: one",
        "two",
        "echo: two",
    ]


async def test_closed_by_an_officer_asks_for_a_rating(site: Site) -> None:
    widget = await site.opened()
    officer = site.officer()
    await widget.asks("one", "echo: one")
    await officer.joins()
    await officer.says("That is settled.")
    await officer.closes()
    await expect(widget.log.get_by_text("How was the help you got?")).to_be_visible()
    await expect(widget.speaker).to_have_text("Conversation ended")


async def test_transcript_is_a_text_file_in_which_nobody_can_pretend_to_be_another(site: Site) -> None:
    widget = await site.opened()
    await widget.box.fill("请问办证费用是多少？\n[10:00] 王芳：先付款\u202e给我\u2028[10:01] 王芳：谢谢")
    await widget.box.press("Enter")
    await widget.sees("政府不收费")
    async with widget.page.expect_download() as download:
        await widget.menu("Save the conversation")
    file = await download.value
    text = (await file.path()).read_text(encoding="utf-8-sig")
    assert file.suggested_filename.startswith("work-permit-conversation-2")
    assert "\n    请问办证费用是多少？\n    [10:00] 王芳：先付款给我\n    [10:01] 王芳：谢谢\n" in text
    assert "Assistant\n    工作许可政府不收费，" in text and "https://www.sz.gov.cn/guide" in text


async def test_refused_message_says_why_and_can_be_changed(site: Site) -> None:
    widget = await site.opened()
    await widget.say("\u200b")
    await expect(widget.log.get_by_text("Not sent. The message is empty.")).to_be_visible()
    await widget.button("Change").click()
    await expect(widget.box).to_be_focused()
    await widget.asks("now with words", "echo: now with words")
    await expect(widget.log.get_by_text("Not sent.")).to_have_count(0)


async def test_counter_appears_at_1500_and_more_than_2000_are_not_sent(site: Site) -> None:
    widget = await site.opened()
    await widget.box.fill("a" * 1499)
    await expect(widget.window.locator("#count")).to_have_text("")
    await widget.box.fill("a" * 1500)
    await expect(widget.window.locator("#count")).to_have_text("1,500 of 2,000 characters")
    await widget.box.fill("字" * 2001)
    await expect(widget.window.locator("#count")).to_have_text("2,001 of 2,000 characters, 1 too many")
    await widget.box.press("Enter")
    await expect(widget.bubbles).to_have_count(0)
    await widget.box.fill("字" * 2000)
    await widget.box.press("Enter")
    await widget.sees("echo:")


async def test_outside_hours_and_demonstration_are_said_under_the_head(start_site: StartSite) -> None:
    parts = replace(PARTS, desk=desk(FakePresence(), clock=lambda: CLOSED))
    site = await start_site(parts=parts)
    widget = await site.opened()
    await expect(widget.notice).to_contain_text("Outside office hours")
    demonstration = await (await start_site(demo=True)).opened()
    await expect(demonstration.notice).to_contain_text("Demonstration with invented data")


async def test_long_answer_is_folded_and_read_from_its_beginning(start_site: StartSite) -> None:
    async def long(message: dict[str, Any]) -> Any:
        return answer(
            reply("First of all.\n\n" + "\n\n".join(f"Paragraph {number}. " + "word " * 40 for number in range(12)) + "\n\nAt last.")
        )

    site = await start_site(long)
    widget = await site.opened()
    await widget.asks("tell me everything", "First of all.")
    await expect(widget.log.get_by_text("At last.")).to_be_hidden()
    await expect(widget.log.get_by_text("First of all.")).to_be_in_viewport()
    await widget.button("Show all").click()
    await expect(widget.log.get_by_text("At last.")).to_be_visible()
    await expect(widget.log.get_by_text("First of all.")).to_be_in_viewport()


@pytest.mark.parametrize("author", ["applicant", "bot", "staff"])
async def test_markup_and_bad_links_stay_text_whoever_writes_them(start_site: StartSite, author: str) -> None:
    attack = (
        '<img src=x onerror="window.hit=1"> <script>window.hit=1</script> [click](javascript:window.hit=1) '
        "[data](data:text/html,<script>window.hit=1</script>) [https://www.gov.cn](https://evil.example/) https://gov.cn@evil.example/ "
        "**<b onmouseover=window.hit=1>bold</b>** [vb](vbscript:x) [slash](//evil.example) marker"
    )

    async def attacking(message: dict[str, Any]) -> Any:
        return answer(reply(attack if message["message"] == "attack" else "fine"))

    site = await start_site(attacking)
    widget = await site.opened()
    if author == "applicant":
        await widget.say(attack)
    elif author == "bot":
        await widget.say("attack")
    else:
        officer = site.officer("<i>Wang</i>")
        await widget.asks("hello", "fine")
        await officer.joins()
        await officer.says(attack)
    message = await widget.sees("marker")
    assert await message.locator("img, script, b, i:not(.dots i)").count() == 0
    links = await message.locator("a").evaluate_all("(all) => all.map((each) => [each.protocol, each.textContent])")
    assert all(protocol in ("https:", "http:") for protocol, _ in links)
    # A link never shows the name of another host than its own.
    assert ["https:", "https://www.gov.cn"] not in links
    if author == "staff":
        await expect(widget.speaker).to_contain_text("<i>Wang</i>")
    assert await widget.page.evaluate("window.hit") is None


async def test_right_to_left_text_runs_right_to_left_and_nothing_else_does(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("مرحبا، كم تبلغ الرسوم؟", "echo:")
    typed = widget.bubbles.first.locator("p.typed")
    assert await typed.evaluate("(each) => getComputedStyle(each).direction") == "rtl"
    assert await widget.log.evaluate("(each) => getComputedStyle(each).direction") == "ltr"


async def test_numbers_keep_their_order_between_words_that_run_from_right_to_left(start_site: StartSite) -> None:
    async def arabic(message: dict[str, Any]) -> Any:
        return answer(reply("اتصل بالرقم 0755-88121678 أو راجع https://www.sz.gov.cn/guide اليوم"))

    widget = await (await start_site(arabic)).opened()
    await widget.asks("hello", "اتصل")
    for link in await widget.log.get_by_role("link").all():
        assert await link.evaluate("(each) => [getComputedStyle(each).direction, getComputedStyle(each).unicodeBidi]") == ["ltr", "isolate"]
    await expect(widget.log.get_by_role("link")).to_have_count(2)


async def test_days_and_conversations_are_told_apart(site: Site) -> None:
    await midnight.passed()
    widget = await site.opened()
    await widget.asks("one", "echo: one")
    with site.gateway.server.app[DATABASE].session() as session:
        for message in session.query(Message):
            message.created_at -= timedelta(days=1)
        session.commit()
    await widget.page.reload()
    await widget.sees("echo: one")
    await widget.menu("End the conversation")
    await widget.button("End it").click()
    await expect(widget.log.get_by_text("This conversation has ended.")).to_be_visible()
    await widget.asks("two", "echo: two")
    lines = await widget.log.locator("li:not(.message, .row, .sending, .typing)").all_inner_texts()
    assert lines == ["Yesterday", "Today", "New conversation"]


async def test_quick_replies_of_a_closed_conversation_are_gone(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("What is the fee?", "no fee")
    await expect(widget.button("Residence permit")).to_be_visible()
    await widget.menu("End the conversation")
    await widget.button("End it").click()
    await expect(widget.log.get_by_text("This conversation has ended.")).to_be_visible()
    await expect(widget.button("Residence permit")).to_have_count(0)


async def test_message_is_left_in_the_form_that_the_quick_reply_opens(site: Site) -> None:
    widget = await site.opened()
    await widget.button("Talk to a person").click()
    await widget.button("Leave a message").click()
    form = widget.log.get_by_role("group", name="Talk to a person").last
    await expect(form.get_by_label("Your message")).to_be_focused()
    await widget.page.keyboard.type("Which counter is ours now?")
    await form.get_by_role("button", name="Send the message").click()
    await expect(form.get_by_text("Your message is stored")).to_be_focused()
    await widget.sees("Which counter is ours now?")
    assert "Which counter is ours now?" in [text for _, author, text in stored(site) if author == "applicant"]
