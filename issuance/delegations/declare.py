"""An official declares with whom he or she does not deal; whose number it was is shown to nobody again."""

from __future__ import annotations

from datetime import datetime

from identity.citizen import VerifiedOfficial
from identity.personal_id import PersonalId

from ..records import AuditEntry, Records
from ..rules import Rules
from ..settlement.reassign import reassign_cases_of

MAX_RELATIVES = 200


def declare_relative(
    records: Records, rules: Rules, official: VerifiedOfficial, relative: PersonalId, at: datetime
) -> int:
    """Returns how many the official has declared; the relative's cases that the official has come to somebody else.

    Harmless when repeated; beyond `MAX_RELATIVES` nothing is added.
    """
    person, known = rules.person_index(relative.digits), records.relatives.of(official.subject_key)
    if person in known or len(known) >= MAX_RELATIVES:
        return len(known)
    records.relatives.declare(official.subject_key, person, at)
    _audit(records, official, "relative_declared", at)
    reassign_cases_of(records, rules, official.subject_key, person, at)
    return len(known) + 1


def take_back_relative(
    records: Records, rules: Rules, official: VerifiedOfficial, relative: PersonalId, at: datetime
) -> int:
    """Returns how many are left. Whether this one was declared is told nowhere. The own number stays: with it nobody
    stops being concerned."""
    person = rules.person_index(relative.digits)
    if relative != official.personal_id and records.relatives.take_back(official.subject_key, person):
        _audit(records, official, "relative_taken_back", at)
    return len(records.relatives.of(official.subject_key))


def count_relatives(records: Records, official: VerifiedOfficial) -> int:
    return len(records.relatives.of(official.subject_key))


def _audit(records: Records, official: VerifiedOfficial, action: str, at: datetime) -> None:
    records.audit.append(AuditEntry(at=at, actor=official.subject_key, action=action, application_id=None, details={}))
