"""An operator brings the whole list of units anew: what differs is shown, checked against what has been, and stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from identity.citizen import VerifiedOfficial
from issuance.errors import NoSuccessor, RoleMissing, UnitsInUse
from issuance.fees.errors import Problem
from issuance.fees.facts import vietnam_day
from issuance.fees.wording import Label
from issuance.records import AuditEntry, Records

from .carried import CarryOver
from .carry_over import BY_THE_SOFTWARE, find_carry_overs
from .read_hours import write_hours
from .read_units import load_shipped_units
from .tree import UnitTree
from .unit import Unit

_VANISHES = Label(
    "đơn vị đã có hồ sơ: không được bỏ khỏi danh sách, hãy ghi ngày kết thúc và đơn vị kế thừa",
    "the unit has had applications: it may not vanish from the list, but end and name a successor",
)
_FIXED = Label(
    "giai đoạn đã bắt đầu: không đổi được loại hoặc đơn vị cấp trên, hãy thêm dòng mới từ ngày thay đổi",
    "this period has begun: its kind and parent stay; add a row that begins on the day of the change",
)
_ENDED = Label(
    "giai đoạn đã kết thúc: không đổi được ngày kết thúc",
    "this period has ended: its last day stays",
)
_NOBODY = Label(
    "đơn vị đang có hồ sơ chưa giải quyết xong: phải ghi đơn vị kế thừa",
    "open applications lie at this unit: it must name a successor",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A period that says something else than before."""

    before: Unit
    after: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import does. changed: other than `ended`, which got a last day or an earlier one. unchanged: how many.

    import_id: by which its carryings over are found. to_carry: for each unit that has ended by today, how many open
    applications lie there. carry_overs: what was opened for them; none of a preview.
    """

    import_id: UUID
    added: tuple[Unit, ...]
    changed: tuple[Change, ...]
    ended: tuple[Change, ...]
    removed: tuple[Unit, ...]
    unchanged: int
    to_carry: Mapping[str, int]
    carry_overs: tuple[CarryOver, ...] = field(default=())

    @property
    def changes_nothing(self) -> bool:
        return not (self.added or self.changed or self.ended or self.removed)


def demand_operator(official: VerifiedOfficial) -> None:
    """Raises RoleMissing: the list of units is every unit's, and so no unit's head may bring it."""
    if "operator" not in official.roles:
        raise RoleMissing("the list of units is brought by operators")


def install_units(records: Records, at: datetime) -> int:
    """Put the shipped units in where there are none; never beside or over those of an operator. Returns how many."""
    if records.units.tree().rows:
        return 0
    shipped = load_shipped_units()
    records.units.put(shipped, at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=BY_THE_SOFTWARE,
            action="units_installed",
            application_id=None,
            details={"units": len(shipped)},
        )
    )
    return len(shipped)


def import_units(records: Records, new: UnitTree, by: str, at: datetime, *, dry_run: bool = False) -> ImportReport:
    """Let these be all units that there have been, are and will be; or only show what that would change.

    A period that has begun keeps its kind and parent and, once it is over, its last day; its names, hours and successor
    may be corrected and an end set, and all of it stands in the audit trail. It vanishes only where no application ever
    lay at its unit. What is open at units that have ended by today is carried over at once.

    Raises UnitsInUse with all problems, ConcurrentChange.
    """
    today, old = vietnam_day(at), records.units.tree()
    open_at = records.units.open_applications()
    report = _compared(old, new, today, open_at)
    problems = (*_rewritten(records, report, today), *_left_alone(old, new, today, open_at))
    if problems:
        raise UnitsInUse(problems)
    if dry_run or report.changes_nothing:
        return report
    records.units.remove(report.removed)
    changes = (*report.changed, *report.ended)
    records.units.put((*report.added, *(change.after for change in changes)), at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=by,
            action="units_imported",
            application_id=None,
            details={
                "import": str(report.import_id),
                "added": len(report.added),
                "removed": [_in_audit(unit) for unit in report.removed],
                "changed": [{"before": _in_audit(one.before), "after": _in_audit(one.after)} for one in changes],
            },
        )
    )
    return replace(report, carry_overs=tuple(find_carry_overs(records, at, by, report.import_id)))


def _compared(old: UnitTree, new: UnitTree, today: date, open_at: Mapping[str, int]) -> ImportReport:
    before, after = _by_period(old.rows), _by_period(new.rows)
    both = [Change(before=before[key], after=after[key]) for key in before.keys() & after.keys()]
    differing = sorted((one for one in both if one.before != one.after), key=lambda one: _key(one.after))
    ended = tuple(one for one in differing if one.after.last_day < one.before.last_day)
    gone = {unit.code for unit in new.ended_before(today)} - {unit.code for unit in new.units_on(today)}
    return ImportReport(
        import_id=uuid4(),
        added=tuple(after[key] for key in sorted(after.keys() - before.keys())),
        changed=tuple(one for one in differing if one not in ended),
        ended=ended,
        removed=tuple(before[key] for key in sorted(before.keys() - after.keys())),
        unchanged=len(both) - len(differing),
        to_carry={code: open_at[code] for code in sorted(gone & open_at.keys())},
    )


def _rewritten(records: Records, report: ImportReport, today: date) -> Iterator[Problem]:
    for unit in report.removed:
        if unit.valid_from <= today and records.units.had_applications(unit.code):
            yield Problem(_place(unit), _VANISHES)
    for change in (*report.changed, *report.ended):
        before, after = change.before, change.after
        if before.valid_from > today:
            continue
        if (before.kind, before.parent) != (after.kind, after.parent):
            yield Problem(_place(after), _FIXED)
        if before.last_day < today and before.last_day != after.last_day:
            yield Problem(_place(after), _ENDED)


def _left_alone(old: UnitTree, new: UnitTree, today: date, open_at: Mapping[str, int]) -> Iterator[Problem]:
    for code in sorted(open_at):
        if not new.is_known(code):
            # A code that the book never knew counts as itself; one that it forgets would be nobody's.
            if old.is_known(code):
                yield Problem(code, _NOBODY)
            continue
        try:
            new.in_charge(code, today)
        except NoSuccessor:
            yield Problem(code, _NOBODY)
            continue
        last = new.periods(code)[-1]
        if last.last_day >= today and last.valid_until is not None and last.successor is None:
            yield Problem(_place(last), _NOBODY)


def _key(unit: Unit) -> tuple[str, date]:
    return unit.code, unit.valid_from


def _by_period(units: Iterable[Unit]) -> dict[tuple[str, date], Unit]:
    return {_key(unit): unit for unit in units}


def _place(unit: Unit) -> str:
    return f"{unit.code} ({unit.valid_from.isoformat()})"


def _in_audit(unit: Unit) -> dict[str, object]:
    return {
        "code": unit.code,
        "name": unit.name.vi,
        "kind": unit.kind.value,
        "parent": unit.parent,
        "valid_from": unit.valid_from.isoformat(),
        "valid_until": unit.valid_until.isoformat() if unit.valid_until else None,
        "successor": unit.successor,
        "hours": write_hours(unit.hours) if unit.hours else None,
    }
