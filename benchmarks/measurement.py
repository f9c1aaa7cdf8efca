"""What a measurement came to, and where it is written."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One turn: ours and the baseline, one right after the other, in the measurement's unit."""

    ours: float
    baseline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Rates (more is better) of the product and of what it is held against.

    name: also the file's. details: figures and words that explain the rates; keys name their units.
    """

    name: str
    unit: str
    ours_is: str
    baseline_is: str
    runs: Sequence[Run]
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ours(self) -> float:
        return statistics.median(run.ours for run in self.runs)

    @property
    def baseline(self) -> float:
        return statistics.median(run.baseline for run in self.runs)

    @property
    def ratio(self) -> float:
        """Ours by baseline: the median over the turns, because a noisy minute spoils both sides of a turn alike."""
        return statistics.median(run.ours / run.baseline for run in self.runs)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ours": round(self.ours, 2),
            "baseline": round(self.baseline, 2),
            "ratio": round(self.ratio, 3),
            "unit": self.unit,
            "runs": [{"ours": round(run.ours, 2), "baseline": round(run.baseline, 2)} for run in self.runs],
            "ours_is": self.ours_is,
            "baseline_is": self.baseline_is,
            "details": self.details,
            "machine": {
                "cpus": os.cpu_count(),
                "load_1_minute": round(os.getloadavg()[0], 1),
                "python": platform.python_version(),
                "system": platform.platform(),
            },
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        file.write_text(json.dumps(self.to_json(), ensure_ascii=False, indent=2) + "\n")
        return file


def table_of(measurements: Sequence[Measurement]) -> Table:
    table = Table(title="Medians over alternated turns; ranges in brackets")
    for column, justify in (("measurement", "left"), ("ours", "right"), ("baseline", "right"), ("ratio", "right")):
        table.add_column(column, justify=justify, no_wrap=column != "measurement")  # type: ignore[arg-type]  # literals
    for one in measurements:
        table.add_row(
            f"[bold]{one.name}[/bold], {one.unit}\n{one.ours_is}\nagainst: {one.baseline_is}",
            _spread([run.ours for run in one.runs]),
            _spread([run.baseline for run in one.runs]),
            f"{one.ratio:.3g}",
            end_section=True,
        )
    return table


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):,.1f}\n[{min(values):,.1f}–{max(values):,.1f}]"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed (nearest rank); p99 is share 0.99."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
