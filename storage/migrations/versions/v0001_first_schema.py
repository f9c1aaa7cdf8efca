"""The first schema: applications, certificates, payments, counters, audit, what the ways in remember, failed jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("type_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("fee", sa.Text(), nullable=False),
        sa.Column("fee_decision", sa.Text(), nullable=True),
        sa.Column("amount_due", sa.BigInteger(), nullable=True),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("register_answer", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_outcome", sa.String(length=16), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt_issued", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(decision IS NULL) = (decision_outcome IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_applications_decision_whole"),
        ),
        sa.CheckConstraint("amount_due >= 0", name=op.f("ck_applications_amount_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("code", name=op.f("uq_applications_code")),
    )
    _index_what_waits()
    op.create_index("ix_applications_of_citizen", "applications", ["subject_key", "submitted_at", "id"], unique=False)
    op.create_index(
        "ix_applications_work_list",
        "applications",
        ["unit", "promised_on", "submitted_at", "id"],
        unique=False,
        sqlite_where=sa.text("decision_outcome IS NULL"),
        postgresql_where=sa.text("decision_outcome IS NULL"),
    )
    op.create_table(
        "issuing_failures",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("attempts > 0", name=op.f("ck_issuing_failures_attempts_positive")),
        sa.PrimaryKeyConstraint("kind", "application_id", name=op.f("pk_issuing_failures")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.CheckConstraint("(application_id IS NULL) = (seq IS NULL)", name=op.f("ck_audit_seq_of_application")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("application_id", "seq", name=op.f("uq_audit_application_id_seq")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "unit", "period", name=op.f("pk_counters")),
    )
    op.create_table(
        "idempotency_answers",
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_key", "key", name=op.f("pk_idempotency_answers")),
    )
    op.create_index("ix_idempotency_answers_at", "idempotency_answers", ["at"], unique=False)
    op.create_table(
        "security_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_events")),
    )
    op.create_index("ix_security_events_at", "security_events", ["at"], unique=False)
    op.create_table(
        "status_lists",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_lists")),
    )
    op.create_table(
        "worker_heartbeats",
        sa.Column("executor_id", sa.String(length=128), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("executor_id", name=op.f("pk_worker_heartbeats")),
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("type_id", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("check_code", sa.String(length=16), nullable=False),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("pdf_key_id", sa.String(length=128), nullable=False),
        sa.Column("qr_key_id", sa.String(length=128), nullable=False),
        sa.Column("template_id", sa.String(length=128), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Text(), nullable=False),
        sa.Column("result_line", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revocation_reason", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "(state = 'intended' AND sha256 IS NULL AND size_bytes IS NULL AND issued_at IS NULL) "
            "OR (state <> 'intended' AND sha256 IS NOT NULL AND size_bytes IS NOT NULL AND issued_at IS NOT NULL)",
            name=op.f("ck_certificates_issued_whole"),
        ),
        sa.CheckConstraint(
            "(state = 'revoked' AND revoked_at IS NOT NULL AND revoked_by IS NOT NULL "
            "AND revocation_reason IS NOT NULL) OR (state <> 'revoked' "
            "AND revoked_at IS NULL AND revoked_by IS NULL AND revocation_reason IS NULL)",
            name=op.f("ck_certificates_revocation_whole"),
        ),
        sa.CheckConstraint("state IN ('intended', 'issued', 'revoked')", name=op.f("ck_certificates_state_known")),
        sa.CheckConstraint(
            "sha256 IS NULL OR (length(sha256) = 32 AND size_bytes > 0)", name=op.f("ck_certificates_file_plausible")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_certificates_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("application_id", "kind", name=op.f("uq_certificates_application_id_kind")),
        sa.UniqueConstraint("number", name=op.f("uq_certificates_number")),
        sa.UniqueConstraint("sha256", name=op.f("uq_certificates_sha256")),
        sa.UniqueConstraint("status_list", "status_index", name=op.f("uq_certificates_status_list_status_index")),
    )
    op.create_index(
        "ix_certificates_revoked",
        "certificates",
        ["status_list", "status_index"],
        unique=False,
        sqlite_where=sa.text("state = 'revoked'"),
        postgresql_where=sa.text("state = 'revoked'"),
    )
    op.create_index(
        "ix_certificates_intended",
        "certificates",
        ["intended_at"],
        unique=False,
        sqlite_where=sa.text("state = 'intended'"),
        postgresql_where=sa.text("state = 'intended'"),
    )
    op.create_table(
        "payment_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("memo", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(paid_at IS NULL) = (provider_reference IS NULL)", name=op.f("ck_payment_orders_payment_whole")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_orders_amount_positive")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_payment_orders_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_orders")),
        sa.UniqueConstraint("application_id", name=op.f("uq_payment_orders_application_id")),
        sa.UniqueConstraint("memo", name=op.f("uq_payment_orders_memo")),
        sa.UniqueConstraint("provider_reference", name=op.f("uq_payment_orders_provider_reference")),
    )
    op.create_table(
        "unmatched_payments",
        sa.Column("provider_reference", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_unmatched_payments_application_id")
        ),
        sa.PrimaryKeyConstraint("provider_reference", name=op.f("pk_unmatched_payments")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _triggers_on_postgresql()
    else:
        _triggers_on_sqlite()


def _index_what_waits() -> None:
    for what, condition in (
        ("register", "state IN ('received', 'in_progress') AND register_answer IS NULL AND decision_outcome IS NULL"),
        ("result", "state = 'in_progress' AND decision_outcome = 'approved'"),
        (
            "receipt",
            "state NOT IN ('newly_registered', 'payment_asked', 'refused_at_intake', 'withdrawn', 'stopped')"
            " AND amount_due IS NOT NULL AND (amount_due = 0 OR paid) AND NOT receipt_issued",
        ),
    ):
        op.create_index(
            f"ix_applications_waiting_for_{what}",
            "applications",
            ["changed_at"],
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


_APPEND_ONLY, _FINAL = "the audit trail is append-only", "a revocation is final"
# What the status list and a verdict tell of a revoked document. Personal data is not named: it may be encrypted anew.
_TOLD = "state, status_list, status_index, number, sha256, revoked_at, revoked_by, revocation_reason"


def _triggers_on_postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%', TG_ARGV[0];
        END
        $$
        """
    )
    for name, change in (
        ("audit_append_only", f"UPDATE OR DELETE OR TRUNCATE ON audit {_refusing(_APPEND_ONLY)}"),
        ("revocation_final_update", f"UPDATE OF {_TOLD} ON certificates {_refusing(_FINAL, of_revoked=True)}"),
        ("revocation_final_delete", f"DELETE ON certificates {_refusing(_FINAL, of_revoked=True)}"),
        ("revocation_final_truncate", f"TRUNCATE ON certificates {_refusing(_FINAL)}"),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {change}")


def _refusing(message: str, *, of_revoked: bool = False) -> str:
    each = "FOR EACH ROW WHEN (OLD.state = 'revoked')" if of_revoked else "FOR EACH STATEMENT"
    return f"{each} EXECUTE FUNCTION refuse_change('{message}')"


def _triggers_on_sqlite() -> None:
    for name, change, message in (
        ("audit_append_only_update", "UPDATE ON audit", _APPEND_ONLY),
        ("audit_append_only_delete", "DELETE ON audit", _APPEND_ONLY),
        (
            "revocation_final_update",
            f"UPDATE OF {_TOLD} ON certificates WHEN OLD.state = 'revoked'",
            _FINAL,
        ),
        ("revocation_final_delete", "DELETE ON certificates WHEN OLD.state = 'revoked'", _FINAL),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{message}'); END")
