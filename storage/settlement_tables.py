"""Tables of an agency's working day: units, procedures, steps, delegations, deadlines, questions and surveys."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text

from .columns import JsonText, UtcMoment
from .metadata import metadata
from .personal import PersonalJson, PersonalText

# One row for each book that processes hold in memory; a change of the book raises its revision.
books = sa.Table(
    "books",
    metadata,
    Column("name", sa.String(32), primary_key=True),
    Column("revision", sa.BigInteger, nullable=False),
)

# A unit in a period; both days are included. successor: who takes over what is open when the period ends.
units = sa.Table(
    "units",
    metadata,
    Column("code", sa.String(64), primary_key=True),
    Column("valid_from", sa.Date, primary_key=True),
    Column("valid_until", sa.Date),
    Column("name", sa.Text, nullable=False),
    Column("name_en", sa.Text, nullable=False),
    Column("kind", sa.String(32), nullable=False),
    Column("parent", sa.String(64)),
    Column("successor", sa.String(64)),
    Column("hours", sa.Text),
    Column("is_synthetic", sa.Boolean, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="period_forward"),
    CheckConstraint("successor IS NULL OR valid_until IS NOT NULL", name="only_what_ends_has_a_successor"),
)

# Open applications on their way from a unit that has ended to the one that takes over.
carry_overs = sa.Table(
    "carry_overs",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("from_unit", sa.String(64), nullable=False),
    Column("ended_on", sa.Date, nullable=False),
    Column("to_unit", sa.String(64), nullable=False),
    Column("asked_by", sa.Text, nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("import_id", sa.Uuid),
    Column("moved", sa.Integer, nullable=False),
    Column("done_at", UtcMoment),
    CheckConstraint("from_unit <> to_unit", name="somewhere_else"),
)
Index(
    "uq_carry_overs_open",
    carry_overs.c.from_unit,
    carry_overs.c.ended_on,
    unique=True,
    sqlite_where=text("done_at IS NULL"),
    postgresql_where=text("done_at IS NULL"),
)

# Published versions; a document never changes.
procedures = sa.Table(
    "procedures",
    metadata,
    Column("digest", sa.String(64), primary_key=True),
    Column("procedure_id", sa.String(64), nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("source", sa.LargeBinary, nullable=False),
    Column("published_at", UtcMoment, nullable=False),
    Column("published_by", sa.Text, nullable=False),
    Column("withdrawn_at", UtcMoment),
    Column("withdrawn_by", sa.Text),
    Column("withdrawal_reason", sa.Text),
    UniqueConstraint("procedure_id", "version"),
    CheckConstraint("length(digest) = 64", name="digest_whole"),
    CheckConstraint(
        "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_by IS NULL) = (withdrawal_reason IS NULL)",
        name="withdrawal_whole",
    ),
)

# Every step of every application: who had it, from when to when, and what came of it. No foreign key, as in the audit.
step_visits = sa.Table(
    "step_visits",
    metadata,
    Column("application_id", sa.Uuid, primary_key=True),
    Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    Column("unit", sa.String(64), nullable=False),
    Column("type_id", sa.String(64), nullable=False),
    Column("procedure_id", sa.String(64), nullable=False),
    Column("step", sa.String(64), nullable=False),
    Column("role", sa.String(32), nullable=False),
    Column("owner_key", sa.Text),
    Column("entered_at", UtcMoment, nullable=False),
    Column("due_at", UtcMoment),
    Column("left_at", UtcMoment),
    Column("outcome", sa.String(64)),
    Column("by_key", sa.Text),
    Column("acting_for_key", sa.Text),
    CheckConstraint("seq > 0", name="seq_positive"),
    CheckConstraint("(left_at IS NULL) = (outcome IS NULL)", name="visit_whole"),
    Index("ix_step_visits_of_unit", "unit", "entered_at"),
    Index("ix_step_visits_left", "unit", "left_at"),
)
Index(
    "uq_step_visits_open",
    step_visits.c.application_id,
    unique=True,
    sqlite_where=text("left_at IS NULL"),
    postgresql_where=text("left_at IS NULL"),
)

# from_key lets to_key act for him or her in this role; type_ids: for these document types only.
delegations = sa.Table(
    "delegations",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("unit", sa.String(64), nullable=False),
    Column("role", sa.String(32), nullable=False),
    Column("type_ids", JsonText),
    Column("from_key", sa.Text, nullable=False),
    Column("from_official", PersonalJson, nullable=False),
    Column("from_person", sa.String(64), nullable=False),
    Column("to_key", sa.Text, nullable=False),
    Column("to_official", PersonalJson, nullable=False),
    Column("valid_from", UtcMoment, nullable=False),
    Column("valid_until", UtcMoment, nullable=False),
    Column("act", sa.Text, nullable=False),
    Column("created_by", sa.Text, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("revoked_at", UtcMoment),
    Column("revoked_by", sa.Text),
    CheckConstraint("from_key <> to_key", name="to_somebody_else"),
    CheckConstraint("valid_from < valid_until", name="period_forward"),
    CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revocation_whole"),
    Index("ix_delegations_to", "to_key", "valid_until"),
    Index("ix_delegations_of_unit", "unit", "valid_until"),
)

# person: the blind index of a relative's personal number; whose it is stands nowhere.
declared_relatives = sa.Table(
    "declared_relatives",
    metadata,
    Column("subject_key", sa.Text, primary_key=True),
    Column("person", sa.String(64), primary_key=True),
    Column("declared_at", UtcMoment, nullable=False),
)

# What somebody is told about a deadline, once: the unique constraint holds it among many processes. escalates_at: when
# the owner's head is told as well; none once he is, or need not be.
follow_ups = sa.Table(
    "follow_ups",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("unit", sa.String(64), nullable=False),
    Column("kind", sa.String(32), nullable=False),
    Column("level", sa.String(16), nullable=False),
    Column("due_at", UtcMoment, nullable=False),
    Column("to_key", sa.Text),
    Column("found_at", UtcMoment, nullable=False),
    Column("seen_at", UtcMoment),
    Column("escalates_at", UtcMoment),
    UniqueConstraint("application_id", "kind", "level", "due_at"),
    CheckConstraint("level IN ('owner', 'head')", name="level_known"),
    CheckConstraint("escalates_at IS NULL OR level = 'owner'", name="only_owners_escalate"),
    Index("ix_follow_ups_of_unit", "unit", "found_at"),
)
Index(
    "ix_follow_ups_escalating",
    follow_ups.c.escalates_at,
    sqlite_where=text("escalates_at IS NOT NULL"),
    postgresql_where=text("escalates_at IS NOT NULL"),
)

# Signed off, and not yet sealed.
LETTER_WANTED = "signed_at IS NOT NULL AND NOT letter_issued"

# An apology letter is drafted when the promised time passes, and sealed when a person has signed it off.
apologies = sa.Table(
    "apologies",
    metadata,
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), primary_key=True),
    Column("unit", sa.String(64), nullable=False),
    Column("missed_at", UtcMoment, nullable=False),
    Column("drafted_at", UtcMoment, nullable=False),
    Column("new_date", sa.Date, nullable=False),
    Column("reason", PersonalText),
    Column("signed_by", PersonalJson),
    Column("signed_at", UtcMoment),
    Column("letter_issued", sa.Boolean, nullable=False),
    CheckConstraint(
        "(signed_by IS NULL) = (signed_at IS NULL) AND (signed_by IS NULL) = (reason IS NULL)", name="signed_whole"
    ),
    CheckConstraint("NOT letter_issued OR signed_at IS NOT NULL", name="signed_before_issued"),
    Index("ix_apologies_of_unit", "unit", "drafted_at"),
)
Index(
    "ix_apologies_unsigned",
    apologies.c.drafted_at,
    apologies.c.application_id,
    sqlite_where=text("signed_at IS NULL"),
    postgresql_where=text("signed_at IS NULL"),
)
Index(
    "ix_apologies_wanted",
    apologies.c.signed_at,
    sqlite_where=text(LETTER_WANTED),
    postgresql_where=text(LETTER_WANTED),
)

# Scheduled work: the newest period that was begun and the newest that was done. failures: in a row.
schedules = sa.Table(
    "schedules",
    metadata,
    Column("name", sa.String(32), primary_key=True),
    Column("period_at", UtcMoment, nullable=False),
    Column("done_period_at", UtcMoment),
    Column("done_at", UtcMoment),
    Column("failures", sa.Integer, nullable=False),
    Column("failed_at", UtcMoment),
    Column("error", sa.Text),
    CheckConstraint("failures >= 0", name="failures_counted"),
    CheckConstraint("(done_at IS NULL) = (done_period_at IS NULL)", name="done_whole"),
    CheckConstraint("(failures = 0) = (failed_at IS NULL)", name="failure_whole"),
)

# Whose turn an answer is stands with the application: another unit may take it over.
questions = sa.Table(
    "questions",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("text", PersonalText, nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("due_at", UtcMoment, nullable=False),
    Column("answer", PersonalText),
    Column("answered_by", PersonalJson),
    Column("answered_at", UtcMoment),
    CheckConstraint(
        "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)", name="answer_whole"
    ),
    Index("ix_questions_of_application", "application_id", "asked_at"),
)
Index(
    "ix_questions_open",
    questions.c.due_at,
    questions.c.id,
    sqlite_where=text("answered_at IS NULL"),
    postgresql_where=text("answered_at IS NULL"),
)

# Whose survey it is stands nowhere: the link's secret follows from the application, and only its digest is kept. The
# row goes with the answer: two rows that one transaction has written would name each other on PostgreSQL (xmin).
survey_invitations = sa.Table(
    "survey_invitations",
    metadata,
    Column("token_digest", sa.LargeBinary(32), primary_key=True),
    Column("unit", sa.String(64), nullable=False),
    Column("type_id", sa.String(64), nullable=False),
    Column("expires_on", sa.Date, nullable=False),
    Index("ix_survey_invitations_expires_on", "expires_on"),
)

# week: ISO, such as 2026-W47; no finer, so that an answer cannot be laid beside an invitation. Nor does SQLite number
# the rows as they come.
survey_answers = sa.Table(
    "survey_answers",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("unit", sa.String(64), nullable=False),
    Column("type_id", sa.String(64), nullable=False),
    Column("week", sa.String(8), nullable=False),
    Column("score", sa.Integer, nullable=False),
    Column("aspects", JsonText, nullable=False),
    Column("comment", PersonalText),
    CheckConstraint("score BETWEEN 1 AND 5", name="score_known"),
    Index("ix_survey_answers_of_unit", "unit", "week"),
    sqlite_with_rowid=False,
)
