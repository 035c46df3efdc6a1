"""Several members of the staff at once: who gets a conversation, who loses it, and who checks whose words."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from tests.browser.console.workplace import Console, Workplace


async def pair(workplace: Workplace) -> tuple[Console, Console]:
    """Two officers with the board before them."""
    chen, wang = await workplace.hired("chen.li", name="Chen Li"), await workplace.hired("wang.fang", name="Wang Fang")
    await chen.open()
    await wang.open()
    await expect(wang.queue.get_by_text("2 officers ready")).to_be_visible()
    return chen, wang


async def test_of_two_who_claim_at_once_one_gets_it_and_the_other_is_told_who(workplace: Workplace) -> None:
    chen, wang = await pair(workplace)
    conversation = await workplace.waits("What is the fee?")
    for each in (chen, wang):
        await each.watch(conversation)
    await asyncio.gather(*(each.acts("claim", conversation) for each in (chen, wang)))
    owner = await workplace.owner(conversation)
    winner, loser = (chen, wang) if owner == chen.account_id else (wang, chen)
    name = "Chen Li" if winner is chen else "Wang Fang"
    await expect(winner.talk.locator(".talk-head")).to_contain_text("Yours")
    await expect(winner.box).to_be_focused()
    await expect(loser.talk.locator(".talk-head")).to_contain_text(f"With {name}")
    await expect(loser.talk.locator(".talk-head").get_by_role("button", name="Take the conversation")).to_have_count(0)
    await winner.say("Good morning.")
    await loser.sees("Good morning.")


async def test_lost_conversation_keeps_what_was_typed_and_sends_nothing(workplace: Workplace) -> None:
    chen, wang = await pair(workplace)
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await chen.take(conversation)
    await workplace.gateway.texts(None, "ann")
    await chen.box.fill("I was about to say this.")
    officers = [await workplace.run(workplace.staff.officer, each.account_id) for each in (chen, wang)]
    await workplace.counter.transfer(officers[0], conversation, wang.account_id, None, None)
    await workplace.counter.claim(officers[1], conversation)
    notice = chen.talk.locator(".notice.negative")
    await expect(notice).to_contain_text("Wang Fang has this conversation now.")
    await expect(chen.box).to_have_value("I was about to say this.")
    await expect(chen.button("Send")).to_have_count(0)
    await notice.get_by_role("button", name="Move my text to a note").click()
    await chen.button("Keep note").click()
    await wang.watch(conversation)
    await expect(wang.transcript.locator(".message.note")).to_contain_text("I was about to say this.")
    assert "I was about to say this." not in " ".join(await workplace.gateway.texts(None, "ann"))


async def test_reply_on_its_way_when_the_conversation_is_lost_is_refused_in_view(workplace: Workplace) -> None:
    chen, wang = await pair(workplace)
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await chen.take(conversation)
    await chen.page.context.set_offline(True)
    await chen.box.fill("Too late.")
    await chen.box.press("Enter")
    await expect(chen.transcript.get_by_text("Kept here, sent when the connection is back")).to_be_visible()
    officers = [await workplace.run(workplace.staff.officer, each.account_id) for each in (chen, wang)]
    await workplace.counter.transfer(officers[0], conversation, wang.account_id, None, None)
    await workplace.counter.claim(officers[1], conversation)
    await chen.page.context.set_offline(False)
    refused = chen.transcript.locator(".pending.refused")
    await expect(refused).to_contain_text("Not sent. You no longer have this conversation")
    await expect(refused).to_contain_text("Too late.")
    await refused.get_by_role("button", name="Discard").click()
    await expect(refused).to_have_count(0)
    assert "Too late." not in " ".join(await workplace.gateway.texts(None, "ann"))


async def test_transfer_names_the_colleague_and_keeps_its_place(workplace: Workplace) -> None:
    chen, wang = await pair(workplace)
    first = await workplace.waits("What is the fee?", minutes=3)
    second = await workplace.waits("And the fee for a child?")
    await chen.take(first)
    await chen.acts("transfer", first)
    await chen.dialog.get_by_label("Colleague", exact=True).select_option(label="Wang Fang · Ready")
    await chen.dialog.get_by_label("Note for whoever takes it").fill("Knows you from last week.")
    await chen.confirms("transfer.yes")
    await expect(wang.row(first)).to_contain_text("for you")
    await expect(chen.row(first)).to_contain_text("for Wang Fang")
    await expect(wang.queue.locator("a.row").nth(0)).to_have_attribute("href", f"#/board/{first}")
    await expect(wang.queue.locator("a.row").nth(1)).to_have_attribute("href", f"#/board/{second}")
    await wang.take(first)
    await expect(wang.transcript.locator(".message.note")).to_contain_text("Knows you from last week.")


async def test_handed_back_conversation_is_answered_by_the_assistant_again(workplace: Workplace) -> None:
    chen, _wang = await pair(workplace)
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await chen.take(conversation)
    await chen.acts("hand_back", conversation)
    await chen.confirms("hand_back.yes")
    await expect(chen.talk.locator(".talk-head")).to_contain_text("With the assistant")
    assert "echo: thank you" in await workplace.gateway.texts("thank you", "ann")
    await chen.sees("echo: thank you")
    await chen.acts("join", conversation)
    await chen.confirms("join.yes")
    await chen.say("I am back.")


async def test_trainee_drafts_and_an_officer_changes_and_sends(workplace: Workplace) -> None:
    trainee = await workplace.hired("lin", "trainee", name="Lin Xiao")
    officer = await workplace.hired("chen.li", name="Chen Li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await trainee.open()
    await officer.open()
    await expect(trainee.field("Presence")).to_have_count(0)
    await trainee.watch(conversation)
    await expect(trainee.talk.get_by_role("button", name="Take the conversation")).to_have_count(0)
    await expect(trainee.talk.get_by_role("tab", name="Draft")).to_have_attribute("aria-selected", "true")
    await trainee.box.fill("The permit is free.")
    await trainee.button("Keep draft").click()
    await expect(trainee.talk.get_by_role("region", name="Drafts")).to_contain_text("The permit is free.")
    assert "The permit is free." not in " ".join(await workplace.gateway.texts(None, "ann"))

    await officer.take(conversation)
    drafts = officer.talk.get_by_role("region", name="Drafts")
    await expect(drafts.get_by_role("heading")).to_have_text("Draft by Lin Xiao")
    await drafts.get_by_role("button", name="Change, then send").click()
    await expect(officer.box).to_have_value("The permit is free.")
    await officer.say("The permit is free; the residence permit is not.")
    await expect(officer.talk.get_by_role("region", name="Drafts")).to_have_count(0)
    await expect(trainee.talk.get_by_role("region", name="Drafts")).to_have_count(0)
    assert "The permit is free; the residence permit is not." in await workplace.gateway.texts(None, "ann")


async def test_left_message_of_a_colleague_is_for_supervisors_to_take_over(workplace: Workplace) -> None:
    chen, wang = await pair(workplace)
    supervisor = await workplace.hired("zhou", "supervisor", name="Zhou Min")
    await workplace.asks("person", "desk:message", "Please call me back.", "13812345678")
    await chen.open("messages")
    await chen.page.get_by_role("button", name="Take the message of").click()
    await expect(chen.page.locator(".left")).to_contain_text("Yours")
    await wang.open("messages")
    await expect(wang.page.locator(".left")).to_contain_text("With Chen Li")
    await expect(wang.page.get_by_role("button", name="the message of")).to_have_count(0)
    await supervisor.open("messages")
    await supervisor.page.get_by_role("button", name="Take over the message of").click()
    await expect(chen.page.locator(".left")).to_contain_text("With Zhou Min")


async def test_conversation_that_went_to_another_station_is_followed_again_once_it_is_back(workplace: Workplace) -> None:
    far = await workplace.hired("zhou.min", stations=["pingshan"], name="Zhou Min")
    wang = await workplace.hired("wang.fang", name="Wang Fang")
    await far.open()
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await far.watch(conversation)
    owner = await workplace.run(workplace.staff.officer, wang.account_id)
    await workplace.counter.claim(owner, conversation)
    await workplace.counter.transfer(owner, conversation, None, "qianhai", None)
    await workplace.gateway.say("For Qianhai only", "ann")
    await expect(far.talk).to_contain_text("This conversation cannot be shown")
    await expect(far.talk).to_contain_text("This is for another station")
    await expect(far.page.get_by_text("For Qianhai only")).to_have_count(0)
    # Whoever claims it is of no station, so that all may see it again; nobody touches the page of the first one.
    await workplace.counter.claim(owner, conversation)
    await far.sees("For Qianhai only")
    await workplace.counter.reply(owner, conversation, "I am looking into it.", "reply-1")
    await far.sees("I am looking into it.")
