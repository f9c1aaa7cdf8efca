"""One owner at every moment, asked of the database over all cases that wait for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from storage.records import SqlRecords
from storage.settlement_tables import delegations as d
from storage.settlement_tables import step_visits as v
from storage.tables import applications as a
from storage.tables import officials as o

_UNDECIDED = (a.c.closed_at.is_(None), a.c.decision_outcome.is_(None))
_ROLES = sa.type_coerce(o.c.roles, sa.Text)
_HOLDS = sa.exists().where(
    o.c.subject_key == a.c.owner_key,
    o.c.is_active,
    o.c.unit == a.c.unit,
    sa.or_(_ROLES.contains('"head"'), _ROLES.contains(sa.literal('"') + a.c.role + sa.literal('"'))),
)
_LENT = sa.exists().where(
    d.c.to_key == a.c.owner_key,
    d.c.unit == a.c.unit,
    sa.or_(d.c.role == "head", d.c.role == a.c.role),
    d.c.revoked_at.is_(None),
    d.c.valid_from <= sa.bindparam("now", type_=d.c.valid_from.type),
    d.c.valid_until > sa.bindparam("now", type_=d.c.valid_from.type),
)
_VISIT = (
    sa.select(sa.func.count())
    .where(
        v.c.application_id == a.c.id,
        v.c.left_at.is_(None),
        v.c.owner_key == a.c.owner_key,
        v.c.unit == a.c.unit,
        v.c.step == a.c.step,
        v.c.due_at == a.c.step_due_at,
    )
    .scalar_subquery()
)
_OPEN_VISITS = sa.select(sa.func.count()).where(v.c.application_id == a.c.id, v.c.left_at.is_(None)).scalar_subquery()
_WRONG = sa.select(a.c.id).where(
    *_UNDECIDED,
    # None of these is NULL, so that nothing escapes as unknown.
    sa.or_(a.c.owner_key.is_(None), sa.not_(sa.or_(_HOLDS, _LENT)), _VISIT != 1, _OPEN_VISITS != 1),
)
_COUNT = sa.select(sa.func.count()).select_from(a).where(*_UNDECIDED)


def ownerless(records: SqlRecords, now: datetime) -> tuple[Sequence[UUID], int]:
    """Undecided cases without exactly one owner who may act and exactly one open visit of theirs; of how many."""
    wrong = records._connection.execute(_WRONG, {"now": now}).scalars().all()
    return wrong, records._connection.execute(_COUNT).scalar_one()
