"""An agency's working day: units, procedures, steps, delegations, deadlines, questions, surveys; and what applications
know of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Applications first: what they were is told in the new words, then the old ones go.
    for column in (
        sa.Column("procedure_id", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("procedure_version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("procedure_digest", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("role", sa.String(length=32), nullable=False, server_default="caseworker"),
        sa.Column("owner_key", sa.Text(), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sources", sa.Text(), nullable=False, server_default='["judicial_register"]'),
        sa.Column("sources_missing", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("answers", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("asked_again", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("pauses", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("halted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_limit", sa.Text(), nullable=False, server_default='{"amount":10,"unit":"working_days"}'),
        sa.Column("asked_until", sa.Date(), nullable=True),
        sa.Column("person_index", sa.String(length=64), nullable=True),
        sa.Column("concerned_index", sa.String(length=64), nullable=True),
    ):
        op.add_column("applications", column)
    op.add_column("officials", sa.Column("full_name", sa.Text(), nullable=True))
    op.add_column("evidence", sa.Column("pages", sa.Integer(), nullable=True))
    op.add_column("evidence", sa.Column("is_encrypted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("evidence", sa.Column("file_removed_at", sa.DateTime(timezone=True), nullable=True))
    _tell_in_new_words(op.get_bind().dialect.name == "postgresql")
    op.drop_index("ix_applications_waiting_for_register", table_name="applications")
    op.drop_index("ix_applications_waiting_for_receipt", table_name="applications")
    op.drop_index("ix_applications_work_list", table_name="applications")
    op.drop_column("applications", "register_answer")
    op.drop_column("applications", "promised_on")
    _indexes_of_applications()
    op.create_table(
        "books",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_books")),
    )
    op.create_table(
        "carry_overs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_unit", sa.String(length=64), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("to_unit", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("from_unit <> to_unit", name=op.f("ck_carry_overs_somewhere_else")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carry_overs")),
    )
    op.create_index(
        "uq_carry_overs_open",
        "carry_overs",
        ["from_unit", "ended_on"],
        unique=True,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "declared_relatives",
        sa.Column("subject_key", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_key", "person", name=op.f("pk_declared_relatives")),
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("type_ids", sa.Text(), nullable=True),
        sa.Column("from_key", sa.Text(), nullable=False),
        sa.Column("from_official", sa.Text(), nullable=False),
        sa.Column("from_person", sa.String(length=64), nullable=False),
        sa.Column("to_key", sa.Text(), nullable=False),
        sa.Column("to_official", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name=op.f("ck_delegations_revocation_whole")),
        sa.CheckConstraint("from_key <> to_key", name=op.f("ck_delegations_to_somebody_else")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_delegations_period_forward")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index("ix_delegations_of_unit", "delegations", ["unit", "valid_until"], unique=False)
    op.create_index("ix_delegations_to", "delegations", ["to_key", "valid_until"], unique=False)
    op.create_table(
        "procedures",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("procedure_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_by IS NULL) = (withdrawal_reason IS NULL)",
            name=op.f("ck_procedures_withdrawal_whole"),
        ),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_procedures_digest_whole")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_procedures")),
        sa.UniqueConstraint("procedure_id", "version", name=op.f("uq_procedures_procedure_id_version")),
    )
    op.create_table(
        "step_visits",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("type_id", sa.String(length=64), nullable=False),
        sa.Column("procedure_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("owner_key", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("by_key", sa.Text(), nullable=True),
        sa.Column("acting_for_key", sa.Text(), nullable=True),
        sa.CheckConstraint("(left_at IS NULL) = (outcome IS NULL)", name=op.f("ck_step_visits_visit_whole")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_step_visits_seq_positive")),
        sa.PrimaryKeyConstraint("application_id", "seq", name=op.f("pk_step_visits")),
    )
    op.create_index("ix_step_visits_of_unit", "step_visits", ["unit", "entered_at"], unique=False)
    op.create_index("ix_step_visits_left", "step_visits", ["unit", "left_at"], unique=False)
    op.create_index(
        "uq_step_visits_open",
        "step_visits",
        ["application_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "survey_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("type_id", sa.String(length=64), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("aspects", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_survey_answers_score_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_survey_answers_of_unit", "survey_answers", ["unit", "week"], unique=False)
    op.create_table(
        "survey_invitations",
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("type_id", sa.String(length=64), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_survey_invitations")),
    )
    op.create_index("ix_survey_invitations_expires_on", "survey_invitations", ["expires_on"], unique=False)
    op.create_table(
        "units",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=True),
        sa.Column("successor", sa.String(length=64), nullable=True),
        sa.Column("hours", sa.Text(), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "successor IS NULL OR valid_until IS NOT NULL", name=op.f("ck_units_only_what_ends_has_a_successor")
        ),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_units_period_forward")),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_units")),
    )
    op.create_table(
        "apologies",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter_issued", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(signed_by IS NULL) = (signed_at IS NULL) AND (signed_by IS NULL) = (reason IS NULL)",
            name=op.f("ck_apologies_signed_whole"),
        ),
        sa.CheckConstraint(
            "NOT letter_issued OR signed_at IS NOT NULL", name=op.f("ck_apologies_signed_before_issued")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_apologies_application_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_apologies")),
    )
    op.create_index("ix_apologies_of_unit", "apologies", ["unit", "drafted_at"], unique=False)
    unsigned, wanted = sa.text("signed_at IS NULL"), sa.text("signed_at IS NOT NULL AND NOT letter_issued")
    op.create_index(
        "ix_apologies_unsigned",
        "apologies",
        ["drafted_at", "application_id"],
        sqlite_where=unsigned,
        postgresql_where=unsigned,
    )
    op.create_index("ix_apologies_wanted", "apologies", ["signed_at"], sqlite_where=wanted, postgresql_where=wanted)
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_key", sa.Text(), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalates_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("escalates_at IS NULL OR level = 'owner'", name=op.f("ck_follow_ups_only_owners_escalate")),
        sa.CheckConstraint("level IN ('owner', 'head')", name=op.f("ck_follow_ups_level_known")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_follow_ups_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sa.UniqueConstraint(
            "application_id", "kind", "level", "due_at", name=op.f("uq_follow_ups_application_id_kind_level_due_at")
        ),
    )
    op.create_index("ix_follow_ups_of_unit", "follow_ups", ["unit", "found_at"], unique=False)
    op.create_index(
        "ix_follow_ups_escalating",
        "follow_ups",
        ["escalates_at"],
        unique=False,
        sqlite_where=sa.text("escalates_at IS NOT NULL"),
        postgresql_where=sa.text("escalates_at IS NOT NULL"),
    )
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("period_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_period_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("(done_at IS NULL) = (done_period_at IS NULL)", name=op.f("ck_schedules_done_whole")),
        sa.CheckConstraint("(failures = 0) = (failed_at IS NULL)", name=op.f("ck_schedules_failure_whole")),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_schedules_failures_counted")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_questions_answer_whole"),
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_questions_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_of_application", "questions", ["application_id", "asked_at"], unique=False)
    op.create_index(
        "ix_questions_open",
        "questions",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    # Who is on the way is in a step: the one that stands in its row, since its submission.
    op.execute(
        """
        INSERT INTO step_visits
            (application_id, seq, unit, type_id, procedure_id, step, role, owner_key, entered_at)
        SELECT id, 1, unit, type_id, procedure_id, step, role, owner_key, submitted_at
        FROM applications WHERE closed_at IS NULL AND decision_outcome IS NULL
        """
    )
    for name in ("units", "procedures"):
        op.execute(f"INSERT INTO books (name, revision) VALUES ('{name}', 0)")  # noqa: S608 - names of ours
    _procedures_stay(op.get_bind().dialect.name == "postgresql")


_PUBLISHED = ("digest", "procedure_id", "version", "source", "published_at", "published_by")
_PROCEDURE_STAYS = "a published procedure is never changed and never deleted, and is withdrawn once"


def _procedures_stay(is_postgresql: bool) -> None:
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in _PUBLISHED)
    rewritten = f"OLD.withdrawn_at IS NOT NULL OR {changed}"
    if not is_postgresql:
        for event, condition in (("UPDATE", rewritten), ("DELETE", "1")):
            op.execute(
                f"CREATE TRIGGER procedures_stay_{event.lower()} BEFORE {event} ON procedures "
                f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{_PROCEDURE_STAYS}'); END"
            )
        return
    refuse = f"EXECUTE FUNCTION refuse_change('{_PROCEDURE_STAYS}')"
    op.execute(
        f"CREATE TRIGGER procedures_stay_update BEFORE UPDATE ON procedures FOR EACH ROW WHEN ({rewritten}) {refuse}"
    )
    op.execute(f"CREATE TRIGGER procedures_stay_delete BEFORE DELETE OR TRUNCATE ON procedures {refuse}")


_ENDED = "state IN ('refused_at_intake', 'withdrawn', 'stopped', 'settled', 'result_returned')"
_PAUSED = "state IN ('payment_asked', 'more_papers_asked')"
_OFFICE_CLOSES = {
    "postgresql": "(promised_on + TIME '17:00') AT TIME ZONE 'Asia/Ho_Chi_Minh'",
    "sqlite": "promised_on || ' 10:00:00.000000'",
}
_SUBMITTED = {
    "postgresql": "to_char(submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')",
    "sqlite": "replace(submitted_at, ' ', 'T') || '+00:00'",
}
_OWNER = {"postgresql": "owner::json ->> 'subject_key'", "sqlite": "json_extract(owner, '$.subject_key')"}


def _tell_in_new_words(is_postgresql: bool) -> None:
    dialect = "postgresql" if is_postgresql else "sqlite"
    op.execute(
        f"""
        UPDATE applications SET
            procedure_id = type_id,
            promised_at = {_OFFICE_CLOSES[dialect]},
            owner_key = {_OWNER[dialect]},
            paused = {_PAUSED},
            closed_at = CASE WHEN {_ENDED} THEN COALESCE(decided_at, changed_at) END
        """  # noqa: S608 - all of it stands above
    )
    op.execute(
        f"""
        UPDATE applications SET pauses =
            '[{{"began_at":"' || {_SUBMITTED[dialect]} || '","ended_at": null,"why":"' || state || '"}}]'
        WHERE paused
        """  # noqa: S608 - all of it stands above
    )
    op.execute(
        """
        UPDATE applications SET
            answers = '[{"source":"judicial_register",' || substr(register_answer, 2) || ']',
            sources_missing = 0
        WHERE register_answer IS NOT NULL
        """
    )


def _indexes_of_applications() -> None:
    waits = sa.text("state IN ('received', 'in_progress') AND sources_missing > 0 AND decision_outcome IS NULL")
    unreceipted = sa.text(
        "state NOT IN ('newly_registered', 'payment_asked', 'refused_at_intake', 'withdrawn', 'stopped')"
        " AND amount_due IS NOT NULL AND (amount_due = 0 OR paid) AND NOT receipt_issued AND requested_by IS NULL"
    )
    undecided, running, still = (
        sa.text(condition)
        for condition in (
            "closed_at IS NULL AND decision_outcome IS NULL",
            "closed_at IS NULL AND NOT paused",
            "closed_at IS NULL",
        )
    )
    for name, columns, condition in (
        ("waiting_for_register", ["changed_at"], waits),
        ("waiting_for_receipt", ["changed_at"], unreceipted),
        ("work_list", ["unit", "promised_at", "submitted_at", "id"], undecided),
        ("work_of_type", ["unit", "type_id", "promised_at", "submitted_at", "id"], undecided),
        ("work_in_step", ["unit", "step", "promised_at", "submitted_at", "id"], undecided),
        ("work_of_owner", ["unit", "owner_key", "promised_at", "submitted_at", "id"], undecided),
        ("promised", ["promised_at"], running),
        ("step_due", ["step_due_at"], running),
        ("owner", ["owner_key", "promised_at"], still),
    ):
        op.create_index(
            f"ix_applications_{name}", "applications", columns, sqlite_where=condition, postgresql_where=condition
        )
    papers_asked = sa.text("state = 'more_papers_asked'")
    op.create_index(
        "ix_applications_asked_until",
        "applications",
        ["asked_until"],
        sqlite_where=papers_asked,
        postgresql_where=papers_asked,
    )
    asks_for_money = sa.text("paid_at IS NULL AND cancelled_at IS NULL")
    op.create_index(
        "ix_payment_orders_open",
        "payment_orders",
        ["opened_at"],
        sqlite_where=asks_for_money,
        postgresql_where=asks_for_money,
    )
    op.create_index("ix_applications_closed", "applications", ["unit", "closed_at"])
    late = sa.text("halted_at > promised_at")
    op.create_index(
        "ix_applications_late_when_halted", "applications", ["halted_at"], sqlite_where=late, postgresql_where=late
    )
    op.create_index("ix_applications_person", "applications", ["person_index"])
    op.create_index("ix_applications_concerned", "applications", ["concerned_index"])
    op.create_index(
        "ix_applications_code", "applications", ["unit", "code"], postgresql_ops={"code": "varchar_pattern_ops"}
    )
