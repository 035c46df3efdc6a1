"""Texts for tests: a reply says which response was asked for, in which language, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.answers import Understood
from bot.errors import NotFound
from bot.languages import Language
from bot.nlu.responses import NOTHING_UNDERSTOOD, CatalogueResponses, Texts


class PlainTexts:
    """Knows every response but `utter_lost_card`, whose absence quotes what was said."""

    def replies(
        self,
        name: str,
        language: Language,
        params: Mapping[str, Any] | None = None,
        understood: Understood = NOTHING_UNDERSTOOD,
        text: str = "",
    ) -> list[dict[str, Any]]:
        """One reply that tells what it was made from."""
        if name == "utter_lost_card":
            raise NotFound("response_unknown", name=name, said="SECRET-WORD in the message of an error")
        return [
            {
                "text": name,
                "language": language,
                "params": dict(params or {}),
                "topic": understood.topic,
                "confidence": understood.confidence,
                "candidates": list(understood.candidates),
                **({"suspected": True} if understood.suspected else {}),
                **({"read": text} if text else {}),
            }
        ]


class PlainResponses(CatalogueResponses):
    """The generator over plain texts."""

    def load_texts(self) -> Texts:
        """No catalogue."""
        return PlainTexts()
