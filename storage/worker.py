"""The worker: takes jobs from the queue and does them in durable steps, through DBOS. One a process.

On SQLite it lives in the process of the service; on PostgreSQL there may be many, each with an executor id of its own.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from dbos import DBOS
from dbos import error as dbos_error
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import OperationalError as DatabaseAway
from sqlalchemy.exc import TimeoutError as PoolExhausted

from issuance.errors import ConcurrentChange, GatewayUnavailable, RegisterUnavailable
from issuance.jobs import JobHandler, JobKind
from signing.errors import KeyUnavailable, TimestampUnavailable

from .job_line import JobLine
from .jobs import (
    AGAIN_SUFFIX,
    APPLICATION_NAME,
    APPLICATION_VERSION,
    QUEUES,
    SCHEDULED_QUEUE,
    SCHEDULED_WORKFLOW,
    SCHEMA,
    WORKFLOW,
    JobSerializer,
    cause_of,
    job_id,
    name_of,
    quieten_dbos,
)
from .records import SqlRecords
from .runner import Database
from .schedule import Schedule, Timer
from .sweeps import SweepOptions, sweep

T = TypeVar("T")

logger = logging.getLogger(__name__)

_PASSING_FAULTS = (
    ConcurrentChange,
    GatewayUnavailable,
    RegisterUnavailable,
    KeyUnavailable,
    TimestampUnavailable,
    OSError,
    DatabaseAway,
    InterfaceError,
    PoolExhausted,
)
"""What may be over in a moment. Any other error would come again at once, so a step that raises it is not repeated."""

_FEWER_AT_ONCE: Mapping[str, int] = {"archive": 2, "rehearsals": 1, "carry-overs": 2}
"""Nobody waits for an archive, a rehearsal takes a whole core; whoever waits for a document shall wait for neither.

No exact bound: DBOS counts a job it has taken once its thread has begun, and may look for more before."""

_POLLING_FACTORS: Mapping[str, int] = {"register": 2, "payments": 2, "notices": 5, "rehearsals": 5, "carry-overs": 5}
"""Looking costs an idle worker most of what it takes; where nobody stands and waits, it looks less often."""

_AGAIN_CONCURRENCY = 2
_SCHEDULED_POLLING_FACTOR = 5
_AGAIN_POLLING_FACTOR = 10
"""Another attempt is in no hurry: it has waited a minute at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How a worker works; times in seconds.

    executor_id: stable for each slot, so that a restarted worker finds its own unfinished jobs; never shared by two.
    concurrency: jobs at once from each queue; two for archives, one for rehearsals. concurrency ÷ polling
    interval bounds the jobs started a second. polling_interval_seconds: between two looks into the queue of documents;
    others are looked into less often, by a fixed factor.
    tick_seconds: between two looks at the clock for scheduled work; at every sweep also for runs that have failed.
    step_attempts: how often a step that meets a passing fault is tried before its job fails, with pauses that double
    from first_pause_seconds.
    """

    executor_id: str = "local"
    concurrency: int = 8
    polling_interval_seconds: float = 0.2
    step_attempts: int = 4
    first_pause_seconds: float = 0.5
    heartbeat_seconds: float = 5
    sweep_interval_seconds: float = 20
    tick_seconds: float = 1
    drain_seconds: int = 20
    sweeps: SweepOptions = field(default_factory=SweepOptions)


class Worker:
    """Does jobs from `start` to `stop`. Both block, so an event loop calls them in a thread."""

    _one_a_process = threading.Lock()

    def __init__(
        self,
        database: Database,
        handlers: Mapping[JobKind, JobHandler],
        options: WorkerOptions | None = None,
        schedules: Sequence[Schedule] = (),
    ) -> None:
        self._database = database
        self._handlers = dict(handlers)
        self._options = options or WorkerOptions()
        self._schedules = {one.name: one for one in schedules}
        self._timer = Timer(database, schedules)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._let_go: Callable[[], None] = lambda: None
        self._running = 0
        self._counting = threading.Lock()

    def start(self) -> None:
        """Begin to take jobs; those that this slot left unfinished come first. The schema must be migrated.

        Raises RuntimeError where this process has a worker already (DBOS is one a process), SlotTaken where another
        process works in the same slot.
        """
        if not self._one_a_process.acquire(blocking=False):
            raise RuntimeError("this process has a worker already")
        try:
            self._let_go = self._database.hold_slot(self._options.executor_id)
        except BaseException:
            self._one_a_process.release()
            raise
        try:
            self._stopping.clear()
            self._beat()  # before the first job is taken, else another worker's sweep would take it back
            self._launch()
            self._threads = [
                threading.Thread(target=self._heart, name="heartbeat", daemon=True),
                threading.Thread(target=self._sweeper, name="sweeper", daemon=True),
            ]
            if self._schedules:
                self._threads.append(threading.Thread(target=self._clock_watcher, name="timer", daemon=True))
            for thread in self._threads:
                thread.start()
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            self._let_go()
            self._one_a_process.release()
            raise

    def stop(self) -> None:
        """Take no more jobs, let the running ones end, then sign off. What does not end in time is resumed later."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        try:
            # DBOS looks only every second whether it has drained, so it isn't asked to without need.
            drain_seconds = self._options.drain_seconds if self._running else 0
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=drain_seconds)
            self._database.run_blocking(lambda records: records.heartbeats.sign_off(self._options.executor_id))
        finally:
            self._let_go()
            self._one_a_process.release()

    def _launch(self) -> None:
        options = self._options
        quieten_dbos()
        # Before launching, because a queue that appears later is noticed only after a second.
        register = self._database.queue.client.register_queue
        interval = options.polling_interval_seconds
        for queue in sorted(set(QUEUES.values())):
            register(
                queue,
                worker_concurrency=min(options.concurrency, _FEWER_AT_ONCE.get(queue, options.concurrency)),
                polling_interval_sec=interval * _POLLING_FACTORS.get(queue, 1),
            )
            register(
                f"{queue}{AGAIN_SUFFIX}",
                worker_concurrency=_AGAIN_CONCURRENCY,
                polling_interval_sec=interval * _AGAIN_POLLING_FACTOR,
            )
        if self._schedules:
            # As many at once as there are: the one that takes long holds up none that comes round every minute.
            register(
                SCHEDULED_QUEUE,
                worker_concurrency=len(self._schedules),
                polling_interval_sec=interval * _SCHEDULED_POLLING_FACTOR,
            )
        DBOS(
            config={
                "name": APPLICATION_NAME,
                "system_database_url": self._database.address.dbos_url,
                "dbos_system_schema": SCHEMA,
                "application_version": APPLICATION_VERSION,
                "executor_id": options.executor_id,
                "serializer": JobSerializer(),
                "log_level": "WARNING",
                "run_migrations": False,
                "sys_db_pool_size": 2 * (options.concurrency + _AGAIN_CONCURRENCY) + len(self._schedules),
                "notification_listener_polling_interval_sec": 0.1,
            }
        )
        DBOS.workflow(name=WORKFLOW)(self._job())
        DBOS.workflow(name=SCHEDULED_WORKFLOW)(self._run())
        DBOS.launch()

    def _job(self) -> Callable[[str, str], None]:
        def job(kind: str, application_id: str) -> None:
            with self._counted():
                self._do(JobKind(kind), UUID(application_id))

        return job

    def _do(self, kind: JobKind, application_id: UUID) -> None:
        started = time.perf_counter()
        try:
            self._handlers[kind](application_id, self._step)
        except Exception as error:
            cause = cause_of(error)
            logger.error("job %s-%s failed: %s", kind.value, application_id, _place_of(cause))
            self._log(kind, application_id, started, name_of(cause))
            # What DBOS itself raises says that the job goes on elsewhere, and nothing about the job.
            if not isinstance(cause, dbos_error.DBOSException):
                at = self._database.clock()
                self._remember(lambda records: records.failures.note(kind, application_id, name_of(cause), at))
            raise
        self._remember(lambda records: records.failures.clear(kind, application_id))
        self._log(kind, application_id, started)

    def _log(self, kind: JobKind, application_id: UUID, started: float, error: str | None = None) -> None:
        line = JobLine(
            job=job_id(kind, application_id),
            outcome="done" if error is None else "failed",
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
            worker=self._options.executor_id,
            error=error,
        )
        logger.info("job", extra={"line": line})

    def _remember(self, use_case: Callable[[SqlRecords], None]) -> None:
        # The job's own outcome stands: what could not be written here, the next attempt or sweep makes good.
        self._safely("failures", lambda: self._database.run_blocking(use_case))

    def _step(self, name: str, act: Callable[[], T]) -> T:
        return DBOS.run_step(
            {
                "name": name,
                "retries_allowed": self._options.step_attempts > 1,
                "max_attempts": max(1, self._options.step_attempts),
                "interval_seconds": self._options.first_pause_seconds,
                "backoff_rate": 2.0,
                "should_retry": self._should_retry,
            },
            act,
        )

    def _should_retry(self, error: BaseException) -> bool:
        # Whoever stops does not wait for the next attempt.
        return isinstance(error, _PASSING_FAULTS) and not self._stopping.is_set()

    def _heart(self) -> None:
        while not self._stopping.wait(self._options.heartbeat_seconds):
            self._safely("heartbeat", self._beat)

    def _beat(self) -> None:
        at = self._database.clock()
        self._database.run_blocking(lambda records: records.heartbeats.beat(self._options.executor_id, at))

    def _sweeper(self) -> None:
        while not self._stopping.is_set():
            self._safely("sweep", self._sweep)
            self._timer.look_again()
            self._stopping.wait(self._options.sweep_interval_seconds)

    def _clock_watcher(self) -> None:
        while not self._stopping.is_set():
            self._safely("timer", self._timer.tick)
            self._stopping.wait(self._options.tick_seconds)

    def _run(self) -> Callable[[str, str], None]:
        # DBOS takes functions, and no methods.
        def run(name: str, period: str) -> None:
            with self._counted():
                self._do_scheduled(name, period)

        return run

    def _do_scheduled(self, name: str, period: str) -> None:
        schedule, period_at = self._schedules.get(name), datetime.fromisoformat(period)
        state = self._database.run_blocking(lambda records: records.schedules.find(name))
        if schedule is None or state is None:
            logger.warning("scheduled work %s is not known here", name)
            return
        if state.done_period_at is not None and state.done_period_at >= period_at:
            return  # made up for by a later run
        try:
            self._step("act", lambda: schedule.act() and None)
        except Exception as error:
            cause = cause_of(error)
            logger.error("scheduled work %s failed: %s", name, _place_of(cause))
            if not isinstance(cause, dbos_error.DBOSException):
                code, at = name_of(cause), self._database.clock()
                self._remember(lambda records: records.schedules.fail(name, period_at, code, at))
            raise
        at = self._database.clock()
        self._database.run_blocking(lambda records: records.schedules.done(name, period_at, at))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._running += 1
        try:
            yield
        finally:
            with self._counting:
                self._running -= 1

    def _sweep(self) -> None:
        at = self._database.clock()
        # Whoever sweeps is alive, however late its heart is, and takes over none of its own jobs.
        self._safely("heartbeat", self._beat)
        report = sweep(self._database, self._options.sweeps, at)
        if report.taken_over or report.asked_again:
            logger.warning("sweep: %d jobs taken over, %d asked for again", report.taken_over, report.asked_again)

    def _safely(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a thread that ends here would be missed by nobody, and its work too
            logger.warning("%s: %s", what, _place_of(error))


def _place_of(error: BaseException) -> str:
    """The error's name and where it came from; its message stays out of the log, for it could carry anything."""
    frames = traceback.extract_tb(error.__traceback__)
    name = type(error).__name__
    return f"{name} at {frames[-1].filename}:{frames[-1].lineno}" if frames else name
