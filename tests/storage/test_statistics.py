"""Statistics beside a naive count over all applications: the same figures, and every grouping adds up to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from issuance.application import Application, ApplicationState, Decision, DecisionOutcome
from issuance.fees.facts import vietnam_day
from issuance.procedure.working_time import Pause
from issuance.statistics.counts import EARLIER, By, Counts, Scope, StepCounts
from storage.records import SqlRecords
from storage.runner import Database
from storage.settlement_tables import apologies, step_visits
from storage.tables import applications
from tests.storage.people import OFFICIAL, an_application, fee
from tests.storage.test_work_list_plans import steps_that_read_whole

UNITS, TYPES, STEPS = ("unit-a", "unit-b", "unit-c"), ("type-1", "type-2"), ("check", "sign")
BEGIN = datetime(2024, 12, 20, tzinfo=UTC)
S = ApplicationState
# Nothing due thanks to a budget, more of the same, money due, and referred to an official.
FEES = (fee(), fee(copies=5), fee(date(2024, 5, 3)), fee(date(2026, 5, 3)))


@dataclass(frozen=True)
class Visit:
    application: Application
    step: str
    entered_at: datetime
    due_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True)
class World:
    applications: Sequence[Application]
    apologies: Sequence[tuple[Application, datetime | None]]
    visits: Sequence[Visit]


def made_world(seed: int, size: int = 250) -> World:
    """Moments lie on few hours, so that many are the same, and some are the first or last ones of a day in Vietnam."""
    draw = Random(seed)
    moments = [BEGIN + timedelta(hours=6 * n + 5) for n in range(120)] + [BEGIN + timedelta(days=9, microseconds=-1)]

    def an_ended(application: Application, closed_at: datetime, state: ApplicationState) -> Application:
        outcome = DecisionOutcome.REFUSED if draw.random() < 0.5 else None
        if state in (S.SETTLED, S.RESULT_RETURNED):
            outcome = DecisionOutcome.APPROVED
        if state is S.REFUSED_AT_INTAKE:
            outcome = DecisionOutcome.REFUSED
        if state is S.WITHDRAWN:
            outcome = None
        decision = None if outcome is None else Decision(outcome=outcome, by=OFFICIAL, at=closed_at, reason="…")
        return replace(application, state=state, closed_at=closed_at, decision=decision)

    applications, letters, visits = [], [], []
    for _ in range(size):
        submitted, promised = sorted((draw.choice(moments), draw.choice(moments)))
        paused = draw.random() < 0.2
        one = an_application(
            unit=draw.choice(UNITS),
            type_id=draw.choice(TYPES),
            fee=draw.choice(FEES),
            submitted_at=submitted,
            promised_at=promised,
            pauses=(Pause(submitted, None, "payment_asked"),) if paused else (),
        )
        if draw.random() < 0.7:
            closed = max(submitted, draw.choice([promised, *moments]))
            state = draw.choice([S.REFUSED_AT_INTAKE, S.WITHDRAWN, S.STOPPED, S.SETTLED, S.RESULT_RETURNED])
            one = an_ended(replace(one, pauses=()), closed, state)
        applications.append(one)
        if draw.random() < 0.3:
            letters.append((one, draw.choice([None, *moments])))
        entered, left = sorted((draw.choice(moments), draw.choice(moments)))
        due = draw.choice([None, left, draw.choice(moments)])
        visits.append(Visit(one, draw.choice(STEPS), entered, due, None if draw.random() < 0.4 else left))
    return World(applications, letters, visits)


def store(records: SqlRecords, world: World) -> None:
    for one in world.applications:
        records.applications.add(one)
    for one, signed_at in world.apologies:
        values = {
            "application_id": one.id,
            "unit": one.unit,
            "missed_at": BEGIN,
            "drafted_at": BEGIN,
            "new_date": date(2025, 1, 9),
            "reason": None if signed_at is None else "…",
            "signed_by": None if signed_at is None else {"subject_key": "x", "full_name": "x", "unit": "x"},
            "signed_at": signed_at,
            "letter_issued": False,
        }
        records._connection.execute(apologies.insert(), records.apologies._cells.seal(apologies, values))
    for visit in world.visits:
        values = {
            "application_id": visit.application.id,
            "seq": 1,
            "unit": visit.application.unit,
            "type_id": visit.application.type_id,
            "procedure_id": f"procedure-of-{visit.application.type_id}",
            "step": visit.step,
            "role": "caseworker",
            "entered_at": visit.entered_at,
            "due_at": visit.due_at,
            "left_at": visit.left_at,
            "outcome": None if visit.left_at is None else "done",
        }
        records._connection.execute(step_visits.insert(), values)


def naive_week(moment: datetime, scope: Scope) -> str:
    day = vietnam_day(moment)
    return EARLIER if day < scope.first else day.strftime("%G-W%V")


def naive(world: World, scope: Scope, by: By | None) -> dict[str, Counts]:
    """One application after the other, a figure at a time."""
    found: dict[str, Counts] = {}

    def within(moment: datetime | None) -> bool:
        return moment is not None and scope.first <= vietnam_day(moment) <= scope.last

    def count(one: Application, moment: datetime, **figures: int) -> None:
        keys = {None: "", "unit": one.unit, "type": one.type_id, "week": naive_week(moment, scope)}
        found[keys[by]] = found.get(keys[by], Counts()) + Counts(**figures)

    def counted(one: Application) -> bool:
        return (scope.units is None or one.unit in scope.units) and scope.type_id in (None, one.type_id)

    for one in filter(counted, world.applications):
        if within(one.submitted_at):
            count(one, one.submitted_at, received=1)
        if one.closed_at is not None and within(one.closed_at):
            refused = one.decision is not None and one.decision.outcome is DecisionOutcome.REFUSED
            if one.state in (S.SETTLED, S.RESULT_RETURNED):
                count(one, one.closed_at, settled=1, on_time=int(one.closed_at <= one.promised_at))
            elif one.state is S.WITHDRAWN:
                count(one, one.closed_at, withdrawn=1)
            else:
                count(one, one.closed_at, **({"refused": 1} if refused else {"stopped": 1}))
        came = vietnam_day(one.submitted_at) <= scope.last
        if came and (one.closed_at is None or vietnam_day(one.closed_at) > scope.last):
            late = one.closed_at is None and not one.is_paused and one.promised_at < scope.now
            count(one, one.submitted_at, open=1, overdue=int(late))
    for one, signed_at in world.apologies:
        if counted(one) and signed_at is not None and within(signed_at):
            count(one, signed_at, apologies=1)
    return found


def naive_steps(world: World, scope: Scope) -> dict[tuple[str, str], StepCounts]:
    found: dict[tuple[str, str], StepCounts] = {}
    for visit in world.visits:
        one = visit.application
        if (scope.units is not None and one.unit not in scope.units) or scope.type_id not in (None, one.type_id):
            continue
        entered = vietnam_day(visit.entered_at)
        left = None if visit.left_at is None else vietnam_day(visit.left_at)
        counts = StepCounts(visits=int(scope.first <= entered <= scope.last))
        if visit.left_at is not None and left is not None and scope.first <= left <= scope.last:
            in_time = visit.due_at is None or visit.left_at <= visit.due_at
            seconds = int(visit.left_at.timestamp() // 1 - visit.entered_at.timestamp() // 1)
            counts += StepCounts(left_on_time=int(in_time), left_late=int(not in_time), seconds=seconds)
        if entered <= scope.last and (left is None or left > scope.last):
            late = left is None and visit.due_at is not None and visit.due_at < scope.now
            counts += StepCounts(open=1, overdue=int(late and not one.is_paused and one.closed_at is None))
        key = (f"procedure-of-{one.type_id}", visit.step)
        found[key] = found.get(key, StepCounts()) + counts
    return {key: counts for key, counts in found.items() if counts != StepCounts()}


def naive_waived(world: World, scope: Scope) -> dict[str, dict[str, tuple[int, int]]]:
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for one in world.applications:
        if (scope.units is not None and one.unit not in scope.units) or scope.type_id not in (None, one.type_id):
            continue
        day = vietnam_day(one.submitted_at)
        if one.state is S.WITHDRAWN or not scope.first <= day <= scope.last:
            continue
        month = found.setdefault(day.strftime("%Y-%m"), {})
        of_one: Counter[str] = Counter()
        for reduction in (reduction for line in one.fee.lines for reduction in line.reductions):
            of_one["" if reduction.funding is None else reduction.funding.budget] += reduction.amount
        for budget, amount in of_one.items():
            before, applications = month.get(budget, (0, 0))
            month[budget] = (before + amount, applications + 1)
    return found


days = st.dates(date(2024, 12, 18), date(2025, 1, 25))
scopes = st.builds(
    lambda units, type_id, pair, hours: Scope(
        units=units,
        type_id=type_id,
        first=min(pair),
        last=max(pair),
        now=BEGIN + timedelta(hours=hours),
    ),
    st.none() | st.frozensets(st.sampled_from([*UNITS, "unit-without-any"])),
    st.none() | st.sampled_from(TYPES),
    st.tuples(days, days),
    st.integers(0, 900),
)
HOW: tuple[By | None, ...] = (None, "unit", "type", "week")


def summed(groups: Iterable[Counts]) -> Counts:
    return reduce(Counts.__add__, groups, Counts())


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.campaign)])
def test_every_grouping_is_what_a_naive_count_finds_and_adds_up(database_url: str, seed: int) -> None:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    world = made_world(seed)
    database.run_blocking(lambda records: store(records, world))

    @settings(max_examples=60, derandomize=True)
    @given(scopes)
    def check(scope: Scope) -> None:
        whole = summed(naive(world, scope, None).values())
        for by in HOW:
            groups = database.run_blocking(lambda records, how=by: records.statistics.applications(scope, how))
            assert groups == naive(world, scope, by)
            assert summed(groups.values()) == whole
        assert database.run_blocking(lambda records: records.statistics.steps(scope)) == naive_steps(world, scope)
        waived = database.run_blocking(lambda records: records.statistics.waived(scope))
        assert not any(one.not_known for one in waived.values())
        found = {
            month: {one.budget: (one.amount, one.applications) for one in sums.sums} for month, sums in waived.items()
        }
        assert found == naive_waived(world, scope)
        waiting = database.run_blocking(lambda records: records.statistics.waiting(scope))
        mine = [one for one in world.applications if scope.units is None or one.unit in scope.units]
        mine = [one for one in mine if scope.type_id in (None, one.type_id) and one.closed_at is None]
        assert waiting == dict(Counter(one.state for one in mine))

    try:
        check()
    finally:
        database.dispose_blocking()


def test_the_worlds_hold_every_figure() -> None:
    """Else the comparison above would compare nothing with nothing."""
    scope = Scope(units=None, type_id=None, first=date(2024, 12, 25), last=date(2025, 1, 12), now=BEGIN + timedelta(20))
    for seed in (1, 2):
        counts = summed(naive(made_world(seed), scope, None).values())
        assert all(getattr(counts, name) > 0 for name in Counts.__slots__), counts
        assert 0 < counts.on_time < counts.settled
        steps = reduce(StepCounts.__add__, naive_steps(made_world(seed), scope).values())
        assert all(getattr(steps, name) > 0 for name in StepCounts.__slots__), steps
        assert EARLIER in naive(made_world(seed), scope, "week")


@pytest.mark.parametrize(
    ("on_time", "settled", "per_mille"), [(0, 0, None), (0, 1, 0), (1, 1, 1000), (9_999, 10_000, 999), (2, 3, 666)]
)
def test_a_hundred_per_cent_are_all(on_time: int, settled: int, per_mille: int | None) -> None:
    assert Counts(on_time=on_time, settled=settled).on_time_per_mille == per_mille
    assert Counts(on_time=on_time, settled=settled).late == settled - on_time


def test_a_units_figures_are_read_from_indexes(database_url: str) -> None:
    """Not every row of all units: an installation has hundreds of units."""
    scope = Scope(units={"unit-a"}, type_id=None, first=date(2025, 1, 1), last=date(2025, 1, 31), now=BEGIN)
    ask: list[Callable[[SqlRecords], object]] = [
        lambda records: records.statistics.applications(scope, "week"),
        lambda records: records.statistics.steps(scope),
    ]
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    try:
        for question in ask:
            assert steps_that_read_whole(database, question, {"applications", "step_visits"}) == []
    finally:
        database.dispose_blocking()


def test_what_an_earlier_release_did_not_add_up_is_counted(database_url: str) -> None:
    scope = Scope(units=None, type_id=None, first=date(2024, 12, 1), last=date(2024, 12, 31), now=BEGIN)
    database = Database(database_url, clock=lambda: datetime.now(UTC))

    def ask(records: SqlRecords) -> tuple[int, int]:
        for known in (True, False):
            one = an_application(submitted_at=BEGIN, promised_at=BEGIN, fee=FEES[0])
            records.applications.add(one)
            if not known:
                records._connection.execute(
                    sa.update(applications).where(applications.c.id == one.id).values(waived=None)
                )
        sums = records.statistics.waived(scope)["2024-12"]
        return sums.sums[0].applications, sums.not_known

    try:
        assert database.run_blocking(ask) == (1, 1)
    finally:
        database.dispose_blocking()
