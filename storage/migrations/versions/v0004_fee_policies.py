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
            "approved_by IS NULL OR state IN ('approved', 'scheduled', 'withdrawn')",
            name=op.f("ck_fee_policy_drafts_approval_goes_with_a_change"),
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
    op.create_index("ix_applications_submitted_at", "applications", ["submitted_at", "id"], unique=False)
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


_APPEND_ONLY = ("fee_policy_documents", "fee_policy_editors", "fee_acts", "fee_assessments", "refund_orders")
_STAYS = "what was written down stays"
_ENTRY_STAYS = "an entry of the policy book is closed once and never changed"
_ENTRY_LATE = "the policy book is never changed in the past"
_ENTRY_UNAPPROVED = "only what was approved enters the policy book"
_BOOK_RISES = "the revision of the policy book only rises"
_FOUR_EYES = "whoever has written at a draft may not approve it"
_APPROVED_STAYS = "what was approved stays as it was approved"
_BEGINS = "a draft begins at its beginning"
_MOVES = "a draft does not move like this"
_KEPT = "a draft is withdrawn and never removed"
_REHEARSAL_STAYS = "a rehearsal that is done stays"

_ENTRY_FIXED = ("id", "digest", "first_day", "last_day", "known_from", "opened_by")
_APPROVED_FIXED = (
    *("source", "digest", "policy_id", "policy_version", "author", "checked", "rehearsal"),
    *("approved_by", "approved_person", "approved_at"),
)
_LEGAL = {
    "draft": ("checked", "withdrawn"),
    "checked": ("draft", "rehearsed", "withdrawn"),
    "rehearsed": ("draft", "checked", "approved", "withdrawn"),
    "approved": ("draft", "scheduled", "withdrawn"),
    "scheduled": ("withdrawn",),
    "withdrawn": (),
}

# Somebody who has written at the draft, by the account or by the person; an author whom nobody has noted is one, too.
_WROTE = """
    EXISTS (
        SELECT 1 FROM fee_policy_editors WHERE draft_id = NEW.id
        AND (subject_key = NEW.approved_by OR person = NEW.approved_person)
    ) OR NOT EXISTS (SELECT 1 FROM fee_policy_editors WHERE draft_id = NEW.id AND subject_key = NEW.author)
"""
_WRITES_AT_APPROVED = (
    "EXISTS (SELECT 1 FROM fee_policy_drafts WHERE id = NEW.draft_id AND approved_by IS NOT NULL "
    "AND state <> 'withdrawn')"
)
_UNAPPROVED = """
    NEW.opened_by <> 'condau'
    AND NOT EXISTS (SELECT 1 FROM fee_policy_entries WHERE digest = NEW.digest)
    AND NOT EXISTS (
        SELECT 1 FROM fee_policy_drafts WHERE approved_digest = NEW.digest AND state IN ('approved', 'scheduled')
    )
"""


def _in_the_past(moment: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM fee_policy_entries "  # noqa: S608 - columns of this file
        f"WHERE known_from > NEW.{moment} OR known_to > NEW.{moment})"
    )


def _any_changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def _conditions(differs: str) -> tuple[tuple[str, str, str, str], ...]:
    """Name, event, condition and message of what both kinds of database refuse row by row."""
    moves = [f"{old}>{new}" for old, reachable in _LEGAL.items() for new in (old, *reachable)]
    legal = ", ".join(f"'{move}'" for move in moves)
    return (
        (
            "fee_policy_entries_stay",
            "UPDATE ON fee_policy_entries",
            f"OLD.known_to IS NOT NULL OR {_any_changed(_ENTRY_FIXED, differs)}",
            _ENTRY_STAYS,
        ),
        ("fee_policy_entries_open", "INSERT ON fee_policy_entries", "NEW.known_to IS NOT NULL", _ENTRY_STAYS),
        ("fee_policy_book_rises", "UPDATE ON fee_policy_book", "NEW.revision <= OLD.revision", _BOOK_RISES),
        (
            "fee_policy_drafts_begin",
            "INSERT ON fee_policy_drafts",
            "NEW.state <> 'draft' OR NEW.approved_by IS NOT NULL",
            _BEGINS,
        ),
        (
            "fee_policy_drafts_move",
            "UPDATE ON fee_policy_drafts",
            f"OLD.state || '>' || NEW.state NOT IN ({legal})",
            _MOVES,
        ),
        (
            "fee_policy_drafts_stay",
            "UPDATE ON fee_policy_drafts",
            "OLD.approved_by IS NOT NULL AND NEW.approved_by IS NOT NULL "
            f"AND ({_any_changed(_APPROVED_FIXED, differs)})",
            _APPROVED_STAYS,
        ),
        ("fee_rehearsals_stay", "UPDATE ON fee_rehearsals", "OLD.state = 'done'", _REHEARSAL_STAYS),
    )


_QUESTIONS = (
    ("approved_by_another", "UPDATE ON fee_policy_drafts", f"NEW.approved_by IS NOT NULL AND ({_WROTE})", _FOUR_EYES),
    ("written_by_another", "INSERT ON fee_policy_editors", _WRITES_AT_APPROVED, _APPROVED_STAYS),
    ("fee_policy_entries_approved", "INSERT ON fee_policy_entries", _UNAPPROVED, _ENTRY_UNAPPROVED),
    ("fee_policy_entries_now", "INSERT ON fee_policy_entries", _in_the_past("known_from"), _ENTRY_LATE),
    (
        "fee_policy_entries_closed_now",
        "UPDATE ON fee_policy_entries",
        f"NEW.known_to IS NOT NULL AND {_in_the_past('known_to')}",
        _ENTRY_LATE,
    ),
)
"""Conditions that look into tables."""

_REMOVALS = (
    *((f"{table}_stay", table, _STAYS) for table in _APPEND_ONLY),
    ("fee_policy_entries_kept", "fee_policy_entries", _ENTRY_STAYS),
    ("fee_policy_book_kept", "fee_policy_book", _BOOK_RISES),
    ("fee_policy_drafts_kept", "fee_policy_drafts", _KEPT),
    ("fee_rehearsals_kept", "fee_rehearsals", _REHEARSAL_STAYS),
)


def _triggers_on_postgresql() -> None:
    refuse = "EXECUTE FUNCTION refuse_change"
    for name, table, message in _REMOVALS:
        events = "UPDATE OR DELETE OR TRUNCATE" if table in _APPEND_ONLY else "DELETE OR TRUNCATE"
        op.execute(f"CREATE TRIGGER {name} BEFORE {events} ON {table} {refuse}('{message}')")
    for name, event, condition, message in _conditions("IS DISTINCT FROM"):
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW WHEN ({condition}) {refuse}('{message}')")
    for name, event, condition, message in _QUESTIONS:
        # Writing at a draft and approving it at the same moment meet at the draft's row.
        lock = "PERFORM 1 FROM fee_policy_drafts WHERE id = NEW.draft_id FOR NO KEY UPDATE;"
        op.execute(
            f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                {lock if event == "INSERT ON fee_policy_editors" else ""}
                IF {condition} THEN
                    RAISE EXCEPTION '{message}';
                END IF;
                RETURN NEW;
            END
            $$
            """
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _triggers_on_sqlite() -> None:
    always = "1"
    for name, event, condition, message in (
        *((f"{table}_stay_update", f"UPDATE ON {table}", always, _STAYS) for table in _APPEND_ONLY),
        *((f"{name}_delete", f"DELETE ON {table}", always, message) for name, table, message in _REMOVALS),
        *_conditions("IS NOT"),
        *_QUESTIONS,
    ):
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END")
