"""The invented office that the pictures show: its staff, and applicants who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import aiohttp
from sqlalchemy import select, update

from bot.conversations.models import Conversation, Handoff
from bot.db import now
from bot.languages import Language
from bot.staff.models import StaffAccount
from tests.staff import PASSWORD, make_officer
from tests.system import System

NAMES: Final[dict[str, dict[Language, str]]] = {
    "officer": {"en": "Lin Wei", "zh": "林薇"},
    "colleague": {"en": "Zhou Min", "zh": "周敏"},
    "supervisor": {"en": "He Yun", "zh": "何云"},
    "trainee": {"en": "Xu Ran", "zh": "徐然"},
    "administrator": {"en": "Deng Hai", "zh": "邓海"},
    "newcomer": {"en": "Tang Yue", "zh": "唐越"},
}
_ROLES: Final = {"colleague": "officer", "newcomer": "officer"}
# What people in the queue have asked, how long ago they began to wait in minutes, in the order in which they came.
QUEUE: Final[dict[Language, Sequence[tuple[str, str, int]]]] = {
    "en": (
        ("en", "My application was returned twice and I do not understand why", 34),
        ("zh", "换单位期间可以先上班吗？", 21),
        ("en", "Is an apostille from Brazil accepted for a diploma?", 12),
        ("zh", "证件快到期了，护照也换了，先办哪个？", 6),
        ("en", "Can my husband work on a family visa?", 2),
    ),
    "zh": (
        ("zh", "申请被退回两次，看不懂退回原因", 34),
        ("en", "May I start at the new employer while the change is pending?", 21),
        ("zh", "巴西的学历附加证明书可以用吗？", 12),
        ("en", "Permit and passport both end soon: which first?", 6),
        ("zh", "家属签证可以工作吗？", 2),
    ),
}


def login(who: str, language: Language) -> str:
    """Somebody's login."""
    return f"{who}.{language}"


def hire(system: System, who: str, language: Language, **more: Any) -> str:
    """Make somebody's account, which is signed in to with `PASSWORD`; their login."""
    name, role = login(who, language), _ROLES.get(who, who)
    stations = ("civic_center",) if role == "officer" else ()
    given = {"signed": role != "administrator", "presence": "off", "language": language, "password": PASSWORD, **more}
    database = system.database()
    with database.session() as session:
        make_officer(session, name, role, NAMES[who][language], stations, **given)
    database.close()
    return name


def nobody_is_there(system: System) -> None:
    """Have everybody gone home."""
    _change(system, update(StaffAccount).values(presence="off", seen_at=None))


def give_to(system: System, conversation_id: str, who: str, language: Language) -> None:
    """Have a colleague own a conversation, as after a move that the officer has not heard of yet."""
    named = StaffAccount.login == login(who, language)
    owner = select(StaffAccount.id).where(named).scalar_subquery()
    # Whoever has it is heard of for as long as pictures take, so that the keeper does not put it back into the queue.
    _change(system, update(StaffAccount).where(named).values(seen_at=now() + timedelta(hours=1)))
    _change(system, update(Conversation).where(Conversation.id == conversation_id).values(owner_id=owner))


def _change(system: System, *statements: Any) -> None:
    database = system.database()
    with database.session() as session:
        for statement in statements:
            session.execute(statement.execution_options(synchronize_session=False))
    database.close()


async def says(system: System, sender: str, language: Language, *texts: str) -> None:
    """Somebody writes by the plain protocol."""
    async with aiohttp.ClientSession() as client:
        for text in texts:
            body = {"sender": sender, "message": text, "metadata": {"language": language}}
            async with client.post(f"{system.address}/webhooks/rest/webhook", json=body) as response:
                assert response.status == 200, await response.text()


async def fill_queue(system: System, language: Language) -> None:
    """People who wait, since different times; there must be an officer they can wait for."""
    for number, (spoken, question, minutes) in enumerate(QUEUE[language]):
        sender = f"{language}-{number}"
        await says(system, sender, "zh" if spoken == "zh" else "en", question, "/handoff", "desk:wait")
        since = now() - timedelta(minutes=minutes)
        here = select(Conversation.id).where(Conversation.sender == sender).scalar_subquery()
        _change(system, update(Handoff).where(Handoff.conversation_id == here).values(queued_at=since, requested_at=since))


async def empty_queue(system: System, language: Language) -> None:
    """Those who still wait go on with the assistant."""
    await asyncio.gather(*(says(system, f"{language}-{number}", language, "desk:leave") for number in range(len(QUEUE[language]))))
