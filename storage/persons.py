"""What is kept about a person, what holds it, and how it goes: keys are destroyed, indexes emptied, rows stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.privacy.persons import Erasure, HeldApplication

from .delivery_tables import UNDER_WAY, parcels
from .key_tables import erasures, person_keys
from .payment_tables import payment_decisions, received_payments, refund_orders
from .settlement_tables import LETTER_WANTED, apologies, questions, step_visits
from .tables import (
    INTENDED,
    WAITS_FOR_RECEIPT,
    certificates,
    idempotency_answers,
    payment_orders,
    sessions,
    suspensions,
)
from .tables import applications as t
from .vault import Whose

ERASED_ACCOUNT: Final = "erased"
"""In place of the account that owned an application; no token has it."""

_CLIENT_DIGEST_LETTERS: Final = 64
_WITH_RESULT = ("settled", "result_returned")


def _of(table: sa.Table, *conditions: Any) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.application_id == t.c.id, *conditions)


_payment = received_payments.c
_refund = refund_orders.c
HOLDS: Final[dict[str, sa.ColumnElement[bool]]] = {
    "application_open": t.c.closed_at.is_(None),
    "receipt_owed": sa.literal_column(f"({WAITS_FOR_RECEIPT})", sa.Boolean()),
    "document_under_way": _of(certificates, sa.text(f"certificates.{INTENDED}")),
    "archive_under_way": _of(certificates, certificates.c.archive_wanted.is_(True)),
    "document_suspended": sa.exists().where(
        suspensions.c.certificate_id == certificates.c.id, certificates.c.application_id == t.c.id
    ),
    "question_open": _of(questions, questions.c.answered_at.is_(None)),
    "apology_under_way": _of(apologies, sa.text(f"({LETTER_WANTED})")),
    "parcel_under_way": _of(parcels, sa.text(f"parcels.{UNDER_WAY}"), parcels.c.state != "delivered"),
    "payment_waits": sa.exists().where(_payment.meant_for == t.c.id, _payment.state == "waiting"),
    "refund_under_way": sa.exists().where(
        _refund.payment_id == _payment.id,
        sa.func.coalesce(_refund.application_id, _payment.meant_for) == t.c.id,
        _refund.state != "done",
    ),
}
"""Why data may not go yet. The names are told to operators, so they are stable."""


class SqlPersons:
    """Satisfies `issuance.privacy.persons.Persons`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def applications_of(self, person_index: str, today: date) -> Sequence[HeldApplication]:
        concerned = sa.select(t.c.id).where(t.c.concerned_index == person_index)
        applied = sa.select(t.c.id).where(t.c.person_index == person_index)
        return self._held(t.c.id.in_(sa.union(concerned, applied)), person_index, None)

    def told_to(self, person_index: str, subject_key: str | None) -> Sequence[UUID]:
        hers = [t.c.person_index == person_index, t.c.concerned_index == person_index]
        if subject_key is not None:
            hers.append(t.c.subject_key == subject_key)
        # Each by its own index; with an OR a planner may rather read the whole table.
        ids = sa.union(*(sa.select(t.c.id).where(one) for one in hers))
        told = sa.and_(t.c.id.in_(ids), t.c.erased_at.is_(None), t.c.requested_by.is_(None))
        found: Sequence[UUID] = (
            self._connection.execute(sa.select(t.c.id).where(told).order_by(t.c.submitted_at, t.c.id)).scalars().all()
        )
        return found

    def whose_time_is_over(
        self, with_result_before: datetime, without_before: datetime, today: date, limit: int
    ) -> Sequence[HeldApplication]:
        has_result = t.c.state.in_(_WITH_RESULT)
        ended = sa.or_(
            sa.and_(has_result, t.c.closed_at < with_result_before),
            sa.and_(sa.not_(has_result), t.c.closed_at < without_before),
        )
        in_force = _of(
            certificates,
            certificates.c.kind == "result",
            certificates.c.state == "issued",
            sa.or_(certificates.c.expires_on.is_(None), certificates.c.expires_on >= today),
        )
        free = [sa.not_(hold) for hold in HOLDS.values()]
        return self._held(sa.and_(ended, sa.not_(in_force), *free), None, limit)

    def _held(
        self, condition: sa.ColumnElement[bool], person_index: str | None, limit: int | None
    ) -> Sequence[HeldApplication]:
        locked = sa.select(t.c.id).where(condition, t.c.erased_at.is_(None)).order_by(t.c.closed_at, t.c.id)
        ids = self._connection.execute(locked.limit(limit).with_for_update()).scalars().all()
        if not ids:
            return []
        facts = [t.c[name] for name in ("id", "code", "type_id", "unit", "subject_key", "submitted_at", "closed_at")]
        facts += [t.c.person_index, t.c.concerned_index]
        holds = [sa.case((hold, 1), else_=0).label(f"hold_{name}") for name, hold in HOLDS.items()]
        query = sa.select(*facts, *holds).where(t.c.id.in_(ids)).order_by(t.c.submitted_at, t.c.id)
        return [
            HeldApplication(
                id=row["id"],
                code=row["code"],
                type_id=row["type_id"],
                unit=row["unit"],
                subject_key=row["subject_key"],
                is_concerned=person_index is None or row["concerned_index"] == person_index,
                is_applicant=person_index is not None and row["person_index"] == person_index,
                submitted_at=row["submitted_at"],
                closed_at=row["closed_at"],
                holds=tuple(name for name in HOLDS if row[f"hold_{name}"]),
            )
            for row in self._connection.execute(query).mappings()
        ]

    def erase_application(self, application_id: UUID, at: datetime) -> None:
        self._destroy_keys(at, person_keys.c.application_id == application_id)
        emptied = {"person_index": None, "concerned_index": None, "subject_key": ERASED_ACCOUNT, "erased_at": at}
        raised = t.c.version + 1
        self._connection.execute(sa.update(t).where(t.c.id == application_id).values(**emptied, version=raised))
        self._stop(application_id, at)
        self._forget_memos(sa.or_(_payment.meant_for == application_id, _payment.application_id == application_id))

    def forget_payers(self, before: datetime, limit: int) -> int:
        late = sa.or_(_refund.done_at.is_(None), _refund.done_at >= before)
        over = sa.and_(
            _payment.meant_for.is_(None),
            _payment.state == "returned",
            _payment.memo.is_not(None),
            _payment.noted_at < before,
            sa.not_(sa.exists().where(_refund.payment_id == _payment.id, late)),
        )
        query = sa.select(_payment.id).where(over).order_by(_payment.noted_at, _payment.id)
        found = self._connection.execute(query.limit(limit).with_for_update()).scalars().all()
        self._forget_memos(_payment.id.in_(found))
        return len(found)

    def _forget_memos(self, which: sa.ColumnElement[bool]) -> None:
        self._connection.execute(
            sa.update(received_payments).where(which, _payment.memo.is_not(None)).values(memo=None)
        )
        decided = payment_decisions.c.payment_id.in_(sa.select(_payment.id).where(which))
        given = sa.and_(decided, payment_decisions.c.reason.is_not(None))
        self._connection.execute(sa.update(payment_decisions).where(given).values(reason=None))

    def _stop(self, application_id: UUID, at: datetime) -> None:
        is_open = sa.and_(t.c.id == application_id, t.c.closed_at.is_(None))
        stopped = {"state": "stopped", "closed_at": at, "halted_at": at, "step_due_at": None, "paused": False}
        if self._connection.execute(sa.update(t).where(is_open).values(stopped)).rowcount == 0:
            return
        of_it = step_visits.c.application_id == application_id, step_visits.c.left_at.is_(None)
        self._connection.execute(sa.update(step_visits).where(*of_it).values(left_at=at, outcome="erased"))
        order = payment_orders.c.application_id == application_id, payment_orders.c.paid_at.is_(None)
        self._connection.execute(sa.update(payment_orders).where(*order).values(cancelled_at=at))

    def erase_applicant(self, application_id: UUID, at: datetime) -> None:
        hers = sa.and_(person_keys.c.application_id == application_id, person_keys.c.whose == Whose.APPLICANT.value)
        self._destroy_keys(at, hers)
        emptied = {"person_index": None, "subject_key": ERASED_ACCOUNT}
        raised = t.c.version + 1
        self._connection.execute(sa.update(t).where(t.c.id == application_id).values(**emptied, version=raised))

    def _destroy_keys(self, at: datetime, which: sa.ColumnElement[bool]) -> None:
        living = sa.and_(which, person_keys.c.destroyed_at.is_(None))
        self._connection.execute(sa.update(person_keys).where(living).values(wrapped_key=None, destroyed_at=at))

    def forget_accounts(self, subject_keys: Collection[str]) -> None:
        for key in sorted(subject_keys):
            issuer, _, subject = key.partition("|")
            hers = sa.and_(sessions.c.issuer == issuer, sessions.c.subject == subject)
            self._connection.execute(sa.delete(sessions).where(hers))
            # Answers are kept per account and application that asked: the account, a bar, the application's digest.
            asked = idempotency_answers.c.subject_key
            of_account = sa.func.length(asked) == len(key) + 1 + _CLIENT_DIGEST_LETTERS
            given = sa.and_(asked.startswith(f"{key}|", autoescape=True), of_account)
            self._connection.execute(sa.delete(idempotency_answers).where(given))

    def note(self, erasure: Erasure) -> bool:
        known = sa.select(erasures.c.id).where(erasures.c.id == erasure.id)
        if self._connection.execute(known).first() is not None:
            return False
        self._connection.execute(sa.insert(erasures), asdict(erasure))
        return True

    def erasures(self) -> Sequence[Erasure]:
        rows = self._connection.execute(sa.select(erasures).order_by(erasures.c.at, erasures.c.id)).mappings()
        return [Erasure(**row) for row in rows]
