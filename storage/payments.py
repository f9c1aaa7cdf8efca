"""Payment orders: one an application, paid once."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.payments.order import PaymentOrder

from .conflicts import first_one_wins
from .rows import order_from_row, order_to_row
from .tables import payment_orders as t

_OF_APPLICATION = sa.select(t).where(t.c.application_id == sa.bindparam("of_application"))


class SqlPayments:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, order: PaymentOrder) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), order_to_row(order))

    def of_application(self, application_id: UUID) -> PaymentOrder | None:
        row = self._connection.execute(_OF_APPLICATION, {"of_application": application_id}).mappings().one_or_none()
        return None if row is None else order_from_row(row)

    def confirm(self, order: PaymentOrder) -> bool:
        if order.paid_at is None:
            raise ValueError("a confirmation says when the money came")
        still_open = sa.and_(t.c.id == order.id, t.c.paid_at.is_(None))
        paid = {"paid_at": order.paid_at, "provider_reference": order.provider_reference}
        return self._connection.execute(sa.update(t).where(still_open).values(paid)).rowcount == 1
