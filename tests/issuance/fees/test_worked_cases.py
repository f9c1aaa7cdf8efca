"""Cases whose amounts were derived by hand from the acts, each with its reasoning."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from issuance.fees import FeeFacts, assess
from issuance.fees.quotas import UNTOUCHED
from tests.issuance.fees.requests import SHIPPED

VECTORS = Path(__file__).parents[2] / "vectors" / "fees"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted(VECTORS.glob("*.json"))
    for case in json.loads(file.read_text())["cases"]
]


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize("case", CASES)
def test_worked_case(case: dict[str, Any]) -> None:
    given, expected = case["given"], case["expect"]
    birth_date = given["birth_date"] and date.fromisoformat(given["birth_date"])
    on = date.fromisoformat(given["submitted_on"])
    facts = FeeFacts(
        given["document_type"],
        given["channel"],
        given["copies"],
        frozenset(given["categories"]),
        birth_date,
        given["level"],
        on,
    )
    decided = assess(facts, SHIPPED, UNTOUCHED, on)
    assert decided.outcome == expected["outcome"]
    if "referral" in expected:
        assert decided.referral == expected["referral"]
        return
    paid_by_city = sum(
        entry.amount
        for line in decided.lines
        for entry in line.reductions
        if entry.funding is not None and entry.funding.budget == "hanoi_city"
    )
    found = (decided.gross, decided.waived, decided.due, paid_by_city)
    assert found == tuple(expected[key] for key in ("gross_vnd", "waived_vnd", "due_vnd", "paid_by_city_vnd")), case[
        "reasoning"
    ]
