"""A transaction's connection, in which INSERTs wait for each other and travel as one statement.

Each statement is a journey to the server, and most of what a use case writes it never reads again. Over asyncpg such
INSERTs wait until something else is executed, or for the end of the transaction. Whoever reads sees all that was
written before, as ever; only the violation of a constraint comes to light later, and still before the commit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy import Connection, CursorResult
from sqlalchemy.engine import Compiled
from sqlalchemy.sql.compiler import SQLCompiler

from .conflicts import first_one_wins

_NUMBERED: Final = re.compile(r"\$(\d+)")
_MOST_VALUES: Final = 10_000
"""In one statement; PostgreSQL takes 32,767."""
_MOST_TEXTS: Final = 256
"""Of statements put together; use cases write in a few ways, and some as often as there are cases."""


class Prepared:
    """An INSERT as the driver takes it: its text, and how its values are put in order."""

    __slots__ = ("_order", "text")

    def __init__(self, compiled: Compiled) -> None:
        sql = cast("SQLCompiler", compiled)
        self.text = sql.string
        self._order = [(name, sql._bind_processors.get(name)) for name in sql.positiontup or ()]

    def put_in_order(self, values: Mapping[str, Any]) -> list[Any]:
        return [
            values[name] if process is None else process(values[name])  # type: ignore[operator] # tuples are for expanding parameters, of which an INSERT has none
            for name, process in self._order
        ]


class PreparedStatements:
    """Of one database, because compiled statements belong to its dialect: each INSERT, and what was sent as one."""

    def __init__(self) -> None:
        self._inserts: dict[tuple[object, ...], Prepared] = {}
        self._joined: dict[tuple[str, ...], str] = {}

    def insert(self, table: sa.Table, columns: tuple[str, ...], dialect: sa.Dialect) -> Prepared:
        key = (table, columns)
        prepared = self._inserts.get(key)
        if prepared is None:
            compiled = sa.insert(table).compile(dialect=dialect, column_keys=columns)
            prepared = self._inserts[key] = Prepared(compiled)
        return prepared

    def joined(self, parts: tuple[str, ...]) -> str:
        """One statement that does what all parts do, with their parameters numbered on."""
        text = self._joined.get(parts)
        if text is None:
            numbered, before = [], 0
            for number, part in enumerate(parts):
                counted = [int(found) for found in _NUMBERED.findall(part)]
                numbered.append(f"part_{number} AS ({_NUMBERED.sub(_raised_by(before), part)})")
                before += max(counted, default=0)
            if len(self._joined) >= _MOST_TEXTS:
                self._joined.clear()
            text = self._joined[parts] = f"WITH {', '.join(numbered)} SELECT 1"
        return text


class Together:
    """Stands in for a connection. Before it executes anything it sends what waits, jobs apart: DBOS's tables are not
    read before the commit, so those wait for the end."""

    __slots__ = ("_connection", "_jobs", "_statements", "_tables", "_values", "_waiting", "waits")

    def __init__(self, connection: Connection, statements: PreparedStatements) -> None:
        self._connection = connection
        self._statements = statements
        self.waits = connection.dialect.paramstyle == "numeric_dollar"
        """Whether the driver numbers parameters, so that statements can be joined. Else they are executed at once."""
        self._waiting: list[str] = []
        self._values: list[Any] = []
        self._tables: set[sa.Table] = set()
        self._jobs: list[tuple[Prepared, Mapping[str, Any]]] = []

    @property
    def dialect(self) -> sa.Dialect:
        return self._connection.dialect

    def plain(self) -> Connection:
        """The connection itself, for whom nothing waits any more."""
        if self._waiting:
            self._send()
        return self._connection

    def execute(self, statement: Any, values: Any = None, **options: Any) -> CursorResult[Any]:
        if self._waiting:
            self._send()
        return self._connection.execute(statement, values, **options)

    def exec_driver_sql(self, statement: str, values: Any = None, **options: Any) -> CursorResult[Any]:
        if self._waiting:
            self._send()
        return self._connection.exec_driver_sql(statement, values, **options)

    def execute_about(self, table: sa.Table, statement: Any, values: Any = None) -> CursorResult[Any]:
        """A statement about this table alone: what waits to be written into others may go on waiting."""
        if table in self._tables:
            self._send()
        return self._connection.execute(statement, values)

    def insert(self, table: sa.Table, values: Mapping[str, Any]) -> None:
        """Write the row by the next statement or the end of the transaction, whichever comes first.

        Raises ConcurrentChange, here or then, where a unique constraint says that somebody else was first.
        """
        if not self.waits:
            with first_one_wins():
                self._connection.execute(_insert_into(table), values)
            return
        prepared = self._statements.insert(table, tuple(values), self._connection.dialect)
        if len(self._values) + len(values) > _MOST_VALUES:
            self._send()
        self._values += prepared.put_in_order(values)
        self._waiting.append(prepared.text)
        self._tables.add(table)

    def insert_job(self, prepared: Prepared, values: Mapping[str, Any]) -> None:
        """At the end of the transaction."""
        self._jobs.append((prepared, values))

    def send(self) -> None:
        """Before the commit: write what still waits. Raises ConcurrentChange."""
        for prepared, values in self._jobs:
            if len(self._values) > _MOST_VALUES:
                self._send()
            self._waiting.append(prepared.text)
            self._values += prepared.put_in_order(values)
        self._jobs = []
        if self._waiting:
            self._send()

    def _send(self) -> None:
        parts, values = tuple(self._waiting), tuple(self._values)
        self._waiting, self._values, self._tables = [], [], set()
        with first_one_wins():
            self._connection.exec_driver_sql(self._statements.joined(parts), values)


@cache
def _insert_into(table: sa.Table) -> sa.Insert:
    # Composing a statement of many columns costs more than executing it.
    return sa.insert(table)


def _raised_by(before: int) -> Any:
    return lambda found: f"${int(found[1]) + before}"
