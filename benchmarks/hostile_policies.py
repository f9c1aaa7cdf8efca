"""How long documents that were made to hurt can keep the reader busy, beside an ordinary policy.

Each is refused, or read and checked with its examples. No test asserts these times: the tests hold the caps.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable

from benchmarks.measurement import Measurement, Run
from issuance.fees import SHIPPED_POLICIES, PolicyRefused
from issuance.fees.expressions.compile import compile_expression
from issuance.fees.policy import check_examples
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fees.hostile import HOSTILE

GOAL_MS = 50


def measure(say: Callable[[str], None], *, turns: int = 7) -> list[Measurement]:
    """One measurement: documents a second, of the slowest hostile one; the time of each stands in the details."""
    ordinary = max((file.read_bytes() for file in SHIPPED_POLICIES.glob("*.json")), key=len)
    times_ms = {}
    for name, (make, _) in HOSTILE.items():
        source = make()
        times_ms[name] = statistics.median(_time_ms(source) for _ in range(turns))
        say(f"{name}: {len(source):,} bytes, {times_ms[name]:.1f} ms")
    slowest = max(times_ms, key=lambda name: times_ms[name])
    source = HOSTILE[slowest][0]()
    runs = [Run(ours=1_000 / _time_ms(source), baseline=1_000 / _time_ms(ordinary)) for _ in range(turns)]
    return [
        Measurement(
            name="hostile-policies",
            unit="documents/s",
            ours_is=f"the slowest of {len(HOSTILE)} hostile documents: {slowest}",
            baseline_is="the largest policy in force",
            runs=runs,
            details={
                "goal_ms": GOAL_MS,
                "slower_than_goal": sorted(name for name, time_ms in times_ms.items() if time_ms > GOAL_MS),
                "times_ms": {name: round(time_ms, 2) for name, time_ms in times_ms.items()},
            },
        )
    ]


def _time_ms(source: bytes) -> float:
    # What was compiled is remembered; nobody sends a hostile expression in order to have it fast the second time.
    compile_expression.cache_clear()
    begun = time.perf_counter()
    with contextlib.suppress(PolicyRefused):
        check_examples(read_policy(source))
    return 1_000 * (time.perf_counter() - begun)
