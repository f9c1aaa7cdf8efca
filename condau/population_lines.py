"""A population as JSON lines: the plan on the first, a request on each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from issuance.fees.rehearsal.population import PopulationPlan, make_population
from issuance.fees.rehearsal.rehearse import RehearsalCase


def lines_of(plan: PopulationPlan) -> Iterator[str]:
    """One JSON object each; nothing is kept in memory."""
    yield json.dumps({"plan": plan.to_json()}, ensure_ascii=False)
    for case in make_population(plan):
        yield json.dumps(_request(case), ensure_ascii=False)


def _request(case: RehearsalCase) -> dict[str, Any]:
    facts = case.facts
    return {
        "person": case.person,
        "document_type": facts.document_type,
        "channel": facts.channel,
        "copies": facts.copies,
        "categories": sorted(facts.categories),
        "birth_date": None if facts.birth_date is None else facts.birth_date.isoformat(),
        "level": facts.level,
        "submitted_on": facts.submitted_on.isoformat(),
        "residence": facts.residence,
        "received_on": None if facts.received_on is None else facts.received_on.isoformat(),
        "pages": facts.pages,
        "delivery": facts.delivery,
        "evidence": sorted(facts.evidence),
    }
