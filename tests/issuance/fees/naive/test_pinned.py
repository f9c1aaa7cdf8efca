"""Where the two implementations once differed, and what came of it: the smallest case of each."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from issuance.fees import PolicyRefused
from tests.issuance.fees.naive.naive import Naive
from tests.issuance.fees.naive.test_against_naive import compare
from tests.issuance.fees.requests import read, rule, small_policy, stage

FACTS = {
    "document_type": "paper",
    "channel": "vneid",
    "copies": 3,
    "categories": [],
    "birth_date": None,
    "level": 2,
    "submitted_on": "2024-06-03",
    "residence": None,
    "received_on": None,
    "pages": None,
    "delivery": "download",
    "evidence": [],
}


def differing(rules: list[dict[str, Any]], pick: str, left: dict[str, int]) -> list[str]:
    book = [small_policy(stages=[stage(rules, pick)])]
    return compare(book, [(FACTS, {"left": left, "untouched": False})], Naive, Counter())


def test_a_quota_within_one_request_cannot_be_shared() -> None:
    """The naive one shared it among the rules that name it, as the text said; the engine gave it to each of them. Now
    such a name is refused."""
    shared = {"unit": "amount", "max": 100, "scope": "request", "name": "shared"}
    with pytest.raises(PolicyRefused, match="a quota within one request is the rule's own"):
        read(small_policy(stages=[stage([rule("a", quota=shared), rule("b", quota=shared)])]))


def test_what_is_in_the_way_of_a_rule_comes_before_an_earlier_match() -> None:
    """Both give these reasons; the engine tells the rules that were passed over last, the naive one in the document's
    order, and no text prefers either."""
    never = {"fact": "channel", "eq": "desk"}
    assert not differing([rule("a"), rule("b"), rule("c", when=never)], "first_match", {})


@pytest.mark.parametrize("left", [0, 1, 2, 3, 10])
@pytest.mark.parametrize("pick", ["best_for_citizen", "first_match", "stack"])
@pytest.mark.parametrize("unit", ["amount", "copies", "requests"])
def test_rules_of_one_quota_agree_by_every_pick_and_unit(unit: str, pick: str, left: int) -> None:
    """No difference was found here; the text was silent until the two were written, so it is held."""
    limit = {"unit": unit, "max": 10, "scope": "budget_total", "name": "shared"}
    effects = [{"charge": "copies", "percent_off": 100}, {"charge": "fee", "amount_off": 5}]
    rules = [rule("a", quota=limit, effects=effects), rule("b", quota=limit, effects=effects[::-1])]
    assert not differing(rules, pick, {"shared": left})
