"""A unit has ended: what is open there goes to the one that answers for it now, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from uuid import UUID, uuid4

from issuance.application import Application
from issuance.errors import CarryOverNotFound, NoSuccessor
from issuance.fees.facts import vietnam_day
from issuance.jobs import JobKind, StepRunner
from issuance.records import AuditEntry, Records, Transact
from issuance.rules import Rules
from issuance.settlement.assign_owner import assign_anew

from .carried import CarryOver
from .tree import UnitTree
from .unit import Unit

BY_THE_SOFTWARE = "condau"
BATCH = 200
_EVER = datetime.max.replace(tzinfo=UTC)
_VIETNAM = timezone(timedelta(hours=7))


def find_carry_overs(
    records: Records, at: datetime, by: str = BY_THE_SOFTWARE, import_id: UUID | None = None
) -> Sequence[CarryOver]:
    """Open one for every period that has ended with something open at its unit, and ask for its job.

    Harmless when repeated, and when an application is left behind: it is found the next time. Returns those opened.
    """
    today, tree = vietnam_day(at), records.units.tree()
    ended = tree.ended_before(today)
    if not ended:
        return ()
    open_at = records.units.open_applications()
    under_way = {(one.from_unit, one.ended_on) for one in records.carry_overs.under_way()}
    opened = []
    for unit in ended:
        if (unit.code, unit.last_day) in under_way:
            continue
        founded_anew = _begins_again(tree, unit, today)
        # What lies at a unit that was founded anew may be its own: once carried over, nothing more is asked for.
        if records.carry_overs.was_done(unit.code, unit.last_day) if founded_anew else not open_at.get(unit.code):
            continue
        try:
            to_unit = tree.heir_of(unit, today)
        except NoSuccessor:
            # One line of heirs that breaks off holds up no other; `nobody_in_charge` names what lies there.
            continue
        if to_unit == unit.code:
            continue
        nothing = not open_at.get(unit.code)
        carry_over = CarryOver(
            id=uuid4(),
            from_unit=unit.code,
            ended_on=unit.last_day,
            to_unit=to_unit,
            asked_by=by,
            asked_at=at,
            import_id=import_id,
            done_at=at if nothing else None,
        )
        records.carry_overs.open(carry_over)
        if nothing:
            continue
        records.jobs.enqueue(JobKind.CARRY_OVER, carry_over.id)
        records.audit.append(
            AuditEntry(
                at=at,
                actor=by,
                action="carry_over_opened",
                application_id=None,
                details={
                    "carry_over": str(carry_over.id),
                    "from": unit.code,
                    "ended_on": unit.last_day.isoformat(),
                    "to": to_unit,
                    "open": open_at[unit.code],
                },
            )
        )
        opened.append(carry_over)
    return opened


def nobody_in_charge(records: Records, at: datetime) -> Mapping[str, int]:
    """How many open applications lie at each unit that has ended and that nobody has taken over."""
    today, tree = vietnam_day(at), records.units.tree()
    left = {}
    for code, count in sorted(records.units.open_applications().items()):
        try:
            tree.in_charge(code, today)
        except NoSuccessor:
            left[code] = count
    return left


def carry_over(
    transact: Transact, rules: Rules, carry_over_id: UUID, clock: Callable[[], datetime], step: StepRunner
) -> None:
    """The whole of it, each batch in a transaction of its own; killed in between it goes on with the next one."""
    batch = 1
    while not step(
        f"batch-{batch}", lambda: transact(lambda records: carry_batch(records, rules, carry_over_id, clock()))
    ):
        batch += 1


def carry_batch(records: Records, rules: Rules, carry_over_id: UUID, at: datetime, size: int = BATCH) -> bool:
    """Let the next applications go over, `size` at most; True when none is left. Harmless when repeated.

    Code, promise and deadlines stay; the case gets an owner of the new unit. Raises CarryOverNotFound, and NoSuccessor
    where the book has changed since and names nobody any more.
    """
    under_way = records.carry_overs.locked(carry_over_id)
    if under_way.done_at is not None:
        return True
    today, tree = vietnam_day(at), records.units.tree()
    period = _period_of(tree, under_way)
    to_unit = under_way.to_unit if period is None else tree.heir_of(period, today)
    first = _to_be_done_before(records, under_way, to_unit)
    if first is not None:
        carry_batch(records, rules, first.id, at, size)
        return False
    if to_unit == under_way.from_unit:
        records.carry_overs.save(replace(under_way, done_at=at))
        return True
    before = _submitted_before(tree, under_way, today)
    taken = records.carry_overs.take(under_way.from_unit, before, size)
    # What hangs on them first: an owner is then sought for a step that is the new unit's already.
    records.carry_overs.let_follow([application.id for application in taken], to_unit)
    for application in taken:
        _carry(records, rules, application, under_way, to_unit, at)
    is_done = len(taken) < size and not records.carry_overs.waiting(under_way.from_unit, before)
    moved = under_way.moved + len(taken)
    records.carry_overs.save(replace(under_way, to_unit=to_unit, moved=moved, done_at=at if is_done else None))
    return is_done


def progress_of(records: Records, import_id: UUID, at: datetime) -> Sequence[tuple[CarryOver, int]]:
    """What was opened for an import, each with how many applications it is in all. Raises CarryOverNotFound."""
    carried = records.carry_overs.of_import(import_id)
    if not carried:
        raise CarryOverNotFound
    return [(one, total_of(records, one, at)) for one in carried]


def total_of(records: Records, carry_over: CarryOver, at: datetime) -> int:
    """How many have gone over and how many still will."""
    if carry_over.done_at is not None:
        return carry_over.moved
    before = _submitted_before(records.units.tree(), carry_over, vietnam_day(at))
    return carry_over.moved + records.carry_overs.waiting(carry_over.from_unit, before)


def _submitted_before(tree: UnitTree, carry_over: CarryOver, today: date) -> datetime:
    """What came later to a unit that was founded anew is its own."""
    period = _period_of(tree, carry_over)
    founded_anew = period is not None and _begins_again(tree, period, today)
    return _midnight(carry_over.ended_on + timedelta(days=1)) if founded_anew else _EVER


def _carry(
    records: Records, rules: Rules, application: Application, under_way: CarryOver, to_unit: str, at: datetime
) -> None:
    moved = replace(application, unit=to_unit, owner=None)
    # What is decided waits for nobody; what is in no step yet gets its owner with its first one.
    if application.decision is None and records.step_visits.current(application.id) is not None:
        moved = assign_anew(records, rules, moved)
    records.applications.save(moved)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=under_way.asked_by,
            action="carried_over",
            application_id=application.id,
            details={"carry_over": str(under_way.id), "from": application.unit, "to": to_unit},
        )
    )


def _to_be_done_before(records: Records, carry_over: CarryOver, to_unit: str) -> CarryOver | None:
    """An earlier period of either unit, whose applications must not be taken for those that come now."""
    for other in records.carry_overs.under_way():
        if other.from_unit in (to_unit, carry_over.from_unit) and other.ended_on < carry_over.ended_on:
            return other
    return None


def _period_of(tree: UnitTree, carry_over: CarryOver) -> Unit | None:
    """None where the list was corrected since and the period ends on another day."""
    for unit in tree.periods(carry_over.from_unit):
        if unit.last_day == carry_over.ended_on and unit.successor is not None:
            return unit
    return None


def _begins_again(tree: UnitTree, period: Unit, today: date) -> bool:
    return any(period.last_day < unit.valid_from <= today for unit in tree.periods(period.code))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _VIETNAM)
