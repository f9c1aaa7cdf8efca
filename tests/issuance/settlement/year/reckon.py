"""The end of the year: all that is stored beside what the events came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce

import sqlalchemy as sa

from issuance.statistics.counts import EARLIER, By, Counts, Scope, StepCounts
from storage.records import SqlRecords
from storage.settlement_tables import apologies, follow_ups
from storage.tables import applications

from .district import District
from .shadow import Case, Told, aware, here


def reckon_everything(district: District) -> Counter[str]:
    """Raises AssertionError; returns what the year came to."""
    late = _deadlines(district)
    _apologies(district, late)
    _follow_ups(district)
    _statistics(district)
    ended = Counter(f"ended: {case.ended}" for case in district.cases)
    kinds = Counter(f"told: {one.kind}, {one.level}" for one in district.follow_ups.told)
    return (
        district.counts
        + ended
        + kinds
        + Counter(
            {
                "late": len(late),
                "late by mischance": sum(case.fate != "late" for case in late),
                "late on purpose": sum(case.fate == "late" for case in district.cases),
                "letters signed": sum(case.apology_signed_at is not None for case in district.cases),
                "questions to registers": district.registers.asked,
                "questions without an answer": district.registers.silent,
                "moments at which all were looked at": district.samples,
                "owners looked at": district.sampled,
            }
        )
    )


def _deadlines(district: District) -> set[Case]:
    """Every stored moment is the naive one, and late are those that were kept on purpose, and few others."""
    a = applications
    query = sa.select(a.c.id, a.c.unit, a.c.promised_at, a.c.step_due_at, a.c.closed_at, a.c.halted_at)
    stored = {row.id: row for row in _rows(district, query)}
    assert len(stored) == len(district.cases) == district.year.applications
    for case in district.cases:
        row = stored[case.id]
        said = (row.unit, *(moment and here(moment) for moment in row[2:]))
        assert said == (case.unit, case.promised, case.step_due, case.closed_at, case.halted_at), case
    late = {case for case in district.cases if case.is_late(district.at)}
    # Besides, now and then an answer that grew old, a case given back or a register that was away makes one late.
    mischances = sum(case.fate != "late" for case in late)
    assert mischances <= len(district.cases) / 200
    assert all(case in late for case in district.cases if case.fate == "late" and case.ended)
    meant = district.year.late * len(district.cases)
    assert 0.5 * meant <= len(late) - mischances <= 1.5 * meant
    return late


def _apologies(district: District, late: set[Case]) -> None:
    p = apologies
    stored = {row.application_id: row for row in _rows(district, sa.select(p))}
    assert stored.keys() == {case.id for case in late}
    for case in late:
        row = stored[case.id]
        assert (here(row.missed_at), here(row.drafted_at)) == (case.promised, case.promised + timedelta(minutes=1))
        assert (row.signed_at and here(row.signed_at)) == case.apology_signed_at


def _follow_ups(district: District) -> None:
    f = follow_ups
    columns = (f.c.application_id, f.c.kind, f.c.level, f.c.due_at, f.c.found_at)
    query = sa.select(*columns).where(f.c.kind.in_(["overdue", "step_overdue"]))
    stored = {Told(row[0], row[1], row[2], here(row[3]), here(row[4])) for row in _rows(district, query)}
    assert stored == district.follow_ups.told
    assert {one.level for one in stored} == {"owner", "head"}


def _statistics(district: District) -> None:
    year = district.year
    whole, half = (year.first, year.last), (year.first + (year.last - year.first) / 2, year.last)
    for first, last in (whole, half, (year.first, half[0])):
        scope = Scope(units=None, type_id=None, first=first, last=last, now=aware(district.at))
        total = _counted(district, scope, None).get("", Counts())
        groupings: tuple[By | None, ...] = (None, "unit", "type", "week")
        for by in groupings:
            counted = _counted(district, scope, by)
            assert counted == _plain_count(district, scope, by)
            assert reduce(Counts.__add__, counted.values(), Counts()) == total
            if (first, last) == whole and by != "week":
                for one in counted.values():
                    assert one.received == one.settled + one.refused + one.stopped + one.withdrawn + one.open
        steps = district.database.run_blocking(lambda records, scope=scope: records.statistics.steps(scope))  # type: ignore[misc] # of a default
        assert dict(steps) == _plain_steps(district, scope)


def _counted(district: District, scope: Scope, by: By | None) -> dict[str, Counts]:
    def ask(records: SqlRecords) -> dict[str, Counts]:
        return dict(records.statistics.applications(scope, by))

    return district.database.run_blocking(ask)


def _plain_count(district: District, scope: Scope, by: By | None) -> dict[str, Counts]:
    found: dict[str, Counts] = {}

    def week(moment: datetime) -> str:
        return EARLIER if moment.date() < scope.first else moment.date().strftime("%G-W%V")

    for case in district.cases:
        for moment, counts in _counts_of(case, scope, district.at):
            key = {None: "", "unit": case.unit, "type": case.type_id, "week": week(moment)}[by]
            found[key] = found.get(key, Counts()) + counts
    return dict(sorted(found.items()))


def _counts_of(case: Case, scope: Scope, now: datetime) -> Iterator[tuple[datetime, Counts]]:
    if _in(scope, case.submitted_at):
        yield case.submitted_at, Counts(received=1)
    if case.closed_at is not None and _in(scope, case.closed_at):
        assert case.ended is not None
        yield case.closed_at, Counts(**{case.ended: 1})
        if case.ended == "settled" and case.closed_at <= case.promised:
            yield case.closed_at, Counts(on_time=1)
    came = case.submitted_at.date() <= scope.last
    if came and (case.closed_at is None or case.closed_at.date() > scope.last):
        yield case.submitted_at, Counts(open=1, overdue=int(case.runs and case.promised < now))
    if case.apology_signed_at is not None and _in(scope, case.apology_signed_at):
        yield case.apology_signed_at, Counts(apologies=1)


def _plain_steps(district: District, scope: Scope) -> dict[tuple[str, str], StepCounts]:
    found: dict[tuple[str, str], StepCounts] = {}
    for case in district.cases:
        for visit in case.visits:
            key = (case.procedure[0], visit.step)
            counts = StepCounts(visits=int(_in(scope, visit.entered_at)))
            if visit.left_at is not None and _in(scope, visit.left_at):
                in_time = visit.left_at <= visit.due
                counts += StepCounts(left_on_time=1) if in_time else StepCounts(left_late=1)
                took = visit.left_at.replace(microsecond=0) - visit.entered_at.replace(microsecond=0)
                counts += StepCounts(seconds=int(took.total_seconds()))
            if visit.entered_at.date() <= scope.last and (visit.left_at is None or visit.left_at.date() > scope.last):
                late = visit.left_at is None and case.runs and visit.due < district.at
                counts += StepCounts(open=1, overdue=int(late))
            found[key] = found.get(key, StepCounts()) + counts
    return {key: counts for key, counts in sorted(found.items()) if counts != StepCounts()}


def _in(scope: Scope, moment: datetime) -> bool:
    return scope.first <= moment.date() <= scope.last


def _rows(district: District, query: sa.Select[tuple[object, ...]]) -> list[sa.Row[tuple[object, ...]]]:
    return district.database.run_blocking(lambda records: list(records._connection.execute(query)))
