"""What is found by comparing bytes first is what comparing with every row finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.arrays import Floats, unit_rows
from bot.nlu.nearest import Nearest
from bot.nlu.neighbours import Neighbours


def _rows(seed: int, count: int, directions: int, clusters: int) -> Floats:
    """Rows of length one around some centres, so that many are nearly alike."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((clusters, directions))
    spread = random.choice([0.0, 0.01, 0.3, 3.0])
    rows = centres[random.integers(0, clusters, count)] + spread * random.standard_normal((count, directions))
    return unit_rows(rows.astype(np.float32)).astype(np.float16).astype(np.float32)


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 3_000),
    directions=st.integers(1, 96),
    clusters=st.integers(1, 40),
    wanted=st.integers(1, 25),
)
def test_nearest_rows_are_those_of_comparing_with_all(seed: int, count: int, directions: int, clusters: int, wanted: int) -> None:
    rows = _rows(seed, count, directions, clusters)
    row = rows[seed % count] if seed % 2 else _rows(seed + 1, 1, directions, 1)[0]
    places, likeness = Nearest.of(rows.astype(np.float16)).find(row, wanted)
    all_of_them = rows @ row
    assert len(set(places.tolist())) == len(places) == min(wanted, count)
    assert np.allclose(all_of_them[places], likeness, atol=3e-5)
    # Rows that are equally like it may stand for each other.
    assert np.allclose(np.sort(likeness), np.sort(all_of_them)[-len(places) :], atol=3e-5)


def test_nothing_is_near_where_nothing_is_and_an_empty_row_is_like_none() -> None:
    places, likeness = Nearest.of(np.zeros((0, 4), dtype=np.float16)).find(np.ones(4, dtype=np.float32), 3)
    assert len(places) == len(likeness) == 0
    places, likeness = Nearest.of(np.eye(4, dtype=np.float16)).find(np.zeros(4, dtype=np.float32), 3)
    assert len(places) == 3 and not likeness.any()


def test_neighbours_that_were_stored_say_the_same() -> None:
    random = np.random.default_rng(5)
    vectors = random.standard_normal((700, 1024)).astype(np.float16)
    labels = random.integers(0, 6, 700)
    learned = Neighbours.of(vectors, labels, 6)
    restored = Neighbours.restored(learned.arrays(), 6)
    assert np.allclose(restored.shares(vectors[:40]), learned.shares(vectors[:40]), atol=2e-3)
    with pytest.raises(ValueError, match="not kept"):
        restored.arrays()
