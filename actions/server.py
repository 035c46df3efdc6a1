"""`python -m actions.server`: the action server, on loopback only, silent about what people wrote."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, Final

from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, json

from actions import services
from bot.derived import kept_between_starts
from bot.lifetime import end_with_parent, keep_for_good, leave_no_dump, start_lightly
from bot.logs import REQUEST_HEADER, Lines, PlacesOnly, begin_request, withhold_messages
from bot.settings import load

HOST: Final = "127.0.0.1"
_KEEP_ALIVE_S: Final = 75
_LARGEST_REQUEST: Final = 20_000_000

# Run as a module its own name is __main__.
_log = logging.getLogger("actions.server")


def build_app(package: str = "actions") -> Sanic:
    """The application that serves every action of `package`; an error is answered and logged by its type only."""
    # Imported here, after the logs are configured, because the import warns of old libraries.
    from rasa_sdk.endpoint import create_app

    app = create_app(package, cors_origins="")
    app.config.KEEP_ALIVE_TIMEOUT = _KEEP_ALIVE_S
    app.config.REQUEST_MAX_SIZE = _LARGEST_REQUEST
    app.config.ACCESS_LOG = False

    async def answer_error(_request: Any, error: Exception) -> HTTPResponse:
        # The stock handler sends the request back, with all that was said in it.
        if not isinstance(error, SanicException):
            trace, place = error.__traceback__, ""
            while trace is not None:
                place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
                trace = trace.tb_next
            _log.error("action failed: %s at %s", type(error).__name__, place)
        return json({"error": type(error).__name__}, status=getattr(error, "status_code", 500))

    async def named(request: Any) -> None:
        begin_request(request.headers.get(REQUEST_HEADER, ""))

    async def told(request: Any, response: HTTPResponse) -> None:
        if request.path == "/webhook":
            _log.info("action %d", response.status)

    app.register_middleware(named, "request")
    app.register_middleware(told, "response")
    app.error_handler.add(Exception, answer_error)
    return app


def _configure_logs(level: str, form: str) -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Lines(form))
        handler.addFilter(PlacesOnly())
    for name in ("bot", "actions"):
        logging.getLogger(name).setLevel(level)
    for name in ("asyncio", "sanic.root", "sanic.error", "sanic.access", "rasa_sdk"):
        # Their records quote requests; what matters of an error is logged above.
        logging.getLogger(name).setLevel(logging.CRITICAL)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or until the process that started this one ends."""
    withhold_messages()
    parser = argparse.ArgumentParser(prog="python -m actions.server", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--package", default="actions", help="package that holds the actions")
    parser.add_argument("--log-level", default="INFO")
    arguments = parser.parse_args(argv)
    os.umask(0o077)
    end_with_parent()
    start_lightly()
    _configure_logs(arguments.log_level, load().log_format)
    if arguments.package == "actions":
        settings = load()
        with kept_between_starts(settings.data_dir, "actions"):
            services.install(services.build(settings))
    keep_for_good()
    build_app(arguments.package).run(host=HOST, port=arguments.port, workers=1, access_log=False, motd=False)
    return 0


if __name__ == "__main__":
    leave_no_dump()
    sys.exit(main())
