"""From dataclass to row and back, field by field: signed facts are neither mutable nor loaded lazily."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from issuance.certificate import (
    Certificate,
    CertificateKind,
    CertificateState,
    DocumentFile,
    FileForm,
    Revocation,
    RevocationReason,
    Suspension,
    SuspensionReason,
)
from issuance.fees.document import VND
from issuance.payments.order import PaymentOrder
from issuance.records import AuditEntry

Row = RowMapping | dict[str, Any]


def certificate_to_row(certificate: Certificate) -> dict[str, Any]:
    revocation = certificate.revocation
    return {
        "id": certificate.id,
        "application_id": certificate.application_id,
        "kind": certificate.kind.value,
        "type_id": certificate.type_id,
        "unit": certificate.unit,
        "number": certificate.number,
        "check_code": certificate.check_code,
        "status_list": certificate.status_list,
        "status_index": certificate.status_index,
        "pdf_key_id": certificate.pdf_key_id,
        "qr_key_id": certificate.qr_key_id,
        "credential_key_id": certificate.credential_key_id,
        "template_id": certificate.template_id,
        "full_name": certificate.full_name,
        "birth_date": certificate.birth_date.isoformat(),
        "result_line": certificate.result_line,
        "issued_on": certificate.issued_on,
        "expires_on": certificate.expires_on,
        "content": certificate.content,
        "content_digest": certificate.content_digest,
        "state": certificate.state.value,
        "intended_at": certificate.intended_at,
        "issued_at": certificate.issued_at,
        "sha256": certificate.sha256,
        "size_bytes": certificate.size_bytes,
        "revoked_at": None if revocation is None else revocation.at,
        "revoked_by": None if revocation is None else revocation.by,
        "revocation_reason": None if revocation is None else revocation.reason.value,
    }


def certificate_from_row(row: Row) -> Certificate:
    """From a row of `certificates_with_suspension`."""
    revoked_at = row["revoked_at"]
    return Certificate(
        id=row["id"],
        application_id=row["application_id"],
        kind=CertificateKind(row["kind"]),
        type_id=row["type_id"],
        unit=row["unit"],
        number=row["number"],
        check_code=row["check_code"],
        status_list=row["status_list"],
        status_index=row["status_index"],
        pdf_key_id=row["pdf_key_id"],
        qr_key_id=row["qr_key_id"],
        credential_key_id=row["credential_key_id"],
        template_id=row["template_id"],
        full_name=row["full_name"],
        birth_date=date.fromisoformat(row["birth_date"]),
        result_line=row["result_line"],
        issued_on=row["issued_on"],
        expires_on=row["expires_on"],
        content=row["content"],
        content_digest=row["content_digest"],
        state=CertificateState(row["state"]),
        intended_at=row["intended_at"],
        issued_at=row["issued_at"],
        sha256=row["sha256"],
        size_bytes=row["size_bytes"],
        revocation=None
        if revoked_at is None
        else Revocation(reason=RevocationReason(row["revocation_reason"]), by=row["revoked_by"], at=revoked_at),
        suspension=None
        if row["suspended_at"] is None
        else Suspension(
            reason=SuspensionReason(row["suspension_reason"]), by=row["suspended_by"], at=row["suspended_at"]
        ),
    )


def file_to_row(certificate: Certificate, file: DocumentFile) -> dict[str, Any]:
    return {
        "sha256": file.sha256,
        "certificate_id": certificate.id,
        "form": file.form.value,
        "size_bytes": file.size_bytes,
        "added_at": file.added_at,
    }


def file_from_row(row: Row) -> DocumentFile:
    return DocumentFile(
        form=FileForm(row["form"]), sha256=row["sha256"], size_bytes=row["size_bytes"], added_at=row["added_at"]
    )


def order_to_row(order: PaymentOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "application_id": order.application_id,
        "amount": order.amount,
        "memo": order.memo,
        "opened_at": order.opened_at,
        "paid_at": order.paid_at,
        "provider_reference": order.provider_reference,
        "cancelled_at": order.cancelled_at,
    }


def order_from_row(row: Row) -> PaymentOrder:
    return PaymentOrder(
        id=row["id"],
        application_id=row["application_id"],
        amount=VND(row["amount"]),
        memo=row["memo"],
        opened_at=row["opened_at"],
        paid_at=row["paid_at"],
        provider_reference=row["provider_reference"],
        cancelled_at=row["cancelled_at"],
    )


def entry_to_row(entry: AuditEntry) -> dict[str, Any]:
    """Without `seq`, which the trail gives."""
    return {
        "application_id": entry.application_id,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "details": entry.details,
    }


def entry_from_row(row: Row) -> AuditEntry:
    return AuditEntry(
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        application_id=row["application_id"],
        details=row["details"],
    )
