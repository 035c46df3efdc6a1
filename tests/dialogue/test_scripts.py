"""Dialogues as people hold them, against the running assistant; `scripted.py` says how they are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dialogue.conftest import Case, Talk
from tests.dialogue.scripted import Dialogue, Misunderstood, dialogues, hold

DIALOGUES = dialogues()
# How many dialogues in each language there are at least, and the share that reaches its goal.
AT_LEAST = {"en": 30, "zh": 24, "mixed": 10, "de": 5, "ru": 5, "es": 5, "ja": 5}
BAR = 0.9
# Rounding moves a dialogue or two from one side to the other; more than that is a change that somebody has to look at.
BY_ROUNDING = 2


def name(dialogue: Dialogue) -> str:
    """The id of a dialogue's test."""
    return f"{dialogue.language}-{re.sub(r'[^a-z0-9]+', '-', dialogue.goal.lower()).strip('-')}"


@pytest.fixture(scope="module")
def missed() -> dict[str, bool]:
    """Whether a dialogue failed, of those that were held."""
    return {}


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=name)
async def test_a_dialogue_reaches_its_goal(dialogue: Dialogue, talk: Talk, cases: dict[str, Case], missed: dict[str, bool]) -> None:
    try:
        await hold(dialogue, talk, cases)
    except AssertionError as error:
        missed[name(dialogue)] = True
        if not isinstance(error, Misunderstood):
            raise
        # A model trained on another machine differs by rounding: where a sentence is taken for another, the test below decides. The
        # reason is what was taken for what, beside what is known of the dialogue: it may have failed for something else.
        pytest.xfail("\n".join(filter(None, (dialogue.known, str(error)))))
    missed[name(dialogue)] = False


def test_nine_dialogues_in_ten_reach_their_goal(missed: dict[str, bool]) -> None:
    assert missed.keys() == {name(dialogue) for dialogue in DIALOGUES}, "the share is that of all dialogues: run the whole file"
    failing = [each for each, failed in missed.items() if failed]
    assert len(failing) <= (1 - BAR) * len(DIALOGUES), failing
    known = {name(dialogue) for dialogue in DIALOGUES if dialogue.known is not None}
    assert len(known) <= (1 - BAR) * len(DIALOGUES)
    assert len(set(failing) - known) <= BY_ROUNDING, "say in `known` why they fail, or mend them"
    assert len(known - set(failing)) <= BY_ROUNDING, "they reach their goal: take `known` out"


def test_there_are_dialogues_in_every_language() -> None:
    counts = {language: sum(dialogue.language == language for dialogue in DIALOGUES) for language in AT_LEAST}
    assert all(counts[language] >= least for language, least in AT_LEAST.items()), counts
    assert len({name(dialogue) for dialogue in DIALOGUES}) == len(DIALOGUES)


@pytest.mark.parametrize(
    "text",
    [
        "- goal: A person\n  mood: bad\n  turns: &turns [{say: a, topic: fee}, {say: b, topic: fee}, {say: c, topic: fee}]",
        "- goal: A person\n  turns: [{say: a, topic: fee}, {say: b, topik: fee}, {say: c, topic: fee}]",
        "- goal: A person\n  turns: [{say: a, topic: fee}, {say: b, choose: c, topic: fee}, {say: c, topic: fee}]",
        "- goal: A person\n  turns: [{say: a, topic: fee}, {say: b}, {say: c, topic: fee}]",
        "- goal: A person\n  turns: [{say: a, topic: fee}, {say: b, asks: weather}, {say: c, topic: fee}]",
        "- goal: A person\n  turns: [{say: a, topic: fee}]",
    ],
    ids=["field of a dialogue", "field of a turn", "two acts", "nothing to hold", "no such flow", "too short"],
)
def test_a_script_that_is_not_understood_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "en.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"en\.yml: 'A person'"):
        dialogues(tmp_path)
