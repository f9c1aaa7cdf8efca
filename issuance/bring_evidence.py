"""A citizen brings a paper: one that proves a category, or one that the application itself needs."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.verify_token import require_level

from .application import ENDED, Application
from .documents.catalogue import Catalogue, DocumentType
from .errors import AlreadyClosed, EvidenceRefused
from .evidence import ASKED_PAPER, FOR_THE_APPLICATION, Evidence, EvidenceState, PaperFile
from .fees.facts import CATEGORIES, EVIDENCE
from .records import AuditEntry, Records
from .settlement.case_facts import facts_of

MAX_PAPERS = 10


def bring(
    records: Records,
    catalogue: Catalogue,
    citizen: VerifiedCitizen,
    code: str,
    *,
    category: str,
    kind: str,
    file: PaperFile,
    at: datetime,
) -> Evidence:
    """Put a paper to the citizen's own application; an official will look at it.

    The file was opened (`open_paper`) and is stored, encrypted, under its digest. The same file for the same category,
    brought again, is the paper that is there already.

    Raises ApplicationNotFound, LevelTooLow (than that at which it was submitted), AlreadyClosed, EvidenceRefused.
    """
    application = own_application(records, citizen, code)
    if application.state in ENDED:
        raise AlreadyClosed("this application has ended")
    _require_taken(application, catalogue.get(application.type_id), category, kind, file)
    papers = records.evidence.of_application(application.id)
    for known in papers:
        if (known.category, known.sha256) == (category, file.sha256):
            if known.kind != kind:
                raise EvidenceRefused("another_kind_before")
            return known
    if len(papers) >= MAX_PAPERS:
        raise EvidenceRefused("too_many_papers")
    paper = Evidence(
        id=uuid4(),
        application_id=application.id,
        category=category,
        kind=kind,
        sha256=file.sha256,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        pages=file.pages,
        is_encrypted=True,
        uploaded_at=at,
    )
    records.evidence.add(paper)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=citizen.subject_key,
            action="evidence_brought",
            application_id=application.id,
            details={"evidence": str(paper.id), "category": category, "kind": kind, "sha256": file.sha256.hex()},
        )
    )
    # Nothing in it has changed, but its version has: of two papers brought at once one is counted after the other, and
    # none comes to an application that ends at the same moment.
    records.applications.save(application)
    return paper


def own_application(records: Records, citizen: VerifiedCitizen, code: str) -> Application:
    """For a change of it: by a sign-in no weaker than that by which it was submitted.

    Raises ApplicationNotFound, LevelTooLow.
    """
    application = records.applications.of_citizen(code, citizen.subject_key)
    require_level(citizen, AssuranceLevel(application.applicant.level))
    return application


def papers_missing(records: Records, application: Application, document_type: DocumentType) -> tuple[str, ...]:
    """Kinds of papers for the application itself that an official has still to decide, or that have to be there and of
    which none was accepted. A rejected one alone is as good as none."""
    papers = [one for one in records.evidence.of_application(application.id) if one.category == FOR_THE_APPLICATION]
    undecided = {one.kind for one in papers if one.state is EvidenceState.SUBMITTED}
    accepted = {one.kind for one in papers if one.state is EvidenceState.ACCEPTED}
    asked = document_type.papers_for(facts_of(application, document_type))
    return tuple(sorted(undecided | {one.kind for one in asked if one.required} - accepted))


def _require_taken(
    application: Application, document_type: DocumentType, category: str, kind: str, file: PaperFile
) -> None:
    """Raises EvidenceRefused."""
    if category != FOR_THE_APPLICATION:
        if category not in CATEGORIES or kind not in EVIDENCE:
            raise EvidenceRefused("unknown_kind")
        return
    if kind == ASKED_PAPER and application.asked is not None:
        return
    for paper in document_type.papers_for(facts_of(application, document_type)):
        if paper.kind == kind:
            if file.media_type not in paper.media_types:
                raise EvidenceRefused("other_media_type")
            if file.size_bytes > paper.max_bytes:
                raise EvidenceRefused("too_large")
            if (file.pages or 0) > paper.max_pages:
                raise EvidenceRefused("too_many_pages")
            return
    raise EvidenceRefused("unknown_kind")
