"""The snapshot of a PostgreSQL database: every table by COPY, in one REPEATABLE READ transaction.

`pg_dump` would have to be there, and to be no older than the server. What is written here is COPY's text form, which
any version reads, compressed; the schema is not in it: migrations make it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql

from .durable_files import sync_file
from .engines import Address, blocking_engine
from .errors import SnapshotUnusable
from .jobs import SCHEMA
from .kept_files import each_named

if TYPE_CHECKING:
    from .snapshot import Note

_TABLES_FILE = "tables.json"
_FOLDER = "database"
_REVISION_TABLE = "alembic_version"
_CHUNK_BYTES = 1 << 20

_COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema()"
_REFERENCES = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace
"""
_TABLES_OF_JOBS = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename NOT LIKE '%%migration%%'"


def take(address: Address, folder: Path, note: Note) -> Mapping[str, int]:
    """Returns the number of rows by table."""
    place = folder / _FOLDER
    place.mkdir(mode=0o700)
    engine = blocking_engine(address)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
            columns = {name: names for name, names in raw.execute(_COLUMNS) if name != _REVISION_TABLE}
            rows = {table: _copy_out(raw, table, names, place) for table, names in columns.items()}
            for kind, digest in each_named(connection):
                note(kind, digest)
            # Not of the snapshot's moment but later: a number that nobody got is better than one that two get.
            sequences = {name: value for name, value in raw.execute(_SEQUENCES) if value is not None}
    finally:
        engine.dispose()
    described = {"columns": columns, "sequences": sequences}
    (place / _TABLES_FILE).write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    for file in place.iterdir():
        sync_file(file)
    return rows


def put_back(address: Address, folder: Path, rows: Mapping[str, int]) -> None:
    """In one transaction. Raises SnapshotUnusable."""
    place = folder / _FOLDER
    described = json.loads((place / _TABLES_FILE).read_text(encoding="utf-8"))
    columns: Mapping[str, Sequence[str]] = described["columns"]
    engine = blocking_engine(address)
    try:
        with engine.begin() as connection:
            raw = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
            held = {name: names for name, names in raw.execute(_COLUMNS) if name != _REVISION_TABLE}
            if {name: sorted(names) for name, names in held.items()} != {n: sorted(c) for n, c in columns.items()}:
                raise SnapshotUnusable("the database's tables are not those of the backup")
            _forget_jobs(raw)
            with _unguarded(raw, list(columns)):
                for table, names in columns.items():
                    if _copy_in(raw, table, names, place) != rows.get(table):
                        raise SnapshotUnusable(f"the backup has another number of rows of {table} than it says")
            for name, value in described["sequences"].items():
                raw.execute("SELECT setval(quote_ident(%s)::regclass, %s)", (name, value))
    finally:
        engine.dispose()


def _copy_out(raw: psycopg.Connection[Any], table: str, names: Sequence[str], place: Path) -> int:
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), _listed(names))
    with raw.cursor() as cursor:
        with gzip.open(place / f"{table}.copy.gz", "wb", compresslevel=1) as file, cursor.copy(statement) as copy:
            for part in copy:
                file.write(part)
        return cursor.rowcount


def _copy_in(raw: psycopg.Connection[Any], table: str, names: Sequence[str], place: Path) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _listed(names))
    with raw.cursor() as cursor:
        with gzip.open(place / f"{table}.copy.gz", "rb") as file, cursor.copy(statement) as copy:
            while part := file.read(_CHUNK_BYTES):
                copy.write(part)
        return cursor.rowcount


def _listed(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))


@contextmanager
def _unguarded(raw: psycopg.Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Empty the tables, and let rows come in any order: references are checked when all are there, and triggers, which
    judge changes, do not judge what was judged before. In the transaction, so nobody else meets it."""
    references = raw.execute(_REFERENCES).fetchall()
    for table, name, _ in references:
        raw.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (table, name))))
    for table in tables:
        raw.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    raw.execute(sql.SQL("TRUNCATE {}").format(_listed(tables)))
    yield
    for table in tables:
        raw.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(table)))
    for table, name, definition in references:
        raw.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(*map(sql.Identifier, (table, name)))
            # As the server itself has written it.
            + sql.SQL(definition)
        )


def _forget_jobs(raw: psycopg.Connection[Any]) -> None:
    tables = [sql.Identifier(SCHEMA, name) for (name,) in raw.execute(_TABLES_OF_JOBS, (SCHEMA,))]
    if tables:
        raw.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(tables)))
