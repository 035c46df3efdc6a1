"""An officer's whole day with the mouse, from the one-time link to signing out."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.console.workplace import Console, Workplace

PASSWORD = "seven quiet herons"


async def test_officer_begins_by_a_link_and_signs_before_seeing_anything(workplace: Workplace) -> None:
    officer = Console(await workplace.page(), workplace.url)
    page = officer.page
    token = await workplace.invited("chen.li", stations=("civic_center",), name="Chen Li")
    await page.goto(f"{workplace.url}/console/#invite={token}")
    await expect(page.get_by_text("Chen Li, your login is chen.li.")).to_be_visible()
    assert token not in page.url, "the secret stays in the address"
    await officer.field("New password").fill(PASSWORD)
    await officer.field("New password again").fill("seven quiet heron")
    await officer.field("New password").focus()
    await expect(page.get_by_text("The two passwords differ.")).to_be_visible()
    await expect(officer.button("Set password and sign in")).to_be_disabled()
    await officer.field("New password again").fill(PASSWORD)
    await officer.button("Set password and sign in").click()

    await expect(page.get_by_role("heading", name="Duty and privacy agreement", level=1)).to_be_focused()
    await expect(officer.queue).to_have_count(0)
    await expect(page.get_by_text("I lock the screen when I leave it")).to_be_attached()
    await expect(officer.button("Sign")).to_be_disabled()
    await officer.field("I have read this and undertake to keep it.").check()
    await officer.button("Sign").click()
    await expect(officer.queue.get_by_text("Nobody is waiting.")).to_be_visible()

    await officer.field("Presence").select_option("ready")
    await expect(officer.queue.get_by_text("1 officer ready")).to_be_visible()
    waiting = await workplace.waits("What is the fee?")
    await expect(officer.row(waiting)).to_be_visible()
    assert workplace.errors == ["Failed to load resource: the server responded with a status of 401 (Unauthorized)"]


async def test_officer_takes_answers_notes_tags_and_closes(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", stations=("civic_center",), name="Chen Li")
    long = await workplace.waits("What is the fee?", sender="ann", minutes=22)
    new = await workplace.waits("网点周末上班吗？", sender="bob", language="zh")
    await officer.open()
    await expect(officer.queue.locator("a.row")).to_have_count(2)
    await expect(officer.queue.locator("a.row").first).to_contain_text("too long")
    await expect(officer.row(new)).not_to_contain_text("long")

    await officer.watch(long)
    packet = officer.transcript.get_by_role("region", name="What is known")
    await expect(packet.get_by_role("heading", name="Asked for a person")).to_be_visible()
    await expect(packet).to_contain_text("What is the fee?")
    await expect(officer.transcript.get_by_text("The residence permit that follows has a fee").first).to_be_visible()
    await expect(officer.transcript.locator(".message.bot")).to_have_count(0)
    await officer.button("Show all").click()
    await expect(officer.transcript.locator(".message.bot")).to_have_count(1)
    await officer.button("Fold").click()

    await officer.acts("claim", long)
    await expect(officer.box).to_be_focused()
    await officer.say("There is no fee for the permit itself.")
    assert "There is no fee for the permit itself." in await workplace.gateway.texts(None, "ann")

    await officer.talk.get_by_role("tab", name="Private note").click()
    await expect(officer.talk.get_by_text(f"Only staff see this. {officer.name(long)} never does.")).to_be_visible()
    await officer.box.fill("Has asked this twice.")
    await officer.button("Keep note").click()
    await expect(officer.transcript.locator(".message.note:not(.pending)")).to_contain_text("Has asked this twice.")

    await officer.about.get_by_label("New tag").fill("fees")
    await officer.about.get_by_role("button", name="Add").click()
    await expect(officer.about.get_by_role("button", name="Remove the tag fees")).to_be_visible()
    await expect(officer.row(long)).to_contain_text("fees")

    await officer.acts("close", long)
    await expect(officer.dialog.get_by_role("heading")).to_have_text(f"Close the conversation with {officer.name(long)}?")
    await officer.dialog.get_by_label("Solved").check()
    await officer.confirms("close.yes")
    await expect(officer.talk.locator(".talk-head")).to_contain_text("Closed · Solved")
    await expect(officer.queue.locator("a.row")).to_have_count(1)
    assert "Has asked this twice." not in " ".join(await workplace.gateway.texts(None, "ann"))


async def test_ready_made_replies_are_found_and_filled_and_cards_sent(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", stations=("civic_center",), name="Chen Li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await officer.open()
    await officer.take(conversation)
    await officer.box.press_sequentially("/hel")
    options = officer.talk.get_by_role("option")
    await expect(options.first).to_contain_text("Greeting")
    await options.first.click()
    await expect(officer.box).to_have_value(re.compile(r"^Hello, this is Chen Li, Administrative Service Hall"))
    await expect(officer.box).to_be_focused()
    await officer.button("Send").click()
    await expect(officer.transcript.locator(".message.staff", has_text="Hello, this is Chen Li")).to_be_visible()

    await officer.button(f"Send {officer.name(conversation)} a card").click()
    await expect(officer.page.get_by_role("menuitem", name="Status")).to_be_disabled()
    await officer.page.get_by_role("menuitem", name="Station").click()
    await officer.dialog.get_by_label("Station", exact=True).select_option("qianhai")
    await officer.confirms("cards.send")
    await expect(officer.transcript.get_by_role("group", name="Stations")).to_contain_text("Qianhai")

    await officer.button(f"Send {officer.name(conversation)} a card").click()
    await officer.page.get_by_role("menuitem", name="Checklist").click()
    await officer.dialog.get_by_label("Application type").select_option("extension")
    await officer.confirms("cards.send")
    await expect(officer.transcript.get_by_role("group", name="Checklist")).to_be_visible()
    await expect(officer.about).to_contain_text("Extension")
    cards = [message["metadata"]["card"]["type"] for message in await workplace.gateway.say(None, "ann") if message["metadata"]["card"]]
    assert cards[-2:] == ["station", "checklist"]


async def test_left_message_is_taken_revealed_and_answered(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", name="Chen Li")
    await workplace.asks("person", "desk:message", "Please call me back about my extension.", "13812345678", sender="ann")
    await officer.open("messages")
    item = officer.page.locator(".left")
    await expect(item).to_contain_text("Please call me back about my extension.")
    await expect(item).to_contain_text("••••678")
    await item.get_by_role("button", name="Show the contact of").click()
    await officer.dialog.get_by_label("Reason").select_option("call_back")
    await officer.confirms("reveal.yes")
    await expect(item).to_contain_text("13812345678")
    await expect(item).to_contain_text("Shown, and recorded")
    await item.get_by_role("button", name="Take the message of").click()
    await item.get_by_label("Answer to").fill("We called you: the extension is filed online.")
    await item.get_by_role("button", name="Send answer").click()
    await officer.confirms("left.send")
    await expect(officer.page.get_by_text("No message is open.")).to_be_visible()
    await officer.button("All").click()
    await expect(item).to_contain_text("We called you: the extension is filed online.")
    assert "We called you: the extension is filed online." in " ".join(await workplace.gateway.texts(None, "ann"))


async def test_search_and_filters_stay_in_the_address(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    english, chinese = await workplace.waits("What is the fee?"), await workplace.waits("要多少费用？", language="zh")
    await officer.open()
    await officer.button("Filter").click()
    await officer.field("Language").select_option("zh")
    await expect(officer.row(english)).to_have_count(0)
    await expect(officer.row(chinese)).to_be_visible()
    assert "language=zh" in officer.page.url
    await officer.page.reload()
    await expect(officer.row(chinese)).to_be_visible()
    await expect(officer.row(english)).to_have_count(0)
    await officer.page.get_by_role("link", name="Search").click()
    await officer.field("Words in the conversation").fill("What is the fee")
    await officer.page.get_by_role("search").get_by_role("button", name="Search").click()
    await expect(officer.page.locator("tbody tr")).to_have_count(1)
    assert "fee" not in officer.page.url, "what applicants wrote stands in the address"
    await officer.page.get_by_role("link", name=officer.name(english)).click()
    await expect(officer.talk.get_by_role("heading", level=2)).to_have_text(officer.name(english))


async def test_officer_reads_what_was_told_before_there_is_a_list(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", stations=("civic_center",), name="Chen Li")
    waiting = await workplace.waits("papers", sender="ann")
    await officer.open()
    await officer.watch(waiting)
    packet = officer.transcript.get_by_role("region", name="What is known")
    await expect(packet.get_by_text("Extension with the same employer · no list yet")).to_be_visible()
    await expect(packet).to_contain_text("Which nationality is in the passport? Philippines")
    await expect(packet).to_contain_text("I don't know")
