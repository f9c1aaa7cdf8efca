"""What a letter of apology gets to print."""

from __future__ import annotations

from datetime import date
from typing import Any

from .application import Application
from .deadlines.apology import Apology
from .documents.catalogue import DocumentType
from .documents.errors import InvalidContent
from .errors import NotPrintable
from .fees.facts import vietnam_day

APOLOGY_TYPE = "apology_letter"

_STAND_IN = {"document_number": "0" * 12, "check_code": "0" * 10, "verify_host": "localhost", "specimen": True}


def apology_content(
    application: Application,
    apology: Apology,
    document_type: DocumentType,
    letter_type: DocumentType,
    *,
    issued_on: date,
    **seal: Any,
) -> dict[str, Any]:
    """The content of the letter to the applicant, issued by the body that settles `document_type`.

    apology: signed off. One whose application has ended gives no new date any more but the day of the end.
    seal: document number, check code and the other facts of the certificate itself. Raises InvalidContent.
    """
    if apology.signed_by is None:
        raise ValueError("an apology is signed off before its letter is written")
    body, applicant = document_type.issuing_body_on(issued_on), application.applicant
    settled_on = None if application.closed_at is None else vietnam_day(application.closed_at)
    facts = {
        "application_code": application.code,
        "full_name": applicant.full_name,
        "birth_date": applicant.birth_date.isoformat(),
        "issued_on": issued_on.isoformat(),
        "issuing_body": body.name.vi,
        "issuing_parent": body.parent,
        "place": body.place,
        "service_name": document_type.name.vi,
        "submitted_on": vietnam_day(application.submitted_at).isoformat(),
        "promised_on": vietnam_day(apology.missed_at).isoformat(),
        "new_date": apology.new_date.isoformat() if settled_on is None else None,
        "settled_on": None if settled_on is None else settled_on.isoformat(),
        "reason": apology.reason,
        "result_line": _result_line(apology.new_date, settled_on),
        "signatory_name": apology.signed_by.full_name,
        "signatory_title": body.signatory_title,
        "signed_for": None if apology.signed_for is None else f"Theo ủy quyền của {apology.signed_for.full_name}",
        **seal,
    }
    return letter_type.check_content(facts)


def rehearse_apology(
    application: Application, apology: Apology, document_type: DocumentType, letter_type: DocumentType, on: date
) -> None:
    """Whether the letter can be printed, before it is signed off. Raises NotPrintable."""
    try:
        apology_content(application, apology, document_type, letter_type, issued_on=on, **_STAND_IN)
    except InvalidContent as invalid:
        raise NotPrintable(invalid.problems) from None


def _result_line(new_date: date, settled_on: date | None) -> str:
    if settled_on is None:
        return f"Hẹn lại ngày trả kết quả: {new_date:%d/%m/%Y}"
    return f"Đã kết thúc giải quyết ngày {settled_on:%d/%m/%Y}"
