"""Requests and policy documents that the fee tests share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from issuance.fees import DEMONSTRATION_POLICIES, SHIPPED_POLICIES, FeeFacts, FeePolicy, load_policies
from issuance.fees.reading.read_policy import read_policy

FORM_1 = "criminal_record_form_1"
SHIPPED = load_policies(SHIPPED_POLICIES)
SHIPPED_FOR_FORM_1 = tuple(policy for policy in SHIPPED.policies if FORM_1 in policy.document.document_types)
WITH_DEMONSTRATION = load_policies(SHIPPED_POLICIES, DEMONSTRATION_POLICIES)


def request(
    on: str | date,
    *,
    channel: str = "vneid",
    copies: int = 3,
    categories: Iterable[str] = (),
    birth_date: date | None = date(1990, 5, 20),
    document_type: str = FORM_1,
) -> FeeFacts:
    """An adult's request; what a test is about is passed by name."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return FeeFacts(document_type, channel, copies, frozenset(categories), birth_date, 2, day)


def words(text: str) -> dict[str, str]:
    return {"vi": text, "en": text}


def small_policy(**changes: Any) -> dict[str, Any]:
    """A complete small policy document: a fee of 1,000, 100 a copy from the second, and one rule."""
    document: dict[str, Any] = {
        "schema": "condau-fee-policy/1",
        "id": "small",
        "version": 1,
        "label": words("Nhỏ"),
        "document_types": ["paper"],
        "territory": "vn-hanoi",
        "currency": "VND",
        "time_zone": "Asia/Ho_Chi_Minh",
        "effective": {"first_day": "2024-01-01", "last_day": "2024-12-31"},
        "deciding_date": "submitted",
        "rounding": "in_favour_of_citizen",
        "basis": [
            {
                "id": "act",
                "kind": words("Luật"),
                "number": "1/2024",
                "title": words("Luật thử"),
                "article": {"vi": "Điều 1", "en": "Article 1"},
                "issued_by": words("Quốc hội"),
                "issued_on": "2023-12-01",
                "source": {"file": "act.md", "sha256": "0" * 64},
            }
        ],
        "charges": [
            {"id": "fee", "label": words("Phí"), "kind": "base", "amount_vnd": 1000, "basis": ["act"]},
            {
                "id": "copies",
                "label": words("Bản sao"),
                "kind": "per_copy_above",
                "above": 1,
                "amount_vnd": 100,
                "basis": ["act"],
            },
        ],
        "stages": [stage([rule("half")])],
        "examples": [
            {
                "name": "plain",
                "given": {"channel": "desk", "copies": 1, "submitted_on": "2024-01-01"},
                "expect": {"gross_vnd": 1000, "waived_vnd": 0, "due_vnd": 1000},
            }
        ],
    }
    return document | changes


def stage(rules: list[dict[str, Any]], pick: str = "stack", own_id: str = "first") -> dict[str, Any]:
    return {"id": own_id, "label": words("Bước"), "pick": pick, "rules": rules}


def rule(own_id: str, **changes: Any) -> dict[str, Any]:
    """A rule that takes half of the fee off for requests through VNeID."""
    document: dict[str, Any] = {
        "id": own_id,
        "kind": "reduction",
        "label": words(own_id),
        "when": {"fact": "channel", "eq": "vneid"},
        "effects": [{"charge": "fee", "percent_off": 50}],
        "basis": ["act"],
    }
    return document | changes


def read(document: dict[str, Any]) -> FeePolicy:
    """The policy of a document; neither its acts' files nor its examples are checked."""
    return read_policy(json.dumps(document).encode(), "small.json")


def paper(*, channel: str = "vneid", copies: int = 1, on: str = "2024-06-03", **more: Any) -> FeeFacts:
    """A request for the small policy's document type."""
    return request(on, channel=channel, copies=copies, document_type="paper", **more)
