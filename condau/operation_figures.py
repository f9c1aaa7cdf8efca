"""How the installation is, as figures: jobs, workers, money and notices that wait, seals, backups, the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from issuance.operation import Watch
from storage.ask_health import reachable_health
from storage.runner import Database


class OperationFigures(Collector):
    """Read from the database when asked for, so that every process tells the same; nothing while it is away."""

    def __init__(self, database: Database, folder: Path) -> None:
        """folder: on the disk that documents are written to."""
        self._database = database
        self._folder = folder

    def describe(self) -> Sequence[Metric]:
        """None beforehand: the database isn't asked when this is put in."""
        return ()

    def collect(self) -> Iterator[Metric]:
        if self._folder.is_dir():
            free = shutil.disk_usage(self._folder).free
            yield GaugeMetricFamily("condau_disk_free_bytes", "Where documents are written to.", value=free)
        health = reachable_health(self._database)
        yield GaugeMetricFamily("condau_database_up", "Whether the database answers.", value=float(health is not None))
        if health is None:
            return
        jobs = GaugeMetricFamily("condau_jobs", "Jobs by kind and state.", labels=["kind", "state"])
        age = GaugeMetricFamily(
            "condau_jobs_oldest_seconds", "Since the oldest of them was asked for.", labels=["kind", "state"]
        )
        for one in health.jobs:
            jobs.add_metric([one.kind, one.state.value], one.number)
            age.add_metric([one.kind, one.state.value], _seconds(one.oldest_at, health.at))
        yield jobs
        yield age
        alive = sum(one.seen_at >= health.at - Watch().dead_after for one in health.workers)
        for name, said, value in (
            ("condau_workers", "Workers that were heard of lately.", alive),
            ("condau_job_failures", "Jobs that failed and are tried again.", health.failures),
            ("condau_payments_waiting", "Payments that somebody has to look at.", health.payments_waiting),
            ("condau_refunds_waiting", "Refunds that somebody has to do something about.", health.refunds_waiting),
            ("condau_notices_dead", "Notices that an application never took.", health.notices_dead),
            ("condau_ledger_unsealed", "Whether entries of the ledger wait for a seal.", int(health.unsealed)),
        ):
            yield GaugeMetricFamily(name, said, value=value)
        for name, said, since in (
            ("condau_ledger_seal_age_seconds", "Since the newest seal of the ledger.", health.sealed_at),
            ("condau_backup_age_seconds", "Since the newest backup was begun.", health.backed_up_at),
        ):
            if since is not None:
                yield GaugeMetricFamily(name, said, value=_seconds(since, health.at))


def _seconds(since: datetime, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds())
