"""Work that comes round by itself, each period exactly once among however many processes.

Every worker's timer asks for the period that has begun; one transaction lets one of them enqueue its run, under an id
that says what it is (`scheduled-deadlines-2024-06-03T02:00:00+00:00-0`), and any worker does it. Periods in which
nobody ran are made up for by the one run that comes next, since each run does all that is due by then. What a dead
worker left unfinished a sweep gives to another one; so what a run does is harmless when begun again. A run that failed
is asked for again within its period, after pauses that double.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from verification.verdict import VIETNAM

from .records import SqlRecords
from .runner import Database
from .schedules import ScheduleState

_EPOCH = datetime(2000, 1, 1, tzinfo=VIETNAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """name: at most 32 letters, stable. act: does all that is due by now; repeated it does no harm.

    Raises ValueError.
    """

    name: str
    every_seconds: int
    act: Callable[[], object]

    def __post_init__(self) -> None:
        if not 1 <= self.every_seconds <= 86_400:
            raise ValueError("scheduled work comes round every second at the most often, every day at the least")

    def period(self, at: datetime) -> datetime:
        """When the period that `at` lies in has begun; days begin at midnight in Vietnam."""
        every = timedelta(seconds=self.every_seconds)
        return (_EPOCH + (at - _EPOCH) // every * every).astimezone(UTC)


class Timer:
    """Asks for the runs of the periods that begin. Called often; it asks the database only when one has begun, and in
    `look_again` whether one has failed."""

    def __init__(
        self,
        database: Database,
        schedules: Sequence[Schedule],
        *,
        first_pause_seconds: float = 30,
        longest_pause_seconds: float = 3_600,
    ) -> None:
        self._database = database
        self._schedules = tuple(schedules)
        self._first_pause_seconds = first_pause_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._asked: dict[str, datetime] = {}

    def tick(self) -> None:
        """Ask for every period that has begun since the last tick."""
        at = self._database.clock()
        for schedule in self._schedules:
            period = schedule.period(at)
            if self._asked.get(schedule.name) != period:
                self._database.run_blocking(lambda records, one=schedule, at=at: self._ask(records, one, at))  # type: ignore[misc] # of defaults
                self._asked[schedule.name] = period

    def look_again(self) -> None:
        """Let the next tick ask for what has failed."""
        self._asked.clear()

    def _ask(self, records: SqlRecords, schedule: Schedule, at: datetime) -> None:
        period, known = schedule.period(at), records.schedules.find(schedule.name)
        attempt = 0
        if known is not None and known.period_at >= period:
            if known.is_done or not self._is_to_be_repeated(known, at):
                return
            period, attempt = known.period_at, known.failures
        elif not records.schedules.begin(schedule.name, period):
            return
        records.jobs.enqueue_scheduled(schedule.name, period, attempt)

    def _is_to_be_repeated(self, known: ScheduleState, at: datetime) -> bool:
        if known.failed_at is None or not known.failed_in_this_period:
            return False
        return at >= known.failed_at + self._pause(known.failures)

    def _pause(self, failures: int) -> timedelta:
        doubled = min(failures - 1, 32)
        return timedelta(seconds=min(self._first_pause_seconds * 2**doubled, self._longest_pause_seconds))


def reachable_states(database: Database) -> Sequence[ScheduleState]:
    """What has become of each schedule; nothing where the database can't be asked."""
    try:
        return database.run_blocking(lambda records: records.schedules.all())
    except SQLAlchemyError:
        return ()
