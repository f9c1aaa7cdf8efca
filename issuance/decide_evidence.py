"""An official looks at a paper, and accepts or rejects it; an accepted one may lower the fee at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from identity.citizen import VerifiedOfficial

from .application import Actor, Application, ApplicationState
from .apply import Rules
from .desk import open_case
from .errors import AlreadyClosed, ConcurrentChange, EvidenceDecided, EvidenceNotFound, EvidenceRemoved
from .evidence import FOR_THE_APPLICATION, Evidence, EvidenceState
from .reassess import reassess
from .records import AuditEntry, Records

_GIVEN_UP = frozenset({ApplicationState.REFUSED_AT_INTAKE, ApplicationState.WITHDRAWN, ApplicationState.STOPPED})
"""Ended without a document. Where one was issued, what was paid too much is still owed to the citizen."""


def open_evidence(records: Records, official: VerifiedOfficial, code: str, evidence_id: UUID) -> Evidence:
    """One paper of a case of the unit, to read its file.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, EvidenceNotFound, EvidenceRemoved.
    """
    return _still_there(_paper(records, open_case(records, official, code), evidence_id))


def accept(
    records: Records, rules: Rules, official: VerifiedOfficial, code: str, evidence_id: UUID, at: datetime
) -> Application:
    """The paper proves its category: the fee is assessed anew with it (see `reassess`). One that the application itself
    needs has nothing to do with the fee.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, EvidenceNotFound, EvidenceDecided, EvidenceRemoved,
    AlreadyClosed.
    """
    application, paper = _to_decide(records, official, code, evidence_id)
    by = Actor.from_official(official)
    _decide(records, replace(paper, state=EvidenceState.ACCEPTED, decided_by=by, decided_at=at))
    entry = _entry(official, paper, "evidence_accepted", at)
    if paper.category == FOR_THE_APPLICATION:
        records.audit.append(entry)
        return records.applications.save(application)
    return reassess(records, rules, application, entry)


def reject(
    records: Records, official: VerifiedOfficial, code: str, evidence_id: UUID, reason: str, at: datetime
) -> Evidence:
    """The paper does not prove its category; the citizen reads the reason, and may bring another one.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, EvidenceNotFound, EvidenceDecided, EvidenceRemoved,
    AlreadyClosed.
    """
    application, paper = _to_decide(records, official, code, evidence_id)
    by = Actor.from_official(official)
    rejected = replace(paper, state=EvidenceState.REJECTED, decided_by=by, decided_at=at, reason=reason)
    _decide(records, rejected)
    records.audit.append(_entry(official, paper, "evidence_rejected", at))
    records.applications.save(application)
    return rejected


def _to_decide(
    records: Records, official: VerifiedOfficial, code: str, evidence_id: UUID
) -> tuple[Application, Evidence]:
    application = open_case(records, official, code)
    paper = _paper(records, application, evidence_id)
    if paper.state is not EvidenceState.SUBMITTED:
        raise EvidenceDecided("this paper is accepted or rejected already")
    if application.state in _GIVEN_UP:
        raise AlreadyClosed("this application has ended without a document")
    return application, _still_there(paper)


def _still_there(paper: Evidence) -> Evidence:
    if paper.file_removed_at is not None:
        raise EvidenceRemoved("this paper's file was deleted when its time was over")
    return paper


def _paper(records: Records, application: Application, evidence_id: UUID) -> Evidence:
    for paper in records.evidence.of_application(application.id):
        if paper.id == evidence_id:
            return paper
    raise EvidenceNotFound("no such paper at this application")


def _decide(records: Records, paper: Evidence) -> None:
    if not records.evidence.decide(paper):
        raise ConcurrentChange("this paper was decided at the same moment")


def _entry(official: VerifiedOfficial, paper: Evidence, action: str, at: datetime) -> AuditEntry:
    return AuditEntry(
        at=at,
        actor=official.subject_key,
        action=action,
        application_id=paper.application_id,
        details={"unit": official.unit, "evidence": str(paper.id), "category": paper.category, "kind": paper.kind},
    )
