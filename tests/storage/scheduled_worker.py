"""A worker process with scheduled work, which a test may kill: each run writes down its beginning and its end."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dbos import DBOS

from storage.runner import Database
from storage.schedule import Schedule
from storage.worker import Worker
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault
from tests.storage.workers import options_of

QUICK_TICKS = 0.05


def work(url: str, journal: str, executor_id: str, stand_still: str) -> None:
    """stand_still: "yes" lets this worker's first run never end."""
    database = Database(url, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())

    def note(word: str) -> None:
        with Path(journal).open("a") as file:
            file.write(f"{executor_id} {word} {DBOS.workflow_id}\n")

    def act() -> None:
        note("begins")
        if stand_still == "yes":
            time.sleep(600)
        time.sleep(0.05)
        note("ends")

    schedule = Schedule(name="look", every_seconds=1, act=act)
    worker = Worker(database, {}, replace(options_of(executor_id), tick_seconds=QUICK_TICKS), [schedule])
    worker.start()
    time.sleep(600)
