"""Which database errors mean "somebody else was first", told apart by the name of the constraint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from issuance.errors import ConcurrentChange

from .tables import metadata

_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"
_SQLITE_UNIQUE = "UNIQUE constraint failed: "
_SQLITE_BUSY = "database is locked"


def _unique_constraints() -> dict[str, frozenset[str]]:
    """Name → columns of every primary key and unique constraint, as `table.column`."""
    return {
        str(constraint.name): frozenset(f"{table.name}.{column.name}" for column in constraint.columns)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))
    }


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
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return state in (_SERIALIZATION_FAILURE, _DEADLOCK) or str(error.orig).startswith(_SQLITE_BUSY)
