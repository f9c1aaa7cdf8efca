"""The guide for authors: its example is a policy that holds, and its table of facts is the catalogue."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from issuance.fees import load_policies
from issuance.fees.conditions import OPERATORS
from issuance.fees.facts import CATEGORIES, CHANNELS, FACTS

GUIDE = (Path(__file__).parents[3] / "docs" / "fee-policies.md").read_text(encoding="utf-8")


def test_the_example_of_the_guide_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    document = json.loads(example)
    document["basis"][0]["source"]["sha256"] = hashlib.sha256(b"act").hexdigest()
    (tmp_path / "acts").mkdir()
    (tmp_path / "acts" / "resolution-1.pdf").write_bytes(b"act")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "example.json").write_text(json.dumps(document))
    (policy,) = load_policies(tmp_path / "policies").policies
    assert policy.id == "residence_confirmation.hanoi"


def test_the_guide_names_every_fact_with_its_comparisons() -> None:
    rows = {}
    for names, _, comparisons in re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \|$", GUIDE, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            rows[name] = tuple(re.findall(r"`(\w+)`", comparisons))
    assert rows == {name: OPERATORS[fact.kind] for name, fact in FACTS.items()}


def test_the_guide_names_every_channel_and_category() -> None:
    assert all(f"`{word}`" in GUIDE for word in [*CHANNELS, *CATEGORIES])
