"""As many procedures as the city published, made up: all are loaded and checked, and no mutant gets through."""

from __future__ import annotations

import copy
import json
import time
import tracemalloc
from typing import Any

import pytest

from identity.citizen import Role
from issuance.errors import ProcedureRefused
from issuance.procedure.book import ProcedureBook
from issuance.procedure.check import check_procedure
from issuance.procedure.conditions import parse_condition
from issuance.procedure.document import Ended, Procedure
from issuance.procedure.limit import Limit
from issuance.procedure.problems import Problem
from issuance.procedure.reading import read_procedure
from tests.issuance.procedure.made_up import PUBLISHED, MadeUp, Services, made_up
from tests.issuance.procedure.mutants import MUTATIONS

SAMPLE = range(0, PUBLISHED, 97)


def read(document: dict[str, Any]) -> Procedure:
    return read_procedure(json.dumps(document).encode(), "made-up.json")


def roles_of_unit(unit: str) -> frozenset[Role]:
    return frozenset(("caseworker",)) if unit == "NO.HEAD" else frozenset(("caseworker", "head"))


def problems_of(document: dict[str, Any], services: Services) -> list[Problem]:
    try:
        procedure = read(document)
    except ProcedureRefused as refused:
        return list(refused.problems)
    return [problem for problem in check_procedure(procedure, services, roles_of_unit) if not problem.is_note]


def test_all_are_loaded_checked_and_kept() -> None:
    sources = [(json.dumps(one.document).encode(), one) for one in map(made_up, range(PUBLISHED))]
    began = time.perf_counter()
    procedures = [read_procedure(source) for source, _ in sources]
    loaded = time.perf_counter()
    found = [
        str(problem)
        for procedure, (_, one) in zip(procedures, sources, strict=True)
        for problem in check_procedure(procedure, one.services, roles_of_unit)
        if not problem.is_note
    ]
    checked = time.perf_counter()
    book = ProcedureBook.of(procedures)
    print(f"{PUBLISHED} procedures: read in {loaded - began:.1f} s, checked in {checked - loaded:.1f} s")

    assert found == []
    assert len({procedure.digest for procedure in procedures}) == PUBLISHED
    assert all(book.by_digest(procedure.digest) is procedure for procedure in procedures)


def test_they_are_of_many_kinds() -> None:
    documents = [made_up(number).document for number in range(PUBLISHED)]
    steps = [step for document in documents for step in document["steps"]]
    units = {step["time_limit"]["unit"] for step in steps}

    assert {len(document["steps"]) for document in documents} == set(range(1, 10))
    assert units == {"working_days", "calendar_days", "working_hours"}
    assert sum("when" in step for step in steps) > 1_000
    assert sum(outcome.get("returns", False) for step in steps for outcome in step["outcomes"]) > 1_000


def assert_found(name: str, made: MadeUp) -> None:
    codes, change = MUTATIONS[name]
    document = copy.deepcopy(made.document)
    change(document, made)
    problems = problems_of(document, made.services)
    assert {problem.code for problem in problems} & set(codes.split(" or ")), (name, document)
    for problem in problems:
        assert problem.text.vi
        assert problem.text.vi != problem.text.en


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutant_is_found(name: str) -> None:
    for number in SAMPLE:
        assert_found(name, made_up(number))


@pytest.mark.campaign
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutant_of_any_is_found(name: str) -> None:
    for number in range(PUBLISHED):
        assert_found(name, made_up(number))


@pytest.mark.campaign
def test_memory_of_all() -> None:
    sources = [json.dumps(made_up(number).document).encode() for number in range(PUBLISHED)]
    read_procedure(sources[0])
    tracemalloc.start()
    procedures = [read_procedure(source) for source in sources]
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{len(procedures)} procedures: {kept / 2**20:.1f} MiB kept, {most / 2**20:.1f} MiB at most")
    assert kept < 200 * 2**20


def every_request() -> list[dict[str, Any]]:
    """Facts of requests of every kind that the made-up conditions can tell apart, by hand."""
    return [
        {
            "channel": channel,
            "on_behalf_of": on_behalf_of,
            "requested_by": requested_by,
            "copies": copies,
            "input.lived_abroad": abroad,
            "input.urgent": urgent,
            "input.purpose": purpose,
            "input.people": people,
        }
        for channel in ("vneid", "portal", "desk")
        for on_behalf_of in (False, True)
        for requested_by in ("citizen", "body")
        for copies in (2, 3)
        for abroad in (False, True)
        for urgent in (False, True)
        for purpose in ("work", "visa")
        for people in (3, 4)
    ]


def longest_by_walking(procedure: Procedure, facts: dict[str, Any]) -> int:
    """Every way that a request can take, one after the other, without what goes back."""
    longest = 0
    start = procedure.start_for(facts)
    assert not isinstance(start, Ended)
    waiting = [(start, 0)]
    while waiting:
        step, before = waiting.pop()
        hours = before + step.time_limit.amount
        longest = max(longest, hours)
        for outcome in step.outcomes:
            after = procedure.after(outcome, facts)
            if not outcome.returns and not isinstance(after, Ended):
                waiting.append((after, hours))
    return longest


@pytest.mark.parametrize("number", range(40))
def test_the_longest_way_is_the_longest_that_can_be_walked(number: int) -> None:
    """To the day: the legal limit that a naive walk of every request comes to is kept, and one less is not."""
    made = made_up(number, "working_days")
    procedure = read(made.document)
    longest = max(longest_by_walking(procedure, facts) for facts in every_request())
    type_id = made.document["document_types"][0]

    def codes(days: int) -> set[str]:
        services = Services({type_id: ((None, Limit(days, "working_days")),)})
        return {problem.code for problem in check_procedure(procedure, services, None)}

    assert "over_limit" not in codes(longest)
    assert "over_limit" in codes(longest - 1)
    assert "much_unused" not in codes(2 * longest)
    assert "much_unused" in codes(2 * longest + 1)


def test_more_cases_than_can_be_looked_at_are_refused_at_once() -> None:
    made = made_up(0)
    document = copy.deepcopy(made.document)
    many = [
        {"fact": "copies", "in": list(range(1, 11))},
        {"fact": "channel", "in": ["vneid", "desk"]},
        {"fact": "input.people", "in": [1, 2, 3, 4]},
        {"fact": "input.purpose", "in": ["work", "study"]},
        *({"fact": name, "equals": True} for name in ("on_behalf_of", "input.lived_abroad", "input.urgent")),
    ]
    last = document["steps"][-1]
    for index in range(20):
        document["steps"].append({**last, "id": f"step{index}", "when": {"any": many}, "otherwise": {"to": "decide"}})
        document["start"] = f"step{index}"
    assert "too_many_cases" in {problem.code for problem in problems_of(document, made.services)}


def test_a_case_without_a_legal_limit_is_told() -> None:
    made = made_up(0)
    [type_id] = made.document["document_types"]
    desk = parse_condition({"fact": "channel", "equals": "desk"})
    [problem] = problems_of(made.document, Services({type_id: ((desk, made.legal),)}))
    assert problem.code == "no_legal_limit"
    assert problem.text.en.endswith("(when channel = vneid)")
    assert problem.text.vi.endswith("(khi channel = vneid)")


def test_the_problem_of_a_way_that_is_too_long_names_it_its_sum_and_the_limit() -> None:
    made = made_up(next(number for number in range(50) if len(made_up(number).document["steps"]) == 3))
    procedure = read(made.document)
    [type_id] = made.document["document_types"]
    services = Services({type_id: ((None, Limit(0, made.legal.unit)),)})
    [problem] = [one for one in check_procedure(procedure, services, roles_of_unit) if not one.is_note]
    assert problem.place == "steps"
    assert " → decide" in problem.text.vi
    assert f"takes {made.legal.amount} " in problem.text.en
    assert "the legal limit is 0 " in problem.text.en
