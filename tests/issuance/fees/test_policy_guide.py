"""The guide for authors: its examples are accepted and hold, its tables and limits are those of the program."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from issuance.fees import SHIPPED_POLICIES, PolicyRefused, assess, load_policies
from issuance.fees.conditions import MAX_CONDITION_DEPTH, OPERATORS, parse_condition
from issuance.fees.document import MAX_EXPRESSION_CHARACTERS, MAX_TEXT_CHARACTERS, QuotaScope, QuotaUnit
from issuance.fees.expressions.compile import compile_expression
from issuance.fees.expressions.words import FUNCTIONS, MAX_EXPRESSION_STEPS
from issuance.fees.facts import CATEGORIES, CHANNELS, DELIVERIES, EVIDENCE, FACTS
from issuance.fees.quotas import UNTOUCHED, Quotas
from issuance.fees.reading.check_policy import (
    LOOKS_AT_A_RULE,
    MAX_COMPARISONS,
    MAX_EXPRESSIONS,
    MAX_LOOKS,
    MAX_RULES,
    MAX_STEPS,
)
from issuance.fees.reading.read_policy import MAX_POLICY_BYTES, MAX_POLICY_DEPTH, MAX_POLICY_NODES, read_policy
from tests.issuance.fees.requests import request

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "fee-policies.md").read_text(encoding="utf-8")
VARIANTS = SHIPPED_POLICIES.parent / "policies_variants"


def blocks(kind: str) -> list[Any]:
    return [json.loads(block) for block in re.findall(rf"```json {kind}\n(.*?)```", GUIDE, re.DOTALL)]


def with_act(document: dict[str, Any]) -> dict[str, Any]:
    document["basis"][0]["source"]["sha256"] = hashlib.sha256(b"act").hexdigest()
    return document


(EXAMPLE,) = (with_act(document) for document in blocks("policy"))


def reads(change: dict[str, Any]) -> None:
    read_policy(json.dumps(EXAMPLE | change).encode(), "guide.json")


def test_the_example_of_the_guide_loads(tmp_path: Path) -> None:
    (tmp_path / "acts").mkdir()
    (tmp_path / "acts" / "resolution-1.pdf").write_bytes(b"act")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "example.json").write_text(json.dumps(EXAMPLE))
    (policy,) = load_policies(tmp_path / "policies").policies
    assert policy.id == "residence_confirmation.hanoi"


def test_every_charge_and_rule_of_the_guide_is_accepted() -> None:
    (example,) = copy.deepcopy(EXAMPLE["examples"])
    example["given"]["pages"] = 2
    reads({"charges": [*EXAMPLE["charges"], *blocks("charge")], "examples": [example]})
    (stage,) = EXAMPLE["stages"]
    reads({"stages": [stage | {"rules": [*stage["rules"], *blocks("rule")]}]})
    assert (len(blocks("charge")), len(blocks("rule"))) == (2, 3)


def test_every_quota_of_the_guide_is_accepted() -> None:
    (stage,) = EXAMPLE["stages"]
    support = blocks("rule")[0]
    for index, quota in enumerate(blocks("quota")):
        reads({"stages": [stage | {"rules": [support | {"id": f"rule{index}", "quota": quota}]}]})
    assert len(blocks("quota")) == 2


def test_every_condition_and_expression_of_the_guide_is_accepted() -> None:
    (condition,) = blocks("condition")
    parse_condition(condition)
    (lines,) = re.findall(r"```cel\n(.*?)```", GUIDE, re.DOTALL)
    assert len([compile_expression(line) for line in lines.splitlines()]) == 5


def test_the_guide_names_every_fact_with_its_comparisons() -> None:
    rows = {}
    for names, _, comparisons in re.findall(r"^\| (`.*?) \| (.*?) \| (`(?:eq|contains)`.*?) \|$", GUIDE, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            rows[name] = tuple(re.findall(r"`(\w+)`", comparisons))
    assert rows == {name: OPERATORS[fact.kind] for name, fact in FACTS.items()}


def test_the_guide_names_every_value_and_function() -> None:
    words = [*CHANNELS, *CATEGORIES, *DELIVERIES, *EVIDENCE, *FUNCTIONS, *get_args(QuotaUnit), *get_args(QuotaScope)]
    assert [word for word in words if f"`{word}`" not in GUIDE] == []


def test_the_guide_tells_the_limits() -> None:
    (limits,) = re.findall(r"## Limits\n\n(.*?)\n\n", GUIDE, re.DOTALL)
    assert [int(number.replace(",", "")) for number in re.findall(r"[0-9][0-9,]*(?![0-9,])", limits)] == [
        MAX_POLICY_BYTES // 1_024, MAX_POLICY_NODES, MAX_POLICY_DEPTH, MAX_RULES, MAX_COMPARISONS, MAX_CONDITION_DEPTH,
        MAX_EXPRESSIONS, MAX_EXPRESSION_CHARACTERS, 200, MAX_TEXT_CHARACTERS,
        LOOKS_AT_A_RULE, 1, MAX_LOOKS, MAX_EXPRESSION_STEPS, MAX_STEPS,
    ]  # fmt: skip


READINGS = re.findall(
    r"^\| `([a-z-]+)`: .*? \| `(\{.*?\})` \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", GUIDE, re.MULTILINE
)


@pytest.mark.parametrize(("name", "quota", "twelve", "thirteen", "second"), READINGS)
def test_the_three_readings_cost_what_the_guide_says(
    name: str, quota: str, twelve: str, thirteen: str, second: str
) -> None:
    policy = read_policy((VARIANTS / f"ten-copies.{name}.json").read_bytes())
    written = [rule.quota for stage in policy.document.stages for rule in stage.rules if rule.quota is not None]
    assert [{"unit": one.unit, "max": one.max, "scope": one.scope} for one in written] == [json.loads(quota)]
    day = request("2024-06-03").submitted_on
    first = assess(request(day, copies=12), policy, UNTOUCHED, day)
    assert f"{first.due:,}" == twelve
    assert f"{assess(request(day, copies=13), policy, UNTOUCHED, day).due:,}" == thirteen
    left = Quotas({use.name: use.left - use.taken for use in first.quota_uses})
    assert f"{assess(request(day, copies=3), policy, left, day).due:,}" == second


def test_there_are_three_readings() -> None:
    assert len(READINGS) == 3
    with pytest.raises(PolicyRefused):
        reads({"stages": []} | {"rounding": "never"})


def test_the_links_of_the_guide_lead_somewhere() -> None:
    assert [link for link in re.findall(r"\]\(([\w.-]+)\)", GUIDE) if not (DOCS / link).exists()] == []
