"""Milliseconds to look through the shipped policies before anybody is charged by them, beside reading them.

Two figures: how they stand beside each other (overlaps and gaps), and the whole analysis with its proofs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.measurement import Measurement, Run
from issuance.fees.analysis import analyse, check_overlaps
from issuance.fees.policy import DEMONSTRATION_POLICIES, SHIPPED_POLICIES, load_policies

MOST_MS_FOR_OVERLAPS = 50


def measure(say: Callable[[str], None], *, turns: int = 9) -> list[Measurement]:
    """Turns over all shipped policies, each against the whole book; rates are policies per second."""
    book = load_policies(SHIPPED_POLICIES, DEMONSTRATION_POLICIES)
    overlaps: list[float] = []
    whole: list[float] = []
    reading: list[float] = []
    for turn in range(turns):
        moments = [time.perf_counter()]
        for policy in book.policies:
            if any(finding.severity == "error" for finding in check_overlaps(policy, book.entries)):
                raise AssertionError("shipped policies overlap")
        moments.append(time.perf_counter())
        reports = [analyse(policy, book.entries) for policy in book.policies]
        moments.append(time.perf_counter())
        load_policies(SHIPPED_POLICIES, DEMONSTRATION_POLICIES)
        moments.append(time.perf_counter())
        for found, began, ended in zip((overlaps, whole, reading), moments[:-1], moments[1:], strict=True):
            found.append((ended - began) * 1_000)
        say(f"fee-analysis {turn + 1}/{turns}: overlaps {overlaps[-1]:.2f} ms, whole analysis {whole[-1]:.1f} ms")
    count = len(book.policies)
    details = {
        "policies": count,
        "cases": sum(report.cases for report in reports),
        "is_complete": all(report.is_complete for report in reports),
        "errors": sum(len(report.errors) for report in reports),
        "overlaps_of_all_ms": round(sorted(overlaps)[turns // 2], 3),
        "overlaps_of_all_ms_allowed": MOST_MS_FOR_OVERLAPS,
        "whole_analysis_of_all_ms": round(sorted(whole)[turns // 2], 1),
    }
    if details["overlaps_of_all_ms"] > MOST_MS_FOR_OVERLAPS:
        say(f"fee-analysis: the overlap check takes more than {MOST_MS_FOR_OVERLAPS} ms")
    baseline_is = "reading and checking the same documents, their acts and examples"
    return [
        Measurement(
            name=name,
            unit="policies/s",
            ours_is=ours_is,
            baseline_is=baseline_is,
            runs=[
                Run(ours=count * 1_000 / ours, baseline=count * 1_000 / read)
                for ours, read in zip(found, reading, strict=True)
            ],
            details=details,
        )
        for name, ours_is, found in (
            ("fee-overlaps", "overlaps and gaps of each shipped policy with the whole book", overlaps),
            ("fee-analysis", "the whole analysis: proofs, witnesses, counter-examples", whole),
        )
    ]
