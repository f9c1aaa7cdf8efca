"""The shipped timeline, on each of its boundary days, and what happens beyond it."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest

from issuance.fees import (
    DEMONSTRATION_POLICIES,
    SHIPPED_POLICIES,
    FactsRefused,
    FeeOutcome,
    ReferralReason,
    ReferredHasNoAmount,
    assess,
    explain,
)
from issuance.fees.quotas import UNTOUCHED
from tests.issuance.fees.requests import FORM_1, SHIPPED, WITH_DEMONSTRATION, request

ACTS = SHIPPED_POLICIES.parent / "acts"


@pytest.mark.parametrize(
    ("day", "one_copy", "three_copies"),
    [
        ("2017-01-01", 200_000, 205_000),
        ("2024-05-31", 200_000, 205_000),
        ("2024-06-01", 0, 0),
        ("2024-06-03", 0, 0),
        ("2024-12-31", 0, 0),
        ("2025-01-01", 200_000, 205_000),
        ("2025-04-23", 200_000, 205_000),
        ("2025-04-24", 170_000, 175_000),
        ("2025-06-01", 170_000, 175_000),
        ("2025-12-31", 170_000, 175_000),
    ],
)
def test_an_adult_through_vneid_pays_what_the_timeline_says(day: str, one_copy: int, three_copies: int) -> None:
    on = date.fromisoformat(day)
    assert assess(request(on, copies=1), SHIPPED, UNTOUCHED, on).due == one_copy
    assert assess(request(on, copies=3), SHIPPED, UNTOUCHED, on).due == three_copies


@pytest.mark.parametrize("day", ["2016-12-31", "2026-01-01", "2040-01-01"])
def test_outside_the_timeline_an_official_decides(day: str) -> None:
    on = date.fromisoformat(day)
    referred = assess(request(on), SHIPPED, UNTOUCHED, on)
    assert referred.outcome is FeeOutcome.REFERRED
    assert referred.referral is ReferralReason.NO_VERSION_ON_THIS_DAY
    assert referred.totals is None
    for amount in ("gross", "waived", "due"):
        with pytest.raises(ReferredHasNoAmount):
            getattr(referred, amount)


def test_a_document_type_without_policy_is_referred() -> None:
    facts = request("2024-06-03", document_type="birth_extract")
    assert assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on).referral is ReferralReason.NO_POLICY_FOR_DOCUMENT_TYPE


def test_the_support_is_paid_by_the_city_and_the_statutory_rate_by_nobody() -> None:
    facts = request("2024-06-03", categories={"student"})
    lines = {line.charge_id: line for line in assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on).lines}
    paid = [(entry.rule_id, entry.amount, entry.funding and entry.funding.budget) for entry in lines["fee"].reductions]
    assert paid == [("reduced", 100_000, None), ("support_fee", 100_000, "hanoi_city")]


def test_the_demonstration_decides_2026_only_when_its_folder_is_passed() -> None:
    facts = request("2026-02-02")
    assert assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on).outcome is FeeOutcome.REFERRED
    shown = assess(facts, WITH_DEMONSTRATION, UNTOUCHED, facts.submitted_on)
    assert shown.outcome is FeeOutcome.NOTHING_DUE
    assert shown.gross == 205_000
    assert explain(shown, "vi")[0].startswith("DỮ LIỆU TRÌNH DIỄN")
    assert explain(shown, "en")[0].startswith("DEMONSTRATION DATA")


def test_the_demonstration_changes_nothing_before_2026() -> None:
    for policy in SHIPPED.policies:
        assert policy in WITH_DEMONSTRATION.policies
        assert policy.document.demonstration is None
    assert [p.document.effective.first_day for p in WITH_DEMONSTRATION.policies if p not in SHIPPED.policies] == [
        date(2026, 1, 1)
    ]


def test_one_policy_can_be_asked_without_a_book() -> None:
    on = date(2024, 6, 3)
    (policy,) = SHIPPED.applicable(FORM_1, on, None)
    assert policy is not None
    assert assess(request(on), policy, UNTOUCHED, on) == assess(request(on), SHIPPED, UNTOUCHED, on)
    later = date(2025, 6, 1)
    assert assess(request(later), policy, UNTOUCHED, later).referral is ReferralReason.NO_VERSION_ON_THIS_DAY


def test_two_different_days_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(FactsRefused, match="day of submission"):
        assess(request("2024-06-03"), SHIPPED, UNTOUCHED, date(2024, 6, 4))


def test_every_act_is_bound_by_its_digest_and_says_that_it_is_a_summary() -> None:
    for policy in WITH_DEMONSTRATION.policies:
        for entry in policy.document.basis:
            content = (ACTS / entry.source.file).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry.source.sha256
            assert "not the text of the act" in content.decode()


def test_a_citation_names_the_act_of_every_amount() -> None:
    facts = request("2024-06-03")
    decided = assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on)
    assert [citation.number for citation in decided.citations] == ["244/2016/TT-BTC", "06/2024/NQ-HĐND"]
    cited = {citation.id for citation in decided.citations}
    for line in decided.lines:
        assert set(line.basis) <= cited
        assert all(entry.basis and set(entry.basis) <= cited for entry in line.reductions)


def test_the_assessment_names_the_exact_policy() -> None:
    facts = request("2024-06-03")
    policy = assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on).policy
    assert policy is not None
    file = SHIPPED_POLICIES / "criminal-record-form-1.2017-01-01.json"
    canonical = json.dumps(
        json.loads(file.read_text()), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    assert policy.digest == hashlib.sha256(canonical).hexdigest()
    assert (policy.id, policy.version) == ("criminal_record_form_1.hanoi", 1)


def test_the_demonstration_folder_holds_one_labelled_policy() -> None:
    (file,) = DEMONSTRATION_POLICIES.glob("*.json")
    assert json.loads(file.read_text())["demonstration"]["vi"].startswith("DỮ LIỆU TRÌNH DIỄN")
