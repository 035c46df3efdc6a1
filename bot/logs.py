"""Our own log: where something went wrong, and never what a person wrote."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent.parent


def place(error: BaseException) -> str:
    """The type of `error` and the innermost place of ours it came through; its message may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE) and "site-packages" not in frame.filename]
    where = "".join(f" at {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in (ours or frames)[-1:])
    return f"{type(error).__name__}{where}"


class PlacesOnly(logging.Filter):
    """Reduces every logged exception, a library's too, to its type and place."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record is changed, not held back."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.msg, record.args = "failed: %s", (place(error),)
            record.exc_info = record.exc_text = None
        return True


def set_up(level: str) -> None:
    """Log to standard error from `level` on; libraries that would log addresses or bodies speak from warnings on."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True)
    for handler in logging.getLogger().handlers:
        handler.addFilter(PlacesOnly())
    for name in ("aiohttp.access", "asyncio", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.WARNING)
