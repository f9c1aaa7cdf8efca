"""Archive an issued document: its PDF gets validation data and a document timestamp, and the register a further digest.

It is background work behind issuing, and never touches what was issued: without the timestamping authority the document
stays what it is, and archiving is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from signing.archive_pdf import archive_pdf
from signing.keys import Keys
from signing.self_check import check_own_pdf
from signing.timestamp import Timestamper

from .certificate import Certificate, CertificateKind, DocumentFile, FileForm
from .deliver import newest_pdf
from .jobs import StepRunner
from .produced import StoredFile
from .records import AuditEntry, DocumentFiles, Records, Transact

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import CertificateRevocationList

ARCHIVIST = "archivist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archives:
    """All that archiving needs. `reached` is told each point passed.

    crls: what is known here of revoked certificates. fetches: whether the revocation lists and OCSP answers that the
    certificates name are asked for over the network.
    """

    keys: Keys
    timestamper: Timestamper
    files: DocumentFiles
    transact: Transact
    clock: Callable[[], datetime]
    crls: Callable[[], Sequence[CertificateRevocationList]] = tuple
    fetches: bool = False
    reached: Callable[[str], None] = lambda _: None


def archive(archives: Archives, kind: CertificateKind, application_id: UUID, step: StepRunner) -> None:
    """Archive the result, the receipt or the apology of one application, if that is wanted; a document archived before
    is renewed.

    A revoked one is archived like any other: what was sealed, and when, must stay provable. Each step may be repeated;
    files that a job left behind unregistered are swept. Raises what the steps raise; then it is tried again later.
    """
    remembered = step("archive", lambda: _to_step(_produce(archives, kind, application_id)))
    if remembered:
        step("register", lambda: _register(archives, kind, application_id, remembered))


def produce_archived(archives: Archives, certificate: Certificate, newest: StoredFile) -> StoredFile:
    """Archive the document's newest PDF, check the result as anybody would, store it.

    Raises TimestampUnavailable, TimestampRefused, ArchiveFailed, SelfCheckFailed; nothing is registered then.
    """
    if certificate.issued_at is None:
        raise ValueError("only an issued document is archived")
    at = archives.clock()
    archived = archive_pdf(
        archives.files.load(newest.sha256),
        archives.timestamper,
        archives.keys.trust_list(at),
        at,
        crls=archives.crls(),
        fetches=archives.fetches,
    )
    archives.reached("archived")
    # As of the issuing: its key may have ended since, and the file says nothing newer about the document.
    check_own_pdf(archived.data, archives.keys.trust_list(certificate.issued_at), certificate.issued_at)
    archives.reached("checked")
    archives.files.store(archived.data, archived.sha256)
    archives.reached("stored")
    return StoredFile(archived.sha256, len(archived.data))


def register_archived(records: Records, kind: CertificateKind, application_id: UUID, file: DocumentFile) -> bool:
    """Make an archived file one of the document's; False where none is wanted any more, and then nothing changes."""
    certificate = records.certificates.of_application(application_id, kind)
    if certificate is None or not records.certificates.wants_archive(certificate):
        return False
    records.certificates.add_file(certificate, file)
    records.audit.append(
        AuditEntry(
            at=file.added_at,
            actor=ARCHIVIST,
            action="certificate_archived",
            application_id=application_id,
            details={"kind": kind, "number": certificate.number, "sha256": file.sha256.hex()},
        )
    )
    return True


def _produce(archives: Archives, kind: CertificateKind, application_id: UUID) -> StoredFile | None:
    def find(records: Records) -> tuple[Certificate, StoredFile] | None:
        certificate = records.certificates.of_application(application_id, kind)
        if certificate is None or not records.certificates.wants_archive(certificate):
            return None
        return certificate, newest_pdf(records, certificate)

    wanted = archives.transact(find)
    return None if wanted is None else produce_archived(archives, *wanted)


def _register(archives: Archives, kind: CertificateKind, application_id: UUID, remembered: list[str | int]) -> None:
    stored: StoredFile | None = StoredFile(bytes.fromhex(str(remembered[0])), int(remembered[1]))
    if stored is not None and not archives.files.holds(stored.sha256):
        # Remembered from long ago, and swept since.
        stored = _produce(archives, kind, application_id)
    if stored is None:
        return
    file = DocumentFile(
        form=FileForm.ARCHIVED_PDF,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        added_at=archives.clock(),
    )
    archives.transact(lambda records: register_archived(records, kind, application_id, file))
    archives.reached("registered")


def _to_step(file: StoredFile | None) -> list[str | int]:
    """What a job remembers: the digest in hex and the size, nothing where nothing was wanted."""
    return [] if file is None else [file.sha256.hex(), file.size_bytes]
