"""Parcels, documents handed to other units, notices to citizens' applications, and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text

from .columns import JsonText, UtcMoment
from .metadata import metadata
from .personal import PersonalJson, PersonalText

UNDER_WAY = "state NOT IN ('returned', 'cancelled')"
TO_HAND_OVER = "state IN ('asked', 'printed')"
NOTICE_WAITS = "state = 'waiting'"
NOTICE_IS_DEAD = "state = 'dead'"
UNACKNOWLEDGED = "acknowledged_at IS NULL"

# A day's list for the post, frozen when it is closed: no row of it ever changes.
postal_batches = sa.Table(
    "postal_batches",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("unit", sa.String(64), nullable=False),
    Column("on_day", sa.Date, nullable=False),
    Column("number", sa.Integer, nullable=False),
    Column("parcels", sa.Integer, nullable=False),
    Column("closed_by", PersonalJson, nullable=False),
    Column("closed_at", UtcMoment, nullable=False),
    UniqueConstraint("unit", "on_day", "number"),
    CheckConstraint("number > 0", name="number_positive"),
    CheckConstraint("parcels > 0", name="parcels_counted"),
)

# state only goes forward, which a trigger holds; what stands in a batch stays there.
parcels = sa.Table(
    "parcels",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("seq", sa.Integer, nullable=False),
    Column("number", sa.String(16), nullable=False),
    Column("copies", sa.Integer, nullable=False),
    Column("address", PersonalJson, nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("asked_at", UtcMoment, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
    Column("batch_id", sa.Uuid, ForeignKey("postal_batches.id")),
    Column("line", sa.Integer),
    Column("tracking_number", sa.String(32)),
    Column("tracked_at", UtcMoment),
    Column("return_reason", sa.String(32)),
    Column("version", sa.Integer, nullable=False),
    UniqueConstraint("number"),
    UniqueConstraint("application_id", "seq"),
    UniqueConstraint("batch_id", "line"),
    CheckConstraint("seq > 0", name="seq_positive"),
    CheckConstraint("copies > 0", name="copies_positive"),
    CheckConstraint(
        "state IN ('asked', 'printed', 'handed_over', 'delivered', 'returned', 'cancelled')", name="state_known"
    ),
    CheckConstraint("(batch_id IS NULL) = (line IS NULL)", name="line_whole"),
    CheckConstraint(
        "(batch_id IS NOT NULL) = (state IN ('handed_over', 'delivered', 'returned'))", name="in_a_batch_when_gone"
    ),
    CheckConstraint("(state = 'returned') = (return_reason IS NOT NULL)", name="return_has_a_reason"),
)
Index(
    "uq_parcels_under_way",
    parcels.c.application_id,
    unique=True,
    sqlite_where=text(UNDER_WAY),
    postgresql_where=text(UNDER_WAY),
)
Index(
    "ix_parcels_to_hand_over",
    parcels.c.state,
    parcels.c.asked_at,
    sqlite_where=text(TO_HAND_OVER),
    postgresql_where=text(TO_HAND_OVER),
)

# Paper copies: never more printed than were decided. decided never changes, printed only rises.
paper_copies = sa.Table(
    "paper_copies",
    metadata,
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), primary_key=True),
    Column("decided", sa.Integer, nullable=False),
    Column("printed", sa.Integer, nullable=False),
    CheckConstraint("printed BETWEEN 0 AND decided", name="printed_within_decided"),
)

paper_prints = sa.Table(
    "paper_prints",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("copies", sa.Integer, nullable=False),
    Column("by_key", sa.Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    CheckConstraint("copies > 0", name="copies_positive"),
    Index("ix_paper_prints_of_application", "application_id", "at"),
)

# A finished document given to another unit of the installation.
handovers = sa.Table(
    "handovers",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("application_id", sa.Uuid, ForeignKey("applications.id"), nullable=False),
    Column("from_unit", sa.String(64), nullable=False),
    Column("to_unit", sa.String(64), nullable=False),
    Column("reason", PersonalText, nullable=False),
    Column("sent_by", PersonalJson, nullable=False),
    Column("sent_at", UtcMoment, nullable=False),
    Column("opened_by", PersonalJson),
    Column("opened_at", UtcMoment),
    Column("acknowledged_by", PersonalJson),
    Column("acknowledged_at", UtcMoment),
    Column("note", PersonalText),
    CheckConstraint("from_unit <> to_unit", name="to_another_unit"),
    CheckConstraint("(opened_at IS NULL) = (opened_by IS NULL)", name="opening_whole"),
    CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledgement_whole"),
    CheckConstraint("acknowledged_at IS NULL OR opened_at IS NOT NULL", name="opened_before_acknowledged"),
    Index("ix_handovers_of_application", "application_id", "sent_at"),
    Index("ix_handovers_inbox", "to_unit", "sent_at", "id"),
)
Index(
    "uq_handovers_waiting",
    handovers.c.application_id,
    handovers.c.to_unit,
    unique=True,
    sqlite_where=text(UNACKNOWLEDGED),
    postgresql_where=text(UNACKNOWLEDGED),
)

# Which application of a citizen is told of which of her cases. client: a digest of issuer and client id.
notice_targets = sa.Table(
    "notice_targets",
    metadata,
    Column("application_id", sa.Uuid, primary_key=True),
    Column("client", sa.String(64), nullable=False),
)

# What it is told: type, codes, states and times, nothing about a person. No foreign keys: written in every effect.
notices = sa.Table(
    "notices",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("client", sa.String(64), nullable=False),
    Column("application_id", sa.Uuid, nullable=False),
    Column("seq", sa.Integer, nullable=False),
    Column("type", sa.String(64), nullable=False),
    Column("data", JsonText, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("attempts", sa.Integer, nullable=False),
    Column("next_at", UtcMoment),
    Column("give_up_at", UtcMoment),
    Column("last_error", sa.String(64)),
    Column("done_at", UtcMoment),
    UniqueConstraint("application_id", "seq"),
    CheckConstraint("seq > 0", name="seq_positive"),
    CheckConstraint("attempts >= 0", name="attempts_counted"),
    CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state_known"),
    CheckConstraint("(state = 'waiting') = (next_at IS NOT NULL)", name="waits_for_a_time"),
    CheckConstraint("(state = 'waiting') = (done_at IS NULL)", name="done_has_its_time"),
)
Index(
    "ix_notices_waiting",
    notices.c.client,
    notices.c.next_at,
    sqlite_where=text(NOTICE_WAITS),
    postgresql_where=text(NOTICE_WAITS),
)
Index("ix_notices_due", notices.c.next_at, sqlite_where=text(NOTICE_WAITS), postgresql_where=text(NOTICE_WAITS))
Index(
    "ix_notices_dead",
    notices.c.done_at,
    notices.c.id,
    sqlite_where=text(NOTICE_IS_DEAD),
    postgresql_where=text(NOTICE_IS_DEAD),
)

# How an address that notices go to has answered. held_until: one process at a time sends to it.
notice_endpoints = sa.Table(
    "notice_endpoints",
    metadata,
    Column("client", sa.String(64), primary_key=True),
    Column("failures", sa.Integer, nullable=False),
    Column("paused_until", UtcMoment),
    Column("disabled_at", UtcMoment),
    Column("disabled_address", sa.String(64)),
    Column("held_by", sa.Uuid),
    Column("held_until", UtcMoment),
    CheckConstraint("failures >= 0", name="failures_counted"),
    CheckConstraint("(disabled_at IS NULL) = (disabled_address IS NULL)", name="disabled_whole"),
    CheckConstraint("(held_by IS NULL) = (held_until IS NULL)", name="hold_whole"),
)
