"""What comes round by itself in an installation, and how often. Each period is done once among all processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from condau.published_lists import StatusLists
from condau.settings import ScheduleSettings
from issuance.agencies.carry_over import find_carry_overs
from issuance.deadlines.find import find_all
from issuance.deadlines.rules import DeadlineRules
from issuance.deadlines.tell import tell_papers_overdue, tell_questions_overdue
from issuance.payments.ask_again import ask_about_orders
from issuance.payments.order import PaymentProvider
from issuance.payments.owner import rehome
from issuance.records import Records
from issuance.rules import Rules
from issuance.settlement.reassign import reassign_without_authority
from issuance.settlement.stop import expire_unpaid
from storage.runner import Database
from storage.schedule import Schedule

_BATCH = 200
_DAY_SECONDS = 86_400
_MERGERS_SECONDS = 600
"""Soon after midnight, and soon after what was written down late. It costs one count of what is open."""


def schedules(
    database: Database,
    settings: ScheduleSettings,
    *,
    rules: Rules,
    deadlines: DeadlineRules,
    status_lists: StatusLists,
    retention: Sequence[Callable[[], object]],
    archives: Sequence[Callable[[], object]],
    clock: Callable[[], datetime],
    seal: Callable[[], None],
    provider: PaymentProvider | None = None,
    payments_seconds: int = 300,
) -> Sequence[Schedule]:
    """retention: what forgets; archives: what asks for archives to be renewed. seal: seals the ledger. provider: None
    where there is none."""

    def in_batches(use_case: Callable[[Records, datetime, int], int]) -> None:
        # A batch in which nothing could be done for its first cases would come again and again.
        while database.run_blocking(lambda records: use_case(records, clock(), _BATCH)) >= _BATCH:
            pass

    def find_what_is_due() -> None:
        find_all(database.run_blocking, deadlines, clock)
        in_batches(tell_papers_overdue)
        in_batches(tell_questions_overdue)
        in_batches(lambda records, at, limit: expire_unpaid(records, rules, at, limit))
        in_batches(lambda records, at, limit: reassign_without_authority(records, rules, at, limit))

    def check_status_lists() -> None:
        at = clock()
        newest = database.run_blocking(lambda records: records.certificates.newest_status_list())
        for number in range(1, newest + 1):
            told = database.run_blocking(lambda records, number=number: records.certificates.not_in_force(number))  # type: ignore[misc] # of a default
            status_lists.publish(number, told, at)

    def find_mergers() -> None:
        database.run_blocking(lambda records: find_carry_overs(records, clock()))

    def look_after_payments() -> None:
        in_batches(lambda records, at, limit: rehome(records, rules, at, limit))
        while (
            provider is not None and ask_about_orders(database.run_blocking, rules, provider, clock, _BATCH) == _BATCH
        ):
            pass

    return [
        Schedule(name="payments", every_seconds=payments_seconds, act=look_after_payments),
        Schedule(name="deadlines", every_seconds=settings.deadlines_seconds, act=find_what_is_due),
        Schedule(name="status_lists", every_seconds=settings.status_lists_seconds, act=check_status_lists),
        Schedule(name="retention", every_seconds=settings.retention_seconds, act=lambda: _all_of(retention)),
        Schedule(name="carry_overs", every_seconds=_MERGERS_SECONDS, act=find_mergers),
        Schedule(name="ledger", every_seconds=settings.seals_seconds, act=seal),
        Schedule(name="archives", every_seconds=_DAY_SECONDS, act=lambda: _all_of(archives)),
    ]


def _all_of(acts: Sequence[Callable[[], object]]) -> None:
    """Each of them, also after one that failed. Raises what failed."""
    failed: list[Exception] = []
    for act in acts:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - raised below, when the others have had their turn
            failed.append(error)
    if failed:
        raise failed[0]
