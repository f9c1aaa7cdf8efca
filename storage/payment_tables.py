"""Money that came, and money that went back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text

from .columns import UtcMoment
from .metadata import metadata
from .personal import UNDER_THE_INSTALLATION, PersonalText

# What waits for somebody to look at it.
PAYMENT_WAITS = "state = 'waiting'"
# What the provider is to be told, or may not have been told.
REFUND_TO_SEND = "way = 'gateway' AND state IN ('ordered', 'sent')"
# What an official has to do something about.
REFUND_AT_DESK = "state = 'failed' OR (way = 'desk' AND state <> 'done')"
NOTICE_OPEN = "done_at IS NULL"

# Every payment that ever came, once. What its source said never changes, it is charged or goes back once, and no more
# goes back than came: triggers and checks hold it. The memo is nobody's key's but the installation's: money is told of
# also when its payer is forgotten, and the memo alone is then removed.
received_payments = sa.Table(
    "received_payments",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("source", sa.String(16), nullable=False),
    Column("reference", sa.String(128), nullable=False),
    Column("also_reference", sa.String(128)),
    Column("amount", sa.BigInteger, nullable=False),
    Column("currency", sa.String(3), nullable=False),
    Column("memo", PersonalText),
    Column("received_at", UtcMoment, nullable=False),
    Column("noted_at", UtcMoment, nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("refunded", sa.BigInteger, nullable=False),
    Column("meant_for", sa.Uuid, ForeignKey("applications.id")),
    Column("application_id", sa.Uuid, ForeignKey("applications.id")),
    Column("unit", sa.String(64), nullable=False),
    Column("owner_key", sa.Text),
    Column("taken_by", sa.Text),
    UniqueConstraint("source", "reference"),
    UniqueConstraint("source", "also_reference"),
    CheckConstraint("source IN ('gateway', 'statement', 'counter')", name="source_known"),
    CheckConstraint("state IN ('waiting', 'charged', 'returned')", name="state_known"),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("refunded >= 0 AND refunded <= amount", name="no_more_goes_back"),
    CheckConstraint(
        "(state = 'charged') = (application_id IS NOT NULL)"
        " AND (state <> 'waiting' OR refunded = 0) AND (state <> 'returned' OR refunded = amount)",
        name="state_whole",
    ),
    CheckConstraint("state <> 'charged' OR currency = 'VND'", name="charged_in_dong"),
    CheckConstraint("(source = 'counter') = (taken_by IS NOT NULL)", name="cash_has_a_taker"),
    Index("ix_received_payments_meant_for", "meant_for"),
    Index("ix_received_payments_of_application", "application_id"),
    Index("ix_received_payments_taken", "unit", "received_at"),
    info=UNDER_THE_INSTALLATION,
)
Index(
    "ix_received_payments_waiting",
    received_payments.c.unit,
    received_payments.c.noted_at,
    received_payments.c.id,
    sqlite_where=text(PAYMENT_WAITS),
    postgresql_where=text(PAYMENT_WAITS),
)

# Triggers: what is ordered never changes, only its state moves on; what is done stays done.
refund_orders = sa.Table(
    "refund_orders",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("payment_id", sa.Uuid, ForeignKey("received_payments.id"), nullable=False),
    Column("application_id", sa.Uuid, ForeignKey("applications.id")),
    Column("assessment_seq", sa.Integer),
    Column("amount", sa.BigInteger, nullable=False),
    Column("cause", sa.String(32), nullable=False),
    Column("opened_by", sa.Text, nullable=False),
    Column("opened_at", UtcMoment, nullable=False),
    Column("way", sa.String(16), nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("attempt", sa.Integer, nullable=False),
    Column("sent_at", UtcMoment),
    Column("done_at", UtcMoment),
    Column("done_by", sa.Text),
    Column("failure", sa.String(64)),
    Column("changed_at", UtcMoment, nullable=False),
    UniqueConstraint("application_id", "assessment_seq", "cause", "payment_id"),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("cause IN ('evidence_accepted', 'withdrawn', 'refused', 'unmatched')", name="cause_known"),
    CheckConstraint(
        "(cause = 'unmatched') = (application_id IS NULL) AND (cause = 'unmatched') = (assessment_seq IS NULL)",
        name="cause_whole",
    ),
    CheckConstraint("way IN ('gateway', 'desk')", name="way_known"),
    CheckConstraint("state IN ('ordered', 'sent', 'done', 'failed')", name="state_known"),
    CheckConstraint(
        "(state = 'done') = (done_at IS NOT NULL) AND (state <> 'failed' OR failure IS NOT NULL)"
        " AND (done_by IS NULL OR way = 'desk')",
        name="state_whole",
    ),
    Index("ix_refund_orders_of_payment", "payment_id"),
)
for _what, _condition in (("to_send", REFUND_TO_SEND), ("at_desk", REFUND_AT_DESK)):
    Index(
        f"ix_refund_orders_{_what}",
        refund_orders.c.opened_at,
        refund_orders.c.id,
        sqlite_where=text(_condition),
        postgresql_where=text(_condition),
    )

# What officials did about payments and refunds, and why. Append-only, by triggers; a reason may be forgotten.
payment_decisions = sa.Table(
    "payment_decisions",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("payment_id", sa.Uuid, ForeignKey("received_payments.id"), nullable=False),
    Column("refund_id", sa.Uuid),
    Column("action", sa.String(16), nullable=False),
    Column("reason", PersonalText),
    Column("by_key", sa.Text, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Index("ix_payment_decisions_of_payment", "payment_id", "at"),
)

# What providers said by themselves, each event once.
payment_notices = sa.Table(
    "payment_notices",
    metadata,
    Column("id", sa.Uuid, primary_key=True),
    Column("event_id", sa.String(128), nullable=False),
    Column("reference", sa.String(128), nullable=False),
    Column("received_at", UtcMoment, nullable=False),
    Column("done_at", UtcMoment),
    Column("outcome", sa.String(16)),
    UniqueConstraint("event_id"),
    CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="outcome_whole"),
)
Index(
    "ix_payment_notices_open",
    payment_notices.c.received_at,
    sqlite_where=text(NOTICE_OPEN),
    postgresql_where=text(NOTICE_OPEN),
)
