"""The engine and the naive second implementation agree on random policies, requests and quotas.

`make test` takes a seeded sample, `make campaign` 100,000 pairs of a policy and a request.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from issuance.fees import FeeAssessment, FeePolicy, PolicyBook, assess
from issuance.fees.amounts import Amounts, amounts_of
from issuance.fees.conditions import Expression, condition_to_json
from issuance.fees.quotas import Quotas
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fees.drawn import facts_of
from tests.issuance.fees.naive.cases import cases
from tests.issuance.fees.naive.naive import Naive
from tests.issuance.fees.naive.truth import Json

REQUESTS_PER_BOOK = 3
SAMPLE = 750
"""Each mistake of test_mutants is met within the first half of them."""
CAMPAIGN = 100_000
SHARDS = 10


def engine_decides(policies: list[FeePolicy], facts: Json, quotas: Json) -> Json:
    """What the engine says, in the words of the naive one; the same by whichever day it is asked."""
    asked = facts_of(facts)
    left = Quotas(quotas["left"], untouched=quotas["untouched"])
    asked_of = policies[0] if len(policies) == 1 else PolicyBook.of(policies)
    decided = assess(asked, asked_of, left, asked.submitted_on)
    if asked.received_on is not None:
        assert told(assess(asked, asked_of, left, asked.received_on)) == told(decided)
    return told(decided) | {"figures": figures(amounts_of(asked, asked_of, left, asked.submitted_on))}


def figures(amounts: Amounts | None) -> Json | None:
    if amounts is None:
        return None
    taken = [[entry.rule_id, entry.kind, entry.budget, entry.amount] for entry in amounts.taken]
    return {"gross": amounts.gross, "due": amounts.due, "taken": sorted(taken), "uses": sorted(amounts.quota_uses)}


def figures_of(said: Json) -> Json | None:
    """The same from what the naive one told line by line."""
    if "referred" in said:
        return None
    taken: dict[tuple[str, str, str | None], int] = {}
    for line in said["lines"]:
        for entry in line["reductions"]:
            key = (entry["rule"], entry["kind"], entry["budget"])
            taken[key] = taken.get(key, 0) + entry["amount"]
    return {
        "gross": sum(line["gross"] for line in said["lines"]),
        "due": sum(line["due"] for line in said["lines"]),
        "taken": sorted([*key, amount] for key, amount in taken.items()),
        "uses": sorted((use["name"], use["taken"]) for use in said["quota_uses"] if use["taken"]),
    }


def told(decided: FeeAssessment) -> Json:
    if decided.referral is not None:
        assert decided.policy is None
        return {"referred": decided.referral.value}
    assert decided.policy is not None
    return {
        "policy": [decided.policy.id, decided.policy.version],
        "decided_for": decided.decided_for.isoformat(),
        "lines": [
            {
                "charge": line.charge_id,
                "quantity": line.quantity,
                "gross": line.gross,
                "reductions": [
                    {
                        "rule": entry.rule_id,
                        "kind": entry.kind,
                        "amount": entry.amount,
                        "budget": None if entry.funding is None else entry.funding.budget,
                    }
                    for entry in line.reductions
                ],
                "due": line.due,
            }
            for line in decided.lines
        ],
        "fired": [
            {"rule": rule.rule_id, "amount": rule.amount, "outweighed_by": rule.outweighed_by} for rule in decided.fired
        ],
        "not_fired": [not_fired(rule) for rule in decided.not_fired],
        "quota_uses": [
            {"rule": use.rule_id, "name": use.name, "left": use.left, "taken": use.taken} for use in decided.quota_uses
        ],
    }


def not_fired(rule: Any) -> Json:
    found: Json = {"rule": rule.rule_id, "stage": rule.stage_id, "reason": rule.reason.value}
    if rule.failed is not None:
        condition = rule.failed.condition
        if isinstance(condition, Expression):
            found["expr"] = condition.source
        else:
            found["failed"] = condition_to_json(condition)
    if rule.earlier_rule is not None:
        found["earlier_rule"] = rule.earlier_rule
    if rule.evidence:
        found["evidence"] = list(rule.evidence)
    return found


def plain(said: Json) -> Json:
    """In one order: the contract says which rules didn't fire and why, not in which sequence they are told."""
    if "referred" in said:
        return said
    return said | {"not_fired": sorted(said["not_fired"], key=lambda rule: str(rule["rule"]))}


def compare(book: list[Json], requests: list[tuple[Json, Json]], other: type[Naive], seen: Counter[str]) -> list[str]:
    """Every pair on which the engine and the other one differ, as JSON; counts what was met on the way."""
    policies = [read_policy(json.dumps(policy).encode(), "random.json") for policy in book]
    differing = []
    for facts, quotas in requests:
        said = other(book, facts, quotas).decide()
        theirs, ours = plain(engine_decides(policies, facts, quotas)), plain(said | {"figures": figures_of(said)})
        seen["pairs"] += 1
        seen[f"referred {ours['referred']}" if "referred" in ours else "decided"] += 1
        seen.update(f"not fired {rule['reason']}" for rule in ours.get("not_fired", ()))
        seen.update("outweighed" for rule in ours.get("fired", ()) if rule["outweighed_by"])
        seen.update("quota taken" for use in ours.get("quota_uses", ()) if use["taken"])
        if theirs != ours:
            differing.append(json.dumps({"facts": facts, "quotas": quotas, "engine": theirs, "other": ours}))
    return differing


def run(pairs: int, number: int, requests_per_book: int = REQUESTS_PER_BOOK) -> Counter[str]:
    """Raises AssertionError with a smallest case when the two differ."""
    seen: Counter[str] = Counter()

    @seed(number)
    @settings(
        max_examples=pairs // requests_per_book,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(cases(requests_per_book))
    def agree(case: tuple[list[Json], list[tuple[Json, Json]]]) -> None:
        differing = compare(*case, Naive, seen)
        assert not differing, "\n".join([json.dumps(case[0], ensure_ascii=False), *differing])

    agree()
    return seen


def test_a_sample_agrees() -> None:
    seen = run(SAMPLE, 20240601)
    assert seen["pairs"] == SAMPLE
    # A comparison that never meets a case proves nothing about it.
    for kind in (
        "decided",
        "outweighed",
        "quota taken",
        "referred no_policy_for_document_type",
        "referred no_version_on_this_day",
        "referred day_of_receipt_not_known",
        "referred pages_not_known",
        "not fired not_in_force",
        "not fired condition_failed",
        "not fired fact_not_known",
        "not fired evidence_missing",
        "not fired earlier_rule_matched",
        "not fired quota_used_up",
        "not fired quota_not_known",
    ):
        assert seen[kind] >= 5, (kind, seen)


@pytest.mark.campaign
@pytest.mark.parametrize("shard", range(SHARDS))
def test_100_000_policies_and_requests_agree(shard: int) -> None:
    # Most of the time goes into inventing policies; 25,000 of them, each with four requests.
    seen = run(CAMPAIGN // SHARDS, 1_000 + shard, requests_per_book=4)
    assert seen["pairs"] == CAMPAIGN // SHARDS
    print(f"shard {shard}: {seen['pairs']} pairs, 0 differences, {dict(sorted(seen.items()))}")
