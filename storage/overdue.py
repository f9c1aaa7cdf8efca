"""What the domain still waits for, read from the applications themselves, whatever the job queue believes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.application import ApplicationState, DecisionOutcome
from issuance.certificate import CertificateKind, CertificateState
from issuance.jobs import JobKind

from .tables import applications as a
from .tables import certificates as c

_RECEIPT = sa.exists().where(
    c.c.application_id == a.c.id,
    c.c.kind == CertificateKind.RECEIPT.value,
    c.c.state != CertificateState.INTENDED.value,
)
_FEE_SETTLED = sa.and_(a.c.amount_due.is_not(None), sa.or_(a.c.amount_due == 0, a.c.paid.is_(True)))

_WAITING: dict[JobKind, sa.ColumnElement[bool]] = {
    JobKind.CONSULT_REGISTER: sa.and_(
        a.c.state.in_([ApplicationState.RECEIVED.value, ApplicationState.IN_PROGRESS.value]),
        a.c.register_answer.is_(None),
        a.c.decision_outcome.is_(None),
    ),
    # Issuing the result and moving on to "settled" are one transaction.
    JobKind.ISSUE_RESULT: sa.and_(
        a.c.decision_outcome == DecisionOutcome.APPROVED.value, a.c.state == ApplicationState.IN_PROGRESS.value
    ),
    JobKind.ISSUE_RECEIPT: sa.and_(
        a.c.state.not_in([ApplicationState.NEWLY_REGISTERED.value, ApplicationState.PAYMENT_ASKED.value]),
        _FEE_SETTLED,
        ~_RECEIPT,
    ),
}


def overdue_jobs(
    connection: Connection, *, changed_after: datetime | None, changed_before: datetime
) -> Sequence[tuple[JobKind, UUID]]:
    """The jobs that applications wait for, among those last changed in the period; without a beginning: among all."""
    period = [a.c.changed_at < changed_before]
    if changed_after is not None:
        period.append(a.c.changed_at >= changed_after)
    return [
        (kind, application_id)
        for kind, waiting in _WAITING.items()
        for application_id in connection.execute(sa.select(a.c.id).where(waiting, *period)).scalars()
    ]
