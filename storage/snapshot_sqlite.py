"""The snapshot of an SQLite file: SQLite's own copy of it, which waits for nobody and stops nobody."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from dbos import DBOS

from .durable_files import copy_durably, sync_file
from .engines import Address
from .errors import SnapshotUnusable
from .jobs import SCHEMA, quieten_dbos
from .kept_files import each_named

if TYPE_CHECKING:
    from .snapshot import Note

_FILE = "database.sqlite"


def take(address: Address, folder: Path, note: Note) -> Mapping[str, int]:
    """Returns the number of rows by table."""
    copy = folder / _FILE
    with closing(sqlite3.connect(_file_of(address))) as source, closing(sqlite3.connect(copy)) as target:
        # In one step: the source stays readable and, with its write-ahead log, writable meanwhile.
        source.backup(target)
        # A single file from now on, that can be read where nothing may be written.
        target.execute("PRAGMA journal_mode = DELETE")
        target.isolation_level = None
        for table in _tables_of_jobs():
            target.execute(f'DROP TABLE IF EXISTS "{table}"')
        _require_sound(target)
        names = [name for (name,) in target.execute(_TABLES)]
        rows = {name: int(target.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}  # noqa: S608 - a table's name, read from the database
    copy.chmod(0o600)
    sync_file(copy)
    _tell_files(copy, note)
    return rows


def put_back(address: Address, folder: Path) -> None:
    """Raises SnapshotUnusable where the copy is damaged; the file that was there is replaced as a whole."""
    source, place = folder / _FILE, _file_of(address)
    with closing(sqlite3.connect(_to_read(source), uri=True)) as copy:
        _require_sound(copy)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in ("-wal", "-shm"):
        # They belong to the file that goes; read with the new one they would change it.
        with contextlib.suppress(FileNotFoundError):
            place.with_name(place.name + left).unlink()
    copy_durably(source, place)


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def _file_of(address: Address) -> Path:
    return Path(str(address.url.database))


def _to_read(file: Path) -> str:
    return f"{file.resolve().as_uri()}?mode=ro&immutable=1"


def _require_sound(connection: sqlite3.Connection) -> None:
    try:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError:
        said, broken = "damaged", None
    if said != "ok" or broken is not None:
        raise SnapshotUnusable("the database file is damaged: `PRAGMA integrity_check` and `foreign_key_check` say how")


@functools.cache
def _tables_of_jobs() -> Sequence[str]:
    """What DBOS makes by itself in an empty file: in ours its tables stand among our own."""
    quieten_dbos()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "jobs.sqlite"
        DBOS.migrate(f"sqlite:///{file}", schema=SCHEMA)
        with closing(sqlite3.connect(file)) as connection:
            return [name for (name,) in connection.execute(_TABLES)]


def _tell_files(copy: Path, note: Callable[..., None]) -> None:
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(_to_read(copy), uri=True),
        poolclass=sa.NullPool,
        hide_parameters=True,
    )
    try:
        with engine.connect() as connection:
            for kind, digest in each_named(connection):
                note(kind, digest)
    finally:
        engine.dispose()
