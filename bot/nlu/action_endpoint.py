"""How Rasa calls our actions: one kept connection, a short patience, a compiled schema for what comes back."""

from __future__ import annotations

from typing import Any, Final

import aiohttp
from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

PATIENCE_S: Final = 15.0
"""Shorter than the gateway's patience with Rasa, so that a turn fails before nobody waits for it any more."""
_KEEP_ALIVE_S: Final = 30.0
"""Shorter than the action server keeps an idle connection."""


class ActionEndpoint(EndpointConfig):
    """Rasa's endpoint with one session for all calls instead of a connection for each."""

    def __init__(self, url: str, patience_s: float = PATIENCE_S, **kwargs: Any) -> None:
        super().__init__(url=url, **kwargs)
        self._patience = aiohttp.ClientTimeout(total=patience_s, connect=2.0)
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE_S, limit=32)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._patience)
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
        """Call the action server and return its JSON; a connection found dead is opened anew once.

        Actions are idempotent by message id, so the second attempt does no harm.
        """
        kwargs.pop("timeout", None)
        try:
            return await self._call(method, subpath, kwargs)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return await self._call(method, subpath, kwargs)

    async def _call(self, method: str, subpath: str | None, kwargs: dict[str, Any]) -> Any:
        async with self._open().request(method, concat_url(self.url, subpath), **kwargs) as response:
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason or "", await response.text())
            return await response.json()


_SCHEMA: Final = RemoteAction.action_response_format_spec()
_VALIDATOR: Final = validator_for(_SCHEMA)(_SCHEMA)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    for error in _VALIDATOR.iter_errors(result):
        # The message would quote the result, which is personal data.
        raise ValidationError(f"The answer of action {self.name()} breaks the schema at {'/'.join(map(str, error.schema_path))}.")
    return True


def validate_quickly() -> None:
    """Let Rasa check the answers of actions with a validator built once; the stock one builds it for every call."""
    RemoteAction._validate_action_result = _validate_action_result
