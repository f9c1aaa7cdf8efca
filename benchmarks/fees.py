"""Fee assessments per second, each with its full trace, beside two that give an amount alone.

They are a hand-written chain of ifs, and zen-engine with a decision graph.

The difference is the price of the trace: neither cites an act, names a budget or says what stood in a rule's way. All
three must agree on every request, or there is nothing to measure.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from benchmarks.measurement import Measurement, Run
from benchmarks.zen_fees import ZenFees, context_of
from issuance.fees.amounts import amounts_of
from issuance.fees.assess import assess
from issuance.fees.book import PolicyBook
from issuance.fees.facts import CATEGORIES, CHANNELS, FeeFacts, age_years
from issuance.fees.policy import SHIPPED_POLICIES, load_policies
from issuance.fees.quotas import UNTOUCHED

NAME = "fees"
DOCUMENT_TYPE = "criminal_record_form_1"
_FIRST_DAY, _DAYS = date(2023, 1, 1), 1_095
_EXEMPT = {"disabled", "poor_household", "difficult_commune"}
_REDUCED = {"student", "person_of_merit", "martyr_relative"}
T = TypeVar("T")
_OURS = "assess: amount, lines, every rule with its reason, acts cited; one process"


@dataclass(frozen=True, slots=True)
class _Rates:
    """Requests per second of one turn; the last one per second of processor time."""

    traced: float
    bare: float
    ifs: float
    zen: float
    traced_by_processor: float


def measure(say: Callable[[str], None], *, turns: int = 9, requests: int = 3_000) -> list[Measurement]:
    """Turns of `requests` seeded, mixed requests over three years of policies; ours, the ifs and zen-engine in turn."""
    policies, engine = load_policies(SHIPPED_POLICIES), ZenFees()
    mixed = _requests(requests)
    contexts = [context_of(facts) for facts in mixed]
    for facts, context in zip(mixed, contexts, strict=True):
        due = assess(facts, policies, UNTOUCHED, facts.submitted_on).due
        if due != amount_by_ifs(facts) or due != engine.amount_due(context):
            raise AssertionError("the policies, the chain of ifs and the decision graph disagree: one of them changed")
    rates = []
    for turn in range(turns):
        rates.append(_turn(policies, engine, mixed, contexts))
        say(
            f"{NAME} {turn + 1}/{turns}: {rates[-1].traced:,.0f} against {rates[-1].ifs:,.0f} by ifs and "
            f"{rates[-1].zen:,.0f} by zen-engine; {rates[-1].bare:,.0f} without trace"
        )
    details = {
        "requests_per_turn": requests,
        "policies": len(policies.policies),
        "assessments_per_processor_second": sorted(round(one.traced_by_processor) for one in rates),
    }
    return [
        Measurement(
            name=NAME,
            unit="assessments/s",
            ours_is=_OURS,
            baseline_is="a hand-written chain of ifs that gives the amount due and nothing else",
            runs=[Run(ours=one.traced, baseline=one.ifs) for one in rates],
            details=details,
        ),
        Measurement(
            name=f"{NAME}-zen-engine",
            unit="assessments/s",
            ours_is=_OURS,
            baseline_is="zen-engine, graph loaded once, requests prepared for it beforehand: the amount due, no trace",
            runs=[Run(ours=one.traced, baseline=one.zen) for one in rates],
            details=details,
        ),
        Measurement(
            name=f"{NAME}-amounts",
            unit="decisions/s",
            ours_is="amounts_of: what is due and what each rule took, as a rehearsal asks for it",
            baseline_is="assess with the full trace",
            runs=[Run(ours=one.bare, baseline=one.traced) for one in rates],
            details=details,
        ),
    ]


def _turn(policies: PolicyBook, engine: ZenFees, mixed: list[FeeFacts], contexts: list[dict[str, Any]]) -> _Rates:
    working = time.process_time()
    traced = _rate(mixed, lambda facts: assess(facts, policies, UNTOUCHED, facts.submitted_on))
    busy = time.process_time() - working
    return _Rates(
        traced=traced,
        ifs=_rate(mixed, amount_by_ifs),
        zen=_rate(contexts, engine.amount_due),
        bare=_rate(mixed, lambda facts: amounts_of(facts, policies, UNTOUCHED, facts.submitted_on)),
        traced_by_processor=len(mixed) / busy,
    )


def _rate(cases: list[T], decide: Callable[[T], object]) -> float:
    started = time.perf_counter()
    for case in cases:
        decide(case)
    return len(cases) / (time.perf_counter() - started)


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
