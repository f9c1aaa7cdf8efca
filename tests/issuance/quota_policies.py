"""A policy with quotas that requests share, in force in 2026, when no shipped policy decides."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from issuance.fee_policies.install import ShippedPolicy, install
from issuance.fees.quotas import QuotaKey
from issuance.fees.reading.read_policy import read_policy
from storage.fee_tables import quota_claims as claims
from tests.issuance.fees.requests import rule, small_policy, stage, words
from tests.issuance.office import TYPE, Office, person_index

POLICY = "quotas"
IN_2026 = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
BUDGET = QuotaKey(POLICY, "budget", "budget_total", "", "2026-01-01")
FEE, STUDENT_FEE, COPY = 200_000, 100_000, 5_000


def support(own_id: str, charge: str, quota: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A rule by which the city pays a whole charge, as far as its quota goes."""
    return rule(
        own_id,
        kind="support",
        funding={"budget": "city", "label": words("Ngân sách")},
        effects=[{"charge": charge, "percent_off": 100}],
        quota=quota,
        **changes,
    )


def quota_policy(budget: int = 100, unit: str = "requests", **changes: Any) -> ShippedPolicy:
    """200,000 VND, 5,000 a copy from the third; through VNeID the city pays the fee while its budget lasts, and ten
    copies a person and year. Disabled people pay no fee, students 100,000 VND, with the right paper."""
    statutory = [
        rule(
            "exempt_disabled",
            kind="exemption",
            when={"fact": "categories", "contains": "disabled"},
            evidence=["disability_certificate"],
            effects=[{"charge": "fee", "percent_off": 100}],
        ),
        rule(
            "student",
            when={"fact": "categories", "contains": "student"},
            effects=[{"charge": "fee", "set_to": STUDENT_FEE}],
        ),
    ]
    supports = [
        support("pay_fee", "fee", {"unit": unit, "max": budget, "scope": "budget_total", "name": "budget"}),
        support("pay_copies", "copies", {"unit": "copies", "max": 10, "scope": "citizen_per_year", "name": "copies"}),
    ]
    charges = [
        {"id": "fee", "label": words("Phí"), "kind": "base", "amount_vnd": FEE, "basis": ["act"]},
        {
            "id": "copies",
            "label": words("Bản giấy"),
            "kind": "per_copy_above",
            "above": 2,
            "amount_vnd": COPY,
            "basis": ["act"],
        },
    ]
    document = small_policy(
        id=POLICY,
        document_types=[TYPE],
        effective={"first_day": "2026-01-01", "last_day": "2027-12-31"},
        charges=charges,
        stages=[
            stage(statutory, pick="best_for_citizen", own_id="statutory"),
            stage(supports, own_id="support"),
        ],
    )
    source = json.dumps(document | changes).encode()
    return ShippedPolicy(read_policy(source, "quotas.json"), source)


def adopt(office: Office, policy: ShippedPolicy) -> None:
    """Let the policy decide, known from the office's hour on."""
    assert not office.do(lambda r: install(r, [policy], office.at))


def used(office: Office, key: QuotaKey = BUDGET) -> int:
    return office.do(lambda r: r.quotas.used([key]))[key]


def claim_states(office: Office, application_id: UUID) -> list[str]:
    """Of the claims that the application has made, whatever became of them."""
    query = sa.select(claims.c.state).where(claims.c.application_id == application_id).order_by(claims.c.state)
    return office.database.run_blocking(lambda r: list(r._connection.execute(query).scalars()))


def copies_of(personal_id: str, year: int = 2026) -> QuotaKey:
    """The quota of copies of one person."""
    return QuotaKey(POLICY, "copies", "citizen_per_year", person_index(personal_id), str(year))
