"""Sums of money: whether all that came is somewhere, and what went through officials' hands on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.payments.order import CURRENCY
from issuance.payments.received import CashDay, CashEntry, MoneyBalance

from .payment_tables import received_payments as t
from .payment_tables import refund_orders as r
from .tables import applications as a

# Each figure from the rows that mean it, so that they agree only where nothing is lost: charges from the orders that
# are paid, refunds from the orders to pay back.
_BALANCE = sa.text(
    """
    SELECT currency,
        SUM(amount) AS came,
        CASE WHEN currency = 'VND' THEN
            (SELECT COALESCE(SUM(o.amount), 0) FROM payment_orders o WHERE o.paid_at IS NOT NULL)
            - (SELECT COALESCE(SUM(r.amount), 0) FROM refund_orders r WHERE r.application_id IS NOT NULL)
        ELSE 0 END AS charged,
        (SELECT COALESCE(SUM(r.amount), 0) FROM refund_orders r JOIN received_payments p ON p.id = r.payment_id
         WHERE p.currency = received_payments.currency) AS refunded,
        SUM(CASE WHEN state = 'waiting' THEN amount ELSE 0 END) AS waiting
    FROM received_payments GROUP BY currency ORDER BY currency
    """
)


class SqlPaymentSums:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def balance(self) -> Sequence[MoneyBalance]:
        return [
            MoneyBalance(
                currency=row.currency,
                came=int(row.came),
                charged=int(row.charged),
                refunded=int(row.refunded),
                waiting=int(row.waiting),
            )
            for row in self._connection.execute(_BALANCE)
        ]

    def cash_day(self, unit: str, between: tuple[datetime, datetime]) -> Sequence[CashDay]:
        taken = _taken(sa.select(t.c.taken_by, sa.func.count(), sa.func.sum(t.c.amount)), unit, between)
        handed_out = _handed_out(sa.select(r.c.done_by, sa.func.count(), sa.func.sum(r.c.amount)), unit, between)
        taken, handed_out = taken.group_by(t.c.taken_by), handed_out.group_by(r.c.done_by)
        came = {key: (number, int(amount)) for key, number, amount in self._connection.execute(taken)}
        went = {key: (number, int(amount)) for key, number, amount in self._connection.execute(handed_out)}
        return [
            CashDay(
                official=key,
                payments=came.get(key, (0, 0))[0],
                taken=came.get(key, (0, 0))[1],
                refunds=went.get(key, (0, 0))[0],
                handed_out=went.get(key, (0, 0))[1],
            )
            for key in sorted(came.keys() | went.keys())
        ]

    def cash_entries(self, unit: str, between: tuple[datetime, datetime]) -> Sequence[CashEntry]:
        taken = _taken(sa.select(t.c.taken_by, t.c.received_at, t.c.amount, a.c.code), unit, between)
        taken = taken.outerjoin(a, a.c.id == t.c.meant_for)
        handed_out = _handed_out(sa.select(r.c.done_by, r.c.done_at, -r.c.amount, a.c.code), unit, between)
        handed_out = handed_out.outerjoin(a, a.c.id == sa.func.coalesce(r.c.application_id, t.c.meant_for))
        rows = [*self._connection.execute(taken), *self._connection.execute(handed_out)]
        found = [CashEntry(official=key, at=at, amount=int(amount), code=code) for key, at, amount, code in rows]
        return sorted(found, key=lambda one: one.at)


def _taken(query: sa.Select[Any], unit: str, between: tuple[datetime, datetime]) -> sa.Select[Any]:
    first, last = _bounds(between)
    query = query.select_from(t)
    return query.where(t.c.unit == unit, t.c.received_at >= first, t.c.received_at < last, t.c.taken_by.is_not(None))


def _handed_out(query: sa.Select[Any], unit: str, between: tuple[datetime, datetime]) -> sa.Select[Any]:
    first, last = _bounds(between)
    query = query.select_from(r).join(t, t.c.id == r.c.payment_id)
    query = query.where(t.c.unit == unit, r.c.done_at >= first, r.c.done_at < last, r.c.done_by.is_not(None))
    return query.where(t.c.currency == CURRENCY)


def _bounds(between: tuple[datetime, datetime]) -> Sequence[sa.BindParameter[datetime]]:
    return [sa.bindparam(None, moment, t.c.received_at.type) for moment in between]
