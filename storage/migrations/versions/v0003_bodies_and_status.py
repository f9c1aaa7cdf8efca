"""Further files of a document, suspensions, the key of its credential."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # New columns may be empty, so that neither database rewrites a table that is in use.
    op.add_column("certificates", sa.Column("credential_key_id", sa.String(length=128), nullable=True))
    op.add_column("certificates", sa.Column("archive_wanted", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_certificates_archive_wanted",
        "certificates",
        ["kind", "application_id"],
        unique=False,
        sqlite_where=sa.text("archive_wanted"),
        postgresql_where=sa.text("archive_wanted"),
    )
    op.create_table(
        "suspensions",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name=op.f("fk_suspensions_certificate_id")),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_suspensions")),
    )
    op.create_table(
        "certificate_files",
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name=op.f("ck_certificate_files_file_plausible")),
        sa.CheckConstraint("form IN ('credential', 'archived_pdf')", name=op.f("ck_certificate_files_form_known")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_files_certificate_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_certificate_files")),
    )
    op.create_index(
        "ix_certificate_files_of_certificate", "certificate_files", ["certificate_id", "added_at"], unique=False
    )
