"""Whatever the public checks ask of the register is answered from an index, however many documents there are."""

from __future__ import annotations

from collections.abc import Callable
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


def plans(database: Database, question: Callable[[SqlRecords], object]) -> list[str]:
    """How the database answers each statement of a question."""
    explain = "EXPLAIN" if database.is_postgresql else "EXPLAIN QUERY PLAN"
    found = []

    def act(records: SqlRecords) -> None:
        connection = records._connection
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
            found.append(str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all()))

    database.run_blocking(act)
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_table_is_read_whole(database_url: str, question: str) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    try:
        found = plans(database, QUESTIONS[question])
        assert found
        whole = ("Seq Scan on certificate", "SCAN certificate")
        assert [plan for plan in found if any(words in plan for words in whole)] == []
    finally:
        database.dispose_blocking()


def test_reading_a_table_whole_would_be_noticed(database_url: str) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    try:
        everything = "SELECT * FROM certificates WHERE full_name = 'x'"
        (plan,) = plans(database, lambda records: records._connection.exec_driver_sql(everything).all())
        assert "Seq Scan on certificate" in plan or "SCAN certificate" in plan
    finally:
        database.dispose_blocking()
