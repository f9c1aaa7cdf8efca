"""An official prints the sealed document: counted, on record, and never more copies than were decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from identity.citizen import VerifiedOfficial

from ..certificate import Certificate
from ..desk import open_case
from ..errors import CertificateNotFound, CertificateNotReady, CopiesUsedUp, PrintNotFound
from ..issued import open_issued
from ..records import AuditEntry, Records
from .parcel import ParcelState, PrintedCopies
from .post import note

FILE_OPEN_FOR = timedelta(hours=1)
"""So long whoever noted a print may load its file: a printer jams, and a browser loses what it has loaded."""


def print_copies(records: Records, code: str, official: VerifiedOfficial, copies: int, at: datetime) -> PrintedCopies:
    """Note that so many copies are printed now. With the last one, a parcel that waits for them can go out.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, CertificateNotReady, AlreadyRevoked, CopiesUsedUp.
    """
    application = open_case(records, official, code)
    _printable(records, code, official)
    noted = PrintedCopies(id=uuid4(), application_id=application.id, copies=copies, by=official.subject_key, at=at)
    if not records.paper_copies.print(noted, application.copies):
        raise CopiesUsedUp(application.copies - records.paper_copies.printed(application.id))
    printed = records.paper_copies.printed(application.id)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="printed",
            application_id=application.id,
            details={"print": str(noted.id), "copies": copies, "left": application.copies - printed},
        )
    )
    if printed == application.copies:
        for parcel in records.parcels.of_application(application.id):
            if parcel.state is ParcelState.ASKED:
                ready = records.parcels.save(parcel.moved_to(ParcelState.PRINTED, at))
                note(records, application.id, ready, "parcel_printed", official.subject_key, at)
    return noted


def open_print(records: Records, code: str, official: VerifiedOfficial, print_id: UUID, at: datetime) -> Certificate:
    """The document to print: for the official who noted it, within the hour.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, PrintNotFound, CertificateNotReady, AlreadyRevoked.
    """
    application = open_case(records, official, code)
    noted = records.paper_copies.find(application.id, print_id)
    if noted is None or noted.by != official.subject_key or at > noted.at + FILE_OPEN_FOR:
        raise PrintNotFound("no such print of this official, or its time is over")
    return _printable(records, code, official)


def note_print_loaded(records: Records, code: str, official: VerifiedOfficial, print_id: UUID, at: datetime) -> None:
    """The bytes could be read and are handed out. Raises what `open_print` raises."""
    certificate = open_print(records, code, official, print_id, at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="print_loaded",
            application_id=certificate.application_id,
            details={"print": str(print_id), "number": certificate.number},
        )
    )


def _printable(records: Records, code: str, official: VerifiedOfficial) -> Certificate:
    """Issued, not revoked, not suspended. Raises CertificateNotReady, AlreadyRevoked."""
    try:
        certificate = open_issued(records, code, official)
    except CertificateNotFound:
        raise CertificateNotReady("this document is not issued yet") from None
    if certificate.suspension is not None:
        raise CertificateNotReady("this document is not in force now")
    return certificate
