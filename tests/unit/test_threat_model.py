"""The threat model keeps its word: every test that it names exists, and every attack has one or is said to have none."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from bot.settings import ROOT

MODEL = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def attacks() -> list[list[str]]:
    """The cells of each attack."""
    section = MODEL.split("## Attacks, one by one")[1].split("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


def functions_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(MODEL)
    assert len(named) > 60
    lost = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / "tests" / file).is_file() or name not in functions_in(ROOT / "tests" / file)
    ]
    assert lost == []


def test_every_attack_says_what_could_happen_what_prevents_it_and_what_shows_it() -> None:
    rows = attacks()
    assert len(rows) > 30 and all(len(row) == 4 and all(row) for row in rows)
    assert [row[0] for row in rows if not NAMED.search(row[3]) and "missing" not in row[3]] == []


def test_every_module_that_is_named_exists() -> None:
    paths = re.findall(r"`((?:bot|actions|deploy|docs|tests)/[\w./-]+)`", MODEL)
    assert paths and [path for path in paths if not (ROOT / path).exists()] == []
