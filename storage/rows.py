"""From dataclass to row and back, field by field: signed facts are neither mutable nor loaded lazily."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping

from issuance.application import (
    Actor,
    Applicant,
    Application,
    ApplicationState,
    Decision,
    DecisionOutcome,
    FeeDecision,
    Ward,
)
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
from issuance.fees.stored import from_json as fee_from_json
from issuance.fees.stored import to_json as fee_to_json
from issuance.payments.order import PaymentOrder
from issuance.payments.refund import RefundOrder
from issuance.records import AuditEntry
from issuance.registers.judicial import RegisterAnswer

Row = RowMapping | dict[str, Any]


def application_to_row(application: Application) -> dict[str, Any]:
    decision, answer = application.decision, application.register_answer
    return {
        "id": application.id,
        "code": application.code,
        "type_id": application.type_id,
        "channel": application.channel,
        "unit": application.unit,
        "step": application.step,
        "owner": actor_to_json(application.owner),
        "subject_key": application.applicant.subject_key,
        "applicant": _applicant_to_json(application.applicant),
        "on_behalf_of": _ward_to_json(application.on_behalf_of),
        "input": application.input,
        "fee": fee_to_json(application.fee),
        "fee_decision": _fee_decision_to_json(application.fee_decision),
        "amount_due": application.amount_due,
        "paid": application.paid,
        "state": application.state.value,
        "submitted_at": application.submitted_at,
        "promised_on": application.promised_on,
        "register_answer": None if answer is None else answer.to_json(),
        "decision": _decision_to_json(decision),
        "decision_outcome": None if decision is None else decision.outcome.value,
        "decided_at": None if decision is None else decision.at,
        "version": application.version,
    }


def application_from_row(row: Row) -> Application:
    answer = row["register_answer"]
    return Application(
        id=row["id"],
        code=row["code"],
        type_id=row["type_id"],
        channel=row["channel"],
        unit=row["unit"],
        step=row["step"],
        owner=actor_from_json(row["owner"]),
        applicant=_applicant_from_json(row["applicant"]),
        input=row["input"],
        fee=fee_from_json(row["fee"]),
        fee_decision=_fee_decision_from_json(row["fee_decision"]),
        paid=row["paid"],
        state=ApplicationState(row["state"]),
        submitted_at=row["submitted_at"],
        promised_on=row["promised_on"],
        register_answer=None if answer is None else RegisterAnswer.from_json(answer),
        decision=_decision_from_json(row["decision"]),
        on_behalf_of=_ward_from_json(row["on_behalf_of"]),
        version=row["version"],
    )


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


def refund_to_row(refund: RefundOrder) -> dict[str, Any]:
    return {
        "id": refund.id,
        "application_id": refund.application_id,
        "assessment_seq": refund.assessment_seq,
        "amount": refund.amount,
        "cause": refund.cause,
        "opened_by": refund.opened_by,
        "opened_at": refund.opened_at,
    }


def refund_from_row(row: Row) -> RefundOrder:
    return RefundOrder(
        id=row["id"],
        application_id=row["application_id"],
        assessment_seq=row["assessment_seq"],
        amount=VND(row["amount"]),
        cause=row["cause"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
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


def _applicant_to_json(applicant: Applicant) -> dict[str, Any]:
    return {
        "subject_key": applicant.subject_key,
        "personal_id": applicant.personal_id,
        "full_name": applicant.full_name,
        "birth_date": applicant.birth_date.isoformat(),
        "sex": applicant.sex,
        "level": applicant.level,
        "client_id": applicant.client_id,
    }


def _applicant_from_json(data: Row) -> Applicant:
    return Applicant(
        subject_key=data["subject_key"],
        personal_id=data["personal_id"],
        full_name=data["full_name"],
        birth_date=date.fromisoformat(data["birth_date"]),
        sex=data["sex"],
        level=data["level"],
        client_id=data["client_id"],
    )


def _ward_to_json(ward: Ward | None) -> dict[str, Any] | None:
    if ward is None:
        return None
    return {
        "personal_id": ward.personal_id,
        "full_name": ward.full_name,
        "birth_date": ward.birth_date.isoformat(),
        "sex": ward.sex,
        "relation": ward.relation,
        "guardians": sorted(ward.guardians),
        "reference": ward.reference,
        "answered_at": ward.answered_at.isoformat(),
    }


def _ward_from_json(data: Row | None) -> Ward | None:
    if data is None:
        return None
    return Ward(
        personal_id=data["personal_id"],
        full_name=data["full_name"],
        birth_date=date.fromisoformat(data["birth_date"]),
        sex=data["sex"],
        relation=data["relation"],
        guardians=frozenset(data["guardians"]),
        reference=data["reference"],
        answered_at=datetime.fromisoformat(data["answered_at"]),
    )


def actor_to_json(actor: Actor | None) -> dict[str, Any] | None:
    if actor is None:
        return None
    return {"subject_key": actor.subject_key, "full_name": actor.full_name, "unit": actor.unit}


def actor_from_json(data: Row | None) -> Actor | None:
    return None if data is None else _actor(data)


def _actor(data: Row) -> Actor:
    return Actor(subject_key=data["subject_key"], full_name=data["full_name"], unit=data["unit"])


def _decision_to_json(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "outcome": decision.outcome.value,
        "by": actor_to_json(decision.by),
        "at": decision.at.isoformat(),
        "reason": decision.reason,
    }


def _decision_from_json(data: Row | None) -> Decision | None:
    if data is None:
        return None
    return Decision(
        outcome=DecisionOutcome(data["outcome"]),
        by=_actor(data["by"]),
        at=datetime.fromisoformat(data["at"]),
        reason=data["reason"],
    )


def _fee_decision_to_json(decision: FeeDecision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {
        "due": decision.due,
        "basis": decision.basis,
        "reason": decision.reason,
        "by": actor_to_json(decision.by),
        "at": decision.at.isoformat(),
    }


def _fee_decision_from_json(data: Row | None) -> FeeDecision | None:
    if data is None:
        return None
    return FeeDecision(
        due=VND(data["due"]),
        basis=data["basis"],
        reason=data["reason"],
        by=_actor(data["by"]),
        at=datetime.fromisoformat(data["at"]),
    )
