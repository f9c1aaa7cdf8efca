"""Workers for tests: quick polling and sweeping, and a way to wait for what they do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from issuance.jobs import JobHandler, JobKind
from storage.runner import Database
from storage.sweeps import SweepOptions
from storage.worker import Worker, WorkerOptions

QUICK = WorkerOptions(
    polling_interval_seconds=0.02,
    step_attempts=2,
    first_pause_seconds=0.01,
    heartbeat_seconds=0.1,
    sweep_interval_seconds=0.1,
    sweeps=SweepOptions(dead_after_seconds=1, patience_seconds=60),
)


@contextmanager
def working(
    database: Database, handlers: Mapping[JobKind, JobHandler], options: WorkerOptions = QUICK
) -> Iterator[Worker]:
    worker = Worker(database, handlers, options)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def quick(**sweeps: float) -> WorkerOptions:
    """QUICK with other times for its sweeps."""
    return replace(QUICK, sweeps=replace(QUICK.sweeps, **sweeps))  # type: ignore[arg-type] # all are numbers


def options_of(executor_id: str) -> WorkerOptions:
    """QUICK in another slot."""
    return replace(QUICK, executor_id=executor_id)


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Raises AssertionError where it does not come true in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
