"""How well a model understands questions that nobody trained it on.

    python -m bot.nlu.evaluate [--holdout FOLDER] [--model FILE] [--accepted FILE] [--accept] [--markdown FILE]

The hold-out is a folder of YAML files, one for each language (see `bot.nlu.holdout`). Without `--model` the model of the present
data is taken, which must have been trained. The whole pipeline is asked, with numbers and dates taken out as the gateway
takes them out.

A question counts as right when it is answered with its topic. Asking back counts too when the topic is among the two or three that
are offered, but for at most 10 % of the questions of a language: where more are asked back, each of them counts for less. Beside
that stands what is answered outright. Strangers belong to no topic and must be declined, at most 4 % of the others may be. A
sensitive message is recognised when it gets the fixed reply and the offer of a person, instead of another answer (outright) or below
it. The calibration error is the mean distance between the probability of the first topic and how often it is right.

The figures are compared with those that were accepted last; `--accept` keeps the present ones. 1 when a figure is worse than what
was accepted, or below its bar and was not so then.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import yaml

from bot.data_file import read_mapping
from bot.errors import BotError
from bot.languages import TONGUES
from bot.nlu import figures_page, quiet_logs
from bot.nlu.classifier import SENSITIVE
from bot.nlu.encodings import encode_at_once
from bot.nlu.holdout import Outcome, Question, ask, read_holdout
from bot.nlu.training import model_path
from bot.nlu.training_data import generate
from bot.settings import ROOT, load

HOLDOUT: Final = ROOT / "tests" / "dialogue" / "holdout"
ACCEPTED: Final = ROOT / "tests" / "dialogue" / "accepted.yml"
BARS: Final[Mapping[str, float]] = {
    "en right": 0.93,
    "zh right": 0.93,
    "mixed right": 0.90,
    **{f"{tongue} right": 0.85 for tongue in TONGUES if tongue not in ("en", "zh")},
    "strangers declined": 0.85,
    "sensitive recognised": 0.95,
}
"""The least that each figure may be."""
MOST: Final[Mapping[str, float]] = {"declined in error": 0.04}
"""The most that each figure may be."""
_ASKED_COUNT: Final = 0.10
# What a retraining moves without being worse: a language has about 240 questions, English and Chinese have more.
_MAY_FALL: Final = 0.02
_MAY_SLIP: Final = 0.01
_CONFUSIONS: Final = 20
_BINS: Final = 10
_SHORT, _LONG = 300, 2000
_TIMED: Final = 120


def share(values: Iterable[bool | float]) -> float:
    """The mean; 0 of nothing."""
    values = [float(value) for value in values]
    return sum(values) / len(values) if values else 0.0


def score(outcomes: Sequence[Outcome]) -> float:
    """Which part counts as right: answered with the topic, or asked back with it on offer for at most 10 % of the questions."""
    asked = share(each.asked for each in outcomes)
    worth = min(1.0, _ASKED_COUNT / asked) if asked else 0.0
    return share(each.right for each in outcomes) + worth * share(each.helped for each in outcomes)


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The mean distance between probability and frequency, over ten equal ranges of probability."""
    sure, true = np.asarray(confidences), np.asarray(right)
    ranges = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    distances = [abs(sure[ranges == each].mean() - true[ranges == each].mean()) * (ranges == each).mean() for each in np.unique(ranges)]
    return float(sum(distances))


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The figures by name; those of a language begin with its code."""
    known = [each for each in outcomes if each.question.topic is not None]
    strangers = [each for each in outcomes if each.question.topic is None]
    found: dict[str, float] = {}
    for language in dict.fromkeys(each.question.language for each in known):
        mine = [each for each in known if each.question.language == language]
        found[f"{language} right"] = score(mine)
        found[f"{language} outright"] = share(each.right for each in mine)
        found[f"{language} asked"] = share(each.asked for each in mine)
        found[f"{language} first"] = share(each.first for each in mine)
    answered = [each for each in known if each.answered and not each.declined]
    sensitive = [each for each in known if each.question.topic == SENSITIVE]
    found["answered rightly"] = share(each.right for each in answered)
    found["declined in error"] = share(each.declined for each in known)
    found["strangers declined"] = share(each.declined for each in strangers)
    found["strangers answered"] = share(bool(each.answered) and not each.declined for each in strangers)
    others = [each for each in outcomes if each.question.topic != SENSITIVE]
    found["sensitive recognised"] = share(each.answered == (SENSITIVE,) or each.suspected for each in sensitive)
    found["sensitive outright"] = share(each.answered == (SENSITIVE,) for each in sensitive)
    found["others taken for sensitive"] = share(each.answered == (SENSITIVE,) for each in others)
    found["others suspected"] = share(each.suspected for each in others)
    found["calibration error"] = calibration_error([each.confidence for each in known], [each.first for each in known])
    return {name: round(value, 4) for name, value in found.items()}


def below(found: Mapping[str, float]) -> list[str]:
    """The figures that miss their bar, with both."""
    missed = [f"{name}: {found[name]:.3f}, must be {bar:.2f}" for name, bar in BARS.items() if name in found and found[name] < bar]
    return missed + [f"{name}: {found[name]:.3f}, may be {bar:.2f}" for name, bar in MOST.items() if name in found and found[name] > bar]


def fallen(found: Mapping[str, float], accepted: Mapping[str, float]) -> list[str]:
    """The figures with a bar that are worse than what was accepted, with both."""
    worse = {name: accepted[name] - found[name] for name in BARS if name in found and name in accepted}
    worse |= {name: found[name] - accepted[name] for name in MOST if name in found and name in accepted}
    return [f"{name}: {found[name]:.3f}, was {accepted[name]:.3f}" for name, by in worse.items() if by > _MAY_FALL]


def lines(outcomes: Sequence[Outcome], accepted: Mapping[str, float]) -> list[str]:
    """Everything worth knowing, one line each."""
    found = figures(outcomes)
    known = [each for each in outcomes if each.question.topic is not None]
    told = [f"{len(known)} questions about topics, {len(outcomes) - len(known)} strangers", ""]
    told.append(f"{'language':<10}{'right':>8}{'bar':>7}{'outright':>10}{'asked':>8}{'first':>8}{'accepted':>10}")
    for name in (name for name in found if name.endswith(" right")):
        language = name.partition(" ")[0]
        values = (found[f"{language} {kind}"] for kind in ("outright", "asked", "first"))
        told.append(
            f"{language:<10}{found[name]:>8.3f}{BARS.get(name, 0.0):>7.2f}"
            + "".join(f"{value:>{width}.3f}" for value, width in zip(values, (10, 8, 8)))
            + (f"{accepted[name]:>10.3f}" if name in accepted else f"{'-':>10}")
        )
    told.append("")
    for name in (name for name in found if name.partition(" ")[2] not in ("right", "outright", "asked", "first")):
        bar = f", must be {BARS[name]:.2f}" if name in BARS else f", may be {MOST[name]:.2f}" if name in MOST else ""
        told.append(f"{name}: {found[name]:.3f}{bar}" + (f" (accepted {accepted[name]:.3f})" if name in accepted else ""))
    told += [line for part in _parts(outcomes) for line in ("", part)]
    told += ["", "most frequent confusions:"]
    pairs = Counter((str(each.question.topic), each.ranking[0]) for each in known if each.ranking and not each.first)
    told += [f"  {count} x {topic} taken for {first}" for (topic, first), count in pairs.most_common(_CONFUSIONS)]
    return told


def _parts(outcomes: Sequence[Outcome]) -> list[str]:
    """By style of the questions, and by kind of stranger."""
    known = [each for each in outcomes if each.question.topic is not None]
    strangers = [each for each in outcomes if each.question.topic is None]
    return [_by(known, "style", score), _by(strangers, "kind of stranger", lambda mine: share(each.declined for each in mine))]


def _by(outcomes: Sequence[Outcome], title: str, figure: Callable[[Sequence[Outcome]], float]) -> str:
    groups: dict[str, list[Outcome]] = {}
    for each in outcomes:
        groups.setdefault(each.question.style, []).append(each)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return f"By {title}: " + ", ".join(f"{name} {figure(mine):.3f} of {len(mine)}" for name, mine in ordered) + "."


def times(questions: Sequence[Question], model: Path) -> dict[str, tuple[float, float]]:
    """Milliseconds to understand a message, median and 95th percentile: of up to 300 characters, and of about 2,000."""
    from bot.nlu.processor import StrictAgent

    agent = StrictAgent()
    agent.load_model(model)
    short = [each.text for each in questions if len(each.text) <= _SHORT][:: max(1, len(questions) // _TIMED)]
    joined = " ".join(each.text for each in questions if each.language in ("en", "zh"))
    step = max(1, (len(joined) - _LONG) // _TIMED)
    long = [joined[at : at + _LONG] for at in range(0, len(joined) - _LONG, step)][:_TIMED]

    async def timed(texts: Sequence[str]) -> tuple[float, float]:
        taken = []
        for text in texts:
            begun = time.perf_counter()
            await agent.parse_message(text)
            taken.append((time.perf_counter() - begun) * 1000)
        return float(np.median(taken)), float(np.percentile(taken, 95))

    async def both() -> dict[str, tuple[float, float]]:
        await timed(short[:20])
        return {f"up to {_SHORT} characters": await timed(short), f"{_LONG} characters": await timed(long)}

    return asyncio.run(both())


def read_accepted(file: Path) -> dict[str, float]:
    """The figures that were accepted last; none when there is no such file.

    A figure that was accepted although it is below its bar is known to miss it, and must not fall further.
    """
    return {str(name): float(value) for name, value in read_mapping(file).items()} if file.exists() else {}


def newly_below(found: Mapping[str, float], accepted: Mapping[str, float]) -> list[str]:
    """Of the figures that miss their bar those that did not miss it when they were accepted.

    Another machine rounds otherwise and so trains another model; a figure that stands on its bar may slip by that much.
    """
    known = {line.partition(":")[0] for line in below(accepted)}
    slipped = {name for name, bar in BARS.items() if bar - _MAY_SLIP <= found.get(name, 0.0) < bar}
    slipped |= {name for name, bar in MOST.items() if bar < found.get(name, 1.0) <= bar + _MAY_SLIP}
    return [line for line in below(found) if line.partition(":")[0] not in known | slipped]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a file is wrong or missing, or a figure has fallen, below its bar or below what was accepted."""
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.evaluate", description="How well a model understands a hold-out.")
    parser.add_argument("--holdout", type=Path, default=HOLDOUT, help="folder of questions by language and topic, with strangers")
    parser.add_argument("--model", type=Path, help="a model file; left out: the one of the present data")
    parser.add_argument("--accepted", type=Path, default=ACCEPTED, help="figures to compare with")
    parser.add_argument("--accept", action="store_true", help="keep these figures as the accepted ones")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the figures into this document, between its marks")
    arguments = parser.parse_args(argv)
    # Rasa would log every question.
    quiet_logs.configure()
    try:
        questions, accepted = read_holdout(arguments.holdout), read_accepted(arguments.accepted)
        settings = load()
        model = arguments.model or model_path(settings, generate(ROOT))
        # As the server reads.
        encode_at_once(settings.data_dir / "cache")
        outcomes = ask(questions, model)
        print("\n".join(lines(outcomes, accepted)))
        print()
        taken = times(questions, model)
        for name, (median, most) in taken.items():
            print(f"milliseconds, {name}: median {median:.1f}, 95 % below {most:.1f}")
    except BotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    found = figures(outcomes)
    if arguments.accept:
        arguments.accepted.write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")
        accepted = found
    if arguments.markdown:
        known = sum(each.topic is not None for each in questions)
        asked, parts = (known, len(questions) - known), _parts(outcomes)
        figures_page.write(arguments.markdown, figures_page.page(found, BARS, MOST, asked, parts, taken, ROOT / "data" / "topics"))
    for title, wrong in (("below the bar", below(found)), ("worse than what was accepted", fallen(found, accepted))):
        print(f"\n{title}:" + "".join(f"\n  {line}" for line in wrong) if wrong else f"\nnothing is {title}")
    return 1 if newly_below(found, accepted) or fallen(found, accepted) else 0


if __name__ == "__main__":
    sys.exit(main())
