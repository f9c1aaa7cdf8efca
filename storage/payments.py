"""Payment orders: one an application, paid once, each by a transfer of its own; and money that fits none of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from issuance.errors import PaymentMismatch
from issuance.payments.order import PaymentOrder, ReceivedPayment

from .conflicts import first_one_wins, violated_unique_constraint
from .rows import order_from_row, order_to_row
from .tables import payment_orders as t
from .tables import unmatched_payments as unmatched

_ONE_TRANSFER_ONE_ORDER = "uq_payment_orders_provider_reference"

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
        try:
            return self._connection.execute(sa.update(t).where(still_open).values(paid)).rowcount == 1
        except IntegrityError as error:
            if violated_unique_constraint(error) != _ONE_TRANSFER_ONE_ORDER:
                raise
            # Not ConcurrentChange: run again, it would end the same way.
            raise PaymentMismatch("this transfer has paid another application already") from None

    def note_unmatched(self, payment: ReceivedPayment, application_id: UUID | None, at: datetime) -> None:
        known = sa.select(unmatched.c.memo).where(unmatched.c.provider_reference == payment.provider_reference)
        if self._connection.execute(known).first() is not None:
            return
        values = {
            "provider_reference": payment.provider_reference,
            "application_id": application_id,
            "memo": payment.memo,
            "amount": payment.amount,
            "received_at": payment.received_at,
            "noted_at": at,
        }
        with first_one_wins():
            self._connection.execute(sa.insert(unmatched), values)
