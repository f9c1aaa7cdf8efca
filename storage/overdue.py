"""What the domain still waits for, read from applications and rehearsals themselves, whatever the queue believes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.certificate import CertificateKind
from issuance.jobs import JobKind

from .delivery_tables import NOTICE_WAITS, notice_endpoints
from .delivery_tables import notices as w
from .fee_tables import REHEARSAL_WANTED
from .fee_tables import fee_rehearsals as r
from .payment_tables import NOTICE_OPEN, REFUND_TO_SEND
from .payment_tables import payment_notices as n
from .payment_tables import refund_orders as b
from .settlement_tables import LETTER_WANTED
from .settlement_tables import apologies as p
from .settlement_tables import carry_overs as o
from .tables import ARCHIVE_WANTED, INTENDED, WAITS_FOR_RECEIPT, WAITS_FOR_REGISTER, WAITS_FOR_RESULT, issuing_failures
from .tables import applications as a
from .tables import certificates as c

_WANTED_LETTERS = sa.select(p.c.application_id).where(sa.text(f"({LETTER_WANTED})"))
_INTENDED_RECEIPTS = sa.select(c.c.application_id).where(
    sa.text(INTENDED), c.c.kind == sa.literal_column(f"'{CertificateKind.RECEIPT.value}'")
)


def _archive_wanted(kind: CertificateKind) -> sa.ColumnElement[bool]:
    wanted = sa.select(c.c.application_id).where(
        sa.text(ARCHIVE_WANTED), c.c.kind == sa.literal_column(f"'{kind.value}'")
    )
    return a.c.id.in_(wanted)


# Each condition stands alone and is held by an index of its own, so that asking often costs what waits and no more.
_WAITING: tuple[tuple[JobKind, sa.TextClause | sa.ColumnElement[bool]], ...] = (
    (JobKind.CONSULT_REGISTER, sa.text(f"({WAITS_FOR_REGISTER})")),
    (JobKind.ISSUE_RESULT, sa.text(f"({WAITS_FOR_RESULT})")),
    (JobKind.ISSUE_RECEIPT, sa.text(f"({WAITS_FOR_RECEIPT})")),
    # Its number is taken and its key fixed: it is finished, whatever became of the application since.
    (JobKind.ISSUE_RECEIPT, a.c.id.in_(_INTENDED_RECEIPTS)),
    (JobKind.ISSUE_APOLOGY, a.c.id.in_(_WANTED_LETTERS)),
    (JobKind.ARCHIVE_RESULT, _archive_wanted(CertificateKind.RESULT)),
    (JobKind.ARCHIVE_RECEIPT, _archive_wanted(CertificateKind.RECEIPT)),
    (JobKind.ARCHIVE_APOLOGY, _archive_wanted(CertificateKind.APOLOGY)),
)


def waiting_queries(
    changed_before: datetime | sa.ColumnElement[Any] | None = None,
) -> Sequence[tuple[JobKind, sa.Select[Any]]]:
    """For each kind of job, queries for the ids of applications (rehearsals, notices, refunds, …) that wait for it.

    changed_before: only of those last changed before this time.
    """
    applications: list[sa.ColumnElement[bool]] = []
    rehearsals: list[sa.ColumnElement[bool]] = []
    carry_overs: list[sa.ColumnElement[bool]] = []
    notices: list[sa.ColumnElement[bool]] = []
    refunds: list[sa.ColumnElement[bool]] = []
    if changed_before is not None:
        applications.append(a.c.changed_at < changed_before)
        rehearsals.append(r.c.changed_at < changed_before)
        carry_overs.append(o.c.asked_at < changed_before)
        notices.append(n.c.received_at < changed_before)
        refunds.append(b.c.changed_at < changed_before)
    return [
        *((kind, sa.select(a.c.id).where(waiting, *applications)) for kind, waiting in _WAITING),
        (JobKind.REHEARSE_POLICY, sa.select(r.c.id).where(sa.text(f"({REHEARSAL_WANTED})"), *rehearsals)),
        (JobKind.CARRY_OVER, sa.select(o.c.id).where(sa.text("done_at IS NULL"), *carry_overs)),
        (JobKind.SEND_NOTICES, _first_notices(changed_before)),
        (JobKind.CONFIRM_PAYMENT, sa.select(n.c.id).where(sa.text(f"({NOTICE_OPEN})"), *notices)),
        (JobKind.SEND_REFUND, sa.select(b.c.id).where(sa.text(f"({REFUND_TO_SEND})"), *refunds)),
    ]


def _first_notices(changed_before: datetime | sa.ColumnElement[Any] | None) -> sa.Select[Any]:
    """Of each client the notice that has waited longest for its time: its job sends all the others too."""
    waits = sa.select(w.c.id).where(w.c.client == notice_endpoints.c.client, sa.text(f"(notices.{NOTICE_WAITS})"))
    if changed_before is not None:
        waits = waits.where(w.c.next_at < changed_before)
    first = waits.order_by(w.c.next_at, w.c.seq).limit(1)
    found = sa.select(first.correlate(notice_endpoints).scalar_subquery().label("id")).select_from(notice_endpoints)
    by_client = found.subquery("first_notices")
    return sa.select(by_client.c.id).where(by_client.c.id.is_not(None))


def overdue_jobs(connection: Connection, *, changed_before: datetime) -> Sequence[tuple[JobKind, UUID]]:
    """The jobs that applications and rehearsals wait for which were last changed before this time."""
    found = {
        (kind, waiting_id): None
        for kind, query in waiting_queries(changed_before)
        for waiting_id in connection.execute(query).scalars()
    }
    return list(found)


def forget_overcome_failures(connection: Connection) -> int:
    """Remove the failures of jobs that nothing waits for any more; returns how many."""
    failed, job = issuing_failures.c.application_id, issuing_failures.c.kind
    nothing_waits = {kind: sa.and_(job == kind.value) for kind in JobKind}
    for kind, query in waiting_queries():
        nothing_waits[kind] &= failed.not_in(query)
    return connection.execute(sa.delete(issuing_failures).where(sa.or_(*nothing_waits.values()))).rowcount
