"""What the domain still waits for, read from the applications themselves, whatever the job queue believes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.certificate import CertificateKind
from issuance.jobs import JobKind

from .tables import ARCHIVE_WANTED, INTENDED, WAITS_FOR_RECEIPT, WAITS_FOR_REGISTER, WAITS_FOR_RESULT, issuing_failures
from .tables import applications as a
from .tables import certificates as c

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
    (JobKind.ARCHIVE_RESULT, _archive_wanted(CertificateKind.RESULT)),
    (JobKind.ARCHIVE_RECEIPT, _archive_wanted(CertificateKind.RECEIPT)),
)


def waiting_queries(*restrictions: sa.ColumnElement[bool]) -> Sequence[tuple[JobKind, sa.Select[Any]]]:
    """For each kind of job, queries for the ids of applications that wait for it."""
    return [(kind, sa.select(a.c.id).where(waiting, *restrictions)) for kind, waiting in _WAITING]


def overdue_jobs(connection: Connection, *, changed_before: datetime) -> Sequence[tuple[JobKind, UUID]]:
    """The jobs that applications wait for which were last changed before this time."""
    found = {
        (kind, application_id): None
        for kind, query in waiting_queries(a.c.changed_at < changed_before)
        for application_id in connection.execute(query).scalars()
    }
    return list(found)


def forget_overcome_failures(connection: Connection) -> int:
    """Remove the failures of jobs that nothing waits for any more; returns how many."""
    failed, job = issuing_failures.c.application_id, issuing_failures.c.kind
    nothing_waits = {kind: sa.and_(job == kind.value) for kind in JobKind}
    for kind, query in waiting_queries():
        nothing_waits[kind] &= failed.not_in(query)
    return connection.execute(sa.delete(issuing_failures).where(sa.or_(*nothing_waits.values()))).rowcount
