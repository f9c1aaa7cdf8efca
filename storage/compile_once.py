"""A connection that compiles DBOS's statements once, and one that notes what DBOS would write.

SQLAlchemy caches no statement with ON CONFLICT, and DBOS keeps its own cache for its own connections only: on ours each
enqueueing compiled two statements anew, more work than everything else that a submission writes.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Dialect, Executable
from sqlalchemy.engine import Compiled
from sqlalchemy.sql import Insert


class CompiledStatements:
    """One for each database, because compiled statements belong to its dialect."""

    def __init__(self) -> None:
        self.by_columns: dict[tuple[object, ...], Compiled] = {}


class CompilingOnce:
    """Stands in for a connection where plain INSERTs are executed; all else goes to the connection itself."""

    def __init__(self, connection: Connection, statements: CompiledStatements) -> None:
        self._connection = connection
        self._statements = statements
        self._schemas: dict[str | None, str | None] = {}

    def execution_options(self, **options: Any) -> CompilingOnce:
        # Where DBOS's tables stand; compiled into the statements, so that the connection stays as it is for ours.
        self._schemas.update(options.pop("schema_translate_map", {}))
        if options:
            self._connection.execution_options(**options)
        return self

    def execute(self, statement: Any, values: Any = None, **more: Any) -> CursorResult[Any]:
        _require_plain(statement, values, more)
        dialect = self._connection.dialect
        key = (dialect.driver, statement.table.name, *values)
        compiled = self._statements.by_columns.get(key)
        if compiled is None:
            compiled = self._statements.by_columns[key] = _compiled(statement, values, dialect, self._schemas)
        # A compiled statement may be executed, only the annotations of SQLAlchemy don't say so.
        return self._connection.execute(cast("Executable", compiled), values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Noting:
    """Stands in for a connection and executes nothing: it notes the INSERTs with their values."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.noted: list[tuple[Compiled, dict[str, Any]]] = []
        self._schemas: dict[str | None, str | None] = {}

    def get_execution_options(self) -> dict[str, Any]:
        return {}

    def execution_options(self, *, schema_translate_map: dict[str | None, str | None]) -> Noting:
        self._schemas.update(schema_translate_map)
        return self

    def execute(self, statement: Any, values: Any = None, **more: Any) -> CursorResult[Any]:
        _require_plain(statement, values, more)
        self.noted.append((_compiled(statement, values, self.dialect, self._schemas), dict(values)))
        return cast("CursorResult[Any]", _NothingFound())


class _NothingFound:
    """What DBOS is told of a statement that was only noted: that no row came back, by which it compares nothing."""

    def fetchone(self) -> None:
        return None


def _require_plain(statement: Any, values: Any, more: dict[str, Any]) -> None:
    if not isinstance(statement, Insert) or not isinstance(values, dict) or more:
        raise TypeError("only plain INSERTs are expected here")


def _compiled(
    statement: Insert, values: dict[str, Any], dialect: Dialect, schemas: dict[str | None, str | None]
) -> Compiled:
    return statement.compile(
        dialect=dialect, column_keys=list(values), schema_translate_map=schemas, render_schema_translate=True
    )
