"""The tables, and the constraints by which the database itself holds what must never happen."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text

from .columns import JsonText, UtcMoment
from .metadata import metadata
from .personal import PersonalJson, PersonalText

_serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows by itself only where the key's type is INTEGER."""

# What background work an application waits for. As text with literals and not as expressions with parameters: only so
# can a planner prove that the partial index of the same condition holds every row that is asked for.
WAITS_FOR_REGISTER = "state IN ('received', 'in_progress') AND sources_missing > 0 AND decision_outcome IS NULL"
# Issuing the result and moving on to "settled" are one transaction.
WAITS_FOR_RESULT = "state = 'in_progress' AND decision_outcome = 'approved'"
# Money that comes after the end is to be paid back: no receipt is owed for it. A body that pays nothing gets none.
WAITS_FOR_RECEIPT = (
    "state NOT IN ('newly_registered', 'payment_asked', 'refused_at_intake', 'withdrawn', 'stopped')"
    " AND amount_due IS NOT NULL AND (amount_due = 0 OR paid) AND NOT receipt_issued AND requested_by IS NULL"
)
INTENDED = "state = 'intended'"
ARCHIVE_WANTED = "archive_wanted"
# Whose time runs: these can become late.
RUNNING = "closed_at IS NULL AND NOT paused"
# The citizen owes papers.
PAPERS_ASKED = "state = 'more_papers_asked'"
# Orders that wait for money.
ASKS_FOR_MONEY = "paid_at IS NULL AND cancelled_at IS NULL"
# Orders about which a provider will be asked again.
TO_ASK_ABOUT = "ask_at IS NOT NULL"
# Late before its time stopped: it was paused or ended after the promised moment. Late it stays, whatever comes.
LATE_WHEN_HALTED = "halted_at > promised_at"
# Whose turn it is: these have an owner.
OPEN = "closed_at IS NULL"
# What a work list can show. Those that were withdrawn are undecided for good: the lists would wade through them.
UNDECIDED = "closed_at IS NULL AND decision_outcome IS NULL"

# Facts that queries ask for (amount_due, decision_outcome, …) stand beside the personal JSON that holds them, never
# instead of it. changed_at is the clock at the last write. receipt_issued repeats what the certificates say, because a
# partial index cannot look into another table.
applications = sa.Table(
    "applications",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("code", sa.String(64), nullable=False),
    Column("type_id", sa.String(64), nullable=False),
    Column("channel", sa.String(64), nullable=False),
    Column("unit", sa.String(64), nullable=False),
    Column("procedure_id", sa.String(64), nullable=False, server_default=""),
    Column("procedure_version", sa.Integer, nullable=False, server_default="1"),
    Column("procedure_digest", sa.String(64), nullable=False, server_default=""),
    Column("step", sa.String(64), nullable=False),
    Column("role", sa.String(32), nullable=False, server_default="caseworker"),
    Column("owner", PersonalJson),
    Column("owner_key", sa.Text),
    Column("subject_key", sa.Text, nullable=False),
    Column("applicant", PersonalJson, nullable=False),
    Column("on_behalf_of", PersonalJson),
    Column("input", PersonalJson, nullable=False),
    Column("fee", PersonalJson, nullable=False),
    Column("fee_decision", PersonalJson),
    # Which budget is to pay how much of the fee: sums are told, of which the fee itself says nothing in clear.
    Column("waived", JsonText),
    Column("amount_due", sa.BigInteger),
    Column("paid", sa.Boolean, nullable=False),
    Column("state", sa.String(32), nullable=False),
    Column("submitted_at", UtcMoment, nullable=False),
    Column("promised_at", UtcMoment),
    Column("step_due_at", UtcMoment),
    Column("sources", JsonText, nullable=False, server_default='["judicial_register"]'),
    Column("sources_missing", sa.Integer, nullable=False, server_default="1"),
    Column("answers", PersonalJson, nullable=False, server_default="[]"),
    Column("asked_again", JsonText, nullable=False, server_default="[]"),
    Column("pauses", JsonText, nullable=False, server_default="[]"),
    Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("asked", PersonalJson),
    Column("requested_by", PersonalJson),
    Column("subject", PersonalJson),
    Column("closed_at", UtcMoment),
    Column("halted_at", UtcMoment),
    Column("time_limit", JsonText, nullable=False, server_default='{"amount":10,"unit":"working_days"}'),
    Column("asked_until", sa.Date),
    # Blind indexes of the applicant's and the concerned person's number; none in rows of earlier releases.
    Column("person_index", sa.String(64)),
    Column("concerned_index", sa.String(64)),
    # Since when its personal values cannot be read any more; what is counted stays.
    Column("erased_at", UtcMoment),
    Column("decision", PersonalJson),
    Column("decision_outcome", sa.String(16)),
    Column("decided_at", UtcMoment),
    Column("version", sa.Integer, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    Column("receipt_issued", sa.Boolean, nullable=False, default=False),
    UniqueConstraint("code"),
    CheckConstraint("amount_due >= 0", name="amount_not_negative"),
    CheckConstraint(
        "(decision IS NULL) = (decision_outcome IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
        name="decision_whole",
    ),
)
Index("ix_applications_of_citizen", applications.c.subject_key, applications.c.submitted_at, applications.c.id)
Index("ix_applications_submitted_at", applications.c.submitted_at, applications.c.id)
Index("ix_applications_of_unit", applications.c.unit, applications.c.submitted_at, applications.c.id)
for _name, _columns in (("list", ()), ("of_type", ("type_id",)), ("in_step", ("step",)), ("of_owner", ("owner_key",))):
    Index(
        f"ix_applications_work_{_name}",
        *(applications.c[name] for name in ("unit", *_columns, "promised_at", "submitted_at", "id")),
        sqlite_where=text(UNDECIDED),
        postgresql_where=text(UNDECIDED),
    )
Index("ix_applications_person", applications.c.person_index)
Index("ix_applications_concerned", applications.c.concerned_index)
# Byte by byte, so that a part of a code is a range of it whatever language the database sorts by.
Index("ix_applications_code", applications.c.unit, applications.c.code, postgresql_ops={"code": "varchar_pattern_ops"})
Index(
    "ix_applications_promised",
    applications.c.promised_at,
    sqlite_where=text(RUNNING),
    postgresql_where=text(RUNNING),
)
Index(
    "ix_applications_step_due",
    applications.c.step_due_at,
    sqlite_where=text(RUNNING),
    postgresql_where=text(RUNNING),
)
Index(
    "ix_applications_owner",
    applications.c.owner_key,
    applications.c.promised_at,
    sqlite_where=text(OPEN),
    postgresql_where=text(OPEN),
)
Index(
    "ix_applications_asked_until",
    applications.c.asked_until,
    sqlite_where=text(PAPERS_ASKED),
    postgresql_where=text(PAPERS_ASKED),
)
Index("ix_applications_closed", applications.c.unit, applications.c.closed_at)
Index(
    "ix_applications_late_when_halted",
    applications.c.halted_at,
    sqlite_where=text(LATE_WHEN_HALTED),
    postgresql_where=text(LATE_WHEN_HALTED),
)
for _what, _condition in (
    ("register", WAITS_FOR_REGISTER),
    ("result", WAITS_FOR_RESULT),
    ("receipt", WAITS_FOR_RECEIPT),
):
    Index(
        f"ix_applications_waiting_for_{_what}",
        applications.c.changed_at,
        sqlite_where=text(_condition),
        postgresql_where=text(_condition),
    )

# Triggers refuse every change of a revocation, and of what an issued document carries.
certificates = sa.Table(
    "certificates",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("kind", sa.String(16), nullable=False),
    Column("type_id", sa.String(64), nullable=False),
    Column("unit", sa.String(64), nullable=False),
    Column("number", sa.String(32), nullable=False),
    Column("check_code", sa.String(16), nullable=False),
    Column("status_list", sa.Integer, nullable=False),
    Column("status_index", sa.Integer, nullable=False),
    Column("pdf_key_id", sa.String(128), nullable=False),
    Column("qr_key_id", sa.String(128), nullable=False),
    Column("template_id", sa.String(128), nullable=False),
    Column("full_name", PersonalText, nullable=False),
    Column("birth_date", PersonalText, nullable=False),
    Column("result_line", PersonalText, nullable=False),
    Column("issued_on", sa.Date, nullable=False),
    Column("expires_on", sa.Date),
    Column("content", PersonalJson, nullable=False),
    Column("content_digest", sa.String(64), nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("intended_at", UtcMoment, nullable=False),
    Column("issued_at", UtcMoment),
    Column("sha256", sa.LargeBinary(32)),
    Column("size_bytes", sa.BigInteger),
    Column("revoked_at", UtcMoment),
    Column("revoked_by", sa.Text),
    Column("revocation_reason", sa.String(32)),
    Column("credential_key_id", sa.String(128)),
    Column("archive_wanted", sa.Boolean),
    UniqueConstraint("application_id", "kind"),
    UniqueConstraint("number"),
    UniqueConstraint("status_list", "status_index"),
    UniqueConstraint("sha256"),
    CheckConstraint("state IN ('intended', 'issued', 'revoked')", name="state_known"),
    CheckConstraint(
        "(state = 'intended' AND sha256 IS NULL AND size_bytes IS NULL AND issued_at IS NULL) OR "
        "(state <> 'intended' AND sha256 IS NOT NULL AND size_bytes IS NOT NULL AND issued_at IS NOT NULL)",
        name="issued_whole",
    ),
    CheckConstraint("sha256 IS NULL OR (length(sha256) = 32 AND size_bytes > 0)", name="file_plausible"),
    CheckConstraint(
        "(state = 'revoked' AND revoked_at IS NOT NULL AND revoked_by IS NOT NULL AND revocation_reason IS NOT NULL) "
        "OR (state <> 'revoked' AND revoked_at IS NULL AND revoked_by IS NULL AND revocation_reason IS NULL)",
        name="revocation_whole",
    ),
)
Index(
    "ix_certificates_revoked",
    certificates.c.status_list,
    certificates.c.status_index,
    sqlite_where=text("state = 'revoked'"),
    postgresql_where=text("state = 'revoked'"),
)
Index(
    "ix_certificates_intended",
    certificates.c.intended_at,
    sqlite_where=text(INTENDED),
    postgresql_where=text(INTENDED),
)

Index(
    "ix_certificates_archive_wanted",
    certificates.c.kind,
    certificates.c.application_id,
    sqlite_where=text(ARCHIVE_WANTED),
    postgresql_where=text(ARCHIVE_WANTED),
)

# A row is a suspension in force; one that was lifted stands in the audit only. Triggers let only issued documents have
# one, so none is suspended and revoked at once.
suspensions = sa.Table(
    "suspensions",
    metadata,
    Column("certificate_id", sa.Uuid, ForeignKey("certificates.id"), primary_key=True),
    Column("reason", sa.String(32), nullable=False),
    Column("suspended_by", sa.Text, nullable=False),
    Column("suspended_at", UtcMoment, nullable=False),
)

# Files of issued documents beside the sealed PDF itself, whose digest stands in the certificate. Append-only, by
# triggers: what was ours once stays ours.
certificate_files = sa.Table(
    "certificate_files",
    metadata,
    Column("sha256", sa.LargeBinary(32), primary_key=True),
    Column("certificate_id", sa.Uuid, ForeignKey("certificates.id"), nullable=False),
    Column("form", sa.String(32), nullable=False),
    Column("size_bytes", sa.BigInteger, nullable=False),
    Column("added_at", UtcMoment, nullable=False),
    CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name="file_plausible"),
    CheckConstraint("form IN ('credential', 'archived_pdf', 'receipt_xml')", name="form_known"),
    Index("ix_certificate_files_of_certificate", "certificate_id", "added_at"),
)

status_lists = sa.Table(
    "status_lists",
    metadata,
    Column("number", sa.Integer, primary_key=True, autoincrement=False),
    Column("used", sa.Integer, nullable=False),
)

payment_orders = sa.Table(
    "payment_orders",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("amount", sa.BigInteger, nullable=False),
    Column("memo", sa.String(64), nullable=False),
    Column("opened_at", UtcMoment, nullable=False),
    Column("paid_at", UtcMoment),
    Column("provider_reference", sa.Text),
    Column("cancelled_at", UtcMoment),
    Column("ask_at", UtcMoment),
    UniqueConstraint("application_id"),
    UniqueConstraint("memo"),
    UniqueConstraint("provider_reference"),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("(paid_at IS NULL) = (provider_reference IS NULL)", name="payment_whole"),
)
Index(
    "ix_payment_orders_open",
    payment_orders.c.opened_at,
    sqlite_where=text(ASKS_FOR_MONEY),
    postgresql_where=text(ASKS_FOR_MONEY),
)
Index(
    "ix_payment_orders_to_ask_about",
    payment_orders.c.ask_at,
    sqlite_where=text(TO_ASK_ABOUT),
    postgresql_where=text(TO_ASK_ABOUT),
)

counters = sa.Table(
    "counters",
    metadata,
    Column("name", sa.String(32), primary_key=True),
    Column("unit", sa.String(64), primary_key=True),
    Column("period", sa.String(16), primary_key=True),
    Column("value", sa.BigInteger, nullable=False),
)

# Append-only: triggers refuse UPDATE and DELETE. No foreign key: the entry is written before its application's row.
# An entry of no application has its place in a stream of its own instead (storage.ledger_books). mac chains it to the
# one before it, and is empty in what earlier releases wrote.
audit = sa.Table(
    "audit",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("application_id", sa.Uuid),
    Column("seq", sa.Integer),
    Column("at", UtcMoment, nullable=False),
    Column("actor", sa.Text, nullable=False),
    Column("action", sa.String(64), nullable=False),
    Column("details", JsonText, nullable=False),
    Column("stream", sa.Text),
    Column("place", sa.BigInteger),
    Column("mac", sa.LargeBinary(32)),
    UniqueConstraint("application_id", "seq"),
    Index(
        "ix_audit_of_stream",
        "stream",
        "place",
        unique=True,
        sqlite_where=text("stream IS NOT NULL"),
        postgresql_where=text("stream IS NOT NULL"),
    ),
    CheckConstraint("(application_id IS NULL) = (seq IS NULL)", name="seq_of_application"),
)

idempotency_answers = sa.Table(
    "idempotency_answers",
    metadata,
    Column("subject_key", sa.Text, primary_key=True),
    Column("key", sa.String(255), primary_key=True),
    Column("body_sha256", sa.LargeBinary(32), nullable=False),
    Column("status", sa.Integer, nullable=False),
    Column("body", PersonalJson, nullable=False),
    Column("headers", PersonalJson, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Index("ix_idempotency_answers_at", "at"),
)

# issuer: a name out of the settings, never what a token says. times: how many refusals the row stands for; none given
# means one.
security_events = sa.Table(
    "security_events",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("at", UtcMoment, nullable=False),
    Column("code", sa.String(64), nullable=False),
    Column("route", sa.String(255), nullable=False),
    Column("issuer", sa.Text),
    Column("times", sa.Integer),
    Index("ix_security_events_at", "at"),
)

# Jobs that failed, until they succeed or nothing waits for them. No foreign key: that there is no such application is
# one of the ways to fail.
issuing_failures = sa.Table(
    "issuing_failures",
    metadata,
    Column("kind", sa.String(32), primary_key=True),
    Column("application_id", sa.Uuid, primary_key=True),
    Column("error", sa.Text, nullable=False),
    Column("since", UtcMoment, nullable=False),
    Column("last_at", UtcMoment, nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    CheckConstraint("attempts > 0", name="attempts_positive"),
)

worker_heartbeats = sa.Table(
    "worker_heartbeats",
    metadata,
    Column("executor_id", sa.String(128), primary_key=True),
    Column("seen_at", UtcMoment, nullable=False),
)

# What counts once. Only digests: who brought what is not to be read here.
redeemed = sa.Table(
    "redeemed",
    metadata,
    Column("digest", sa.LargeBinary(32), primary_key=True),
    Column("keep_until", UtcMoment, nullable=False),
    Index("ix_redeemed_keep_until", "keep_until"),
)

pending_sign_ins = sa.Table(
    "pending_sign_ins",
    metadata,
    Column("state_digest", sa.LargeBinary(32), primary_key=True),
    Column("browser_digest", sa.LargeBinary(32), nullable=False),
    Column("issuer", sa.Text, nullable=False),
    Column("nonce", PersonalText, nullable=False),
    Column("code_verifier", PersonalText, nullable=False),
    Column("return_to", PersonalText, nullable=False),
    Column("begun_at", UtcMoment, nullable=False),
    Column("max_age_seconds", sa.Integer),
    Index("ix_pending_sign_ins_begun_at", "begun_at"),
)

# issuer, subject and session_id stand open: by them an issuer ends sessions.
sessions = sa.Table(
    "sessions",
    metadata,
    Column("secret_digest", sa.LargeBinary(32), primary_key=True),
    Column("issuer", sa.Text, nullable=False),
    Column("subject", sa.Text, nullable=False),
    Column("session_id", sa.Text),
    Column("person", PersonalJson, nullable=False),
    Column("id_token", PersonalText),
    Column("form_token", PersonalText, nullable=False),
    Column("opened_at", UtcMoment, nullable=False),
    Column("seen_at", UtcMoment, nullable=False),
    Index("ix_sessions_of_issuer", "issuer", "session_id"),
    Index("ix_sessions_of_subject", "issuer", "subject"),
    Index("ix_sessions_seen_at", "seen_at"),
    Index("ix_sessions_opened_at", "opened_at"),
)

officials = sa.Table(
    "officials",
    metadata,
    Column("subject_key", sa.Text, primary_key=True),
    Column("unit", sa.String(64), nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("full_name", PersonalText),
    Column("is_active", sa.Boolean, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
)

# A handful of rows for each issuer in the settings. A turn may be taken before the first document is there.
issuer_documents = sa.Table(
    "issuer_documents",
    metadata,
    Column("name", sa.Text, primary_key=True),
    Column("body", sa.LargeBinary),
    Column("fetched_at", UtcMoment),
    Column("turn_taken_at", UtcMoment),
    CheckConstraint("(body IS NULL) = (fetched_at IS NULL)", name="document_whole"),
)
