"""A worker process that a test kills: prints each point that it reaches, and stands still at one of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from issuance.jobs import JobKind, StepRunner
from storage.runner import Database
from storage.worker import Worker
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault
from tests.storage.workers import options_of

STEPS = ("intend", "produce", "conclude")


def work(url: str, journal: str, executor_id: str, stand_still_at: str) -> None:
    database = Database(url, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())

    def handler(application_id: UUID, step: StepRunner) -> None:
        def reach(point: str) -> str:
            with Path(journal).open("a") as file:
                file.write(f"{executor_id} {point}\n")
            if point == stand_still_at:
                time.sleep(600)
            return point

        for name in STEPS:
            step(name, lambda name=name: reach(name))
            if stand_still_at == f"after {name}":
                reach(f"after {name}")

    worker = Worker(database, {JobKind.ISSUE_RESULT: handler}, options_of(executor_id))
    worker.start()
    time.sleep(600)
