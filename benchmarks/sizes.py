"""`make sizes`: what a page loads for the widget, compressed as it is sent, before the first click and in all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.channels.packed import packed
from bot.channels.widget import WidgetFiles
from bot.i18n import Texts
from bot.settings import ROOT

STATIC: Final[Path] = ROOT / "bot" / "static"
BEFORE_CLICK: Final = 15_000
IN_ALL: Final = 60_000
_TEXTS: Final = "/widget/texts/"
_LAUNCHER: Final = f"{_TEXTS}launcher-"
# The widget of rasa-webchat 1.0.1, measured in the same way.
PEER: Final = ("rasa-webchat", 211_000)


@dataclass(frozen=True)
class Sizes:
    """Compressed bytes by file: of the loader, of what the first click fetches, and of what is fetched when it is needed.

    Texts are those of the language that needs most.
    """

    loader: Mapping[str, int]
    window: Mapping[str, int]
    later: Mapping[str, int]

    @property
    def before_click(self) -> int:
        """Bytes before the first click."""
        return sum(self.loader.values())

    @property
    def in_all(self) -> int:
        """Bytes when everything was used."""
        return self.before_click + sum(self.window.values()) + sum(self.later.values())


def measure() -> Sizes:
    """Measure the files as they are served now."""
    served = {path: len(file.packed) for path, file in WidgetFiles(Texts.load(), "0755-00000000").files.items()}
    launcher = max(size for path, size in served.items() if path.startswith(_LAUNCHER))
    texts = max(size for path, size in served.items() if path.startswith(_TEXTS) and not path.startswith(_LAUNCHER))
    loader = {"/widget.js": served["/widget.js"], f"{_LAUNCHER}….json": launcher}
    window = {path: served[path] for path in ("/widget/window.js", "/widget/window.css")}
    window[f"{_TEXTS}….json"] = texts
    window["/static/vendor/socket.io.js"] = _packed(STATIC / "vendor" / "socket.io.js")
    later = {
        "/widget/mine.js": served["/widget/mine.js"],
        "/static/widget/cards/print.css": _packed(STATIC / "widget" / "cards" / "print.css"),
    }
    return Sizes(loader, window, later)


def _packed(path: Path) -> int:
    return len(packed(path.read_bytes()))


def main() -> int:
    """Print the sizes; 1 when one of them is above its limit."""
    sizes = measure()
    parts = (
        ("before the first click", sizes.loader),
        ("after the first click", sizes.window),
        ("to see one's data, to print a checklist", sizes.later),
    )
    for title, part in parts:
        print(f"{title}: {sum(part.values()) / 1000:.1f} kB")
        for name, size in sorted(part.items(), key=lambda item: -item[1]):
            print(f"  {size:>7,}  {name}")
    print()
    name, peer = PEER
    verdicts = [("before the first click", sizes.before_click, BEFORE_CLICK), ("in all", sizes.in_all, IN_ALL)]
    for title, size, limit in verdicts:
        word = "within" if size <= limit else "ABOVE"
        print(f"{title}: {size / 1000:.1f} kB gzip, {word} the limit of {limit // 1000} kB")
    print(f"{name}: {peer // 1000} kB gzip, {peer / sizes.in_all:.1f} times as much")
    return 0 if all(size <= limit for _, size, limit in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
