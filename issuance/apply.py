"""A citizen asks for a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.guardian import VerifiedGuardian, require_current
from identity.verify_token import require_fresh, require_level

from .application import (
    Actor,
    Applicant,
    Application,
    ApplicationState,
    Decision,
    DecisionOutcome,
    RequestingBody,
    Subject,
    Ward,
)
from .assess_fee import assess_fee, decided_at, fee_facts
from .assessed import StoredAssessment
from .codes import application_code
from .content import rehearse_result
from .documents.catalogue import DocumentType
from .errors import GuardianNotAccepted, WrongChannel
from .fees.assess import FeeOutcome
from .fees.book import PolicyBook
from .fees.facts import vietnam_day
from .fees.quotas import QuotaClaim
from .jobs import JobKind
from .payments.order import PaymentOrder, payment_memo
from .procedure.conditions import FactValue
from .procedure.document import Procedure
from .procedure.facts import facts_of_request
from .records import AuditEntry, Records
from .rules import Rules
from .settlement.clock import go_on, promised_at
from .settlement.enter_step import enter_step, first_step
from .settlement.in_force import hours_of, procedure_to_begin, reference_to, unit_in_charge

__all__ = [
    "RECEIPT_TYPE",
    "Request",
    "Rules",
    "apply",
    "open_payment",
    "preview",
    "receive",
    "register",
    "require_guardian_accepted",
]

RECEIPT_TYPE = "receipt"

_NO_CODE_YET = "-"


def apply(
    records: Records,
    rules: Rules,
    asker: VerifiedCitizen | VerifiedGuardian,
    type_id: str,
    data: Mapping[str, Any],
    at: datetime,
) -> Application:
    """Register an application, for the asker or for the guardian's child, and decide at once what it costs.

    Nothing due: it is received, its receipt of zero and the question to the register are on their way. Money due: a
    payment order is open and the application waits. No rule covers it: it waits for an official to decide the fee.

    Raises UnknownDocumentType, ServiceNotInForce, GuardianNotAccepted, PopulationRegisterUnavailable (a guardian's
    evidence has grown too old), LevelTooLow, AuthenticationTooOld, WrongChannel, InvalidInput, NotPrintable,
    DailyCodesExhausted.
    """
    return register(records, rules, _request(rules, asker, type_id, data, at), at)


def preview(
    records: Records,
    rules: Rules,
    asker: VerifiedCitizen | VerifiedGuardian,
    type_id: str,
    data: Mapping[str, Any],
    at: datetime,
) -> Application:
    """What `apply` would register now, with its fee and the promised moment; nothing is written and nothing reserved.

    It has no code, no step of its procedure was entered, and its state is that of any new one.
    Raises what `apply` does but for DailyCodesExhausted.
    """
    return _prepare(records, rules, _request(rules, asker, type_id, data, at), at).application


def _request(
    rules: Rules, asker: VerifiedCitizen | VerifiedGuardian, type_id: str, data: Mapping[str, Any], at: datetime
) -> Request:
    # 1. May this person ask for this document, for whom it is, through this app?
    document_type = rules.catalogue.get(type_id)
    if document_type.is_issued_in_batches:
        raise WrongChannel("the unit issues this type in batches, and nobody applies for it")
    citizen, ward = _who_and_for_whom(asker, document_type, at)
    document_type.require_in_force(vietnam_day(at))
    require_level(citizen, AssuranceLevel(document_type.required_level))
    if document_type.max_authentication_age_minutes is not None:
        require_fresh(citizen, document_type.max_authentication_age_minutes * 60, at)
    channel = rules.channels.get((citizen.issuer, citizen.client_id))
    if channel is None or channel not in document_type.channels:
        raise WrongChannel("this app is not registered for a channel of this document type")

    return Request(
        document_type=document_type,
        asked=document_type.check_input(data),
        channel=channel,
        applicant=Applicant.from_citizen(citizen),
        on_behalf_of=ward,
        actor=citizen.subject_key,
        details={"relation": ward.relation, "evidence": ward.reference} if ward else {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for by somebody who may ask for it. asked: the checked input.

    actor, details: for the audit trail.
    """

    document_type: DocumentType
    asked: Mapping[str, Any]
    channel: str
    applicant: Applicant
    on_behalf_of: Ward | None = None
    requested_by: RequestingBody | None = None
    subject: Subject | None = None
    actor: str
    details: Mapping[str, Any]


def register(records: Records, rules: Rules, request: Request, at: datetime) -> Application:
    """Begin an application: whose it is, what it costs, when it is due, and where it goes from here.

    Raises NoProcedure, NoSuccessor, NotPrintable, DailyCodesExhausted.
    """
    prepared = _prepare(records, rules, request, at)
    application, fee, document_type = prepared.application, prepared.application.fee, request.document_type

    # 4. Where does it go from here?
    if fee.outcome is FeeOutcome.NOTHING_DUE:
        application = receive(records, rules, application, at)
    elif fee.outcome is FeeOutcome.DUE:
        application = application.moved_to(ApplicationState.PAYMENT_ASKED, at)
    application = enter_step(records, rules, application, first_step(prepared.procedure, prepared.facts), at)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=request.actor,
            action="application_submitted",
            application_id=application.id,
            details={
                "type": document_type.id,
                "channel": request.channel,
                "state": application.state,
                "policy": fee.policy.digest if fee.policy else None,
                **request.details,
            },
        )
    )

    records.assessments.add(
        StoredAssessment(
            application_id=application.id, seq=1, at=decided_at(prepared.book, at), cause="submitted", assessment=fee
        )
    )

    # 5. The code comes late, and what quotas are claimed comes last: their counters stay locked until the commit, and a
    # budget's is everybody's.
    application = replace(application, code=_next_code(records, application.unit, vietnam_day(at)))
    records.applications.add(application)
    if fee.outcome is FeeOutcome.DUE:
        open_payment(records, application, at)
    records.quotas.reserve(application.id, 1, prepared.claims, at)
    return application


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """An application of which nothing is stored yet, what conditions are told about it, and what its fee was decided by
    and takes of quotas."""

    application: Application
    procedure: Procedure
    facts: Mapping[str, FactValue]
    book: PolicyBook
    claims: Sequence[QuotaClaim]


def _prepare(records: Records, rules: Rules, request: Request, at: datetime) -> _Prepared:
    """Raises NoProcedure, NoSuccessor, NotPrintable."""
    document_type, asked, applicant = request.document_type, request.asked, request.applicant
    concerned = request.subject or request.on_behalf_of or applicant

    # 2. Who settles it, and how; what does it cost, and when is it due?
    submitted_on = vietnam_day(at)
    unit = unit_in_charge(records, document_type, submitted_on)
    procedure = procedure_to_begin(records, document_type, unit, submitted_on)
    facts = facts_of_request(
        document_type.input_schema or {},
        asked,
        channel=request.channel,
        on_behalf_of=request.on_behalf_of is not None,
        requested_by="citizen" if request.requested_by is None else "body",
        copies=int(asked["copies"]),
    )
    # A category counts once its evidence is accepted; evidence comes later, so none is accepted here.
    of_fee = fee_facts(
        document_type,
        asked,
        channel=request.channel,
        birth_date=concerned.birth_date,
        level=applicant.level,
        submitted_on=submitted_on,
        by_body=request.requested_by is not None,
    )
    # A quota is the person's whose document it is, whoever asks for it; a body uses up nobody's.
    person = rules.person_index(concerned.personal_id)
    book = records.fee_policies.book()
    assessed = assess_fee(records, book, of_fee, person=None if request.requested_by else person)
    fee = assessed.assessment
    application_id = uuid4()
    records.begin(application_id)
    application = Application(
        id=application_id,
        code=_NO_CODE_YET,
        type_id=document_type.id,
        channel=request.channel,
        unit=unit,
        procedure=reference_to(procedure),
        step=procedure.document.start,
        role="caseworker",
        owner=None,
        applicant=applicant,
        input=asked,
        fee=fee,
        fee_decision=None,
        paid=False,
        state=ApplicationState.NEWLY_REGISTERED,
        submitted_at=at,
        promised_at=at,
        step_due_at=None,
        decision=None,
        sources=document_type.sources,
        limit=document_type.limit_for(facts),
        on_behalf_of=request.on_behalf_of,
        requested_by=request.requested_by,
        subject=request.subject,
        person_index=rules.person_index(applicant.personal_id),
        concerned_index=person,
    )

    hours = hours_of(records, unit, submitted_on)
    application = replace(application, promised_at=promised_at(application, rules.calendar, hours))

    # 3. Can it be printed one day? A name or a word that cannot is refused now, not after payment and approval.
    _rehearse(application, document_type)
    return _Prepared(application=application, procedure=procedure, facts=facts, book=book, claims=assessed.claims)


def _who_and_for_whom(
    asker: VerifiedCitizen | VerifiedGuardian, document_type: DocumentType, at: datetime
) -> tuple[VerifiedCitizen, Ward | None]:
    if isinstance(asker, VerifiedCitizen):
        return asker, None
    require_guardian_accepted(document_type)
    require_current(asker, at)
    return asker.citizen, Ward.from_guardian(asker)


def require_guardian_accepted(document_type: DocumentType) -> None:
    """Raises GuardianNotAccepted where the type is not one that a guardian may ask for."""
    if "guardian" not in document_type.who_may_ask:
        raise GuardianNotAccepted("this type can be asked for by the person concerned alone")


def _rehearse(application: Application, document_type: DocumentType) -> None:
    """What a receipt states beside these facts is the policy's and the service's, none of the applicant's."""
    nobody = Actor(subject_key="", full_name="A", unit=application.unit)
    decision = Decision(outcome=DecisionOutcome.APPROVED, by=nobody, at=application.submitted_at)
    rehearse_result(application, decision, document_type, vietnam_day(application.submitted_at))
    if application.on_behalf_of is not None:
        # The receipt will name the guardian, of whom a result would state the same.
        _rehearse(replace(application, on_behalf_of=None), document_type)


def receive(records: Records, rules: Rules, application: Application, at: datetime) -> Application:
    """The fee is settled: the application is received, its receipt is issued, the register is asked, and the clock goes
    on if it stood still. Not yet saved."""
    received = application.moved_to(ApplicationState.RECEIVED, at)
    if application.requested_by is None:
        records.jobs.enqueue(JobKind.ISSUE_RECEIPT, application.id)
    records.jobs.enqueue(JobKind.CONSULT_REGISTER, application.id)
    return go_on(records, rules.calendar, received, at) if application.is_paused else received


def open_payment(records: Records, application: Application, at: datetime) -> None:
    """Open the one payment order of an application whose amount due is decided and not zero."""
    if not application.amount_due:
        raise ValueError("a payment order needs an amount due")
    records.payments.open(
        PaymentOrder(
            id=uuid4(),
            application_id=application.id,
            amount=application.amount_due,
            memo=payment_memo(application.code),
            opened_at=at,
        )
    )


def _next_code(records: Records, unit: str, on: date) -> str:
    """From the 10,000th on, a code carries a day to come. Raises DailyCodesExhausted."""
    return application_code(unit, *records.counters.next_application(unit, on))
