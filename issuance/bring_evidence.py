"""A citizen brings a paper that proves a category: what the agency has not seen lowers no fee."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.verify_token import require_level

from .application import ENDED, Application
from .errors import AlreadyClosed, EvidenceRefused
from .evidence import Evidence
from .fees.facts import CATEGORIES, EVIDENCE
from .records import AuditEntry, Records

MAX_EVIDENCE_BYTES = 5_000_000
MAX_PAPERS = 10

_BEGINNINGS = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


def media_type_of(data: bytes) -> str:
    """What the file is by its first bytes, whatever its name says: PDF, PNG or JPEG, 5 MB (5,000,000 bytes) at most.

    Raises EvidenceRefused.
    """
    if len(data) > MAX_EVIDENCE_BYTES:
        raise EvidenceRefused("a paper has at most 5,000,000 bytes")
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    raise EvidenceRefused("a paper is a PDF, a PNG or a JPEG file")


def bring(
    records: Records,
    citizen: VerifiedCitizen,
    code: str,
    *,
    category: str,
    kind: str,
    sha256: bytes,
    media_type: str,
    size_bytes: int,
    at: datetime,
) -> Evidence:
    """Put a paper to the citizen's own application; an official will look at it.

    The file is stored before, under its digest; media_type: as `media_type_of` tells it. The same file for the same
    category, brought again, is the paper that is there already.

    Raises ApplicationNotFound, LevelTooLow (than that at which it was submitted), AlreadyClosed, EvidenceRefused.
    """
    application = own_application(records, citizen, code)
    if application.state in ENDED:
        raise AlreadyClosed("this application has ended")
    if category not in CATEGORIES or kind not in EVIDENCE:
        raise EvidenceRefused("no such category, or no such kind of paper")
    if not 0 < size_bytes <= MAX_EVIDENCE_BYTES or media_type not in {known for _, known in _BEGINNINGS}:
        raise EvidenceRefused("a paper is a PDF, a PNG or a JPEG file of at most 5,000,000 bytes")
    papers = records.evidence.of_application(application.id)
    for known in papers:
        if (known.category, known.sha256) == (category, sha256):
            if known.kind != kind:
                raise EvidenceRefused("this file was brought for this category as another kind of paper")
            return known
    if len(papers) >= MAX_PAPERS:
        raise EvidenceRefused(f"an application has at most {MAX_PAPERS} papers")
    paper = Evidence(
        id=uuid4(),
        application_id=application.id,
        category=category,
        kind=kind,
        sha256=sha256,
        media_type=media_type,
        size_bytes=size_bytes,
        uploaded_at=at,
    )
    records.evidence.add(paper)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=citizen.subject_key,
            action="evidence_brought",
            application_id=application.id,
            details={"evidence": str(paper.id), "category": category, "kind": kind, "sha256": sha256.hex()},
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
