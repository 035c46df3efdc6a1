"""Real training of a small project, and what the trained pipeline makes of messages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import DataError, StartError
from bot.nlu import encodings
from bot.nlu.model_file import check_model
from bot.nlu.processor import StrictAgent
from bot.nlu.training import train
from bot.settings import ROOT, Settings
from tests.rasa_project import STRANGERS, write_project, write_topic
from tests.rasa_project.texts import PlainResponses


class Trained:
    """One training of the small project."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[str] = []
        self.project = write_project(folder / "project")
        self.settings = Settings(data_dir=folder / "var")
        self.model = train(self.settings, self.lines.append, self.project)
        self.agent = StrictAgent(generator=PlainResponses())
        self.agent.load_model(self.model)

    def understand(self, text: str) -> dict[str, Any]:
        """The parse data of `text`."""
        return dict(asyncio.run(self.agent.parse_message(text)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    yield Trained(tmp_path_factory.mktemp("training"))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("how much must I pay for it", "fee"),
        ("这个办下来得花多少钱啊", "fee"),
        ("這個要多少錢", "fee"),
        ("HOW LONG DOES IT TAKE", "processing_time"),
        ("wie lange dauert es", "processing_time"),
        ("what picture do i need", "photo_spec"),
        ("have lost teh permit card", "lost_card"),
        ("tell me a joke", "out_of_scope"),
    ],
)
def test_new_sentences_find_their_topic(trained: Trained, text: str, topic: str) -> None:
    understood = trained.understand(text)
    assert (understood["intent"]["name"], understood["decision"]) == (topic, "answer")


def test_strangers_are_not_taken_for_a_topic(trained: Trained) -> None:
    for text in STRANGERS:
        assert trained.understand(text)["intent"]["name"] in ("out_of_scope", "nlu_fallback")


def test_the_ranking_shows_probabilities_in_order(trained: Trained) -> None:
    ranking = trained.understand("how much")["intent_ranking"]
    confidences = [entry["confidence"] for entry in ranking]
    assert len(ranking) <= 10
    assert confidences == sorted(confidences, reverse=True)
    assert 0.99 < sum(confidences) <= 1.001


def test_a_payload_is_read_by_rasa_and_not_encoded(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.encoder.encode", lambda _texts: pytest.fail("a payload was encoded"))
    understood = trained.understand("/fee")
    assert understood["intent"] == {"name": "fee", "confidence": 1.0}


ODD_TEXTS = {
    "empty": "", "blank": "   ", "mark": "?", "long": "x" * 2000, "long_han": "长" * 2000, "emoji": "🙂", "token": "<NUMBER:1>",
    "null": "\u0000", "lines": "a\nb",
}  # fmt: skip


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_odd_texts_are_understood_without_an_error(trained: Trained, text: str) -> None:
    assert trained.understand(text)["decision"] in ("answer", "ask", "decline")


def test_nothing_of_the_encoding_is_reported(trained: Trained) -> None:
    assert set(trained.understand("how much")) == {"text", "intent", "entities", "intent_ranking", "decision", "candidates"}


def test_training_tells_what_it_does(trained: Trained) -> None:
    told = "\n".join(trained.lines)
    assert "learning 8 topics" in told
    assert "held-out sentences right" in told


def test_everything_is_written_under_the_data_folder(trained: Trained) -> None:
    assert trained.model.parent == trained.settings.data_dir / "models"
    assert {path.name for path in trained.settings.data_dir.iterdir()} == {"cache", "generated", "models"}
    assert not (ROOT / ".rasa").exists()
    assert list(trained.model.parent.iterdir()) == [trained.model]


def test_an_unchanged_project_is_not_trained_again(trained: Trained) -> None:
    before = trained.model.stat().st_mtime_ns
    lines: list[str] = []
    assert train(trained.settings, lines.append, trained.project) == trained.model
    assert trained.model.stat().st_mtime_ns == before
    assert lines == [f"the model {trained.model.name} is up to date"]


def test_after_a_change_only_new_sentences_are_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, settings = write_project(tmp_path / "project"), Settings(data_dir=tmp_path / "var")
    first = train(settings, lambda _line: None, project)
    encoded: list[str] = []
    encode = encodings.encode

    def counting(texts: Any) -> Any:
        encoded.extend(texts)
        return encode(texts)

    monkeypatch.setattr(encodings, "encode", counting)
    write_topic(project, "greet", questions={"en": ["hello", "howdy"], "zh": ["你好"]})
    second = train(settings, lambda _line: None, project)
    assert encoded == ["howdy"]
    assert second != first


def one_bit_turned(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [lambda data: data[:-200], lambda _data: b"", lambda _data: b"not a model", one_bit_turned])
def test_a_broken_model_is_found_and_trained_anew(trained: Trained, damage: Any) -> None:
    whole = trained.model.read_bytes()
    trained.model.write_bytes(damage(whole))
    with pytest.raises(StartError, match="train again"):
        check_model(trained.model)
    lines: list[str] = []
    assert train(trained.settings, lines.append, trained.project) == trained.model
    check_model(trained.model)
    assert "missing or damaged" in lines[0]


def test_a_configuration_that_names_diet_is_not_trained(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    config = project / "config.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("bot.nlu.classifier.TopicClassifier", "DIETClassifier"), encoding="utf-8")
    with pytest.raises(StartError, match="DIETClassifier, which needs TensorFlow"):
        train(Settings(data_dir=tmp_path / "var"), lambda _line: None, project)


def test_a_wrong_data_file_stops_training_before_anything_is_written(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    write_topic(project, "fee", group="other")
    with pytest.raises(DataError):
        train(Settings(data_dir=tmp_path / "var"), lambda _line: None, project)
    assert not (tmp_path / "var").exists()
