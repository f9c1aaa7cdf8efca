"""Applications: the owner or the unit is part of every query that a person causes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import RowMapping

from issuance.application import Application, ApplicationState
from issuance.errors import ApplicationNotFound, ConcurrentChange
from issuance.records import WorkListPage
from issuance.work_list import EVERYTHING, WorkFilter

from .application_rows import application_from_row, application_to_row
from .cells import Cells
from .cursors import citizen_key, encode_cursor, work_list_key
from .tables import OPEN, PAPERS_ASKED, UNDECIDED
from .tables import applications as t
from .tables import payment_orders as orders
from .together import Together
from .work_list import fingerprint, wanted_work

_FIXED = ("id", "code", "subject_key", "applicant", "on_behalf_of", "submitted_at", "person_index", "concerned_index")
"""Never changed after the submission. A key column in an UPDATE would also take a stronger lock on PostgreSQL."""

# Of the others only what is counted is left.
_SHOWN = t.c.erased_at.is_(None)

# Built once: composing a statement of so many columns costs more than executing it.
_SAVE = sa.update(t).where(t.c.id == sa.bindparam("of_application"), t.c.version == sa.bindparam("of_version"))
_BY_ID = sa.select(t).where(t.c.id == sa.bindparam("of_application"))
_OF_CITIZEN = sa.select(t).where(t.c.code == sa.bindparam("of_code"), t.c.subject_key == sa.bindparam("of_citizen"))
_IN_UNIT = sa.select(t).where(t.c.code == sa.bindparam("of_code"), t.c.unit == sa.bindparam("of_unit"))


class SqlApplications:
    __slots__ = ("_cells", "_clock", "_connection")

    def __init__(self, connection: Together, cells: Cells, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._cells = cells
        self._clock = clock

    def add(self, application: Application) -> None:
        row = self._cells.seal(t, application_to_row(application))
        self._connection.insert(t, row | {"receipt_issued": False, "changed_at": self._clock()})

    def save(self, application: Application) -> Application:
        stored = replace(application, version=application.version + 1)
        values = {name: value for name, value in application_to_row(stored).items() if name not in _FIXED}
        values = self._cells.seal(t, values, id=application.id)
        values["changed_at"] = self._clock()
        same = {"of_application": application.id, "of_version": application.version}
        if self._connection.execute(_SAVE, values | same).rowcount != 1:
            raise ConcurrentChange("the application was changed by somebody else")
        return stored

    def by_id(self, application_id: UUID) -> Application:
        return self._one(_BY_ID, of_application=application_id)

    def of_citizen(self, code: str, subject_key: str) -> Application:
        return self._one(_OF_CITIZEN, of_code=code, of_citizen=subject_key)

    def in_unit(self, code: str, unit: str) -> Application:
        return self._one(_IN_UNIT, of_code=code, of_unit=unit)

    def list_of_citizen(
        self, subject_key: str, cursor: str | None, limit: int, *, person_key: str | None = None
    ) -> WorkListPage:
        keys = [key for key in (subject_key, person_key) if key is not None]
        return self._newest_first(t.c.subject_key.in_(keys), cursor, limit)

    def of_unit(self, unit: str, cursor: str | None, limit: int) -> WorkListPage:
        return self._newest_first(t.c.unit == unit, cursor, limit)

    def _newest_first(self, whose: sa.ColumnElement[bool], cursor: str | None, limit: int) -> WorkListPage:
        query = sa.select(t).where(whose, _SHOWN)
        if cursor is not None:
            query = query.where(sa.tuple_(t.c.submitted_at, t.c.id) < sa.tuple_(*_bound(citizen_key(cursor))))
        found = self._page(query.order_by(t.c.submitted_at.desc(), t.c.id.desc()), limit)
        last = found[limit - 1] if len(found) > limit else None
        return WorkListPage(found[:limit], None if last is None else encode_cursor(last.submitted_at, last.id))

    def work_list(self, unit: str, cursor: str | None, limit: int, wanted: WorkFilter = EVERYTHING) -> WorkListPage:
        question = fingerprint(wanted)
        query = sa.select(t).where(wanted_work(unit, wanted))
        if cursor is not None:
            key = sa.tuple_(t.c.promised_at, t.c.submitted_at, t.c.id)
            query = query.where(key > sa.tuple_(*_bound(work_list_key(cursor, question))))
        found = self._page(query.order_by(t.c.promised_at, t.c.submitted_at, t.c.id), limit)
        if len(found) <= limit:
            return WorkListPage(found, None)
        last = found[limit - 1]
        return WorkListPage(
            found[:limit], encode_cursor(last.promised_at, last.submitted_at, last.id, question=question)
        )

    def count_work(self, unit: str, wanted: WorkFilter, at_most: int) -> int:
        some = sa.select(sa.literal(1)).where(wanted_work(unit, wanted)).select_from(t).limit(at_most).subquery()
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())

    def with_code(self, unit: str, beginning: str, limit: int) -> Sequence[Application]:
        query = sa.select(t).where(t.c.unit == unit, _SHOWN, *self._begins_with(beginning)).order_by(t.c.code)
        rows = self._connection.execute(query.limit(limit)).mappings()
        return self._read(rows)

    def of_person(self, unit: str, person_index: str, limit: int) -> Sequence[Application]:
        # Each by its own index; with an OR a planner may rather read the whole unit.
        made = sa.select(t.c.id).where(t.c.person_index == person_index)
        about = sa.select(t.c.id).where(t.c.concerned_index == person_index)
        query = sa.select(t).where(t.c.id.in_(sa.union(made, about)), t.c.unit == unit, _SHOWN)
        rows = self._connection.execute(query.order_by(t.c.submitted_at.desc(), t.c.id.desc()).limit(limit)).mappings()
        return self._read(rows)

    def _begins_with(self, beginning: str) -> Sequence[sa.ColumnElement[bool]]:
        """beginning: ASCII, not empty."""
        behind = beginning[:-1] + chr(ord(beginning[-1]) + 1)
        if self._connection.dialect.name == "postgresql":
            return t.c.code.op("~>=~", is_comparison=True)(beginning), t.c.code.op("~<~", is_comparison=True)(behind)
        return t.c.code >= beginning, t.c.code < behind

    def submitted_between(
        self,
        type_ids: Collection[str],
        first_at: datetime,
        before: datetime,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[Application]:
        query = sa.select(t).where(_submitted(type_ids, first_at, before))
        if after is not None:
            query = query.where(sa.tuple_(t.c.submitted_at, t.c.id) > sa.tuple_(*_bound(after)))
        rows = self._connection.execute(query.order_by(t.c.submitted_at, t.c.id).limit(limit)).mappings()
        return self._read(rows)

    def open_by_owner(self, subject_keys: Collection[str]) -> Mapping[str, int]:
        query = sa.select(t.c.owner_key, sa.func.count()).where(t.c.owner_key.in_(sorted(subject_keys)), sa.text(OPEN))
        return dict(self._connection.execute(query.group_by(t.c.owner_key)).tuples().all())

    def owners(self) -> Sequence[tuple[str, str, str]]:
        columns = (t.c.unit, t.c.owner_key, t.c.role)
        query = sa.select(*columns).where(sa.text(UNDECIDED), t.c.owner_key.is_not(None)).distinct()
        return [(unit, key, role) for unit, key, role in self._connection.execute(query.order_by(*columns))]

    def owned(self, unit: str, subject_key: str, role: str, limit: int, skipped: int = 0) -> Sequence[Application]:
        query = sa.select(t).where(sa.text(UNDECIDED), t.c.unit == unit, t.c.owner_key == subject_key, t.c.role == role)
        page = query.order_by(t.c.promised_at, t.c.id).limit(limit).offset(skipped)
        rows = self._connection.execute(page).mappings()
        return self._read(rows)

    def papers_overdue(self, before: date, limit: int) -> Sequence[Application]:
        query = sa.select(t).where(sa.text(PAPERS_ASKED), t.c.asked_until < before)
        rows = self._connection.execute(query.order_by(t.c.asked_until, t.c.id).limit(limit)).mappings()
        return self._read(rows)

    def unpaid(self, asked_before: datetime, limit: int) -> Sequence[UUID]:
        query = (
            sa.select(t.c.id)
            .join(orders, orders.c.application_id == t.c.id)
            .where(
                orders.c.paid_at.is_(None),
                orders.c.cancelled_at.is_(None),
                orders.c.opened_at < asked_before,
                t.c.state == ApplicationState.PAYMENT_ASKED.value,
            )
        )
        found: Sequence[UUID] = (
            self._connection.execute(query.order_by(orders.c.opened_at).limit(limit)).scalars().all()
        )
        return found

    def count_submitted(self, type_ids: Collection[str], first_at: datetime, before: datetime) -> int:
        query = sa.select(sa.func.count()).select_from(t).where(_submitted(type_ids, first_at, before))
        counted: int = self._connection.execute(query).scalar_one()
        return counted

    def _one(self, query: sa.Select[Any], **which: object) -> Application:
        row = self._connection.execute(query, which).mappings().one_or_none()
        if row is None:
            raise ApplicationNotFound("no such application")
        return application_from_row(self._cells.open(t, row))

    def _read(self, rows: Iterable[RowMapping]) -> Sequence[Application]:
        return [application_from_row(row) for row in self._cells.open_all(t, rows)]

    def _page(self, query: sa.Select[Any], limit: int) -> Sequence[Application]:
        if limit < 1:
            raise ValueError("a page has at least one row")
        # One row more than asked for tells whether there is a next page.
        rows = self._connection.execute(query.limit(limit + 1)).mappings()
        return self._read(rows)


def _submitted(type_ids: Collection[str], first_at: datetime, before: datetime) -> sa.ColumnElement[bool]:
    of_these = t.c.type_id.in_(sorted(type_ids))
    return sa.and_(of_these, _SHOWN, t.c.submitted_at >= first_at, t.c.submitted_at < before)


def _bound(key: tuple[Any, ...]) -> list[sa.BindParameter[Any]]:
    """The key as typed parameters, in the order of the columns it is compared with."""
    columns = (t.c.submitted_at, t.c.id) if len(key) == 2 else (t.c.promised_at, t.c.submitted_at, t.c.id)
    return [sa.bindparam(None, value, column.type) for column, value in zip(columns, key, strict=True)]
