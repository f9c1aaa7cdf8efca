"""Payment orders: one an application, paid once, each by a transfer of its own; money that fits none; and refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from issuance.errors import ConcurrentChange, PaymentMismatch
from issuance.payments.order import PaymentOrder, ReceivedPayment
from issuance.payments.refund import RefundOrder

from .conflicts import first_one_wins, violated_unique_constraint
from .fee_tables import refund_orders as refunds
from .rows import order_from_row, order_to_row, refund_from_row, refund_to_row
from .tables import payment_orders as t
from .tables import unmatched_payments as unmatched

_ONE_TRANSFER_ONE_ORDER = "uq_payment_orders_provider_reference"

_STRIKE_OFF = sa.delete(unmatched).where(unmatched.c.provider_reference == sa.bindparam("reference"))
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
        paid = {"paid_at": order.paid_at, "provider_reference": order.provider_reference}
        # Of what is asked for now, and not when the order was read.
        as_asked = sa.and_(_still_open(order), t.c.amount == order.amount)
        try:
            if self._connection.execute(sa.update(t).where(as_asked).values(paid)).rowcount == 1:
                # It came before it fitted; booked and noted at once, it would be paid back by whoever reads the notes.
                self._connection.execute(_STRIKE_OFF, {"reference": order.provider_reference})
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

    def note_unmatched(self, payment: ReceivedPayment, application_id: UUID | None, at: datetime) -> bool:
        known = sa.select(unmatched.c.memo).where(unmatched.c.provider_reference == payment.provider_reference)
        if self._connection.execute(known).first() is not None:
            return False
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
        return True

    def lower(self, order: PaymentOrder) -> None:
        asks_for_more = sa.and_(_still_open(order), t.c.amount > order.amount)
        if self._connection.execute(sa.update(t).where(asks_for_more).values(amount=order.amount)).rowcount != 1:
            raise ConcurrentChange("this order is not open any more, or asks for less already")

    def cancel(self, order: PaymentOrder, at: datetime) -> None:
        if self._connection.execute(sa.update(t).where(_still_open(order)).values(cancelled_at=at)).rowcount != 1:
            raise ConcurrentChange("this order is not open any more")

    def refund(self, order: RefundOrder) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(refunds), refund_to_row(order))

    def refunds_of(self, application_id: UUID) -> Sequence[RefundOrder]:
        query = sa.select(refunds).where(refunds.c.application_id == application_id)
        rows = self._connection.execute(query.order_by(refunds.c.opened_at, refunds.c.assessment_seq)).mappings()
        return [refund_from_row(row) for row in rows]


def _still_open(order: PaymentOrder) -> sa.ColumnElement[bool]:
    return sa.and_(t.c.id == order.id, t.c.paid_at.is_(None), t.c.cancelled_at.is_(None))
