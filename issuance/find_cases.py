"""An official looks for cases of the unit: by a code, by the beginning of one, or by whom they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.citizen import VerifiedOfficial
from identity.personal_id import PersonalId

from .application import Application
from .apply import Rules
from .desk import demand_desk, is_own_case
from .records import AuditEntry, Records

MAX_FOUND = 50


@dataclass(frozen=True, slots=True)
class FoundCases:
    """is_cut: there are more than are shown."""

    applications: Sequence[Application]
    is_cut: bool


def find_by_code(records: Records, official: VerifiedOfficial, beginning: str) -> FoundCases:
    """Cases of the unit whose code begins so, by code; none of the official's own. Raises RoleMissing.

    beginning: ASCII, not empty.
    """
    demand_desk(official)
    return _shown(records.applications.with_code(official.unit, beginning, MAX_FOUND + 1), official)


def find_by_person(
    records: Records, rules: Rules, official: VerifiedOfficial, person: PersonalId, at: datetime
) -> FoundCases:
    """Cases of the unit that this person asked for or that are about her, the newest first; none of the official's own.

    Who has looked for whom stands in the audit trail, by the person's blind index. Applications of earlier releases
    have none: they are found by their codes only. Raises RoleMissing.
    """
    demand_desk(official)
    index = rules.person_index(person.digits)
    found = _shown(records.applications.of_person(official.unit, index, MAX_FOUND + 1), official)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="person_looked_for",
            application_id=None,
            details={"unit": official.unit, "person": index, "found": len(found.applications)},
        )
    )
    return found


def _shown(applications: Sequence[Application], official: VerifiedOfficial) -> FoundCases:
    shown = [one for one in applications[:MAX_FOUND] if not is_own_case(one, official)]
    return FoundCases(shown, len(applications) > MAX_FOUND)
