"""E-mails that wait get an id of their own, which is in their header and opens nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("message_id", sa.String(32), nullable=True))


def downgrade() -> None:
    op.drop_column("mails", "message_id")
