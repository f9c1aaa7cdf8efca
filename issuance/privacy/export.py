"""Everything that is kept about a person, for herself: what she said, what was decided, who looked at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ..application import Actor, Applicant, Application
from ..certificate import CertificateKind, CertificateState, unblinded
from ..errors import PersonErased

if TYPE_CHECKING:
    from ..records import Records

FORMAT = "condau-personal-data-1"
_PAGE = 100
_PAPER = ("application_id", "decided_by")
_PARCEL = ("application_id", "batch_id", "version")
# What names, in an application, somebody other than the person herself; or says only how the service works.
_OTHERS = frozenset({"owner", "applicant", "procedure", "version", "person_index", "concerned_index", "requested_by"})


def export_person(records: Records, person_index: str, subject_key: str | None, at: datetime) -> dict[str, Any]:
    """As JSON values. subject_key: the account that asks, whose applications are hers too; None for an operator.

    Officials are told by their unit: their names are theirs. What a body asked about her in proceedings is left out,
    as in every other list. Facts of a guardian who asked for her are left out too.
    """
    found = []
    for application_id in records.persons.told_to(person_index, subject_key):
        try:
            application = records.applications.by_id(application_id)
        except PersonErased:
            continue
        found.append(_application(records, application, person_index, subject_key))
    return {
        "format": FORMAT,
        "made_at": at.isoformat(),
        "applications": found,
        "accesses": _accesses(records, person_index, subject_key or ""),
        "erasures": [one.at.isoformat() for one in records.persons.erasures() if one.person_index == person_index],
    }


def _application(records: Records, one: Application, person_index: str, subject_key: str | None) -> dict[str, Any]:
    is_applicant = one.applicant.subject_key == subject_key or one.person_index == person_index
    told = {field.name: plain(getattr(one, field.name)) for field in fields(one) if field.name not in _OTHERS}
    if is_applicant:
        told["applicant"] = _whole(one.applicant)
    elif one.on_behalf_of is not None:
        # Whose numbers these are: the parents' and guardians'.
        told["on_behalf_of"].pop("guardians", None)
    documents = (records.certificates.of_application(one.id, kind) for kind in CertificateKind)
    return told | {
        "documents": [
            {
                "kind": document.kind.value,
                "number": document.number,
                "state": document.state.value,
                "issued_at": plain(document.issued_at),
                "content": plain(unblinded(document.content)),
            }
            for document in documents
            if document is not None and document.state is not CertificateState.INTENDED
        ],
        "papers": [
            _without(paper, "application_id", "decided_by") for paper in records.evidence.of_application(one.id)
        ],
        "fee_decisions": [plain(decided.assessment) for decided in records.assessments.of_application(one.id)],
        "payment_order": _without(records.payments.of_application(one.id), "application_id"),
        "payments": [
            {"amount": payment.amount, "currency": payment.currency, "received_at": plain(payment.received_at)}
            for payment in records.received_payments.charged_for(one.id)
        ],
        "questions": [
            _without(question, "application_id", "answered_by") for question in records.questions.of_application(one.id)
        ],
        "parcels": [
            _without(parcel, "application_id", "batch_id", "version")
            for parcel in records.parcels.of_application(one.id)
        ],
    }


def _accesses(records: Records, person_index: str, subject_key: str) -> list[Any]:
    read: Callable[[str | None], Any] = lambda cursor: records.accesses.of_person(  # noqa: E731 - asked page by page
        subject_key, person_index, cursor, _PAGE
    )
    page = read(None)
    seen = list(page.accesses)
    while page.next_cursor is not None:
        page = read(page.next_cursor)
        seen += page.accesses
    return [_without(one, "reader") for one in seen]


def _without(one: Any, *left_out: str) -> Any:
    if one is None:
        return None
    return {field.name: plain(getattr(one, field.name)) for field in fields(one) if field.name not in left_out}


def _whole(applicant: Applicant) -> dict[str, Any]:
    return {field.name: plain(getattr(applicant, field.name)) for field in fields(applicant)}


def plain(value: Any) -> Any:
    """As JSON knows it. Raises TypeError for what has no form there."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Actor):
        return {"unit": value.unit}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(item) for item in value)
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    if is_dataclass(value):
        told = [field.name for field in fields(value) if not field.name.startswith("_")]
        return {name: plain(getattr(value, name)) for name in told}
    raise TypeError(f"{type(value).__name__} has no form in JSON")
