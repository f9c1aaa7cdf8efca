"""What waits, runs and failed, and how the installation is, for people or as JSON. Ids, kinds and codes only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from api.health import health_view
from condau.clock import now
from condau.console import say
from condau.settings import Settings, SettingsRefused
from issuance.operation import JobState, Watch, signs
from storage.ask_health import reachable_health, reachable_jobs, try_again
from storage.engines import Address
from storage.operation import JobSeen, parted
from storage.runner import Database

_SHOWN = (JobState.WAITING, JobState.WAITING_AGAIN, JobState.RUNNING, JobState.FAILED)
_WORDS = {
    "workers": "workers alive",
    "jobs_waiting": "jobs waiting",
    "jobs_failed": "jobs that failed and are tried again",
    "schedules": "scheduled work that fails",
    "seals": "ledger entries that wait for a seal",
    "backup": "backups",
    "payments_waiting": "payments to look at",
    "refunds_waiting": "refunds to do something about",
    "notices_dead": "notices that were never taken",
}


@dataclass(frozen=True, slots=True)
class JobsAsked:
    """states: by their names, none for all but done."""

    states: tuple[str, ...]
    kind: str | None
    older_than_minutes: int
    limit: int


def show_health(settings: Settings, *, as_json: bool) -> int:
    """0 where all is well, 1 where something is not or the database does not answer."""
    with _opened(settings) as database:
        health = reachable_health(database)
    if health is None:
        say(json.dumps({"well": False, "database": False}) if as_json else "✗ the database does not answer")
        return 1
    found = signs(health, Watch())
    if as_json:
        say(json.dumps(health_view(health)))
    else:
        for one in found:
            since = f", {_ago(one.since, health.at)}" if one.since else ""
            say(f"{'✓' if one.well else '✗'} {one.number} {_WORDS[one.name]}{since}")
    return 0 if all(one.well for one in found) else 1


def show_jobs(settings: Settings, asked: JobsAsked, *, as_json: bool) -> int:
    """0, 1 where the database does not answer, 2 where a state is asked for that there is not."""
    try:
        states = tuple(JobState(one) for one in asked.states) or _SHOWN
    except ValueError:
        say(f"a job is {', '.join(JobState)}")
        return 2
    at = now()
    before = at - timedelta(minutes=asked.older_than_minutes) if asked.older_than_minutes else None
    with _opened(settings) as database:
        found = reachable_jobs(database, asked.kind, states, before, asked.limit)
    if found is None:
        say("the database does not answer")
        return 1
    if as_json:
        say(json.dumps([_plain(one) for one in found]))
        return 0
    for one in found:
        said = f"{one.job} {one.state.value}, {_ago(one.asked_at, at)}"
        said += f", at {one.worker}" if one.worker and one.state is JobState.RUNNING else ""
        said += f", {one.error} ({one.attempts} times)" if one.error else ""
        say(said)
    if not found:
        say("no such jobs")
    return 0


def retry_jobs(settings: Settings, jobs: Sequence[str]) -> int:
    """0 where each was begun again."""
    left = 0
    with _opened(settings) as database:
        for job in jobs:
            try:
                kind, about = parted(job)
            except ValueError:
                say(f"{job}: this is no job's id")
                left += 1
                continue
            begun = try_again(database, kind, about)
            say(f"{job}: {'begun again' if begun else 'left alone: it waits or runs, or nobody knows it'}")
            left += not begun
    return 1 if left else 0


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    """Raises SettingsRefused where there is no database: opening an SQLite file would make it."""
    address = Address.parse(settings.database)
    if not address.is_postgresql and not Path(str(address.url.database)).is_file():
        raise SettingsRefused("there is no database: check the settings, or run `condau init`")
    database = Database(settings.database, clock=now)
    try:
        yield database
    finally:
        database.dispose_blocking()


def _plain(one: JobSeen) -> dict[str, object]:
    return {
        "job": one.job,
        "kind": one.kind,
        "state": one.state.value,
        "asked_at": one.asked_at.isoformat(),
        "worker": one.worker,
        "error": one.error,
        "attempts": one.attempts,
    }


def _ago(since: datetime, at: datetime) -> str:
    seconds = max(0, int((at - since).total_seconds()))
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} seconds ago"
