"""A member of the staff as the rest of the house knows them: who they are and what they may do now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, NotFound
from bot.languages import DEFAULT, Language, as_language
from bot.staff import agreement
from bot.staff.models import StaffAccount, StaffAgreement, StaffStation
from bot.staff.roles import NEED_SIGNATURE, ROLES


@dataclass(frozen=True)
class Officer:
    """One account at one moment.

    Attributes:
        name: what applicants and colleagues see.
        permissions: what the role allows, whether or not the agreement is signed.
        signed: whether the present version of the duty and privacy agreement is signed.
        presence: `ready`, `away` or `off`.
        totp: whether signing in takes a second factor.
    """

    id: int
    name: str
    role: str
    permissions: frozenset[str]
    stations: tuple[str, ...]
    signed: bool
    language: Language
    presence: str
    login: str = ""
    totp: bool = False

    def may(self, permission: str) -> bool:
        """Whether they may do this now: the role allows it, and the agreement is signed where that is needed."""
        return permission in self.permissions and (self.signed or permission not in NEED_SIGNATURE)

    def require(self, permission: str) -> None:
        """Return if they may do this now.

        Raises:
            NotAllowed: `not_permitted` by the role, or `agreement_missing`.
        """
        if permission not in self.permissions:
            raise NotAllowed("not_permitted", permission=permission)
        if not self.may(permission):
            raise NotAllowed("agreement_missing")


_SIGNED = exists().where(and_(StaffAgreement.account_id == StaffAccount.id))


def find(session: Session, *conditions: Any) -> list[Officer]:
    """The accounts that meet every condition on `StaffAccount`, by name."""
    version = agreement.current().version
    signed = _SIGNED.where(StaffAgreement.version == version).label("signed")
    rows = session.execute(
        select(
            StaffAccount.id,
            StaffAccount.login,
            StaffAccount.display_name,
            StaffAccount.role,
            StaffAccount.language,
            StaffAccount.presence,
            StaffAccount.totp_on,
            signed,
        )
        .where(*conditions)
        .order_by(StaffAccount.display_name, StaffAccount.id)
    ).all()
    stations = stations_of(session, [row.id for row in rows])
    return [
        Officer(
            id=row.id,
            name=row.display_name,
            role=row.role,
            permissions=ROLES[row.role],
            stations=stations.get(row.id, ()),
            signed=bool(row.signed),
            language=as_language(row.language) or DEFAULT,
            presence=row.presence,
            login=row.login,
            totp=bool(row.totp_on),
        )
        for row in rows
    ]


def get(session: Session, account_id: int) -> Officer:
    """One account, active or not.

    Raises:
        NotFound: there is no such account.
    """
    found = find(session, StaffAccount.id == account_id)
    if not found:
        raise NotFound("account_unknown")
    return found[0]


def stations_of(session: Session, account_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The keys of the stations each account works for, sorted; accounts without a station are left out."""
    if not account_ids:
        return {}
    found: dict[int, list[str]] = defaultdict(list)
    rows = select(StaffStation.account_id, StaffStation.station).where(StaffStation.account_id.in_(set(account_ids)))
    for account_id, station in session.execute(rows.order_by(StaffStation.station)):
        found[account_id].append(station)
    return {account_id: tuple(keys) for account_id, keys in found.items()}
