"""The assistant behind one call: a question in, typed replies out; that Rasa answers over HTTP is hidden here."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NoReturn, Protocol
from urllib.parse import urlsplit

from async_timeout import timeout

from bot.errors import AssistantUnavailable
from bot.languages import TONGUES, Tongue
from bot.shards import Shards

CARDS: Final = frozenset({"checklist", "station", "status", "handoff", "rating"})

_MOST_REPLIES = 20
_LONGEST_TEXT = 20_000
_CODE = re.compile(r"[a-z][a-z0-9_]{0,59}")
_VALUE = re.compile(r"[A-Za-z0-9_]{1,60}")
_MOST_CIRCUMSTANCES = 100


@dataclass(frozen=True)
class Question:
    """What the assistant is asked; `text` holds no personal data any more.

    Attributes:
        language: the tongue that the applicant speaks.
        foreign: code of the language of `text` when it is none that is understood.
        meanwhile: what applicant and staff said while the assistant did not have the conversation, without personal data.
    """

    conversation_id: str
    message_id: str
    text: str
    language: Tongue
    channel: str
    choice: str | None = None
    foreign: str | None = None
    meanwhile: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class QuickReply:
    """An answer offered for a tap."""

    title: str
    payload: str


@dataclass(frozen=True)
class Cited:
    """A source as applicants see it; `url` only where it is a public authority's own page."""

    title: str
    url: str | None
    date: str | None


@dataclass(frozen=True)
class Reply:
    """One reply of the assistant.

    Attributes:
        candidates: the topics offered when the assistant asks back; `topic` is None then.
        expects: the kind of value that the reply asks for, so that the next message can be redacted.
        handoff: the reason when the applicant is to be offered a person; `calm` when that must be done with few words.
        offer: why this reply offers a person by the way, should the applicant take it up.
        set_language: the language the applicant chose with this message.
        private: a vault entry that the gateway renders in place of this reply.
        profile: what is known of the person so far, where the reply asks for more of it (see `Profile.to_dict`); codes only.
        source_line: the end of `text` that names the sources, for clients that show `sources` in their own way.
    """

    text: str
    language: Tongue
    quick_replies: tuple[QuickReply, ...] = ()
    card: Mapping[str, Any] | None = None
    topic: str | None = None
    candidates: tuple[str, ...] = ()
    confidence: float | None = None
    sources: tuple[Cited, ...] = ()
    expects: str | None = None
    handoff: str | None = None
    calm: bool = False
    offer: str | None = None
    set_language: Tongue | None = None
    private: str | None = None
    source_line: str | None = None
    profile: Mapping[str, Any] | None = None


class Assistant(Protocol):
    """Whoever answers a question on behalf of the office without being a person."""

    async def ask(self, question: Question) -> list[Reply]:
        """At least one reply, or AssistantUnavailable."""


class _Shape(ValueError):
    """The answer is not what was agreed; the text names the place, never the content."""


def _need(holds: bool, place: str) -> None:
    if not holds:
        raise _Shape(place)


def _object(raw: object, place: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise _Shape(place)
    unknown = set(raw) - known
    _need(not unknown, f"{place}: unknown field")
    return raw


def _string(raw: object, place: str, longest: int = 500) -> str:
    if not isinstance(raw, str) or len(raw) > longest or "\x00" in raw:
        raise _Shape(place)
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise _Shape(place) from None
    return raw


def _optional(raw: object, place: str) -> str | None:
    return None if raw is None else _string(raw, place)


def _items(raw: object, place: str, most: int = 50) -> Sequence[Any]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or len(raw) > most:
        raise _Shape(place)
    return raw


def _language(raw: object, place: str) -> Tongue:
    for language in TONGUES:
        if raw == language:
            return language
    raise _Shape(place)


def _url(raw: object) -> str | None:
    if raw is None:
        return None
    url = _string(raw, "sources.url", 2000)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _Shape("sources.url") from None
    _need(parts.scheme in ("https", "http") and bool(parts.netloc), "sources.url")
    return url


def _quick_reply(raw: object) -> QuickReply:
    entry = _object(raw, "quick_replies", frozenset({"title", "payload"}))
    title = _string(entry.get("title"), "quick_replies.title")
    _need(bool(title.strip()), "quick_replies.title")
    return QuickReply(title=title, payload=_string(entry.get("payload"), "quick_replies.payload"))


def _source(raw: object) -> Cited:
    entry = _object(raw, "sources", frozenset({"title", "url", "date"}))
    return Cited(
        title=_string(entry.get("title"), "sources.title"),
        url=_url(entry.get("url")),
        date=_optional(entry.get("date"), "sources.date"),
    )


def _profile(raw: object) -> Mapping[str, Any] | None:
    if raw is None:
        return None
    entry = _object(raw, "profile", frozenset({"application_type", "category", "circumstances"}))
    said = entry.get("circumstances")
    _need(isinstance(said, dict) and len(said) <= _MOST_CIRCUMSTANCES, "profile.circumstances")
    values = [entry.get("application_type"), entry.get("category")]
    codes = [*(value for value in values if value is not None), *said, *said.values()]  # type: ignore[misc,union-attr]
    _need(all(isinstance(code, str) and _VALUE.fullmatch(code) is not None for code in codes), "profile")
    return entry


_REPLY = frozenset(entry.name for entry in fields(Reply)) - {"calm"}


def _reply(raw: object) -> Reply:
    entry = _object(raw, "reply", _REPLY)
    card, confidence, expects = entry.get("card"), entry.get("confidence"), _optional(entry.get("expects"), "expects")
    if card is not None:
        _need(isinstance(card, dict) and any(card.get("type") == known for known in CARDS), "card")
    if confidence is not None:
        # `bool` is a number to Python.
        _need(isinstance(confidence, (int, float)) and not isinstance(confidence, bool), "confidence")
        _need(0 <= confidence <= 1.000001, "confidence")
    _need(expects is None or _CODE.fullmatch(expects) is not None, "expects")
    handoff, calm, offer = None, False, _optional(entry.get("offer"), "offer")
    _need(offer is None or _CODE.fullmatch(offer) is not None, "offer")
    if entry.get("handoff") is not None:
        wanted = _object(entry["handoff"], "handoff", frozenset({"reason", "calm"}))
        handoff, calm = _string(wanted.get("reason"), "handoff.reason"), wanted.get("calm") is True
        _need(_CODE.fullmatch(handoff) is not None, "handoff.reason")
    chosen = entry.get("set_language")
    reply = Reply(
        text=_string(entry.get("text", ""), "text", _LONGEST_TEXT),
        language=_language(entry.get("language"), "language"),
        quick_replies=tuple(_quick_reply(item) for item in _items(entry.get("quick_replies"), "quick_replies")),
        card=card,
        topic=_optional(entry.get("topic"), "topic"),
        candidates=tuple(_string(item, "candidates") for item in _items(entry.get("candidates"), "candidates")),
        confidence=None if confidence is None else min(float(confidence), 1.0),
        sources=tuple(_source(item) for item in _items(entry.get("sources"), "sources")),
        expects=expects,
        handoff=handoff,
        calm=calm,
        offer=offer,
        set_language=None if chosen is None else _language(chosen, "set_language"),
        private=_optional(entry.get("private"), "private"),
        source_line=None if entry.get("source_line") is None else _string(entry["source_line"], "source_line", 5000),
        profile=_profile(entry.get("profile")),
    )
    _need(bool(reply.text.strip() or reply.private), "text")
    return reply


def parse_replies(raw: object) -> list[Reply]:
    """Replies in the form agreed between Rasa and the gateway, as typed values.

    Raises:
        AssistantUnavailable: `shape`, with the place that is not as agreed.
    """
    try:
        return [_reply(item) for item in _items(raw, "replies", _MOST_REPLIES)]
    except _Shape as error:
        raise AssistantUnavailable("assistant_unavailable", kind="shape", place=str(error)) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def parse_answer(body: bytes) -> list[Reply]:
    """The replies in the body that Rasa sent.

    Raises:
        AssistantUnavailable: kind `not_json`, `empty` or `shape`.
    """
    try:
        parts = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise AssistantUnavailable("assistant_unavailable", kind="not_json") from None
    if not isinstance(parts, list):
        raise AssistantUnavailable("assistant_unavailable", kind="shape", place="answer")
    replies: list[Reply] = []
    for part in parts:
        custom = part.get("custom") if isinstance(part, dict) else None
        if not isinstance(custom, dict) or not isinstance(custom.get("replies"), list):
            raise AssistantUnavailable("assistant_unavailable", kind="shape", place="custom")
        replies += parse_replies(custom["replies"])
    if not replies:
        raise AssistantUnavailable("assistant_unavailable", kind="empty")
    if len(replies) > _MOST_REPLIES:
        raise AssistantUnavailable("assistant_unavailable", kind="too_large")
    return replies


class RasaAssistant:
    """The assistant that runs in Rasa processes on the loopback interface; `start` it, and `close` it at the end.

    Args:
        checks: by the address where each process listens, such as `http://127.0.0.1:5005`, what raises unless it can do its work.
        timeout_s: seconds that an answer may take, whoever gives it.
    """

    def __init__(self, checks: Mapping[str, Callable[[], Awaitable[None]]], timeout_s: float) -> None:
        self._shards = Shards(checks)
        self._timeout_s = timeout_s

    async def start(self) -> None:
        """Begin to look after the processes."""
        await self._shards.start()

    async def ask(self, question: Question) -> list[Reply]:
        """At least one reply.

        Raises:
            AssistantUnavailable: kind `refused`, `broken`, `gone`, `timeout`, `status`, `too_large`, `not_json`, `empty` or
                `shape`.
        """
        metadata: dict[str, Any] = {
            "message_id": question.message_id,
            "language": question.language,
            "channel": question.channel,
        }
        if question.choice is not None:
            metadata["choice"] = question.choice
        if question.foreign is not None:
            metadata["foreign"] = question.foreign
        if question.meanwhile:
            metadata["meanwhile"] = list(question.meanwhile)
        message = {"sender": question.conversation_id, "message": question.text, "metadata": metadata}
        try:
            async with timeout(self._timeout_s):
                body = await self._shards.ask(question.conversation_id, message)
        except TimeoutError:
            raise AssistantUnavailable("assistant_unavailable", kind="timeout") from None
        return parse_answer(body)

    def tell_ahead(self, conversation_id: str, text: str | None) -> bool:
        """Have read what will most likely be needed soon; whatever becomes of that, nothing fails. May be called in any thread.

        False where that would gain nothing, because Rasa has enough to do.

        Args:
            text: what will be asked, so without personal data; None while it is only known where.
        """
        return self._shards.tell_ahead(conversation_id, text)

    async def close(self) -> None:
        """End the connections."""
        await self._shards.close()
