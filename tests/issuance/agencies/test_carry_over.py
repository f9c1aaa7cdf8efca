"""A unit ends with open applications: each goes over once, whatever happens meanwhile, and nobody loses sight of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from identity.citizen import VerifiedOfficial
from identity.officials_register import RegisteredOfficial
from issuance.agencies.carried import CarryOver
from issuance.agencies.carry_over import carry_batch, carry_over, find_carry_overs, nobody_in_charge
from issuance.agencies.import_units import import_units
from issuance.agencies.tree import UnitTree
from issuance.agencies.unit import Unit
from issuance.application import ApplicationState
from issuance.apply import apply
from issuance.errors import ApplicationNotFound, CarryOverNotFound, IssuanceError, NoSuccessor
from issuance.jobs import JobKind
from issuance.registers.consult import keep_register_answer
from issuance.settlement.act import approve
from issuance.settlement.step_visit import StepVisit
from issuance.statistics.counts import Counts, Scope
from storage.jobs import job_id
from storage.records import SqlRecords
from storage.tables import applications
from tests.issuance.office import INPUT, TYPE, UNIT, Office, clean_record
from tests.storage.people import an_application, approved

from .trees import unit

T = TypeVar("T")
HEIR, OTHER = "000.00.16.H26", "000.00.17.H26"
LAST = date(2024, 6, 30)
JUNE, JULY = datetime(2024, 6, 3, 2, tzinfo=UTC), datetime(2024, 7, 1, 1, tzinfo=UTC)
BEGUN = (unit(UNIT), unit(HEIR), unit(OTHER))
_numbers = itertools.count(1)
MERGED = (replace(BEGUN[0], valid_until=LAST, successor=HEIR), *BEGUN[1:])


def bring(office: Office, units: Sequence[Unit], at: datetime = JUNE) -> Sequence[CarryOver]:
    return office.do(lambda records: import_units(records, UnitTree(units), "operator", at)).carry_overs


def find(office: Office, at: datetime = JULY) -> Sequence[CarryOver]:
    return office.do(lambda records: find_carry_overs(records, at))


def carry(office: Office, carry_over_id: UUID, at: datetime = JULY) -> None:
    """As a worker would, all batches one after the other."""
    carry_over(office.database.run_blocking, office.rules, carry_over_id, lambda: at, lambda _, act: act())


def add(office: Office, count: int, code: str = UNIT, **changes: object) -> list[UUID]:
    """Applications that are open at a unit, each in its first step."""
    made = [
        an_application(**({"unit": code, "code": f"{code}-240102-{next(_numbers):04d}"} | changes))
        for _ in range(count)
    ]

    def write(records: SqlRecords) -> None:
        for one in made:
            records.applications.add(one)
            records.step_visits.open(
                StepVisit(
                    seq=1,
                    application_id=one.id,
                    unit=code,
                    type_id=one.type_id,
                    procedure_id=one.procedure.id,
                    step=one.step,
                    role=one.role,
                    owner_key=None,
                    entered_at=one.submitted_at,
                    due_at=None,
                )
            )

    office.database.run_blocking(write)
    return [one.id for one in made]


def units_of(office: Office, ids: Sequence[UUID]) -> set[str]:
    return {office.do(lambda records, i=one: records.applications.by_id(i)).unit for one in ids}


async def test_what_is_open_goes_to_the_successor_and_what_has_ended_stays(office: Office) -> None:
    bring(office, MERGED)
    open_ones = add(office, 3)
    ended = add(office, 1, state=ApplicationState.WITHDRAWN, closed_at=JUNE)
    elsewhere = add(office, 1, OTHER)
    assert find(office, JULY - timedelta(hours=9)) == ()

    (found,) = find(office)
    assert (found.from_unit, found.to_unit, found.ended_on) == (UNIT, HEIR, LAST)
    assert not find(office)
    carry(office, found.id)

    assert units_of(office, open_ones) == {HEIR}
    assert units_of(office, ended) == {UNIT}
    assert units_of(office, elsewhere) == {OTHER}
    done = office.do(lambda records: records.carry_overs.by_id(found.id))
    assert (done.moved, done.done_at) == (3, JULY)
    assert office.audit(open_ones[0]) == ["carried_over"]
    visit = office.database.run_blocking(lambda records: records.step_visits.current(open_ones[0]))
    assert visit is not None
    assert visit.unit == HEIR
    carry(office, found.id)
    assert office.audit(open_ones[0]) == ["carried_over"]


async def test_code_and_promise_stay_and_a_new_owner_of_the_new_unit_has_it(office: Office) -> None:
    bring(office, BEGUN)
    application = await office.application()
    bring(office, MERGED)
    for name, code in (("old", UNIT), ("new", HEIR)):
        entry = RegisteredOfficial(
            subject_key=f"https://officials.example|{name}",
            unit=code,
            roles=frozenset({"caseworker", "head"}),
            full_name=f"Cán bộ {name}",
        )
        office.database.run_blocking(lambda records, one=entry: records.officials.put(one, JUNE))
    (found,) = find(office)
    carry(office, found.id)

    moved = office.do(lambda records: records.applications.by_id(application.id))
    assert (moved.unit, moved.code, moved.promised_at) == (HEIR, application.code, application.promised_at)
    assert moved.owner is not None
    assert (moved.owner.full_name, moved.owner.unit) == ("Cán bộ new", HEIR)
    visit = office.database.run_blocking(lambda records: records.step_visits.current(application.id))
    assert visit is not None
    assert (visit.unit, visit.owner_key) == (HEIR, moved.owner.subject_key)
    citizen = await office.citizen()
    assert office.do(lambda r: r.applications.of_citizen(moved.code, citizen.subject_key)).unit == HEIR
    with pytest.raises(ApplicationNotFound):
        office.do(lambda records: records.applications.in_unit(moved.code, UNIT))
    assert office.do(lambda records: records.applications.work_list(UNIT, None, 10)).applications == []
    assert office.do(lambda records: records.applications.work_list(HEIR, None, 10)).applications == [moved]


async def test_what_is_decided_and_not_issued_yet_goes_over_as_it_is(office: Office) -> None:
    bring(office, MERGED)
    one = approved(an_application())
    office.do(lambda records: records.applications.add(one))
    (found,) = find(office)
    carry(office, found.id)

    moved = office.do(lambda records: records.applications.by_id(one.id))
    assert (moved.unit, moved.decision, moved.owner) == (HEIR, one.decision, None)


async def test_new_applications_go_to_the_successor_from_its_first_day(office: Office) -> None:
    bring(office, MERGED)
    codes = []
    for at in (datetime(2024, 6, 30, 16, 59, tzinfo=UTC), datetime(2024, 6, 30, 17, 0, tzinfo=UTC)):
        office.at = at
        codes.append((await office.application()).code)
    assert codes == [f"{UNIT}-240630-0001", f"{HEIR}-240701-0001"]


async def test_where_nobody_succeeds_nothing_is_guessed(office: Office) -> None:
    bring(office, MERGED)
    (lost,) = add(office, 1)
    (found,) = find(office)
    # The heir ended too before its turn came, and nobody follows it.
    office.do(lambda records: records.units.put([replace(BEGUN[1], valid_until=LAST + timedelta(days=1))], JULY))
    with pytest.raises(NoSuccessor):
        carry(office, found.id, JULY + timedelta(days=7))
    assert units_of(office, [lost]) == {UNIT}
    with pytest.raises(CarryOverNotFound):
        carry(office, uuid4())


async def test_a_chain_of_mergers_ends_where_its_last_unit_is(office: Office) -> None:
    chain = (MERGED[0], replace(BEGUN[1], valid_until=date(2024, 7, 31), successor=OTHER), BEGUN[2])
    bring(office, chain)
    first, second = add(office, 2), add(office, 2, HEIR)
    august = JULY + timedelta(days=31)

    found = find(office, august)
    assert {(one.from_unit, one.to_unit) for one in found} == {(UNIT, OTHER), (HEIR, OTHER)}
    for one in reversed(found):
        carry(office, one.id, august)

    assert units_of(office, first + second) == {OTHER}
    assert {len(office.audit(one)) for one in first + second} == {1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_of_a_unit_founded_anew_only_what_was_its_former_selfs_goes(
    office: Office, order: tuple[int, int]
) -> None:
    again = date(2024, 8, 1)
    bring(
        office,
        [
            *MERGED,
            unit(UNIT, since=again),
            unit("Y", until=date(2024, 8, 31), successor=UNIT),
        ],
    )
    former = add(office, 2)
    own = add(office, 2, submitted_at=datetime(2024, 8, 5, tzinfo=UTC))
    # Older than the foundation, but another unit's by then.
    inherited = add(office, 2, "Y")
    september = datetime(2024, 9, 2, tzinfo=UTC)

    found = find(office, september)
    assert [(one.from_unit, one.to_unit) for one in found] == [(UNIT, HEIR), ("Y", UNIT)]
    for index in order:
        carry(office, found[index].id, september)

    assert (units_of(office, former), units_of(office, own), units_of(office, inherited)) == ({HEIR}, {UNIT}, {UNIT})
    assert find(office, september + timedelta(days=1)) == []


async def test_a_period_without_anything_open_is_closed_when_its_unit_is_founded_anew(office: Office) -> None:
    bring(office, [*MERGED, unit(UNIT, since=date(2024, 8, 1)), unit("Y", until=date(2024, 8, 31), successor=UNIT)])
    assert find(office, datetime(2024, 8, 2, tzinfo=UTC)) == []
    inherited = add(office, 1, "Y")
    (found,) = find(office, datetime(2024, 9, 2, tzinfo=UTC))
    carry(office, found.id, datetime(2024, 9, 2, tzinfo=UTC))

    assert find(office, datetime(2024, 9, 3, tzinfo=UTC)) == []
    assert units_of(office, inherited) == {UNIT}


async def test_killed_between_two_batches_it_goes_on_with_the_next(office: Office) -> None:
    bring(office, MERGED)
    ids = add(office, 7)
    (found,) = find(office)

    class Killed(Exception):
        pass

    def fall(number: int) -> Callable[[str, Callable[[], T]], T]:
        steps = itertools.count(1)

        def step(_: str, act: Callable[[], T]) -> T:
            if next(steps) > number:
                raise Killed
            return act()

        return step

    def small(records: SqlRecords) -> bool:
        return carry_batch(records, office.rules, found.id, JULY, size=3)

    assert office.database.run_blocking(small) is False
    with pytest.raises(Killed):
        carry_over(office.database.run_blocking, office.rules, found.id, lambda: JULY, fall(0))
    assert office.do(lambda records: records.carry_overs.by_id(found.id)).moved == 3
    carry(office, found.id)

    assert units_of(office, ids) == {HEIR}
    assert {len(office.audit(one)) for one in ids} == {1}
    assert office.do(lambda records: records.carry_overs.by_id(found.id)).moved == 7


async def test_a_job_is_asked_for_with_each_and_again_when_it_is_lost(office: Office) -> None:
    bring(office, MERGED)
    add(office, 1)
    (found,) = find(office)
    known = office.database.queue.client.list_workflows()
    assert [job.workflow_id for job in known] == [job_id(JobKind.CARRY_OVER, found.id)]
    waiting = office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=JULY + timedelta(hours=1)))
    assert (JobKind.CARRY_OVER, found.id) in waiting
    carry(office, found.id)
    waiting = office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=JULY + timedelta(hours=1)))
    assert (JobKind.CARRY_OVER, found.id) not in waiting


async def test_a_merger_of_a_thousand_while_people_apply_and_decide(office: Office) -> None:
    bring(office, BEGUN)
    ids = add(office, 980)
    answered = []
    for _ in range(20):
        application = await office.application()
        answer = clean_record(office.at)
        office.do(lambda r, i=application.id, a=answer: keep_register_answer(r, i, a, office.at))
        answered.append(application)
    everybody = [*ids, *(one.id for one in answered)]
    bring(office, MERGED)
    before = counts(office)
    assert before[UNIT].open == 1000

    (found,) = find(office)
    old_head = await office.official(roles=["head", "caseworker"])
    new_head = await office.official(roles=["head", "caseworker"], unit=HEIR)
    citizen = await office.citizen()

    def decide(number: int) -> str | None:
        """By the old unit's head until it goes over, else by the new one's; never by both."""
        code = answered[number].code
        by = []
        for head in (old_head, new_head, old_head, new_head):
            try:
                decided = office.do(lambda r, h=head: walk_to_approval(r, office, code, h))
            except (ApplicationNotFound, StillTheOthers):
                continue
            by.append(decided)
        assert len(by) <= 1
        return by[0] if by else None

    def submit(number: int) -> UUID:
        at = JULY + timedelta(minutes=number) if number % 2 else JULY - timedelta(hours=9)
        return office.do(lambda r: apply(r, office.rules, citizen, TYPE, INPUT, at)).id

    with ThreadPoolExecutor(8) as pool:
        merging = [pool.submit(carry, office, found.id) for _ in range(2)]
        decisions = [pool.submit(decide, number) for number in range(20)]
        submissions = [pool.submit(submit, number) for number in range(20)]
        for one in merging:
            one.result()
        decided = [one.result() for one in decisions]
        submitted = [one.result() for one in submissions]
    # Those that came in the last minute and were written down after the merger.
    for late in find(office, JULY + timedelta(hours=1)):
        carry(office, late.id, JULY + timedelta(hours=1))

    assert units_of(office, [*everybody, *submitted]) == {HEIR}
    moves = [office.audit(one).count("carried_over") for one in everybody]
    assert moves == [1] * 1000
    carried = office.do(lambda records: records.carry_overs.newest(10))
    assert sum(one.moved for one in carried) == 1000 + sum(office.audit(one).count("carried_over") for one in submitted)
    assert set(decided) <= {UNIT, HEIR}
    assert [office.audit(one.id).count("application_approved") for one in answered] == [1] * 20
    after = counts(office)
    assert UNIT not in after
    assert after[HEIR].received == 1020
    assert after[HEIR].open == 1020


class StillTheOthers(Exception):
    """The case lies at the other unit, or in the hands of somebody else."""


def walk_to_approval(records: SqlRecords, office: Office, code: str, head: VerifiedOfficial) -> str:
    try:
        approve(records, office.rules, code, head, JULY)
    except ApplicationNotFound:
        raise
    except IssuanceError as error:
        raise StillTheOthers(type(error).__name__) from error
    return head.unit


def counts(office: Office) -> dict[str, Counts]:
    scope = Scope(units=None, type_id=None, first=date(2024, 6, 1), last=date(2024, 7, 31), now=JULY)
    return dict(office.database.run_blocking(lambda records: records.statistics.applications(scope, "unit")))


async def test_two_who_take_at_once_take_different_ones_or_wait(office: Office) -> None:
    bring(office, MERGED)
    ids = add(office, 40)
    (found,) = find(office)

    def batches(_: int) -> None:
        while not office.database.run_blocking(
            lambda records: carry_batch(records, office.rules, found.id, JULY, size=3)
        ):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(batches, range(4)))
    assert {len(office.audit(one)) for one in ids} == {1}
    rows = office.database.run_blocking(
        lambda r: r._connection.execute(sa.select(applications.c.version).where(applications.c.unit == HEIR)).all()
    )
    assert len(rows) == 40


async def test_a_line_of_heirs_that_breaks_off_holds_up_no_other_merger(office: Office) -> None:
    """A unit was founded anew after its heir had ended for good: nobody has what it once had."""
    march, april = date(2024, 3, 31), date(2024, 4, 30)
    broken = (
        unit("A", until=march, successor="B"),
        unit("B", until=april),
        unit("A", since=date(2024, 5, 2)),
    )
    bring(office, (*MERGED, *broken))
    here = add(office, 2)
    (found,) = find(office)
    assert (found.from_unit, found.to_unit) == (UNIT, HEIR)
    carry(office, found.id)
    assert units_of(office, here) == {HEIR}


async def test_what_lies_at_a_unit_that_ended_for_good_is_named_until_somebody_takes_over(office: Office) -> None:
    ending = (replace(BEGUN[0], valid_until=LAST), *BEGUN[1:])
    bring(office, ending)
    left = add(office, 3)
    add(office, 1, OTHER)
    assert office.do(lambda records: nobody_in_charge(records, JUNE)) == {}
    assert office.do(lambda records: nobody_in_charge(records, JULY)) == {UNIT: 3}
    assert not find(office)

    bring(office, MERGED, JULY)
    (under_way,) = office.do(lambda records: records.carry_overs.under_way())
    assert office.do(lambda records: nobody_in_charge(records, JULY)) == {}
    carry(office, under_way.id)
    assert units_of(office, left) == {HEIR}
