"""Erase a person, or applications whose time is over: their keys are destroyed, and nothing brings the data back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4

from ..errors import ErasureHeld
from ..fees.facts import vietnam_day
from ..records import AuditEntry, AuditTrail, EvidenceRecords
from .erasure_request import ErasureRequests
from .persons import Erasure, HeldApplication, Persons


class PrivacyRecords(Protocol):
    """What erasing reaches of the records."""

    @property
    def persons(self) -> Persons: ...
    @property
    def erasure_requests(self) -> ErasureRequests: ...
    @property
    def evidence(self) -> EvidenceRecords: ...
    @property
    def audit(self) -> AuditTrail: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptApplications:
    """For how many days after its end an application's data is kept: with a result, and without one. None: for good."""

    days: int | None
    days_without_result: int | None

    def __post_init__(self) -> None:
        if any(days is not None and days < 1 for days in (self.days, self.days_without_result)):
            raise ValueError("an application is kept for at least a day")


def plan_erasure(records: PrivacyRecords, person_index: str, at: datetime) -> Sequence[HeldApplication]:
    """What erasing this person would reach, and what holds it; changes nothing."""
    return records.persons.applications_of(person_index, vietnam_day(at))


def erase_person(records: PrivacyRecords, person_index: str, actor: str, at: datetime) -> Erasure:
    """Erase all that is kept about a person.

    1. Nothing of hers may be under way: an open application, money on its way, a question without an answer, a
       suspended document. Raises ErasureHeld.
    2. The keys of the applications about her are destroyed; where she asked for somebody else, the key of her own
       facts. Files of papers and documents are named no more, so that the next sweep removes them.
    3. Her sessions end, answers kept for repeated requests go; where she has asked for it, that is answered.
    4. What stays: states, dates, amounts, numbers, the register's entries without names, the audit. That she was
       erased stays by the blind index of her number.
    """
    found = records.persons.applications_of(person_index, vietnam_day(at))
    held = [one for one in found if one.holds]
    if held:
        raise ErasureHeld(held)
    for one in found:
        _erase(records, one, actor, "person_erased", at)
    records.persons.forget_accounts({one.subject_key for one in found if one.is_applicant})
    erasure = Erasure(id=uuid4(), person_index=person_index, at=at, applications=len(found))
    records.persons.note(erasure)
    records.erasure_requests.answer(person_index, "erased", at)
    details = {"erasure": str(erasure.id), "applications": len(found)}
    records.audit.append(AuditEntry(at=at, actor=actor, action="person_erased", application_id=None, details=details))
    return erasure


def erase_again(records: PrivacyRecords, erasure: Erasure, actor: str, at: datetime) -> int:
    """After an older backup was put back: what was kept about the person until then goes again, whatever holds it;
    returns how many applications it was. Doing it twice changes nothing."""
    found = records.persons.applications_of(erasure.person_index, vietnam_day(at))
    known_then = [one for one in found if one.submitted_at <= erasure.at]
    for one in known_then:
        _erase(records, one, actor, "person_erased", at)
    records.persons.forget_accounts({one.subject_key for one in known_then if one.is_applicant})
    if records.persons.note(erasure) or known_then:
        details = {"erasure": str(erasure.id), "applications": len(known_then), "again": True}
        records.audit.append(
            AuditEntry(at=at, actor=actor, action="person_erased", application_id=None, details=details)
        )
    return len(known_then)


def erase_what_is_over(records: PrivacyRecords, kept: KeptApplications, at: datetime, limit: int) -> int:
    """Erase applications whose time is over, `limit` of them at most; returns how many. Issued documents stay
    verifiable, by their seals and by status."""
    over = records.persons.whose_time_is_over(
        _before(at, kept.days), _before(at, kept.days_without_result), vietnam_day(at), limit
    )
    for one in over:
        _erase(records, one, "system", "application_erased", at)
    return len(over)


def forget_payers(records: PrivacyRecords, kept: KeptApplications, at: datetime, limit: int) -> int:
    """Forget who sent money that named no application and went back, once it is as old as an application without a
    result may be; `limit` payments at most, returns how many. Sums, dates and references stay."""
    forgotten = records.persons.forget_payers(_before(at, kept.days_without_result), limit)
    if forgotten:
        details = {"payments": forgotten}
        records.audit.append(
            AuditEntry(at=at, actor="system", action="payers_forgotten", application_id=None, details=details)
        )
    return forgotten


_EVER = datetime(1900, 1, 1, tzinfo=UTC)


def _before(at: datetime, days: int | None) -> datetime:
    return _EVER if days is None else at - timedelta(days=days)


def _erase(records: PrivacyRecords, one: HeldApplication, actor: str, action: str, at: datetime) -> None:
    if not one.is_concerned:
        records.persons.erase_applicant(one.id, at)
    else:
        for paper in records.evidence.of_application(one.id):
            if paper.file_removed_at is None:
                records.evidence.give_up_file(replace(paper, file_removed_at=at))
        records.persons.erase_application(one.id, at)
    details = {"is_concerned": one.is_concerned}
    records.audit.append(AuditEntry(at=at, actor=actor, action=action, application_id=one.id, details=details))
