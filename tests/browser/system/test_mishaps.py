"""What may go wrong between an applicant and an officer, and the keyboard alone."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.people import Applicant, Officer, World
from tests.browser.system.conftest import Hire
from tests.browser.system.test_conversations import stored
from tests.staff import PASSWORD
from tests.system import System


async def with_officer(world: World, hire: Hire, login: str, first: str) -> tuple[Applicant, Officer]:
    """An applicant and the officer who has taken their conversation."""
    ann, officer = await world.applicant("en"), await world.officer("en")
    await officer.signs_in(hire(login, "Gao Feng"), PASSWORD)
    await officer.is_here()
    await ann.asks(first, "no fee")
    await ann.chooses(ann.t("composer.person"))
    await ann.chooses("Wait for an officer")
    await officer.opens(first)
    await officer.acts("claim")
    await ann.sees("Gao Feng is here now")
    return ann, officer


async def spoken(ann: Applicant) -> list[str]:
    """What the two of them said, as the applicant sees it."""
    return [text for text in await ann.texts() if text.startswith(("A:", "O:"))]


async def heard(officer: Officer) -> list[str]:
    """What the two of them said, as the officer sees it."""
    texts = await officer.messages.locator(".bubble").all_inner_texts()
    return [text.strip() for text in texts if text.strip().startswith(("A:", "O:"))]


async def test_applicant_who_goes_offline_comes_back_to_everything_once(world: World, hire: Hire, system: System) -> None:
    first = "What does the permit cost in fees?"
    ann, officer = await with_officer(world, hire, "gao.feng", first)
    await officer.says("O: one")
    await ann.sees("O: one")
    await ann.page.context.set_offline(True)
    await expect(ann.notice).to_contain_text(ann.t("notice.offline"))
    await ann.say("A: two")
    await officer.says("O: three")
    await ann.say("A: four")
    await officer.says("O: five")
    await expect(ann.log).to_contain_text(ann.t("list.waiting"))
    await expect(ann.log).not_to_contain_text("O: three")
    await ann.page.context.set_offline(False)
    await ann.sees("O: five")
    await officer.sees("A: four")
    await expect(ann.log.get_by_text(ann.t("list.sent"), exact=True)).to_be_visible()
    said = ["O: one", "O: three", "O: five", "A: two", "A: four"]
    assert await spoken(ann) == said
    assert await heard(officer) == said
    await officer.closes()
    conversation, messages, _ = stored(system, first)
    assert [message.text for message in messages if message.text.startswith(("A:", "O:"))] == said
    assert [message.seq for message in messages] == list(range(1, conversation.last_seq + 1))


async def test_gateway_that_is_killed_and_started_again_loses_and_doubles_nothing(world: World, hire: Hire, system: System) -> None:
    first = "Which fees are there for the permit?"
    ann, officer = await with_officer(world, hire, "gao.fei", first)
    await ann.asks("A: before", "A: before")
    await officer.sees("A: before")
    await officer.says("O: before")
    await ann.sees("O: before")
    system.kill_gateway()
    await expect(ann.notice).to_contain_text(ann.t("notice.offline"))
    await ann.say("A: meanwhile")
    await officer.types("O: meanwhile")
    await officer.box.press("Enter")
    await ann.sees("O: meanwhile")
    await officer.sees("A: meanwhile")
    await expect(ann.notice).not_to_contain_text(ann.t("notice.offline"))
    # Which of the two came first is open, and "Sent" stands under a message that is the last; nothing is on its way any more.
    await expect(ann.log.locator("li.sending", has_not_text=ann.t("list.sent"))).to_have_count(0)
    await officer.says("O: after")
    await ann.sees("O: after")
    await ann.asks("A: after", "A: after")
    await officer.sees("A: after")
    assert sorted((await spoken(ann))[2:4]) == ["A: meanwhile", "O: meanwhile"]
    assert await heard(officer) == await spoken(ann)
    await officer.closes()
    conversation, messages, _ = stored(system, first)
    said = [message.text for message in messages if message.text.startswith(("A:", "O:"))]
    assert said == await spoken(ann) and len(said) == 6
    assert [message.seq for message in messages] == list(range(1, conversation.last_seq + 1))
    assert "gateway ended with status -9" in system.said.read_text()
