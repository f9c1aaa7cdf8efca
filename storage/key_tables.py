"""The keys of persons, and who was forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text

from .columns import UtcMoment
from .metadata import metadata

# A key for each person in each application: `concerned` for whom the document is about, `applicant` where somebody else
# asked. Triggers let a key only be destroyed, and never come back. No foreign key: what is sealed first may be written
# before its application's row.
person_keys = sa.Table(
    "person_keys",
    metadata,
    Column("key_id", sa.String(16), primary_key=True),
    Column("application_id", sa.Uuid, nullable=False),
    Column("whose", sa.String(16), nullable=False),
    Column("wrapped_key", sa.LargeBinary),
    Column("made_at", UtcMoment, nullable=False),
    Column("destroyed_at", UtcMoment),
    UniqueConstraint("application_id", "whose"),
    CheckConstraint("whose IN ('concerned', 'applicant')", name="whose_known"),
    CheckConstraint("(wrapped_key IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_whole"),
)

# What follows from the passphrase, to tell another passphrase before it makes everybody somebody else; and since when
# every personal value is sealed.
vault_facts = sa.Table(
    "vault_facts",
    metadata,
    Column("name", sa.String(32), primary_key=True),
    Column("value", sa.Text, nullable=False),
)

# Whose data was erased, by the blind index only. Append-only, by triggers.
erasures = sa.Table(
    "erasures",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("person_index", sa.String(64), nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("applications", sa.Integer, nullable=False),
    Index("ix_erasures_of_person", "person_index"),
)

# Who asked to be erased, by the blind index only. Of a person one waits at most.
erasure_requests = sa.Table(
    "erasure_requests",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("person_index", sa.String(64), nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("due_at", UtcMoment, nullable=False),
    Column("answered_at", UtcMoment),
    Column("outcome", sa.String(16)),
    CheckConstraint("outcome IN ('erased', 'declined')", name="outcome_known"),
    CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name="answered_whole"),
)
Index(
    "uq_erasure_requests_waiting",
    erasure_requests.c.person_index,
    unique=True,
    sqlite_where=text("answered_at IS NULL"),
    postgresql_where=text("answered_at IS NULL"),
)
