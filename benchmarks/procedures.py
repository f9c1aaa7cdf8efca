"""As many procedures as a city publishes: read, checked and put into a book, and the book asked which one applies.

In a process of its own, so that the memory is theirs alone.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from benchmarks.measurement import Measurement, Run
from identity.citizen import Role
from issuance.errors import NoProcedure
from issuance.procedure.book import ProcedureBook
from issuance.procedure.check import check_procedure
from issuance.procedure.reading import read_procedure
from tests.issuance.procedure.made_up import PUBLISHED, UNITS, made_up

QUESTIONS = 100_000
_ROLES: frozenset[Role] = frozenset(("caseworker", "head"))


def measure(say: Callable[[str], None], *, turns: int = 3, procedures: int = PUBLISHED) -> list[Measurement]:
    """Rates of reading with checking beside parsing the same bytes as plain JSON, and what the whole takes."""
    found = []
    for turn in range(turns):
        child = subprocess.run(
            [sys.executable, "-m", "benchmarks.procedures", str(procedures)], check=True, capture_output=True
        )
        found.append(json.loads(child.stdout))
        one = found[-1]
        say(
            f"procedures {turn + 1}/{turns}: {procedures:,} read in {one['reading_s']:.1f} s, checked in "
            f"{one['checking_s']:.1f} s, {one['peak_mib']:.0f} MiB at most; {QUESTIONS:,} questions in "
            f"{one['asking_s']:.2f} s"
        )
    typical = sorted(found, key=lambda one: one["reading_s"] + one["checking_s"])[turns // 2]
    return [
        Measurement(
            name="procedures",
            unit="procedures/s",
            ours_is=f"{procedures:,} made-up procedures read strictly and checked whole",
            baseline_is="the same bytes parsed as plain JSON, and nothing checked",
            runs=[
                Run(ours=procedures / (one["reading_s"] + one["checking_s"]), baseline=procedures / one["parsing_s"])
                for one in found
            ],
            details={**typical, "procedures": procedures, "questions": QUESTIONS},
        )
    ]


def _run(count: int) -> dict[str, float]:
    """Seconds of each part, and resident memory in MiB: before anything is read, and the peak."""
    made = [made_up(number) for number in range(count)]
    sources = [json.dumps(one.document, ensure_ascii=False).encode() for one in made]
    read_procedure(sources[0])
    before = _peak_mib()
    moments = [time.perf_counter()]
    for source in sources:
        json.loads(source)
    moments.append(time.perf_counter())
    procedures = [read_procedure(source) for source in sources]
    moments.append(time.perf_counter())
    for procedure, one in zip(procedures, made, strict=True):
        if any(not problem.is_note for problem in check_procedure(procedure, one.services, lambda _: _ROLES)):
            raise AssertionError(f"{procedure.id} was refused")
    moments.append(time.perf_counter())
    book = ProcedureBook.of(procedures)
    moments.append(time.perf_counter())
    draw = random.Random(1)
    asked = [
        (f"type_{draw.randrange(count):04}", draw.choice(UNITS), date(2026, 1, 1) + timedelta(draw.randrange(365)))
        for _ in range(QUESTIONS)
    ]
    began, answered = time.perf_counter(), 0
    for type_id, unit, day in asked:
        try:
            answered += book.in_force(type_id, unit, day) is not None
        except NoProcedure:
            continue
    asking = time.perf_counter() - began
    parts = dict(zip(("parsing_s", "reading_s", "checking_s", "book_s"), _between(moments), strict=True))
    return {**parts, "asking_s": asking, "answered": answered, "mib_before": before, "peak_mib": _peak_mib()}


def _between(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(moments)]


def _peak_mib() -> float:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps({name: round(value, 4) for name, value in _run(int(sys.argv[1])).items()}))
