"""The tables of fees: policies, drafts, decisions, quotas, evidence, refunds; and what they must never allow."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text

from .columns import JsonText, UtcMoment
from .metadata import metadata
from .personal import PersonalJson

REHEARSAL_WANTED = "state IN ('asked', 'running')"

# Documents that are or were in the book, as they were written. Append-only, by triggers.
fee_policy_documents = sa.Table(
    "fee_policy_documents",
    metadata,
    Column("digest", sa.String(64), primary_key=True),
    Column("policy_id", sa.String(64), nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("source", sa.LargeBinary, nullable=False),
    Column("stored_at", UtcMoment, nullable=False),
    UniqueConstraint("policy_id", "version"),
    CheckConstraint("length(digest) = 64", name="digest_whole"),
)

# Triggers refuse every change but the one that closes an entry. Both days are inclusive, known_to is not.
fee_policy_entries = sa.Table(
    "fee_policy_entries",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("digest", sa.String(64), ForeignKey("fee_policy_documents.digest"), nullable=False),
    Column("first_day", sa.Date, nullable=False),
    Column("last_day", sa.Date),
    Column("known_from", UtcMoment, nullable=False),
    Column("opened_by", sa.Text, nullable=False),
    Column("known_to", UtcMoment),
    Column("closed_by", sa.Text),
    Column("closing_reason", sa.Text),
    CheckConstraint("last_day IS NULL OR last_day >= first_day", name="days_in_order"),
    CheckConstraint("known_to IS NULL OR known_to >= known_from", name="times_in_order"),
    CheckConstraint(
        "(known_to IS NULL) = (closed_by IS NULL) AND (known_to IS NULL) = (closing_reason IS NULL)",
        name="closing_whole",
    ),
    Index("ix_fee_policy_entries_of_document", "digest"),
)

# One row. Rises with every change of the book, in the same transaction: whoever holds a copy sees that it is old, and
# two who change the book at once meet here.
fee_policy_book = sa.Table(
    "fee_policy_book",
    metadata,
    Column("id", sa.Integer, primary_key=True, autoincrement=False),
    Column("revision", sa.BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

# Four eyes: triggers let nobody approve who stands in fee_policy_editors, by account or by person, keep what is
# approved as it was approved, and let no draft begin anywhere but at its beginning. approved_person: as person there.
fee_policy_drafts = sa.Table(
    "fee_policy_drafts",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("policy_id", sa.String(64), nullable=False),
    Column("policy_version", sa.Integer, nullable=False),
    Column("source", sa.LargeBinary, nullable=False),
    Column("digest", sa.String(64), nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("author", sa.Text, nullable=False),
    Column("unit", sa.String(64), nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("checked", JsonText),
    Column("rehearsal", sa.Uuid),
    Column("approved_by", sa.Text),
    Column("approved_person", sa.String(64)),
    Column("approved_at", UtcMoment),
    Column("approved_digest", sa.String(64)),
    Column("withdrawn_by", sa.Text),
    Column("withdrawal_reason", sa.Text),
    Column("version", sa.Integer, nullable=False),
    CheckConstraint(
        "state IN ('draft', 'checked', 'rehearsed', 'approved', 'scheduled', 'withdrawn')", name="state_known"
    ),
    CheckConstraint(
        "(approved_by IS NULL) = (approved_at IS NULL) AND (approved_by IS NULL) = (approved_digest IS NULL) "
        "AND (approved_by IS NULL) = (approved_person IS NULL)",
        name="approval_whole",
    ),
    CheckConstraint("approved_digest IS NULL OR approved_digest = digest", name="approval_binds_digest"),
    CheckConstraint("approved_by IS NULL OR approved_by <> author", name="approved_by_another"),
    CheckConstraint("state NOT IN ('approved', 'scheduled') OR approved_by IS NOT NULL", name="approved_first"),
    CheckConstraint(
        "approved_by IS NULL OR state IN ('approved', 'scheduled', 'withdrawn')", name="approval_goes_with_a_change"
    ),
    CheckConstraint(
        "approved_by IS NULL OR (checked IS NOT NULL AND rehearsal IS NOT NULL)", name="approved_when_rehearsed"
    ),
    CheckConstraint(
        "(state = 'withdrawn') = (withdrawn_by IS NOT NULL) AND (withdrawn_by IS NULL) = (withdrawal_reason IS NULL)",
        name="withdrawal_whole",
    ),
    Index("ix_fee_policy_drafts_created_at", "created_at"),
)

# Append-only, by triggers. person: a blind index of the personal number.
fee_policy_editors = sa.Table(
    "fee_policy_editors",
    metadata,
    Column("draft_id", sa.Uuid, ForeignKey("fee_policy_drafts.id"), primary_key=True),
    Column("subject_key", sa.Text, primary_key=True),
    Column("person", sa.String(64), nullable=False),
)

fee_rehearsals = sa.Table(
    "fee_rehearsals",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("draft_id", sa.Uuid, ForeignKey("fee_policy_drafts.id"), nullable=False),
    Column("digest", sa.String(64), nullable=False),
    Column("plan", JsonText, nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("asked_by", sa.Text, nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("done", sa.Integer, nullable=False),
    Column("total", sa.Integer, nullable=False),
    Column("result", JsonText),
    Column("error", sa.Text),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("state IN ('asked', 'running', 'done', 'failed')", name="state_known"),
    CheckConstraint("done >= 0 AND done <= total", name="progress_plausible"),
    CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result_whole"),
    CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="error_whole"),
    Index(
        "ix_fee_rehearsals_wanted",
        "changed_at",
        sqlite_where=text(REHEARSAL_WANTED),
        postgresql_where=text(REHEARSAL_WANTED),
    ),
)

# Files of legal acts; the bytes lie in the folder of documents.
fee_acts = sa.Table(
    "fee_acts",
    metadata,
    Column("sha256", sa.LargeBinary(32), primary_key=True),
    Column("name", sa.String(100), nullable=False),
    Column("media_type", sa.String(64), nullable=False),
    Column("size_bytes", sa.BigInteger, nullable=False),
    Column("added_by", sa.Text, nullable=False),
    Column("added_at", UtcMoment, nullable=False),
    CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name="file_plausible"),
)

# Every decision, append-only by triggers: what was decided can be decided again and compared, years later. No foreign
# key, as in the audit: the decision is written before its application's row.
fee_assessments = sa.Table(
    "fee_assessments",
    metadata,
    Column("application_id", sa.Uuid, primary_key=True),
    Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    Column("at", UtcMoment, nullable=False),
    Column("cause", sa.String(32), nullable=False),
    Column("assessment", PersonalJson, nullable=False),
    CheckConstraint("seq > 0", name="seq_positive"),
    CheckConstraint("cause IN ('submitted', 'evidence_accepted')", name="cause_known"),
)

# person: a blind index of the personal number; empty for a budget's total. size: by the policy of the last claim.
quota_counters = sa.Table(
    "quota_counters",
    metadata,
    Column("policy_id", sa.String(64), primary_key=True),
    Column("name", sa.String(64), primary_key=True),
    Column("scope", sa.String(32), primary_key=True),
    Column("person", sa.String(64), primary_key=True),
    Column("period", sa.String(10), primary_key=True),
    Column("used", sa.BigInteger, nullable=False),
    Column("size", sa.BigInteger, nullable=False),
    CheckConstraint("used >= 0 AND used <= size", name="never_more_than_there_is"),
)

# No foreign key to the application, whose row is written after its claims.
quota_claims = sa.Table(
    "quota_claims",
    metadata,
    Column("application_id", sa.Uuid, primary_key=True),
    Column("assessment_seq", sa.Integer, primary_key=True, autoincrement=False),
    Column("policy_id", sa.String(64), primary_key=True),
    Column("name", sa.String(64), primary_key=True),
    Column("scope", sa.String(32), nullable=False),
    Column("person", sa.String(64), nullable=False),
    Column("period", sa.String(10), nullable=False),
    Column("taken", sa.BigInteger, nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    CheckConstraint("taken > 0", name="something_taken"),
    CheckConstraint("state IN ('reserved', 'committed', 'released')", name="state_known"),
)

# category: what the paper is to prove; kind: what it is.
evidence = sa.Table(
    "evidence",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("category", sa.String(64), nullable=False),
    Column("kind", sa.String(64), nullable=False),
    Column("sha256", sa.LargeBinary(32), nullable=False),
    Column("media_type", sa.String(64), nullable=False),
    Column("size_bytes", sa.BigInteger, nullable=False),
    Column("uploaded_at", UtcMoment, nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("decided_by", PersonalJson),
    Column("decided_at", UtcMoment),
    Column("reason", PersonalJson),
    Column("pages", sa.Integer),
    Column("is_encrypted", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("file_removed_at", UtcMoment),
    UniqueConstraint("application_id", "category", "sha256"),
    CheckConstraint("length(sha256) = 32 AND size_bytes > 0", name="file_plausible"),
    CheckConstraint("state IN ('submitted', 'accepted', 'rejected')", name="state_known"),
    CheckConstraint(
        "(state = 'submitted') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL) "
        "AND (state <> 'rejected' OR reason IS NOT NULL)",
        name="decision_whole",
    ),
    Index("ix_evidence_sha256", "sha256"),
)
