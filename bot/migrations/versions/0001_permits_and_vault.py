"""Applicants, employers, applications, stage history, look-ups, and the vault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "employers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_zh", sa.String(200), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_employers"),
    )
    op.create_table(
        "applicants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.String(100), nullable=False),
        sa.Column("family_name", sa.String(100), nullable=False),
        sa.Column("nationality", sa.String(2), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("permit_number", sa.String(64), nullable=True),
        sa.Column("permit_number_normalised", sa.String(64), nullable=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_applicants"),
    )
    op.create_index("uq_applicants_permit_number_normalised", "applicants", ["permit_number_normalised"], unique=True)
    op.create_table(
        "applications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("applicant_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("application_type", sa.String(32), nullable=False),
        sa.Column("category", sa.String(1), nullable=True),
        sa.Column("acceptance_number", sa.String(64), nullable=False),
        sa.Column("acceptance_number_normalised", sa.String(64), nullable=False),
        sa.Column("station", sa.String(32), nullable=True),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("stage_since", _MOMENT, nullable=False),
        sa.Column("submitted_at", _MOMENT, nullable=True),
        sa.Column("accepted_at", _MOMENT, nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["applicants.id"], name="fk_applications_applicant_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name="fk_applications_employer_id", ondelete="SET NULL"
        ),
    )
    op.create_index(
        "uq_applications_acceptance_number_normalised", "applications", ["acceptance_number_normalised"], unique=True
    )
    op.create_index("ix_applications_applicant_id", "applications", ["applicant_id"])
    op.create_index("ix_applications_employer_id", "applications", ["employer_id"])
    op.create_index("ix_applications_source_stage", "applications", ["source", "stage"])
    op.create_table(
        "stage_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stage_history"),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_stage_history_application_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_stage_history_application_id_at", "stage_history", ["application_id", "at"])
    op.create_table(
        "lookup_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_hash", sa.String(64), nullable=False),
        sa.Column("number_hash", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lookup_attempts"),
    )
    op.create_index("ix_lookup_attempts_conversation_hash_at", "lookup_attempts", ["conversation_hash", "at"])
    op.create_index("ix_lookup_attempts_number_hash_at", "lookup_attempts", ["number_hash", "at"])
    op.create_index("ix_lookup_attempts_at", "lookup_attempts", ["at"])
    op.create_table(
        "lookup_subjects",
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_lookup_subjects"),
    )
    op.create_index("ix_lookup_subjects_at", "lookup_subjects", ["at"])
    op.create_table(
        "lookup_proofs",
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("applicant_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_lookup_proofs"),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["applicants.id"], name="fk_lookup_proofs_applicant_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name="fk_lookup_proofs_application_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_lookup_proofs_until", "lookup_proofs", ["until"])
    op.create_index("ix_lookup_proofs_applicant_id", "lookup_proofs", ["applicant_id"])
    op.create_index("ix_lookup_proofs_application_id", "lookup_proofs", ["application_id"])
    op.create_table(
        "vault_entries",
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "token", name="pk_vault_entries"),
    )
    op.create_index(
        "ix_vault_entries_conversation_id_fingerprint", "vault_entries", ["conversation_id", "fingerprint"]
    )
    op.create_index("ix_vault_entries_expires_at", "vault_entries", ["expires_at"])
    op.create_table(
        "vault_counters",
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "kind", name="pk_vault_counters"),
    )


def downgrade() -> None:
    for table in (
        "vault_counters",
        "vault_entries",
        "lookup_proofs",
        "lookup_subjects",
        "lookup_attempts",
        "stage_history",
        "applications",
        "applicants",
        "employers",
    ):
        op.drop_table(table)
