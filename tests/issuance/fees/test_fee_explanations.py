"""What a citizen reads about a fee, and what is stored of it."""

from __future__ import annotations

import copy
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.fees import AssessmentUnreadable, FeeAssessment, assess, explain, from_json, to_json
from issuance.fees.assessment import ReferralReason
from issuance.fees.quotas import UNTOUCHED, Quotas
from tests.issuance.fees.requests import SHIPPED, paper, read, request, rule, small_policy, stage, words


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
        "chỉ áp dụng khi được xác nhận thuộc diện “người khuyết tật”; ",
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


CITY = {"kind": "support", "funding": {"budget": "city", "label": {"vi": "ngân sách", "en": "the budget"}}}


def told(language: Any, quotas: Quotas, **changes: Any) -> list[str]:
    policy = read(small_policy(stages=[stage([rule("a", label=words("Hỗ trợ"), when="always", **changes)])]))
    return explain(assess(paper(), policy, quotas, paper().submitted_on), language)


@pytest.mark.parametrize(
    ("language", "left", "expected"),
    [
        ("vi", 700, "Hạn mức của “Hỗ trợ” là 800 đồng một người một năm; hồ sơ này dùng 500 đồng, còn lại 200 đồng."),
        ("vi", 500, "Hạn mức của “Hỗ trợ” là 800 đồng một người một năm; hồ sơ này dùng 500 đồng, đến đây là hết."),
        ("vi", 0, "Không áp dụng “Hỗ trợ”: người yêu cầu đã dùng hết hạn mức 800 đồng của năm."),
        ("vi", None, "Không áp dụng “Hỗ trợ”: chưa biết hạn mức còn lại bao nhiêu."),
        (
            "en",
            700,
            "The quota of “Hỗ trợ” is 800 VND per person and year; "
            "this request takes 500 VND of it, with 200 VND left.",
        ),
        ("en", 0, "“Hỗ trợ” doesn't apply: the person's quota of 800 VND for the year is used up."),
        ("en", None, "“Hỗ trợ” doesn't apply: what is left of its quota is not known."),
    ],
)
def test_what_is_left_of_a_persons_quota_is_told(language: Any, left: int | None, expected: str) -> None:
    quota = {"unit": "amount", "max": 800, "scope": "citizen_per_year", "name": "cap"}
    assert expected in told(language, Quotas({} if left is None else {"cap": left}), quota=quota, **CITY)


def test_of_a_budget_only_its_end_is_told() -> None:
    quota = {"unit": "amount", "max": 800, "scope": "budget_total", "name": "all"}
    assert not any("Hạn mức" in sentence for sentence in told("vi", Quotas({"all": 700}), quota=quota, **CITY))
    used_up = "Không áp dụng “Hỗ trợ”: ngân sách dành cho khoản này đã dùng hết."
    assert used_up in told("vi", Quotas({"all": 0}), quota=quota, **CITY)


def test_units_are_counted_in_words() -> None:
    quota = {"unit": "requests", "max": 2, "scope": "citizen_per_policy_period"}
    (sentence,) = (one for one in told("en", UNTOUCHED, quota=quota, **CITY) if one.startswith("The quota"))
    assert sentence == (
        "The quota of “Hỗ trợ” is 2 requests per person for the whole time of the policy; "
        "this request takes 1 request of it, with 1 request left."
    )


@pytest.mark.parametrize(
    ("language", "evidence", "expected"),
    [
        ("vi", ["disability_certificate"], "cần nộp “giấy xác nhận khuyết tật”."),
        (
            "vi",
            ["disability_certificate", "student_card", "merit_certificate"],
            "cần nộp “giấy xác nhận khuyết tật”, “thẻ học sinh, sinh viên” hoặc “giấy chứng nhận người có công”.",
        ),
        ("en", ["disability_certificate"], "the paper “certificate of disability” is needed."),
        (
            "en",
            ["disability_certificate", "student_card"],
            "one of the papers “certificate of disability” or “pupil's or student's card” is needed.",
        ),
    ],
)
def test_the_paper_to_bring_is_named(language: Any, evidence: list[str], expected: str) -> None:
    assert any(sentence.endswith(expected) for sentence in told(language, UNTOUCHED, evidence=evidence))


def test_an_expression_is_told_with_its_facts() -> None:
    assert (
        "Không áp dụng “Hỗ trợ”: chỉ áp dụng khi điều kiện “copies > 3” được đáp ứng; ở hồ sơ này, số bản giấy là 1."
        in told("vi", UNTOUCHED, expr="copies > 3")
    )
    assert "“Hỗ trợ” doesn't apply: its condition can't be worked out for this request." in told(
        "en", UNTOUCHED, expr="1 / (copies - 1) > 0"
    )


@pytest.mark.parametrize("reason", ReferralReason)
def test_every_referral_has_its_sentence(reason: ReferralReason) -> None:
    referred = replace(decide("2026-01-01"), referral=reason)
    (vi,), (en,) = explain(referred, "vi"), explain(referred, "en")
    assert vi.endswith("hồ sơ được chuyển cho cán bộ xem xét.")
    assert en.endswith("an official decides.")


def test_what_was_stored_before_quotas_and_papers_still_reads() -> None:
    decided = decide("2024-06-03")
    older = to_json(decided)
    del older["quota_uses"]
    for one in older["not_fired"]:
        del one["evidence"]
    assert from_json(older) == decided


@pytest.mark.parametrize(
    "change", [{"unit": "pages"}, {"scope": "family"}, {"left": -1}, {"taken": 900}, {"max": "8"}, {"taken": True}]
)
def test_an_altered_quota_is_unreadable(change: dict[str, Any]) -> None:
    quota = {"unit": "amount", "max": 800, "scope": "budget_total"}
    policy = read(small_policy(stages=[stage([rule("a", when="always", quota=quota)])]))
    stored = to_json(assess(paper(), policy, UNTOUCHED, paper().submitted_on))
    assert from_json(stored).quota_uses
    stored["quota_uses"][0].update(change)
    with pytest.raises(AssessmentUnreadable):
        from_json(stored)
