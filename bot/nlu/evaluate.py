"""How well a model understands questions that nobody trained it on.

    python -m bot.nlu.evaluate --holdout FILE [--model FILE]

The hold-out is a YAML file: for each language (`en`, `zh`, `mixed`) a mapping from topics to questions, and under `strangers`
lists of questions, by language, that belong to no topic. Without `--model` the model of the present data is taken, which must
have been trained. The whole pipeline is asked, as a conversation would ask it.

Printed are: the share of questions whose topic ranks first (by language) and among the first three; of the questions about a
topic, how many are answered (and how often rightly), asked back (and how often with the right topic on offer) and declined; the
strangers that are declined; sensitive messages that are recognised; the expected calibration error (the mean distance between
the probability of the first topic and how often it is right); the confusions that are most frequent; and the time for a message.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.errors import BotError, DataError
from bot.nlu import quiet_logs
from bot.nlu.classifier import CANDIDATES, DECISION, SENSITIVE, STRANGERS
from bot.nlu.data_file import read_mapping
from bot.nlu.model_file import check_model
from bot.nlu.training import model_path
from bot.nlu.training_data import generate
from bot.settings import ROOT, load

_STRANGERS_ENTRY: Final = "strangers"
_CONFUSIONS: Final = 20
_BINS: Final = 10


@dataclass(frozen=True)
class Question:
    """A question of the hold-out; `topic` is None when it belongs to none."""

    text: str
    language: str
    topic: str | None


@dataclass(frozen=True)
class Outcome:
    """What the pipeline made of a question, and how long it took."""

    question: Question
    ranking: tuple[str, ...]
    confidence: float
    intent: str | None
    decision: str
    candidates: tuple[str, ...]
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the topic of the question ranks first."""
        return self.ranking[:1] == (self.question.topic,)

    @property
    def declined(self) -> bool:
        """Whether the person is told that this is about something else, or not understood."""
        return self.decision == "decline" or self.intent == STRANGERS


def read_holdout(file: Path) -> list[Question]:
    """The questions of a hold-out file.

    Raises:
        DataError: naming file, entry and field.
    """
    questions: list[Question] = []
    for language, by_topic in read_mapping(file).items():
        if not isinstance(by_topic, dict):
            raise DataError(file, str(language), "topics", "must be a mapping")
        for topic, texts in by_topic.items():
            if not isinstance(texts, list):
                raise DataError(file, str(language), str(topic), "must be a list of questions")
            if language == _STRANGERS_ENTRY:
                questions += [Question(str(text), str(topic), None) for text in texts]
            else:
                questions += [Question(str(text), str(language), str(topic)) for text in texts]
    return questions


def ask(questions: Iterable[Question], model: Path) -> list[Outcome]:
    """What the pipeline of `model` makes of the questions."""
    from bot.nlu.processor import StrictAgent

    check_model(model)
    agent = StrictAgent()
    agent.load_model(model)

    async def asked() -> list[Outcome]:
        await agent.parse_message("ready")
        outcomes = []
        for question in questions:
            begun = time.perf_counter()
            understood = await agent.parse_message(question.text)
            outcomes.append(_outcome(question, understood, time.perf_counter() - begun))
        return outcomes

    return asyncio.run(asked())


def _outcome(question: Question, understood: Mapping[str, Any], seconds: float) -> Outcome:
    ranking = understood.get("intent_ranking") or []
    return Outcome(
        question=question,
        ranking=tuple(entry["name"] for entry in ranking),
        confidence=float(ranking[0]["confidence"]) if ranking else 0.0,
        intent=understood["intent"]["name"],
        decision=str(understood.get(DECISION)),
        candidates=tuple(understood.get(CANDIDATES) or ()),
        seconds=seconds,
    )


def _share(outcomes: Sequence[bool]) -> str:
    return f"{sum(outcomes) / len(outcomes):.3f}" if outcomes else "-"


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The mean distance between probability and frequency, over ten equal ranges of probability."""
    sure, true = np.asarray(confidences), np.asarray(right)
    ranges = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    distances = [abs(sure[ranges == each].mean() - true[ranges == each].mean()) * (ranges == each).mean() for each in np.unique(ranges)]
    return float(sum(distances))


def lines(outcomes: Sequence[Outcome]) -> list[str]:
    """The figures, one a line."""
    known = [each for each in outcomes if each.question.topic is not None]
    strangers = [each for each in outcomes if each.question.topic is None]
    told = [f"questions: {len(known)} about topics, {len(strangers)} strangers"]
    for language in dict.fromkeys(each.question.language for each in known):
        told.append(f"first topic right, {language}: {_share([each.right for each in known if each.question.language == language])}")
    told.append(f"first topic right, all: {_share([each.right for each in known])}")
    told.append(f"among the first three: {_share([each.question.topic in each.ranking[:3] for each in known])}")
    declined = [each for each in known if each.declined]
    answered = [each for each in known if each.decision == "answer" and not each.declined]
    asked = [each for each in known if each.decision == "ask"]
    told.append(f"answered: {len(answered) / max(len(known), 1):.3f}, rightly {_share([each.right for each in answered])}")
    offered = _share([each.question.topic in each.candidates for each in asked])
    told.append(f"asked back: {len(asked) / max(len(known), 1):.3f}, with the topic on offer {offered}")
    told.append(f"declined: {len(declined) / max(len(known), 1):.3f}")
    told.append(f"strangers declined: {_share([each.declined for each in strangers])}")
    told.append(f"strangers answered with a topic: {_share([each.decision == 'answer' and not each.declined for each in strangers])}")
    sensitive = [each.intent == SENSITIVE for each in known if each.question.topic == SENSITIVE]
    suspected = sum(each.intent == SENSITIVE for each in outcomes if each.question.topic != SENSITIVE)
    told.append(f"sensitive recognised: {_share(sensitive)} of {len(sensitive)}; suspected elsewhere: {suspected}")
    error = calibration_error([each.confidence for each in known], [each.right for each in known]) if known else 0.0
    told.append(f"expected calibration error: {error:.3f}")
    told.append("most frequent confusions:")
    pairs = Counter((str(each.question.topic), each.ranking[0]) for each in known if each.ranking and not each.right)
    told += [f"  {count} x {topic} taken for {first}" for (topic, first), count in pairs.most_common(_CONFUSIONS)]
    times = np.asarray([each.seconds for each in outcomes]) * 1000
    median, most, longest = np.percentile(times, [50, 95, 100]) if len(times) else (0.0, 0.0, 0.0)
    told.append(f"milliseconds for a message: median {median:.1f}, 95 % below {most:.1f}, longest {longest:.1f}")
    return told


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a file is wrong or missing."""
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.evaluate", description="How well a model understands a hold-out.")
    parser.add_argument("--holdout", type=Path, required=True, help="questions by language and topic, and strangers")
    parser.add_argument("--model", type=Path, help="a model file; left out: the one of the present data")
    arguments = parser.parse_args(argv)
    # Rasa would log every question.
    quiet_logs.configure()
    try:
        questions = read_holdout(arguments.holdout)
        print("\n".join(lines(ask(questions, arguments.model or model_path(load(), generate(ROOT))))))
    except BotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
