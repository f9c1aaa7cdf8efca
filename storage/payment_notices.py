"""What providers said by themselves; an event is stored once."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from issuance.payments.notice import PaymentNotice

from .payment_tables import payment_notices as t

# As text: SQLAlchemy compiles a statement with ON CONFLICT anew each time.
_VALUES = ("id", "event_id", "reference", "received_at")
_ADD = sa.text(
    "INSERT INTO payment_notices (id, event_id, reference, received_at)"
    " VALUES (:id, :event_id, :reference, :received_at) ON CONFLICT (event_id) DO NOTHING"
).bindparams(*(sa.bindparam(name, type_=t.c[name].type) for name in _VALUES))
_BY_ID = sa.select(t).where(t.c.id == sa.bindparam("of_id"))


class SqlPaymentNotices:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, notice: PaymentNotice) -> bool:
        values = {name: getattr(notice, name) for name in _VALUES}
        return self._connection.execute(_ADD, values).rowcount == 1

    def by_id(self, notice_id: UUID) -> PaymentNotice | None:
        row = self._connection.execute(_BY_ID, {"of_id": notice_id}).mappings().one_or_none()
        return None if row is None else _from_row(row)

    def conclude(self, notice: PaymentNotice) -> bool:
        still_open = sa.and_(t.c.id == notice.id, t.c.done_at.is_(None))
        concluded = {"done_at": notice.done_at, "outcome": notice.outcome}
        return self._connection.execute(sa.update(t).where(still_open).values(concluded)).rowcount == 1


def _from_row(row: RowMapping) -> PaymentNotice:
    return PaymentNotice(
        id=row["id"],
        event_id=row["event_id"],
        reference=row["reference"],
        received_at=row["received_at"],
        done_at=row["done_at"],
        outcome=row["outcome"],
    )
