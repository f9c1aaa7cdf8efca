"""Personal values on their way into rows and out of them, within one transaction.

What belongs to an application is sealed under the key of the person concerned, the applicant's own facts under the
applicant's where somebody asks for somebody else, and everything else under the key of the installation. Every value is
bound to its table, row and column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import RowMapping

from issuance.errors import ConcurrentChange, PersonErased

from .errors import CellDamaged
from .fresh import Fresh
from .key_tables import person_keys as t
from .personal import UNDER_THE_INSTALLATION, Stored, personal_columns
from .together import Together
from .vault import INSTALLATION, DataKey, Vault, Whose, body_of, key_id_of, place_in, row_name

# SQLAlchemy caches no INSERT with ON CONFLICT of its own; one of plain text it does.
_MAKE = sa.text(
    "INSERT INTO person_keys (key_id, application_id, whose, wrapped_key, made_at)"
    " VALUES (:key_id, :application_id, :whose, :wrapped_key, :made_at)"
    " ON CONFLICT (application_id, whose) DO NOTHING"
).bindparams(
    *(
        sa.bindparam(name, type_=t.c[name].type)
        for name in ("key_id", "application_id", "whose", "wrapped_key", "made_at")
    )
)
_KEY = (t.c.key_id, t.c.application_id, t.c.whose, t.c.wrapped_key)
_OF_APPLICATION = sa.select(*_KEY).where(
    t.c.application_id == sa.bindparam("of_application"), t.c.whose == sa.bindparam("of_whose")
)
_BY_ID = sa.select(*_KEY).where(t.c.key_id == sa.bindparam("of_key"))
_BY_IDS = sa.select(*_KEY).where(t.c.key_id.in_(sa.bindparam("of_keys", expanding=True)))
_KEYS_AT_ONCE = 500
_APART = "applicant"

Row = RowMapping | Mapping[str, Any]


class Cells:
    """Seals and opens the personal values of one transaction's rows; keys are looked up once."""

    __slots__ = ("_by_owner", "_clock", "_connection", "_fresh", "_keys", "_owner_of", "_vault")

    def __init__(self, connection: Together, vault: Vault, clock: Callable[[], datetime], fresh: Fresh) -> None:
        self._connection = connection
        self._fresh = fresh
        self._vault = vault
        self._clock = clock
        self._keys: dict[str, DataKey | None] = {}
        self._by_owner: dict[tuple[UUID, Whose], str] = {}
        self._owner_of: dict[str, UUID] = {}

    def keyed(self, digest: bytes) -> bytes:
        return self._vault.keyed(digest)

    def seal(self, table: sa.Table, values: Mapping[str, Any], **known: Any) -> dict[str, Any]:
        """The values with every personal one sealed. known: of the row, what is not among the values: its primary key,
        its application. Raises PersonErased where the key is destroyed."""
        sealed, row = dict(values), {**values, **known}
        name_of_row = _name_of(table, row)
        for name, kind in personal_columns(table):
            value = sealed.get(name)
            if value is not None:
                key = self._sealing_key(table, name, row)
                sealed[name] = key.seal(kind.to_text(value), place_in(table.name, name, name_of_row))
        return sealed

    def open(self, table: sa.Table, row: Row, **known: Any) -> dict[str, Any]:
        """The row with its personal values in clear; those of an applicant who is erased, while the person concerned is
        not, are None. Raises PersonErased, CellDamaged."""
        self._load(table, (row,))
        return self._opened(table, row, known)

    def open_all(self, table: sa.Table, rows: Iterable[Row]) -> Sequence[dict[str, Any]]:
        """The same for many, their keys asked for at once; rows of erased persons are left out."""
        found, opened = list(rows), []
        self._load(table, found)
        for row in found:
            try:
                opened.append(self._opened(table, row, {}))
            except PersonErased:
                continue
        return opened

    def _opened(self, table: sa.Table, row: Row, known: Mapping[str, Any]) -> dict[str, Any]:
        opened = dict(row)
        where = {**opened, **known} if known else opened
        name_of_row = _name_of(table, where)
        for name, kind in personal_columns(table):
            stored = opened.get(name)
            if stored is None:
                continue
            if not isinstance(stored, Stored):
                raise TypeError("a personal value comes from its column")
            key_id = key_id_of(stored.text)
            if key_id is None:
                if self._vault.refuses_clear:
                    raise CellDamaged("a personal value stands in clear where everything is sealed")
                # Of an earlier release, not sealed yet; see storage.sealing.
                opened[name] = kind.from_text(stored.text)
                continue
            if key_id != INSTALLATION and self._owner_of[key_id] != application_of(table, where):
                # Its row was hung on another application: it would be shown to that one's people.
                raise CellDamaged("a personal value is under the key of another application")
            key = self._vault.installation_key if key_id == INSTALLATION else self._keys[key_id]
            if key is not None:
                opened[name] = kind.from_text(key.open(body_of(stored.text), place_in(table.name, name, name_of_row)))
            elif name == _APART and self._by_owner.get((where["id"], Whose.APPLICANT)) == key_id:
                opened[name] = None
            else:
                raise PersonErased("the data of this person was erased")
        return opened

    def _load(self, table: sa.Table, rows: Sequence[Row]) -> None:
        wanted: set[str] = set()
        for row in rows:
            for name, _ in personal_columns(table):
                stored = row.get(name)
                key_id = None if stored is None else key_id_of(stored.text)
                if key_id is not None and key_id != INSTALLATION and key_id not in self._keys:
                    wanted.add(key_id)
        if not wanted:
            return
        named = sorted(wanted)
        if len(named) == 1:
            self._keep(self._connection.execute(_BY_ID, {"of_key": named[0]}))
        else:
            for first in range(0, len(named), _KEYS_AT_ONCE):
                asked = {"of_keys": named[first : first + _KEYS_AT_ONCE]}
                self._keep(self._connection.execute(_BY_IDS, asked))
        if not wanted <= self._keys.keys():
            raise CellDamaged("a personal value names a key that is not there")

    def _keep(self, rows: Iterable[Any]) -> None:
        for key_id, application_id, raw_whose, wrapped in rows:
            whose = Whose(raw_whose)
            self._by_owner[application_id, whose] = key_id
            self._owner_of[key_id] = application_id
            self._keys[key_id] = None if wrapped is None else self._vault.unwrap(key_id, application_id, whose, wrapped)

    def _sealing_key(self, table: sa.Table, column: str, row: Row) -> DataKey:
        application_id = application_of(table, row)
        if application_id is None:
            return self._vault.installation_key
        owner = (application_id, _whose(table, column, row))
        key_id = self._by_owner.get(owner)
        if key_id is None:
            key_id = self._make(*owner)
        key = self._keys[key_id]
        if key is None:
            raise PersonErased("the data of this person was erased")
        return key

    def _make(self, application_id: UUID, whose: Whose) -> str:
        key, wrapped = self._vault.make_key(application_id, whose)
        values = {"key_id": key.key_id, "application_id": application_id, "whose": whose.value}
        values |= {"wrapped_key": wrapped, "made_at": self._clock()}
        is_new = self._fresh.is_first(f"key of {whose.value}", application_id)
        if is_new:
            self._connection.insert(t, values)
        if is_new or self._connection.execute(_MAKE, values).rowcount == 1:
            self._keys[key.key_id] = key
            self._by_owner[application_id, whose] = key.key_id
            self._owner_of[key.key_id] = application_id
            return key.key_id
        self._keep(
            self._connection.execute(_OF_APPLICATION, {"of_application": application_id, "of_whose": whose.value})
        )
        try:
            return self._by_owner[application_id, whose]
        except KeyError:
            raise ConcurrentChange("the key was made by somebody else") from None


def application_of(table: sa.Table, row: Row) -> UUID | None:
    """To which application a row belongs; None where it belongs to none."""
    if table.name == "applications":
        found: UUID = row["id"]
        return found
    if "application_id" not in table.columns or table.info == UNDER_THE_INSTALLATION:
        return None
    of: UUID | None = row["application_id"]
    return of


def _whose(table: sa.Table, column: str, row: Row) -> Whose:
    is_apart = column == _APART and table.name == "applications"
    if is_apart and (row["on_behalf_of"] is not None or row["subject"] is not None):
        return Whose.APPLICANT
    return Whose.CONCERNED


def _name_of(table: sa.Table, row: Row) -> bytes:
    return row_name([row[name] for name in _key_columns(table)])


@cache
def _key_columns(table: sa.Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)
