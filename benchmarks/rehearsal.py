"""A hundred thousand requests decided by two versions of a policy, compared and added up, on one core.

The baseline makes the same made-up requests and decides nothing: what is above it is the price of deciding. The memory
is that of a process of its own, after a tenth of the requests and after all.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from benchmarks.measurement import Measurement, Run
from issuance.fees.book import PolicyBook
from issuance.fees.document import Days, FeePolicy
from issuance.fees.policy import SHIPPED_POLICIES, load_policies
from issuance.fees.rehearsal.population import PopulationPlan, make_population
from issuance.fees.rehearsal.rehearse import rehearse

CASES = 100_000
_FORM_1 = "criminal_record_form_1"
_FIRST_DAY, _LAST_DAY = date(2025, 4, 24), date(2025, 12, 31)


def measure(say: Callable[[str], None], *, turns: int = 3, cases: int = CASES) -> list[Measurement]:
    """Turns of `cases` made-up requests that two versions with different tariffs both decide."""
    before, after = _books()
    plan = _plan(cases)
    runs, seconds, busy = [], [], []
    for turn in range(turns):
        working, started = time.process_time(), time.perf_counter()
        result = rehearse(make_population(plan), before, after, lambda done: None)
        between = time.perf_counter()
        busy.append(time.process_time() - working)
        deque(make_population(plan), maxlen=0)
        ended = time.perf_counter()
        if result.before.decided != cases or result.after.decided != cases or not result.losses.count:
            raise AssertionError("the two versions must both decide every request, and differ")
        seconds.append(between - started)
        runs.append(Run(ours=cases / (between - started), baseline=cases / (ended - between)))
        took = f"{between - started:.2f} s ({busy[-1]:.2f} s of processor time)"
        say(f"rehearsal {turn + 1}/{turns}: {cases:,} requests against two versions in {took}")
    few, all_of_them = (_peak_mib(number) for number in (cases // 10, cases))
    say(f"rehearsal: {few:.0f} MiB at most for {cases // 10:,} requests, {all_of_them:.0f} MiB for {cases:,}")
    return [
        Measurement(
            name="rehearsal",
            unit="requests/s",
            ours_is="made, decided by two versions, compared, with examples explained; one process",
            baseline_is="the same requests only made",
            runs=runs,
            details={
                "cases": cases,
                "seconds_for_all_cases": [round(one, 2) for one in seconds],
                "processor_seconds_for_all_cases": [round(one, 2) for one in busy],
                "peak_mib_for_a_tenth_of_the_cases": round(few, 1),
                "peak_mib_for_all_cases": round(all_of_them, 1),
            },
        )
    ]


def _books() -> tuple[PolicyBook, PolicyBook]:
    """The shipped tariff since 24 April 2025 against the older one, as if that had gone on."""
    of_form_1 = [one for one in load_policies(SHIPPED_POLICIES).policies if _FORM_1 in one.document.document_types]
    older, newer = of_form_1
    return PolicyBook.of([newer]), PolicyBook.of([_on_days_of(older, newer)])


def _on_days_of(older: FeePolicy, newer: FeePolicy) -> FeePolicy:
    days = newer.document.effective
    document = replace(older.document, effective=Days(days.first_day, days.last_day))
    return replace(older, document=document, digest="0" * 64)


def _plan(cases: int) -> PopulationPlan:
    return PopulationPlan(size=cases, seed=20250424, document_type=_FORM_1, first_day=_FIRST_DAY, last_day=_LAST_DAY)


def _peak_mib(cases: int) -> float:
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.rehearsal", str(cases)], check=True, capture_output=True, text=True
    )
    return float(json.loads(child.stdout))


if __name__ == "__main__":
    rehearse(make_population(_plan(int(sys.argv[1]))), *_books(), lambda done: None)
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
