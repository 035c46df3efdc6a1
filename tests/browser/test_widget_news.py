"""Being told of changes, in the window: offered under the status, told while it is open, stopped by one tap."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from bot.app import DATABASE
from bot.notifications.models import Subscription
from bot.parts import real_parts
from bot.permits.service import Permits
from bot.settings import Settings
from bot.vault import KEY_FILE, Vault, derived_key, read_or_create_key
from tests import project
from tests.browser.conftest import Site, StartSite
from tests.browser.widget import overflow
from tests.gateway import answer, reply
from tests.postbox import Postbox
from tests.records import fields

NUMBER = "TEST-20260001"
TOKEN = "a token of the authority"


class Register:
    """The authority's system, and the actions that look up what it delivered."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / KEY_FILE
        self.site: Site | None = None

    async def look_up(self, message: dict[str, Any]) -> Any:
        """Rasa that takes every message for a number with its date of birth."""
        assert self.site is not None
        permits = Permits(derived_key(read_or_create_key(self.key), "permits"))
        with self.site.gateway.server.app[DATABASE].session() as session:
            result = permits.look_up(session, NUMBER, date(1987, 11, 15), message["sender"])
            shown = {"response": "utter_status", "params": {"result": result.as_json()}}
            token = Vault(self.key).put(session, message["sender"], "RESULT", shown)
        return answer(reply("-", private=token, language=message["metadata"]["language"]))

    async def delivers(self, stage: str, day: int) -> None:
        """Deliver the application in this stage."""
        assert self.site is not None
        url = self.site.gateway.url(f"/api/v1/applications/{NUMBER}")
        body = fields(stage=stage, stage_since=f"2026-11-{day}")
        async with self.site.gateway.client.put(url, json=body, headers={"Authorization": f"Bearer {TOKEN}"}) as response:
            assert response.status in (200, 201), await response.text()

    def followed(self) -> int:
        """How many applications are followed."""
        assert self.site is not None
        with self.site.gateway.server.app[DATABASE].session() as session:
            return int(session.query(Subscription).count())


async def test_change_is_told_in_the_open_window_and_one_tap_stops_it_whoever_has_the_conversation(
    start_site: StartSite, tmp_path: Path
) -> None:
    register = Register(tmp_path)
    parts = real_parts(Settings(data_dir=tmp_path), project.answers())
    site = register.site = await start_site(register.look_up, parts, record_tokens={TOKEN: "authority"}, desk_hours="always")
    await register.delivers("submitted", 10)
    widget = await site.opened()
    await widget.say("Where is my application?")
    await widget.button("Tell me when it changes").click()
    await widget.sees("You will be told here")
    assert register.followed() == 1
    await register.delivers("accepted", 12)
    told = await widget.sees("It has entered another stage")
    await expect(told.get_by_text("Accepted", exact=True)).to_be_visible()
    await expect(told.get_by_text("Number …0001", exact=True)).to_be_visible()
    await expect(widget.button("Stop telling me")).to_be_visible()
    officer = site.officer()
    await officer.joins()
    await officer.says("How can I help?")
    await widget.sees("How can I help?")
    await expect(widget.button("Stop telling me")).to_have_count(0)
    await register.delivers("under_examination", 14)
    await widget.settled()
    await widget.button("Stop telling me").click()
    await widget.sees("You will not be told of changes any more")
    assert register.followed() == 0
    await widget.page.set_viewport_size({"width": 360, "height": 700})
    await widget.settled()
    assert await overflow(widget.page) == [] and site.errors == []


async def test_link_under_it_leads_to_pages_that_take_and_confirm_an_address(
    start_site: StartSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = Register(tmp_path)
    parts = real_parts(Settings(data_dir=tmp_path), project.answers())
    with Postbox(tmp_path) as postbox:
        monkeypatch.setenv("SSL_CERT_FILE", str(postbox.authority))
        mail = postbox.server("http://assistant.example")
        site = register.site = await start_site(register.look_up, parts, record_tokens={TOKEN: "authority"}, desk_hours="always", mail=mail)
        await register.delivers("submitted", 10)
        widget = await site.opened()
        await widget.say("Where is my application?")
        await widget.button("Tell me when it changes").click()
        await widget.sees("You will be told here")
        await widget.settled()
        offered = await widget.log.get_by_role("link", name="By e-mail too").get_attribute("href")
        assert offered is not None
        page = await site.page(viewport={"width": 320, "height": 640})
        await page.goto(site.gateway.url(offered.removeprefix("http://assistant.example")))
        await page.get_by_label("E-mail address").fill("ada@localhost")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("name@example.org")
        await page.get_by_label("E-mail address").fill("ada@example.org")
        await page.get_by_role("button", name="Send the confirmation").click()
        await expect(page.get_by_text("An e-mail is on its way")).to_be_visible()
        await postbox.received(1)
        link = re.search(r"http://assistant.example(/news/confirm\S+)", postbox.taken[0].get_content())
        assert link is not None
        await page.goto(site.gateway.url(link[1]))
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Confirmed.")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
