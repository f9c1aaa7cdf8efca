"""Money: what came, from where, what became of it, and what went back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from storage.migrations.receipts import upgrade_receipts

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOBODYS_UNIT = "000.00.15.H26"
"""Who looks at money of earlier releases that names no application."""


def upgrade() -> None:
    upgrade_receipts()
    op.add_column("payment_orders", sa.Column("ask_at", _MOMENT, nullable=True))
    op.execute("UPDATE payment_orders SET ask_at = opened_at WHERE paid_at IS NULL AND cancelled_at IS NULL")
    _index("payment_orders", "ix_payment_orders_to_ask_about", ["ask_at"], "ask_at IS NOT NULL")
    _received_payments()
    _carry_over_payments()
    op.drop_table("unmatched_payments")
    _refund_orders()
    op.create_table(
        "payment_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by_key", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["received_payments.id"], name=op.f("fk_payment_decisions_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_decisions")),
    )
    op.create_index("ix_payment_decisions_of_payment", "payment_decisions", ["payment_id", "at"], unique=False)
    op.create_table(
        "payment_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name=op.f("ck_payment_notices_outcome_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_notices")),
        sa.UniqueConstraint("event_id", name=op.f("uq_payment_notices_event_id")),
    )
    _index("payment_notices", "ix_payment_notices_open", ["received_at"], "done_at IS NULL")
    if op.get_bind().dialect.name == "postgresql":
        for name, event, condition, message in _guards("IS DISTINCT FROM"):
            refuse = f"EXECUTE FUNCTION refuse_change('{message}')"
            if condition:
                op.execute(f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW WHEN ({condition}) {refuse}")
            else:
                op.execute(f"CREATE TRIGGER {name} BEFORE {event.replace('DELETE', 'DELETE OR TRUNCATE')} {refuse}")
    else:
        for name, event, condition, message in _guards("IS NOT"):
            when = f"WHEN {condition} " if condition else ""
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} {when}BEGIN SELECT RAISE(ABORT, '{message}'); END")


def _index(table: str, name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _received_payments() -> None:
    op.create_table(
        "received_payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("also_reference", sa.String(length=128), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("memo", sa.Text(), nullable=True),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("noted_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("meant_for", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("owner_key", sa.Text(), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "source IN ('gateway', 'statement', 'counter')", name=op.f("ck_received_payments_source_known")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'charged', 'returned')", name=op.f("ck_received_payments_state_known")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_received_payments_amount_positive")),
        sa.CheckConstraint("refunded >= 0 AND refunded <= amount", name=op.f("ck_received_payments_no_more_goes_back")),
        sa.CheckConstraint(
            "(state = 'charged') = (application_id IS NOT NULL)"
            " AND (state <> 'waiting' OR refunded = 0) AND (state <> 'returned' OR refunded = amount)",
            name=op.f("ck_received_payments_state_whole"),
        ),
        sa.CheckConstraint("state <> 'charged' OR currency = 'VND'", name=op.f("ck_received_payments_charged_in_dong")),
        sa.CheckConstraint(
            "(source = 'counter') = (taken_by IS NOT NULL)", name=op.f("ck_received_payments_cash_has_a_taker")
        ),
        sa.ForeignKeyConstraint(["meant_for"], ["applications.id"], name=op.f("fk_received_payments_meant_for")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_received_payments_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_payments")),
        sa.UniqueConstraint("source", "reference", name=op.f("uq_received_payments_source_reference")),
        sa.UniqueConstraint("source", "also_reference", name=op.f("uq_received_payments_source_also_reference")),
    )
    for name, columns in (
        ("meant_for", ["meant_for"]),
        ("of_application", ["application_id"]),
        ("taken", ["unit", "received_at"]),
    ):
        op.create_index(f"ix_received_payments_{name}", "received_payments", columns, unique=False)
    _index("received_payments", "ix_received_payments_waiting", ["unit", "noted_at", "id"], "state = 'waiting'")


def _carry_over_payments() -> None:
    # A payment of before has the id of the order that it paid, so that refunds find it.
    op.execute(
        """
        INSERT INTO received_payments
            (id, source, reference, amount, currency, memo, received_at, noted_at, state, refunded,
             meant_for, application_id, unit)
        SELECT o.id, 'gateway', o.provider_reference, o.amount, 'VND', o.memo, o.paid_at, o.paid_at, 'charged',
               COALESCE((SELECT SUM(r.amount) FROM refund_orders r WHERE r.application_id = o.application_id), 0),
               o.application_id, o.application_id, a.unit
        FROM payment_orders o JOIN applications a ON a.id = o.application_id
        WHERE o.paid_at IS NOT NULL
        """
    )
    connection = op.get_bind()
    noted = [
        sa.column("provider_reference", sa.Text),
        sa.column("application_id", sa.Uuid),
        sa.column("memo", sa.Text),
        sa.column("amount", sa.BigInteger),
        sa.column("received_at", _MOMENT),
        sa.column("noted_at", _MOMENT),
    ]
    of_before = sa.table("unmatched_payments", *noted)
    applications = sa.table("applications", sa.column("id", sa.Uuid), sa.column("unit", sa.String))
    query = sa.select(of_before, applications.c.unit).join_from(
        of_before, applications, applications.c.id == of_before.c.application_id, isouter=True
    )
    names = ("id", "source", "reference", "amount", "currency", "memo", "received_at", "noted_at", "state")
    kinds: dict[str, Any] = {"id": sa.Uuid(), "meant_for": sa.Uuid(), "received_at": _MOMENT, "noted_at": _MOMENT}
    into = sa.table(
        "received_payments",
        *(sa.column(name, kinds.get(name)) for name in (*names, "refunded", "meant_for", "unit")),
    )
    for row in connection.execute(query).mappings().all():
        values = {
            "id": uuid4(),
            "source": "gateway",
            "reference": row["provider_reference"],
            "amount": row["amount"],
            "currency": "VND",
            "memo": row["memo"],
            "received_at": row["received_at"],
            "noted_at": row["noted_at"],
            "state": "waiting",
            "refunded": 0,
            "meant_for": row["application_id"],
            "unit": row["unit"] or _NOBODYS_UNIT,
        }
        connection.execute(sa.insert(into), values)


def _refund_orders() -> None:
    # A new table in the place of the old one: SQLite changes no constraints.
    op.execute("CREATE TEMPORARY TABLE refund_orders_of_before AS SELECT * FROM refund_orders")
    op.drop_table("refund_orders")
    op.create_table(
        "refund_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("assessment_seq", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("failure", sa.String(length=64), nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_orders_amount_positive")),
        sa.CheckConstraint(
            "cause IN ('evidence_accepted', 'withdrawn', 'refused', 'unmatched')",
            name=op.f("ck_refund_orders_cause_known"),
        ),
        sa.CheckConstraint(
            "(cause = 'unmatched') = (application_id IS NULL) AND (cause = 'unmatched') = (assessment_seq IS NULL)",
            name=op.f("ck_refund_orders_cause_whole"),
        ),
        sa.CheckConstraint("way IN ('gateway', 'desk')", name=op.f("ck_refund_orders_way_known")),
        sa.CheckConstraint("state IN ('ordered', 'sent', 'done', 'failed')", name=op.f("ck_refund_orders_state_known")),
        sa.CheckConstraint(
            "(state = 'done') = (done_at IS NOT NULL) AND (state <> 'failed' OR failure IS NOT NULL)"
            " AND (done_by IS NULL OR way = 'desk')",
            name=op.f("ck_refund_orders_state_whole"),
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["received_payments.id"], name=op.f("fk_refund_orders_payment_id")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_refund_orders_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_orders")),
        sa.UniqueConstraint(
            "application_id",
            "assessment_seq",
            "cause",
            "payment_id",
            name=op.f("uq_refund_orders_application_id_assessment_seq_cause_payment_id"),
        ),
    )
    op.execute(
        """
        INSERT INTO refund_orders
            (id, payment_id, application_id, assessment_seq, amount, cause, opened_by, opened_at,
             way, state, attempt, changed_at)
        SELECT r.id, o.id, r.application_id, r.assessment_seq, r.amount, r.cause, r.opened_by, r.opened_at,
               'gateway', 'ordered', 1, r.opened_at
        FROM refund_orders_of_before r JOIN payment_orders o ON o.application_id = r.application_id
        """
    )
    op.execute("DROP TABLE refund_orders_of_before")
    op.create_index("ix_refund_orders_of_payment", "refund_orders", ["payment_id"], unique=False)
    _index(
        "refund_orders",
        "ix_refund_orders_to_send",
        ["opened_at", "id"],
        "way = 'gateway' AND state IN ('ordered', 'sent')",
    )
    _index(
        "refund_orders",
        "ix_refund_orders_at_desk",
        ["opened_at", "id"],
        "state = 'failed' OR (way = 'desk' AND state <> 'done')",
    )


_TOLD_ONCE = ("id", "source", "reference", "amount", "currency", "received_at", "noted_at", "meant_for", "taken_by")
_ORDERED_ONCE = ("id", "payment_id", "application_id", "assessment_seq", "amount", "cause", "opened_by", "opened_at")
_NOTICED_ONCE = ("id", "event_id", "reference", "received_at")
_DECIDED_ONCE = ("id", "payment_id", "refund_id", "action", "by_key", "at")
_DECISION_STAYS = "what was decided about money stays"
_STAYS = "money that came stays on record as it came"
_DECIDED = "what became of a payment stays, and what went back went back"
_ORDER_STAYS = "what was ordered back stays as it was ordered"
_REFUNDED = "a refund that is done stays done, and moves on in order"
_NOTICE_STAYS = "a notice is concluded once and stays"


def _guards(differs: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, event, condition (empty: always) and message of each trigger."""

    def changed(columns: tuple[str, ...]) -> str:
        return " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)

    payments, refunds, notices = "received_payments", "refund_orders", "payment_notices"
    yield f"{payments}_stay_update", f"UPDATE ON {payments}", changed(_TOLD_ONCE), _STAYS
    yield (
        f"{payments}_decided_update",
        f"UPDATE ON {payments}",
        f"(OLD.state <> 'waiting' AND ({changed(('state', 'application_id'))})) OR NEW.refunded < OLD.refunded"
        f" OR (OLD.also_reference IS NOT NULL AND ({changed(('also_reference',))}))",
        _DECIDED,
    )
    yield f"{payments}_stay_delete", f"DELETE ON {payments}", "", _STAYS
    yield f"{refunds}_stay_update", f"UPDATE ON {refunds}", changed(_ORDERED_ONCE), _ORDER_STAYS
    yield (
        f"{refunds}_move_update",
        f"UPDATE ON {refunds}",
        "OLD.state = 'done' OR NEW.attempt < OLD.attempt OR (OLD.way = 'desk' AND NEW.way <> 'desk')"
        " OR (OLD.state = 'sent' AND NEW.state = 'ordered')"
        # While the provider may have sent it, nobody hands it out.
        " OR (OLD.state = 'sent' AND NEW.way = 'desk')",
        _REFUNDED,
    )
    yield f"{refunds}_stay_delete", f"DELETE ON {refunds}", "", _ORDER_STAYS
    yield (
        f"{notices}_stay_update",
        f"UPDATE ON {notices}",
        f"OLD.done_at IS NOT NULL OR {changed(_NOTICED_ONCE)}",
        _NOTICE_STAYS,
    )
    decisions = "payment_decisions"
    yield f"{decisions}_stay_update", f"UPDATE ON {decisions}", changed(_DECIDED_ONCE), _DECISION_STAYS
    yield f"{decisions}_stay_delete", f"DELETE ON {decisions}", "", _DECISION_STAYS
