"""Scheduled work: each period once among all processes, made up for after a standstill, finished after a death."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.jobs import scheduled_id
from storage.runner import Database
from storage.schedule import Schedule, Timer
from storage.schedules import ScheduleState, SqlSchedules
from storage.worker import Worker
from tests.processes import Forked
from tests.storage.scheduled_worker import QUICK_TICKS, work
from tests.storage.workers import QUICK, wait_until

NOW = datetime(2024, 6, 3, 2, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICKING = replace(QUICK, tick_seconds=QUICK_TICKS)


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Runs:
    """When something was done."""

    clock: Clock
    moments: list[datetime] = field(default_factory=list)

    def act(self) -> None:
        self.moments.append(self.clock.at)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(database_url: str, clock: Clock) -> Iterator[Database]:
    opened = Database(database_url, clock=clock)
    yield opened
    opened.dispose_blocking()


def state_of(database: Database, name: str = "look") -> ScheduleState | None:
    return database.run_blocking(lambda records: records.schedules.find(name))


def is_done(database: Database, period: datetime) -> bool:
    state = state_of(database)
    return state is not None and state.done_period_at == period


def runs_known(database: Database) -> set[str]:
    return {one.workflow_id for one in database.queue.client.list_workflows()}


@pytest.mark.parametrize(
    ("every_seconds", "began"),
    [(60, "02:00:00"), (3_600, "02:00:00"), (20, "02:00:20"), (86_400, "17:00:00")],
)
def test_a_period_begins_where_everybody_says_so(every_seconds: int, began: str) -> None:
    schedule = Schedule(name="look", every_seconds=every_seconds, act=lambda: None)
    period = schedule.period(NOW)
    assert period.strftime("%H:%M:%S") == began  # a day's at midnight in Vietnam
    assert schedule.period(period) == period
    assert schedule.period(period - timedelta(microseconds=1)) == period - timedelta(seconds=every_seconds)


@pytest.mark.parametrize("every_seconds", [0, -1, 86_401])
def test_other_periods_are_refused(every_seconds: int) -> None:
    with pytest.raises(ValueError, match="every second"):
        Schedule(name="look", every_seconds=every_seconds, act=lambda: None)


def test_many_timers_ask_for_a_period_once(database: Database, clock: Clock) -> None:
    schedules = [Schedule(name=name, every_seconds=60, act=lambda: None) for name in ("look", "tidy")]
    timers = [Timer(database, schedules) for _ in range(4)]
    expected: set[str] = set()
    for _ in range(3):
        threads = [threading.Thread(target=timer.tick) for timer in timers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        period = schedules[0].period(clock.at)
        expected |= {scheduled_id(name, period) for name in ("look", "tidy")}
        assert runs_known(database) == expected
        clock.at += MINUTE


def test_a_standstill_is_made_up_for_by_one_run(database: Database, clock: Clock) -> None:
    runs = Runs(clock)
    schedule = Schedule(name="look", every_seconds=60, act=runs.act)
    for pause in (timedelta(), MINUTE, timedelta(days=3)):
        clock.at += pause
        worker = Worker(database, {}, TICKING, [schedule])
        worker.start()
        try:
            wait_until(lambda: is_done(database, schedule.period(clock.at)))
        finally:
            worker.stop()
    assert runs.moments == [NOW, NOW + MINUTE, NOW + MINUTE + timedelta(days=3)]


def test_a_run_that_a_later_one_has_made_up_for_does_nothing(database: Database, clock: Clock) -> None:
    runs = Runs(clock)
    schedule = Schedule(name="look", every_seconds=60, act=runs.act)
    for _ in range(5):  # asked for while no worker was there
        Timer(database, [schedule]).tick()
        clock.at += MINUTE
    last = schedule.period(clock.at - MINUTE)
    database.run_blocking(lambda records: records.schedules.done("look", last, clock.at))
    clock.at -= MINUTE
    worker = Worker(database, {}, TICKING, [schedule])
    worker.start()
    try:
        wait_until(lambda: all(one.status == "SUCCESS" for one in database.queue.client.list_workflows()))
    finally:
        worker.stop()
    assert len(runs_known(database)) == 5
    assert runs.moments == []


def test_a_run_that_failed_is_asked_for_again_after_a_pause(database: Database, clock: Clock) -> None:
    tries: list[datetime] = []

    def act() -> None:
        tries.append(clock.at)
        if len(tries) < 3:
            raise LookupError("a message that stays here")

    schedule = Schedule(name="look", every_seconds=3_600, act=act)
    worker = Worker(database, {}, TICKING, [schedule])
    worker.start()

    def failures() -> int:
        state = state_of(database)
        return 0 if state is None else state.failures

    try:
        wait_until(lambda: failures() == 1)
        state = state_of(database)
        assert state is not None
        assert (state.error, state.failed_at, state.done_at) == ("LookupError", NOW, None)
        clock.at += timedelta(seconds=30)
        wait_until(lambda: failures() == 2)
        clock.at += timedelta(seconds=60)
        wait_until(lambda: is_done(database, schedule.period(NOW)))
    finally:
        worker.stop()
    assert tries == [NOW, NOW + timedelta(seconds=30), NOW + timedelta(seconds=90)]
    assert failures() == 0


def test_what_fails_in_each_period_is_told_until_a_run_succeeds(database: Database, clock: Clock) -> None:
    tries: list[datetime] = []

    def act() -> None:
        tries.append(clock.at)
        if len(tries) < 4:
            raise LookupError

    schedule = Schedule(name="look", every_seconds=20, act=act)
    timer = Timer(database, [schedule])
    worker = Worker(database, {}, replace(TICKING, tick_seconds=3_600), [schedule])
    worker.start()

    def failures() -> int:
        state = state_of(database)
        return -1 if state is None else state.failures

    def run(period: int) -> None:
        clock.at = NOW + period * timedelta(seconds=20)
        timer.look_again()
        timer.tick()

    try:
        for period in range(3):
            run(period)
            wait_until(lambda period=period: failures() == period + 1)  # type: ignore[misc] # of defaults
            timer.look_again()
            timer.tick()  # before its pause is over a failed run is not repeated
        run(3)
        wait_until(lambda: failures() == 0)
    finally:
        worker.stop()
    assert len(tries) == 4


def test_a_run_that_ends_after_the_next_period_began_makes_up_for_what_failed_before(database: Database) -> None:
    def in_schedules(act: Callable[[SqlSchedules], object]) -> None:
        database.run_blocking(lambda records: act(records.schedules))

    def failures() -> int:
        state = state_of(database)
        assert state is not None
        return state.failures

    first, second, third = NOW, NOW + MINUTE, NOW + 2 * MINUTE
    in_schedules(lambda s: s.begin("look", first))
    in_schedules(lambda s: s.fail("look", first, "timestamp_refused", first))
    in_schedules(lambda s: s.begin("look", second))
    in_schedules(lambda s: s.begin("look", third))
    assert failures() == 1
    in_schedules(lambda s: s.done("look", second, third + MINUTE / 2))
    assert failures() == 0
    # One that ends late makes up for nothing that a later one failed at.
    in_schedules(lambda s: s.fail("look", third, "timestamp_refused", third))
    in_schedules(lambda s: s.done("look", second, third + MINUTE / 2))
    assert failures() == 1


def test_what_fails_holds_up_nothing_else(database: Database, clock: Clock) -> None:
    runs, stopping = Runs(clock), threading.Event()

    def fail() -> None:
        raise LookupError

    schedules = [
        Schedule(name="broken", every_seconds=60, act=fail),
        Schedule(name="long", every_seconds=60, act=lambda: stopping.wait(20)),
        Schedule(name="look", every_seconds=60, act=runs.act),
    ]
    # The clock that is put forward makes a heart that beats look dead: that is no part of this.
    patient = replace(TICKING, sweeps=replace(TICKING.sweeps, dead_after_seconds=3_600))
    worker = Worker(database, {}, patient, schedules)
    worker.start()
    try:
        for _ in range(2):
            wait_until(lambda: is_done(database, schedules[2].period(clock.at)))
            clock.at += MINUTE
    finally:
        stopping.set()
        worker.stop()
    assert runs.moments[:2] == [NOW, NOW + MINUTE]


def lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines() if journal.exists() else []


def runs_with(journal: Path, word: str) -> list[str]:
    """The ids of the runs of which somebody has written this."""
    return [line.split()[2] for line in lines(journal) if line.split()[1] == word]


@pytest.mark.parametrize("processes", [1, 3])
def test_each_period_is_done_once_also_when_a_worker_is_killed_in_the_middle(
    request: pytest.FixtureRequest, tmp_path: Path, processes: int
) -> None:
    """On SQLite one process after the other; on PostgreSQL three at once, after the first has died."""
    url = request.getfixturevalue("sqlite_url" if processes == 1 else "postgresql_url")
    journal = tmp_path / "journal"
    workers = [Forked(work, url, str(journal), "slot-0", "yes")]
    try:
        wait_until(lambda: bool(runs_with(journal, "begins")), 60)
        workers[0].kill()
        (left,) = runs_with(journal, "begins")
        slots = ["slot-0"] if processes == 1 else ["slot-1", "slot-2", "slot-3"]
        workers += [Forked(work, url, str(journal), slot, "no") for slot in slots]
        # The dead worker's run is made up for by a later one, or taken over, whichever comes first.
        wait_until(lambda: len(runs_with(journal, "ends")) > 5, 60)
    finally:
        for worker in workers:
            worker.close()
    ended = runs_with(journal, "ends")
    assert len(set(ended)) == len(ended)
    begun_again = [run for run, times in Counter(runs_with(journal, "begins")).items() if times > 1]
    assert set(begun_again) <= {left}
    database = Database(url, clock=lambda: datetime.now(UTC))
    try:
        state = state_of(database)
        assert state is not None
        assert state.done_period_at is not None
        assert scheduled_id("look", state.done_period_at) in ended
        assert state.failures == 0
    finally:
        database.dispose_blocking()
