"""How Rasa calls our actions: with what they ask for, a short patience, another server when one is away, a compiled schema for what comes
back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any, Final

import aiohttp
import ujson
from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

from bot.logs import REQUEST_HEADER, request_id
from bot.nlu.parts import PARTS

PATIENCE_S: Final = 15.0
"""Shorter than the gateway's patience with Rasa, so that a turn fails before nobody waits for it any more."""
_FIRST_PATIENCE_S: Final = 4.0
"""With a server that another can stand in for."""
_AWAY_FOR_S: Final = 5.0
"""Until a server that did not answer is asked first again."""
_KEEP_ALIVE_S: Final = 30.0
"""Shorter than the action server keeps an idle connection."""
_AWAY: Final = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, TimeoutError)


def told_of(events: Iterable[Event]) -> list[dict[str, Any]]:
    """What an action is told of what happened, the oldest first: everything since the last message, and who said what before it.

    The replies before the message before it lack what was in them, and messages lack what was understood, but for the last, which
    the call has besides, and for the questions of those that ask several things. `actions.turn` asks for no more, and the rest was
    two fifths of a call.
    """
    kept: list[dict[str, Any]] = []
    heard = 0
    for event in reversed(list(events)):
        is_message = isinstance(event, UserUttered)
        if heard and not is_message and not isinstance(event, BotUttered):
            continue
        said = event.as_dict()
        if is_message:
            heard += 1
            parts = said["parse_data"].get(PARTS)
            said["parse_data"] = {PARTS: parts} if parts else {}
        elif heard > 1:
            said["data"] = {}
        kept.append(said)
    return kept[::-1]


class _Told:
    """A tracker as an action is told of it."""

    def __init__(self, tracker: DialogueStateTracker) -> None:
        self._tracker = tracker
        self.sender_id = tracker.sender_id

    def current_state(self, _verbosity: EventVerbosity) -> dict[str, Any]:
        return {**self._tracker.current_state(EventVerbosity.NONE), "events": told_of(self._tracker.events)}


class ActionEndpoint(EndpointConfig):
    """Rasa's endpoint over one or more action servers, with one session for all calls instead of a connection for each.

    The first server is asked while it answers. Actions are idempotent by message id, so that one which may have been carried
    out already can be asked of another.

    Args:
        urls: the webhooks.
    """

    def __init__(self, urls: str | Sequence[str], patience_s: float = PATIENCE_S, **kwargs: Any) -> None:
        self._urls = [urls] if isinstance(urls, str) else list(urls)
        super().__init__(url=self._urls[0], **kwargs)
        self._patience_s = patience_s
        self._away: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE_S, limit=32)
            self._session = aiohttp.ClientSession(connector=connector, json_serialize=ujson.dumps)
        return self._session

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any | None:
        """Call an action server and return its JSON; a connection found dead is opened anew once, then the next server is asked."""
        kwargs.pop("timeout", None)
        until = time.monotonic() + self._patience_s
        order = sorted(self._urls, key=lambda url: self._away.get(url, 0.0) > time.monotonic())
        for url in order[:-1]:
            try:
                return await self._again(method, concat_url(url, subpath), min(_FIRST_PATIENCE_S, self._patience_s), kwargs)
            except _AWAY:
                self._away[url] = time.monotonic() + _AWAY_FOR_S
        return await self._again(method, concat_url(order[-1], subpath), max(0.1, until - time.monotonic()), kwargs)

    async def _again(self, method: str, url: str, patience_s: float, kwargs: dict[str, Any]) -> Any:
        try:
            return await self._call(method, url, patience_s, kwargs)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return await self._call(method, url, patience_s, kwargs)

    async def _call(self, method: str, url: str, patience_s: float, kwargs: dict[str, Any]) -> Any:
        timeout = aiohttp.ClientTimeout(total=patience_s, connect=2.0)
        kwargs = {**kwargs, "headers": {**(kwargs.get("headers") or {}), REQUEST_HEADER: request_id()}}
        async with self._open().request(method, url, timeout=timeout, **kwargs) as response:
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason or "", await response.text())
            return await response.json()


def _validators() -> tuple[Validator, dict[str, Validator]]:
    """The schema of an answer without its alternatives for each event, and these by the name of the event."""
    schema = deepcopy(RemoteAction.action_response_format_spec())
    validator = validator_for(schema)
    alternatives = schema["properties"]["events"]["items"].pop("oneOf")
    return validator(schema), {each["properties"]["event"]["const"]: validator(each) for each in alternatives}


_ANSWER, _EVENTS = _validators()


def _errors(result: Any) -> Iterator[ValidationError]:
    yield from _ANSWER.iter_errors(result)
    for event in result.get("events") or ():
        if event["event"] not in _EVENTS:
            yield ValidationError("", schema_path=("properties", "events", "items", "oneOf"))
        else:
            yield from _EVENTS[event["event"]].iter_errors(event)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    for error in _errors(result):
        # The message would quote the result, which is personal data.
        raise ValidationError(f"The answer of action {self.name()} breaks the schema at {'/'.join(map(str, error.schema_path))}.")
    return True


_call: Final = RemoteAction._action_call_format


def _call_format(self: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    return dict(_call(self, _Told(tracker), domain))


def call_quickly() -> None:
    """Let Rasa tell actions no more than they ask for, and check their answers with validators built once, each event with its own instead
    of with those of all."""
    RemoteAction._action_call_format = _call_format
    RemoteAction._validate_action_result = _validate_action_result
