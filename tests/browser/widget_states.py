"""Each state that the window can be in, and how somebody gets there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from tests.browser.conftest import Site
from tests.browser.widget import Widget


async def nothing(_widget: Widget, _site: Site) -> None:
    """The start view."""


async def answered(widget: Widget, _site: Site) -> None:
    """An answer with sources, quick replies and the question whether it helped."""
    await widget.asks("What is the fee?", "no fee")
    await widget.log.get_by_text("Sources (2)").click()


async def asked_why(widget: Widget, _site: Site) -> None:
    """The word why."""
    await widget.asks("What is the fee?", "no fee")
    await widget.button("No").click()
    await expect(widget.window.get_by_label("What was missing? (optional)")).to_be_visible()


async def menu(widget: Widget, _site: Site) -> None:
    """The menu."""
    await widget.asks("one", "echo: one")
    await widget.button("Menu").click()


async def other_device(widget: Widget, _site: Site) -> None:
    """A code for another device."""
    await widget.asks("one", "echo: one")
    await widget.menu("Go on from another device")
    await widget.button("Make a code").click()
    await expect(widget.window.locator(".code")).to_be_visible()


async def own_data(widget: Widget, _site: Site) -> None:
    """What is kept."""
    await widget.asks("one", "echo: one")
    await widget.menu("My data")
    await expect(widget.button("Erase me")).to_be_visible()


async def ending(widget: Widget, _site: Site) -> None:
    """The question before the end."""
    await widget.asks("one", "echo: one")
    await widget.menu("End the conversation")


async def offered(widget: Widget, _site: Site) -> None:
    """The offer of a person."""
    await widget.button("Talk to a person").click()
    await expect(widget.button("Wait for an officer")).to_be_visible()
    await expect(widget.log.get_by_role("heading", name="An officer can take over here")).to_be_visible()


async def queued(widget: Widget, site: Site) -> None:
    """The queue."""
    await offered(widget, site)
    await widget.button("Wait for an officer").click()
    await expect(widget.speaker).to_have_text("Waiting for an officer, place 1")


async def with_officer(widget: Widget, site: Site) -> None:
    """An officer who writes."""
    officer = site.officer()
    await widget.asks("one", "echo: one")
    await officer.joins()
    await officer.says("Good morning.")
    await widget.sees("Good morning.")
    officer.types()
    await expect(widget.log.get_by_text("Wang Fang is writing")).to_be_visible()


async def closed(widget: Widget, site: Site) -> None:
    """A conversation that an officer has closed."""
    await with_officer(widget, site)
    await site.officers[-1].closes()
    await expect(widget.log.get_by_text("How was the help you got?")).to_be_visible()


async def offline(widget: Widget, _site: Site) -> None:
    """No connection, and a message that waits."""
    await widget.asks("one", "echo: one")
    await widget.page.context.set_offline(True)
    await expect(widget.notice).to_contain_text("No connection")
    await widget.say("two")
    await expect(widget.log.get_by_text("Kept here")).to_be_visible()


async def failed(widget: Widget, _site: Site) -> None:
    """A message that was refused."""
    await widget.say("\u200b")
    await expect(widget.log.get_by_text("Not sent. The message is empty.")).to_be_visible()


async def too_long(widget: Widget, _site: Site) -> None:
    """More than can be sent."""
    await widget.box.fill("a" * 2001)


async def writing_a_message(widget: Widget, site: Site) -> None:
    """The form that leaves a message, sent without its text."""
    await offered(widget, site)
    await widget.button("Leave a message").click()
    await expect(widget.window.get_by_label("Your message").first).to_be_focused()
    await widget.button("Send the message").click()
    await expect(widget.log.get_by_text("Write your message first.")).to_be_visible()


async def largest(widget: Widget, site: Site) -> None:
    """The largest text, with the menu open."""
    await menu(widget, site)
    await widget.window.get_by_role("button", name="Largest text").click()


async def expired(widget: Widget, _site: Site) -> None:
    """A key that opens nothing any more."""
    await widget.asks("one", "echo: one")
    await widget.page.evaluate("localStorage.setItem('permit-assistant.token', JSON.stringify('forged.token'))")
    # A window that was open comes back by itself on a wide page; closed, it is opened in the same way on every page.
    await widget.page.evaluate("sessionStorage.clear()")
    await widget.page.reload()
    await widget.open()
    await expect(widget.window.get_by_text("The earlier conversation cannot be opened")).to_be_visible()


async def with_cards(widget: Widget, _site: Site) -> None:
    """A checklist, stations and a status, as the window shows them."""
    for number, wish in enumerate(("show the list", "show stations", "show the status"), 1):
        await widget.say(wish)
        await expect(widget.log.locator(".card")).to_have_count(number)
        await widget.log.locator(".card details").first.evaluate("(each) => { each.open = true; }")


async def scrolled_up(widget: Widget, site: Site) -> None:
    """Reading further up, while something new has come."""
    officer = site.officer()
    for _ in range(2):
        await answered_again(widget)
    await officer.joins()
    await expect(widget.speaker).to_contain_text("Wang Fang")
    await widget.log.evaluate("(each) => new Promise((done) => { each.onscroll = done; each.scrollTop = 0; })")
    await officer.says("Good morning.")
    await expect(widget.button("1 new message")).to_be_visible()


async def answered_again(widget: Widget) -> None:
    """One answer more."""
    before = await widget.bubbles.count()
    await widget.say("What is the fee?")
    await expect(widget.bubbles).to_have_count(before + 2)


STATES: tuple[Callable[[Widget, Site], Awaitable[None]], ...] = (
    nothing,
    answered,
    asked_why,
    menu,
    other_device,
    own_data,
    ending,
    offered,
    queued,
    with_officer,
    closed,
    offline,
    failed,
    too_long,
    writing_a_message,
    largest,
    expired,
    scrolled_up,
    with_cards,
)
