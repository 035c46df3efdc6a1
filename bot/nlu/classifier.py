"""Rasa component: the topic of a message, how sure that is, and whether to answer, ask back or decline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
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

from bot.catalogue.phrases import asks
from bot.errors import DataError
from bot.nlu import topic_model
from bot.nlu.arrays import Floats
from bot.nlu.decisions import SUSPECTED_FROM, Decision, Thresholds, fit_thresholds
from bot.nlu.encoder import ENCODED, Encoded, SentenceEncoder, encoded, is_typed
from bot.nlu.encodings import current_run, encode_for_training, one_thread
from bot.nlu.follow_ups import FollowUps
from bot.nlu.parts import PARTS, read_together
from bot.nlu.reading_ahead import READ, Read
from bot.nlu.safety import SafetyPhrases
from bot.nlu.text import normalise
from bot.nlu.topic_model import Shape, TopicModel
from bot.settings import ROOT
from bot.spoken import tongue_of

FALLBACK: Final = "nlu_fallback"
STRANGERS: Final = "out_of_scope"
SENSITIVE: Final = "sensitive"
DECISION: Final = "decision"
CANDIDATES: Final = "candidates"
SAFETY: Final = "safety"
SUSPECTED: Final = "suspected"
SEVERAL: Final = "several"
FOLLOW_UP: Final = "follow_up"
LANGUAGE: Final = "language"
_RANKING: Final = "intent_ranking"
_WEIGHTS_FILE: Final = "classifier.npz"
_FIGURES_FILE: Final = "figures.json"
_SURE_PART: Final = 0.5
_MOST_ASKED: Final = 3


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(IntentClassifier, GraphComponent):
    """Sets `intent`, `intent_ranking`, `decision` and `candidates` in the parse data.

    A message in which a phrase of `data/safety.yml` stands is always about `sensitive`; its parse data has the kind of
    phrase as `safety` too, as has any other that is about `sensitive` and shows its kind. The file is read when the assistant
    starts and is no part of the model. One that may be, although something else is likelier, has `suspected`.

    A message that means something only after what was said before (`data/follow_ups.yml`) is `follow_up`, with its kind under
    that name too. One that asks several things is `several`; `parts` has the text and the topic of each, in order. One in a
    language that the encoder does not know, which the gateway says, is about `language`.

    `decision` is "answer", "ask" or "decline". Unless it is "answer" the intent is `nlu_fallback` with the probability
    of the first topic; the ranking always shows the topics. `candidates` are two or three topics worth offering.
    A payload (`/fee`) gets no intent here: Rasa's own handler reads it, and its parse data has neither of the two.
    """

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._shape = Shape(**{field.name: config[field.name] for field in fields(Shape)})
        self._classes: list[str] = []
        self._model: TopicModel | None = None
        self._thresholds = Thresholds()
        self._safety: SafetyPhrases | None = None
        self._follow_ups: FollowUps | None = None

    @classmethod
    def required_components(cls) -> list[type]:
        """The vectors come from the encoder."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Each key may be set in `config.yml`.

        `judged` for how many examples the thresholds are fitted at most · `ranking` length of the ranking · `candidates` at most
        offered · `not_offered` topics nobody is asked about · the others: `bot.nlu.topic_model.Shape`.
        """
        return {
            "hidden": 256,
            "epochs": 5,
            "networks": 2,
            "folds": 4,
            "gram_dimensions": 1024,
            "gram_longest": 4,
            "gram_weight": 0.7,
            "neighbours": 0.3,
            "judged": 12000,
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

    def train(self, training_data: TrainingData) -> Resource:
        """Fit classifier, temperature and thresholds and keep them in the model."""
        run = current_run()
        # Rasa copies and hashes what it is given a dozen times; see `bot.nlu.training`.
        handed_over = [(example.get(TEXT), example.get(INTENT)) for example in training_data.intent_examples if is_typed(example)]
        examples = run.examples or handed_over
        self._classes = sorted({topic for _, topic in examples})
        if len(self._classes) < 2:
            raise DataError("data/topics", "questions", "topic", "at least two topics are needed")
        number = {topic: number for number, topic in enumerate(self._classes)}
        labels = np.asarray([number[topic] for _, topic in examples], dtype=np.int64)
        texts = [normalise(text) for text, _ in examples]
        vectors = encode_for_training(texts, run)
        run.report(f"learning {len(self._classes)} topics from {len(texts)} sentences")
        most = int(self._config["judged"])
        self._model, judged = topic_model.train(texts, vectors, labels, len(self._classes), self._shape, most)
        gold = labels[judged.examples]
        strangers = self._classes.index(STRANGERS) if STRANGERS in self._classes else None
        self._thresholds = fit_thresholds(judged.scores, gold, strangers, judged.tongues)
        right = float((judged.scores.argmax(axis=1) == gold).mean())
        run.report(
            f"held-out sentences right: {right:.1%}; answers from {self._thresholds.answer_from:.2f}, "
            f"declines what has less than {self._thresholds.topic_share:.2f} of a topic"
        )
        self._persist(right)
        return self._resource

    def _persist(self, right: float) -> None:
        assert self._model is not None
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / _WEIGHTS_FILE,
                classes=np.asarray(self._classes, dtype=np.str_),
                **self._thresholds.arrays(),
                **self._model.arrays(),
            )
            figures = {
                "held_out_right": right,
                "topics": len(self._classes),
                **asdict(replace(self._thresholds, by_tongue={**self._thresholds.by_tongue})),
            }
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
            component._classes = [str(name) for name in stored["classes"]]
            component._model = TopicModel.restored(component._shape, dict(stored), len(component._classes))
            component._thresholds = Thresholds.restored(stored)
        if SENSITIVE in component._classes:
            component._safety = SafetyPhrases.load(ROOT)
        component._follow_ups = FollowUps.load(ROOT)
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nobody downstream needs more than the examples."""
        return training_data

    def read_ahead(self, text: str) -> None:
        """Do most of the work for a message that will be asked, and keep it for that (see `bot.nlu.reading_ahead`)."""
        message = encoded(text, ahead=True)
        READ.keep(message.texts, Read(message.vectors, self._scores(message)))

    def _scores(self, message: Encoded) -> Floats:
        assert self._model is not None
        with one_thread():
            return self._model.scores(message.texts, message.vectors, len(message.parts))

    def process(self, messages: list[Message]) -> list[Message]:
        """Understand each message."""
        for message in messages:
            read = message.data.pop(ENCODED, None)
            if read is not None and self._model is not None:
                scores = self._scores(read) if read.scores is None else read.scores
                self._understand(message, read.parts, self._thresholds.probabilities(scores))
            elif str(message.get(TEXT) or "").startswith("/"):
                self._set(message, {"name": None, "confidence": 1.0}, [], "answer", [])
            else:
                self._set(message, {"name": FALLBACK, "confidence": 0.0}, [], "decline", [])
        return messages

    def _understand(self, message: Message, parts: Sequence[str], each: Floats) -> None:
        probabilities = read_together(each[0], each[1:], parts, self._talk, self._strangers)
        order = np.argsort(-probabilities, kind="stable")
        ranking = [{"name": self._classes[i], "confidence": float(probabilities[i])} for i in order[: int(self._config["ranking"])]]
        text = str(message.get(TEXT))
        kind = self._safety.kind_of(text) if self._safety else None
        if kind is not None:
            ranking = [{"name": SENSITIVE, "confidence": 1.0}, *(entry for entry in ranking if entry["name"] != SENSITIVE)]
            self._set(message, dict(ranking[0]), ranking, "answer", self._candidates(ranking[1:]))
            message.set(SAFETY, kind, add_to_output=True)
            return
        refers = self._follow_ups.kind_of(text) if self._follow_ups else None
        tongue = tongue_of(text)
        decision = self._decision(probabilities, ranking[0]["name"], tongue)
        asked = self._asked(parts, each[1:], probabilities, self._thresholds.sure_from(tongue))
        if (message.get("metadata") or {}).get("foreign") and LANGUAGE in self._classes:
            intent, decision = {"name": LANGUAGE, "confidence": 1.0}, "answer"
        elif refers is not None:
            intent = {"name": FOLLOW_UP, "confidence": 1.0}
            message.set(FOLLOW_UP, refers, add_to_output=True)
        elif len(asked) > 1:
            intent, decision = {"name": SEVERAL, "confidence": min(entry["confidence"] for entry in asked)}, "answer"
            message.set(PARTS, asked, add_to_output=True)
        else:
            intent = ranking[0] if decision == "answer" else {"name": FALLBACK, "confidence": ranking[0]["confidence"]}
        self._set(message, dict(intent), ranking, decision, self._candidates(ranking))
        if intent["name"] == SENSITIVE and self._safety and (hint := self._safety.hint_of(text)):
            message.set(SAFETY, hint, add_to_output=True)
        grave = float(probabilities[self._classes.index(SENSITIVE)]) if SENSITIVE in self._classes else 0.0
        if grave >= SUSPECTED_FROM and intent["name"] != SENSITIVE:
            message.set(SUSPECTED, True, add_to_output=True)

    def _asked(self, parts: Sequence[str], each: Floats, whole: Floats, sure_from: float) -> list[dict[str, Any]]:
        """The questions of a message that are surely about different topics, in order; what is only told is none of them."""
        asked: list[dict[str, Any]] = []
        for part, probabilities in zip(parts, each):
            first = int(probabilities.argmax())
            topic, confidence = self._classes[first], float(probabilities[first])
            sure = confidence >= max(sure_from, _SURE_PART)
            if asks(part) and sure and topic not in self._config["not_offered"] and topic not in {entry["topic"] for entry in asked}:
                asked.append({"text": part, "topic": topic, "confidence": confidence})
        # Where the whole is surely about something that no part asks, the parts are only its story.
        first = int(whole.argmax())
        told = float(whole[first]) >= sure_from and self._classes[first] not in {entry["topic"] for entry in asked}
        return [] if told else asked[:_MOST_ASKED]

    @property
    def _strangers(self) -> list[int]:
        return [number for number, name in enumerate(self._classes) if name == STRANGERS]

    @property
    def _talk(self) -> frozenset[int]:
        aside = {*self._config["not_offered"]} - {STRANGERS, SENSITIVE}
        return frozenset(number for number, name in enumerate(self._classes) if name in aside)

    def _decision(self, probabilities: Floats, first: str, tongue: str) -> Decision:
        stranger = float(probabilities[self._classes.index(STRANGERS)]) if STRANGERS in self._classes else 0.0
        topic, second, *_ = sorted((float(each) for name, each in zip(self._classes, probabilities) if name != STRANGERS), reverse=True)
        decision = self._thresholds.decide(topic, stranger, tongue, first == SENSITIVE, second)
        # What is about something else has an answer of its own.
        return "answer" if decision == "decline" and first == STRANGERS else decision

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
