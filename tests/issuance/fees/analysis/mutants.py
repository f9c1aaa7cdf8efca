"""Shipped policies with one thing made wrong, and what the tests ask about findings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from issuance.fees import DEMONSTRATION_POLICIES, SHIPPED_POLICIES, FeePolicy
from issuance.fees.amounts import amounts_of
from issuance.fees.analysis import Finding, FindingKind, Report
from issuance.fees.quotas import Quotas
from tests.issuance.fees.requests import read

Json = dict[str, Any]
_FILES = {
    file["version"]: file
    for folder in (SHIPPED_POLICIES, DEMONSTRATION_POLICIES)
    for file in (json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json")))
}


def mutant(version: int, change: Callable[[Json], object]) -> FeePolicy:
    """A shipped version after a change to its JSON document."""
    document = json.loads(json.dumps(_FILES[version]))
    change(document)
    return read(document)


def rule_of(document: Json, own_id: str) -> Json:
    found: Json = next(rule for stage in document["stages"] for rule in stage["rules"] if rule["id"] == own_id)
    return found


def of_kind(report: Report, kind: FindingKind) -> list[Finding]:
    return [finding for finding in report.findings if finding.kind is kind]


def replayed(policy: FeePolicy, finding: Finding) -> tuple[int, int | None]:
    """What the engine makes of a finding's case, and of the request it is compared with."""
    case = finding.case
    assert case is not None
    due = []
    for facts in (case.facts, case.after):
        found = None if facts is None else amounts_of(facts, policy, Quotas(case.left, untouched=True), case.on)
        assert facts is None or found is not None
        due.append(None if found is None else int(found.due))
    assert due[0] is not None
    return due[0], due[1]
