"""Cases whose amounts were derived by hand from the acts, each with its reasoning.

A file without `policy` is about the shipped policies; one with `policy` carries a small policy of its own, and says
which act or which invention it stands for. `paid_by` says who pays which part of the gross amount: the citizen, a
budget, or nobody where the law itself takes it off. Every case is also put to the naive second implementation.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from issuance.fees import SHIPPED_POLICIES, FeeAssessment, FeeFacts, PolicyBook, assess
from issuance.fees.quotas import UNTOUCHED, Quotas
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fees.naive.naive import Naive
from tests.issuance.fees.requests import SHIPPED

VECTORS = Path(__file__).parents[2] / "vectors" / "fees"
FILES = {file.stem: json.loads(file.read_text()) for file in sorted(VECTORS.glob("*.json"))}
ALL: list[tuple[str, Any, Any]] = [
    (f"{stem}: {case['name']}", content.get("policy"), case)
    for stem, content in FILES.items()
    for case in content["cases"]
]
CASES = [pytest.param(policy, case, id=name) for name, policy, case in ALL]
NOT_GIVEN: dict[str, Any] = {
    "residence": None,
    "received_on": None,
    "pages": None,
    "delivery": "download",
    "evidence": [],
}


def decide(policy: dict[str, Any] | None, given: dict[str, Any]) -> FeeAssessment:
    asked = NOT_GIVEN | given
    submitted_on = date.fromisoformat(asked["submitted_on"])
    facts = FeeFacts(
        asked["document_type"],
        asked["channel"],
        asked["copies"],
        frozenset(asked["categories"]),
        asked["birth_date"] and date.fromisoformat(asked["birth_date"]),
        asked["level"],
        submitted_on,
        asked["residence"],
        asked["received_on"] and date.fromisoformat(asked["received_on"]),
        asked["pages"],
        asked["delivery"],
        frozenset(asked["evidence"]),
    )
    book = SHIPPED if policy is None else PolicyBook.of([read_policy(json.dumps(policy).encode(), "vector.json")])
    return assess(facts, book, Quotas(asked["left"]) if "left" in asked else UNTOUCHED, submitted_on)


def test_there_are_enough_of_them_and_each_has_its_reasoning() -> None:
    assert len(CASES) >= 60
    assert len({name for name, _, _ in ALL}) == len(ALL)
    for _, _, case in ALL:
        assert len(case["reasoning"]) >= 15, case["name"]
        expected = case["expect"]
        if expected["outcome"] != "referred":
            assert sum(expected["paid_by"].values()) == expected["gross_vnd"], case["name"]
            assert sum(expected["fired"].values()) == expected["waived_vnd"], case["name"]


def test_policies_of_their_own_say_where_they_come_from() -> None:
    for stem, content in FILES.items():
        if "policy" in content:
            assert content["about"].startswith(("INVENTED", "A small policy")), stem
            assert all("invented" in entry["unverified"]["en"] for entry in content["policy"]["basis"]), stem


@pytest.mark.parametrize(("policy", "case"), CASES)
def test_worked_case(policy: dict[str, Any] | None, case: dict[str, Any]) -> None:
    decided, expected, why = decide(policy, case["given"]), case["expect"], case["reasoning"]
    assert decided.outcome == expected["outcome"], why
    if "referral" in expected:
        assert decided.referral == expected["referral"], why
        return
    found = (decided.gross, decided.waived, decided.due)
    assert found == tuple(expected[key] for key in ("gross_vnd", "waived_vnd", "due_vnd")), why
    paid_by: dict[str, int] = {"citizen": decided.due}
    for line in decided.lines:
        for entry in line.reductions:
            payer = "nobody" if entry.funding is None else entry.funding.budget
            paid_by[payer] = paid_by.get(payer, 0) + entry.amount
    assert paid_by == expected["paid_by"], why
    assert {rule.rule_id: rule.amount for rule in decided.fired if rule.outweighed_by is None} == expected["fired"]
    outweighed = {rule.rule_id: rule.outweighed_by for rule in decided.fired if rule.outweighed_by}
    assert outweighed == expected.get("outweighed", {}), why
    not_fired = {rule.rule_id: rule.reason.value for rule in decided.not_fired}
    assert expected.get("not_fired", {}).items() <= not_fired.items(), why
    if "quota_taken" in expected:
        assert {use.name: use.taken for use in decided.quota_uses} == expected["quota_taken"], why


@pytest.mark.parametrize(("policy", "case"), CASES)
def test_the_naive_implementation_comes_to_the_same(policy: dict[str, Any] | None, case: dict[str, Any]) -> None:
    shipped = [json.loads(file.read_text()) for file in sorted(SHIPPED_POLICIES.glob("*.json"))]
    facts = NOT_GIVEN | case["given"]
    quotas = {"left": facts.get("left", {}), "untouched": "left" not in facts}
    said = Naive([policy] if policy else shipped, facts, quotas).decide()
    expected = case["expect"]
    assert said.get("referred") == expected.get("referral")
    if "referral" not in expected:
        assert sum(line["due"] for line in said["lines"]) == expected["due_vnd"]
        assert sum(line["gross"] for line in said["lines"]) == expected["gross_vnd"]
        fired = {rule["rule"]: rule["amount"] for rule in said["fired"] if not rule["outweighed_by"]}
        assert fired == expected["fired"]
