"""Rasa component: the topic of a message, how sure that is, and whether to answer, ask back or decline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import DataError
from bot.nlu.decisions import Thresholds, fit_thresholds
from bot.nlu.encoder import ENCODED, Encoded, SentenceEncoder
from bot.nlu.encodings import current_run
from bot.nlu.linear import CharacterGrams, Floats, Linear, fit, out_of_fold_scores

FALLBACK: Final = "nlu_fallback"
STRANGERS: Final = "out_of_scope"
DECISION: Final = "decision"
CANDIDATES: Final = "candidates"
_RANKING: Final = "intent_ranking"
_WEIGHTS_FILE: Final = "classifier.npz"
_FIGURES_FILE: Final = "figures.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(IntentClassifier, GraphComponent):
    """Sets `intent`, `intent_ranking`, `decision` and `candidates` in the parse data.

    `decision` is "answer", "ask" or "decline". Unless it is "answer" the intent is `nlu_fallback` with the probability
    of the first topic; the ranking always shows the topics. `candidates` are two or three topics worth offering.
    A payload (`/fee`) gets no intent here: Rasa's own handler reads it, and its parse data has neither of the two.
    """

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._grams = CharacterGrams(config["gram_dimensions"], config["gram_longest"])
        self._classes: list[str] = []
        self._linear: Linear | None = None
        self._thresholds = Thresholds()

    @classmethod
    def required_components(cls) -> list[type]:
        """The vectors come from the encoder."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Each key may be set in `config.yml`.

        `strength` inverse of regularisation · `iterations` of the fit · `folds` for held-out scores ·
        `gram_dimensions`, `gram_longest`, `gram_weight` size, longest n-gram and weight of the character n-grams ·
        `ranking` length of the ranking · `candidates` at most offered · `not_offered` topics nobody is asked about.
        """
        return {
            "strength": 10.0,
            "iterations": 40,
            "folds": 3,
            "gram_dimensions": 1024,
            "gram_longest": 4,
            "gram_weight": 0.7,
            "ranking": 10,
            "candidates": 3,
            "not_offered": [STRANGERS],
        }

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> TopicClassifier:
        """Rasa's constructor for training."""
        return cls(config, model_storage, resource)

    def _features(self, messages: Sequence[Encoded]) -> Floats:
        vectors = np.stack([message.vector for message in messages])
        grams = self._grams.rows([message.text for message in messages])
        return np.hstack([vectors, grams * np.float32(self._config["gram_weight"])])

    def train(self, training_data: TrainingData) -> Resource:
        """Fit classifier, temperature and thresholds and keep them in the model."""
        report = current_run().report
        examples = [example for example in training_data.intent_examples if example.get(ENCODED) is not None]
        self._classes = sorted({example.get(INTENT) for example in examples})
        if len(self._classes) < 2:
            raise DataError("data/topics", "questions", "topic", "at least two topics are needed")
        labels = np.asarray([self._classes.index(example.get(INTENT)) for example in examples], dtype=np.int64)
        encoded: list[Encoded] = [example.get(ENCODED) for example in examples]
        self._grams.learn([message.text for message in encoded])
        features = self._features(encoded)
        report(f"learning {len(self._classes)} topics from {len(encoded)} sentences")
        how = (len(self._classes), float(self._config["strength"]), int(self._config["iterations"]))
        self._linear = fit(features, labels, *how)
        report("fitting thresholds on held-out sentences")
        scores = out_of_fold_scores(features, labels, *how, folds=int(self._config["folds"]))
        strangers = self._classes.index(STRANGERS) if STRANGERS in self._classes else None
        self._thresholds = fit_thresholds(scores, labels, strangers)
        right = float((scores.argmax(axis=1) == labels).mean())
        report(
            f"held-out sentences right: {right:.1%}; answers from {self._thresholds.answer_from:.2f}, "
            f"declines below {self._thresholds.decline_below:.2f}"
        )
        self._persist(right)
        return self._resource

    def _persist(self, right: float) -> None:
        assert self._linear is not None
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / _WEIGHTS_FILE,
                weights=self._linear.weights,
                offsets=self._linear.offsets,
                rarity=self._grams.rarity,
                classes=np.asarray(self._classes, dtype=np.str_),
                thresholds=np.asarray(list(vars(self._thresholds).values()), dtype=np.float64),
            )
            figures = {"held_out_right": right, "topics": len(self._classes), **vars(self._thresholds)}
            (folder / _FIGURES_FILE).write_text(json.dumps(figures, indent=1), encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """Rasa's constructor for serving; reads arrays only, never pickled objects."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / _WEIGHTS_FILE, allow_pickle=False) as stored:
            component._linear = Linear(np.ascontiguousarray(stored["weights"]), stored["offsets"])
            component._grams.rarity = stored["rarity"]
            component._classes = [str(name) for name in stored["classes"]]
            component._thresholds = Thresholds(*(float(value) for value in stored["thresholds"]))
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nobody downstream needs more than the examples."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Understand each message."""
        for message in messages:
            encoded = message.data.pop(ENCODED, None)
            if encoded is not None and self._linear is not None:
                self._understand(message, self._linear.scores(self._features([encoded]))[0])
            elif str(message.get(TEXT) or "").startswith("/"):
                self._set(message, {"name": None, "confidence": 1.0}, [], "answer", [])
            else:
                self._set(message, {"name": FALLBACK, "confidence": 0.0}, [], "decline", [])
        return messages

    def _understand(self, message: Message, scores: Floats) -> None:
        probabilities = self._thresholds.probabilities(scores)
        order = np.argsort(-probabilities, kind="stable")
        ranking = [{"name": self._classes[i], "confidence": float(probabilities[i])} for i in order[: int(self._config["ranking"])]]
        decision = self._thresholds.decide(ranking[0]["confidence"], stranger=ranking[0]["name"] == STRANGERS)
        intent = ranking[0] if decision == "answer" else {"name": FALLBACK, "confidence": ranking[0]["confidence"]}
        self._set(message, dict(intent), ranking, decision, self._candidates(ranking))

    def _candidates(self, ranking: list[dict[str, Any]]) -> list[str]:
        offered = [entry for entry in ranking if entry["name"] not in self._config["not_offered"]][: int(self._config["candidates"])]
        # The third is offered only when it is no mere afterthought to the second.
        if len(offered) > 2 and offered[2]["confidence"] < offered[1]["confidence"] / 3:
            offered = offered[:2]
        return [str(entry["name"]) for entry in offered]

    @staticmethod
    def _set(message: Message, intent: dict[str, Any], ranking: list[dict[str, Any]], decision: str, candidates: list[str]) -> None:
        message.set(INTENT, intent, add_to_output=True)
        message.set(_RANKING, ranking, add_to_output=True)
        message.set(DECISION, decision, add_to_output=True)
        message.set(CANDIDATES, candidates, add_to_output=True)
