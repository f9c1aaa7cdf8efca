"""Run the measurements named, or all; write `var/bench/<name>.json`; show a table."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

# Before anything loads the layout engine: one thread, so that "one process" means one core.
os.environ["RAYON_NUM_THREADS"] = "1"

from rich.console import Console

from benchmarks import (
    batch,
    fee_analysis,
    fees,
    hostile_policies,
    identity,
    memory,
    pipeline,
    procedures,
    qr_size,
    rehearsal,
    seals,
    submit,
    work_list,
)
from benchmarks.measurement import Measurement, table_of

Measure = Callable[[Callable[[str], None]], Sequence[Measurement]]
MEASUREMENTS: dict[str, Measure] = {
    "batch": batch.measure,
    "pipeline": pipeline.measure,
    "submit": submit.measure,
    "work-list": work_list.measure,
    "fees": fees.measure,
    "fee-analysis": fee_analysis.measure,
    "hostile-policies": hostile_policies.measure,
    "rehearsal": rehearsal.measure,
    "identity": identity.measure,
    "seals": seals.measure,
    "qr-size": qr_size.measure,
    "memory": memory.measure,
    "procedures": procedures.measure,
}
FOLDER = Path("var/bench")


def main(names: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(MEASUREMENTS)}; all when none is named")
    chosen = parser.parse_args(names).name or list(MEASUREMENTS)
    if unknown := set(chosen) - set(MEASUREMENTS):
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    console = Console()
    found: list[Measurement] = []
    for name in chosen:
        for measurement in MEASUREMENTS[name](lambda said: console.print(said, style="dim", highlight=False)):
            measurement.write(FOLDER)
            found.append(measurement)
    console.print(table_of(found))
    console.print(f"written to {FOLDER}/")


if __name__ == "__main__":
    main()
