"""Every payment that came: stored once, charged or given back once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.errors import ConcurrentChange, PaymentNotFound
from issuance.fees.document import VND
from issuance.payments.order import CURRENCY, PaymentSource, ReceivedPayment
from issuance.payments.received import KeptPayment, PaymentDecision, PaymentPage, PaymentState

from .cells import Cells
from .conflicts import first_one_wins
from .cursors import citizen_key, encode_cursor
from .payment_sums import SqlPaymentSums
from .payment_tables import PAYMENT_WAITS
from .payment_tables import payment_decisions as d
from .payment_tables import received_payments as t
from .tables import applications as a
from .tables import officials

_WAITS = sa.text(f"({PAYMENT_WAITS})")
# Joined with applications, which have a state too.
_STILL_WAITS = t.c.state == sa.literal_column("'waiting'")
_OLDEST_FIRST = (t.c.received_at, t.c.noted_at, t.c.id)
_OTHER = {PaymentSource.GATEWAY: PaymentSource.STATEMENT, PaymentSource.STATEMENT: PaymentSource.GATEWAY}


class SqlReceivedPayments(SqlPaymentSums):
    __slots__ = ("_cells",)

    def __init__(self, connection: Connection, cells: Cells) -> None:
        super().__init__(connection)
        self._cells = cells

    def hold(self, reference: str) -> None:
        # SQLite has one writer at a time.
        if self._connection.dialect.name == "postgresql":
            number = int.from_bytes(hashlib.sha256(f"payment {reference}".encode()).digest()[:8], signed=True)
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def add(self, payment: KeptPayment) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), self._cells.seal(t, _to_row(payment)))

    def find(self, source: PaymentSource, reference: str) -> KeptPayment | None:
        as_first = sa.and_(t.c.source == source.value, t.c.reference == reference)
        other = _OTHER.get(source)
        if other is not None:
            as_later = sa.and_(t.c.source == other.value, t.c.also_reference == reference)
            as_first = sa.or_(as_first, as_later)
        found = self._all(sa.select(t).where(as_first).order_by(t.c.noted_at).limit(1))
        return found[0] if found else None

    def by_id(self, payment_id: UUID) -> KeptPayment:
        return self._one(sa.select(t).where(t.c.id == payment_id))

    def in_unit(self, payment_id: UUID, unit: str) -> KeptPayment:
        return self._one(sa.select(t).where(t.c.id == payment_id, t.c.unit == unit))

    def twin_of(
        self, reported: ReceivedPayment, meant_for: UUID | None, between: tuple[datetime, datetime]
    ) -> KeptPayment | None:
        other = _OTHER.get(reported.source)
        if other is None:
            return None
        told_once = sa.and_(
            t.c.source == other.value,
            t.c.also_reference.is_(None),
            t.c.amount == reported.amount,
            t.c.currency == reported.currency,
        )
        same = [t.c.reference == reported.provider_reference]
        if meant_for is not None:
            first, last = (sa.bindparam(None, moment, t.c.received_at.type) for moment in between)
            same.append(sa.and_(t.c.meant_for == meant_for, t.c.received_at >= first, t.c.received_at < last))
        for condition in same:
            found = self._all(sa.select(t).where(told_once, condition).order_by(*_OLDEST_FIRST).limit(1))
            if found:
                return found[0]
        return None

    def also_reported(self, payment: KeptPayment, reference: str) -> None:
        with first_one_wins():
            self._change(payment, t.c.also_reference.is_(None), also_reference=reference)

    def waiting_for(self, application_id: UUID) -> Sequence[KeptPayment]:
        return self._all(sa.select(t).where(*_waiting_for(application_id)).order_by(*_OLDEST_FIRST))

    def sum_waiting_for(self, application_id: UUID) -> int:
        query = sa.select(sa.func.coalesce(sa.func.sum(t.c.amount), 0)).where(*_waiting_for(application_id))
        return int(self._connection.execute(query).scalar_one())

    def charged_for(self, application_id: UUID) -> Sequence[KeptPayment]:
        return self._all(sa.select(t).where(t.c.application_id == application_id).order_by(*_OLDEST_FIRST))

    def charge(self, payment: KeptPayment, application_id: UUID) -> None:
        self._change(payment, _WAITS, state=PaymentState.CHARGED.value, application_id=application_id)

    def give_back(self, payment: KeptPayment) -> None:
        self._change(payment, _WAITS, state=PaymentState.RETURNED.value, refunded=payment.amount)

    def give_back_part(self, payment: KeptPayment, amount: int) -> None:
        charged = sa.and_(t.c.state == PaymentState.CHARGED.value, t.c.refunded == payment.refunded)
        self._change(payment, charged, refunded=payment.refunded + amount)

    def assign(self, payment: KeptPayment, owner_key: str | None, *, unit: str | None = None) -> None:
        self._change(payment, _WAITS, owner_key=owner_key, unit=unit or payment.unit)

    def homeless(self, ended_units: Collection[str], limit: int) -> Sequence[KeptPayment]:
        elsewhere = sa.and_(t.c.meant_for.is_not(None), a.c.unit != t.c.unit)
        ended = sa.and_(t.c.meant_for.is_(None), t.c.unit.in_(ended_units))
        acts = sa.exists().where(
            officials.c.subject_key == t.c.owner_key, officials.c.unit == t.c.unit, officials.c.is_active
        )
        ownerless = sa.and_(t.c.owner_key.is_not(None), sa.not_(acts))
        query = sa.select(t).outerjoin(a, a.c.id == t.c.meant_for)
        query = query.where(_STILL_WAITS, sa.or_(elsewhere, ended, ownerless))
        return self._all(query.order_by(t.c.noted_at, t.c.id).limit(limit))

    def waiting(self, unit: str, owner_key: str | None, cursor: str | None, limit: int) -> PaymentPage:
        query = sa.select(t).where(t.c.unit == unit, _WAITS)
        if owner_key is not None:
            query = query.where(t.c.owner_key == owner_key)
        if cursor is not None:
            noted_at, payment_id = citizen_key(cursor)
            at = ((t.c.noted_at, noted_at), (t.c.id, payment_id))
            bound = [sa.bindparam(None, value, column.type) for column, value in at]
            query = query.where(sa.tuple_(t.c.noted_at, t.c.id) > sa.tuple_(*bound))
        # One row more than asked for tells whether there is a next page.
        found = self._all(query.order_by(t.c.noted_at, t.c.id).limit(limit + 1))
        page = found[:limit]
        return PaymentPage(page, encode_cursor(page[-1].noted_at, page[-1].id) if len(found) > limit else None)

    def owned(self, owner_keys: Collection[str]) -> Mapping[str, int]:
        query = sa.select(t.c.owner_key, sa.func.count()).where(_WAITS, t.c.owner_key.in_(owner_keys))
        return {str(key): number for key, number in self._connection.execute(query.group_by(t.c.owner_key))}

    def add_decision(self, decision: PaymentDecision) -> None:
        values = {name: getattr(decision, name) for name in d.c.keys()}  # noqa: SIM118 - columns are no mapping
        self._connection.execute(sa.insert(d), self._cells.seal(d, values))

    def decisions_about(self, payment_id: UUID) -> Sequence[PaymentDecision]:
        query = sa.select(d).where(d.c.payment_id == payment_id).order_by(d.c.at, d.c.id)
        rows = self._cells.open_all(d, self._connection.execute(query).mappings())
        return [PaymentDecision(**row | {"reason": row["reason"] or ""}) for row in rows]

    def _change(self, payment: KeptPayment, as_read: sa.ColumnElement[bool] | sa.TextClause, **values: Any) -> None:
        changed = self._connection.execute(sa.update(t).where(t.c.id == payment.id, as_read).values(values))
        if changed.rowcount != 1:
            raise ConcurrentChange("this payment has changed meanwhile")

    def _one(self, query: sa.Select[Any]) -> KeptPayment:
        found = self._all(query)
        if not found:
            raise PaymentNotFound("no such payment")
        return found[0]

    def _all(self, query: sa.Select[Any]) -> list[KeptPayment]:
        return [_from_row(row) for row in self._cells.open_all(t, self._connection.execute(query).mappings())]


def _waiting_for(application_id: UUID) -> tuple[sa.ColumnElement[bool] | sa.TextClause, ...]:
    return (t.c.meant_for == application_id, _WAITS, t.c.currency == CURRENCY)


def _to_row(payment: KeptPayment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "source": payment.source.value,
        "reference": payment.reference,
        "also_reference": payment.also_reference,
        "amount": payment.amount,
        "currency": payment.currency,
        "memo": payment.memo,
        "received_at": payment.received_at,
        "noted_at": payment.noted_at,
        "state": payment.state.value,
        "refunded": payment.refunded,
        "meant_for": payment.meant_for,
        "application_id": payment.application_id,
        "unit": payment.unit,
        "owner_key": payment.owner_key,
        "taken_by": payment.taken_by,
    }


def _from_row(row: Mapping[str, Any]) -> KeptPayment:
    return KeptPayment(
        id=row["id"],
        source=PaymentSource(row["source"]),
        reference=row["reference"],
        also_reference=row["also_reference"],
        amount=VND(row["amount"]),
        currency=row["currency"],
        memo=row["memo"] or "",
        received_at=row["received_at"],
        noted_at=row["noted_at"],
        state=PaymentState(row["state"]),
        refunded=row["refunded"],
        meant_for=row["meant_for"],
        application_id=row["application_id"],
        unit=row["unit"],
        owner_key=row["owner_key"],
        taken_by=row["taken_by"],
    )
