"""Identity: what counts once, sign-ins, sessions, officials, issuers' documents; applications on behalf of others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New columns may be empty, so that neither database rewrites a table that is in use.
    op.add_column("applications", sa.Column("on_behalf_of", sa.Text(), nullable=True))
    op.create_index("ix_applications_of_unit", "applications", ["unit", "submitted_at", "id"], unique=False)
    op.add_column("security_events", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("security_events", sa.Column("times", sa.Integer(), nullable=True))
    op.create_table(
        "redeemed",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("keep_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_redeemed")),
    )
    op.create_index("ix_redeemed_keep_until", "redeemed", ["keep_until"], unique=False)
    _sign_ins_and_sessions()
    op.create_table(
        "officials",
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_key", name=op.f("pk_officials")),
    )
    op.create_table(
        "issuer_documents",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turn_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(body IS NULL) = (fetched_at IS NULL)", name=op.f("ck_issuer_documents_document_whole")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_issuer_documents")),
    )


def _sign_ins_and_sessions() -> None:
    op.create_table(
        "pending_sign_ins",
        sa.Column("state_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("max_age_seconds", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_pending_sign_ins")),
    )
    op.create_index("ix_pending_sign_ins_begun_at", "pending_sign_ins", ["begun_at"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("id_token", sa.Text(), nullable=True),
        sa.Column("form_token", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("secret_digest", name=op.f("pk_sessions")),
    )
    for name, columns in (
        ("ix_sessions_of_issuer", ["issuer", "session_id"]),
        ("ix_sessions_of_subject", ["issuer", "subject"]),
        ("ix_sessions_seen_at", ["seen_at"]),
        ("ix_sessions_opened_at", ["opened_at"]),
    ):
        op.create_index(name, "sessions", columns, unique=False)
