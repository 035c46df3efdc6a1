"""Invented records to try the assistant with; every number starts with DEMO-."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import db, migrations
from bot.audit_chain import in_use, opened
from bot.permits.demo.dataset import SHENZHEN
from bot.permits.demo.service import SOURCE, Filled, clear, examples, fill, samples
from bot.permits.models import Application
from bot.settings import Settings

__all__ = ["Filled", "clear", "examples", "fill", "present", "remove", "run", "samples"]


def present(session: Session) -> bool:
    """Whether the database holds demo applications."""
    return session.execute(select(Application.id).where(Application.source == SOURCE).limit(1)).scalar() is not None


def remove(settings: Settings) -> int:
    """Take the demo data out of the configured database, and nothing else; returns how many applications that were.

    Raises:
        StartError: see `in_use`.
    """
    with contextlib.closing(in_use(settings)) as database, database.session() as session:
        return clear(session)


def run(settings: Settings, as_json: bool = False, reset: bool = False) -> None:
    """Fill the configured database with demo data of today and print the outcome, or samples of every stage as JSON.

    Args:
        reset: take the demo data out first, and nothing else.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = opened(settings)
    try:
        migrations.upgrade(database.engine)
        with database.session() as session:
            if reset:
                clear(session)
            filled = fill(session, db.now().astimezone(SHENZHEN).date())
            shown = samples(session)
    finally:
        database.close()
    print(json.dumps(shown if as_json else asdict(filled), indent=2 if as_json else None))
