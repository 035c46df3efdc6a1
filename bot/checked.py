"""Whether the facts and texts are well, without reading them again where the same ones have been read before."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.derived import derived, digest_of, kept_between_starts
from bot.settings import ROOT


def check_texts(data_dir: Path) -> None:
    """Read all facts and texts, unless the same were found well by the same code on the same day.

    Args:
        data_dir: the folder in which that is remembered.

    Raises:
        DataError: naming file, entry and field.
    """
    with kept_between_starts(data_dir, "check"):
        # What is withdrawn on a day is refused from that day on.
        derived(__file__, date.today().isoformat().encode() + digest_of(ROOT / "data", ROOT / "bot", ROOT / "requirements.lock"), _read)


def _read() -> bool:
    from bot.answers import Answers

    Answers.load(ROOT)
    return True
