"""The time of a rate limiter, which a slow machine must not let pass."""

from __future__ import annotations

import time

from bot.limits import Limiter


def stand_still(limiter: Limiter) -> None:
    """No time passes for it any more, so that nothing is earned back while a slow machine works."""
    moment = limiter._clock()
    limiter._clock = lambda: moment


def go_on(limiter: Limiter) -> None:
    """Time passes for it again; what went by while it stood still is earned at once."""
    limiter._clock = time.monotonic
