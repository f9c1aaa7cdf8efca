"""What the start page has for a citizen who is signed in: what waits for him or her, and the newest applications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from identity.citizen import VerifiedCitizen
from issuance.application import ApplicationState
from issuance.batches.owner import person_key_of
from issuance.fees.facts import vietnam_day

from ...languages import Language
from ...present.application import application_page
from ...services import Services
from .applications import TONES, lines_of

_LOOKED_AT = 20
_NEWEST, _MOST = 3, 6
_URGENCY = {ApplicationState.PAYMENT_ASKED: 0, ApplicationState.MORE_PAPERS_ASKED: 0, ApplicationState.SETTLED: 1}
"""What has a last day comes before a document that only has to be fetched, and both before all others."""


async def at_home(services: Services, citizen: VerifiedCitizen, language: Language) -> dict[str, Any]:
    """For the template: `lines`, `tones`, `has_more`.

    All that wait for the citizen as far as there is room, then the newest, where fewer than three wait.
    """
    own = person_key_of(services.rules, citizen)
    found = await services.runner.run(
        lambda records: records.applications.list_of_citizen(citizen.subject_key, None, _LOOKED_AT, person_key=own)
    )
    view = application_page(found, services.rules.catalogue, "/applications", _LOOKED_AT, language)
    lines = sorted(lines_of(view, vietnam_day(services.clock())), key=_urgency)
    waiting = sum(line["waits"] is not None for line in lines)
    shown = min(max(waiting, _NEWEST), _MOST)
    return {
        "lines": lines[:shown],
        "tones": TONES,
        "has_more": found.next_cursor is not None or len(lines) > shown,
    }


def _urgency(line: Mapping[str, Any]) -> int:
    return _URGENCY.get(ApplicationState(line["state"]), len(_URGENCY))
