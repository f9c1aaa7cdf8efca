"""Whatever the public checks ask of the register is answered from an index, however many documents there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from storage.records import SqlRecords
from storage.runner import Database

QUESTIONS: dict[str, Callable[[SqlRecords], object]] = {
    "by digest": lambda records: records.register.document_by_digest(b"\x01" * 32),
    "by number": lambda records: records.register.document_by_number("123456789012", "AAAAAAAAAA"),
    "by status index": lambda records: records.register.document_at(1, 2),
    "status": lambda records: records.register.status_of(1, 2),
}


def read_whole(database: Database, question: Callable[[SqlRecords], object]) -> list[str]:
    """The steps by which the statements of a question read every row about certificates, by an index or without."""
    explain = "EXPLAIN (FORMAT JSON)" if database.is_postgresql else "EXPLAIN QUERY PLAN"
    steps: list[str] = []

    def act(records: SqlRecords) -> None:
        connection = records._connection.plain()  # type: ignore[attr-defined] # of `Together`
        asked: list[tuple[str, Any]] = []

        def keep(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
            asked.append((statement, parameters))

        if database.is_postgresql:
            # The tables of a test are so small that reading them whole is cheaper; forbidden, it is still done where
            # there is no other way.
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        sa.event.listen(connection, "before_cursor_execute", keep)
        question(records)
        sa.event.remove(connection, "before_cursor_execute", keep)
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            if database.is_postgresql:
                steps.extend(_unconditional(rows[0][0][0]["Plan"]))
            else:
                steps.extend(row[-1] for row in rows if row[-1].startswith("SCAN certificate"))
        assert asked

    database.run_blocking(act)
    return steps


def _unconditional(node: dict[str, Any]) -> Iterator[str]:
    """Scans without a condition that the index itself answers; a filter looks at every row."""
    conditions = node.keys() & {"Index Cond", "Recheck Cond"}
    if str(node.get("Relation Name")).startswith("certificate") and not conditions:
        yield str(node)
    for below in node.get("Plans", ()):
        yield from _unconditional(below)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_table_is_read_whole(database_url: str, question: str) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    try:
        assert read_whole(database, QUESTIONS[question]) == []
    finally:
        database.dispose_blocking()


def test_reading_a_table_whole_would_be_noticed(database_url: str) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    try:
        unindexed = "SELECT * FROM certificates WHERE full_name = 'x' ORDER BY id"
        assert read_whole(database, lambda records: records._connection.exec_driver_sql(unindexed).all())
    finally:
        database.dispose_blocking()
