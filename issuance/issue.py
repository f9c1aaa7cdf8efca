"""Issue a document: INTENT → produce its files → ISSUED. Killed anywhere, it finishes once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from signing.errors import KeyCompromised
from signing.keys import Keys
from verification.trust import KeyPurpose

from .apology_content import APOLOGY_TYPE, apology_content
from .application import Application, ApplicationState, DecisionOutcome
from .apply import RECEIPT_TYPE
from .certificate import (
    Certificate,
    CertificateKind,
    CertificateState,
    DocumentFile,
    blinded,
    content_digest,
    new_check_code,
    new_number,
    new_status_index,
)
from .content import receipt_content, result_content
from .documents.catalogue import Catalogue, DocumentType
from .errors import ConcurrentChange, NotApproved, PaymentOutstanding
from .fees.facts import vietnam_day
from .jobs import JobKind, StepRunner
from .payments.order import PaymentOrder
from .prepare import pdf_purpose
from .produce import produce
from .produced import Produced
from .records import AuditEntry, DocumentFiles, Records
from .workshop import Workshop

ISSUER = "issuer"
_ARCHIVING = {
    CertificateKind.RESULT: JobKind.ARCHIVE_RESULT,
    CertificateKind.RECEIPT: JobKind.ARCHIVE_RECEIPT,
    CertificateKind.APOLOGY: JobKind.ARCHIVE_APOLOGY,
}
_KINDS = {
    "result": CertificateKind.RESULT,
    "receipt": CertificateKind.RECEIPT,
    "letter": CertificateKind.APOLOGY,
}


@dataclass(frozen=True, slots=True)
class _KeyIds:
    """Of the keys in force that seal a document's bodies."""

    pdf_key_id: str
    qr_key_id: str
    credential_key_id: str | None


def issue(workshop: Workshop, kind: CertificateKind, application_id: UUID, step: StepRunner) -> None:
    """Issue the result, the receipt or the apology of one application.

    Each step may be repeated: INTENT is found again, sealing again gives another file for the same document number, and
    only the first digest that reaches the register counts. Raises what the steps raise; then it is tried again later.
    """
    step("intend", lambda: _intend(workshop, kind, application_id))
    remembered = step("produce", lambda: _produce(workshop, kind, application_id).to_step())
    step("conclude", lambda: _conclude(workshop, kind, application_id, Produced.from_step(remembered)))


def intend(records: Records, workshop: Workshop, kind: CertificateKind, application_id: UUID) -> Certificate:
    """Fix everything the sealed bytes will carry: number, status index, keys, content. Found again, it stays as it is.

    Raises ApplicationNotFound, NotApproved, PaymentOutstanding, KeyUnavailable, InvalidContent.
    """
    intended = records.certificates.of_application(application_id, kind)
    if intended is not None:
        return intended
    at = workshop.clock()
    application = records.applications.by_id(application_id)
    document_type = _document_type(workshop.catalogue, application, kind)
    status_list = records.certificates.open_status_list()
    # The number of a receipt is taken here, and its counter stays locked until the commit: nothing slow comes after it.
    content = _content(records, workshop, application, document_type, kind, at)
    certificate = draft(
        document_type,
        content,
        workshop.keys,
        application_id=application_id,
        unit=application.unit,
        status_list=status_list,
        at=at,
    )
    return intend_draft(records, certificate, at)


def intend_draft(records: Records, certificate: Certificate, at: datetime) -> Certificate:
    """Take its number and a free entry of its status list. Raises ConcurrentChange."""
    # Drawn anew where it is taken: near the end of a list every other one is, and attempts are few.
    while records.certificates.is_taken(certificate.status_list, certificate.status_index):
        certificate = replace(certificate, status_index=new_status_index())
    records.certificates.intend(certificate)
    _audit(records, certificate, "certificate_intended", at)
    return certificate


def draft(
    document_type: DocumentType,
    content: Mapping[str, Any],
    keys: Keys,
    *,
    application_id: UUID,
    unit: str,
    status_list: int,
    at: datetime,
) -> Certificate:
    """A certificate as its content states it, to be sealed by the keys now in force. Raises KeyUnavailable."""
    kind = _KINDS[document_type.kind]
    active = _active_keys(keys, document_type, unit, at)
    content = blinded(content)
    return Certificate(
        id=uuid4(),
        application_id=application_id,
        kind=kind,
        type_id=document_type.id,
        unit=unit,
        number=content["document_number"],
        check_code=content["check_code"],
        status_list=status_list,
        status_index=new_status_index(),
        pdf_key_id=active.pdf_key_id,
        qr_key_id=active.qr_key_id,
        credential_key_id=active.credential_key_id,
        template_id=document_type.template_id,
        full_name=content["full_name"],
        birth_date=date.fromisoformat(content["birth_date"]),
        result_line=content["result_line"],
        issued_on=date.fromisoformat(content["issued_on"]),
        expires_on=None,
        content=content,
        content_digest=content_digest(content),
        state=CertificateState.INTENDED,
        intended_at=at,
    )


def conclude(
    records: Records,
    kind: CertificateKind,
    application_id: UUID,
    produced: Produced,
    at: datetime,
    *,
    archives: bool = False,
) -> None:
    """Register the sealed document; from here on it is issued. A second digest for the same document is dropped.

    Raises ConcurrentChange for files of an INTENT that has been renewed since.
    """
    certificate = _intended(records, kind, application_id)
    if certificate.state is CertificateState.INTENDED and produced.intent != certificate.intent:
        raise ConcurrentChange("this document was intended anew meanwhile")
    pdf = produced.pdf
    issued = replace(
        certificate, state=CertificateState.ISSUED, issued_at=at, sha256=pdf.sha256, size_bytes=pdf.size_bytes
    )
    if not records.certificates.conclude(issued):
        return
    for form, file in produced.further.items():
        added = DocumentFile(form=form, sha256=file.sha256, size_bytes=file.size_bytes, added_at=at)
        records.certificates.add_file(issued, added)
    _audit(records, issued, "certificate_issued", at)
    if archives:
        records.certificates.want_archive(issued)
        records.jobs.enqueue(_ARCHIVING[kind], application_id)
    if kind is CertificateKind.APOLOGY:
        records.apologies.note_letter(application_id)
    if kind is CertificateKind.RESULT:
        application = records.applications.by_id(application_id)
        records.applications.save(application.moved_to(ApplicationState.SETTLED, at))
        records.quotas.commit(application_id, at)


def _intend(workshop: Workshop, kind: CertificateKind, application_id: UUID) -> None:
    workshop.transact(lambda records: intend(records, workshop, kind, application_id))
    workshop.reached("intended")


def _produce(workshop: Workshop, kind: CertificateKind, application_id: UUID) -> Produced:
    certificate = workshop.transact(lambda records: _sealable(records, workshop, kind, application_id))
    return produce(workshop, certificate)


def _conclude(workshop: Workshop, kind: CertificateKind, application_id: UUID, produced: Produced) -> None:
    intended = workshop.transact(lambda records: _intended(records, kind, application_id))
    if intended.state is CertificateState.INTENDED and (
        not _is_whole(workshop.files, intended, produced) or _compromised(workshop.keys, intended)
    ):
        # Remembered from long ago, and swept since, or sealed as another INTENT or with a key that counts no more: only
        # what is there, is meant and will be believed may be registered.
        produced = _produce(workshop, kind, application_id)
    at = workshop.clock()
    workshop.transact(lambda records: conclude(records, kind, application_id, produced, at, archives=workshop.archives))
    workshop.reached("issued")


def _is_whole(files: DocumentFiles, certificate: Certificate, produced: Produced) -> bool:
    """Whether every body that is intended is stored."""
    if produced.intent != certificate.intent:
        return False
    return all(files.holds(body.sha256) for body in produced.files)


def _intended(records: Records, kind: CertificateKind, application_id: UUID) -> Certificate:
    certificate = records.certificates.of_application(application_id, kind)
    if certificate is None:
        raise ValueError("a document is sealed and concluded only after its INTENT")
    return certificate


def _sealable(records: Records, workshop: Workshop, kind: CertificateKind, application_id: UUID) -> Certificate:
    """The intended certificate, intended anew where it could not be sealed as it stands: nothing bears it yet.

    A document bears the day on which it is sealed, and keys of that day; and no key that was compromised since.
    """
    certificate, at = _intended(records, kind, application_id), workshop.clock()
    if certificate.state is not CertificateState.INTENDED:
        return certificate
    if certificate.issued_on == vietnam_day(at) and not _compromised(workshop.keys, certificate):
        return certificate
    application = records.applications.by_id(application_id)
    document_type = _document_type(workshop.catalogue, application, kind)
    renewed = replace(
        draft(
            document_type,
            _content(records, workshop, application, document_type, kind, at, certificate.content),
            workshop.keys,
            application_id=application_id,
            unit=certificate.unit,
            status_list=certificate.status_list,
            at=at,
        ),
        id=certificate.id,
        status_index=certificate.status_index,
    )
    records.certificates.renew(renewed)
    _audit(records, renewed, "certificate_intended_anew", at)
    return renewed


def _active_keys(keys: Keys, document_type: DocumentType, unit: str, at: datetime) -> _KeyIds:
    """Raises KeyUnavailable."""

    def active(purpose: KeyPurpose) -> str:
        return keys.active(purpose, at, unit, document_type.id).key_id

    return _KeyIds(
        active(pdf_purpose(_KINDS[document_type.kind])),
        active(KeyPurpose.QR),
        active(KeyPurpose.CREDENTIAL) if document_type.credential is not None else None,
    )


def _compromised(keys: Keys, certificate: Certificate) -> bool:
    try:
        for key_id in certificate.key_ids:
            keys.by_id(key_id)
    except KeyCompromised:
        return True
    return False


def _document_type(catalogue: Catalogue, application: Application, kind: CertificateKind) -> DocumentType:
    beside = {CertificateKind.RECEIPT: RECEIPT_TYPE, CertificateKind.APOLOGY: APOLOGY_TYPE}
    return catalogue.get(beside.get(kind, application.type_id))


def _content(
    records: Records,
    workshop: Workshop,
    application: Application,
    document_type: DocumentType,
    kind: CertificateKind,
    at: datetime,
    intended: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """intended: the content of an earlier INTENT, whose numbers are kept."""
    if kind is not CertificateKind.APOLOGY and not application.is_fee_settled:
        raise PaymentOutstanding("the fee of this application is not settled")
    issued_on = vietnam_day(at)
    seal: dict[str, Any] = {
        "document_number": new_number() if intended is None else intended["document_number"],
        "check_code": new_check_code() if intended is None else intended["check_code"],
        "verify_host": urlsplit(workshop.public_url).netloc,
        "specimen": workshop.specimen,
    }
    if kind is CertificateKind.APOLOGY:
        apology = records.apologies.of_application(application.id)
        if apology is None or not apology.is_signed:
            raise NotApproved("this apology is not signed off")
        asked_for = workshop.catalogue.get(application.type_id)
        return apology_content(application, apology, asked_for, document_type, issued_on=issued_on, **seal)
    if kind is CertificateKind.RECEIPT:
        asked_for = workshop.catalogue.get(application.type_id)
        if intended is not None:
            receipt_number = intended["receipt_number"]
        else:
            # The counter comes as late as it can: its row stays locked until the commit.
            receipt_number = _next_receipt(records, application, issued_on.year, at)
        order = records.payments.of_application(application.id) if application.paid else None
        return receipt_content(
            _as_paid(records, application, order),
            asked_for,
            document_type,
            receipt_number=receipt_number,
            issued_on=issued_on,
            paid_on=None if order is None or order.paid_at is None else vietnam_day(order.paid_at),
            **seal,
        )
    decision = application.decision
    if decision is None or decision.outcome is not DecisionOutcome.APPROVED:
        raise NotApproved("this application is not approved")
    return result_content(application, decision, document_type, issued_on=issued_on, **seal)


def _next_receipt(records: Records, application: Application, year: int, at: datetime) -> str:
    """With its year: a receipt that is intended in December and sealed in January keeps its number."""
    return f"{year}-{records.counters.number_receipt(application.id, application.unit, year, at):07d}"


def _as_paid(records: Records, application: Application, order: PaymentOrder | None) -> Application:
    """With the fee by which it was paid: a receipt states what was received, also where less is due since."""
    if order is None or order.amount == application.amount_due:
        return application
    for stored in reversed(records.assessments.of_application(application.id)):
        totals = stored.assessment.totals
        if totals is not None and totals.due == order.amount:
            return replace(application, fee=stored.assessment)
    raise ValueError("an order's amount is that of one of the application's assessments")


def _audit(records: Records, certificate: Certificate, action: str, at: datetime) -> None:
    records.audit.append(
        AuditEntry(
            at=at,
            actor=ISSUER,
            action=action,
            application_id=certificate.application_id,
            details={
                "kind": certificate.kind,
                "number": certificate.number,
                "status_list": certificate.status_list,
                "status_index": certificate.status_index,
                "keys": list(certificate.key_ids),
                "content": certificate.content_digest,
                "template": certificate.template_id,
                "sha256": certificate.sha256.hex() if certificate.sha256 else None,
            },
        )
    )
