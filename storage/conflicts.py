"""Which database errors mean "somebody else was first", told apart by the name of the constraint, and which "away"."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from issuance.errors import ConcurrentChange

from .schema import metadata

_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"
# Connection exceptions, insufficient resources, shutting down or starting (PostgreSQL, appendix A).
_POSTGRESQL_AWAY = ("08", "53", "57P")
_SQLITE_AWAY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL})
_SQLITE_UNIQUE = "UNIQUE constraint failed: "
_SQLITE_BUSY = "database is locked"


def _unique_constraints() -> dict[str, frozenset[str]]:
    """Name → columns of every primary key, unique constraint and unique index, as `table.column`."""
    found: dict[str, frozenset[str]] = {}
    for table in metadata.tables.values():
        keys = [one for one in table.constraints if isinstance(one, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))]
        for one in (*keys, *(index for index in table.indexes if index.unique)):
            found[str(one.name)] = frozenset(f"{table.name}.{column.name}" for column in one.columns)
    return found


_UNIQUE = _unique_constraints()
# SQLite names the columns, PostgreSQL the constraint.
_UNIQUE_BY_COLUMNS = {columns: name for name, columns in _UNIQUE.items()}


@contextmanager
def first_one_wins() -> Iterator[None]:
    """Turn the violation of a unique constraint of ours into ConcurrentChange; any other error passes through.

    On PostgreSQL the transaction is lost with it, so a use case lets ConcurrentChange out and is run again.
    """
    try:
        yield
    except IntegrityError as error:
        name = violated_unique_constraint(error)
        if name is None:
            raise
        raise ConcurrentChange(f"another change was first ({name})") from None


def violated_unique_constraint(error: IntegrityError) -> str | None:
    """The name of our unique constraint that was violated; None for every other violation."""
    for cause in (error.orig, getattr(error.orig, "__cause__", None)):
        diagnosis = getattr(cause, "diag", cause)  # psycopg carries the name in `diag`, asyncpg on the error itself
        name = getattr(diagnosis, "constraint_name", None)
        if name is not None:
            return name if name in _UNIQUE else None
    message = str(error.orig)
    if message.startswith(_SQLITE_UNIQUE):
        return _UNIQUE_BY_COLUMNS.get(frozenset(message.removeprefix(_SQLITE_UNIQUE).split(", ")))
    return None


def may_run_again(error: Exception) -> bool:
    """Whether a whole transaction that failed like this may succeed when run again from its start."""
    if isinstance(error, ConcurrentChange):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return _state_of(error) in (_SERIALIZATION_FAILURE, _DEADLOCK) or str(error.orig).startswith(_SQLITE_BUSY)


def is_away(error: Exception) -> bool:
    """Whether the database could not be asked at all, rather than refused what it was asked."""
    if isinstance(error, PoolExhausted):
        return True
    if not isinstance(error, DBAPIError):
        return False
    sqlite_code = getattr(error.orig, "sqlite_errorcode", None)  # its low byte is the kind, the rest tells more
    away = sqlite_code is not None and sqlite_code & 0xFF in _SQLITE_AWAY
    return away or error.connection_invalidated or _state_of(error).startswith(_POSTGRESQL_AWAY)


def _state_of(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or ""
