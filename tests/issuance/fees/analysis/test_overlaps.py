"""Versions side by side: days that two decide, days that nobody decides."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from issuance.fees import FeePolicy
from issuance.fees.analysis import Finding, FindingKind, analyse, check_overlaps
from issuance.fees.book import BookEntry
from issuance.fees.document import Days
from tests.issuance.fees.requests import SHIPPED, SHIPPED_FOR_FORM_1, read, small_policy


def version(number: int, first: str, last: str | None, **changes: Any) -> FeePolicy:
    document = small_policy(version=number, effective={"first_day": first, "last_day": last}, **changes)
    document["examples"][0]["given"] |= {"submitted_on": first, "received_on": first}
    return read(document)


def entry(policy: FeePolicy) -> BookEntry:
    return BookEntry(policy, policy.document.effective)


def beside(policy: FeePolicy, *others: FeePolicy) -> list[tuple[str, str]]:
    found = check_overlaps(policy, [entry(other) for other in others])
    return [(finding.kind.value, finding.severity) for finding in found]


def only(policy: FeePolicy, *others: FeePolicy) -> Finding:
    (finding,) = check_overlaps(policy, [entry(other) for other in others])
    return finding


def days(first: str, last: str | None) -> Days:
    return Days(date.fromisoformat(first), None if last is None else date.fromisoformat(last))


def test_another_policy_on_the_same_days_is_an_error_with_days_and_types() -> None:
    other = version(1, "2024-01-01", "2024-06-30", id="other", document_types=["paper", "card"])
    finding = only(version(2, "2024-06-01", None), other)
    assert (finding.kind, finding.severity) == (FindingKind.OVERLAP, "error")
    assert finding.days == days("2024-06-01", "2024-06-30")
    assert "paper" in finding.text.en
    assert "card" not in finding.text.en
    assert "từ 1/6/2024 đến hết 30/6/2024" in finding.text.vi


def test_the_same_policy_is_ended_the_day_before_and_that_is_a_note() -> None:
    finding = only(version(2, "2024-06-01", None), version(1, "2024-01-01", None))
    assert (finding.kind, finding.severity) == (FindingKind.OVERLAP, "note")
    assert finding.days == days("2024-06-01", None)
    assert "2024-05-31" in finding.text.en
    assert "31/5/2024" in finding.text.vi


def test_a_version_from_the_same_day_on_ends_the_other_altogether() -> None:
    finding = only(version(2, "2024-06-01", None), version(1, "2024-06-01", None))
    assert finding.severity == "note"
    assert "altogether" in finding.text.en


def test_a_version_that_would_run_into_a_later_one_is_an_error() -> None:
    finding = only(version(3, "2024-01-01", None), version(2, "2024-06-01", None))
    assert (finding.kind, finding.severity) == (FindingKind.OVERLAP, "error")
    assert finding.days == days("2024-06-01", None)
    assert "2024-06-01" in finding.text.en


def test_types_that_only_the_ended_version_spoke_of_are_left_alone() -> None:
    """A version ends the one before it even where they share no type."""
    before = version(1, "2024-01-01", None, document_types=["paper", "card"])
    note, gap = sorted(
        check_overlaps(version(2, "2024-06-01", None), [entry(before)]), key=lambda finding: finding.severity
    )
    assert (note.severity, gap.severity, gap.kind) == ("note", "warning", FindingKind.GAP)
    assert "card" in gap.text.en
    assert "paper" not in gap.text.en
    assert gap.days == days("2024-06-01", None)
    other = version(1, "2024-01-01", None, document_types=["card"])
    assert beside(version(2, "2024-06-01", None), other) == [("overlap", "note"), ("gap", "warning")]


def test_a_version_that_ends_within_another_leaves_a_gap_behind() -> None:
    """The earlier version is ended the day before; nobody takes over again afterwards."""
    found = check_overlaps(
        version(2, "2024-06-01", "2024-06-30"),
        [entry(version(1, "2024-01-01", None)), entry(version(3, "2025-01-01", None))],
    )
    (gap,) = [finding for finding in found if finding.kind is FindingKind.GAP]
    assert gap.days == days("2024-07-01", "2024-12-31")


@pytest.mark.parametrize(
    ("ends", "gap"),
    [(None, days("2024-07-01", None)), ("2024-12-31", days("2024-07-01", "2024-12-31")), ("2024-06-30", None)],
)
def test_what_a_passing_version_ends_does_not_come_back(ends: str | None, gap: Days | None) -> None:
    found = check_overlaps(version(2, "2024-06-01", "2024-06-30"), [entry(version(1, "2024-01-01", ends))])
    assert [(one.severity, one.days) for one in found if one.kind is FindingKind.GAP] == [("warning", gap)] * bool(gap)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("2024-07-01", []),
        ("2024-07-02", [("gap", "warning")]),
        ("2024-06-30", [("overlap", "error")]),
    ],
)
def test_the_boundary_day(first: str, expected: list[tuple[str, str]]) -> None:
    assert beside(version(1, first, None), version(1, "2024-01-01", "2024-06-30", id="other")) == expected


def test_a_gap_has_its_exact_days() -> None:
    finding = only(version(2, "2024-07-03", None), version(1, "2024-01-01", "2024-06-30"))
    assert finding.days == days("2024-07-01", "2024-07-02")
    assert "official" in finding.text.en
    assert "công chức" in finding.text.vi


def test_a_gap_before_a_later_version_is_found_too() -> None:
    finding = only(version(1, "2024-01-01", "2024-06-30"), version(2, "2024-07-02", None))
    assert finding.days == days("2024-07-01", "2024-07-01")


def test_what_others_leave_open_among_themselves_is_not_this_versions_matter() -> None:
    others = version(1, "2020-01-01", "2020-12-31"), version(2, "2022-01-01", "2023-12-31")
    assert beside(version(3, "2024-01-01", None), *others) == []


def test_other_types_don_t_meet() -> None:
    assert beside(version(1, "2024-01-01", None), version(1, "2024-01-01", None, id="o", document_types=["card"])) == []


def test_versions_that_decide_by_different_days_can_both_decide_or_neither() -> None:
    by_submission = version(1, "2024-01-01", "2024-06-30")
    by_receipt = version(2, "2024-07-01", None, deciding_date="received")
    assert beside(by_receipt, by_submission) == [("overlap", "warning")]
    by_receipt = version(1, "2024-01-01", "2024-06-30", deciding_date="received")
    by_submission = version(2, "2024-07-01", None)
    assert beside(by_submission, by_receipt) == [("gap", "warning")]


def test_a_number_that_is_taken_is_an_error_but_the_same_document_is_not() -> None:
    stored = version(1, "2024-01-01", "2024-06-30")
    assert ("version_taken", "error") in beside(version(1, "2024-07-01", None), stored)
    assert beside(stored, stored) == []


def test_entries_that_are_no_longer_known_don_t_count() -> None:
    gone = version(1, "2024-01-01", None, id="other")
    withdrawn = BookEntry(gone, gone.document.effective, known_to=datetime(2024, 1, 1, tzinfo=UTC))
    assert check_overlaps(version(1, "2024-01-01", None), [withdrawn]) == ()


def test_the_analysis_tells_it_too() -> None:
    first, second = SHIPPED_FOR_FORM_1
    assert analyse(second, [entry(first)]).errors == ()
    stretched = read(small_policy(document_types=list(first.document.document_types)))
    (finding,) = analyse(stretched, SHIPPED.entries).errors
    assert finding.kind is FindingKind.OVERLAP
