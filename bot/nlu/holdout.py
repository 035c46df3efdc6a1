"""Questions that nobody who wrote examples has seen, and what the pipeline makes of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.nlu.classifier import CANDIDATES, DECISION, FOLLOW_UP, SEVERAL, STRANGERS, SUSPECTED
from bot.nlu.model_file import check_model
from bot.nlu.parts import PARTS
from bot.redaction import redact

_FIELDS: Final = frozenset({"language", "questions", "strangers"})
_OFFERED: Final = 3


@dataclass(frozen=True)
class Question:
    """A question of the hold-out.

    Attributes:
        language: a tongue, or `mixed`.
        style: how it is asked (`short`, `story`, `typos` …), or what kind of stranger it is.
        topic: None when it belongs to none.
    """

    text: str
    language: str
    style: str
    topic: str | None


@dataclass(frozen=True)
class Outcome:
    """What the pipeline made of a question, and how long it took.

    Attributes:
        answered: the topics that are answered, in order; empty when it asks back or declines.
        suspected: below the answer it says where help is, as for a sensitive message.
    """

    question: Question
    ranking: tuple[str, ...]
    confidence: float
    answered: tuple[str, ...]
    decision: str
    candidates: tuple[str, ...]
    seconds: float
    suspected: bool = False

    @property
    def first(self) -> bool:
        """Whether the topic of the question ranks first."""
        return self.ranking[:1] == (self.question.topic,)

    @property
    def right(self) -> bool:
        """Whether it is answered, with the topic of the question."""
        return self.question.topic in self.answered

    @property
    def asked(self) -> bool:
        """Whether the person is asked back."""
        return self.decision == "ask"

    @property
    def helped(self) -> bool:
        """Whether the person is asked back with the topic among the first that are offered."""
        return self.asked and self.question.topic in self.candidates[:_OFFERED]

    @property
    def declined(self) -> bool:
        """Whether the person is told that this is about something else, or not understood."""
        return self.decision == "decline" or self.answered == (STRANGERS,)


def read_holdout(folder: Path) -> list[Question]:
    """The questions of every file with a `language` in a folder.

    Raises:
        DataError: naming file, entry and field.
    """
    questions: list[Question] = []
    for file in sorted(folder.glob("*.yml")):
        content = read_mapping(file)
        if "language" not in content:
            continue
        if set(content) - _FIELDS or not isinstance(content.get("questions"), dict):
            raise DataError(file, "file", "content", "must have a language, questions by topic and perhaps strangers")
        language = str(content["language"])
        for topic, entries in content["questions"].items():
            # What is under this name belongs to no topic, whoever wrote it here.
            wanted = None if topic == STRANGERS else str(topic)
            questions += [Question(text, language, style, wanted) for style, text in _entries(file, str(topic), entries)]
        questions += [Question(text, language, style, None) for style, text in _entries(file, "strangers", content.get("strangers") or [])]
    if not questions:
        raise DataError(folder, "folder", "files", "holds no questions")
    return questions


def _entries(file: Path, entry: str, listed: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(listed, list):
        raise DataError(file, entry, "questions", "must be a list")
    for each in listed:
        if not isinstance(each, list) or len(each) != 2 or not all(isinstance(part, str) and part.strip() for part in each):
            raise DataError(file, entry, "questions", f"{each!r} must be a style and a text")
        yield each[0], each[1]


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
            text = _as_rasa_gets_it(question.text)
            begun = time.perf_counter()
            understood = await agent.parse_message(text)
            outcomes.append(_outcome(question, understood, time.perf_counter() - begun))
        return outcomes

    return asyncio.run(asked())


def _as_rasa_gets_it(text: str) -> str:
    count = Counter[str]()

    def put(kind: str, piece: str) -> str:
        count[kind] += 1
        return f"<{kind}:{count[kind]}>"

    return redact(text, None, put)


def _outcome(question: Question, understood: Mapping[str, Any], seconds: float) -> Outcome:
    ranking = understood.get("intent_ranking") or []
    intent, decision = understood["intent"]["name"], str(understood.get(DECISION))
    topics = tuple(str(part["topic"]) for part in understood.get(PARTS) or ()) if intent == SEVERAL else (str(intent),)
    return Outcome(
        question=question,
        ranking=tuple(entry["name"] for entry in ranking),
        confidence=float(ranking[0]["confidence"]) if ranking else 0.0,
        answered=topics if decision == "answer" and intent != FOLLOW_UP else (),
        decision=decision,
        candidates=tuple(understood.get(CANDIDATES) or ()),
        seconds=seconds,
        suspected=bool(understood.get(SUSPECTED)),
    )
