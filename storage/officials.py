"""The register of officials: one row an account, changed by operators only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from identity.citizen import ROLES
from identity.officials_register import RegisteredOfficial

from .tables import officials as t

_COLUMNS = (t.c.subject_key, t.c.unit, t.c.roles, t.c.is_active)
_FIND = sa.select(*_COLUMNS).where(t.c.subject_key == sa.bindparam("of_account"))
_VALUES = ("subject_key", "unit", "roles", "is_active", "changed_at")
_PUT = sa.text(
    "INSERT INTO officials (subject_key, unit, roles, is_active, changed_at)"
    " VALUES (:subject_key, :unit, :roles, :is_active, :changed_at)"
    " ON CONFLICT (subject_key) DO UPDATE SET unit = excluded.unit, roles = excluded.roles,"
    " is_active = excluded.is_active, changed_at = excluded.changed_at"
).bindparams(*(sa.bindparam(name, type_=t.c[name].type) for name in _VALUES))


class SqlOfficials:
    """Who acts for which unit in which roles."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, subject_key: str) -> RegisteredOfficial | None:
        """Raises ValueError where the entry makes no sense: then nobody acts by it."""
        row = self._connection.execute(_FIND, {"of_account": subject_key}).mappings().one_or_none()
        return None if row is None else _official(row)

    def put(self, official: RegisteredOfficial, at: datetime) -> None:
        """Add the account, or replace what stood there.

        Raises ValueError for a role that does not exist, and for an active official without any.
        """
        _check(official)
        values = {
            "subject_key": official.subject_key,
            "unit": official.unit,
            "roles": sorted(official.roles),
            "is_active": official.is_active,
            "changed_at": at,
        }
        self._connection.execute(_PUT, values)

    def remove(self, subject_key: str) -> bool:
        """Forget the account; whether there was one. Who is not to act any more stays, inactive: of an unknown account
        the token's own claims may count."""
        return self._connection.execute(sa.delete(t).where(t.c.subject_key == subject_key)).rowcount == 1

    def list(self) -> Sequence[RegisteredOfficial]:
        """By subject key."""
        rows = self._connection.execute(sa.select(*_COLUMNS).order_by(t.c.subject_key)).mappings()
        return [_official(row) for row in rows]


def _official(row: RowMapping) -> RegisteredOfficial:
    official = RegisteredOfficial(
        subject_key=row["subject_key"], unit=row["unit"], roles=frozenset(row["roles"]), is_active=row["is_active"]
    )
    _check(official)
    return official


def _check(official: RegisteredOfficial) -> None:
    if not official.roles <= ROLES:
        raise ValueError("an official has a role that does not exist here")
    if official.is_active and not (official.roles and official.unit):
        raise ValueError("an official acts for a unit, in at least one role")
