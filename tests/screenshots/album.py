"""Where the pictures go: one file for each state, language, theme and width, and a sheet with all of them."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.async_api import Locator, Page

from bot.languages import Language

THEMES: Final = ("light", "dark")
SIZES: Final = ((1280, 800), (320, 640))
_SETTLED: Final = """async () => {
  // A new width is heard of, and answered with a movement, a little later.
  await new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 60));
  const roots = [document, document.querySelector("permit-assistant[ready]")?.shadowRoot].filter(Boolean);
  const moving = roots.flatMap((root) => root.getAnimations()).filter((each) => each.effect.getTiming().iterations === 1);
  // What is not drawn never comes to its end.
  const enough = new Promise((done) => setTimeout(done, 600));
  await Promise.race([enough, Promise.all(moving.map((each) => each.finished.catch(() => {})))]);
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_STYLE: Final = """body { margin: 24px; font: 15px/1.5 system-ui, sans-serif; background: #eef1f4; color: #15191e }
h2 { margin: 32px 0 8px; font-size: 18px } ul { display: flex; flex-wrap: wrap; gap: 12px; margin: 0; padding: 0; list-style: none }
img { display: block; height: 300px; border: 1px solid #c3cbd3; background: #fff } nav a { margin-right: 12px }"""


@dataclass(frozen=True)
class Picture:
    """One picture."""

    part: str
    state: str
    language: Language
    theme: str
    width: int

    @classmethod
    def named(cls, name: str) -> Picture:
        """The picture of a file, without its ending."""
        rest, language, theme, width = name.rsplit("-", 3)
        part, state = rest.split("-", 1)
        return cls(part, state, "zh" if language == "zh" else "en", theme, int(width))

    @property
    def file(self) -> str:
        """Its name, always the same."""
        return f"{self.part}-{self.state}-{self.language}-{self.theme}-{self.width}.png"


class Album:
    """Pictures in a folder, in the order in which they were taken."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.pictures: list[Picture] = []

    async def take(
        self,
        page: Page,
        part: str,
        state: str,
        language: Language,
        show: Locator | None = None,
        again: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Four pictures of what the page shows: light and dark, wide and narrow.

        Args:
            show: what is scrolled to the top of its place before each.
            again: what is done before each, where another width would undo it.
        """
        await page.mouse.move(0, 0)
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            if again is not None:
                await again()
            for theme in THEMES:
                await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                await page.evaluate("scrollTo(0, 0)")
                if show is not None:
                    await show.evaluate("(each) => each.scrollIntoView({ block: 'start' })")
                await page.evaluate(_SETTLED)
                picture = Picture(part, state, language, theme, width)
                await page.screenshot(path=self.folder / picture.file)
                self.pictures.append(picture)
        await page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
        await page.evaluate(_SETTLED)
        print(f"  {part} {state} {language}", flush=True)

    def write_sheet(self) -> Path:
        """The sheet with all pictures, a row for each state; where it is."""
        rows: dict[tuple[str, str], list[Picture]] = {}
        # What an earlier run left stands behind what this one took.
        found = [Picture.named(file.stem) for file in sorted(self.folder.glob("*-*-*-*-*.png"))]
        for picture in dict.fromkeys([*self.pictures, *found]):
            rows.setdefault((picture.part, picture.state), []).append(picture)
        links = "".join(f'<a href="#{part}-{state}">{part} {state}</a> ' for part, state in rows)
        body = "".join(
            f'<h2 id="{part}-{state}">{part}: {html.escape(state)}</h2><ul>'
            + "".join(
                f'<li><a href="{picture.file}"><img loading="lazy" src="{picture.file}" alt="{picture.file.removesuffix(".png")}"></a></li>'
                for picture in pictures
            )
            + "</ul>"
            for (part, state), pictures in rows.items()
        )
        sheet = self.folder / "index.html"
        sheet.write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Every state</title><style>{_STYLE}</style>'
            f"<h1>Every state</h1><nav>{links}</nav>{body}</html>\n",
            encoding="utf-8",
        )
        return sheet
