"""A rehearsal counts what `assess` decides, on both sides, with quotas drawn on in the order of the cases."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuance.fees import FeeFacts, assess
from issuance.fees.assessment import FeeAssessment
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy
from issuance.fees.errors import AssessmentUnreadable
from issuance.fees.quotas import QuotaKey, Quotas, claims_of, quota_keys, quota_sizes
from issuance.fees.rehearsal.population import PopulationPlan, make_population
from issuance.fees.rehearsal.rehearse import RehearsalCase, RehearsalResult, rehearse
from issuance.fees.rehearsal.result import Difference, Given, Money
from issuance.fees.rehearsal.words import summary
from tests.issuance.fees.naive.cases import facts as some_facts
from tests.issuance.fees.naive.policies import books
from tests.issuance.fees.requests import paper, read, rule, small_policy, stage, words

CITY = {"budget": "city", "label": words("ngân sách thành phố")}
OTHER = "b" * 64


def book(document: dict[str, Any]) -> PolicyBook:
    return PolicyBook.of([read(document)])


def support(own_id: str = "city", **changes: Any) -> dict[str, Any]:
    """A budget pays the fee of requests through VNeID."""
    whole = {"kind": "support", "funding": CITY, "effects": [{"charge": "fee", "percent_off": 100}]}
    return rule(own_id, **(whole | changes))


def cases(*facts: FeeFacts) -> list[RehearsalCase]:
    return [RehearsalCase(one, f"person-{index}") for index, one in enumerate(facts)]


def compared(before: PolicyBook, after: PolicyBook, some: Iterable[RehearsalCase]) -> RehearsalResult:
    return rehearse(some, before, after, lambda done: None)


HALF = book(small_policy())
SUPPORTED = book(small_policy(version=2, stages=[stage([rule("half")]), stage([support()], own_id="city")]))


def test_money_is_told_by_month_and_by_who_pays() -> None:
    result = compared(
        HALF,
        SUPPORTED,
        cases(paper(), paper(channel="desk", copies=3), paper(on="2024-07-01"), paper(on="2025-01-01")),
    )

    assert result.before == Money(decided=3, referred=1, gross=3_200, waived=1_000, remitted=1_000, due=2_200)
    assert (result.after.gross, result.after.due, result.after.remitted, result.after.waived) == (
        3_200,
        1_200,
        1_000,
        2_000,
    )
    assert [(share.budget, share.amount) for share in result.after.budgets] == [("city", 1_000)]
    assert result.budgets["city"].en == "ngân sách thành phố"
    assert [(month.month, month.before.due, month.after.due) for month in result.months] == [
        ("2024-06", 1_700, 1_200),
        ("2024-07", 500, 0),
        ("2025-01", 0, 0),
    ]
    assert (result.first_day, result.last_day) == (date(2024, 6, 3), date(2025, 1, 1))


def test_who_gains_and_who_loses() -> None:
    dearer = book(
        small_policy(
            version=2,
            charges=[{**small_policy()["charges"][0], "amount_vnd": 1_200}, small_policy()["charges"][1]],
            stages=[stage([rule("half", effects=[{"charge": "fee", "percent_off": 75}])])],
        )
    )
    result = compared(HALF, dearer, cases(paper(), paper(), paper(channel="desk", categories=["student", "disabled"])))

    assert result.gains == Difference(count=2, amount=400)
    assert result.losses == Difference(count=1, amount=200)
    assert result.unchanged == 0
    losing = {(group.fact, group.value) for group in result.groups if group.losses.count}
    assert losing == {
        ("channel", "desk"),
        ("categories", "student"),
        ("categories", "disabled"),
        ("age_years", "16-59"),
    }
    assert [(one.rule_id, one.before, one.after) for one in result.rules] == [
        ("half", Given(fired=2, amount=1_000), Given(fired=2, amount=1_800))
    ]


def test_referrals_are_no_amounts() -> None:
    shorter = small_policy(version=2, effective={"first_day": "2024-01-01", "last_day": "2024-06-30"})
    some = cases(paper(), paper(on="2024-07-01"))
    result = compared(HALF, book(shorter), some)

    assert (result.newly_referred, result.no_longer_referred, result.unchanged) == (1, 0, 1)
    assert result.losses == result.gains == Difference()
    back = compared(book(shorter), HALF, some)
    assert (back.newly_referred, back.no_longer_referred, back.unchanged) == (0, 1, 1)


def test_a_budget_is_used_up_on_a_day_in_the_order_of_the_cases() -> None:
    quota = {"unit": "requests", "max": 2, "scope": "budget_total"}
    limited = book(small_policy(version=2, stages=[stage([support(quota=quota)])]))
    days = ["2024-06-01", "2024-06-02", "2024-06-05", "2024-06-04"]
    result = compared(HALF, limited, cases(*(paper(on=day) for day in days), paper(on="2024-06-09", channel="desk")))

    (found,) = result.quotas
    assert (found.name, found.unit, found.before) == ("city", "requests", None)
    assert found.after is not None
    assert (found.after.size, found.after.taken) == (2, 2)
    assert found.after.used_up_on == found.after.last_drawn_on == date(2024, 6, 2)
    assert result.after.due == 3_000
    assert any("2/6/2024" in line for line in summary(result, "vi"))


def test_each_person_has_a_quota_of_its_own_and_each_side_its_own_count() -> None:
    quota = {"unit": "requests", "max": 1, "scope": "citizen_per_year"}
    limited = small_policy(version=2, stages=[stage([support(quota=quota)])])
    some = [RehearsalCase(paper(), who) for who in ("ha", "ha", "lan")]
    result = compared(book(limited), book(limited | {"version": 3}), some)

    assert result.before.due == result.after.due == 1_000
    assert result.quotas == ()
    assert result.is_exact


def test_beyond_what_is_remembered_the_result_says_so() -> None:
    quota = {"unit": "requests", "max": 1, "scope": "citizen_per_year"}
    limited = book(small_policy(version=2, stages=[stage([support(quota=quota)])]))
    some = [RehearsalCase(paper(), who) for who in ("ha", "lan", "ha", "lan")]
    result = rehearse(some, HALF, limited, lambda done: None, max_remembered=1)

    assert not result.is_exact
    assert result.after.due == 1_000
    assert any("had used nothing" in line for line in summary(result, "en"))


def test_examples_are_the_largest_differences_one_of_each_kind() -> None:
    dearer = [{**small_policy()["charges"][0]}, {**small_policy()["charges"][1], "amount_vnd": 300}]
    after = book(small_policy(version=2, charges=dearer))
    many = [paper(copies=2 + number % 7, channel=("vneid", "desk")[number % 2]) for number in range(200)]
    result = compared(HALF, after, cases(*many))

    differences = [one.difference for one in result.largest_losses]
    assert differences == sorted(differences, reverse=True)
    assert len(differences) == 10
    assert differences[0] == 200 * 7
    assert {one.facts["channel"] for one in result.largest_losses[:2]} == {"vneid", "desk"}
    assert result.largest_losses[0].alike == 100
    assert result.largest_gains == ()


def test_an_example_explains_both_sides_and_names_nobody() -> None:
    born = paper(birth_date=date(1990, 5, 20))
    (example,) = compared(HALF, SUPPORTED, [RehearsalCase(born, "blind-index")]).largest_gains

    assert example.facts["age_years"] == 34
    told = json.dumps(compared(HALF, SUPPORTED, [RehearsalCase(born, "blind-index")]).to_json())
    assert "1990-05-20" not in told
    assert "blind-index" not in told
    assert (example.before.due, example.after.due, example.difference) == (500, 0, -500)
    assert [(one.rule_id, one.amount) for one in example.after.rules] == [("half", 500), ("city", 500)]
    assert "Amount due: 500 VND." in example.before.explanation["en"]
    assert "Không phải nộp tiền." in example.after.explanation["vi"]


def test_equal_differences_come_in_one_order() -> None:
    some = cases(*(paper(on=f"2024-06-{day:02}", channel="vneid", copies=1) for day in range(1, 29)))
    assert compared(HALF, SUPPORTED, some) == compared(HALF, SUPPORTED, list(some))
    shown = [one.facts["submitted_on"] for one in compared(HALF, SUPPORTED, some).largest_gains]
    assert shown == [f"2024-06-{day:02}" for day in range(1, 11)]


def test_progress_is_told_now_and_then_and_at_the_end() -> None:
    told: list[int] = []
    rehearse(cases(*[paper()] * 2_500), HALF, SUPPORTED, told.append)
    assert told == [1_000, 2_000, 2_500]
    told.clear()
    assert rehearse([], HALF, SUPPORTED, told.append).cases == 0
    assert told == [0]


def test_a_stop_while_progress_is_told_stops_the_rehearsal() -> None:
    class Stopped(Exception):
        pass

    def stop(done: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        rehearse(cases(*[paper()] * 1_000), HALF, SUPPORTED, stop)


def test_memory_does_not_grow_with_the_cases() -> None:
    def peak(size: int) -> int:
        plan = PopulationPlan(
            size=size, seed=1, document_type="paper", first_day=date(2024, 1, 1), last_day=date(2024, 12, 31)
        )
        tracemalloc.start()
        rehearse(make_population(plan), HALF, SUPPORTED, lambda done: None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(8_000) < peak(2_000) + 500_000


def test_a_result_reads_back_and_nothing_else_does() -> None:
    result = compared(HALF, SUPPORTED, cases(paper(), paper(channel="desk")))
    stored = json.loads(json.dumps(result.to_json()))

    assert RehearsalResult.from_json(stored) == result
    for broken in (
        None,
        [],
        {},
        {**stored, "schema": "other"},
        {**stored, "cases": "3"},
        {**stored, "more": 1},
        {key: value for key, value in stored.items() if key != "gains"},
    ):
        with pytest.raises(AssessmentUnreadable):
            RehearsalResult.from_json(broken)


def test_the_summary_speaks_both_languages() -> None:
    result = compared(HALF, SUPPORTED, cases(paper(), paper(channel="desk"), paper(on="2025-03-01")))

    vi, en = summary(result, "vi"), summary(result, "en")
    assert len(vi) == len(en)
    assert "Người dân phải nộp: 1.500 đồng → 1.000 đồng (−500 đồng; −33,3%)." in vi
    assert "Citizens pay: 1,500 VND → 1,000 VND (−500 VND; −33.3%)." in en
    assert "Nobody pays more." in en
    assert "With the draft, 1 case in all goes to an official." in en


# What any sequence of cases comes to, decided one by one with the whole trace.


@st.composite
def rehearsed(draw: st.DrawFn) -> tuple[list[FeePolicy], list[FeePolicy], list[RehearsalCase]]:
    before, after = ([read(document) for document in draw(books())] for _ in range(2))
    people = st.sampled_from(["ha", "lan"])
    some = [RehearsalCase(_facts(draw(some_facts())), draw(people)) for _ in range(draw(st.integers(1, 6)))]
    return before, [replace(policy, digest=OTHER[:-2] + f"{n:02}") for n, policy in enumerate(after)], some


def _facts(plain: dict[str, Any]) -> FeeFacts:
    days = {
        name: None if plain[name] is None else date.fromisoformat(plain[name])
        for name in ("birth_date", "submitted_on", "received_on")
    }
    sets = {name: frozenset(plain[name]) for name in ("categories", "evidence")}
    return FeeFacts(**{**plain, **days, **sets})


def one_by_one(policies: list[FeePolicy], some: list[RehearsalCase]) -> Iterator[FeeAssessment]:
    kept = PolicyBook.of(policies)
    used: Counter[QuotaKey] = Counter()
    for case in some:
        deciding = kept.applicable(case.facts.document_type, case.facts.submitted_on, case.facts.received_on)
        if len(deciding) != 1:
            yield assess(case.facts, kept, Quotas(), case.facts.submitted_on)
            continue
        by_receipt = deciding[0].document.deciding_date == "received" and case.facts.received_on is not None
        on = (case.facts.received_on if by_receipt else None) or case.facts.submitted_on
        keys, sizes = quota_keys(deciding[0], on, case.person), quota_sizes(deciding[0])
        decided = assess(
            case.facts, deciding[0], Quotas({name: sizes[name] - used[key] for name, key in keys.items()}), on
        )
        for claim in claims_of(decided, keys):
            used[claim.key] += claim.taken
        yield decided


@given(rehearsed())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_it_comes_to_what_is_decided_one_by_one(
    drawn: tuple[list[FeePolicy], list[FeePolicy], list[RehearsalCase]],
) -> None:
    before, after, some = drawn
    result = compared(PolicyBook.of(before), PolicyBook.of(after), some)

    decided = [list(one_by_one(policies, some)) for policies in (before, after)]
    for money, assessments in zip((result.before, result.after), decided, strict=True):
        totals = [one.totals for one in assessments if one.totals is not None]
        assert (money.decided, money.referred) == (len(totals), len(some) - len(totals))
        assert money.gross == sum(one.gross for one in totals)
        assert money.due == sum(one.due for one in totals)
        assert money.waived == sum(one.waived for one in totals) == money.gross - money.due
        paid = Counter[str]()
        for reduction in (entry for one in assessments for line in one.lines for entry in line.reductions):
            if reduction.funding is not None:
                paid[reduction.funding.budget] += reduction.amount
        assert {share.budget: share.amount for share in money.budgets} == dict(paid)
    dues = [
        (was.due, becomes.due)
        for was, becomes in zip(*decided, strict=True)
        if was.totals is not None and becomes.totals is not None
    ]
    assert result.gains.count == sum(becomes < was for was, becomes in dues)
    assert result.gains.amount == sum(was - becomes for was, becomes in dues if becomes < was)
    assert result.losses.amount == sum(becomes - was for was, becomes in dues if becomes > was)
    assert sum(month.after.due for month in result.months) == result.after.due
    assert sum(one.after.amount for one in result.rules) == result.after.waived
    assert sum(group.cases for group in result.groups if group.fact == "channel") == len(some)
    counted = result.unchanged + result.gains.count + result.losses.count
    assert counted + result.newly_referred + result.no_longer_referred == result.cases == len(some)
    assert RehearsalResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_one_case_more_changes_nothing_before_it() -> None:
    day = date(2024, 1, 1)
    some = cases(*(paper(on=(day + timedelta(days=number)).isoformat()) for number in range(40)))
    quota = {"unit": "amount", "max": 10_500, "scope": "budget_total"}
    limited = book(small_policy(version=2, stages=[stage([support(quota=quota)])]))
    dues = [compared(HALF, limited, some[:count]).after.due for count in range(1, 40)]
    assert dues == [max(0, count * 1_000 - 10_500) for count in range(1, 40)]
