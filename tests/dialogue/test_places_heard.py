"""Places as people name them when they are asked where they are: the station that comes first is one a clerk would name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.catalogue import Catalogue
from bot.data_file import read_yaml
from bot.settings import ROOT

_NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
_FILE = ROOT / "tests" / "dialogue" / "holdout" / "places.yml"
_SHARE = 0.95


def _heard(catalogue: Catalogue, said: str) -> tuple[str, str]:
    """The first station, or what stands in its place, and the district."""
    match = catalogue.whereabouts(said)
    if match.place is None:
        return "ask" if match.kind == "ambiguous" else match.kind, ""
    return catalogue.stations.nearest(match.place, when=_NOW)[0].station.key, match.place.district.removesuffix(" New District")


def _holds(wanted: str, station: str, district: str) -> bool:
    return district == wanted.removeprefix("in ") if wanted.startswith("in ") else station in wanted.split()


def test_the_station_is_one_that_a_clerk_would_name(catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [entry for listed in read_yaml(_FILE).values() for entry in listed]
    assert len(entries) >= 150
    assert len({said for said, _ in entries}) == len(entries)
    heard = [(said, wanted, *_heard(catalogue, said)) for said, wanted in entries]
    wrong = [f"{said!r}: {first} {area}, not {wanted}" for said, wanted, first, area in heard if not _holds(wanted, first, area)]
    right = 1 - len(wrong) / len(entries)
    with capsys.disabled():
        print(f"\n{len(entries)} places, {right:.1%} right", *wrong, sep="\n  ")
    assert right >= _SHARE, wrong
