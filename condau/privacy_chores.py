"""What is erased on schedule when its time is over, and the list of who was erased. Harmless when two do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from condau.erasures import keep_erasures
from condau.settings import Settings
from issuance.privacy.erase import KeptApplications, erase_what_is_over, forget_payers
from storage.runner import Database

AT_ONCE = 100


def privacy_chores(
    database: Database, settings: Settings, clock: Callable[[], datetime]
) -> Sequence[Callable[[], object]]:
    kept = KeptApplications(
        days=settings.retention.application_days or None,
        days_without_result=settings.retention.application_days_without_result or None,
    )

    def erase() -> None:
        while database.run_blocking(lambda records: erase_what_is_over(records, kept, clock(), AT_ONCE)) == AT_ONCE:
            pass
        while database.run_blocking(lambda records: forget_payers(records, kept, clock(), AT_ONCE)) == AT_ONCE:
            pass

    def keep_list() -> None:
        # Whoever erased somebody on another machine, or was killed before he wrote it down, left it to this.
        keep_erasures(database.run_blocking, settings.state_folder, clock())

    return [erase, keep_list]
