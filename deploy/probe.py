"""Whether a part on this machine answers: `python -m deploy.probe 8080 /readyz`; exit status 0 when it does.

Rasa and the action server listen on loopback only, so a probe has to run beside them. `--within` waits for a part that starts.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import time
from collections.abc import Sequence

_ANSWER_WITHIN_S = 5.0
_AGAIN_AFTER_S = 0.2


def answer(port: int, path: str) -> str | None:
    """None when `GET path` on loopback is answered with 200, otherwise what came instead."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_WITHIN_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return None if response.status == 200 else f"{response.status} {body}"


def main(argv: Sequence[str] | None = None) -> int:
    """Probe once, or until `--within` seconds are over; the last refusal goes to standard error."""
    parser = argparse.ArgumentParser(prog="python -m deploy.probe", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--within", type=float, default=0.0, metavar="SECONDS")
    arguments = parser.parse_args(argv)
    deadline = time.monotonic() + arguments.within
    while (refusal := answer(arguments.port, arguments.path)) is not None:
        if time.monotonic() >= deadline:
            print(f"error: port {arguments.port}{arguments.path}: {refusal}", file=sys.stderr)
            return 1
        time.sleep(_AGAIN_AFTER_S)
    return 0


if __name__ == "__main__":
    sys.exit(main())
