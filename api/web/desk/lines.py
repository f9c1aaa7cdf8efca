"""A case as one line of a list: nothing in it is about the person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from issuance.application import Application
from issuance.procedure.document import Procedure
from issuance.settlement.in_force import procedure_of

from ...languages import Language
from ...present.standing import STATE_NAMES
from ...services import Records, Services
from .clock import Clock, clocks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    code: str
    type_name: str
    step_name: str
    state: str
    state_name: str
    owner: str | None
    is_mine: bool
    submitted_at: datetime
    clock: Clock


def lines_of(
    records: Records,
    services: Services,
    cases: Iterable[Application],
    whose: str,
    unit: str,
    now: datetime,
    language: Language,
) -> list[Line]:
    """whose: the account of whoever reads the list. All are of one unit. Raises ProcedureNotFound."""
    clock, procedures = clocks_of(records, services, unit, now), dict[str, Procedure]()
    found = []
    for one in cases:
        if one.procedure.digest not in procedures:
            procedures[one.procedure.digest] = procedure_of(records, one)
        found.append(
            Line(
                code=one.code,
                type_name=services.rules.catalogue.get(one.type_id).name.in_language(language),
                step_name=procedures[one.procedure.digest].step(one.step).name.in_language(language),
                state=one.state.value,
                state_name=STATE_NAMES[one.state].in_language(language),
                owner=None if one.owner is None else one.owner.full_name,
                is_mine=one.owner is not None and one.owner.subject_key == whose,
                submitted_at=one.submitted_at,
                clock=clock(one),
            )
        )
    return found
