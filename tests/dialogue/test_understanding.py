"""What the model makes of questions that nobody trained it on; and that nobody did."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from bot.nlu.evaluate import HOLDOUT
from bot.nlu.holdout import read_holdout
from bot.nlu.text import plain
from bot.settings import ROOT
from tests import project
from tests.system import System

# Share of the four-letter pieces, weighed by their number, that two texts have in common.
_ALIKE = 0.85
_AT_ONCE = 500
_LONG_ENOUGH = 24
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


def _width(text: str) -> int:
    """Length in Latin letters; a character that stands for a syllable or a word counts as three."""
    return len(plain(text)) + 2 * len(_DENSE.findall(plain(text)))


def _examples() -> Iterator[str]:
    for topic in project.topics().values():
        for listed in topic["questions"].values():
            yield from listed


def test_no_question_of_the_holdout_is_trained_on() -> None:
    trained, asked = list(_examples()), [each.text for each in read_holdout(HOLDOUT)]
    pieces = CountVectorizer(analyzer="char_wb", ngram_range=(4, 4), binary=True, preprocessor=plain, dtype=np.float32)
    known = normalize(pieces.fit_transform(trained)).T.tocsr()
    same = {plain(text) for text in trained}
    found = [text for text in asked if plain(text) in same]
    for start in range(0, len(asked), _AT_ONCE):
        alike = normalize(pieces.transform(asked[start : start + _AT_ONCE])) @ known
        for row in range(alike.shape[0]):
            text, values = asked[start + row], alike[row]
            # Two words may be the same two words; what is longer has no excuse.
            if _width(text) < _LONG_ENOUGH or not values.nnz or values.data.max() < _ALIKE:
                continue
            example = trained[values.indices[values.data.argmax()]]
            if _width(text) < 1.5 * _width(example):
                found.append(f"{text} ~ {example}")
    assert found == []


def test_every_figure_is_above_its_bar_and_none_has_fallen(system: System) -> None:
    (model,) = (system.data_dir / "models").glob("*.tar.gz")
    judged = subprocess.run(
        [sys.executable, "-m", "bot.nlu.evaluate", "--model", str(model)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
