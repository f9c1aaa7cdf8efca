"""Charges per page and for post, the day that decides, papers and expressions: what is due, and what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from issuance.fees import FeeAssessment, FeeFacts, FeePolicy, PolicyBook, assess
from issuance.fees.assessment import NotFiredReason, ReferralReason
from issuance.fees.conditions import Expression
from issuance.fees.quotas import NOT_KNOWN, UNTOUCHED
from tests.issuance.fees.requests import paper, read, rule, small_policy, stage, words

PAGES = {"id": "pages", "label": words("Trang"), "kind": "per_page", "amount_vnd": 10, "above": 2, "basis": ["act"]}
POST = {"id": "post", "label": words("Cước"), "kind": "postage", "amount_vnd": 30_000, "basis": ["act"]}


def policy(*rules: dict[str, Any], charges: list[dict[str, Any]] | None = None, **changes: Any) -> FeePolicy:
    document = small_policy(stages=[stage(list(rules))] if rules else [], **changes)
    document["charges"] += charges or []
    document["examples"][0]["given"] |= {"pages": 1, "received_on": "2024-01-01"}
    return read(document)


def decide(facts: FeeFacts, by: FeePolicy | PolicyBook) -> FeeAssessment:
    return assess(facts, by, UNTOUCHED, facts.submitted_on)


@pytest.mark.parametrize(("pages", "due"), [(1, 0), (2, 0), (3, 10), (9_999, 99_970)])
def test_a_charge_per_page_counts_pages_above_a_number(pages: int, due: int) -> None:
    decided = decide(replace(paper(), pages=pages), policy(charges=[PAGES]))
    assert {line.charge_id: line.due for line in decided.lines}["pages"] == due
    assert dict(decided.facts_used)["pages"] == pages


def test_without_the_number_of_pages_an_official_decides() -> None:
    decided = decide(paper(), policy(charges=[PAGES]))
    assert decided.referral is ReferralReason.PAGES_NOT_KNOWN
    assert decided.facts_used == (("document_type", "paper"), ("submitted_on", date(2024, 6, 3)), ("pages", None))


@pytest.mark.parametrize(("delivery", "quantity"), [("post", 1), ("download", 0)])
def test_postage_is_due_once_for_what_is_sent(delivery: str, quantity: int) -> None:
    decided = decide(replace(paper(copies=7), delivery=delivery), policy(charges=[POST]))
    assert {line.charge_id: line.quantity for line in decided.lines}["post"] == quantity
    assert dict(decided.facts_used)["delivery"] == delivery


RECEIPT = {"deciding_date": "received"}


@pytest.mark.parametrize("asked_about", ["submitted_on", "received_on"])
def test_by_receipt_the_day_of_receipt_decides_whichever_day_is_asked_about(asked_about: str) -> None:
    facts = replace(paper(on="2023-12-29", birth_date=date(1964, 1, 2)), received_on=date(2024, 1, 2))
    old = rule("old", when={"fact": "age_years", "gte": 60}, dates={"first_day": "2024-01-02", "last_day": None})
    by = policy(old, **RECEIPT, effective={"first_day": "2024-01-01", "last_day": None})
    decided = assess(facts, by, UNTOUCHED, getattr(facts, asked_about))
    assert decided.decided_for == date(2024, 1, 2)
    assert [fired.rule_id for fired in decided.fired] == ["old"]
    assert dict(decided.facts_used)["received_on"] == date(2024, 1, 2)


@pytest.mark.parametrize(
    ("submitted_on", "reason"),
    [
        ("2023-06-01", ReferralReason.DAY_OF_RECEIPT_NOT_KNOWN),
        ("2024-12-31", ReferralReason.DAY_OF_RECEIPT_NOT_KNOWN),
        ("2025-01-01", ReferralReason.NO_VERSION_ON_THIS_DAY),
    ],
)
def test_a_day_of_receipt_is_asked_for_only_where_it_could_help(submitted_on: str, reason: ReferralReason) -> None:
    by = policy(**RECEIPT)
    for either in (by, PolicyBook.of([by])):
        assert decide(paper(on=submitted_on), either).referral is reason
    received = replace(paper(on="2023-06-01"), received_on=date(2024, 1, 1))
    assert decide(received, by).referral is None


def test_versions_that_decide_by_different_days_can_both_apply() -> None:
    before = policy(version=1, effective={"first_day": "2024-01-01", "last_day": "2024-06-30"})
    after = policy(version=2, effective={"first_day": "2024-07-01", "last_day": "2024-12-31"}, **RECEIPT)
    book = PolicyBook.of([before, after])
    facts = replace(paper(on="2024-06-28"), received_on=date(2024, 7, 2))
    assert decide(facts, book).referral is ReferralReason.SEVERAL_VERSIONS_APPLY
    alone = decide(replace(facts, received_on=date(2024, 6, 30)), book)
    assert alone.policy is not None
    assert alone.policy.version == 1


def test_one_accepted_paper_is_enough() -> None:
    by = policy(rule("proved", evidence=["student_card", "merit_certificate"]))
    without = decide(replace(paper(), evidence=frozenset({"disability_certificate"})), by)
    assert [(one.reason, one.evidence) for one in without.not_fired] == [
        (NotFiredReason.EVIDENCE_MISSING, ("student_card", "merit_certificate"))
    ]
    assert dict(without.facts_used)["evidence"] == {"disability_certificate"}
    assert decide(replace(paper(), evidence=frozenset({"merit_certificate"})), by).due == 500


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("copies * 2 == 2", None),
        ("copies > 1", NotFiredReason.CONDITION_FAILED),
        ("pages > 1", NotFiredReason.FACT_NOT_KNOWN),
        ("1 / (copies - 1) > 0", NotFiredReason.EXPRESSION_FAILED),
    ],
)
def test_an_expression_must_hold_beside_the_condition(expr: str, reason: NotFiredReason | None) -> None:
    decided = decide(paper(), policy(rule("by-expression", expr=expr)))
    if reason is None:
        assert decided.due == 500
        return
    (told,) = decided.not_fired
    assert told.reason is reason
    assert told.failed is not None
    fact = "pages" if "pages" in expr else "copies"
    assert told.failed.condition == Expression(expr, frozenset({fact}))
    assert told.failed.actual == ((fact, None if fact == "pages" else 1),)


def test_of_all_that_is_in_the_way_the_first_is_told() -> None:
    by = policy(
        rule(
            "all",
            dates={"first_day": "2024-07-01", "last_day": "2024-12-31"},
            when={"fact": "copies", "gte": 2},
            expr="copies > 2",
            evidence=["student_card"],
            quota={"unit": "amount", "max": 1, "scope": "budget_total"},
        )
    )
    asked = [
        paper(on="2024-06-30"),
        paper(on="2024-07-01"),
        paper(on="2024-07-01", copies=2),
        paper(on="2024-07-01", copies=3),
        replace(paper(on="2024-07-01", copies=3), evidence=frozenset({"student_card"})),
    ]
    told = [assess(facts, by, NOT_KNOWN, facts.submitted_on).not_fired[0] for facts in asked]
    assert [one.reason for one in told] == [
        NotFiredReason.NOT_IN_FORCE,
        NotFiredReason.CONDITION_FAILED,
        NotFiredReason.CONDITION_FAILED,
        NotFiredReason.EVIDENCE_MISSING,
        NotFiredReason.QUOTA_NOT_KNOWN,
    ]
    assert [one.failed and isinstance(one.failed.condition, Expression) for one in told[1:3]] == [False, True]
