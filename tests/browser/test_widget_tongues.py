"""The window in each of its sixteen languages, chosen in the menu."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import expect

from bot.languages import TONGUES
from bot.settings import ROOT
from bot.traditional import in_traditional
from tests.browser.axe import violations
from tests.browser.conftest import Site, StartSite
from tests.browser.widget import Widget, overflow
from tests.gateway import answer, reply

pytestmark = pytest.mark.usefixtures("node")


def texts(tongue: str) -> dict[str, Any]:
    """What the window says in a language."""
    file = ROOT / "bot" / "i18n" / "widget" / f"{tongue.partition('-')[0]}.json"
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return in_traditional(read) if tongue == "zh-TW" else read


async def choose(widget: Widget, tongue: str) -> Widget:
    """Choose a language in the menu; the same window in that language."""
    await widget.button(widget.words["menu"]).click()
    await widget.window.get_by_role("combobox").select_option(tongue)
    said = texts(tongue)
    words = {"label": said["head"]["title"], "menu": said["head"]["menu"], "box": said["composer"]["label"]}
    changed = Widget(widget.page, {**widget.words, **words})
    await expect(changed.box).to_have_attribute("placeholder", said["composer"]["placeholder"])
    await widget.page.keyboard.press("Escape")
    return changed


async def test_every_language_is_offered_by_its_own_name(site: Site) -> None:
    widget = await site.opened()
    await widget.button("Menu").click()
    names = await widget.window.get_by_role("combobox").locator("option").all_inner_texts()
    assert len(names) == len(TONGUES)
    for name in ("English", "中文", "Deutsch", "العربية", "日本語", "русский", "ไทย", "한국어", "繁體中文"):
        assert name in names


async def test_each_language_fits_a_narrow_window(site: Site) -> None:
    widget = await site.opened(viewport={"width": 320, "height": 640})
    for tongue in TONGUES:
        widget = await choose(widget, tongue)
        assert await overflow(widget.page) == [], tongue


async def test_what_is_written_goes_with_the_language_chosen_and_the_choice_is_kept(start_site: StartSite) -> None:
    heard: list[str] = []

    async def hear(message: dict[str, Any]) -> Any:
        heard.append(message["metadata"]["language"])
        return answer(reply("Verstanden."))

    site = await start_site(hear)
    widget = await choose(await site.opened(), "de")
    await widget.asks("ok", "Verstanden.")
    assert heard == ["de"]
    await widget.page.evaluate("sessionStorage.clear()")
    await widget.page.reload()
    await widget.open()
    await expect(widget.box).to_have_attribute("placeholder", texts("de")["composer"]["placeholder"])


@pytest.mark.parametrize("tongue", ["ar", "th", "ru"])
async def test_axe_finds_nothing_in_other_scripts(site: Site, tongue: str) -> None:
    widget = await choose(await site.opened(), tongue)
    await expect(widget.window).to_have_css("direction", "rtl" if tongue == "ar" else "ltr")
    await widget.asks("one", "echo: one")
    assert await violations(widget.page) == []
