"""What earlier releases wrote in clear is sealed, a batch at a time; begun again it goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from .cells import Cells
from .errors import VaultLocked
from .key_tables import vault_facts
from .personal import SEALED_MARK, Stored, personal_columns
from .schema import metadata
from .vault import INSTALLATION, Vault, key_id_of

_CHECK = "check"
_ALL_SEALED = "everything_is_sealed"
_KEEP = sa.text("INSERT INTO vault_facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
# As `vault.key_id_of` tells them: under a person's key, under the installation's.
_FORMS = (f"{SEALED_MARK}{'_' * 16}.%", f"{SEALED_MARK}{INSTALLATION}.%")
PersonIndex = Callable[[str], str]


class SqlSealing:
    """Whether this is the vault that sealed what is here, and whether all of it is sealed."""

    __slots__ = ("_cells", "_connection", "_vault")

    def __init__(self, connection: Connection, cells: Cells, vault: Vault) -> None:
        self._connection = connection
        self._cells = cells
        self._vault = vault

    def require_same_vault(self) -> None:
        """The first process leaves a mark by which all later ones see whether they have the same passphrase.

        Raises VaultLocked: under another passphrase everybody would be somebody else, and nothing sealed would open.
        """
        if not self._vault.is_same(self._note(_CHECK, self._vault.check)):
            raise VaultLocked("the personal data in this database was sealed under another passphrase of the keys")

    def is_same_vault(self) -> bool | None:
        """The same without leaving a mark; None where there is none yet."""
        known = self._fact(_CHECK)
        return None if known is None else self._vault.is_same(known)

    def is_everything_sealed(self) -> bool:
        """Once it is, nothing in clear can come any more, and what is found in clear was put there by somebody."""
        return self._fact(_ALL_SEALED) is not None

    def seal_earlier_rows(self, person_index: PersonIndex, limit: int) -> int:
        """Seal up to `limit` rows that hold personal values in clear, and give applications without blind indexes
        theirs; returns how many rows were changed. 0: none was left, which is noted."""
        if self.is_everything_sealed():
            return 0
        left = limit
        for table in metadata.tables.values():
            if left > 0 and personal_columns(table):
                left -= _seal_rows_of(self._connection, self._cells, table, person_index, left)
        if left == limit:
            self._note(_ALL_SEALED, "1")
        return limit - left

    def _fact(self, name: str) -> str | None:
        query = sa.select(vault_facts.c.value).where(vault_facts.c.name == name)
        value: str | None = self._connection.execute(query).scalar()
        return value

    def _note(self, name: str, value: str) -> str:
        """Keep this where nothing is kept yet; returns what is kept."""
        known = self._fact(name)
        if known is None:
            self._connection.execute(_KEEP, {"name": name, "value": value})
            known = self._fact(name)
        return known or value


def _seal_rows_of(connection: Connection, cells: Cells, table: sa.Table, index: PersonIndex, limit: int) -> int:
    names = [name for name, _ in personal_columns(table)]
    as_text = [sa.cast(table.c[name], sa.Text) for name in names]
    clear = sa.or_(*(sa.and_(text.is_not(None), *(sa.not_(text.like(form)) for form in _FORMS)) for text in as_text))
    rows = connection.execute(sa.select(table).where(clear).limit(limit)).mappings().all()
    for row in rows:
        written = {name: row[name] for name in names if _is_clear(row[name])}
        opened = cells.open(table, row)
        known = {name: value for name, value in row.items() if name not in written}
        values = cells.seal(table, {name: opened[name] for name in written}, **known)
        if table.name == "applications":
            values |= _indexes(opened, index)
        same = [column == row[column.name] for column in table.primary_key]
        # What somebody else wrote meanwhile is sealed already.
        same += [sa.cast(table.c[name], sa.Text) == written[name].text for name in written]
        connection.execute(sa.update(table).where(*same).values(values))
    return len(rows)


def _is_clear(value: Stored | None) -> bool:
    return value is not None and key_id_of(value.text) is None


def _indexes(row: Mapping[str, Any], index: PersonIndex) -> dict[str, str]:
    """By what a person is found whose name can't be read any more."""
    applicant = row["applicant"]
    if row["person_index"] is not None or applicant is None:
        return {}
    concerned = row["subject"] or row["on_behalf_of"] or applicant
    return {"person_index": index(applicant["personal_id"]), "concerned_index": index(concerned["personal_id"])}
