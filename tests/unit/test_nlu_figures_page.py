"""The figures in a document."""

from __future__ import annotations

from pathlib import Path

from bot.nlu import figures_page
from bot.nlu.evaluate import BARS, MOST, figures
from bot.nlu.figures_page import BEGIN, END
from bot.nlu.holdout import Outcome, Question
from bot.settings import ROOT


def _outcome(language: str, topic: str | None, answered: str) -> Outcome:
    return Outcome(Question("?", language, "short", topic), (answered,), 0.9, (answered,), "answer", (), 0.004)


def test_page_has_a_row_for_each_language_and_its_bar() -> None:
    outcomes = [
        _outcome("en", "fee", "fee"),
        _outcome("ar", "fee", "tax"),
        _outcome("en", None, "out_of_scope"),
        _outcome("en", "sensitive", "sensitive"),
    ]
    page = figures_page.page(
        figures(outcomes), BARS, MOST, (3, 1), ["By style: short."], {"up to 300 characters": (7.2, 13.4)}, ROOT / "data" / "topics"
    )
    assert "| en | 100.0 % | 93% | 100.0 % | 0.0 % | 100.0 % |" in page
    assert "| ar | 0.0 % | 85% | 0.0 % | 0.0 % | 0.0 % |" in page
    assert "3 questions and 1 strangers" in page and "7, 95 % below 13" in page and "By style: short." in page
    assert "| English | " in page


def test_only_what_is_between_the_marks_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    figures_page.write(file, "new\n")
    assert file.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    file.write_text("no marks\n", encoding="utf-8")
    figures_page.write(file, "new\n")
    assert file.read_text(encoding="utf-8") == f"no marks\n{BEGIN}\nnew\n{END}\n"
