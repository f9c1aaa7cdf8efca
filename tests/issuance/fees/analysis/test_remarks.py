"""What somebody should have seen before a policy is approved."""

from __future__ import annotations

from typing import Any

from issuance.fees.analysis import Finding, FindingKind, analyse
from tests.issuance.fees.analysis.mutants import of_kind
from tests.issuance.fees.requests import read, rule, small_policy, stage, words

SUPPORT: dict[str, Any] = {"kind": "support", "funding": {"budget": "city", "label": words("ngân sách thành phố")}}
OPEN = {"first_day": "2024-01-01", "last_day": None}


def remarks(kind: FindingKind, *rules: dict[str, Any], **changes: Any) -> list[Finding]:
    return of_kind(analyse(read(small_policy(stages=[stage(list(rules))], **changes))), kind)


def test_a_support_without_an_end_is_noted() -> None:
    (finding,) = remarks(FindingKind.NO_END, rule("support", **SUPPORT), effective=OPEN)
    assert finding.severity == "note"
    assert "ngân sách thành phố" in finding.text.vi
    ending = {"dates": {"first_day": "2024-01-01", "last_day": "2024-12-31"}}
    assert remarks(FindingKind.NO_END, rule("support", **SUPPORT, **ending), effective=OPEN) == []
    assert remarks(FindingKind.NO_END, rule("support", **SUPPORT)) == []
    assert remarks(FindingKind.NO_END, rule("statutory"), effective=OPEN) == []


def test_every_mark_of_what_is_unverified_is_noted() -> None:
    document = small_policy(stages=[stage([rule("marked", unverified=words("Tuổi"))])])
    document["charges"][0]["unverified"] = words("Mức thu")
    document["basis"][0]["unverified"] = words("Số hiệu")
    found = of_kind(analyse(read(document)), FindingKind.UNVERIFIED)
    assert [finding.place for finding in found] == [
        "basis[act].unverified",
        "charges[fee].unverified",
        "stages[first].rules[marked].unverified",
    ]
    assert "Tuổi" in found[2].text.vi


def test_a_budget_smaller_than_one_request_is_a_warning() -> None:
    def of(most: int) -> list[Finding]:
        quota = {"unit": "amount", "max": most, "scope": "budget_total"}
        return remarks(FindingKind.SMALL_QUOTA, rule("support", **SUPPORT, quota=quota))

    (finding,) = of(499)
    assert finding.severity == "warning"
    assert finding.place == "stages[first].rules[support].quota"
    assert of(500) == []


def test_boundary_days_without_an_example_are_noted() -> None:
    dates = {"first_day": "2024-03-01", "last_day": "2024-12-31"}
    effective, own = remarks(FindingKind.NO_EXAMPLE, rule("some", dates=dates))
    assert (effective.place, own.place) == ("effective", "stages[first].rules[some].dates")
    assert "2024-12-31" in effective.text.en
    assert "2024-01-01" not in effective.text.en
    assert "1/3/2024" in own.text.vi
    assert "31/12/2024" not in own.text.vi
