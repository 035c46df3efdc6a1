"""What the project knows and says, read once in a process for every test that changes nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from bot.answers import Answers
from bot.catalogue import Catalogue
from bot.data_file import read_yaml
from bot.settings import ROOT


@cache
def answers() -> Answers:
    """The texts of the project."""
    return Answers.load(ROOT)


@cache
def topics() -> Mapping[str, Mapping[str, Any]]:
    """The files of the topics as they are written, by their names."""
    return {file.stem: read_yaml(file) for file in sorted((ROOT / "data" / "topics").glob("*.yml"))}


def catalogue() -> Catalogue:
    """What is known."""
    return answers().catalogue
