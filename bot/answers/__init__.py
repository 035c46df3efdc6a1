"""From the name of a response to what is sent: text, choices, card, sources and the note about what is not confirmed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.answers.cited import Citations
from bot.answers.formats import format_value
from bot.answers.frames import Frame, load_frames
from bot.answers.leads import Lead, Leads
from bot.answers.part import DOUBTS, MAX_CHOICES, DoubtKind, Part, doubt_of
from bot.answers.texts import Response, Template, Topic, facts_of, load_flow, load_topic
from bot.catalogue import Catalogue
from bot.catalogue.facts import DEFAULT_PHONE, Fact, Source, Text
from bot.errors import DataError, NotFound
from bot.languages import TRADITIONAL, Language, Tongue, as_tongue, written
from bot.traditional import in_traditional, traditional

_SOURCES_IN_TEXT: Final = 3
_PHONES: Final = "phones."
_HOTLINE: Final = "hotline"
NOT_KNOWN: Final = "not_known"
_PERSON: Final = "handoff"
_SENSITIVE: Final = "sensitive"
_ASIDE: Final = "utter_sensitive_aside"
NO_ANSWERS: Final = frozenset(
    {"utter_ask_back", "utter_not_understood", "utter_out_of_scope", "utter_offer_person", "utter_offer_person_outside"}
)
"""What is said where nothing is answered, which is about no topic."""
_GAP: Final = re.compile(r"\n{3,}")
_ASKS: Final = "utter_ask_"
IN_CHINESE: Final = "choose:answer.language=zh"
"""The quick reply that gives the last answer once more, in Chinese."""
# The name of a language in itself, which is the same whoever reads it.
_CHINESE: Final = "中文"


@dataclass(frozen=True)
class Understood:
    """What the classifier made of the message that is answered.

    Attributes:
        suspected: it may be about danger, a threat or a bribe, which nothing has been said about yet.
        told: it only answers a question of the assistant's, so that what it names is asked about by nobody.
    """

    topic: str | None = None
    confidence: float | None = None
    candidates: tuple[str, ...] = ()
    suspected: bool = False
    told: bool = False


Builder = Callable[["Answers", Mapping[str, Any], Any], Part]


class Answers:
    """Every response of `data/`, checked against the catalogue when it is loaded."""

    def __init__(
        self,
        catalogue: Catalogue,
        topics: Sequence[Topic],
        responses: Iterable[Response],
        builders: Mapping[str, Builder],
        root: Path | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.topics: Mapping[str, Topic] = {topic.name: topic for topic in topics}
        self._responses: dict[str, Response] = {}
        for response in responses:
            if response.name in self._responses:
                raise DataError("data", response.name, "name", "stands in two files")
            self._responses[response.name] = response
        self._builders = builders
        self._check()
        self._frames: Mapping[Tongue, Frame] = {}
        self._leads: Leads | None = None
        if root is not None:
            self._frames = load_frames(root / "data" / "frames", self._responses, self.topics, catalogue, date.today())
            self._leads = Leads.load(root, catalogue, tuple(self._responses), tuple(self.topics))

    @classmethod
    def load(cls, root: Path, catalogue: Catalogue | None = None) -> Answers:
        """Read `data/topics`, `data/flows` and `data/frames` under `root`.

        Raises:
            DataError: naming file, entry and field.
        """
        from bot.answers.cards import BUILDERS

        catalogue = catalogue or Catalogue.load()
        today = date.today()
        topics: list[Topic] = []
        responses: list[Response] = []
        for path in sorted((root / "data" / "topics").glob("*.yml")):
            topic, answers = load_topic(path, catalogue.facts, today)
            topics.append(topic)
            responses.extend(answers)
        for path in sorted((root / "data" / "flows").glob("*.yml")):
            responses.extend(load_flow(path, catalogue.facts, today))
        return cls(catalogue, topics, responses, BUILDERS, root)

    def _check(self) -> None:
        for response in self._responses.values():
            if response.card is not None and response.card not in self._builders:
                raise DataError("data", response.name, "card", f"{response.card!r} is not a known card")
            for name in (*response.follow_ups, *filter(None, [response.topic])):
                if name not in self.topics:
                    raise DataError("data", response.name, "follow_ups", f"{name!r} is not a topic")

    @property
    def names(self) -> frozenset[str]:
        """The names of all responses."""
        return frozenset(self._responses)

    def response(self, name: str) -> Response:
        """The response called `name`, or NotFound."""
        if name not in self._responses:
            raise NotFound("response_unknown", name=name)
        return self._responses[name]

    def frame(self, tongue: Tongue) -> Frame | None:
        """What stands around facts in `tongue`; None where facts are written in it."""
        return self._frames.get(tongue)

    def text(self, name: str, tongue: Tongue, /, **params: Any) -> str:
        """Only the text of a response, for pieces that stand inside others."""
        template = self._template(self.response(name), tongue)
        return self._in(tongue, template.fill(self.catalogue.facts, written(tongue), params))

    def _template(self, response: Response, tongue: Tongue) -> Template:
        frame = self._frames.get(tongue)
        framed = frame.responses.get(response.name) if frame else None
        return framed.text if framed else response.texts[written(tongue)]

    @staticmethod
    def _in(tongue: Tongue, text: str) -> str:
        return traditional(text) if tongue == TRADITIONAL else text

    def replies(
        self,
        name: str,
        tongue: Tongue,
        params: Mapping[str, Any] | None = None,
        understood: Understood = Understood(),
        text: str = "",
    ) -> list[dict[str, Any]]:
        """The messages a response stands for, as the wire between Rasa and gateway has them.

        Facts are told in the language that is written for the tongue; in other tongues a line before them says so, and a quick
        reply gives them in Chinese.

        Args:
            text: the message that is answered, for what must be named before anything is; empty when it has been named already.

        Raises:
            NotFound: there is no such response.
            KeyError: a placeholder has no parameter.
        """
        given = dict(params or {})
        tongue = as_tongue(given.get("set_language")) or as_tongue(given.get("in_language")) or tongue
        reply = self._reply(self.response(name), tongue, given, understood, text)
        return [{**in_traditional(reply), "language": tongue} if tongue == TRADITIONAL else reply]

    def _reply(self, response: Response, tongue: Tongue, given: dict[str, Any], understood: Understood, text: str) -> dict[str, Any]:
        language, frame = written(tongue), self._frames.get(tongue)
        framed = frame.responses.get(response.name) if frame else None
        part = self._builders[response.card](self, given, tongue if framed else language) if response.card else Part()
        given.update(part.params)
        leads = self._leads_of(response, understood, text)
        named = [fact for lead in leads for fact in facts_of(self.response(lead.response), language, self.catalogue.facts)]
        facts = [*named, *facts_of(response, language, self.catalogue.facts), *part.facts]
        citations = Citations(self.text, tongue)
        shown = citations.shown(self._claims(response, facts, part))
        introduced = frame and not framed and not response.name.startswith(_ASKS)
        pieces = [self._introduced(response, tongue)] if introduced else []
        pieces += [self.text(lead.response, tongue, **lead.params) for lead in leads]
        pieces.append(self._template(response, tongue).fill(self.catalogue.facts, language, given))
        caveats = self._caveat(facts, part.unconfirmed, language)
        pieces += caveats
        aside = understood.suspected and response.topic != _SENSITIVE
        pieces += [self.text(_ASIDE, tongue)] if aside else []
        line = citations.line(shown, None if part.all_sources else _SOURCES_IN_TEXT)
        candidates = list(given.get("candidates", ()))
        offered = part.offers or response.offers or self._unknown(facts, response)
        reply: dict[str, Any] = {
            "text": "\n\n".join(_GAP.sub("\n\n", piece.strip()) for piece in [*pieces, line] if piece.strip()),
            "quick_replies": self._quick_replies(response, part, candidates, tongue, aside or offered == NOT_KNOWN),
            "card": None if part.card is None else {"language": language, **part.card, "caveats": caveats},
            "topic": response.topic,
            "confidence": understood.confidence,
            "language": tongue if framed else language,
            "sources": shown,
            "source_line": line or None,
            "expects": given.get("expects", response.expects),
            "handoff": self._handoff(response, given),
            "offer": offered,
            "set_language": given.get("set_language"),
            "private": given.get("private"),
        }
        if candidates:
            reply["candidates"] = candidates
        if part.profile is not None:
            reply["profile"] = dict(part.profile)
        return reply

    def _leads_of(self, response: Response, understood: Understood, text: str) -> list[Lead]:
        if self._leads is None or not text:
            return []
        if response.name in NO_ANSWERS:
            return self._leads.of(text, None)
        topic = self.topics.get(response.topic or "")
        if topic is None or topic.group not in ("faq", "flow"):
            return []
        led = not understood.told if topic.group == "flow" else response.name == f"utter_{topic.name}"
        return self._leads.of(text, topic.name) if led else []

    def _introduced(self, response: Response, tongue: Tongue) -> str:
        """The line in the applicant's tongue before a fact that is told in another language."""
        topic = self.topics.get(response.topic or "")
        if topic is not None and topic.group == "faq":
            return self.text("utter_frame_understood", tongue, title=self._frames[tongue].titles[topic.name])
        return self.text("utter_frame_in_english", tongue)

    def choices(self, name: str, tongue: Tongue) -> Mapping[str, str]:
        """The titles of what a response offers, by payload."""
        response, frame = self.response(name), self._frames.get(tongue)
        framed = frame.responses.get(name) if frame else None
        titles = framed.quick_replies if framed else [reply.title[written(tongue)] for reply in response.quick_replies]
        return {reply.payload: self._in(tongue, title) for reply, title in zip(response.quick_replies, titles, strict=True)}

    def public_sources(self, tags: Iterable[str], language: Language) -> list[dict[str, Any]]:
        """The sources of one thing that is said, as the wire shows them."""
        return Citations(self.text, language).shown([self.catalogue.cited(tags)])

    def topic_reply(self, topic: str, tongue: Tongue) -> dict[str, str]:
        """The quick reply that asks about `topic`."""
        frame = self._frames.get(tongue)
        return {"title": frame.titles[topic] if frame else self.topics[topic].title[written(tongue)], "payload": f"/{topic}"}

    def _quick_replies(
        self, response: Response, part: Part, candidates: Sequence[str], tongue: Tongue, person: bool
    ) -> list[dict[str, str]]:
        frame = self._frames.get(tongue)
        replies = [{"title": title, "payload": payload} for payload, title in self.choices(response.name, tongue).items()]
        if frame and response.name not in frame.responses and not response.name.startswith(_ASKS):
            replies.insert(0, {"title": _CHINESE, "payload": IN_CHINESE})
        replies += [{"title": title, "payload": payload} for title, payload in part.quick_replies]
        replies += [{"title": self.text(name, tongue), "payload": payload} for name, payload in part.named_replies]
        if response.more:
            replies.append({"title": self.text("utter_frame_more", tongue), "payload": f"choose:more.{response.topic}=show"})
        replies += [self.topic_reply(topic, tongue) for topic in (*candidates, *response.follow_ups)]
        if person and self.topic_reply(_PERSON, tongue) not in replies:
            replies = [*replies[: MAX_CHOICES - 1], self.topic_reply(_PERSON, tongue)]
        return replies[:MAX_CHOICES]

    @staticmethod
    def _handoff(response: Response, given: Mapping[str, Any]) -> dict[str, Any] | None:
        if response.handoff is None:
            return None
        wanted: dict[str, Any] = {"reason": given.get("reason", response.handoff)}
        return {**wanted, "calm": True} if given.get("calm") else wanted

    @staticmethod
    def _unknown(facts: Iterable[Fact], response: Response) -> str | None:
        """An answer that rests on what is not known leaves a question for a person."""
        open_questions = any(doubt_of(fact.certainty, fact.scope) == "unknown" for fact in facts)
        return NOT_KNOWN if open_questions and response.topic is not None else None

    @staticmethod
    def _claims(response: Response, facts: Sequence[Fact], part: Part) -> list[Sequence[Source]]:
        if not response.sources:
            return []
        # Where to ask is no evidence for what is said, unless the numbers are what was asked for.
        claims = [fact.sources for fact in facts if response.topic == _HOTLINE or not fact.id.startswith(_PHONES)]
        return [*claims, *part.claims, part.sources]

    def _caveat(self, facts: Iterable[Fact], unconfirmed: Iterable[tuple[DoubtKind, str]], language: Language) -> list[str]:
        by_phone: dict[str, dict[DoubtKind, list[str]]] = {}
        doubted = [(doubt_of(fact.certainty, fact.scope), fact.settled_by, fact.label[language]) for fact in facts if fact.label]
        doubted += [(kind, DEFAULT_PHONE, label) for kind, label in unconfirmed]
        for kind, phone, label in doubted:
            if kind is not None:
                by_phone.setdefault(phone, {}).setdefault(kind, []).append(label)
        separator = "；" if language == "zh" else "; "
        caveats = []
        for phone, labels in by_phone.items():
            statements = [
                self.text(f"utter_frame_doubt_{kind}", language, labels=separator.join(dict.fromkeys(labels[kind])))
                for kind in DOUBTS
                if kind in labels
            ]
            number = format_value(self.catalogue.facts[f"{_PHONES}{phone}"].values["number"], language)
            text = ("" if language == "zh" else " ").join(statements)
            caveats.append(self.text("utter_frame_caveat", language, statements=text, phone=number))
        return caveats


__all__ = ["MAX_CHOICES", "Answers", "Part", "Template", "Text", "Understood"]
