"""Conversations, their messages, the turns that owe answers, and requests for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("caller", sa.String(120), nullable=False),
        sa.Column("sender", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("language", sa.String(5), nullable=True),
        sa.Column("last_language", sa.String(5), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("expects", sa.String(60), nullable=True),
        sa.Column("demo_announced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("channel", "caller", "sender", name="uq_conversations_channel"),
        sa.CheckConstraint(
            "state IN ('BOT', 'QUEUED', 'WITH_STAFF', 'CLOSED')", name=op.f("ck_conversations_state")
        ),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(10), nullable=False),
        sa.Column("client_id", sa.String(100), nullable=True),
        sa.Column("answers", sa.String(32), nullable=True),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("delivered_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_messages_conversation_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_messages_conversation_seq"),
        sa.UniqueConstraint("conversation_id", "client_id", name="uq_messages_conversation_client"),
        sa.CheckConstraint(
            "author IN ('applicant', 'bot', 'staff', 'system')", name=op.f("ck_messages_author")
        ),
    )
    op.create_index("ix_messages_answers", "messages", ["answers"])
    op.create_table(
        "turns",
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("owner", sa.String(120), nullable=True),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name="pk_turns"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_turns_message_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_turns_conversation_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("state IN ('waiting', 'taken', 'done')", name=op.f("ck_turns_state")),
    )
    op.create_index("ix_turns_conversation_id_seq", "turns", ["conversation_id", "seq"])
    op.create_index("ix_turns_state", "turns", ["state"])
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("within_hours", sa.Boolean(), nullable=True),
        sa.Column("requested_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_handoffs"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_handoffs_conversation_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_handoffs_conversation_id", "handoffs", ["conversation_id"])


def downgrade() -> None:
    for table in ("handoffs", "turns", "messages", "conversations"):
        op.drop_table(table)
