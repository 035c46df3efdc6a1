"""Staff, their sessions and agreements; owners of conversations, left messages, notes, feedback; attempts and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_kind_key_hash_at", "attempts", ["kind", "key_hash", "at"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_actor", "audit_entries", ["actor"], unique=False)
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject"], unique=False)
    op.create_table(
        "return_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(200), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_codes")),
        sa.UniqueConstraint("code_hash", name="uq_return_codes_code_hash"),
    )
    op.create_table(
        "staff_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("display_name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("password_changed_at", _MOMENT, nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_on", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("presence", sa.String(8), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("presence IN ('ready', 'away', 'off')", name=op.f("ck_staff_accounts_presence")),
        sa.CheckConstraint("role IN ('trainee', 'officer', 'supervisor', 'administrator')", name=op.f("ck_staff_accounts_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("login", name="uq_staff_accounts_login"),
    )
    op.create_table(
        "conversation_tags",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_tags_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "tag", name=op.f("pk_conversation_tags")),
    )
    op.create_table(
        "left_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("contact_kind", sa.String(8), nullable=False),
        sa.Column("contact", sa.String(200), nullable=True),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("station", sa.String(40), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("contact_kind IN ('window', 'email', 'phone')", name=op.f("ck_left_messages_contact_kind")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_left_messages_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_left_messages")),
    )
    op.create_index("ix_left_messages_answered_at", "left_messages", ["answered_at"], unique=False)
    op.create_index("ix_left_messages_conversation_id", "left_messages", ["conversation_id"], unique=False)
    op.create_table(
        "ratings",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_ratings_score")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_ratings_conversation_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_ratings")),
    )
    op.create_table(
        "staff_agreements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_agreements_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_agreements")),
        sa.UniqueConstraint("account_id", "version", name="uq_staff_agreements_account_version"),
    )
    op.create_table(
        "staff_invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_invitations_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_invitations")),
        sa.UniqueConstraint("token_hash", name="uq_staff_invitations_token_hash"),
    )
    op.create_index("ix_staff_invitations_account_id", "staff_invitations", ["account_id"], unique=False)
    op.create_table(
        "staff_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("client_id", sa.String(100), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("used_as", sa.String(32), nullable=True),
        sa.Column("dismissed_at", _MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('note', 'draft')", name=op.f("ck_staff_notes_kind")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_staff_notes_conversation_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notes")),
        sa.UniqueConstraint("conversation_id", "client_id", name="uq_staff_notes_conversation_client"),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("network_hash", sa.String(64), nullable=True),
        sa.Column("described", sa.String(80), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_seen_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_sessions_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name="uq_staff_sessions_token_hash"),
    )
    op.create_index("ix_staff_sessions_account_id", "staff_sessions", ["account_id"], unique=False)
    op.create_table(
        "staff_stations",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("station", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_stations_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "station", name=op.f("pk_staff_stations")),
    )
    op.create_table(
        "feedback",
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_feedback_conversation_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_feedback_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_conversation_id", "feedback", ["conversation_id"], unique=False)
    op.add_column("conversations", sa.Column("thread_id", sa.String(32), nullable=True))
    op.add_column("conversations", sa.Column("ordinal", sa.Integer(), server_default="1", nullable=False))
    op.add_column("conversations", sa.Column("owner_id", sa.Integer(), nullable=True))
    op.add_column("conversations", sa.Column("owner_since", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("station", sa.String(40), nullable=True))
    op.add_column("conversations", sa.Column("wanted_id", sa.Integer(), nullable=True))
    op.add_column("conversations", sa.Column("topic", sa.String(60), nullable=True))
    op.add_column("conversations", sa.Column("desk_step", sa.String(10), nullable=True))
    op.add_column("conversations", sa.Column("handed_back_at", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("last_applicant_at", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("last_staff_at", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("idle_warned_at", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("closed_at", _MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("outcome", sa.String(20), nullable=True))
    op.create_index("ix_conversations_owner_id", "conversations", ["owner_id"], unique=False)
    op.create_index("ix_conversations_state_updated_at", "conversations", ["state", "updated_at"], unique=False)
    op.create_index("ix_conversations_thread_id_ordinal", "conversations", ["thread_id", "ordinal"], unique=True)
    op.add_column("handoffs", sa.Column("queued_at", _MOMENT, nullable=True))
    op.add_column("handoffs", sa.Column("claimed_at", _MOMENT, nullable=True))
    op.add_column("handoffs", sa.Column("claimed_by", sa.Integer(), nullable=True))
    op.add_column("handoffs", sa.Column("ended", sa.String(20), nullable=True))
    op.create_index("ix_handoffs_closed_at", "handoffs", ["closed_at"], unique=False)
    op.add_column("messages", sa.Column("staff_id", sa.Integer(), nullable=True))
    # Every conversation begun so far is the first at its address, and whoever waits has waited since the request.
    op.execute("UPDATE conversations SET thread_id = id, last_applicant_at = updated_at")
    op.execute("UPDATE handoffs SET queued_at = requested_at WHERE closed_at IS NULL")


def downgrade() -> None:
    op.drop_column("messages", "staff_id")
    op.drop_index("ix_handoffs_closed_at", table_name="handoffs")
    op.drop_column("handoffs", "ended")
    op.drop_column("handoffs", "claimed_by")
    op.drop_column("handoffs", "claimed_at")
    op.drop_column("handoffs", "queued_at")
    op.drop_index("ix_conversations_thread_id_ordinal", table_name="conversations")
    op.drop_index("ix_conversations_state_updated_at", table_name="conversations")
    op.drop_index("ix_conversations_owner_id", table_name="conversations")
    op.drop_column("conversations", "outcome")
    op.drop_column("conversations", "closed_at")
    op.drop_column("conversations", "idle_warned_at")
    op.drop_column("conversations", "last_staff_at")
    op.drop_column("conversations", "last_applicant_at")
    op.drop_column("conversations", "handed_back_at")
    op.drop_column("conversations", "desk_step")
    op.drop_column("conversations", "topic")
    op.drop_column("conversations", "wanted_id")
    op.drop_column("conversations", "station")
    op.drop_column("conversations", "owner_since")
    op.drop_column("conversations", "owner_id")
    op.drop_column("conversations", "ordinal")
    op.drop_column("conversations", "thread_id")
    op.drop_index("ix_feedback_conversation_id", table_name="feedback")
    op.drop_table("feedback")
    op.drop_table("staff_stations")
    op.drop_index("ix_staff_sessions_account_id", table_name="staff_sessions")
    op.drop_table("staff_sessions")
    op.drop_table("staff_notes")
    op.drop_index("ix_staff_invitations_account_id", table_name="staff_invitations")
    op.drop_table("staff_invitations")
    op.drop_table("staff_agreements")
    op.drop_table("ratings")
    op.drop_index("ix_left_messages_conversation_id", table_name="left_messages")
    op.drop_index("ix_left_messages_answered_at", table_name="left_messages")
    op.drop_table("left_messages")
    op.drop_table("conversation_tags")
    op.drop_table("staff_accounts")
    op.drop_table("return_codes")
    op.drop_index("ix_audit_entries_subject", table_name="audit_entries")
    op.drop_index("ix_audit_entries_actor", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_index("ix_attempts_kind_key_hash_at", table_name="attempts")
    op.drop_table("attempts")
