"""The result reaches the citizen."""

from __future__ import annotations

from datetime import datetime

from identity.citizen import AssuranceLevel, VerifiedCitizen, VerifiedOfficial
from identity.verify_token import require_level

from .application import Application, ApplicationState
from .batches.owner import person_key_of
from .certificate import Certificate, CertificateKind, CertificateState, DocumentFile, FileForm
from .desk import open_case
from .documents.catalogue import Catalogue
from .errors import ApplicationNotFound, CertificateNotReady, NoCredential
from .feedback.survey import invite
from .produced import StoredFile
from .records import AuditEntry, Records
from .rules import Rules


def open_own(
    records: Records, catalogue: Catalogue, code: str, citizen: VerifiedCitizen, person_key: str | None = None
) -> Application:
    """The citizen's own application with its facts, for a sign-in of the level that its document demands.

    person_key: under which she owns what was issued for her in batches (`batches.owner`).
    Whoever may ask for a document only at some level may also see what is in it only at that level.
    Raises ApplicationNotFound, LevelTooLow.
    """
    try:
        application = records.applications.of_citizen(code, citizen.subject_key)
    except ApplicationNotFound:
        if person_key is None:
            raise
        application = records.applications.of_citizen(code, person_key)
    require_level(citizen, AssuranceLevel(catalogue.get(application.type_id).required_level))
    return application


def find_issued(
    records: Records,
    catalogue: Catalogue,
    code: str,
    citizen: VerifiedCitizen,
    kind: CertificateKind,
    person_key: str | None = None,
) -> Certificate:
    """The issued document of the citizen's own application; person_key as at `open_own`.

    Raises ApplicationNotFound, LevelTooLow, CertificateNotReady (nothing is handed out before it is issued).
    """
    return _issued(records, open_own(records, catalogue, code, citizen, person_key), kind)


def find_credential(
    records: Records, catalogue: Catalogue, code: str, citizen: VerifiedCitizen, person_key: str | None = None
) -> tuple[Certificate, DocumentFile]:
    """The result of the citizen's own application, and the file of its credential; person_key as at `open_own`.

    Raises ApplicationNotFound, LevelTooLow, CertificateNotReady, NoCredential.
    """
    certificate = find_issued(records, catalogue, code, citizen, CertificateKind.RESULT, person_key)
    for file in records.certificates.files_of(certificate):
        if file.form is FileForm.CREDENTIAL:
            return certificate, file
    raise NoCredential("this document was issued without a credential")


def receipt_at_desk(records: Records, official: VerifiedOfficial, code: str) -> Certificate:
    """The issued receipt of a case of the official's unit, for whoever has paid at the counter.

    Raises ApplicationNotFound, RoleMissing, SelfDealing, CertificateNotReady.
    """
    return _issued(records, open_case(records, official, code), CertificateKind.RECEIPT)


def newest_pdf(records: Records, certificate: Certificate) -> StoredFile:
    """The file of an issued document that is handed out: the one archived last, else the one that was sealed.

    Raises CertificateNotReady.
    """
    if certificate.sha256 is None or certificate.size_bytes is None:
        raise CertificateNotReady("this document is not issued yet")
    archived = [file for file in records.certificates.files_of(certificate) if file.form is FileForm.ARCHIVED_PDF]
    if archived:
        return StoredFile(archived[-1].sha256, archived[-1].size_bytes)
    return StoredFile(certificate.sha256, certificate.size_bytes)


def deliver(
    records: Records, rules: Rules, code: str, citizen: VerifiedCitizen, kind: CertificateKind, at: datetime
) -> Certificate:
    """The same, once its file could be read: the first download of a result returns it to the citizen, who may then say
    how it was (see `feedback.survey`).

    Raises ApplicationNotFound, LevelTooLow, CertificateNotReady.
    """
    application = open_own(records, rules.catalogue, code, citizen, person_key_of(rules, citizen))
    certificate = _issued(records, application, kind)
    if kind is CertificateKind.RESULT and application.state is ApplicationState.SETTLED:
        records.applications.save(application.moved_to(ApplicationState.RESULT_RETURNED, at))
        records.audit.append(
            AuditEntry(
                at=at,
                actor=citizen.subject_key,
                action="result_returned",
                application_id=application.id,
                details={"number": certificate.number},
            )
        )
        invite(records, rules.feedback, application, at)
    return certificate


def _issued(records: Records, application: Application, kind: CertificateKind) -> Certificate:
    certificate = records.certificates.of_application(application.id, kind)
    if certificate is None or certificate.state is CertificateState.INTENDED:
        raise CertificateNotReady("this document is not issued yet")
    return certificate
