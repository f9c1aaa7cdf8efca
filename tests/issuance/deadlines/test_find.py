"""What is due is found on the minute and told once, beside a plain scan of everything that knows no index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, timezone
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuance.application import Application, ApplicationState
from issuance.deadlines.find import Found, find_all, find_due
from issuance.deadlines.follow_up import FollowUpKind, Level
from issuance.deadlines.rules import DeadlineRules
from issuance.procedure.calendar import WorkingCalendar
from issuance.procedure.limit import Limit
from issuance.procedure.working_time import STANDARD_HOURS, due_at
from storage import settlement_tables, tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.issuance.procedure.naive_deadlines import STANDARD_WEEK, Office, naive_due
from tests.storage.people import OFFICIAL, UNIT, an_application

HANOI = timezone(timedelta(hours=7))
MINUTE = timedelta(minutes=1)
MONDAY = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
RULES = DeadlineRules(calendar=WorkingCalendar())
OFFICE = Office(STANDARD_WEEK)

Told = tuple[str, FollowUpKind, Level, datetime, datetime]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, clock=lambda: MONDAY)
    yield opened
    opened.dispose_blocking()


def in_progress(submitted_at: datetime = MONDAY, limit: Limit | None = None, **changes: object) -> Application:
    limit = limit or Limit(3, "working_days")
    promised_at = due_at(submitted_at, limit, RULES.calendar, STANDARD_HOURS)
    return an_application(
        state=ApplicationState.IN_PROGRESS,
        submitted_at=submitted_at,
        limit=limit,
        promised_at=promised_at,
        **changes,
    )


def put(database: Database, *applications: Application) -> None:
    def add(records: SqlRecords) -> None:
        for one in applications:
            records.applications.add(one)

    database.run_blocking(add)


def save(database: Database, application: Application) -> Application:
    return database.run_blocking(lambda records: records.applications.save(application))


def find(database: Database, at: datetime, batch: int = 200) -> Found:
    return find_all(database.run_blocking, RULES, lambda: at, batch)


def told(database: Database) -> set[Told]:
    t, a = settlement_tables.follow_ups, tables.applications
    query = sa.select(a.c.code, t.c.kind, t.c.level, t.c.due_at, t.c.found_at).join(a, a.c.id == t.c.application_id)
    rows = database.run_blocking(lambda records: records._connection.execute(query).all())
    return {(code, FollowUpKind(kind), Level(level), due, found) for code, kind, level, due, found in rows}


def kinds(database: Database) -> list[tuple[str, str]]:
    return sorted((kind.value, level.value) for _, kind, level, _, _ in told(database))


def test_nothing_is_told_a_minute_too_early_and_everything_once(database: Database) -> None:
    application = in_progress(owner=OFFICIAL)
    put(database, application)
    promised = application.promised_at
    assert promised.astimezone(HANOI).strftime("%a %H:%M") == "Thu 17:00"
    # Eight working hours before: the day has seven and a half.
    soon = promised.replace(hour=9, minute=30) - timedelta(days=1)
    for at, expected in (
        (soon - MINUTE, Found()),
        (soon, Found(due_soon=1)),
        (soon, Found()),
        (promised, Found()),
        (promised + timedelta(microseconds=1), Found(overdue=1)),
        (promised + MINUTE, Found()),
        (promised + timedelta(days=1) - MINUTE, Found()),
        (promised + timedelta(days=1), Found(heads=1)),
        (promised + timedelta(days=30), Found()),
    ):
        assert find(database, at) == expected, at
    owners = database.run_blocking(
        lambda records: records.follow_ups.of_official(
            UNIT, OFFICIAL.subject_key, ["caseworker"], None, 10, whole_unit=False
        )
    )
    assert [(line.follow_up.kind.value, line.follow_up.to_key) for line in owners.lines] == [
        ("overdue", OFFICIAL.subject_key),
        ("due_soon", OFFICIAL.subject_key),
    ]


def test_what_was_late_before_it_was_paused_or_ended_stays_late(database: Database) -> None:
    late, in_time = in_progress(), in_progress()
    stopped_late, stopped_in_pause = in_progress(), in_progress()
    put(database, late, in_time, stopped_late, stopped_in_pause)
    promised = late.promised_at
    second = timedelta(seconds=1)
    papers, stopped = ApplicationState.MORE_PAPERS_ASKED, ApplicationState.STOPPED
    save(database, late.moved_to(papers, promised + second))
    save(database, in_time.moved_to(papers, promised))
    save(database, stopped_late.moved_to(stopped, promised + second))
    paused = save(database, stopped_in_pause.moved_to(papers, promised - second))
    save(database, paused.moved_to(stopped, promised + timedelta(days=9)))
    assert find(database, promised + timedelta(days=10)) == Found(overdue=2)
    assert {code for code, *_ in told(database)} == {late.code, stopped_late.code}
    apologies = [
        one.code
        for one in (late, in_time, stopped_late, stopped_in_pause)
        if database.run_blocking(lambda records, one=one: records.apologies.of_application(one.id)) is not None
    ]
    assert apologies == [late.code, stopped_late.code]
    # The head hears of it only while somebody can still do something about it.
    assert find(database, promised + timedelta(days=20)) == Found(heads=1)
    assert kinds(database) == [("overdue", "owner")] * 2


def test_a_deadline_that_a_pause_has_moved_is_told_of_anew(database: Database) -> None:
    application = in_progress()
    put(database, application)
    promised = application.promised_at
    assert find(database, promised - timedelta(hours=1)) == Found(due_soon=1)
    paused = save(database, application.moved_to(ApplicationState.MORE_PAPERS_ASKED, promised - timedelta(hours=1)))
    later = promised + timedelta(days=7)
    assert find(database, later) == Found()
    goes_on = paused.moved_to(ApplicationState.IN_PROGRESS, later)
    moved = due_at(goes_on.submitted_at, goes_on.limit, RULES.calendar, STANDARD_HOURS, goes_on.pauses)
    assert moved is not None
    save(database, replace(goes_on, promised_at=moved))
    assert find(database, later) == Found(due_soon=1)
    assert find(database, moved + MINUTE) == Found(overdue=1)


def test_after_a_standstill_all_is_made_up_for_in_batches(database: Database) -> None:
    put(database, *(in_progress() for _ in range(25)))
    first = database.run_blocking(lambda records: find_due(records, RULES, MONDAY + timedelta(days=30), 10))
    assert first == Found(overdue=10)
    assert find(database, MONDAY + timedelta(days=30), batch=10) == Found(overdue=15)
    assert kinds(database) == [("overdue", "owner")] * 25


def test_a_new_date_is_proposed_by_the_legal_limit(database: Database) -> None:
    short, long = in_progress(limit=Limit(1, "working_days")), in_progress(limit=Limit(15, "working_days"))
    put(database, short, long)
    for one, days in ((short, 1), (long, 8)):
        at = one.promised_at + MINUTE
        find(database, at)
        apology = database.run_blocking(lambda records, one=one: records.apologies.of_application(one.id))
        assert apology is not None
        proposed = naive_due(at.astimezone(HANOI).replace(tzinfo=None), days, "working_days", OFFICE, [])
        assert (apology.missed_at, proposed and proposed.date()) == (one.promised_at, apology.new_date)
        assert apology.drafted_at == at
        assert not apology.is_signed


@dataclass
class Case:
    """An application, and what a plain scan has told of it."""

    application: Application
    told: set[tuple[FollowUpKind, Level, datetime, datetime]] = field(default_factory=set)
    escalating: dict[tuple[FollowUpKind, datetime], datetime] = field(default_factory=dict)

    def is_told(self, kind: FollowUpKind, due: datetime) -> bool:
        return any(entry[:3] == (kind, Level.OWNER, due) for entry in self.told)

    def scan(self, at: datetime) -> None:
        one = self.application
        runs = one.closed_at is None and not one.is_paused
        for (kind, due), escalates_at in list(self.escalating.items()):
            if escalates_at <= at and (runs or one.closed_at is not None):
                if runs and due == (one.step_due_at if kind is FollowUpKind.STEP_OVERDUE else one.promised_at):
                    self.told.add((kind, Level.HEAD, due, at))
                del self.escalating[kind, due]
        promised, step_due = one.promised_at, one.step_due_at
        stopped_at = one.closed_at
        if one.pauses and one.pauses[-1].ended_at in (None, one.closed_at):
            stopped_at = one.pauses[-1].began_at
        was_late = stopped_at is not None and stopped_at > promised
        if (runs and promised < at) or was_late:
            self._tell(FollowUpKind.OVERDUE, promised, at)
        if runs and step_due is not None and step_due < at:
            self._tell(FollowUpKind.STEP_OVERDUE, step_due, at)
        if runs and at <= promised and _open_minutes(at, promised) <= 8 * 60:
            self._tell(FollowUpKind.DUE_SOON, promised, at)

    def _tell(self, kind: FollowUpKind, due: datetime, at: datetime) -> None:
        if self.is_told(kind, due):
            return
        self.told.add((kind, Level.OWNER, due, at))
        if kind is not FollowUpKind.DUE_SOON:
            escalates = naive_due(at.astimezone(HANOI).replace(tzinfo=None), 1, "working_days", OFFICE, [])
            assert escalates is not None
            self.escalating[kind, due] = escalates.replace(tzinfo=HANOI)


def _open_minutes(first: datetime, last: datetime) -> int:
    if last - first > timedelta(days=14):
        return 100_000
    now, end, minutes = first.astimezone(HANOI).replace(tzinfo=None), last.astimezone(HANOI).replace(tzinfo=None), 0
    while now < end:
        minutes += OFFICE.is_open(now)
        now += MINUTE
    return minutes


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000))
def test_what_is_found_is_what_a_plain_scan_finds(database: Database, seed: int) -> None:
    random = Random(seed)
    cases = [Case(_somebodys(random)) for _ in range(8)]
    put(database, *(case.application for case in cases))
    now = MONDAY
    for _ in range(random.randint(5, 30)):
        now += random.choice([1, 1, 5, 60, 450, 1_440, 5_000]) * MINUTE
        if random.random() < 0.5:
            now = datetime.combine(now.date(), time(10, random.choice([0, 1])), UTC)  # about closing
            now += timedelta(days=1)
        for case in cases:
            if random.random() < 0.3:
                case.application = save(database, _goes_on(case.application, now - MINUTE * random.randint(0, 1)))
        find(database, now, batch=random.choice([2, 200]))
        for case in cases:
            case.scan(now)
    expected = {(case.application.code, *entry) for case in cases for entry in case.told}
    assert told(database) == expected
    late = {case.application.code for case in cases if case.is_told(FollowUpKind.OVERDUE, case.application.promised_at)}
    assert _apologised(database) >= late
    _empty(database)


def _somebodys(random: Random) -> Application:
    submitted_at = MONDAY + random.randint(-2_000, 2_000) * MINUTE
    limit = Limit(random.randint(0, 6), random.choice(["working_days", "calendar_days"]))
    application = in_progress(submitted_at, limit, owner=random.choice([None, OFFICIAL]))
    step_due_at = random.choice([None, application.promised_at, application.promised_at - timedelta(days=1)])
    return replace(application, step_due_at=step_due_at)


def _goes_on(one: Application, at: datetime) -> Application:
    if one.closed_at is not None:
        return one
    if one.is_paused:
        at = max(at, one.pauses[-1].began_at)
        gone_on = one.moved_to(ApplicationState.IN_PROGRESS, at)
        promised_at = due_at(one.submitted_at, one.limit, RULES.calendar, STANDARD_HOURS, gone_on.pauses)
        assert promised_at is not None
        return replace(gone_on, promised_at=promised_at)
    stopped = at.microsecond == 0 and at.minute % 3 == 0
    return one.moved_to(ApplicationState.STOPPED if stopped else ApplicationState.MORE_PAPERS_ASKED, at)


def _apologised(database: Database) -> set[str]:
    t, a = settlement_tables.apologies, tables.applications
    query = sa.select(a.c.code).join(t, a.c.id == t.c.application_id)
    return database.run_blocking(lambda records: set(records._connection.execute(query).scalars()))


def _empty(database: Database) -> None:
    def empty(records: SqlRecords) -> None:
        for table in (settlement_tables.follow_ups, settlement_tables.apologies, tables.applications):
            records._connection.execute(sa.delete(table))

    database.run_blocking(empty)
