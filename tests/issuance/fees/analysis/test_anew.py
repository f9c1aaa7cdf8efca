"""A quota that a later version begins from nothing is told; one that goes on is not."""

from datetime import date
from typing import Any

import pytest

from issuance.fees.analysis import FindingKind, analyse
from issuance.fees.book import BookEntry
from issuance.fees.document import FeePolicy
from issuance.fees.quotas import quota_keys
from tests.issuance.fees.requests import read, rule, small_policy, stage


def version(number: int, first_day: str, last_day: str, **quota: Any) -> FeePolicy:
    budget = {"unit": "amount", "max": 5_000_000, "scope": "budget_total", "name": "of_the_year"} | quota
    days = {"first_day": first_day, "last_day": last_day}
    document = small_policy(version=number, effective=days, stages=[stage([rule("support", quota=budget)])])
    document["examples"][0]["given"]["submitted_on"] = first_day
    return read(document)


def key(policy: FeePolicy, on: str) -> object:
    return quota_keys(policy, date.fromisoformat(on), "")["of_the_year"]


@pytest.mark.parametrize("counted_from", [None, "2024-07-01", "2024-01-01"])
def test_a_later_version_goes_on_only_where_it_counts_from_the_same_day(counted_from: str | None) -> None:
    before = version(1, "2024-01-01", "2024-06-30")
    after = version(2, "2024-07-01", "2024-12-31", counted_from=counted_from)
    findings = [
        finding
        for finding in analyse(after, [BookEntry(before, before.document.effective)]).findings
        if finding.kind is FindingKind.QUOTA_BEGINS_ANEW
    ]
    goes_on = counted_from == "2024-01-01"
    assert (key(before, "2024-06-30") == key(after, "2024-07-01")) is goes_on
    assert [finding.severity for finding in findings] == ([] if goes_on else ["warning"])
    if findings:
        assert "2024-01-01 as counted_from" in findings[0].text.en
        assert "counted_from là 2024-01-01" in findings[0].text.vi


def test_the_order_of_rules_does_not_choose_the_quota() -> None:
    shared = {"unit": "amount", "max": 100, "scope": "budget_total", "name": "x", "counted_from": "2024-01-01"}
    june = {"first_day": "2024-06-01", "last_day": "2024-12-31"}
    pair = [rule("a", quota=shared, dates=june), rule("b", quota=shared)]
    one, other = (
        quota_keys(read(small_policy(stages=[stage(rules)])), date(2024, 7, 1), "") for rules in (pair, pair[::-1])
    )
    assert one == other
