"""Sentence vectors and their cache."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from bot.nlu import encodings, network
from bot.nlu.embedding_table import RowsOnDisk
from bot.nlu.encodings import (
    EncodingCache,
    Run,
    current_run,
    encode,
    encode_at_once,
    encode_for_training,
    get_ready,
    load_encoder,
    training_run,
)
from bot.nlu.network import DIMENSIONS, SENTENCE
from bot.settings import ROOT


def test_sentences_of_the_same_meaning_are_near_in_every_language() -> None:
    rows = encode(["how much does it cost", "要多少钱", "сколько это стоит", "my cat sleeps"])
    english, chinese, russian, other = rows[:, :SENTENCE].astype(np.float32)
    assert min(english @ chinese, english @ russian) > english @ other + 0.2
    assert rows.shape == (4, DIMENSIONS)


def test_the_sentence_vector_is_that_of_the_package() -> None:
    texts = ["how much does it cost", "要多少钱", "a", "word " * 300]
    assert np.allclose(network.read(load_encoder()._model, texts)[:, :SENTENCE], load_encoder().encode(texts), atol=1e-5)


def test_a_sentence_is_read_the_same_alone_and_among_others() -> None:
    texts = [f"question number {number} about the permit" for number in range(100)]
    together, alone = encode(texts).astype(np.float32), encode(texts[70:71]).astype(np.float32)
    assert np.allclose(together[70], alone[0], atol=0.01)


def test_a_second_run_encodes_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(cache=tmp_path / "cache" / "encodings.db")
    first = encode_for_training(["a fee", "a photo", "a fee"], run)
    encoded: list[str] = []

    def counting(texts: list[str]) -> np.ndarray:
        encoded.extend(texts)
        return encode(texts)

    monkeypatch.setattr(encodings, "encode", counting)
    second = encode_for_training(["a photo", "a card", "a fee", "a card", "a fee"], run)
    assert encoded == ["a card"]
    assert np.array_equal(second[[0, 2, 4]], first[[1, 0, 2]]) and np.array_equal(second[[1, 3]], encode(["a card"])[[0, 0]])


def test_it_works_without_a_cache() -> None:
    assert encode_for_training(["a", "b"], Run()).shape == (2, DIMENSIONS)
    assert encode_for_training([], Run()).shape == (0, DIMENSIONS)


def test_vectors_of_another_encoder_are_dropped(tmp_path: Path) -> None:
    old = EncodingCache(tmp_path / "e.db", "old 1")
    old.put(["x"], np.ones((1, DIMENSIONS), dtype=np.float16))
    old.close()
    new = EncodingCache(tmp_path / "e.db", "new 2")
    row = np.zeros((1, DIMENSIONS), dtype=np.float16)
    assert new.fill(row, {"x": [0]}) == ["x"]
    new.close()
    again = EncodingCache(tmp_path / "e.db", "old 1")
    assert again.fill(row, {"x": [0]}) == ["x"] and not row.any()
    again.close()


def test_progress_is_reported_to_the_run(tmp_path: Path) -> None:
    lines: list[str] = []
    with training_run(Run(report=lines.append)):
        encode_for_training(["one", "two"], current_run())
    assert lines == ["encoding sentences: 2 of 2 new ones"]
    assert current_run() == Run()


@pytest.fixture
def at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Lets messages be read at once for the rest of the test; gives what is left of the encoder."""

    def begin() -> Any:
        monkeypatch.setattr(encodings, "_at_once", None)
        encode_at_once(tmp_path / "cache")
        assert encodings._at_once is not None
        return encodings._at_once[0]

    return begin


# What training reads must be what serving reads: the same to the last place of a half but for rounding.
@pytest.mark.parametrize(
    "texts",
    [
        ["how much does it cost"],
        ["I lost my passport. what now? and the permit?", "I lost my passport.", "what now?", "and the permit?"],
        ["护照丢了怎么办", "a", "", "сколько это стоит", "word " * 300, "الرسوم كم"],
        [f"question number {number} about the permit" for number in range(60)],
    ],
    ids=["one", "parts", "tongues", "many"],
)
def test_a_message_is_read_at_once_as_it_was_learnt(texts: list[str], at_once: Callable[[], Any]) -> None:
    learnt = encode(texts).astype(np.float32)
    assert isinstance(at_once().table, RowsOnDisk)
    read = encode(texts)
    assert read.dtype == np.float16 and read.shape == learnt.shape
    # What is near nothing is held against what is usual there: half a unit vector's entry, or a quarter of a word's response.
    usual = np.where(np.arange(DIMENSIONS) < SENTENCE, np.float16(0.01), np.float16(0.25))
    step = np.spacing(np.maximum(np.abs(learnt), usual).astype(np.float16)).astype(np.float32)
    assert (np.abs(read.astype(np.float32) - learnt) <= step).all()
    assert (read != learnt.astype(np.float16)).mean() < 0.02
    assert encode([]).shape == (0, DIMENSIONS)


def test_nobody_is_told_that_messages_are_read(tmp_path: Path) -> None:
    # From 1.29 on ONNX Runtime tells Microsoft, and keeps what it has not told yet in the home of who runs it.
    home = tmp_path / "home"
    home.mkdir()
    command = "import sys, pathlib; from bot.nlu.encodings import *; encode_at_once(pathlib.Path(sys.argv[1])); encode(['a fee'])"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    subprocess.run([sys.executable, "-c", command, str(tmp_path / "cache")], cwd=ROOT, env=environment, check=True, timeout=120)
    assert not list(home.iterdir())
    for library in Path(onnxruntime.__file__).parent.rglob("*.so*"):
        assert b"events.data.microsoft.com" not in library.read_bytes()


def test_who_reads_at_once_loads_nothing_again(at_once: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    at_once()

    def never() -> Any:
        raise AssertionError("the encoder was loaded")

    monkeypatch.setattr(encodings, "load_encoder", never)
    get_ready()
    assert encode(["a fee"]).shape == (1, DIMENSIONS)


@pytest.mark.parametrize("damage", [b"", b"short", None], ids=["cut", "other", "changed"])
def test_a_table_that_is_not_the_encoders_is_written_again(tmp_path: Path, damage: bytes | None) -> None:
    file, table = tmp_path / "table.bin", np.arange(9000 * 4, dtype=np.uint8).reshape(9000, 4)
    RowsOnDisk(file, table)
    file.write_bytes(file.read_bytes()[:-1] + b"\x07" if damage is None else damage)
    rows = RowsOnDisk(file, table)
    assert np.array_equal(rows[np.array([8999, 3, 3])], table[[8999, 3, 3]]) and len(rows) == len(table)
    assert file.read_bytes() == table.tobytes() and list(tmp_path.iterdir()) == [file]


def test_the_table_stays_in_memory_where_no_file_can_be_written(tmp_path: Path, at_once: Callable[[], Any]) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    before = encode(["a fee"])
    assert isinstance(at_once().table, np.ndarray)
    assert np.allclose(encode(["a fee"]).astype(np.float32), before.astype(np.float32), atol=2e-3)
