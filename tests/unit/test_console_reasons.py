"""Why a person is asked for is told to officers in words, never as a code."""

from __future__ import annotations

from bot.answers import status_doubts
from bot.i18n import Texts
from tests import project

# Those that no text offers: the applicant asks, the assistant fails, an officer joins, a matter is sensitive.
ALWAYS = {"asked", "assistant_unavailable", "joined", "sensitive"}


def test_every_reason_for_a_person_has_its_words_in_the_console() -> None:
    answers = project.answers()
    offered = {answers.response(name).offers for name in answers.names} - {None}
    reasons = offered | ALWAYS | {status_doubts.REFUSED, status_doubts.CONTRADICTORY}
    texts = Texts.load()
    assert {reason for reason in reasons if not texts.has(f"console.reason.{reason}")} == set()
