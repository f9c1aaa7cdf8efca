"""A connection that compiles DBOS's statements once, and sends those of a transaction together.

SQLAlchemy caches no statement with ON CONFLICT, and DBOS keeps its own cache for its own connections only: on ours each
enqueueing compiled two statements anew, more work than everything else that a submission writes.

A job is two INSERTs, and each statement is a journey to the server. Over asyncpg they wait for the end of the
transaction and go as one: nobody reads them before its commit.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.engine import Compiled
from sqlalchemy.sql import Insert
from sqlalchemy.sql.compiler import SQLCompiler


class CompiledStatements:
    """One for each database, because compiled statements belong to its dialect."""

    def __init__(self) -> None:
        self.by_columns: dict[tuple[object, ...], Compiled] = {}


class SentTogether:
    """INSERTs of one transaction whose answers nobody waits for, until `send`."""

    _numbered: Final = re.compile(r"\$(\d+)")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._parts: list[str] = []
        self._values: list[Any] = []

    @staticmethod
    def suits(connection: Connection) -> bool:
        """Whether its driver numbers parameters, so that statements can be joined."""
        return connection.dialect.paramstyle == "numeric_dollar"

    def add(self, compiled: Compiled, values: dict[str, Any]) -> None:
        sql = cast("SQLCompiler", compiled)
        given, processors, before = sql.construct_params(values), sql._bind_processors, len(self._values)
        self._parts.append(self._numbered.sub(lambda found: f"${int(found[1]) + before}", sql.string))
        for name in sql.positiontup or ():
            processor = processors.get(name)
            self._values.append(given[name] if processor is None else processor(given[name]))  # type: ignore[operator] # tuples are for expanding parameters, of which an INSERT has none

    def send(self) -> None:
        if self._parts:
            parts = ", ".join(f"part_{number} AS ({part})" for number, part in enumerate(self._parts))
            self._connection.exec_driver_sql(f"WITH {parts} SELECT 1", tuple(self._values))
            self._parts, self._values = [], []


class _NotSentYet:
    """What DBOS is told of a statement that waits: that no row came back, by which it compares nothing."""

    def fetchone(self) -> None:
        return None


class CompilingOnce:
    """Stands in for a connection where plain INSERTs are executed; all else goes to the connection itself."""

    def __init__(
        self, connection: Connection, statements: CompiledStatements, together: SentTogether | None = None
    ) -> None:
        self._connection = connection
        self._statements = statements
        self._together = together
        self._schemas: dict[str | None, str | None] = {}

    def execution_options(self, **options: Any) -> CompilingOnce:
        # Where DBOS's tables stand; compiled into the statements, so that the connection stays as it is for ours.
        self._schemas.update(options.pop("schema_translate_map", {}))
        if options:
            self._connection.execution_options(**options)
        return self

    def execute(self, statement: Any, values: Any = None, **more: Any) -> CursorResult[Any]:
        if not isinstance(statement, Insert) or not isinstance(values, dict) or more:
            raise TypeError("only plain INSERTs are expected here")
        dialect = self._connection.dialect
        key = (dialect.driver, statement.table.name, *values)
        compiled = self._statements.by_columns.get(key)
        if compiled is None:
            compiled = statement.compile(
                dialect=dialect,
                column_keys=list(values),
                schema_translate_map=self._schemas,
                render_schema_translate=True,
            )
            self._statements.by_columns[key] = compiled
        if self._together is not None:
            self._together.add(compiled, values)
            return cast("CursorResult[Any]", _NotSentYet())
        # A compiled statement may be executed, only the annotations of SQLAlchemy don't say so.
        return self._connection.execute(cast("Executable", compiled), values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
