"""What applicants think of an answer, and of a whole conversation."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from bot.conversations.models import Conversation, Feedback, Message, Rating
from bot.conversations.states import State
from bot.conversations.text import clean
from bot.conversations.threads import Address, find_newest, find_root, lock
from bot.db import now
from bot.errors import Invalid, NotFound

_LONGEST_COMMENT: Final = 1000


def give_feedback(session: Session, address: Address, message_id: str, helpful: bool, comment: str | None) -> str:
    """Note whether an answer of the bot or of an officer helped; a second opinion takes the place of the first.

    Returns:
        the conversation it was given in.

    Raises:
        NotFound: there is no such answer at this address.
        Invalid: the comment cannot be used.
    """
    root = find_root(session, address)
    conversation_id: str | None = session.execute(
        select(Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id == message_id, Message.author.in_(["bot", "staff"]), Conversation.thread_id == root)
    ).scalar_one_or_none()
    if conversation_id is None:
        raise NotFound("message_unknown")
    # The row of the conversation keeps two opinions that come at once apart.
    lock(session, conversation_id)
    given = session.get(Feedback, message_id)
    if given is None:
        given = Feedback(message_id=message_id, conversation_id=conversation_id)
        session.add(given)
    given.helpful, given.comment, given.at = helpful, _comment(comment), now()
    return conversation_id


def rate(session: Session, address: Address, score: int, comment: str | None) -> str:
    """Note how the applicant rates the newest conversation that staff took part in, or that is closed.

    Returns:
        that conversation.

    Raises:
        NotFound: there is none.
        Invalid: the score is not from 1 to 5, or the comment cannot be used.
    """
    if not 1 <= score <= 5:
        raise Invalid("rating_score")
    newest = find_newest(session, address)
    rated = None if newest is None else _ratable(session, newest.thread_id)
    if rated is None:
        raise NotFound("nothing_to_rate")
    lock(session, rated)
    rating = session.get(Rating, rated)
    if rating is None:
        rating = Rating(conversation_id=rated)
        session.add(rating)
    rating.score, rating.comment, rating.at = score, _comment(comment), now()
    return rated


def unrated(session: Session, thread_id: str) -> str | None:
    """The conversation that a rating would be for, unless it has one."""
    found = _ratable(session, thread_id)
    return None if found is None or session.get(Rating, found) is not None else found


def _ratable(session: Session, thread_id: str) -> str | None:
    served: Any = exists().where(Message.conversation_id == Conversation.id, Message.author == "staff")
    found: str | None = session.execute(
        select(Conversation.id)
        .where(Conversation.thread_id == thread_id, or_(Conversation.state == State.CLOSED.value, served))
        .order_by(Conversation.ordinal.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def _comment(comment: str | None) -> str | None:
    return None if comment is None or not comment.strip() else clean(comment, _LONGEST_COMMENT)
