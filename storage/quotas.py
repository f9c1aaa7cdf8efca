"""What is used of the quotas that requests share: a counter for each, a claim for each application that draws on it.

A claim and its counter change in one transaction, so that the unreleased claims always sum up to the counter.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from issuance.errors import ConcurrentChange
from issuance.fees.quotas import QuotaClaim, QuotaKey

from .conflicts import first_one_wins
from .fee_tables import quota_claims as c
from .fee_tables import quota_counters as t

_KEY = ("policy_id", "name", "scope", "person", "period")
_RESERVED, _COMMITTED, _RELEASED = "reserved", "committed", "released"


# Built once: composing a statement costs more than executing it.
# Opens the counter or raises it, where that much is left: one statement, so that nobody comes in between and two that
# open it at once don't fail. No row comes back where not enough is left. As text, which both databases understand: an
# INSERT with ON CONFLICT would be compiled anew each time.
_TAKE = sa.text(
    "INSERT INTO quota_counters (policy_id, name, scope, person, period, used, size) "
    "VALUES (:policy_id, :name, :scope, :person, :period, :used, :size) "
    "ON CONFLICT (policy_id, name, scope, person, period) DO UPDATE "
    "SET used = quota_counters.used + excluded.used, size = excluded.size "
    "WHERE quota_counters.used + excluded.used <= excluded.size "
    "RETURNING used"
)
_CLAIM = sa.insert(c)
_OF_APPLICATION = sa.and_(c.c.application_id == sa.bindparam("of_application"), c.c.state != _RELEASED)
_CLAIMED = sa.select(c).where(_OF_APPLICATION)
_COMMIT = (
    sa.update(c)
    .where(c.c.application_id == sa.bindparam("of_application"), c.c.state == _RESERVED)
    .values(state=_COMMITTED, changed_at=sa.bindparam("moment", type_=c.c.changed_at.type))
)
_RELEASE = (
    sa.update(c)
    .where(_OF_APPLICATION)
    .values(state=_RELEASED, changed_at=sa.bindparam("moment", type_=c.c.changed_at.type))
    .returning(*(c.c[name] for name in (*_KEY, "taken")))
)
_GIVE_BACK = (
    sa.update(t)
    .where(*(t.c[name] == sa.bindparam(f"of_{name}") for name in _KEY))
    .values(used=t.c.used - sa.bindparam("given_back", type_=t.c.used.type))
)


class SqlQuotas:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def used(self, keys: Sequence[QuotaKey]) -> Mapping[QuotaKey, int]:
        if not keys:
            return {}
        wanted = {f"{name}_{number}": getattr(key, name) for number, key in enumerate(keys) for name in _KEY}
        found = {_key(row): int(row.used) for row in self._connection.execute(_one_of(len(keys)), wanted)}
        return {key: found.get(key, 0) for key in keys}

    def claimed(self, application_id: UUID) -> Mapping[QuotaKey, int]:
        rows = self._connection.execute(_CLAIMED, {"of_application": application_id})
        return {_key(row): int(row.taken) for row in rows}

    def reserve(self, application_id: UUID, assessment_seq: int, claims: Sequence[QuotaClaim], at: datetime) -> None:
        self._claim(application_id, assessment_seq, claims, at)
        self._move({claim.key: claim.taken for claim in claims}, claims)

    def claim_anew(self, application_id: UUID, assessment_seq: int, claims: Sequence[QuotaClaim], at: datetime) -> None:
        changes = self._let_go(application_id, at)
        self._claim(application_id, assessment_seq, claims, at)
        for claim in claims:
            changes[claim.key] = changes.get(claim.key, 0) + claim.taken
        self._move(changes, claims)

    def commit(self, application_id: UUID, at: datetime) -> None:
        self._connection.execute(_COMMIT, {"of_application": application_id, "moment": at})

    def release(self, application_id: UUID, at: datetime) -> None:
        self._move(self._let_go(application_id, at), ())

    def of_policy(self, policy_id: str) -> Sequence[tuple[QuotaKey, int, int]]:
        query = sa.select(t).where(t.c.policy_id == policy_id, t.c.scope == "budget_total")
        rows = self._connection.execute(query.order_by(t.c.name, t.c.period))
        return [(_key(row), int(row.used), int(row.size)) for row in rows]

    def _claim(self, application_id: UUID, assessment_seq: int, claims: Sequence[QuotaClaim], at: datetime) -> None:
        if not claims:
            return
        of_application = {"application_id": application_id, "assessment_seq": assessment_seq}
        rows = [
            {**of_application, **_values(claim.key), "taken": claim.taken, "state": _RESERVED, "changed_at": at}
            for claim in claims
        ]
        with first_one_wins():
            self._connection.execute(_CLAIM, rows)

    def _let_go(self, application_id: UUID, at: datetime) -> dict[QuotaKey, int]:
        """By how much the counters change: less than zero."""
        released = self._connection.execute(_RELEASE, {"of_application": application_id, "moment": at}).all()
        return {_key(row): -int(row.taken) for row in released}

    def _move(self, changes: Mapping[QuotaKey, int], claims: Sequence[QuotaClaim]) -> None:
        """The counters come last: their rows stay locked until the commit. One order for everybody, also for who gives
        one quota back for another, so that no two wait for each other."""
        sizes = {claim.key: claim.max for claim in claims}
        for key in sorted(changes):
            change, values = changes[key], _values(key)
            if change < 0:
                of_key = {f"of_{name}": value for name, value in values.items()}
                self._connection.execute(_GIVE_BACK, {**of_key, "given_back": -change})
            elif change > 0:
                wanted = {**values, "used": change, "size": sizes[key]}
                if change > sizes[key] or self._connection.execute(_TAKE, wanted).scalar_one_or_none() is None:
                    raise ConcurrentChange("of this quota not enough is left any more")


@functools.cache
def _one_of(number: int) -> sa.Select[Any]:
    """Counters by so many keys; a policy names a handful of quotas."""
    return sa.select(t).where(
        sa.or_(*(sa.and_(*(t.c[name] == sa.bindparam(f"{name}_{one}") for name in _KEY)) for one in range(number)))
    )


def _key(row: Row[Any]) -> QuotaKey:
    return QuotaKey(row.policy_id, row.name, row.scope, row.person, row.period)


def _values(key: QuotaKey) -> dict[str, str]:
    return {name: getattr(key, name) for name in _KEY}
