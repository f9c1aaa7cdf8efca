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
# As `vault.key_id_of` tells them: under a person's key, under the installation's.
_FORMS = (f"{SEALED_MARK}{'_' * 16}.%", f"{SEALED_MARK}{INSTALLATION}.%")
PersonIndex = Callable[[str], str]


def require_same_vault(connection: Connection, vault: Vault) -> None:
    """The first process leaves a mark by which all later ones see whether they have the same passphrase.

    Raises VaultLocked: under another passphrase everybody would be somebody else, and nothing sealed would open.
    """
    query = sa.select(vault_facts.c.value).where(vault_facts.c.name == _CHECK)
    known = connection.execute(query).scalar()
    if known is None:
        keep = sa.text("INSERT INTO vault_facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING")
        connection.execute(keep, {"name": _CHECK, "value": vault.check})
        known = connection.execute(query).scalar_one()
    if not vault.is_same(known):
        raise VaultLocked("the personal data in this database was sealed under another passphrase of the keys")


def seal_earlier_rows(connection: Connection, cells: Cells, person_index: PersonIndex, limit: int) -> int:
    """Seal up to `limit` rows that hold personal values in clear, and give applications without blind indexes theirs;
    returns how many rows were changed. 0: none is left."""
    left = limit
    for table in metadata.tables.values():
        if left > 0 and personal_columns(table):
            left -= _seal_rows_of(connection, cells, table, person_index, left)
    return limit - left


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
