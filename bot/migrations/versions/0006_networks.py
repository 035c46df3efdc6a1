"""Limits of one network: what it looks up in vain, and how many of it wait for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("turns", "handoffs"):
        op.add_column(table, sa.Column("network", sa.String(80), nullable=True))
    op.create_index("ix_handoffs_network", "handoffs", ["network"])
    op.add_column("lookup_attempts", sa.Column("network_hash", sa.String(64), nullable=True))
    op.create_index("ix_lookup_attempts_network_hash_at", "lookup_attempts", ["network_hash", "at"])
    op.create_table(
        "lookup_networks",
        sa.Column("conversation_hash", sa.String(64), nullable=False),
        sa.Column("network_hash", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_hash", name=op.f("pk_lookup_networks")),
    )
    op.create_index("ix_lookup_networks_at", "lookup_networks", ["at"])


def downgrade() -> None:
    op.drop_table("lookup_networks")
    op.drop_index("ix_lookup_attempts_network_hash_at", "lookup_attempts")
    op.drop_column("lookup_attempts", "network_hash")
    op.drop_index("ix_handoffs_network", "handoffs")
    for table in ("handoffs", "turns"):
        op.drop_column(table, "network")
