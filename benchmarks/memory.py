"""Whether issuing takes ever more memory: a process of its own issues document after document and looks at itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measurement import Measurement, Run
from benchmarks.offices import open_desk
from benchmarks.pipeline import DEFAULT_KEY_TYPE, of_other_people
from issuance.produce import produce

DOCUMENTS = 2_000
_MARKS = 10


def measure(say: Callable[[str], None], *, documents: int = DOCUMENTS) -> list[Measurement]:
    """One measurement: the memory held after a tenth of the documents beside that after all; 1 is flat."""
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", str(documents)], check=True, capture_output=True, text=True
    )
    held: list[float] = json.loads(child.stdout)
    measured = Measurement(
        name="memory",
        unit="MiB resident",
        ours_is=f"after the first {documents // _MARKS:,} documents",
        baseline_is=f"after {documents:,}: the whole way from content to the stored file, in one process",
        runs=[Run(ours=held[0], baseline=held[-1])],
        details={"mib_after_each_tenth": held},
    )
    say(f"memory: {held[0]:.0f} MiB after a tenth, {held[-1]:.0f} MiB after {documents:,} documents")
    return [measured]


def _issue(documents: int) -> list[float]:
    held = []
    with TemporaryDirectory(prefix="condau-bench-") as folder, open_desk(Path(folder), DEFAULT_KEY_TYPE) as desk:
        certificates = of_other_people(desk.intended())
        for _ in range(_MARKS):
            for certificate in islice(certificates, documents // _MARKS):
                produce(desk.workshop, certificate)
            held.append(round(_resident_mib(), 1))
    return held


def _resident_mib() -> float:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(_issue(int(sys.argv[1]))))
