"""The register of officials: one row an account, changed by operators only."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from identity.citizen import ROLES, Role
from identity.officials_register import RegisteredOfficial

from .cells import Cells
from .errors import CellDamaged
from .held_books import HeldBook, OfficialsByUnit, Revisions
from .tables import officials as t

_logger = logging.getLogger(__name__)

# The roles as the text that they are kept as: what is no JSON must not break the reading of the other entries.
_COLUMNS = (t.c.subject_key, t.c.unit, sa.type_coerce(t.c.roles, sa.Text).label("roles"), t.c.is_active, t.c.full_name)
_FIND = sa.select(*_COLUMNS).where(t.c.subject_key == sa.bindparam("of_account"))
_OF_UNIT = sa.select(*_COLUMNS).where(t.c.unit == sa.bindparam("of_unit"), t.c.is_active).order_by(t.c.subject_key)
_IS_USED = sa.select(sa.literal(1)).select_from(t).where(t.c.is_active).limit(1)
_VALUES = ("subject_key", "unit", "roles", "is_active", "full_name", "changed_at")
_PUT = sa.text(
    "INSERT INTO officials (subject_key, unit, roles, is_active, full_name, changed_at)"
    " VALUES (:subject_key, :unit, :roles, :is_active, :full_name, :changed_at)"
    " ON CONFLICT (subject_key) DO UPDATE SET unit = excluded.unit, roles = excluded.roles,"
    " is_active = excluded.is_active, full_name = excluded.full_name, changed_at = excluded.changed_at"
).bindparams(*(sa.bindparam(name, type_=t.c[name].type) for name in _VALUES))

_TURN_OVER = sa.text(
    "INSERT INTO books (name, revision) VALUES ('officials', 1)"
    " ON CONFLICT (name) DO UPDATE SET revision = books.revision + 1"
)


class SqlOfficials:
    """Who acts for which unit in which roles."""

    __slots__ = ("_cells", "_changed", "_connection", "_held", "_revisions")

    def __init__(
        self, connection: Connection, cells: Cells, revisions: Revisions, held: HeldBook[OfficialsByUnit]
    ) -> None:
        self._connection = connection
        self._cells = cells
        self._revisions = revisions
        self._held = held
        self._changed = False

    def find(self, subject_key: str) -> RegisteredOfficial | None:
        """An entry that cannot be read is one by which nobody acts: inactive, without unit and roles."""
        row = self._connection.execute(_FIND, {"of_account": subject_key}).mappings().one_or_none()
        return None if row is None else self._official(row)

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
            "full_name": official.full_name,
            "changed_at": at,
        }
        self._turn_over()
        self._connection.execute(_PUT, self._cells.seal(t, values))

    def remove(self, subject_key: str) -> bool:
        """Forget the account; whether there was one. Who is not to act any more stays, inactive: of an unknown account
        the token's own claims may count."""
        self._turn_over()
        return self._connection.execute(sa.delete(t).where(t.c.subject_key == subject_key)).rowcount == 1

    def of_unit(self, unit: str, role: Role) -> Sequence[RegisteredOfficial]:
        """The active officials of the unit in this role, by subject key."""
        return [official for official in self._active_of(unit) if role in official.roles]

    def _active_of(self, unit: str) -> Sequence[RegisteredOfficial]:
        """Held by the process until the register changes: every application that comes asks for those of its unit."""
        revision = None if self._changed else self._revisions.of_officials()
        held = None if revision is None else self._held.of_revision(revision)
        if held is not None and unit in held:
            return held[unit]
        rows = self._connection.execute(_OF_UNIT, {"of_unit": unit}).mappings()
        found = [official for official in map(self._official, rows) if official.is_active]
        if revision is not None:
            # A new mapping, since another thread may be reading the old one.
            self._held.keep(revision, {**(held or {}), unit: found})
        return found

    def _turn_over(self) -> None:
        self._changed = True
        self._connection.execute(_TURN_OVER)

    def is_used(self) -> bool:
        """Whether anybody active stands in it."""
        return self._connection.execute(_IS_USED).first() is not None

    def list(self) -> Sequence[RegisteredOfficial]:
        """By subject key; entries that cannot be read as `find` gives them."""
        rows = self._connection.execute(sa.select(*_COLUMNS).order_by(t.c.subject_key)).mappings()
        return [self._official(row) for row in rows]

    def _official(self, row: RowMapping) -> RegisteredOfficial:
        try:
            official = RegisteredOfficial(
                subject_key=row["subject_key"],
                unit=row["unit"],
                roles=_roles(row["roles"]),
                is_active=row["is_active"],
                full_name=self._cells.open(t, row)["full_name"],
            )
            _check(official)
        except (ValueError, CellDamaged) as error:
            # Not its subject key, which names a person; `condau officials list` shows whom it is about.
            _logger.warning("an entry of the register of officials cannot be read, so nobody acts by it: %s", error)
            return RegisteredOfficial(subject_key=row["subject_key"], unit="", roles=frozenset(), is_active=False)
        return official


def _roles(raw: str) -> frozenset[Role]:
    listed = json.loads(raw)
    if not isinstance(listed, list) or not all(isinstance(role, str) for role in listed):
        raise ValueError("roles are a list of names")
    return frozenset(cast("list[Role]", listed))


def _check(official: RegisteredOfficial) -> None:
    if not official.roles <= ROLES:
        raise ValueError("an official has a role that does not exist here")
    if official.is_active and not (official.roles and official.unit):
        raise ValueError("an official acts for a unit, in at least one role")
