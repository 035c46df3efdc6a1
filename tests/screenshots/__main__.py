"""`python -m tests.screenshots [folder] [--only widget] [--scene answers]`: start the system with invented data and picture every state."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import traceback
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect

from bot.languages import LANGUAGES
from bot.settings import ROOT
from tests.browser.conftest import FLAGS
from tests.browser.people import PATIENCE_MS, World
from tests.screenshots import office
from tests.screenshots.album import Album
from tests.screenshots.console import console
from tests.screenshots.widget import evening, widget
from tests.servers import browser as chromium
from tests.system import System, in_the_evening, started

PARTS = {"widget": widget, "console": console}


async def picture(system: System, browser: Browser, album: Album, only: str | None, wanted: list[str]) -> list[str]:
    """Go through the scenes; the names of those that came to no good end."""
    failed = []
    for language in LANGUAGES:
        for who in ("officer", "colleague", "supervisor", "trainee", "administrator"):
            office.hire(system, who, language)
        office.hire(system, "newcomer", language, signed=False)
        for part, scenes in PARTS.items():
            if only not in (None, part):
                continue
            for name, scene in await scenes(system, World(system.address, browser), album, language):
                if wanted and name not in wanted:
                    continue
                try:
                    await scene()
                except Exception:
                    traceback.print_exc()
                    failed.append(f"{part}, {name}, {language}")
                office.nobody_is_there(system)
    return failed


async def main(folder: Path, only: str | None, wanted: list[str]) -> int:
    """Every picture and the sheet; 1 when a state was not reached."""
    began = time.monotonic()
    album = Album(folder)
    expect.set_options(timeout=PATIENCE_MS)
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        places = [Path(scratch) / name for name in ("day", "evening")]
        for place in places:
            place.mkdir()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            with started(
                places[0],
                BOT_RATE_LIMITS="on",
                BOT_ASSISTANT_TIMEOUT_S="25",
                BOT_CALLER_MESSAGES_PER_MINUTE="1000",
                BOT_RECLAIM_AFTER_S="900",
            ) as system:
                failed += await picture(system, browser, album, only, wanted)
            if only != "console" and (not wanted or "evening" in wanted):
                with started(places[1], in_the_evening(), BOT_DESK_HOURS="station", BOT_DEMO="off") as system:
                    for language in LANGUAGES:
                        await evening(system, World(system.address, browser), album, language)
            await browser.close()
    sheet = album.write_sheet()
    print(f"{len(album.pictures)} pictures after {time.monotonic() - began:.0f} s: {sheet}")
    for name in failed:
        print(f"not reached: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--only", choices=sorted(PARTS))
    parser.add_argument("--scene", action="append", default=[], help="the name of a scene, if not all are wanted")
    chosen = parser.parse_args()
    sys.exit(asyncio.run(main(chosen.folder, chosen.only, chosen.scene)))
