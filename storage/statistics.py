"""Statistics in SQL: one statement for all figures about applications, so that they are one moment's and add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from issuance.application import ApplicationState, DecisionOutcome
from issuance.statistics.counts import EARLIER, By, Counts, Scope, StepCounts, Waived, WaivedSums
from verification.verdict import VIETNAM

from .columns import UtcMoment
from .settlement_tables import apologies, step_visits
from .tables import applications as t

Condition = sa.ColumnElement[bool]
_S = ApplicationState
_SETTLED = t.c.state.in_([_S.SETTLED.value, _S.RESULT_RETURNED.value])
# With a word for "no decision", so that its opposite is true or false and never unknown.
_REFUSED = sa.or_(
    t.c.state == _S.REFUSED_AT_INTAKE.value,
    sa.and_(t.c.state == _S.STOPPED.value, sa.func.coalesce(t.c.decision_outcome, "") == DecisionOutcome.REFUSED.value),
)
_COUNTED = tuple(Counts.__slots__)


class _VietnamDay(GenericFunction[str]):
    """The day of a moment in Vietnam, as YYYY-MM-DD."""

    type = sa.String()
    inherit_cache = True
    name = "vietnam_day"


@compiles(_VietnamDay, "postgresql")
def _on_postgresql(element: _VietnamDay, compiler: SQLCompiler, **more: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **more)} AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')"


@compiles(_VietnamDay, "sqlite")
def _on_sqlite(element: _VietnamDay, compiler: SQLCompiler, **more: Any) -> str:
    # UTC+7 all year since 1975.
    return f"date({compiler.process(element.clauses, **more)}, '+7 hours')"


class _ElapsedSeconds(GenericFunction[int]):
    """Whole seconds from the first moment to the second."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "elapsed_seconds"


@compiles(_ElapsedSeconds, "postgresql")
def _elapsed_on_postgresql(element: _ElapsedSeconds, compiler: SQLCompiler, **more: Any) -> str:
    begin, end = (compiler.process(one, **more) for one in element.clauses)
    return f"(floor(extract(epoch FROM {end})) - floor(extract(epoch FROM {begin})))::bigint"


@compiles(_ElapsedSeconds, "sqlite")
def _elapsed_on_sqlite(element: _ElapsedSeconds, compiler: SQLCompiler, **more: Any) -> str:
    begin, end = (compiler.process(one, **more) for one in element.clauses)
    # Without the fraction, which would be rounded.
    seconds = (f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)" for moment in (end, begin))
    return f"({' - '.join(seconds)})"


class SqlStatistics:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def applications(self, scope: Scope, by: By | None) -> Mapping[str, Counts]:
        begin, end = _bounds(scope)
        open_then = sa.and_(t.c.submitted_at < end, sa.or_(t.c.closed_at.is_(None), t.c.closed_at >= end))
        ended = sa.and_(t.c.closed_at >= begin, t.c.closed_at < end)
        late_now = sa.and_(t.c.closed_at.is_(None), sa.not_(t.c.paused), t.c.promised_at < _moment(scope.now))
        received = sa.and_(t.c.submitted_at >= begin, t.c.submitted_at < end)
        parts = (
            _part(scope, by, t.c.submitted_at, received, received=_ALL),
            _part(
                scope,
                by,
                t.c.closed_at,
                ended,
                settled=_SETTLED,
                on_time=sa.and_(_SETTLED, t.c.closed_at <= t.c.promised_at),
                refused=_REFUSED,
                stopped=sa.and_(t.c.state == _S.STOPPED.value, sa.not_(_REFUSED)),
                withdrawn=t.c.state == _S.WITHDRAWN.value,
            ),
            _part(scope, by, t.c.submitted_at, open_then, open=_ALL, overdue=late_now),
            _part(
                scope,
                by,
                apologies.c.signed_at,
                sa.and_(apologies.c.signed_at >= begin, apologies.c.signed_at < end),
                apologies=_ALL,
            ),
        )
        found: dict[str, Counts] = {}
        for row in self._connection.execute(sa.union_all(*parts)):
            key = _week(row.key, scope.first) if by == "week" else row.key
            found[key] = found.get(key, Counts()) + Counts(**{name: getattr(row, name) for name in _COUNTED})
        return {key: counts for key, counts in sorted(found.items()) if counts != Counts()}

    def steps(self, scope: Scope) -> Mapping[tuple[str, str], StepCounts]:
        begin, end = _bounds(scope)
        v = step_visits
        in_time = sa.or_(v.c.due_at.is_(None), v.c.left_at <= v.c.due_at)
        left = sa.and_(v.c.left_at >= begin, v.c.left_at < end)
        open_then = sa.and_(v.c.entered_at < end, sa.or_(v.c.left_at.is_(None), v.c.left_at >= end))
        # A scalar: as an EXISTS, a planner may rather read all applications once.
        runs = (
            sa.select(sa.and_(sa.not_(t.c.paused), t.c.closed_at.is_(None)))
            .where(t.c.id == v.c.application_id)
            .scalar_subquery()
        )
        late_now = sa.and_(v.c.left_at.is_(None), v.c.due_at < _moment(scope.now), runs)
        query = sa.select(
            v.c.procedure_id,
            v.c.step,
            _count(sa.and_(v.c.entered_at >= begin, v.c.entered_at < end)),
            _count(sa.and_(left, in_time)),
            _count(sa.and_(left, sa.not_(in_time))),
            _count(open_then),
            _count(sa.and_(open_then, late_now)),
            sa.func.coalesce(sa.func.sum(_ElapsedSeconds(v.c.entered_at, v.c.left_at)).filter(left), 0),
        ).where(v.c.entered_at < end, sa.or_(v.c.left_at.is_(None), v.c.left_at >= begin))
        if scope.units is not None:
            query = query.where(v.c.unit.in_(sorted(scope.units)))
        if scope.type_id is not None:
            query = query.where(v.c.type_id == scope.type_id)
        rows = self._connection.execute(query.group_by(v.c.procedure_id, v.c.step))
        counted = {
            (procedure, step): StepCounts(**dict(zip(StepCounts.__slots__, map(int, figures), strict=True)))
            for procedure, step, *figures in rows
        }
        return {key: counts for key, counts in sorted(counted.items()) if counts != StepCounts()}

    def waived(self, scope: Scope) -> Mapping[str, WaivedSums]:
        begin, end = _bounds(scope)
        # The same text for the same sums: few different ones, however many applications.
        month = sa.func.substr(_VietnamDay(t.c.submitted_at), 1, 7)
        query = (
            sa.select(month, t.c.waived, sa.func.count())
            .where(t.c.submitted_at >= begin, t.c.submitted_at < end, t.c.state != _S.WITHDRAWN.value)
            .group_by(sa.literal_column("1"), t.c.waived)
        )
        found: dict[str, dict[str, Waived]] = {}
        unknown: Counter[str] = Counter()
        for month_of, sums, number in self._connection.execute(_within(query, scope)):
            months = found.setdefault(month_of, {})
            if sums is None:
                unknown[month_of] += number
                continue
            for budget, amount in sums.items():
                sum_of = months.get(budget) or Waived(budget=budget, amount=0, applications=0)
                months[budget] = Waived(
                    budget=budget,
                    amount=sum_of.amount + amount * number,
                    applications=sum_of.applications + number,
                )
        return {
            one: WaivedSums(sums=[found[one][budget] for budget in sorted(found[one])], not_known=unknown[one])
            for one in sorted(found)
        }

    def waiting(self, scope: Scope) -> Mapping[ApplicationState, int]:
        query = sa.select(t.c.state, sa.func.count()).where(t.c.closed_at.is_(None)).group_by(t.c.state)
        return {ApplicationState(state): number for state, number in self._connection.execute(_within(query, scope))}


_ALL = sa.true()


def _part(
    scope: Scope, by: By | None, counted_at: sa.ColumnElement[Any], condition: Condition, **figures: Condition
) -> sa.Select[Any]:
    """One row for each group, with these figures; the others are 0."""
    keys: Mapping[By, Callable[[], sa.ColumnElement[str]]] = {
        "unit": lambda: t.c.unit,
        "type": lambda: t.c.type_id,
        "week": lambda: _VietnamDay(counted_at),
    }
    key = (sa.literal_column("''", sa.String) if by is None else keys[by]()).label("key")
    columns = [(_count(figures[name]) if name in figures else sa.literal_column("0")).label(name) for name in _COUNTED]
    query = sa.select(key, *columns).where(condition)
    if counted_at.table is apologies:
        query = query.join_from(apologies, t, apologies.c.application_id == t.c.id)
    query = _within(query, scope)
    return query if by is None else query.group_by(sa.literal_column("1"))


def _within(query: sa.Select[Any], scope: Scope) -> sa.Select[Any]:
    """Of the scope's units and type only."""
    if scope.units is not None:
        query = query.where(t.c.unit.in_(sorted(scope.units)))
    return query if scope.type_id is None else query.where(t.c.type_id == scope.type_id)


def _count(condition: Condition) -> sa.ColumnElement[int]:
    return sa.func.count() if condition is _ALL else sa.func.count().filter(condition)


def _bounds(scope: Scope) -> tuple[sa.ColumnElement[datetime], sa.ColumnElement[datetime]]:
    """The first moment, and the first one after it."""
    return _moment(_begin_of(scope.first)), _moment(_begin_of(scope.last + timedelta(days=1)))


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)


def _moment(moment: datetime) -> sa.BindParameter[datetime]:
    return sa.bindparam(None, moment, UtcMoment())


def _week(day: str, first: date) -> str:
    found = date.fromisoformat(day)
    if found < first:
        return EARLIER
    year, week, _ = found.isocalendar()
    return f"{year}-W{week:02d}"
