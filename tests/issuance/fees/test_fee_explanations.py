"""What a citizen reads about a fee, and what is stored of it."""

from __future__ import annotations

import copy
import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.fees import AssessmentUnreadable, FeeAssessment, assess, explain, from_json, to_json
from issuance.fees.quotas import UNTOUCHED
from tests.issuance.fees.requests import SHIPPED, paper, read, request, rule, small_policy, stage


def decide(day: str, **more: Any) -> FeeAssessment:
    facts = request(day, **more)
    return assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on)


def test_a_supported_request_in_vietnamese() -> None:
    assert explain(decide("2024-06-03"), "vi")[:5] == [
        "Phí cung cấp thông tin lý lịch tư pháp: 200.000 đồng, theo Thông tư 244/2016/TT-BTC.",
        "Hỗ trợ 100% phí: được hỗ trợ 200.000 đồng (Phí cung cấp thông tin lý lịch tư pháp), "
        "do ngân sách thành phố Hà Nội chi trả, theo Nghị quyết 06/2024/NQ-HĐND.",
        "Bản giấy từ bản thứ ba: 5.000 đồng, theo Thông tư 244/2016/TT-BTC.",
        "Hỗ trợ bản giấy, tối đa 50.000 đồng một hồ sơ: được hỗ trợ 5.000 đồng (Bản giấy từ bản thứ ba), "
        "do ngân sách thành phố Hà Nội chi trả, theo Nghị quyết 06/2024/NQ-HĐND.",
        "Không phải nộp tiền.",
    ]


def test_an_online_rate_in_english() -> None:
    sentences = explain(decide("2025-06-01", copies=5), "en")
    assert sentences[:4] == [
        "Fee for criminal record information: 200,000 VND, under Circular 16/2025/TT-BTC.",
        "Rate for requests made online: reduction of 30,000 VND (Fee for criminal record information), "
        "under Circular 16/2025/TT-BTC.",
        "Paper copies from the third on: 15,000 VND (3 × 5,000 VND), under Circular 16/2025/TT-BTC.",
        "Amount due: 185,000 VND.",
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("vi", "Không áp dụng “Hỗ trợ 100% phí”: chỉ áp dụng từ ngày 1/6/2024 đến hết ngày 31/12/2024."),
        ("en", "“Support of 100% of the fee” doesn't apply: it applies only from 2024-06-01 to 2024-12-31."),
    ],
)
def test_a_rule_not_in_force_says_when_it_is(language: Any, expected: str) -> None:
    assert expected in explain(decide("2024-05-31"), language)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "vi",
            "Không áp dụng “Hỗ trợ 100% phí”: chỉ áp dụng khi kênh nộp hồ sơ là ứng dụng VNeID; "
            "ở hồ sơ này, kênh nộp hồ sơ là bộ phận một cửa.",
        ),
        (
            "en",
            "“Support of 100% of the fee” doesn't apply: it applies only if the channel is the VNeID application; "
            "here the channel is the one-stop desk.",
        ),
    ],
)
def test_a_failed_condition_names_what_was_needed_and_what_was_there(language: Any, expected: str) -> None:
    assert expected in explain(decide("2024-06-03", channel="desk"), language)


def test_an_unknown_fact_is_called_unknown() -> None:
    sentences = explain(decide("2024-05-31", birth_date=None), "en")
    assert (
        "“Children are exempt” doesn't apply: it applies only if the age in full years is at most 15; "
        "here the age in full years is not known." in sentences
    )


@pytest.mark.parametrize(
    ("categories", "language", "expected"),
    [
        (set(), "vi", "ở hồ sơ này, không có diện được xác nhận nào."),
        (set(), "en", "here there are no accepted categories."),
        ({"student"}, "vi", "ở hồ sơ này, diện được xác nhận chỉ có “học sinh, sinh viên”."),
        ({"student"}, "en", "here the accepted categories include only “pupil or student”."),
        (
            {"student", "martyr_relative"},
            "en",
            "here the accepted categories include only “relative of a martyr” and “pupil or student”.",
        ),
    ],
)
def test_the_categories_that_are_there_are_named_each_for_itself(
    categories: set[str], language: Any, expected: str
) -> None:
    needed = {
        "vi": "Không áp dụng “Miễn phí cho người khuyết tật”: "
        "chỉ áp dụng khi diện được xác nhận có “người khuyết tật”; ",
        "en": "“Disabled persons are exempt” doesn't apply: "
        "it applies only if the accepted categories include “disabled person”; ",
    }
    assert needed[language] + expected in explain(decide("2024-05-31", categories=categories), language)


def test_one_of_several_is_named_as_a_choice() -> None:
    sentences = explain(decide("2025-06-01", channel="desk"), "en")
    assert (
        "“Rate for requests made online” doesn't apply: it applies only if the channel is the VNeID application or "
        "the public service portal; here the channel is the one-stop desk." in sentences
    )


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("day", ["2024-05-31", "2024-06-03", "2025-06-01"])
def test_no_sentence_has_two_colons(day: str, language: Any) -> None:
    for more in ({}, {"channel": "desk"}, {"birth_date": None}, {"categories": {"student", "disabled"}}):
        assert all(sentence.count(":") <= 1 for sentence in explain(decide(day, **more), language))


def test_what_is_taken_off_is_named_by_its_kind() -> None:
    sentences = explain(decide("2024-06-03", categories={"disabled"}), "en")
    assert (
        "Disabled persons are exempt: exemption of 200,000 VND (Fee for criminal record information), "
        "under Circular 244/2016/TT-BTC." in sentences
    )
    assert any(": support of 5,000 VND (" in sentence for sentence in sentences)


def test_an_outweighed_rule_is_told() -> None:
    sentences = explain(decide("2024-05-31", categories={"student", "disabled"}), "en")
    assert (
        "“Rate for students, persons of merit and relatives of martyrs” would apply too, but "
        "“Disabled persons are exempt” takes off at least as much and applies instead." in sentences
    )


def test_an_earlier_rule_an_article_and_an_open_end_are_told() -> None:
    open_end = {"first_day": "2024-09-01", "last_day": None}
    policy = read(
        small_policy(
            effective={"first_day": "2024-01-01", "last_day": None},
            stages=[stage([rule("a"), rule("b"), rule("c", dates=open_end)], "first_match")],
        )
    )
    facts = paper()
    sentences = explain(assess(facts, policy, UNTOUCHED, facts.submitted_on), "vi")
    assert sentences[0] == "Phí: 1.000 đồng, theo Điều 1 Luật 1/2024."
    assert "Không áp dụng “b”: đã áp dụng một quy định đứng trước." in sentences
    assert "Không áp dụng “c”: chỉ áp dụng từ ngày 1/9/2024." in sentences


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("vi", "Chưa có quy định về phí áp dụng cho ngày 1/1/2026; hồ sơ được chuyển cho cán bộ xem xét."),
        ("en", "No fee policy applies on 2026-01-01; an official decides."),
    ],
)
def test_a_referral_says_that_an_official_decides(language: Any, expected: str) -> None:
    assert explain(decide("2026-01-01"), language) == [expected]


def test_vietnamese_sentences_are_composed() -> None:
    for day in ("2024-05-31", "2024-06-03", "2025-06-01", "2026-01-01"):
        assert all(unicodedata.is_normalized("NFC", sentence) for sentence in explain(decide(day), "vi"))


@pytest.mark.parametrize("day", ["2024-05-31", "2024-06-03", "2025-06-01", "2026-01-01"])
def test_what_is_stored_reads_back_equal(day: str) -> None:
    decided = decide(day, categories={"student", "disabled"})
    assert from_json(json.loads(json.dumps(to_json(decided)))) == decided


def test_the_stored_form_has_the_amounts_by_name() -> None:
    stored = to_json(decide("2024-06-03"))
    assert stored["totals"] == {"gross_vnd": 205_000, "waived_vnd": 205_000, "due_vnd": 0}
    assert to_json(decide("2026-01-01"))["totals"] is None


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(schema="condau-fee-assessment/9"),
        lambda s: s.pop("lines"),
        lambda s: s["lines"][0].update(due_vnd=0),
        lambda s: s["lines"][0].update(due_vnd=170_000.0),
        lambda s: s["lines"][0].update(waived_vnd=1),
        lambda s: s["lines"][0]["reductions"][0].update(amount_vnd=-30_000),
        lambda s: s["lines"][0]["reductions"][0].update(kind="gift"),
        lambda s: s["totals"].update(due_vnd=1),
        lambda s: s.update(outcome="nothing_due"),
        lambda s: s.update(outcome="referred"),
        lambda s: s.update(referral="no_version_on_this_day"),
        lambda s: s["not_fired"][0]["failed"].update(condition={"fact": "copys", "eq": 1}),
        lambda s: s.update(lines=[]),
        lambda s: s.update(policy=None),
    ],
)
def test_a_stored_assessment_that_was_altered_is_unreadable(change: Callable[[dict[str, Any]], object]) -> None:
    stored = copy.deepcopy(to_json(decide("2025-06-01")))
    change(stored)
    with pytest.raises(AssessmentUnreadable):
        from_json(stored)


@given(st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers()))
def test_anything_else_is_unreadable(stored: Any) -> None:
    with pytest.raises(AssessmentUnreadable):
        from_json(stored)
