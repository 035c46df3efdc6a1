"""The little Markdown of answers in a browser: what it becomes, and that nothing written by anybody becomes more than text."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from bot.answers import Answers
from tests.browser import cards_page
from tests.browser.cards_page import Cards
from tests.browser.conftest import StartSite
from tests.gateway import answer, reply

# The elements of a text, with the attributes that matter; `rel` and `dir` are looked at apart.
_SHAPE = """async (text) => {
  const { markdown } = await import("/static/widget/markdown.js");
  const shape = (node) => node.nodeType === 3 ? node.data
    : `<${node.localName}${node.href ? ` ${node.getAttribute("href")}` : ""}${node.hasAttribute("start") ? ` ${node.start}` : ""}>`
      + `${[...node.childNodes].map(shape).join("")}</>`;
  return [...markdown(text, document).childNodes].map(shape).join("");
}"""

BECOMES = [
    ("One line\nand the next\n\nAnother paragraph", "<p>One line<br></>and the next</><p>Another paragraph</>"),
    ("**Bold** and *not*", "<p><strong>Bold</> and *not*</>"),
    ("- one\n- two\n  - inner\n- three", "<ul><li>one</><li>two<ul><li>inner</></></><li>three</></>"),
    ("1. one\n2. two", "<ol><li>one</><li>two</></>"),
    ("3) three\n4) four", "<ol 3><li>three</><li>four</></>"),
    ("1、护照\n2、照片", "<ol><li>护照</><li>照片</></>"),
    ("Before:\n- one\nAfter", "<p>Before:</><ul><li>one</></><p>After</>"),
    ("[Guide](https://www.sz.gov.cn/guide)", "<p><a https://www.sz.gov.cn/guide>Guide</></>"),
    ("See https://www.sz.gov.cn/a?b=1.", "<p>See <a https://www.sz.gov.cn/a?b=1>https://www.sz.gov.cn/a?b=1</>.</>"),
    ("请见https://www.sz.gov.cn/a。", "<p>请见<a https://www.sz.gov.cn/a>https://www.sz.gov.cn/a</>。</>"),
    ("Call 0755-88121678 or 12333", "<p>Call <a tel:0755-88121678>0755-88121678</> or <a tel:12333>12333</></>"),
    ("Dates such as 2026-11-24 and DEMO-A-200008 stay", "<p>Dates such as 2026-11-24 and DEMO-A-200008 stay</>"),
    ("**Call 0755-88121678**", "<p><strong>Call <a tel:0755-88121678>0755-88121678</></></>"),
    ("# No heading\n> no quote\n`no code`", "<p># No heading<br></>> no quote<br></>`no code`</>"),
    ("**open", "<p>**open</>"),
    ("", ""),
]

NO_LINK = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://example.org/1)",
    "[x](mailto:someone@example.org)",
    "[x](//example.org)",
    "[x](/console/)",
    "[x](https://www.gov.cn@example.org/)",
    "[x](https://user:word@example.org/)",
    "https://www.gov.cn@example.org/",
    "ftp://example.org/",
]

# A title that names another host or number than its link leads to is not shown.
TITLES = [
    ("[https://www.gov.cn](https://example.org/)", "https://example.org/"),
    ("[www.gov.cn](https://example.org/)", "https://example.org/"),
    ("[Sign in at www.gov.cn today](https://example.org/)", "https://example.org/"),
    ("[gov.cn.example.org](https://gov.cn/)", "https://gov.cn/"),
    ("[gоv.cn](https://example.org/)", "https://example.org/"),
    ("[0755-88121678](tel:+19005550100)", "+19005550100"),
    ("[sz.gov.cn](https://www.sz.gov.cn/guide)", "sz.gov.cn"),
    ("[The guide, version 2.1](https://www.sz.gov.cn/guide)", "The guide, version 2.1"),
    ("[Call the line](tel:0755-88121678)", "Call the line"),
    ("https://раураl.com/", "https://xn--l-7sba6dbr.com/"),
]


@pytest.fixture
async def cards(open_cards: Any) -> Cards:
    opened: Cards = await open_cards()
    return opened


async def test_text_becomes_paragraphs_lists_bold_and_links_and_nothing_else(cards: Cards) -> None:
    for text, expected in BECOMES:
        assert await cards.page.evaluate(_SHAPE, text) == expected, text


async def test_only_http_https_and_tel_become_links(cards: Cards) -> None:
    for text in NO_LINK:
        shape = await cards.page.evaluate(_SHAPE, text)
        assert "<a" not in shape, text


async def test_title_never_names_another_host_or_number(cards: Cards) -> None:
    for text, shown in TITLES:
        shape = await cards.page.evaluate(_SHAPE, text)
        assert shape.count("<a ") == 1 and shape.endswith(f">{shown}</></>"), (text, shape)


async def test_links_leave_no_trace_of_this_page(cards: Cards) -> None:
    rel = await cards.page.evaluate(
        """async () => {
          const { markdown } = await import("/static/widget/markdown.js");
          return [...markdown("[a](https://example.org/) https://example.org/b", document).querySelectorAll("a")]
            .map((each) => [each.rel, each.target]);
        }"""
    )
    assert rel == [["noopener noreferrer", "_blank"]] * 2


async def test_html_stays_text_and_long_hostile_text_takes_no_time(cards: Cards) -> None:
    evil = "<img src=x onerror=window.hit=1><script>window.hit=1</script><a href=javascript:window.hit=1>x</a>&lt;b&gt;"
    assert await cards.page.evaluate(_SHAPE, evil) == f"<p>{evil}</>"
    for hostile in ("*" * 20000, "[" * 20000, "**a" * 9000, "[a](" * 9000, "0755-" * 9000, "- " * 9000, "a." * 9000):
        # Whoever waits for an answer that never comes is told by the limit of the call.
        await cards.page.evaluate(f"async (text) => {{ await ({_SHAPE})(text) }}", hostile)
        await cards.page.evaluate(f"async (text) => {{ await ({_SHAPE})(text) }}", f"[{hostile[:290]}](https://example.org/)")
    assert await cards.page.evaluate("window.hit === undefined")


async def test_hostile_titles_of_choices_sources_and_cards_stay_text(start_site: StartSite, answers: Answers) -> None:
    evil = "<img src=x onerror=hit=1>"
    card = cards_page.station(answers, "en")["card"]
    card["stations"][0].update(name=evil, district=evil, hours=evil, state=evil, address=evil, notes=[evil], services=[evil])

    async def attacking(_message: dict[str, Any]) -> Any:
        sources = [{"title": f"{evil} source", "url": "https://www.sz.gov.cn/", "date": "2026"}]
        choices = [{"title": f"{evil} choice", "payload": "/fee"}]
        return answer(reply(f"fine\n\n{evil}", sources=sources, quick_replies=choices, card=card))

    site = await start_site(attacking)
    widget = await site.opened()
    await widget.asks("hello", "fine")
    await expect(widget.window.get_by_role("button", name=f"{evil} choice")).to_be_visible()
    await expect(widget.log.get_by_role("heading", name=evil)).to_be_visible()
    await widget.log.locator("details.sources > summary").first.click()
    await expect(widget.log.get_by_role("link", name=f"{evil} source")).to_be_visible()
    await widget.window.get_by_role("button", name=f"{evil} choice").click()
    await expect(widget.bubbles.filter(has_text=f"{evil} choice")).to_be_visible()
    assert await widget.host.locator("img, script").count() == 0
    assert await widget.page.evaluate("window.hit === undefined")
    assert site.errors == []
