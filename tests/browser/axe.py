"""What axe-core finds wrong with a page, the widget's shadow root included."""

from __future__ import annotations

from functools import cache

from playwright.async_api import Page

from tests import npm
from tests.browser.widget import settled

AXE = npm.Package(
    "axe-core",
    "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _script() -> str:
    return (npm.fetch(AXE) / "axe.min.js").read_text(encoding="utf-8")


async def violations(page: Page, within: str = "permit-assistant") -> list[str]:
    """Each violation as the rule, and the elements that break it."""
    # The page's policy forbids script elements; what the debugger evaluates is not the page's.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(f"(() => {{ {_script()} }})()")
    await settled(page)
    found = await page.evaluate("([within, tags]) => axe.run(within, { runOnly: tags, resultTypes: ['violations'] })", [within, RULES])
    return [
        f"{violation['id']}: {violation['help']} – {node['html'][:200]} – {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
