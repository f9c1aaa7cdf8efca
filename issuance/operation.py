"""How the installation itself is: who works, what waits, since when. Names and numbers, nothing about a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from identity.citizen import VerifiedOfficial

from .errors import RoleMissing


class JobState(StrEnum):
    WAITING = "waiting"
    WAITING_AGAIN = "waiting_again"
    """It has ended before, most times by failing, and keeps the time at which it was first asked for."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobCount:
    """oldest_at: when the one was asked for that is the longest in this state."""

    kind: str
    state: JobState
    number: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    name: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """failures: in a row, of its newest period."""

    name: str
    done_at: datetime | None
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """failures: jobs that failed and are tried again. payments_waiting: that somebody has to look at; refunds_waiting
    too. notices_dead: that an application never took. sealed_at: of the newest seal of the ledger. backed_up_at: when
    the newest backup was begun."""

    at: datetime
    workers: Sequence[WorkerSeen]
    jobs: Sequence[JobCount]
    failures: int
    schedules: Sequence[ScheduleSeen]
    payments_waiting: int
    refunds_waiting: int
    notices_dead: int
    sealed_at: datetime | None
    unsealed: bool
    backed_up_at: datetime | None

    @property
    def oldest_waiting_at(self) -> datetime | None:
        """Since when the job waits that waits longest, among those that are asked for the first time."""
        return min((one.oldest_at for one in self.jobs if one.state is JobState.WAITING), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """From when on something is not well."""

    dead_after: timedelta = timedelta(seconds=30)
    waits_too_long: timedelta = timedelta(minutes=15)
    seal_too_old: timedelta = timedelta(minutes=15)
    backup_too_old: timedelta = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing looked at, by a stable name. number: how many; since: when the oldest or the newest of them was."""

    name: str
    well: bool
    number: int
    since: datetime | None = None


class Operation(Protocol):
    def health(self, at: datetime) -> Health: ...


def demand_operations(official: VerifiedOfficial) -> None:
    """Raises RoleMissing."""
    if "operator" not in official.roles:
        raise RoleMissing("how the installation is concerns its operators")


def signs(health: Health, watch: Watch) -> Sequence[Sign]:
    """What an operator is told, the worst first: nobody works, work stands still, nothing is sealed or backed up."""
    at = health.at
    alive = [one for one in health.workers if one.seen_at >= at - watch.dead_after]
    oldest = health.oldest_waiting_at
    failing = [one for one in health.schedules if one.failures]
    return [
        Sign("workers", bool(alive), len(alive), max((one.seen_at for one in health.workers), default=None)),
        Sign("jobs_waiting", not _older(oldest, at, watch.waits_too_long), _number(health, JobState.WAITING), oldest),
        Sign("jobs_failed", health.failures == 0, health.failures),
        Sign("schedules", not failing, len(failing)),
        Sign(
            "seals",
            not health.unsealed or not _older(health.sealed_at or at, at, watch.seal_too_old),
            int(health.unsealed),
            health.sealed_at,
        ),
        Sign(
            "backup",
            health.backed_up_at is not None and not _older(health.backed_up_at, at, watch.backup_too_old),
            int(health.backed_up_at is not None),
            health.backed_up_at,
        ),
        Sign("payments_waiting", health.payments_waiting == 0, health.payments_waiting),
        Sign("refunds_waiting", health.refunds_waiting == 0, health.refunds_waiting),
        Sign("notices_dead", health.notices_dead == 0, health.notices_dead),
    ]


def _number(health: Health, state: JobState) -> int:
    return sum(one.number for one in health.jobs if one.state is state)


def _older(since: datetime | None, at: datetime, than: timedelta) -> bool:
    return since is not None and since < at - than
