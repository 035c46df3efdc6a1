"""`make readings`: how the Chinese names of all places are read, in a file, so that finding them needs no tables of 30 MB."""

from __future__ import annotations

import json

from bot.catalogue import Catalogue, place_names


class _Asked(dict[str, str]):
    """What is asked for is read from the dictionary, and kept."""

    def get(self, text: str, _otherwise: object = None) -> str:  # type: ignore[override]
        return self.setdefault(text, " ".join(place_names.spoken(text)))


def needed() -> dict[str, str]:
    """The syllables of everything that the index of places has read while it is made."""
    asked, usual = _Asked(), place_names._readings
    place_names._readings = lambda: asked  # type: ignore[assignment]
    try:
        Catalogue.load().places.find("Shenzhen")
    finally:
        place_names._readings = usual
    return dict(sorted(asked.items()))


def main() -> None:
    """Write the file."""
    place_names.READINGS.write_text(json.dumps(needed(), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
