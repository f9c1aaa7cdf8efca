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

from .fee_tables import REHEARSAL_WANTED
from .fee_tables import fee_rehearsals as r
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
    """For each kind of job, queries for the ids of applications (rehearsals, carryings over) that wait for it.

    changed_before: only of those last changed before this time.
    """
    applications: list[sa.ColumnElement[bool]] = []
    rehearsals: list[sa.ColumnElement[bool]] = []
    carry_overs: list[sa.ColumnElement[bool]] = []
    if changed_before is not None:
        applications.append(a.c.changed_at < changed_before)
        rehearsals.append(r.c.changed_at < changed_before)
        carry_overs.append(o.c.asked_at < changed_before)
    return [
        *((kind, sa.select(a.c.id).where(waiting, *applications)) for kind, waiting in _WAITING),
        (JobKind.REHEARSE_POLICY, sa.select(r.c.id).where(sa.text(f"({REHEARSAL_WANTED})"), *rehearsals)),
        (JobKind.CARRY_OVER, sa.select(o.c.id).where(sa.text("done_at IS NULL"), *carry_overs)),
    ]


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
