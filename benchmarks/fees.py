"""Fee assessments per second, each with its full trace, beside a hand-written chain of ifs that gives an amount alone.

The difference is the price of the trace: the chain cites no act, names no budget, explains nothing, knows one timeline.
Both must agree on every request, or there is nothing to measure.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.measurement import Measurement, Run
from issuance.fees.assess import assess
from issuance.fees.facts import CATEGORIES, CHANNELS, FeeFacts, age_years
from issuance.fees.policy import SHIPPED_POLICIES, load_policies
from issuance.fees.quotas import UNTOUCHED

NAME = "fees"
DOCUMENT_TYPE = "criminal_record_form_1"
_FIRST_DAY, _DAYS = date(2023, 1, 1), 1_095
_EXEMPT = {"disabled", "poor_household", "difficult_commune"}
_REDUCED = {"student", "person_of_merit", "martyr_relative"}


def measure(say: Callable[[str], None], *, turns: int = 9, requests: int = 3_000) -> list[Measurement]:
    """Turns of `requests` seeded, mixed requests over three years of policies."""
    policies = load_policies(SHIPPED_POLICIES)
    mixed = _requests(requests)
    for facts in mixed:
        if assess(facts, policies, UNTOUCHED, facts.submitted_on).due != amount_by_ifs(facts):
            raise AssertionError("the chain of ifs and the policies disagree: one of them changed")
    runs = []
    for turn in range(turns):
        started = time.perf_counter()
        for facts in mixed:
            assess(facts, policies, UNTOUCHED, facts.submitted_on)
        between = time.perf_counter()
        for facts in mixed:
            amount_by_ifs(facts)
        ended = time.perf_counter()
        runs.append(Run(ours=requests / (between - started), baseline=requests / (ended - between)))
        say(f"{NAME} {turn + 1}/{turns}: {runs[-1].ours:,.0f} against {runs[-1].baseline:,.0f} assessments/s")
    return [
        Measurement(
            name=NAME,
            unit="assessments/s",
            ours_is="assess: amount, lines, every rule with its reason, acts cited; one process",
            baseline_is="a hand-written chain of ifs that gives the amount due and nothing else",
            runs=runs,
            details={"requests_per_turn": requests, "policies": len(policies.policies)},
        )
    ]


def amount_by_ifs(facts: FeeFacts) -> int:
    """What is due in VND, for the days from 2017 to 2025."""
    fee, copies = 200_000, 5_000 * max(0, facts.copies - 2)
    on, online = facts.submitted_on, facts.channel in ("vneid", "portal")
    age = None if facts.birth_date is None else age_years(facts.birth_date, on)
    new_tariff = on >= date(2025, 4, 24)
    if (age is not None and (age <= 15 or age >= 60)) or facts.categories & _EXEMPT:
        fee = 0
    elif facts.categories & _REDUCED:
        fee = 80_000 if new_tariff and online else 100_000
    elif new_tariff and online:
        fee = 170_000
    if facts.channel == "vneid" and date(2024, 6, 1) <= on <= date(2024, 12, 31):
        fee, copies = 0, max(0, copies - 50_000)
    return fee + copies


def _requests(count: int) -> list[FeeFacts]:
    chosen = random.Random(20240603)
    categories, channels = sorted(CATEGORIES), sorted(CHANNELS)
    return [
        FeeFacts(
            document_type=DOCUMENT_TYPE,
            channel=chosen.choice(channels),
            copies=chosen.randint(1, 20),
            categories=frozenset(chosen.sample(categories, chosen.choice([0, 0, 0, 1, 2]))),
            birth_date=date(1940, 1, 1) + timedelta(days=chosen.randrange(29_000)),
            level=2,
            submitted_on=_FIRST_DAY + timedelta(days=chosen.randrange(_DAYS)),
        )
        for _ in range(count)
    ]
