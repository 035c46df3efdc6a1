"""What others write is text on every screen of the console, in titles and in notifications, and nothing else."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.console.workplace import Workplace

EVIL = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>'
LINKS = "[press](javascript:window.owned=1) ![x](data:text/html,<script>window.owned=1</script>) <b>bold</b>"
# Stands in for the system's notifications, which no test can read.
_NOTIFICATIONS = """
window.shown = [];
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) { window.shown.push({ title, ...options }); }
  close() {}
};
document.hasFocus = () => false;
localStorage.setItem("permit-console", JSON.stringify({ notifications: true }));
"""


async def harmless(page: Page) -> None:
    """Nothing that was written has become part of the page."""
    assert await page.evaluate("window.owned") is None
    assert await page.locator("main img[src=x], main script, main iframe").count() == 0
    for address in await page.locator("main a").evaluate_all("(all) => all.map((each) => each.getAttribute('href'))"):
        assert address.startswith(("#/", "http://", "https://", "tel:", "/console/")), address


async def test_applicants_text_is_text_everywhere(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", name='Chen "><b>Li')
    conversation = await workplace.waits(LINKS, EVIL, sender="ann")
    await officer.open()
    await expect(officer.queue).to_contain_text("person")
    await workplace.asks(EVIL, sender="ann")
    await expect(officer.row(conversation)).to_contain_text("<img src=x onerror=")
    await harmless(officer.page)
    await officer.take(conversation)
    await officer.button("Show all").click()
    await officer.sees("<script>window.owned=1</script>")
    await officer.sees("[press](javascript:window.owned=1)")
    await officer.say(EVIL)
    await officer.box.fill(LINKS)
    await officer.box.press("Enter")
    await expect(officer.transcript.locator(".message.staff:not(.pending)")).to_have_count(2)
    await harmless(officer.page)
    await officer.talk.get_by_role("tab", name="Private note").click()
    await officer.box.fill(EVIL)
    await officer.box.press("Enter")
    await expect(officer.transcript.locator(".message.note:not(.pending)")).to_contain_text("onerror=")
    await officer.about.get_by_label("New tag").fill("<b>tag</b>")
    await officer.about.get_by_role("button", name="Add").click()
    await expect(officer.about.locator(".tags .tag")).to_have_text("<b>tag</b>")
    await harmless(officer.page)
    await officer.open("search")
    await expect(officer.page.locator("tbody tr")).to_contain_text("onerror=")
    await harmless(officer.page)
    assert not [error for error in workplace.errors if "Failed to load resource" not in error]


async def test_names_messages_left_and_reasons_are_text_in_tables(workplace: Workplace) -> None:
    supervisor = await workplace.hired("zhou", "supervisor")
    administrator = await workplace.hired("root", "administrator", name="<i>Root</i>")
    await workplace.hired("chen.li", name="=cmd|' /C calc'!A0 <b>Li</b>")
    await workplace.asks("person", "desk:message", EVIL, "13812345678")
    await supervisor.open("messages")
    await expect(supervisor.page.locator(".left")).to_contain_text("<script>window.owned=1</script>")
    await supervisor.page.get_by_role("button", name="Show the contact of").click()
    await supervisor.dialog.get_by_label("Reason").select_option("other")
    await supervisor.dialog.get_by_label("In your words").fill(EVIL)
    await supervisor.confirms("reveal.yes")
    await harmless(supervisor.page)
    await administrator.open("accounts")
    await expect(administrator.page.locator("tbody")).to_contain_text("<b>Li</b>")
    await harmless(administrator.page)
    await supervisor.open("audit?action=number:reveal")
    await expect(supervisor.page.locator("tbody tr")).to_contain_text("onerror=")
    await harmless(supervisor.page)


async def test_notifications_and_title_count_what_waits_and_quote_nobody(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    await officer.page.add_init_script(_NOTIFICATIONS)
    await officer.open()
    await officer.queue.get_by_text("Nobody is waiting.").wait_for()
    await expect(officer.page).to_have_title("Board · Work permit desk")
    conversation = await workplace.waits(EVIL, sender="ann")
    await expect(officer.page).to_have_title("(1) Board · Work permit desk")
    await officer.page.wait_for_function("window.shown.length > 0")
    await officer.take(conversation)
    await expect(officer.page).to_have_title("(1) Board · Work permit desk")
    await officer.say("Good morning.")
    await expect(officer.page).to_have_title("Board · Work permit desk")
    await workplace.asks(EVIL, sender="ann")
    await expect(officer.page).to_have_title("(1) Board · Work permit desk")
    await officer.page.wait_for_function("window.shown.some(({ tag }) => tag === 'mine')")
    shown = await officer.page.evaluate("window.shown")
    assert {each["title"] for each in shown} == {"Somebody is waiting", "New message"}
    assert not [each for each in shown if "owned" in str(each) or "<" in str(each)]
    assert {each["body"] for each in shown} <= {"1 conversation in the queue", "1 unread in your conversations"}


async def test_what_is_masked_is_nowhere_in_the_page_until_it_is_revealed(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("My permit is 202612345678 and my passport E12345678", sender="ann")
    await officer.open(f"board/{conversation}")
    await officer.button("Show all").click()
    masked = await officer.sees("••••5678")
    for number in ("202612345678", "E12345678"):
        assert number not in await officer.page.content()
    await masked.get_by_role("button", name="Show hidden numbers in the message").click()
    await officer.dialog.get_by_label("Reason").select_option("other")
    await officer.dialog.get_by_role("button", name="Show", exact=True).click()
    await expect(officer.dialog).to_be_visible()
    await officer.dialog.get_by_label("In your words").fill("to find the file")
    await officer.confirms("reveal.yes")
    await officer.sees("202612345678")
    await officer.button("Hide again").click()
    await expect(officer.transcript.get_by_text("202612345678")).to_have_count(0)
    trainee = await workplace.hired("lin", "trainee")
    await trainee.open(f"board/{conversation}")
    await trainee.button("Show all").click()
    await trainee.sees("••••5678")
    await expect(trainee.page.get_by_role("button", name="Show hidden numbers")).to_have_count(0)
