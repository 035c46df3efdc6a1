"""The switch of the bot: one row that every turn reads, so that it holds for all gateways at once and without a restart."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.audit_chain import in_use
from bot.conversations.models import AssistantSwitch
from bot.conversations.text import clean_name
from bot.db import Database, now
from bot.errors import Invalid, StartError
from bot.i18n import Texts
from bot.languages import Language
from bot.logs import place
from bot.settings import Settings

log = logging.getLogger(__name__)

LONGEST_NAME: Final = 80
LONGEST_REASON: Final = 200
EVERY_S: Final = 2.0


_SWITCH: Final = AssistantSwitch.__table__.c
_STANDING: Final = select(_SWITCH.is_on, _SWITCH.since, _SWITCH.name, _SWITCH.reason).where(_SWITCH.id == 1)


@dataclass(frozen=True)
class Standing:
    """Whether the bot answers; since when, by whom and why are None while nobody has ever switched it."""

    on: bool = True
    since: datetime | None = None
    name: str | None = None
    reason: str | None = None


def standing(session: Session) -> Standing:
    """How the switch stands."""
    row = session.execute(_STANDING).first()
    return Standing() if row is None else Standing(*row)


def is_on(session: Session) -> bool:
    """Whether the bot answers."""
    return standing(session).on


def turn(session: Session, on: bool, actor: str, name: str, reason: str) -> bool:
    """Switch the bot on or off; False, and nothing is changed or recorded, when it stands so already.

    Args:
        actor: as the audit trail names them.
        name: as colleagues know them.
        reason: why; staff see it, applicants do not.
    """
    changed = session.execute(
        update(AssistantSwitch)
        .where(AssistantSwitch.id == 1, AssistantSwitch.is_on.is_(not on))
        .values(is_on=on, since=now(), name=name, reason=reason)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        return False
    audit.record(session, actor, "assistant:on" if on else "assistant:off", "assistant:switch", name=name, reason=reason)
    return True


class Watch:
    """What one gateway last saw of the switch, for everything that need not be right to the second.

    Attributes:
        standing: how it stood then; on before the first look.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: list[Callable[[Standing], Awaitable[None]]] = []
        self.standing = Standing()

    def listen(self, listener: Callable[[Standing], Awaitable[None]]) -> None:
        """Have `listener` called with what is seen whenever that is something new."""
        self._listeners.append(listener)

    async def look(self) -> Standing:
        """How the switch stands now; while the database cannot be read, how it stood last."""
        try:
            seen = await self._database.run(standing)
        except Exception as error:
            log.error("the switch could not be read: %s", place(error))
            return self.standing
        if seen != self.standing:
            self.standing = seen
            for listener in self._listeners:
                await listener(seen)
        return seen


def command(settings: Settings, what: str, name: str | None, reason: str | None, language: Language) -> int:
    """Switch the bot `on` or `off`, or say its `status`; what is true afterwards is printed.

    Raises:
        StartError: who does it, or why, is not said; or the database cannot be used.
    """
    texts = Texts.load()
    with contextlib.closing(in_use(settings)) as database, database.session() as session:
        if what != "status":
            who, why = _said(texts, language, "by", name, LONGEST_NAME), _said(texts, language, "reason", reason, LONGEST_REASON)
            turn(session, what == "on", audit.SYSTEM, who, why)
        found = standing(session)
    state = "on" if found.on else "off"
    since = "" if found.since is None else f"{found.since:%Y-%m-%d %H:%M} UTC"
    key = f"operator.assistant.{state}" if found.since is None else f"operator.assistant.{state}_since"
    print(texts.get(language, key, since=since, name=found.name, reason=found.reason))
    return 0


def _said(texts: Texts, language: Language, option: str, value: str | None, longest: int) -> str:
    try:
        return clean_name((value or "").strip(), option, longest)
    except Invalid:
        detail = texts.get(language, "operator.assistant.unsaid", option=f"--{option}", longest=longest)
        raise StartError("assistant_unsaid", detail=detail) from None
