"""What the start page has for a citizen who is signed in: the newest applications, and what waits for him or her."""

from __future__ import annotations

from typing import Any

from identity.citizen import VerifiedCitizen
from issuance.batches.owner import person_key_of
from issuance.fees.facts import vietnam_day

from ...languages import Language
from ...present.application import application_page
from ...services import Services
from .applications import TONES, lines_of

_NEWEST = 3


async def at_home(services: Services, citizen: VerifiedCitizen, language: Language) -> dict[str, Any]:
    """For the template: `lines`, of which those come first that wait for the citizen; `tones`; `has_more`."""
    own = person_key_of(services.rules, citizen)
    found = await services.runner.run(
        lambda records: records.applications.list_of_citizen(citizen.subject_key, None, _NEWEST, person_key=own)
    )
    view = application_page(found, services.rules.catalogue, "/applications", _NEWEST, language)
    lines = lines_of(view, vietnam_day(services.clock()))
    return {
        "lines": sorted(lines, key=lambda line: line["waits"] is None),
        "tones": TONES,
        "has_more": found.next_cursor is not None,
    }
