"""Documents issued in batches."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text

from .columns import JsonText, UtcMoment
from .metadata import metadata

KEYED = "line_key IS NOT NULL"

# Triggers let what was prepared never change, an approval be given once, and a batch end only when no line is missing.
# head names columns and holds nothing of a person.
batches = sa.Table(
    "batches",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("code", sa.String(48), nullable=False),
    Column("type_id", sa.String(64), nullable=False),
    Column("unit", sa.String(64), nullable=False),
    Column("form", sa.String(8), nullable=False),
    Column("head", sa.Text, nullable=False),
    Column("file_sha256", sa.LargeBinary(32), nullable=False),
    Column("file_bytes", sa.BigInteger, nullable=False),
    Column("lines", sa.Integer, nullable=False),
    Column("refused", sa.Integer, nullable=False),
    Column("block_lines", sa.Integer, nullable=False),
    Column("block_digests", JsonText, nullable=False),
    Column("prepared_by", sa.Text, nullable=False),
    Column("prepared_at", UtcMoment, nullable=False),
    Column("approved_by", sa.Text),
    Column("approved_at", UtcMoment),
    Column("finished_at", UtcMoment),
    UniqueConstraint("code"),
    UniqueConstraint("type_id", "unit", "file_sha256"),
    CheckConstraint("form IN ('csv', 'jsonl')", name="form_known"),
    CheckConstraint("length(file_sha256) = 32 AND file_bytes > 0", name="file_plausible"),
    CheckConstraint("lines > 0 AND refused BETWEEN 0 AND lines AND block_lines > 0", name="counts_plausible"),
    CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approval_whole"),
    CheckConstraint("approved_by IS NULL OR approved_by <> prepared_by", name="four_eyes"),
    CheckConstraint("finished_at IS NULL OR approved_at IS NOT NULL", name="finished_after_approval"),
)

# A line's data stay in its file and in its application; here is what became of it. Triggers let lines come to approved
# batches only, and INTENDED become ISSUED and nothing else.
batch_lines = sa.Table(
    "batch_lines",
    metadata,
    Column("batch_id", sa.Uuid, ForeignKey("batches.id"), primary_key=True),
    Column("line", sa.Integer, primary_key=True, autoincrement=False),
    Column("state", sa.String(16), nullable=False),
    Column("application_id", sa.Uuid, ForeignKey("applications.id")),
    Column("line_key", sa.String(64)),
    Column("refusal", sa.String(64)),
    UniqueConstraint("application_id"),
    CheckConstraint("state IN ('intended', 'issued', 'refused')", name="state_known"),
    CheckConstraint("line > 0", name="line_positive"),
    CheckConstraint(
        "(state = 'refused' AND refusal IS NOT NULL AND application_id IS NULL AND line_key IS NULL) OR "
        "(state <> 'refused' AND refusal IS NULL AND application_id IS NOT NULL AND line_key IS NOT NULL)",
        name="outcome_whole",
    ),
)
Index(
    "uq_batch_lines_line_key",
    batch_lines.c.line_key,
    unique=True,
    sqlite_where=text(KEYED),
    postgresql_where=text(KEYED),
)
