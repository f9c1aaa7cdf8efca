"""A process that claims of one quota: so many times, or until it is killed, or standing still in the middle of one."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid4

from issuance.fees.quotas import QuotaClaim, QuotaKey
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.people import NOW, an_application
from tests.storage.vaults import a_vault

KEY = QuotaKey("support", "budget", "budget_total", "", "2026-01-01")
Way = Literal["count", "endless", "stand_still"]


def claim(records: SqlRecords, size: int, wanted: int = 1) -> UUID | None:
    """What an application does: store it, and take what is wanted or the rest. None where nothing is left."""
    left = size - records.quotas.used([KEY])[KEY]
    application = an_application(code=str(uuid4()))
    records.applications.add(application)
    if left <= 0:
        return None
    records.quotas.reserve(application.id, 1, [QuotaClaim(KEY, min(left, wanted), size)], NOW)
    return application.id


def run(url: str, size: str, way: Way, times: str) -> None:
    """Prints a line when it has begun, and how many claims it got when it ends."""
    database = Database(url, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())
    wanted = int(size)
    database.run_blocking(lambda records: records.quotas.used([KEY]))
    print("begun", flush=True)
    if way == "count":
        print(sum(database.run_blocking(lambda r: claim(r, wanted)) is not None for _ in range(int(times))), flush=True)
        database.dispose_blocking()
    elif way == "stand_still":
        database.run_blocking(lambda records: _claim_and_wait(records, wanted))
    else:
        _come_and_go(database, wanted)


def _claim_and_wait(records: SqlRecords, size: int) -> None:
    claim(records, size)
    print("inside", flush=True)
    time.sleep(600)


def _come_and_go(database: Database, size: int) -> None:
    mine: list[UUID] = []
    while True:
        what = random.random()
        if what < 0.6 or not mine:
            wanted = random.randint(1, 3)
            claimed = database.run_blocking(lambda r, wanted=wanted: claim(r, size, wanted))
            mine += [claimed] if claimed is not None else []
            continue
        whose = mine.pop(random.randrange(len(mine)))
        if what < 0.9:
            database.run_blocking(lambda r, whose=whose: r.quotas.release(whose, NOW))
        else:
            database.run_blocking(lambda r, whose=whose: r.quotas.commit(whose, NOW))
