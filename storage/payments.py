"""Payment orders: one an application, paid once, each by transfers of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from issuance.errors import ApplicationNotFound, ConcurrentChange, PaymentMismatch
from issuance.payments.ask_again import first_question
from issuance.payments.order import PaymentOrder

from .conflicts import violated_unique_constraint
from .rows import order_from_row, order_to_row
from .tables import TO_ASK_ABOUT
from .tables import payment_orders as t
from .together import Together

_ONE_TRANSFER_ONE_ORDER = "uq_payment_orders_provider_reference"

_OF_APPLICATION = sa.select(t).where(t.c.application_id == sa.bindparam("of_application"))
# SQLite knows no such lock and needs none: its transactions run one after the other.
_LOCK = _OF_APPLICATION.with_for_update()
_OF_MEMOS = sa.select(t).where(t.c.memo.in_(sa.bindparam("of_memos", expanding=True)))
_MEMOS_AT_ONCE = 500


class SqlPayments:
    __slots__ = ("_connection",)

    def __init__(self, connection: Together) -> None:
        self._connection = connection

    def open(self, order: PaymentOrder) -> None:
        self._connection.insert(t, order_to_row(order) | {"ask_at": first_question(order)})

    def of_application(self, application_id: UUID) -> PaymentOrder | None:
        row = self._connection.execute(_OF_APPLICATION, {"of_application": application_id}).mappings().one_or_none()
        return None if row is None else order_from_row(row)

    def lock(self, application_id: UUID) -> PaymentOrder:
        row = self._connection.execute(_LOCK, {"of_application": application_id}).mappings().one_or_none()
        if row is None:
            raise ApplicationNotFound("no order of this application")
        return order_from_row(row)

    def of_memos(self, memos: Collection[str]) -> Sequence[PaymentOrder]:
        asked, found = list(memos), []
        for first in range(0, len(asked), _MEMOS_AT_ONCE):
            part = {"of_memos": asked[first : first + _MEMOS_AT_ONCE]}
            found += [order_from_row(row) for row in self._connection.execute(_OF_MEMOS, part).mappings()]
        return found

    def to_ask_about(self, at: datetime, limit: int) -> Sequence[PaymentOrder]:
        query = sa.select(t).where(sa.text(TO_ASK_ABOUT), t.c.ask_at <= at).order_by(t.c.ask_at, t.c.id).limit(limit)
        return [order_from_row(row) for row in self._connection.execute(query).mappings()]

    def ask_again(self, order: PaymentOrder, at: datetime | None) -> None:
        self._connection.execute(sa.update(t).where(t.c.id == order.id).values(ask_at=at))

    def confirm(self, order: PaymentOrder) -> bool:
        if order.paid_at is None:
            raise ValueError("a confirmation says when the money came")
        paid = {"paid_at": order.paid_at, "provider_reference": order.provider_reference}
        # Of what is asked for now, and not when the order was read.
        as_asked = sa.and_(_still_open(order), t.c.amount == order.amount)
        try:
            if self._connection.execute(sa.update(t).where(as_asked).values(paid)).rowcount == 1:
                return True
        except IntegrityError as error:
            if violated_unique_constraint(error) != _ONE_TRANSFER_ONE_ORDER:
                raise
            # Not ConcurrentChange: run again, it would end the same way.
            raise PaymentMismatch("this transfer has paid another application already") from None
        stored = self.of_application(order.application_id)
        if stored is None or stored.paid_at is None:
            raise ConcurrentChange("this order was cancelled or lowered")
        return False

    def lower(self, order: PaymentOrder) -> None:
        asks_for_more = sa.and_(_still_open(order), t.c.amount > order.amount)
        if self._connection.execute(sa.update(t).where(asks_for_more).values(amount=order.amount)).rowcount != 1:
            raise ConcurrentChange("this order is not open any more, or asks for less already")

    def cancel(self, order: PaymentOrder, at: datetime) -> None:
        if self._connection.execute(sa.update(t).where(_still_open(order)).values(cancelled_at=at)).rowcount != 1:
            raise ConcurrentChange("this order is not open any more")


def _still_open(order: PaymentOrder) -> sa.ColumnElement[bool]:
    return sa.and_(t.c.id == order.id, t.c.paid_at.is_(None), t.c.cancelled_at.is_(None))
