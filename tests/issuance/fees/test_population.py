"""A made-up population has the shares that its plan states, and the same plan makes the same population."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issuance.fees import FeeFacts
from issuance.fees.facts import age_years
from issuance.fees.rehearsal.population import (
    MAX_POPULATION,
    PopulationPlan,
    PopulationRefused,
    Shares,
    make_population,
)
from issuance.fees.rehearsal.shares import DEFAULTS

SIZE = 20_000


def plan(**changes: Any) -> PopulationPlan:
    stated: dict[str, Any] = {
        "size": SIZE,
        "seed": 7,
        "document_type": "paper",
        "first_day": date(2026, 1, 1),
        "last_day": date(2026, 12, 31),
    }
    return PopulationPlan(**stated | changes)


def facts_of(wanted: PopulationPlan) -> list[FeeFacts]:
    return [case.facts for case in make_population(wanted)]


def span_of(share: str, value: int | None) -> bool:
    if value is None or share == "unknown":
        return value is None and share == "unknown"
    first, _, last = share.partition("-")
    return int(first) <= value <= int(last or first)


READ: dict[str, Callable[[FeeFacts, str], bool]] = {
    "channels": lambda facts, share: facts.channel == share,
    "categories": lambda facts, share: facts.categories == (set() if share == "none" else set(share.split("+"))),
    "ages": lambda facts, share: span_of(
        share, None if facts.birth_date is None else age_years(facts.birth_date, date(2026, 1, 1))
    ),
    "copies": lambda facts, share: span_of(share, facts.copies),
    "deliveries": lambda facts, share: facts.delivery == share,
    "pages": lambda facts, share: span_of(share, facts.pages),
    "levels": lambda facts, share: span_of(share, facts.level),
    "residences": lambda facts, share: (facts.residence or "unknown") == share,
    "receipt_days": lambda facts, share: (
        facts.received_on is not None and span_of(share, (facts.received_on - facts.submitted_on).days)
    ),
}


@pytest.fixture(scope="module", params=[None, 15_000], ids=["each once", "some twice"])
def made(request: pytest.FixtureRequest) -> list[FeeFacts]:
    return facts_of(plan(people=request.param))


@pytest.mark.parametrize("name", READ)
def test_the_shares_are_the_stated_ones(made: list[FeeFacts], name: str) -> None:
    for share, per_thousand in DEFAULTS[name].items():
        drawn = sum(READ[name](facts, share) for facts in made)
        expected = SIZE * per_thousand / 1_000
        # Five standard deviations of a draw, and five more where people who ask twice count twice.
        allowed = 10 * (expected * (1 - per_thousand / 1_000)) ** 0.5 + 1
        assert abs(drawn - expected) <= allowed, (share, drawn, expected)


def test_every_share_is_looked_at() -> None:
    assert READ.keys() | {"papers"} == DEFAULTS.keys()


def test_within_a_span_all_numbers_come() -> None:
    ages = Counter(
        age_years(facts.birth_date, date(2026, 1, 1))
        for facts in facts_of(plan(shares=Shares(ages=MappingProxyType({"0-2": 1_000}))))
        if facts.birth_date is not None
    )
    assert set(ages) == {0, 1, 2}
    assert max(ages.values()) < 1.1 * min(ages.values())


def test_who_has_a_category_brings_its_paper() -> None:
    shares = Shares(categories=MappingProxyType({"student+disabled": 1_000}), papers={"student": "student_card"})
    for facts in facts_of(plan(size=10, shares=shares)):
        assert facts.categories == {"student", "disabled"}
        assert facts.evidence == {"student_card"}


def test_the_same_plan_makes_the_same_population() -> None:
    assert list(make_population(plan(size=500))) == list(make_population(plan(size=500)))
    assert list(make_population(plan(size=500))) != list(make_population(plan(size=500, seed=8)))


def test_the_first_request_is_fixed() -> None:
    """Another version of the software makes the same people, or it says so here."""
    (case,) = make_population(plan(size=1, people=10))
    assert (case.person, case.facts.channel, case.facts.birth_date) == FIRST


FIRST = ("made-up-3", "portal", date(2009, 4, 15))


def test_requests_come_day_by_day_and_on_every_day() -> None:
    days = [facts.submitted_on for facts in facts_of(plan(size=730))]
    assert days == sorted(days)
    assert Counter(Counter(days).values()) == {2: 365}


def test_who_asks_again_is_the_same_person() -> None:
    own: dict[str, set[Any]] = {}
    for case in make_population(plan(size=2_000, people=50)):
        facts = case.facts
        own.setdefault(case.person, set()).add((facts.birth_date, facts.categories, facts.residence))
    assert len(own) == 50
    assert all(len(found) == 1 for found in own.values())
    assert len({case.person for case in make_population(plan(size=300))}) == 300


@given(
    seed=st.integers(0, 2**63 - 1),
    first=st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    days=st.integers(0, 7_000),
    people=st.one_of(st.none(), st.integers(1, 100)),
)
@settings(deadline=None)
def test_every_plan_makes_requests_that_can_be(seed: int, first: date, days: int, people: int | None) -> None:
    """FeeFacts refuses what can't be: a birth after the request, an age above the limit."""
    last = date.fromordinal(first.toordinal() + days)
    shares = Shares(ages=MappingProxyType({"0": 500, "129": 500}))
    wanted = plan(size=20, seed=seed, first_day=first, last_day=last, people=people, shares=shares)
    made = list(make_population(wanted))
    assert len(made) == 20
    assert all(first <= case.facts.submitted_on <= last for case in made)
    births = {case.facts.birth_date for case in made if case.facts.birth_date is not None}
    assert {age_years(birth, first) for birth in births} <= {0, 129}


def test_a_plan_reads_back_and_says_what_is_invented() -> None:
    stated = plan(shares=Shares(channels={"vneid": 1_000}), people=5)
    written = json.loads(json.dumps(stated.to_json()))

    assert PopulationPlan.from_json(written) == stated
    assert "channels" not in written["invented"]
    assert "ages" in written["invented"]
    assert "not statistics" in written["invented_means"]["en"]
    del written["shares"], written["people"], written["invented"], written["kind"]
    assert PopulationPlan.from_json(written) == plan()


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"channels": {"vneid": 500, "desk": 400}}, "channels: the shares add up to 900, not to 1000 per thousand"),
        ({"channels": {"vneid": 500, "desk": 600}}, "channels: the shares add up to 1100, not to 1000 per thousand"),
        ({"channels": {"vnied": 1_000}}, "did you mean 'vneid'?"),
        ({"channels": {"vnied": 0, "desk": 1_000}}, "did you mean 'vneid'?"),
        ({"channels": {"vneid": 0.5, "desk": 999.5}}, "must be a whole number from 0 to 1000"),
        ({"channels": {"vneid": True, "desk": 999}}, "must be a whole number from 0 to 1000"),
        ({"channels": {"vneid": -1, "desk": 1_001}}, "must be a whole number from 0 to 1000"),
        ({"channels": {}}, "1 to 200 entries are needed"),
        ({"channels": {f"c{number}": 0 for number in range(201)}}, "1 to 200 entries are needed"),
        ({"channels": "vneid"}, "channels: must be a JSON object"),
        ({"chanels": {"vneid": 1_000}}, "did you mean 'channels'?"),
        ({"categories": {"studen": 1_000}}, "did you mean 'student'?"),
        ({"categories": {"student+disabled": 500, "disabled+student": 500}}, "stands there twice"),
        ({"categories": {"student+student": 1_000}}, "stands there twice"),
        ({"ages": {"0-20": 500, "15-60": 500}}, "ages: 15 stands in two of the spans"),
        ({"ages": {"60-0": 1_000}}, "is no number or span"),
        ({"ages": {"0-151": 1_000}}, "is no number or span"),
        ({"ages": {"٣": 1_000}}, "is no number or span"),
        ({"ages": {"0-140": 1_000}}, "ages: at most 129 years"),
        ({"copies": {"0": 1_000}}, "is no number or span"),
        ({"copies": {"unknown": 1_000}}, "is no number or span"),
        ({"residences": {"": 1_000}}, "is no province code"),
        ({"papers": {"student": "card"}}, "papers: there is no 'card'"),
        ({"papers": {"studen": "student_card"}}, "did you mean 'student'?"),
        ([], "the shares are a JSON object"),
    ],
)
def test_shares_that_cannot_be_are_refused_in_both_languages(shares: Any, said: str) -> None:
    with pytest.raises(PopulationRefused) as refused:
        PopulationPlan.from_json({**plan().to_json(), "shares": shares})
    assert said in str(refused.value)
    assert all(problem.vi.strip() and problem.vi != problem.en for problem in refused.value.problems)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": 0}, f"size: from 1 to {MAX_POPULATION}"),
        ({"size": MAX_POPULATION + 1}, f"size: from 1 to {MAX_POPULATION}"),
        ({"size": "many"}, "size: a whole number is needed"),
        ({"size": True}, "size: a whole number is needed"),
        ({"seed": -1}, "seed: from 0"),
        ({"people": 0}, "people: from 1"),
        ({"document_type": "no such thing"}, "no code of a document type"),
        ({"first_day": "2027-01-01"}, "last_day lies before first_day"),
        ({"first_day": "1.1.2026"}, "first_day: a day such as 2026-04-01 is needed"),
        ({"first_day": "1990-01-01"}, "span at most 20 years"),
        ({"kind": "past"}, "the kind must be 'population'"),
        ({"sise": 3}, "there is no entry sise"),
    ],
)
def test_plans_that_cannot_be_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PopulationRefused) as refused:
        PopulationPlan.from_json({**plan().to_json(), **changes})
    assert said in str(refused.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(PopulationRefused) as refused:
        Shares(channels={"vneid": 1}, deliveries={"post": 2})
    assert len(refused.value.problems) == 2


def test_a_large_population_is_not_made_before_it_is_asked_for() -> None:
    first = list(itertools.islice(make_population(plan(size=MAX_POPULATION)), 3))
    assert len(first) == 3
