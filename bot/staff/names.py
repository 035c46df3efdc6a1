"""How a member of the staff is named to applicants and colleagues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.staff.models import StaffAccount
from bot.staff.officers import stations_of


@dataclass(frozen=True)
class StaffName:
    """A name to show; `station` is the key of the station they work for, None when that is none or several."""

    id: int
    name: str
    station: str | None


def names(session: Session, ids: Iterable[int | None]) -> dict[int, StaffName]:
    """The names of these accounts, of disabled ones too; None and unknown ids are left out."""
    wanted = {account_id for account_id in ids if account_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(StaffAccount.id, StaffAccount.display_name).where(StaffAccount.id.in_(wanted))).all()
    stations = stations_of(session, wanted)
    return {row.id: StaffName(row.id, row.display_name, _only(stations.get(row.id, ()))) for row in rows}


def _only(stations: tuple[str, ...]) -> str | None:
    return stations[0] if len(stations) == 1 else None
