"""What an applicant's own window shows of numbers and dates some time after they were typed: nothing.

They are what an application is proved with, and whoever finds a session later must not read them in it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import Final

from bot.redaction import redact

AFTER: Final = timedelta(minutes=15)
HIDDEN: Final = "••••"
# A text of no more characters may be the bare answer to a question, where any spelling counts.
_SHORT: Final = 40
_TOKEN: Final = re.compile(r"<[A-Z]+:\d+>")


@lru_cache(maxsize=2000)
def hidden(text: str) -> str:
    """`text` with everything in the place of which Rasa is told a token left out."""
    tokens: list[str] = []

    def put(kind: str, _piece: str) -> str:
        tokens.append(f"<{kind}:{len(tokens)}>")
        return tokens[-1]

    shown = redact(text, None, put)
    if len(text) <= _SHORT:
        shown = redact(shown, "number", put, known=tuple(tokens))
        shown = redact(shown, "birth_date", put, known=tuple(tokens))
    return _TOKEN.sub(HIDDEN, shown) if tokens else text
