"""The bot can be switched off: one row says whether it answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    switch = op.create_table(
        "assistant_switch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("name", sa.String(80), nullable=True),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistant_switch")),
    )
    op.bulk_insert(switch, [{"id": 1, "is_on": True}])


def downgrade() -> None:
    op.drop_table("assistant_switch")
