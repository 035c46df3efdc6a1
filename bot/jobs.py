"""When the regular works were last done and how they ended: kept in the database, so that every gateway's figures tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import uuid4

from sqlalchemy import Boolean, Column, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.db import Base, UtcDateTime, now

Name = Literal["retention", "audit", "backup"]
NAMES: Final[tuple[Name, ...]] = ("retention", "audit", "backup")


class Job(Base):
    """The last time that a regular work was done; `well` is whether it found or left everything as it should be."""

    __tablename__ = "jobs"

    name = Column(String(20), primary_key=True)
    at = Column(UtcDateTime, nullable=False)
    well = Column(Boolean, nullable=False)


def done(session: Session, name: Name, well: bool = True) -> None:
    """Note that a work is done now."""
    values = {"at": now(), "well": well}
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Job.__table__).values(name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def try_out(session: Session) -> None:
    """Have the database store something with this unit of work, and nothing of it be left afterwards."""
    # Gateways that try at once wait for each other on a name that they share.
    name = f"try {uuid4().hex[:12]}"
    session.execute(Job.__table__.insert().values(name=name, at=now(), well=True))
    session.execute(Job.__table__.delete().where(Job.__table__.c.name == name))


def last(session: Session) -> dict[str, tuple[datetime, bool]]:
    """When each work was last done, and whether well; those never done are missing."""
    return {row.name: (row.at, row.well) for row in session.execute(select(Job.name, Job.at, Job.well))}
