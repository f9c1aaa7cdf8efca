"""Documents issued in batches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=48), nullable=False),
        sa.Column("type_id", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("block_lines", sa.Integer(), nullable=False),
        sa.Column("block_digests", sa.Text(), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("form IN ('csv', 'jsonl')", name=op.f("ck_batches_form_known")),
        sa.CheckConstraint("length(file_sha256) = 32 AND file_bytes > 0", name=op.f("ck_batches_file_plausible")),
        sa.CheckConstraint(
            "lines > 0 AND refused BETWEEN 0 AND lines AND block_lines > 0", name=op.f("ck_batches_counts_plausible")
        ),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_batches_approval_whole")),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> prepared_by", name=op.f("ck_batches_four_eyes")),
        sa.CheckConstraint(
            "finished_at IS NULL OR approved_at IS NOT NULL", name=op.f("ck_batches_finished_after_approval")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("code", name=op.f("uq_batches_code")),
        sa.UniqueConstraint("type_id", "unit", "file_sha256", name=op.f("uq_batches_type_id_unit_file_sha256")),
    )
    op.create_table(
        "batch_lines",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("line_key", sa.String(length=64), nullable=True),
        sa.Column("refusal", sa.String(length=64), nullable=True),
        sa.CheckConstraint("state IN ('intended', 'issued', 'refused')", name=op.f("ck_batch_lines_state_known")),
        sa.CheckConstraint("line > 0", name=op.f("ck_batch_lines_line_positive")),
        sa.CheckConstraint(
            "(state = 'refused' AND refusal IS NOT NULL AND application_id IS NULL AND line_key IS NULL) OR "
            "(state <> 'refused' AND refusal IS NULL AND application_id IS NOT NULL AND line_key IS NOT NULL)",
            name=op.f("ck_batch_lines_outcome_whole"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_lines_batch_id")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_batch_lines_application_id")),
        sa.PrimaryKeyConstraint("batch_id", "line", name=op.f("pk_batch_lines")),
        sa.UniqueConstraint("application_id", name=op.f("uq_batch_lines_application_id")),
    )
    op.create_index(
        "uq_batch_lines_line_key",
        "batch_lines",
        ["line_key"],
        unique=True,
        sqlite_where=sa.text("line_key IS NOT NULL"),
        postgresql_where=sa.text("line_key IS NOT NULL"),
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, event, condition, message in _refused("IS DISTINCT FROM" if is_postgresql else "IS NOT"):
        if is_postgresql:
            # The condition may ask other tables, which a trigger's WHEN on PostgreSQL may not.
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN "
                f"RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW EXECUTE FUNCTION {name}()")
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
    for table in ("batches", "batch_lines"):
        if is_postgresql:
            refuse = "EXECUTE FUNCTION refuse_change('a batch and its lines stay')"
            op.execute(f"CREATE TRIGGER {table}_stay BEFORE DELETE OR TRUNCATE ON {table} {refuse}")
        else:
            op.execute(
                f"CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'a batch and its lines stay'); END"
            )


_FIXED = (
    *("id", "code", "type_id", "unit", "form", "head", "file_sha256", "file_bytes", "lines", "refused"),
    *("block_lines", "block_digests", "prepared_by", "prepared_at"),
)


def _refused(differs: str) -> tuple[tuple[str, str, str, str], ...]:
    """Trigger, event, when it refuses, and its message. differs: the operator for which NULL is a value."""
    changed = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in _FIXED)
    given = " OR ".join(
        f"(OLD.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name})"
        for name in ("approved_by", "approved_at", "finished_at")
    )
    counted = "(SELECT count(*) FROM batch_lines WHERE batch_id = NEW.id AND state <> 'intended')"
    open_batch = (
        "SELECT 1 FROM batches WHERE id = NEW.batch_id AND approved_at IS NOT NULL AND finished_at IS NULL"
        " AND lines >= NEW.line"
    )
    same = " OR ".join(
        f"NEW.{name} {differs} OLD.{name}" for name in ("batch_id", "line", "application_id", "line_key")
    )
    return (
        (
            "batches_begin_unapproved",
            "INSERT ON batches",
            "NEW.approved_at IS NOT NULL",
            "a batch is prepared before it is approved",
        ),
        ("batches_fixed", "UPDATE ON batches", f"{changed} OR {given}", "what was prepared or approved stays"),
        (
            "batches_finished_whole",
            "UPDATE ON batches",
            f"NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL AND {counted} <> NEW.lines",
            "a line of this batch is missing",
        ),
        (
            "batch_lines_of_approved",
            "INSERT ON batch_lines",
            f"NOT EXISTS ({open_batch})",
            "only an approved batch has lines, and only its own",
        ),
        (
            "batch_lines_forward",
            "UPDATE ON batch_lines",
            f"{same} OR OLD.state <> 'intended' OR NEW.state <> 'issued'",
            "a line is issued once",
        ),
    )
