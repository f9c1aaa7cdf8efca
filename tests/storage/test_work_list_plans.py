"""A unit's work list, each of its parts and each search comes from an index, already in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from issuance.application import ApplicationState
from issuance.work_list import WorkFilter
from storage.cursors import encode_cursor
from storage.records import SqlRecords
from storage.runner import Database
from storage.work_list import fingerprint
from tests.storage.people import NOW, UNIT

FILTERS = {
    "all": WorkFilter(),
    "in a state": WorkFilter(state=ApplicationState.RECEIVED),
    "of a type": WorkFilter(type_id="criminal_record_form_1"),
    "in a step": WorkFilter(step="review"),
    "of an owner": WorkFilter(owner="somebody"),
    "of nobody": WorkFilter(unowned=True),
    "overdue": WorkFilter(due="overdue", now=NOW, soon_before=NOW),
    "due soon": WorkFilter(due="soon", now=NOW, soon_before=NOW + timedelta(days=1)),
    "paused": WorkFilter(due="paused"),
    "of some days": WorkFilter(submitted_from=NOW, submitted_before=NOW + timedelta(days=1)),
}


def a_cursor(wanted: WorkFilter) -> str:
    return encode_cursor(NOW, NOW, UUID(int=7), question=fingerprint(wanted))


def plan_of(database: Database, question: Callable[[SqlRecords], object]) -> list[Any]:
    """What the database says it would do for each statement of the question."""
    explain = "EXPLAIN (FORMAT JSON)" if database.is_postgresql else "EXPLAIN QUERY PLAN"

    def act(records: SqlRecords) -> list[Any]:
        connection = records._connection.plain()  # type: ignore[attr-defined] # of `Together`
        asked: list[tuple[str, Any]] = []

        def keep(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
            asked.append((statement, parameters))

        if database.is_postgresql:
            # An empty table is cheaper read whole; forbidden, that is still done where there is no other way.
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
            connection.execute(sa.text("SET LOCAL enable_bitmapscan = off"))
        sa.event.listen(connection, "before_cursor_execute", keep)
        question(records)
        sa.event.remove(connection, "before_cursor_execute", keep)
        assert asked
        plans = []
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            plans.append(rows[0][0][0]["Plan"] if database.is_postgresql else [row[-1] for row in rows])
        return plans

    return database.run_blocking(act)


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)


def steps_that_read_whole(
    database: Database, question: Callable[[SqlRecords], object], tables: Collection[str]
) -> list[str]:
    """Steps that read every row of one of these tables, by an index or without."""
    found = []
    for plan in plan_of(database, question):
        if isinstance(plan, list):
            found += [step for step in plan if step.startswith("SCAN") and step.split()[1] in tables]
        else:
            found += [
                str(node)
                for node in nodes_of(plan)
                if node.get("Relation Name") in tables and not node.keys() & {"Index Cond", "Recheck Cond"}
            ]
    return found


def sorts(database: Database, question: Callable[[SqlRecords], object]) -> list[str]:
    found = []
    for plan in plan_of(database, question):
        if isinstance(plan, list):
            found += [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step]
        else:
            found += [node["Node Type"] for node in nodes_of(plan) if "Sort" in node["Node Type"]]
    return found


@pytest.mark.parametrize("name", FILTERS)
def test_a_page_is_read_from_an_index_in_its_order(database_url: str, name: str) -> None:
    wanted = FILTERS[name]
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    try:
        for cursor in (None, a_cursor(wanted)):

            def question(records: SqlRecords, at: str | None = cursor) -> object:
                return records.applications.work_list(UNIT, at, 20, wanted)

            assert steps_that_read_whole(database, question, {"applications"}) == []
            assert sorts(database, question) == []
    finally:
        database.dispose_blocking()


def test_a_search_is_answered_from_an_index(database_url: str) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    try:
        for question in (
            lambda records: records.applications.with_code(UNIT, "000.00.15.H26-2406", 51),
            lambda records: records.applications.of_person(UNIT, "f" * 64, 51),
        ):
            assert steps_that_read_whole(database, question, {"applications"}) == []
    finally:
        database.dispose_blocking()


def test_a_list_without_an_index_would_be_noticed(database_url: str) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC))

    def question(records: SqlRecords) -> object:
        return records._connection.exec_driver_sql(
            "SELECT id FROM applications WHERE channel = 'x' ORDER BY procedure_id"
        ).all()

    try:
        assert steps_that_read_whole(database, question, {"applications"})
        assert sorts(database, question)
    finally:
        database.dispose_blocking()
