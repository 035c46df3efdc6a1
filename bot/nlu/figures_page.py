"""The figures of `make evaluate` as they stand in a document, between two marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from bot.data_file import read_mapping
from bot.languages import TONGUES

BEGIN: Final = "<!-- figures of make evaluate -->"
END: Final = "<!-- end of figures -->"
_WRITTEN: Final = {"en": "English", "zh": "Chinese", "mixed": "mixed"}
_TALK: Final = "talk"
_STRANGERS: Final = "out_of_scope"
_ROWS: Final = (
    ("strangers declined", "strangers declined"),
    ("declined in error", "questions declined in error"),
    ("answered rightly", "of what is answered, rightly"),
    ("sensitive recognised", "sensitive messages that get the fixed reply and a person, most of them veiled"),
    ("sensitive outright", "of these, instead of any other answer; the others below it"),
    ("others taken for sensitive", "other messages taken for sensitive"),
    ("others suspected", "other messages with the fixed lines below their answer"),
)


def page(
    found: Mapping[str, float],
    bars: Mapping[str, float],
    most: Mapping[str, float],
    asked: tuple[int, int],
    parts: Sequence[str],
    times: Mapping[str, tuple[float, float]],
    topics: Path,
) -> str:
    """What stands between the marks.

    Args:
        found: figures by name, as `bot.nlu.evaluate.figures` has them.
        bars, most: what figures must reach at least and at most.
        asked: how many questions and strangers there were.
        parts: lines that go below the tables.
        times: median and 95th percentile of milliseconds, by kind of message.
        topics: folder of the examples.
    """
    rows = [*_data(topics), f"Measured on {date.today():%-d %B %Y}: {asked[0]:,} questions and {asked[1]:,} strangers.", ""]
    rows += ["| language | right | bar | answered outright | asked back | first topic |", "|---|---|---|---|---|---|"]
    for name in (name for name in found if name.endswith(" right")):
        language = name.partition(" ")[0]
        rest = " | ".join(_percent(found[f"{language} {kind}"]) for kind in ("outright", "asked", "first"))
        rows.append(f"| {language} | {_percent(found[name])} | {bars[name]:.0%} | {rest} |")
    rows += ["", "| | figure | bar |", "|---|---|---|"]
    for name, title in _ROWS:
        bar = f"{bars[name]:.0%}" if name in bars else f"at most {most[name]:.0%}" if name in most else ""
        rows.append(f"| {title} | {_percent(found[name])} | {bar} |")
    rows.append(f"| calibration error | {found['calibration error']:.3f} | |")
    rows += [f"| milliseconds to understand {kind} | {median:.0f}, 95 % below {high:.0f} | |" for kind, (median, high) in times.items()]
    return "\n".join([*rows, "", *(f"{part}\n" for part in parts)])


def write(file: Path, block: str) -> None:
    """Put `block` between the marks of a document, or after it when it has none."""
    before, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2] or "\n"
    file.write_text(f"{before}{BEGIN}\n{block}{END}{after}", encoding="utf-8")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _data(topics: Path) -> list[str]:
    """How many examples there are, and of the topic that has fewest; small talk needs fewer and is left out of the least."""
    counts: dict[str, list[int]] = {}
    least: dict[str, list[int]] = {}
    strangers = 0
    for file in sorted(topics.glob("*.yml")):
        content = read_mapping(file)
        for language, listed in content["questions"].items():
            counts.setdefault(language, []).append(len(listed))
            if content["group"] != _TALK:
                least.setdefault(language, []).append(len(listed))
        strangers += sum(map(len, content["questions"].values())) if file.stem == _STRANGERS else 0
    rows = ["| | examples | least of a topic |", "|---|---|---|"]
    rows += [f"| {title} | {sum(counts[code]):,} | {min(least[code])} |" for code, title in _WRITTEN.items()]
    others = [code for code in TONGUES if code not in _WRITTEN and code in counts]
    sizes = [sum(counts[code]) for code in others]
    fewest = min(min(least[code]) for code in others)
    rows.append(f"| each of the {len(others)} other languages | {min(sizes):,} to {max(sizes):,} | {fewest} |")
    total = Counter({code: sum(each) for code, each in counts.items()}).total()
    return [*rows, "", f"{total:,} in all; {strangers:,} of them are strangers: other services, visas, cities and countries, chit-chat, "
            "nonsense, attempts to command the program.", ""]  # fmt: skip
