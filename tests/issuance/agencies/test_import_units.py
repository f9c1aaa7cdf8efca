"""The list of units is brought anew: what differs, what may, and that nothing happens halfway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from issuance.agencies.import_units import ImportReport, import_units, install_units
from issuance.agencies.read_units import load_shipped_units
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit, UnitKind
from issuance.errors import BrokenUnits, ConcurrentChange, UnitsInUse
from issuance.fees.wording import Label
from storage.records import SqlRecords
from storage.runner import Database
from storage.tables import audit
from tests.storage.people import an_application

from .trees import BEFORE, MERGED, histories, unit

MAY, JULY = datetime(2025, 5, 5, 3, tzinfo=UTC), datetime(2025, 7, 1, 1, tzinfo=UTC)
CITY, X, Y = unit("CITY"), unit("X", parent="CITY"), unit("Y", parent="CITY")
N = unit("N", since=MERGED, parent="CITY")
MERGER = (CITY, replace(X, valid_until=BEFORE, successor="N"), replace(Y, valid_until=BEFORE, successor="N"), N)


def bring(database: Database, units: Sequence[Unit], at: datetime = MAY, *, dry_run: bool = False) -> ImportReport:
    return database.run_blocking(
        lambda records: import_units(records, UnitTree(units), "operator", at, dry_run=dry_run)
    )


def stored(database: Database) -> UnitTree:
    return database.run_blocking(lambda records: records.units.tree())


def add_application(database: Database, code: str) -> None:
    database.run_blocking(lambda records: records.applications.add(an_application(unit=code)))


def refused(database: Database, units: Sequence[Unit], at: datetime = MAY) -> list[tuple[str, str]]:
    before = stored(database).rows
    with pytest.raises(UnitsInUse) as error:
        bring(database, units, at)
    assert stored(database).rows == before
    assert all(one.text.vi != one.text.en for one in error.value.problems)
    return [(one.place, one.text.en.split(":")[0]) for one in error.value.problems]


async def test_an_empty_book_takes_a_list_and_gives_it_back(database: Database) -> None:
    assert stored(database).rows == ()
    preview = bring(database, MERGER, dry_run=True)
    assert stored(database).rows == ()

    report = bring(database, MERGER)

    assert report.added == preview.added == tuple(sorted(MERGER, key=lambda one: one.code))
    assert stored(database).rows == report.added
    assert bring(database, MERGER).changes_nothing


async def test_what_differs_is_told_as_it_is(database: Database) -> None:
    bring(database, [CITY, X, Y, unit("PLAN", since=MERGED)])
    renamed = replace(Y, name=Label("Tên mới", "New name"))

    report = bring(database, [CITY, MERGER[1], renamed, N])

    assert (report.added, [one.code for one in report.removed], report.unchanged) == ((N,), ["PLAN"], 1)
    assert [(one.before, one.after) for one in report.ended] == [(X, MERGER[1])]
    assert [(one.before, one.after) for one in report.changed] == [(Y, renamed)]


async def test_every_change_of_a_row_stands_in_the_audit_trail_and_previews_do_not(database: Database) -> None:
    bring(database, [CITY, X, Y])
    bring(database, MERGER, dry_run=True)
    bring(database, MERGER)
    bring(database, MERGER)

    first, second = database.run_blocking(_imports)
    assert first["added"] == 3
    assert [(one["before"]["valid_until"], one["after"]["valid_until"]) for one in second["changed"]] == [
        (None, "2025-06-30"),
        (None, "2025-06-30"),
    ]


def _imports(records: SqlRecords) -> list[dict[str, object]]:
    query = sa.select(audit.c.details).where(audit.c.action == "units_imported").order_by(audit.c.id)
    return list(records._connection.execute(query).scalars())


async def test_what_has_begun_is_not_rewritten(database: Database) -> None:
    bring(database, MERGER, JULY)
    moved = replace(N, parent=None)
    other = replace(N, kind=UnitKind.WARD)
    longer = replace(MERGER[1], valid_until=date(2025, 6, 29))

    assert refused(database, [*MERGER[:3], moved], JULY) == [("N (2025-07-01)", "this period has begun")]
    assert refused(database, [*MERGER[:3], other], JULY) == [("N (2025-07-01)", "this period has begun")]
    ended = "this period has ended"
    filling = unit("X", since=date(2025, 6, 30), until=BEFORE, parent="CITY", successor="N")
    assert refused(database, [CITY, replace(longer, successor=None), MERGER[2], N, filling], JULY) == [
        ("X (2024-01-01)", ended)
    ]
    # A plan is free to change until its day.
    bring(database, [*MERGER, unit("P", since=date(2025, 8, 1), parent="CITY")], JULY)
    bring(database, [*MERGER, unit("P", since=date(2025, 8, 1))], JULY)
    # A wrong code that nobody ever applied to may vanish.
    assert [one.code for one in bring(database, MERGER[:1], JULY).removed] == ["N", "P", "X", "Y"]


async def test_a_unit_with_applications_ends_only_with_a_successor(database: Database) -> None:
    bring(database, [CITY, X, Y])
    add_application(database, "X")

    vanishes = refused(database, [CITY, Y])
    assert vanishes == [
        ("X (2024-01-01)", "the unit has had applications"),
        ("X", "open applications lie at this unit"),
    ]
    nobody = [("X (2024-01-01)", "open applications lie at this unit")]
    assert refused(database, [CITY, replace(X, valid_until=BEFORE), Y]) == nobody
    gone = replace(X, valid_until=date(2025, 5, 4))
    assert refused(database, [CITY, gone, Y]) == [("X", "open applications lie at this unit")]
    # Nobody's is Y's affairs: it may end so.
    bring(database, [CITY, MERGER[1], replace(Y, valid_until=BEFORE), N])


async def test_the_unit_of_an_installation_that_keeps_no_book_is_no_obstacle(database: Database) -> None:
    add_application(database, "ELSEWHERE")
    assert not bring(database, MERGER).changes_nothing


async def test_a_list_that_makes_no_tree_changes_nothing(database: Database) -> None:
    bring(database, [CITY, X])
    with pytest.raises(BrokenUnits):
        bring(database, [X])
    with pytest.raises(BrokenUnits):
        bring(database, [])
    assert stored(database).rows == (CITY, X)


async def test_of_two_who_judge_by_the_same_book_one_is_run_again(database: Database) -> None:
    bring(database, [CITY, X])
    other = Database(database.address.url.render_as_string(hide_password=False), clock=lambda: MAY)
    runs = []

    def slow(records: SqlRecords) -> ImportReport:
        if not database.is_postgresql and not runs:
            runs.append(1)
            raise ConcurrentChange("as if somebody else had been first")
        seen = records.units.tree()
        if not runs:
            other.run_blocking(lambda r: import_units(r, UnitTree([CITY, X, Y]), "operator", MAY))
        runs.append(len(seen.rows))
        return import_units(records, UnitTree([*seen.rows, unit("LATE", parent="CITY")]), "operator", MAY)

    try:
        if not database.is_postgresql:
            bring(database, [CITY, X, Y])
        database.run_blocking(slow)
    finally:
        other.dispose_blocking()
    assert [one.code for one in stored(database).rows] == ["CITY", "LATE", "X", "Y"]
    assert runs[-1] == 3


async def test_another_process_sees_the_new_book_at_its_next_transaction(database: Database) -> None:
    other = Database(database.address.url.render_as_string(hide_password=False), clock=lambda: MAY)
    try:
        bring(database, [CITY, X])
        assert len(stored(other).rows) == 2
        assert stored(other) is stored(other)
        bring(database, [CITY, X, Y])
        assert len(stored(other).rows) == 3
    finally:
        other.dispose_blocking()


async def test_shipped_units_are_put_in_once_and_never_over_an_operators(database: Database) -> None:
    assert database.run_blocking(lambda records: install_units(records, MAY)) == len(load_shipped_units())
    tree = stored(database)
    assert sorted(load_shipped_units(), key=lambda one: (one.code, one.valid_from)) == list(tree.rows)
    bring(database, MERGER)
    assert database.run_blocking(lambda records: install_units(records, MAY)) == 0
    assert len(stored(database).rows) == 4


@given(rows=histories)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tree_comes_back_as_it_was_put(sqlite_url: str, rows: list[Unit]) -> None:
    database = Database(sqlite_url, clock=lambda: MAY)
    try:
        database.run_blocking(lambda records: records.units.remove(records.units.tree().rows))
        bring(database, rows)
        assert stored(database).rows == UnitTree(rows).rows
    finally:
        database.dispose_blocking()
