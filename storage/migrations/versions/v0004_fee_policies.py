"""Fee policies as rows: drafts, the book in two times, decisions, quotas, evidence, refunds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fee_acts",
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name=op.f("ck_fee_acts_file_plausible")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_fee_acts")),
    )
    op.create_table(
        "fee_assessments",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.CheckConstraint("cause IN ('submitted', 'evidence_accepted')", name=op.f("ck_fee_assessments_cause_known")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_fee_assessments_seq_positive")),
        sa.PrimaryKeyConstraint("application_id", "seq", name=op.f("pk_fee_assessments")),
    )
    op.create_table(
        "fee_policy_book",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_fee_policy_book_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_policy_book")),
    )
    op.create_table(
        "fee_policy_documents",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_fee_policy_documents_digest_whole")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_fee_policy_documents")),
        sa.UniqueConstraint("policy_id", "version", name=op.f("uq_fee_policy_documents_policy_id_version")),
    )
    op.create_table(
        "fee_policy_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked", sa.Text(), nullable=True),
        sa.Column("rehearsal", sa.Uuid(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_person", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_digest", sa.String(length=64), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_by IS NOT NULL) "
            "AND (withdrawn_by IS NULL) = (withdrawal_reason IS NULL)",
            name=op.f("ck_fee_policy_drafts_withdrawal_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'checked', 'rehearsed', 'approved', 'scheduled', 'withdrawn')",
            name=op.f("ck_fee_policy_drafts_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'scheduled') OR approved_by IS NOT NULL",
            name=op.f("ck_fee_policy_drafts_approved_first"),
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL) AND (approved_by IS NULL) = (approved_digest IS NULL) "
            "AND (approved_by IS NULL) = (approved_person IS NULL)",
            name=op.f("ck_fee_policy_drafts_approval_whole"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR (checked IS NOT NULL AND rehearsal IS NOT NULL)",
            name=op.f("ck_fee_policy_drafts_approved_when_rehearsed"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> author", name=op.f("ck_fee_policy_drafts_approved_by_another")
        ),
        sa.CheckConstraint(
            "approved_digest IS NULL OR approved_digest = digest",
            name=op.f("ck_fee_policy_drafts_approval_binds_digest"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_policy_drafts")),
    )
    op.create_index("ix_fee_policy_drafts_created_at", "fee_policy_drafts", ["created_at"], unique=False)
    op.create_table(
        "quota_claims",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('reserved', 'committed', 'released')", name=op.f("ck_quota_claims_state_known")),
        sa.CheckConstraint("taken > 0", name=op.f("ck_quota_claims_something_taken")),
        sa.PrimaryKeyConstraint("application_id", "assessment_seq", "policy_id", "name", name=op.f("pk_quota_claims")),
    )
    op.create_table(
        "quota_counters",
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used >= 0 AND used <= size", name=op.f("ck_quota_counters_never_more_than_there_is")),
        sa.PrimaryKeyConstraint("policy_id", "name", "scope", "person", "period", name=op.f("pk_quota_counters")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'submitted') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL) "
            "AND (state <> 'rejected' OR reason IS NOT NULL)",
            name=op.f("ck_evidence_decision_whole"),
        ),
        sa.CheckConstraint("state IN ('submitted', 'accepted', 'rejected')", name=op.f("ck_evidence_state_known")),
        sa.CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name=op.f("ck_evidence_file_plausible")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_evidence_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "application_id", "category", "sha256", name=op.f("uq_evidence_application_id_category_sha256")
        ),
    )
    op.create_index("ix_evidence_sha256", "evidence", ["sha256"], unique=False)
    op.create_table(
        "fee_policy_editors",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["fee_policy_drafts.id"], name=op.f("fk_fee_policy_editors_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "subject_key", name=op.f("pk_fee_policy_editors")),
    )
    op.create_table(
        "fee_policy_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closing_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(known_to IS NULL) = (closed_by IS NULL) AND (known_to IS NULL) = (closing_reason IS NULL)",
            name=op.f("ck_fee_policy_entries_closing_whole"),
        ),
        sa.CheckConstraint(
            "known_to IS NULL OR known_to >= known_from", name=op.f("ck_fee_policy_entries_times_in_order")
        ),
        sa.CheckConstraint(
            "last_day IS NULL OR last_day >= first_day", name=op.f("ck_fee_policy_entries_days_in_order")
        ),
        sa.ForeignKeyConstraint(["digest"], ["fee_policy_documents.digest"], name=op.f("fk_fee_policy_entries_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_policy_entries")),
    )
    op.create_index("ix_fee_policy_entries_of_document", "fee_policy_entries", ["digest"], unique=False)
    op.create_table(
        "fee_rehearsals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f("ck_fee_rehearsals_result_whole")),
        sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name=op.f("ck_fee_rehearsals_error_whole")),
        sa.CheckConstraint(
            "state IN ('asked', 'running', 'done', 'failed')", name=op.f("ck_fee_rehearsals_state_known")
        ),
        sa.CheckConstraint("done >= 0 AND done <= total", name=op.f("ck_fee_rehearsals_progress_plausible")),
        sa.ForeignKeyConstraint(["draft_id"], ["fee_policy_drafts.id"], name=op.f("fk_fee_rehearsals_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_rehearsals")),
    )
    op.create_index(
        "ix_fee_rehearsals_wanted",
        "fee_rehearsals",
        ["changed_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('asked', 'running')"),
        postgresql_where=sa.text("state IN ('asked', 'running')"),
    )
    op.create_table(
        "refund_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_seq", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cause IN ('evidence_accepted', 'withdrawn', 'refused')", name=op.f("ck_refund_orders_cause_known")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_orders_amount_positive")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_refund_orders_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_orders")),
        sa.UniqueConstraint(
            "application_id",
            "assessment_seq",
            "cause",
            name=op.f("uq_refund_orders_application_id_assessment_seq_cause"),
        ),
    )
    op.add_column("payment_orders", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    # What was decided before decisions were kept apart from their applications.
    op.execute(
        "INSERT INTO fee_assessments (application_id, seq, at, cause, assessment) "
        "SELECT id, 1, submitted_at, 'submitted', fee FROM applications"
    )
    op.execute("INSERT INTO fee_policy_book (id, revision) VALUES (1, 0)")
    if op.get_bind().dialect.name == "postgresql":
        _triggers_on_postgresql()
    else:
        _triggers_on_sqlite()


_APPEND_ONLY = ("fee_policy_documents", "fee_policy_editors", "fee_assessments", "refund_orders")
_STAYS = "what was written down stays"
_ENTRY_STAYS = "an entry of the policy book is closed once and never changed"
_FOUR_EYES = "whoever has written at a draft may not approve it"
_ENTRY_FIXED = ("id", "digest", "first_day", "last_day", "known_from", "opened_by")


def _more_than_closing(operator: str) -> str:
    changed = " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in _ENTRY_FIXED)
    return f"OLD.known_to IS NOT NULL OR {changed}"


def _triggers_on_postgresql() -> None:
    # The draft's row is locked by either statement, so that writing and approving at the same moment see each other.
    op.execute(
        """
        CREATE FUNCTION approve_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM fee_policy_editors WHERE draft_id = NEW.id AND subject_key = NEW.approved_by
            ) THEN
                RAISE EXCEPTION 'whoever has written at a draft may not approve it';
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION write_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM fee_policy_drafts WHERE id = NEW.draft_id FOR NO KEY UPDATE;
            IF EXISTS (
                SELECT 1 FROM fee_policy_drafts WHERE id = NEW.draft_id AND approved_by = NEW.subject_key
            ) THEN
                RAISE EXCEPTION 'whoever has written at a draft may not approve it';
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    refuse = "EXECUTE FUNCTION refuse_change"
    for name, change in (
        *((f"{table}_stay", f"UPDATE OR DELETE OR TRUNCATE ON {table} {refuse}('{_STAYS}')") for table in _APPEND_ONLY),
        (
            "fee_policy_entries_stay",
            f"UPDATE ON fee_policy_entries FOR EACH ROW WHEN ({_more_than_closing('IS DISTINCT FROM')}) "
            f"{refuse}('{_ENTRY_STAYS}')",
        ),
        ("fee_policy_entries_kept", f"DELETE OR TRUNCATE ON fee_policy_entries {refuse}('{_ENTRY_STAYS}')"),
        (
            "approved_by_another",
            "INSERT OR UPDATE OF approved_by ON fee_policy_drafts FOR EACH ROW WHEN (NEW.approved_by IS NOT NULL) "
            "EXECUTE FUNCTION approve_by_another()",
        ),
        ("written_by_another", "INSERT ON fee_policy_editors FOR EACH ROW EXECUTE FUNCTION write_by_another()"),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {change}")


def _triggers_on_sqlite() -> None:
    wrote = "EXISTS (SELECT 1 FROM fee_policy_editors WHERE draft_id = NEW.id AND subject_key = NEW.approved_by)"
    approved = "EXISTS (SELECT 1 FROM fee_policy_drafts WHERE id = NEW.draft_id AND approved_by = NEW.subject_key)"
    for name, change, message in (
        *((f"{table}_stay_update", f"UPDATE ON {table}", _STAYS) for table in _APPEND_ONLY),
        *((f"{table}_stay_delete", f"DELETE ON {table}", _STAYS) for table in _APPEND_ONLY),
        ("fee_policy_entries_stay", f"UPDATE ON fee_policy_entries WHEN {_more_than_closing('IS NOT')}", _ENTRY_STAYS),
        ("fee_policy_entries_kept", "DELETE ON fee_policy_entries", _ENTRY_STAYS),
        ("approved_by_another", f"UPDATE OF approved_by ON fee_policy_drafts WHEN {wrote}", _FOUR_EYES),
        ("written_by_another", f"INSERT ON fee_policy_editors WHEN {approved}", _FOUR_EYES),
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{message}'); END")
