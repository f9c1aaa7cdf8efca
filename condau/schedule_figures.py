"""What has become of scheduled work, as figures: whoever watches sees what has stopped coming round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.runner import Database
from storage.schedule import reachable_states


class ScheduleFigures(Collector):
    """Read from the database when asked for, so that every process tells the same; nothing while it is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Sequence[Metric]:
        """None beforehand: the database isn't asked when this is put in."""
        return ()

    def collect(self) -> Iterator[Metric]:
        done = GaugeMetricFamily(
            "condau_schedule_done_timestamp_seconds", "When scheduled work was last done.", labels=["name"]
        )
        failures = GaugeMetricFamily(
            "condau_schedule_failures", "Failures in a row of its newest period.", labels=["name"]
        )
        for state in reachable_states(self._database):
            if state.done_at is not None:
                done.add_metric([state.name], state.done_at.timestamp())
            failures.add_metric([state.name], state.failures)
        yield done
        yield failures
