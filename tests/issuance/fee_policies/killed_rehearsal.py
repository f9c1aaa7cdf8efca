"""A process that kills itself in the middle of a rehearsal, after so many transactions."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from issuance.fee_policies.rehearse import rehearse_draft
from storage.runner import Database
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault


def rehearse_and_die(url: str, rehearsal_id: str, transactions: str) -> None:
    database = Database(url, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())
    left = int(transactions)

    def transact(use_case: Callable[..., Any]) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return database.run_blocking(use_case)

    # Without rules: a population that is invented needs none.
    rehearse_draft(transact, None, UUID(rehearsal_id), lambda: datetime.now(UTC))  # type: ignore[arg-type]
