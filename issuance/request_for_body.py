"""A body that conducts proceedings asks for a document about somebody: a court, a procuracy, an investigating body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from identity.citizen import VerifiedOfficial

from .agencies.unit import UnitKind
from .application import NOT_TOLD, Applicant, Application, ApplicationState, RequestingBody, Subject
from .apply import Request, register
from .certificate import Certificate, CertificateKind, CertificateState
from .desk import demand_desk
from .errors import BodyNotAccepted, CertificateNotReady, NotAProceduralBody, SelfDealing, UnknownUnit
from .fees.facts import vietnam_day
from .records import AuditEntry, Records, WorkListPage
from .rules import Rules
from .withdraw import take_back

CHANNEL = "desk"
"""Where policies and procedures ask by which way a body's request came: as if brought to the counter."""


def apply_for_body(
    records: Records,
    rules: Rules,
    official: VerifiedOfficial,
    type_id: str,
    data: Mapping[str, Any],
    subject: Subject,
    case_number: str,
    basis: str,
    at: datetime,
) -> Application:
    """Register a body's request; the body owns it and gets the document, the person it is about sees neither.

    case_number: of the proceedings. basis: the act by which the body may ask.
    Raises UnknownDocumentType, RoleMissing, NotAProceduralBody, ServiceNotInForce, BodyNotAccepted, SelfDealing,
    InvalidInput, NotPrintable, NoProcedure, DailyCodesExhausted.
    """
    document_type = rules.catalogue.get(type_id)
    name = _body_of(records, official, at)
    document_type.require_in_force(vietnam_day(at))
    if "procedural_body" not in document_type.who_may_ask:
        raise BodyNotAccepted("bodies cannot ask for this type")
    if subject.personal_id == official.personal_id.digits:
        raise SelfDealing("nobody asks about himself or herself in a body's name")
    applicant = Applicant(
        subject_key=owner_key(official.unit),
        personal_id=official.personal_id.digits,
        full_name=official.full_name,
        birth_date=NOT_TOLD,
        sex=None,
        level=document_type.required_level,
        client_id=official.client_id,
    )
    return register(
        records,
        rules,
        Request(
            document_type=document_type,
            asked=document_type.check_input(data),
            channel=CHANNEL,
            applicant=applicant,
            requested_by=RequestingBody(unit=official.unit, name=name, case_number=case_number, basis=basis),
            subject=subject,
            actor=official.subject_key,
            details={"body": official.unit},
        ),
        at,
    )


def requests_of_body(
    records: Records, official: VerifiedOfficial, cursor: str | None, limit: int, at: datetime
) -> WorkListPage:
    """What the official's body has asked for, newest first. Raises RoleMissing, NotAProceduralBody, InvalidCursor."""
    _body_of(records, official, at)
    return records.applications.list_of_citizen(owner_key(official.unit), cursor, limit)


def open_request(records: Records, official: VerifiedOfficial, code: str, at: datetime) -> Application:
    """One of them. Raises ApplicationNotFound, RoleMissing, NotAProceduralBody, SelfDealing."""
    _body_of(records, official, at)
    application = records.applications.of_citizen(code, owner_key(official.unit))
    if application.subject is not None and application.subject.personal_id == official.personal_id.digits:
        raise SelfDealing("nobody reads what a body asks about himself or herself")
    return application


def withdraw_request(records: Records, official: VerifiedOfficial, code: str, at: datetime) -> Application:
    """End one of them before it is decided; any official of the body may.

    Raises what `open_request` raises, IllegalMove (it has ended), AlreadyDecided.
    """
    return take_back(records, open_request(records, official, code, at), official.subject_key, at)


def find_document(records: Records, official: VerifiedOfficial, code: str, at: datetime) -> Certificate:
    """The issued document. Raises what `open_request` raises, and CertificateNotReady."""
    application = open_request(records, official, code, at)
    certificate = records.certificates.of_application(application.id, CertificateKind.RESULT)
    if certificate is None or certificate.state is CertificateState.INTENDED:
        raise CertificateNotReady("this document is not issued yet")
    return certificate


def note_download(records: Records, official: VerifiedOfficial, code: str, at: datetime) -> None:
    """The document's bytes could be read and are handed out: the first time the result is returned to the body.

    Raises what `find_document` raises.
    """
    certificate = find_document(records, official, code, at)
    application = open_request(records, official, code, at)
    if application.state is ApplicationState.SETTLED:
        application = records.applications.save(application.moved_to(ApplicationState.RESULT_RETURNED, at))
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="document_given_to_body",
            application_id=application.id,
            details={"number": certificate.number, "body": official.unit},
        )
    )


def owner_key(unit: str) -> str:
    """Under which the body owns its requests; no account has such a key, since an issuer's is an address."""
    return f"body:{unit}"


def _body_of(records: Records, official: VerifiedOfficial, at: datetime) -> str:
    """The name of the official's body."""
    demand_desk(official)
    try:
        unit = records.units.tree().on(official.unit, vietnam_day(at))
    except UnknownUnit:
        unit = None
    if unit is None or unit.kind is not UnitKind.PROCEDURAL_BODY:
        raise NotAProceduralBody("this unit conducts no proceedings")
    return unit.name.vi
