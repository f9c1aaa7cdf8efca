"""A unit's work list in SQL: each question is answered from an index that holds nothing but what is undecided."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from issuance.application import ApplicationState
from issuance.evidence import EvidenceState
from issuance.work_list import WorkFilter

from .fee_tables import evidence
from .tables import applications as t

_WAITS_FOR_AN_OFFICIAL = sa.or_(
    t.c.state.in_([ApplicationState.RECEIVED.value, ApplicationState.IN_PROGRESS.value]),
    # Nobody but an official can move these on: no rule covers their fee.
    sa.and_(t.c.state == ApplicationState.NEWLY_REGISTERED.value, t.c.amount_due.is_(None)),
    # It waits for money that may not be due: a paper waits for somebody to look at it.
    sa.and_(
        t.c.state == ApplicationState.PAYMENT_ASKED.value,
        sa.exists().where(evidence.c.application_id == t.c.id, evidence.c.state == EvidenceState.SUBMITTED.value),
    ),
)
_FINGERPRINT_BYTES = 8


def wanted_work(unit: str, wanted: WorkFilter) -> sa.ColumnElement[bool]:
    # Undecided, in the words of the partial indexes (tables.UNDECIDED): else no planner sees that these hold all of it.
    conditions: list[sa.ColumnElement[bool]] = [
        t.c.unit == unit,
        t.c.closed_at.is_(None),
        t.c.decision_outcome.is_(None),
    ]
    if wanted.state is not None:
        conditions.append(t.c.state == wanted.state.value)
    elif wanted.due != "paused":
        conditions.append(_WAITS_FOR_AN_OFFICIAL)
    if wanted.type_id is not None:
        conditions.append(t.c.type_id == wanted.type_id)
    if wanted.step is not None:
        conditions.append(t.c.step == wanted.step)
    if wanted.owner is not None:
        conditions.append(t.c.owner_key == wanted.owner)
    if wanted.unowned:
        conditions.append(t.c.owner_key.is_(None))
    return sa.and_(*conditions, *_due(wanted), *_submitted(wanted))


def _due(wanted: WorkFilter) -> list[sa.ColumnElement[bool]]:
    if wanted.due is None:
        return []
    if wanted.due == "paused":
        return [t.c.paused]
    by_time = [t.c.promised_at < wanted.now]
    if wanted.due == "soon":
        by_time = [t.c.promised_at >= wanted.now, t.c.promised_at <= wanted.soon_before]
    return [sa.not_(t.c.paused), *by_time]


def _submitted(wanted: WorkFilter) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if wanted.submitted_from is not None:
        # Nothing is promised for a time before it was asked for: said, so that the index is entered there.
        conditions += [t.c.submitted_at >= wanted.submitted_from, t.c.promised_at >= wanted.submitted_from]
    if wanted.submitted_before is not None:
        conditions.append(t.c.submitted_at < wanted.submitted_before)
    return conditions


def fingerprint(wanted: WorkFilter) -> str | None:
    """What binds a cursor to the question that it continues; None for the whole list."""
    name = wanted.name
    return hashlib.sha256(name.encode()).hexdigest()[: 2 * _FINGERPRINT_BYTES] if name else None
