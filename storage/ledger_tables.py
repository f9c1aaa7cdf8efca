"""Who read whose data, and the seals over what was written."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint, text

from .columns import JsonText, UtcMoment
from .metadata import metadata

_serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNSEALED = "NOT is_sealed"

# The last entry of each stream: whoever appends locks this row. mac is empty as long as nothing but entries of earlier
# releases stands in the stream, which have none themselves; before_seq is the number of the last of those.
ledger_heads = sa.Table(
    "ledger_heads",
    metadata,
    Column("stream", sa.Text, primary_key=True),
    Column("seq", sa.BigInteger, nullable=False),
    Column("mac", sa.LargeBinary(32)),
    Column("head_mac", sa.LargeBinary(32)),
    Column("before_seq", sa.BigInteger, nullable=False),
    Column("is_sealed", sa.Boolean, nullable=False),
    Index("ix_ledger_heads_unsealed", "stream", sqlite_where=text(UNSEALED), postgresql_where=text(UNSEALED)),
)

# Append-only, by triggers, as all that follows. closes: from here on nothing is taken over from earlier releases.
ledger_seals = sa.Table(
    "ledger_seals",
    metadata,
    Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcMoment, nullable=False),
    Column("leaves", sa.Integer, nullable=False),
    Column("root", sa.LargeBinary(32), nullable=False),
    Column("closes", sa.Boolean, nullable=False),
    Column("mac", sa.LargeBinary(32), nullable=False),
)

# Which heads a seal covers, and with each of them all that stands before it in its stream.
ledger_leaves = sa.Table(
    "ledger_leaves",
    metadata,
    Column("stream", sa.Text, primary_key=True),
    Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("seal", sa.BigInteger, ForeignKey("ledger_seals.number"), nullable=False),
    Column("mac", sa.LargeBinary(32), nullable=False),
    Index("ix_ledger_leaves_of_seal", "seal"),
)

# reader: an account, never a name; who that is the register of officials knows.
accesses = sa.Table(
    "accesses",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("reader", sa.Text, nullable=False),
    Column("seq", sa.BigInteger, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("unit", sa.String(64), nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("purpose", sa.String(32), nullable=False),
    Column("shown", sa.String(64), nullable=False),
    Column("mac", sa.LargeBinary(32)),
    UniqueConstraint("reader", "seq"),
)

# Whose data it was: an application, or a person who was looked for. No foreign key to applications, as in the audit.
access_subjects = sa.Table(
    "access_subjects",
    metadata,
    Column("access_id", sa.BigInteger, ForeignKey("accesses.id"), primary_key=True, autoincrement=False),
    Column("place", sa.Integer, primary_key=True, autoincrement=False),
    Column("application_id", sa.Uuid),
    Column("person_index", sa.String(64)),
    Index("ix_access_subjects_of_application", "application_id", "access_id"),
    Index("ix_access_subjects_of_person", "person_index", "access_id"),
)
