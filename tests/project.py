"""What the project knows and says, read once in a process for every test that changes nothing of it."""

from __future__ import annotations

from functools import cache

from bot.answers import Answers
from bot.catalogue import Catalogue
from bot.settings import ROOT


@cache
def answers() -> Answers:
    """The texts of the project."""
    return Answers.load(ROOT)


def catalogue() -> Catalogue:
    """What is known."""
    return answers().catalogue
