"""What an applicant's own window shows of numbers and dates some time after they were typed: nothing.

They are what an application is proved with, and whoever finds a session later must not read them in it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from bot.redaction import ASKED, redact
from bot.remembered import remembered

AFTER: Final = timedelta(minutes=15)
HIDDEN: Final = "••••"
# A text of no more characters may be the bare answer to a question that nobody noted, where any spelling counts.
_SHORT: Final = 40
_TOKEN: Final = re.compile(r"<[A-Z]+:\d+>")


@remembered(2000)
def hidden(text: str, expects: str | None = None) -> str:
    """`text` with everything in the place of which Rasa is told a token left out; `expects` names the question that was open."""
    tokens: list[str] = []

    def put(kind: str, _piece: str) -> str:
        tokens.append(f"<{kind}:{len(tokens)}>")
        return tokens[-1]

    asked = ASKED.get(expects)
    shown = text
    for question in dict.fromkeys((asked, "number", "birth_date") if len(text) <= _SHORT else (asked,)):
        shown = redact(shown, question, put, known=tuple(tokens))
    return _TOKEN.sub(HIDDEN, shown) if tokens else text
