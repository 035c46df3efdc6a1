"""What the assistant is asked in a turn: the message without personal data, and what it has not heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.assistant import Question
from bot.catalogue.reading import Reader
from bot.conversations import consents
from bot.conversations.meanwhile import meanwhile
from bot.conversations.obligations import TakenTurn
from bot.conversations.text import harmless
from bot.spoken import foreign

# The text of a conversation without personal data, given the kind of value that the bot has just asked for.
Redact = Callable[[Session, str, str, "str | None"], str]
# Told the network that a conversation's personal values came from, before anybody can look them up.
CameFrom = Callable[[Session, str, str], object]


@dataclass(frozen=True)
class Questions:
    """Makes questions of turns; `reader` reads what applicants say of themselves."""

    redact: Redact
    came_from: CameFrom
    reader: Reader

    def of(self, session: Session, turn: TakenTurn) -> Question:
        """The question of a turn. Whatever it raises, the text must not travel on: it may hold personal data."""
        text, choice = turn.text, None
        if turn.choice is None:
            hidden = self.redact(session, turn.conversation_id, turn.text, turn.answers)
            if hidden != turn.text and turn.expects in consents.ASKED:
                consents.give(session, turn.conversation_id)
            text = harmless(hidden)
            if turn.network is not None and text != turn.text:
                self.came_from(session, turn.conversation_id, turn.network)
        elif turn.choice.startswith("/"):
            text = turn.choice
        else:
            text, choice = "/choose", turn.choice.partition(":")[2]
        said = meanwhile(session, turn, self.redact, self.reader)
        strange = foreign(turn.text) if turn.choice is None else None
        return Question(
            turn.conversation_id, turn.message_id, text, turn.language, turn.channel, choice, strange.code if strange else None, said
        )
