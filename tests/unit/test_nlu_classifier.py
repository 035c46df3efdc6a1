"""What the component reports for a message, with weights and thresholds set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import topic_model
from bot.nlu.classifier import TopicClassifier
from bot.nlu.decisions import Thresholds
from bot.nlu.encoder import ENCODED, Encoded, SentenceEncoder
from bot.nlu.follow_ups import FollowUps
from bot.nlu.network import DIMENSIONS
from bot.nlu.reading_ahead import Read, ReadAhead
from bot.nlu.safety import SafetyPhrases
from bot.settings import ROOT

_CLASSES = ["cancel", "fee", "out_of_scope", "photo_spec", "sensitive", "tax"]


class _Told:
    """A model that takes the first numbers of a vector for the scores."""

    def scores(self, texts: Sequence[str], vectors: np.ndarray, parts: int = 0) -> np.ndarray:
        return vectors[:, : len(_CLASSES)].astype(np.float32)


@pytest.fixture
def classifier(tmp_path: Path) -> TopicClassifier:
    config = {**TopicClassifier.get_default_config(), "not_offered": ["cancel", "out_of_scope", "sensitive"]}
    component = TopicClassifier(config, LocalModelStorage(tmp_path), Resource("classifier"))
    component._classes = _CLASSES
    component._model = _Told()  # type: ignore[assignment]
    component._thresholds = Thresholds(temperature=1.0, answer_from=0.6, topic_share=0.55)
    component._safety = SafetyPhrases.load(ROOT)
    component._follow_ups = FollowUps.load(ROOT)
    return component


def _understand(classifier: TopicClassifier, text: str = "x", **probabilities: float) -> dict[str, Any]:
    vector = np.zeros(DIMENSIONS, dtype=np.float16)
    rest = (1 - sum(probabilities.values())) / (len(_CLASSES) - len(probabilities))
    vector[: len(_CLASSES)] = np.log([probabilities.get(name, rest) for name in _CLASSES])
    message = Message({"text": text, ENCODED: Encoded((text,), vector[None])})
    classifier.process([message])
    return dict(message.as_dict(only_output_properties=True))


def test_what_was_read_ahead_is_used_once_and_says_the_same(classifier: TopicClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, encoded = SentenceEncoder(), []

    def encode(texts: Sequence[str]) -> np.ndarray:
        encoded.append(texts)
        return np.arange(len(texts) * DIMENSIONS, dtype=np.float16).reshape(len(texts), -1) % 7

    def understood(text: str) -> dict[str, Any]:
        (message,) = classifier.process(encoder.process([Message({"text": text})]))
        return dict(message.as_dict(only_output_properties=True))

    monkeypatch.setattr("bot.nlu.encoder.encode", encode)
    text = "My passport is <NUMBER:7>. What does it cost?"
    classifier.read_ahead(text.replace("7", "0"))
    first, second = understood(text), understood(text)
    assert len(encoded) == 2 and first == second


def test_of_much_that_was_read_and_never_asked_the_oldest_is_forgotten() -> None:
    kept = ReadAhead(most=2)
    for text in ("one", "two", "three"):
        kept.keep([text], Read(np.zeros((1, 1), np.float16), np.zeros((1, 1), np.float32)))
    assert [kept.take([text]) is None for text in ("one", "two", "three", "three")] == [True, False, False, True]


def test_what_two_people_ask_is_there_for_both() -> None:
    kept = ReadAhead()
    for number in range(2):
        kept.keep(["fee"], Read(np.full((1, 1), number, np.float16), np.zeros((1, 1), np.float32)))
    taken = [kept.take(["fee"]) for _ in range(3)]
    assert [None if read is None else int(read.vectors[0, 0]) for read in taken] == [0, 1, None]


def test_a_sure_message_has_its_topic_as_intent(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, fee=0.8)
    assert (understood["decision"], understood["intent"]["name"]) == ("answer", "fee")
    assert understood["intent"]["confidence"] == pytest.approx(0.8, abs=0.01)


def test_an_unsure_message_is_a_fallback_that_keeps_the_ranking_and_offers_candidates(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, fee=0.5, tax=0.3)
    assert (understood["decision"], understood["intent"]["name"]) == ("ask", "nlu_fallback")
    assert understood["intent"]["confidence"] == pytest.approx(0.5, abs=0.01)
    assert [entry["name"] for entry in understood["intent_ranking"][:2]] == ["fee", "tax"]
    assert understood["candidates"] == ["fee", "tax"]


def test_a_third_candidate_is_offered_when_it_is_nearly_as_likely(classifier: TopicClassifier) -> None:
    assert _understand(classifier, fee=0.4, tax=0.3, photo_spec=0.2)["candidates"] == ["fee", "tax", "photo_spec"]


def test_what_may_be_grave_although_something_else_is_likelier_is_suspected(classifier: TopicClassifier) -> None:
    found = _understand(classifier, fee=0.7, sensitive=0.15)
    assert (found["intent"]["name"], found["suspected"]) == ("fee", True)
    for others in ({"fee": 0.8, "sensitive": 0.05}, {"sensitive": 0.6, "fee": 0.2}):
        assert "suspected" not in _understand(classifier, **others)


def test_topics_that_make_no_question_are_not_offered(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, cancel=0.5, fee=0.2, tax=0.2)
    assert understood["intent_ranking"][0]["name"] == "cancel"
    assert understood["candidates"][:2] == ["fee", "tax"]


def test_a_message_like_nothing_known_is_declined(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, fee=0.19)
    assert (understood["decision"], understood["intent"]["name"]) == ("decline", "nlu_fallback")


def test_what_is_nearer_to_something_else_is_answered_as_such(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, out_of_scope=0.45, fee=0.4)
    assert (understood["decision"], understood["intent"]["name"]) == ("answer", "out_of_scope")


def test_a_topic_hardly_ahead_of_something_else_is_declined(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, out_of_scope=0.4, fee=0.45)
    assert (understood["decision"], understood["intent"]["name"]) == ("decline", "nlu_fallback")


def test_a_sensitive_message_is_answered_on_suspicion(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, sensitive=0.4, fee=0.3)
    assert (understood["decision"], understood["intent"]["name"]) == ("answer", "sensitive")


def test_a_safety_phrase_overrules_the_classifier(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, "the permit is gone and I just want to end my life", out_of_scope=0.9)
    assert (understood["decision"], understood["intent"]) == ("answer", {"name": "sensitive", "confidence": 1.0})
    assert [entry["name"] for entry in understood["intent_ranking"]].count("sensitive") == 1
    assert understood["intent_ranking"][0]["name"] == "sensitive"
    assert understood["safety"] == "self_harm"
    assert "sensitive" not in understood["candidates"]


def test_other_messages_have_no_kind_of_safety(classifier: TopicClassifier) -> None:
    assert "safety" not in _understand(classifier, fee=0.8)


@pytest.mark.parametrize(
    ("text", "intent", "decision"), [("/fee", None, "answer"), ("", "nlu_fallback", "decline"), ("  ", "nlu_fallback", "decline")]
)
def test_what_is_not_encoded_has_an_empty_ranking(classifier: TopicClassifier, text: str, intent: str | None, decision: str) -> None:
    message = Message({"text": text})
    classifier.process([message])
    assert (message.get("intent")["name"], message.get("intent_ranking"), message.get("decision")) == (intent, [], decision)


def test_the_model_keeps_everything_without_pickled_objects(classifier: TopicClassifier, tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    labels = np.arange(60) % len(_CLASSES)
    vectors = (np.eye(len(_CLASSES), DIMENSIONS)[labels] * 9 + dice.normal(size=(60, DIMENSIONS))).astype(np.float16)
    texts = [f"{_CLASSES[label]} please" for label in labels]
    classifier._model, _ = topic_model.train(texts, vectors, labels, len(_CLASSES), classifier._shape, most_judged=60)
    classifier._persist(0.9)
    with np.load(tmp_path / "classifier" / "classifier.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)
    loaded = TopicClassifier.load(classifier._config, classifier._storage, classifier._resource, None)  # type: ignore[arg-type]
    assert loaded._thresholds == classifier._thresholds
    assert loaded._safety is not None
    again, before = (each._model.scores(texts, vectors) for each in (loaded, classifier))  # type: ignore[union-attr]
    assert np.allclose(again, before, atol=0.05)
    assert (again.argmax(axis=1) == labels).mean() > 0.9


def _vector(**probabilities: float) -> np.ndarray:
    vector = np.zeros(DIMENSIONS, dtype=np.float16)
    rest = (1 - sum(probabilities.values())) / (len(_CLASSES) - len(probabilities))
    vector[: len(_CLASSES)] = np.log([probabilities.get(name, rest) for name in _CLASSES])
    return vector


def _read(classifier: TopicClassifier, whole: dict[str, float], *parts: tuple[str, dict[str, float]], **metadata: str) -> dict[str, Any]:
    texts = tuple(text for text, _ in parts)
    vectors = np.stack([_vector(**whole), *(_vector(**probabilities) for _, probabilities in parts)])
    message = Message({"text": " ".join(texts), "metadata": metadata, ENCODED: Encoded((" ".join(texts), *texts), vectors, texts)})
    classifier.process([message])
    return dict(message.as_dict(only_output_properties=True))


def test_two_questions_in_one_message_are_two_topics_in_their_order(classifier: TopicClassifier) -> None:
    understood = _read(classifier, {"fee": 0.5, "tax": 0.4}, ("What is the tax?", {"tax": 0.9}), ("How much is the permit?", {"fee": 0.9}))
    assert understood["intent"]["name"] == "several"
    assert [part["topic"] for part in understood["parts"]] == ["tax", "fee"]


def test_story_before_a_question_is_no_question(classifier: TopicClassifier) -> None:
    understood = _read(classifier, {"fee": 0.8}, ("I paid my tax.", {"tax": 0.95}), ("How much is the permit?", {"fee": 0.9}))
    assert understood["intent"]["name"] == "fee" and "parts" not in understood


def test_question_in_a_story_outweighs_it(classifier: TopicClassifier) -> None:
    told = ("I paid my tax last year.", {"tax": 0.5})
    asked = ("How much is the permit?", {"fee": 0.98})
    alone = _read(classifier, {"tax": 0.5, "fee": 0.45})
    together = _read(classifier, {"tax": 0.5, "fee": 0.45}, told, asked)
    assert alone["intent_ranking"][0]["name"] == "tax" and together["intent_ranking"][0]["name"] == "fee"


def test_two_parts_about_the_same_topic_are_one_question(classifier: TopicClassifier) -> None:
    understood = _read(classifier, {"fee": 0.8}, ("What does it cost?", {"fee": 0.9}), ("Is it free?", {"fee": 0.9}))
    assert understood["intent"]["name"] == "fee"


def test_what_refers_to_what_was_said_is_told_apart_from_topics(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, text="and in Chinese?", tax=0.9)
    assert (understood["intent"]["name"], understood["follow_up"]) == ("follow_up", "in_chinese")


def test_language_that_is_not_known_is_about_languages(classifier: TopicClassifier) -> None:
    classifier._classes = [*_CLASSES[:-1], "language"]
    assert _read(classifier, {"fee": 0.9}, foreign="vi")["intent"]["name"] == "language"
    assert _read(classifier, {"fee": 0.9})["intent"]["name"] == "fee"
