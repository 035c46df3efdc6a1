"""The audit trail is chained by hash, entries written before in the order of their ids; no left message that it names shares an id."""

from __future__ import annotations

from types import SimpleNamespace

import sqlalchemy as sa
from alembic import op

from bot import audit
from bot.db import UtcDateTime
from bot.errors import StartError

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PAGE = 1000
_CHAINED = ("position", "previous", "hash", "detail_hash", "salt")


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
    )
    op.add_column("audit_entries", sa.Column("position", sa.Integer(), nullable=True))
    for name, length in (("previous", 64), ("hash", 64), ("detail_hash", 64), ("salt", 32)):
        op.add_column("audit_entries", sa.Column(name, sa.String(length), nullable=True))
    op.create_index("ix_audit_entries_position", "audit_entries", ["position"], unique=True)
    _chain_what_was_written()
    if op.get_bind().dialect.name == "sqlite":
        # SQLite gives the id of a row that was deleted anew, and the trail would name two messages by it.
        with op.batch_alter_table("left_messages", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass


def _chain_what_was_written() -> None:
    names = ("id", "actor", "action", "subject", *_CHAINED)
    entries = sa.table("audit_entries", *map(sa.column, names), sa.column("at", UtcDateTime()), sa.column("detail", sa.JSON()))
    connection = op.get_bind()
    key: bytes | None = connection.get_execution_options().get("audit_key")
    position, last, after = 0, audit.NOTHING, 0
    page = sa.select(entries).order_by(entries.c.id).limit(_PAGE)
    set_one = entries.update().where(entries.c.id == sa.bindparam("of")).values({name: sa.bindparam(f"new_{name}") for name in _CHAINED})
    while rows := connection.execute(page.where(entries.c.id > after)).all():
        if not key:
            raise StartError(
                "audit_key_missing", detail="The audit trail cannot be chained without its key; migrate with: python -m bot migrate"
            )
        changed = []
        for row in rows:
            entry = SimpleNamespace(**row._mapping)
            position += 1
            audit.chain(key, entry, position, last)
            last, after = entry.hash, entry.id
            changed.append({"of": entry.id, **{f"new_{name}": getattr(entry, name) for name in _CHAINED}})
        connection.execute(set_one, changed)
    seal = audit.seal_of(key, position, last, 1, audit.NOTHING) if key else ""
    chain = sa.table("audit_chain", *map(sa.column, ("id", "position", "hash", "first", "before", "seal")))
    op.execute(chain.insert().values(id=1, position=position, hash=last, first=1, before=audit.NOTHING, seal=seal))


def downgrade() -> None:
    op.drop_index("ix_audit_entries_position", table_name="audit_entries")
    for name in reversed(_CHAINED):
        op.drop_column("audit_entries", name)
    op.drop_table("audit_chain")
