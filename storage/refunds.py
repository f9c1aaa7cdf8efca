"""Refunds: what is ordered back, and how far it is on its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.errors import ConcurrentChange, RefundNotFound
from issuance.fees.document import VND
from issuance.payments.order import CURRENCY
from issuance.payments.refund import RefundOrder, RefundPage, RefundState, RefundWay

from .conflicts import first_one_wins
from .cursors import citizen_key, encode_cursor
from .payment_tables import REFUND_AT_DESK
from .payment_tables import received_payments as p
from .payment_tables import refund_orders as t
from .tables import applications as a

# The unit that looks after a refund: the application's, as it is by now, else that of the payment.
_WITH_UNIT = (
    sa.select(t)
    .join(p, p.c.id == t.c.payment_id)
    .outerjoin(a, a.c.id == sa.func.coalesce(t.c.application_id, p.c.meant_for))
)


def _looked_after_by(unit: str) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(a.c.unit, p.c.unit) == unit


class SqlRefunds:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def order(self, refund: RefundOrder) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), refund_to_row(refund) | {"changed_at": refund.opened_at})

    def of_application(self, application_id: UUID) -> Sequence[RefundOrder]:
        # By two ways, each with an index of its own.
        of_its_memo = sa.select(p.c.id).where(p.c.meant_for == application_id, p.c.currency == CURRENCY)
        charged = sa.select(p.c.id).where(p.c.application_id == application_id)
        query = (
            sa.select(t)
            .where(t.c.payment_id.in_(of_its_memo.union(charged)))
            .where(sa.func.coalesce(t.c.application_id, application_id) == application_id)
            .order_by(t.c.opened_at, t.c.assessment_seq, t.c.cause)
        )
        return [refund_from_row(row) for row in self._connection.execute(query).mappings()]

    def by_id(self, refund_id: UUID) -> RefundOrder:
        return self._one(sa.select(t).where(t.c.id == refund_id))

    def in_unit(self, refund_id: UUID, unit: str) -> RefundOrder:
        return self._one(_WITH_UNIT.where(t.c.id == refund_id, _looked_after_by(unit)))

    def move(self, refund: RefundOrder, *, of: RefundOrder) -> None:
        row = refund_to_row(refund)
        columns = ("way", "state", "attempt", "sent_at", "done_at", "done_by", "failure")
        moved = {name: row[name] for name in columns}
        changed_at = refund.done_at or refund.sent_at or refund.opened_at
        as_read = sa.and_(t.c.id == of.id, t.c.state == of.state.value, t.c.attempt == of.attempt)
        changed = self._connection.execute(sa.update(t).where(as_read).values(moved | {"changed_at": changed_at}))
        if changed.rowcount != 1:
            raise ConcurrentChange("this refund has moved on")

    def at_the_desk(self, unit: str, cursor: str | None, limit: int) -> RefundPage:
        query = _WITH_UNIT.where(sa.text(f"({_AT_DESK})"), _looked_after_by(unit))
        if cursor is not None:
            opened_at, refund_id = citizen_key(cursor)
            bound = [
                sa.bindparam(None, value, column.type)
                for column, value in ((t.c.opened_at, opened_at), (t.c.id, refund_id))
            ]
            query = query.where(sa.tuple_(t.c.opened_at, t.c.id) > sa.tuple_(*bound))
        # One row more than asked for tells whether there is a next page.
        rows = self._connection.execute(query.order_by(t.c.opened_at, t.c.id).limit(limit + 1)).mappings().all()
        refunds = [refund_from_row(row) for row in rows[:limit]]
        more = encode_cursor(refunds[-1].opened_at, refunds[-1].id) if len(rows) > limit else None
        return RefundPage(refunds, more)

    def _one(self, query: sa.Select[Any]) -> RefundOrder:
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise RefundNotFound("no such refund")
        return refund_from_row(row)


# Joined with payments, which have a state too.
_AT_DESK = REFUND_AT_DESK.replace("state", "refund_orders.state").replace("way", "refund_orders.way")


def refund_to_row(refund: RefundOrder) -> dict[str, Any]:
    return {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "application_id": refund.application_id,
        "assessment_seq": refund.assessment_seq,
        "amount": refund.amount,
        "cause": refund.cause,
        "opened_by": refund.opened_by,
        "opened_at": refund.opened_at,
        "way": refund.way.value,
        "state": refund.state.value,
        "attempt": refund.attempt,
        "sent_at": refund.sent_at,
        "done_at": refund.done_at,
        "done_by": refund.done_by,
        "failure": refund.failure,
    }


def refund_from_row(row: RowMapping) -> RefundOrder:
    return RefundOrder(
        id=row["id"],
        payment_id=row["payment_id"],
        application_id=row["application_id"],
        assessment_seq=row["assessment_seq"],
        amount=VND(row["amount"]),
        cause=row["cause"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        way=RefundWay(row["way"]),
        state=RefundState(row["state"]),
        attempt=row["attempt"],
        sent_at=row["sent_at"],
        done_at=row["done_at"],
        done_by=row["done_by"],
        failure=row["failure"],
    )
