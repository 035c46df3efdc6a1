"""Rasa component: a sentence vector on every message that was typed by a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.arrays import Floats, Halves
from bot.nlu.encodings import encode, get_ready, is_training
from bot.nlu.parts import parts_of
from bot.nlu.reading_ahead import READ
from bot.nlu.text import normalise

ENCODED: Final = "encoded"


@dataclass(frozen=True)
class Encoded:
    """A message as the classifier reads it.

    Attributes:
        texts: the message, and what it consists of if it has several sentences, normalised.
        vectors: what the encoder made of each.
        parts: what it consists of, as it was typed.
        scores: what the networks made of each, where it was read ahead.
    """

    texts: tuple[str, ...]
    vectors: Halves
    parts: tuple[str, ...] = ()
    scores: Floats | None = None


def encoded(text: str, ahead: bool = False) -> Encoded:
    """A message of this text, read now, or taken from what was read ahead.

    Args:
        ahead: read it now in any case.
    """
    parts = tuple(parts_of(text))
    texts = tuple(map(normalise, (text, *parts)))
    read = None if ahead else READ.take(texts)
    return Encoded(texts, encode(texts), parts) if read is None else Encoded(texts, read.vectors, parts, read.scores)


def is_typed(message: Message) -> bool:
    """Whether a person wrote the message; a payload such as `/fee` needs no understanding."""
    text = message.get(TEXT)
    return isinstance(text, str) and bool(text.strip()) and not text.startswith("/")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Sets `ENCODED`, which stays inside the pipeline and is no part of what Rasa reports."""

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceEncoder:
        """Rasa's constructor; where messages are answered it has the encoder ready, so that the first does not wait."""
        if not is_training():
            get_ready()
        return cls()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """There is nothing to configure."""
        return {}

    def process(self, messages: list[Message]) -> list[Message]:
        """Encode what people wrote; payloads and empty texts pass untouched."""
        for message in filter(is_typed, messages):
            message.set(ENCODED, encoded(message.get(TEXT)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The classifier encodes what it learns from."""
        return training_data
