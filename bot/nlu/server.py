"""`python -m bot.nlu.server`: one Rasa process for the gateway, on loopback only, with an explicit model."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.derived import kept_between_starts
from bot.errors import BotError, StartError
from bot.lifetime import end_with_parent, keep_for_good, leave_no_dump, start_lightly
from bot.logs import REQUEST_HEADER, begin_request
from bot.nlu import quiet_logs, without_tensorflow
from bot.nlu.event_log import memory_of
from bot.nlu.model_file import check_model
from bot.ports import require_free
from bot.settings import ROOT, load

if TYPE_CHECKING:
    from sanic import Sanic

HOST: Final = "127.0.0.1"
_log = logging.getLogger(__name__)

_ENVIRONMENT: Final = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "SANIC_WORKERS": "1",
}
"""Read by Rasa and its libraries when they are imported; there is no other way to tell them."""

_UNUSED: Final = (
    *without_tensorflow.UNUSED,
    *("scipy.stats", "scipy.optimize", "scipy.spatial", "scipy.interpolate", "scipy.integrate", "scipy.ndimage"),
    *("scipy.sparse.linalg", "scipy.sparse.csgraph"),
    *("sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection", "sklearn.svm"),
)
"""Imported by Rasa and its libraries, and not used here, though some of it for training: a third of the time that imports take, 50 MB."""


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.server", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model file, as returned by bot.nlu.training")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--actions-url", required=True, action="append", help="webhook of an action server; may be given several times")
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml")
    parser.add_argument("--credentials", type=Path, default=ROOT / "credentials.yml")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yml", help="checked before the model is loaded")
    parser.add_argument("--database", type=Path, help="file of the working memory; otherwise as BOT_DATABASE_URL and BOT_DATA_DIR say")
    parser.add_argument("--enable-api", action="store_true", help="serve Rasa's whole HTTP API too, for debugging")
    return parser.parse_args(argv)


def _class_for(endpoint: Any, section: str, file: Path) -> Any:
    from rasa.shared.utils.common import class_from_module_path

    if endpoint is None or not endpoint.type:
        raise StartError("bad_config", detail=f"{file}: {section} must name its type.")
    try:
        return class_from_module_path(endpoint.type)
    except Exception as error:
        raise StartError("bad_config", detail=f"{file}: {section}: {endpoint.type} cannot be imported.") from error


def build_app(
    model: Path,
    port: int,
    actions_urls: Sequence[str],
    endpoints: Path,
    credentials: Path,
    memory: Path | str,
    enable_api: bool = False,
) -> Sanic:
    """Rasa's application with the model loaded, ready to run.

    Raises:
        StartError: the model or a class named in a file cannot be loaded.
        DataError: a text of `data/` is wrong.
    """
    from rasa.core.run import configure_app, create_http_input_channels
    from rasa.core.utils import AvailableEndpoints
    from sanic.response import json as json_response

    from bot.nlu.action_endpoint import ActionEndpoint, call_quickly
    from bot.nlu.classifier import TopicClassifier
    from bot.nlu.predicting import predict_quickly
    from bot.nlu.processor import StrictAgent
    from bot.nlu.reading_ahead import Listening
    from bot.nlu.tracker_store import resolve_quickly

    call_quickly()
    predict_quickly()
    resolve_quickly()
    named = AvailableEndpoints.read_endpoints(str(endpoints))
    actions = ActionEndpoint(actions_urls, **(named.action.kwargs if named.action else {}))
    store = _class_for(named.tracker_store, "tracker_store", endpoints)(where=memory, **named.tracker_store.kwargs)
    try:
        agent = StrictAgent(
            generator=_class_for(named.nlg, "nlg", endpoints)(endpoint_config=named.nlg),
            tracker_store=store,
            lock_store=_class_for(named.lock_store, "lock_store", endpoints)(),
            action_endpoint=actions,
        )
        agent.load_model(model)
    except BotError:
        raise
    except Exception as error:
        # It is not read a second time beforehand, which would take as long.
        check_model(model)
        raise StartError("bad_model", detail=f"{model} cannot be loaded ({type(error).__name__}); train again.") from error
    serving = AvailableEndpoints(nlg=agent.nlg, action=actions, tracker_store=agent.tracker_store, lock_store=agent.lock_store)
    app = configure_app(
        create_http_input_channels(None, str(credentials)), enable_api=enable_api, port=port, endpoints=serving, keep_alive_timeout=75
    )
    app.ctx.agent = agent
    app.config.ACCESS_LOG = False

    if not enable_api:

        @app.get("/status")
        async def status(_request: Any) -> Any:
            return json_response({"model_file": model.name, "model_id": agent.model_id, "ready": agent.is_ready()})

    async def begin(request: Any) -> None:
        begin_request(request.headers.get(REQUEST_HEADER, ""))

    app.register_middleware(begin, "request")

    @app.listener("before_server_start")
    async def serving_begins(_app: Any, loop: asyncio.AbstractEventLoop) -> None:
        classifier = agent.processor.graph_runner.component(TopicClassifier)
        listening = Listening(classifier.read_ahead, store.read_ahead)
        app.ctx.ahead, _ = await loop.create_datagram_endpoint(lambda: listening, local_addr=(HOST, port))
        quiet_logs.people_are_served()

    @app.listener("after_server_stop")
    async def release(*_arguments: Any) -> None:
        app.ctx.ahead.close()
        await actions.close()
        store.close()

    return app


def main(argv: Sequence[str] | None = None, environment: Mapping[str, str] = _ENVIRONMENT) -> int:
    """Serve until SIGTERM or until the process that started this one ends; a known error is one line and status 1."""
    arguments = _arguments(argv)
    os.umask(0o077)
    end_with_parent()
    start_lightly()
    os.environ.update(environment)
    without_tensorflow.install(_UNUSED)
    # Imported here because numpy reads the environment when it is imported.
    from bot.nlu.encodings import encode_at_once

    encoder: threading.Thread | None = None
    try:
        settings = load()
        # Reading the encoder's weights and importing Rasa take a second or two each, and do not need each other.
        encoder = threading.Thread(target=encode_at_once, args=(settings.data_dir / "cache",), daemon=True)
        encoder.start()
        quiet_logs.configure(settings.log_level, settings.log_format)
        without_tensorflow.check_config(arguments.config)
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            require_free(HOST, arguments.port, "BOT_RASA_PORT", kind)
        with kept_between_starts(settings.data_dir, "rasa"):
            app = build_app(
                arguments.model,
                arguments.port,
                arguments.actions_url,
                arguments.endpoints,
                arguments.credentials,
                arguments.database or memory_of(settings.database_url, settings.data_dir),
                arguments.enable_api,
            )
    except BotError as error:
        print(f"error: {error}", file=sys.stderr)
        if encoder is not None:
            # Its library would abort the process if it were ended in the middle.
            encoder.join()
        return 1
    encoder.join()
    keep_for_good()
    app.run(host=HOST, port=arguments.port, workers=1, access_log=False, motd=False)
    return 0


if __name__ == "__main__":
    leave_no_dump()
    sys.exit(main())
