"""Delegations, which are revoked and never changed otherwise; and with whom officials do not deal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.application import Actor
from issuance.delegations.delegation import Delegation
from issuance.errors import ConcurrentChange, DelegationNotFound

from .application_rows import actor_from_json, actor_to_json
from .cells import Cells
from .conflicts import first_one_wins
from .settlement_tables import declared_relatives as relatives
from .settlement_tables import delegations as t

_AT = sa.bindparam("at_moment", type_=t.c.valid_from.type)
_TO = (
    sa.select(t)
    .where(
        t.c.to_key == sa.bindparam("of_delegate"),
        t.c.unit == sa.bindparam("of_unit"),
        t.c.valid_from <= _AT,
        t.c.valid_until > _AT,
    )
    .order_by(t.c.valid_from, t.c.id)
)
_RELATIVES = sa.select(relatives.c.person).where(relatives.c.subject_key == sa.bindparam("of_account"))
_AMONG = (
    sa.select(relatives.c.subject_key)
    .where(
        relatives.c.subject_key.in_(sa.bindparam("of_accounts", expanding=True)),
        relatives.c.person.in_(sa.bindparam("of_persons", expanding=True)),
    )
    .distinct()
)


class SqlDelegations:
    __slots__ = ("_cells", "_connection")

    def __init__(self, connection: Connection, cells: Cells) -> None:
        self._connection = connection
        self._cells = cells

    def add(self, delegation: Delegation) -> None:
        with first_one_wins():
            self._connection.execute(sa.insert(t), self._cells.seal(t, _to_row(delegation)))

    def revoke(self, delegation: Delegation) -> None:
        values = {"revoked_at": delegation.revoked_at, "revoked_by": delegation.revoked_by}
        standing = sa.and_(t.c.id == delegation.id, t.c.revoked_at.is_(None))
        if self._connection.execute(sa.update(t).where(standing).values(values)).rowcount != 1:
            raise ConcurrentChange("this delegation was revoked at the same moment")

    def in_unit(self, delegation_id: UUID, unit: str) -> Delegation:
        query = sa.select(t).where(t.c.id == delegation_id, t.c.unit == unit)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise DelegationNotFound("no such delegation")
        return _from_row(self._cells.open(t, row))

    def of_unit(self, unit: str, ending_after: datetime) -> Sequence[Delegation]:
        query = sa.select(t).where(t.c.unit == unit, t.c.valid_until > ending_after)
        rows = self._connection.execute(query.order_by(t.c.valid_from, t.c.id)).mappings()
        return [_from_row(row) for row in self._cells.open_all(t, rows)]

    def to(self, delegate_key: str, unit: str, at: datetime) -> Sequence[Delegation]:
        which = {"of_delegate": delegate_key, "of_unit": unit, "at_moment": at}
        rows = self._connection.execute(_TO, which).mappings()
        return [one for one in map(_from_row, self._cells.open_all(t, rows)) if one.is_in_force(at)]


class SqlDeclaredRelatives:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, subject_key: str) -> frozenset[str]:
        return frozenset(self._connection.execute(_RELATIVES, {"of_account": subject_key}).scalars())

    def among(self, subject_keys: Collection[str], persons: Collection[str]) -> frozenset[str]:
        which = {"of_accounts": sorted(subject_keys), "of_persons": sorted(persons)}
        return frozenset(self._connection.execute(_AMONG, which).scalars())

    def declare(self, subject_key: str, person: str, at: datetime) -> None:
        if person in self.of(subject_key):
            return
        with first_one_wins():
            values = {"subject_key": subject_key, "person": person, "declared_at": at}
            self._connection.execute(sa.insert(relatives), values)

    def take_back(self, subject_key: str, person: str) -> bool:
        declared = sa.and_(relatives.c.subject_key == subject_key, relatives.c.person == person)
        return self._connection.execute(sa.delete(relatives).where(declared)).rowcount == 1


def _to_row(delegation: Delegation) -> dict[str, Any]:
    return {
        "id": delegation.id,
        "unit": delegation.unit,
        "role": delegation.role,
        "type_ids": None if delegation.type_ids is None else list(delegation.type_ids),
        "from_key": delegation.delegator.subject_key,
        "from_official": actor_to_json(delegation.delegator),
        "from_person": delegation.person,
        "to_key": delegation.delegate.subject_key,
        "to_official": actor_to_json(delegation.delegate),
        "valid_from": delegation.valid_from,
        "valid_until": delegation.valid_until,
        "act": delegation.act,
        "created_by": delegation.created_by,
        "created_at": delegation.created_at,
        "revoked_at": delegation.revoked_at,
        "revoked_by": delegation.revoked_by,
    }


def _from_row(row: dict[str, Any]) -> Delegation:
    return Delegation(
        id=row["id"],
        unit=row["unit"],
        role=row["role"],
        type_ids=None if row["type_ids"] is None else tuple(row["type_ids"]),
        delegator=_actor(row["from_official"]),
        person=row["from_person"],
        delegate=_actor(row["to_official"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        act=row["act"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
    )


def _actor(data: object) -> Actor:
    actor = actor_from_json(data)  # type: ignore[arg-type]  # JSON as the column gives it
    if actor is None:
        raise ValueError("a delegation has two sides")
    return actor
