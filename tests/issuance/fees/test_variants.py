"""The three readings of "up to ten paper extracts": data only, and what each of them costs, by hand.

The variants decide nothing; they stand beside the shipped policies so that a lawyer can see what a reading means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from issuance.fees import DEMONSTRATION_POLICIES, SHIPPED_POLICIES, PolicyBook, assess, load_policies
from issuance.fees.quotas import UNTOUCHED, Quotas, quota_keys, quota_sizes
from tests.issuance.fees.requests import request

VARIANTS = SHIPPED_POLICIES.parent / "policies_variants"
ACTS = SHIPPED_POLICIES.parent / "acts"
ACTIVE = SHIPPED_POLICIES / "criminal-record-form-1.2017-01-01.json"
PER_REQUEST, COPIES_PER_REQUEST, PER_PERSON = (
    "ten-copies.amount-per-request",
    "ten-copies.copies-per-request",
    "ten-copies.copies-per-person",
)
READINGS = (PER_REQUEST, COPIES_PER_REQUEST, PER_PERSON)
QUOTAS = {
    PER_REQUEST: {"unit": "amount", "max": 50_000, "scope": "request"},
    COPIES_PER_REQUEST: {"unit": "copies", "max": 10, "scope": "request"},
    PER_PERSON: {"unit": "copies", "max": 10, "scope": "citizen_per_policy_period"},
}


def document(name: str) -> Any:
    return json.loads((VARIANTS / f"{name}.json").read_text())


def leaves(node: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document with its place; list entries go by their id where they have one."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from leaves(inner, f"{where}.{key}" if where else key)
    elif isinstance(node, list):
        yield f"{where}.length", len(node)
        for index, inner in enumerate(node):
            own = inner.get("id", index) if isinstance(inner, dict) else index
            yield from leaves(inner, f"{where}[{own}]")
    else:
        yield where, node


def differing(one: Any, other: Any) -> set[str]:
    first, second = dict(leaves(one)), dict(leaves(other))
    return {place for place in first.keys() | second.keys() if (place, first.get(place)) not in second.items()}


RULE = "stages[city_support].rules[support_copies]"
NAMES = {"id", "label.vi", "label.en", f"{RULE}.unverified.vi", f"{RULE}.unverified.en"}
QUOTA = {f"{RULE}.label.vi", f"{RULE}.label.en", f"{RULE}.quota.unit", f"{RULE}.quota.max"}
# What twelve and thirteen copies come to follows from the quota; the requests of the examples are the same.
EXAMPLES = {f"examples[{index}].{key}" for index in (3, 4) for key in ("name", "expect.waived_vnd", "expect.due_vnd")}


@pytest.mark.parametrize(
    ("name", "places"),
    [
        (PER_REQUEST, NAMES),
        (COPIES_PER_REQUEST, NAMES | QUOTA | EXAMPLES),
        (PER_PERSON, NAMES | QUOTA | EXAMPLES | {f"{RULE}.quota.scope"}),
    ],
)
def test_a_variant_differs_from_the_active_policy_in_its_quota_and_its_names_only(name: str, places: set[str]) -> None:
    assert differing(json.loads(ACTIVE.read_text()), document(name)) == places


def quotas_in(policy: Any) -> dict[str, Any]:
    return {rule["id"]: rule["quota"] for stage in policy["stages"] for rule in stage["rules"] if "quota" in rule}


def test_the_active_policy_is_the_first_reading() -> None:
    assert quotas_in(json.loads(ACTIVE.read_text())) == {"support_copies": QUOTAS[PER_REQUEST]}
    assert sorted(file.stem for file in VARIANTS.glob("*.json")) == sorted(READINGS)
    for name in READINGS:
        assert quotas_in(document(name)) == {"support_copies": QUOTAS[name]}


@pytest.fixture(scope="module", params=READINGS)
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, PolicyBook]:
    """Each alone: two of them would decide the same requests."""
    folder = tmp_path_factory.mktemp("variant")
    (folder / "one.json").write_text((VARIANTS / f"{request.param}.json").read_text())
    return request.param, load_policies(folder, acts=ACTS)


# (copies of each request of one person, in order) → due in each of them, by reading. VNeID, an adult, in the period of
# the support: the fee is always paid by the city, so only copies are due. 5,000 a copy from the third of a request on.
TABLE: list[tuple[list[int], list[int], list[int], list[int]]] = [
    ([1], [0], [0], [0]),
    ([2], [0], [0], [0]),
    ([3], [0], [0], [0]),
    # 8 charged copies, 40,000; all are among the first ten.
    ([10], [0], [0], [0]),
    # 9 charged, 45,000 ≤ 50,000. The eleventh copy is not among the first ten.
    ([11], [0], [5_000], [5_000]),
    # 10 charged, 50,000. Copies 11 and 12 are beyond ten.
    ([12], [0], [10_000], [10_000]),
    # 11 charged, 55,000 − 50,000. Copies 11, 12, 13 are beyond ten.
    ([13], [5_000], [15_000], [15_000]),
    # 48 charged, 240,000 − 50,000 = 190,000. Copies 11 to 50: 40 × 5,000 = 200,000.
    ([50], [190_000], [200_000], [200_000]),
    # Each of the two is within its request; a person's ten are used up by the first, so the second pays 8 × 5,000.
    ([10, 10], [0, 0], [0, 0], [0, 40_000]),
    ([12, 12], [0, 0], [10_000, 10_000], [10_000, 50_000]),
    ([13, 13], [5_000, 5_000], [15_000, 15_000], [15_000, 55_000]),
    # 6 of ten used; 4 cover copies 1 to 4 of the second, so copies 5 and 6 are due.
    ([6, 6], [0, 0], [0, 0], [0, 10_000]),
    ([5, 5, 5], [0, 0, 0], [0, 0, 0], [0, 0, 15_000]),
    # 3 + 3 + 3 used; the one that is left covers a copy that is free anyway.
    ([3, 3, 3, 3], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 5_000]),
    # Two copies are in the fee, so nothing was supported and nothing used.
    ([2, 2, 2, 2, 2, 10], [0] * 6, [0] * 6, [0] * 6),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: "+".join(str(copies) for copies in row[0]))
def test_what_each_reading_costs(reading: tuple[str, PolicyBook], row: tuple[list[int], ...]) -> None:
    name, book = reading
    (policy,) = book.policies
    left = dict(quota_sizes(policy))
    found = []
    for copies in row[0]:
        facts = request(date(2024, 9, 2), copies=copies)
        decided = assess(facts, book, Quotas(left), facts.submitted_on)
        found.append(decided.due)
        for use in decided.quota_uses:
            left[use.name] -= use.taken
        # What the citizen doesn't pay the city does: an adult has no exemption.
        paid = sum(entry.amount for line in decided.lines for entry in line.reductions if entry.funding is not None)
        assert paid == decided.gross - decided.due
    assert found == row[1 + READINGS.index(name)]


def test_only_the_third_reading_keeps_a_count_and_for_each_person_alone(reading: tuple[str, PolicyBook]) -> None:
    name, book = reading
    (policy,) = book.policies
    one, other = (quota_keys(policy, date(2024, 9, 2), person) for person in ("one", "other"))
    assert set(one) == ({"support_copies"} if name == PER_PERSON else set())
    assert not set(one.values()) & set(other.values())
    # The whole time of the support is one period, whenever in it somebody asks.
    assert one == quota_keys(policy, date(2024, 12, 31), "one")


def test_outside_the_support_the_readings_are_one(reading: tuple[str, PolicyBook]) -> None:
    for day in (date(2024, 5, 31), date(2025, 1, 1), date(2025, 4, 23)):
        assert assess(request(day, copies=12), reading[1], UNTOUCHED, day).due == 250_000
    assert assess(request("2024-09-02", copies=12, channel="desk"), reading[1], UNTOUCHED, date(2024, 9, 2)).due == (
        250_000
    )


def test_no_variant_is_loaded_with_the_shipped_policies() -> None:
    shipped = load_policies(SHIPPED_POLICIES, DEMONSTRATION_POLICIES)
    assert not {policy.id for policy in shipped.policies} & {document(name)["id"] for name in READINGS}


@pytest.mark.parametrize("act", sorted(ACTS.iterdir()), ids=lambda act: act.name)
def test_every_act_says_that_it_is_a_summary_in_own_words(act: Path) -> None:
    assert act.suffix == ".md"
    head = " ".join(act.read_text().split("\n")[:6])
    assert head.startswith("# ")
    assert "tóm tắt bằng lời riêng / own-words summary" in head
    assert "**This is a summary in the project's own words, not the text of the act.**" in head
    assert "Đây là bản tóm tắt, không phải nguyên văn." in act.read_text().replace("\n", " ")
    assert "Not verified against the text:" in act.read_text()


def test_every_act_is_cited_and_every_basis_has_its_act() -> None:
    folders = (SHIPPED_POLICIES, DEMONSTRATION_POLICIES, VARIANTS)
    cited = {
        entry["source"]["file"]
        for folder in folders
        for file in folder.glob("*.json")
        for entry in json.loads(file.read_text())["basis"]
    }
    assert cited == {act.name for act in ACTS.iterdir()}
