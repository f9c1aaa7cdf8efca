"""What is wrong with a set of units: everything at once, each with its place, in words for those who keep the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from issuance.fees.errors import Problem
from issuance.fees.wording import Label

from .periods import Periods
from .unit import Unit

MAX_LEVELS = 16

_NO_UNITS = Label("không có đơn vị nào", "there is no unit")
_REVERSED = Label("kết thúc trước khi bắt đầu", "it ends before it begins")
_OWN_PARENT = Label("đơn vị cấp trên là chính nó", "it is its own parent")
_OWN_SUCCESSOR = Label("đơn vị kế thừa là chính nó", "it is its own successor")
_ENDLESS = Label("có đơn vị kế thừa nhưng không có ngày kết thúc", "it names a successor but no last day")
_GOES_ON = Label(
    "có đơn vị kế thừa, nhưng chính mã này còn tiếp tục từ ngày hôm sau",
    "it names a successor, but the same code goes on the day after",
)
_TOO_DEEP = Label(f"nằm sâu hơn {MAX_LEVELS} cấp", f"it stands more than {MAX_LEVELS} levels deep")


def problems_of(units: Iterable[Unit]) -> Sequence[Problem]:
    """Overlaps; parents that are missing on a day, or go in a circle; successors that are missing on the day after,
    or go in a circle. Empty when the units make a tree on every day."""
    rows = sorted(units, key=lambda unit: (unit.code, unit.valid_from))
    if not rows:
        return (Problem("", _NO_UNITS),)
    periods = Periods(rows)
    return (
        *_overlaps(rows),
        *(Problem(_place(unit), text) for unit in rows for text in _wrong_with(unit, periods)),
    )


def _place(unit: Unit) -> str:
    return f"{unit.code} ({unit.valid_from.isoformat()})"


def _overlaps(rows: Iterable[Unit]) -> Iterator[Problem]:
    longest: Unit | None = None
    for unit in rows:
        if longest is not None and longest.code == unit.code:
            if unit.valid_from <= longest.last_day:
                first = longest.valid_from.isoformat()
                yield Problem(
                    _place(unit),
                    Label(
                        f"trùng thời gian với dòng cùng mã bắt đầu ngày {first}",
                        f"it overlaps the row of the same code that begins on {first}",
                    ),
                )
            if unit.last_day < longest.last_day:
                continue
        longest = unit


def _wrong_with(unit: Unit, periods: Periods) -> Iterator[Label]:
    if unit.last_day < unit.valid_from:
        yield _REVERSED
        return
    if unit.parent is not None:
        yield from _wrong_with_parent(unit, unit.parent, periods)
    if unit.successor is not None:
        yield from _wrong_with_successor(unit, unit.successor, periods)


def _wrong_with_parent(unit: Unit, parent: str, periods: Periods) -> Iterator[Label]:
    if parent == unit.code:
        yield _OWN_PARENT
        return
    missing = periods.first_day_without(parent, unit.valid_from, unit.last_day)
    if missing is not None:
        yield Label(
            f"đơn vị cấp trên {parent} không tồn tại vào ngày {missing.isoformat()}",
            f"its parent {parent} does not exist on {missing.isoformat()}",
        )
    yield from _wrong_above(unit, periods)


def _wrong_above(unit: Unit, periods: Periods) -> Iterator[Label]:
    # A circle begins on the day when the last of its rows begins: looking up from each row on its own first day
    # finds every circle.
    seen, above = [unit.code], unit.parent
    while above is not None:
        if above == unit.code:
            circle = " → ".join((*seen, above))
            yield Label(f"quan hệ cấp trên đi vòng tròn: {circle}", f"parents go in a circle: {circle}")
        if above in seen:
            return
        if len(seen) == MAX_LEVELS:
            yield _TOO_DEEP
            return
        seen.append(above)
        found = periods.on(above, unit.valid_from)
        above = found.parent if found is not None else None


def _wrong_with_successor(unit: Unit, successor: str, periods: Periods) -> Iterator[Label]:
    if successor == unit.code:
        yield _OWN_SUCCESSOR
        return
    if unit.last_day == date.max:
        yield _ENDLESS
        return
    day_after = unit.last_day + timedelta(days=1)
    if periods.exists(unit.code, day_after):
        yield _GOES_ON
    if periods.exists(successor, day_after):
        return
    circle = _circle_of_successors(unit, successor, periods)
    if circle:
        codes = " → ".join(circle)
        yield Label(f"quan hệ kế thừa đi vòng tròn: {codes}", f"successors go in a circle: {codes}")
    else:
        yield Label(
            f"đơn vị kế thừa {successor} không tồn tại vào ngày {day_after.isoformat()}",
            f"its successor {successor} does not exist on {day_after.isoformat()}",
        )


def _circle_of_successors(unit: Unit, successor: str, periods: Periods) -> Sequence[str]:
    """The codes from the unit back to it, when each is gone by the day on which it should take over; else none.

    A circle longer than MAX_LEVELS isn't followed to its end: that each successor is missing is told all the same.
    """
    seen, code = {unit.code: None}, successor
    while code not in seen and len(seen) < MAX_LEVELS:
        seen[code] = None
        heir = periods.last_begun(code, unit.last_day)
        if heir is None or heir.successor is None:
            return ()
        code = heir.successor
    return (*seen, code) if code == unit.code else ()
