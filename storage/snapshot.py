"""A consistent picture of the database, taken while the service works, and put back into an empty one.

Background jobs are no part of it: what the domain waits for is asked for again by the sweep, and a job's remembered
steps belong to the files and processes of their time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import snapshot_postgresql, snapshot_sqlite
from .engines import Address
from .errors import SnapshotUnusable
from .kept_files import each_named
from .migrate import is_known_revision, migrate, revision_of
from .one_moment import as_of_one_moment

DatabaseKind = Literal["sqlite", "postgresql"]
NamedFile = Literal["document", "paper"]
Note = Callable[[NamedFile, bytes], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """revision: of the schema that the rows have. rows: how many, by table."""

    kind: DatabaseKind
    revision: str
    rows: Mapping[str, int]


def kind_of(address: Address) -> DatabaseKind:
    return "postgresql" if address.is_postgresql else "sqlite"


def take_snapshot(address: Address, folder: Path, note: Note) -> Snapshot:
    """Write the rows of one moment into the folder, and tell `note` each file that they name, by its SHA-256.

    Raises SnapshotUnusable where there is no schema, SQLAlchemyError and sqlite3.Error where the database is away.
    """
    revision = revision_of(address)
    if revision is None:
        raise SnapshotUnusable("there is nothing to back up: the database has no tables of this service")
    take = snapshot_postgresql.take if address.is_postgresql else snapshot_sqlite.take
    return Snapshot(kind_of(address), revision, take(address, folder, note))


def named_now(address: Address, note: Note) -> None:
    """Tell `note` each file that the rows name by now."""
    with as_of_one_moment(address) as connection:
        for kind, digest in each_named(connection):
            note(kind, digest)


def require_fitting(address: Address, snapshot: Snapshot) -> None:
    """Raises SnapshotUnusable where this database cannot take the snapshot in; it is only looked at."""
    if snapshot.kind != kind_of(address):
        raise SnapshotUnusable(f"this is a backup of {snapshot.kind}; database_url names another kind of database")
    if not is_known_revision(snapshot.revision):
        raise SnapshotUnusable(
            f"this backup's schema is {snapshot.revision}, which this version does not know: use a newer one"
        )
    if address.is_postgresql and (held := revision_of(address)) not in (None, snapshot.revision):
        raise SnapshotUnusable(
            f"the database has the schema {held}, the backup {snapshot.revision}: give it an empty database"
        )


def put_back(address: Address, folder: Path, snapshot: Snapshot) -> None:
    """Fill the database with the snapshot's rows, whole or not at all, and bring its schema up to date.

    What the database held is gone then. Raises SnapshotUnusable.
    """
    require_fitting(address, snapshot)
    if address.is_postgresql:
        migrate(address, snapshot.revision)
        snapshot_postgresql.put_back(address, folder, snapshot.rows)
    else:
        snapshot_sqlite.put_back(address, folder)
    migrate(address)
