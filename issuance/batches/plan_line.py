"""What a line becomes: an application that was proposed by one official and approved by another, and its certificate.

Nothing is asked of the database here but what `Terms` has brought along: thousands of lines share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import uuid4

from signing.keys import Keys

from ..application import (
    Applicant,
    Application,
    ApplicationState,
    Decision,
    DecisionOutcome,
    RequestingBody,
)
from ..assess_fee import assess_fee, decided_at, fee_facts
from ..assessed import StoredAssessment
from ..certificate import Certificate, new_check_code, new_number
from ..content import result_content
from ..delegations.authority import HEAD, Authority
from ..documents.catalogue import DocumentType
from ..documents.errors import InvalidContent
from ..errors import NoProcedure, UnknownUnit
from ..fees.assess import FeeAssessment, FeeOutcome
from ..fees.facts import vietnam_day
from ..issue import draft
from ..procedure.conditions import FactValue
from ..procedure.document import Ended, Outcome, Procedure, Step
from ..procedure.working_time import OfficeHours
from ..records import Records
from ..rules import Rules
from ..settlement.case_facts import facts_of
from ..settlement.clock import promised_at, step_due_at
from ..settlement.in_force import hours_of, procedure_to_begin, reference_to
from ..settlement.step_visit import StepVisit
from .batch import Batch
from .check_line import CheckedLine
from .errors import BatchRefused, LineRefused
from .owner import person_key
from .standing import Standing

CHANNEL = "desk"
"""As whose fees and procedures speak of it: brought to the counter, as what bodies ask for."""
CLIENT = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all documents of a batch have in common. decided_at: since when the fees stand as they were decided."""

    document_type: DocumentType
    unit_name: str
    hours: OfficeHours
    procedure: Procedure
    standing: Standing
    fees_decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    line: CheckedLine
    application: Application
    assessment: StoredAssessment
    visits: Sequence[StepVisit]
    certificate: Certificate


def terms_of(records: Records, document_type: DocumentType, batch: Batch, standing: Standing) -> Terms:
    """By the day on which the batch was prepared, as an application by that of its submission. Raises BatchRefused."""
    day = vietnam_day(batch.prepared_at)
    try:
        procedure = procedure_to_begin(records, document_type, batch.unit, day)
    except NoProcedure:
        raise BatchRefused("no_procedure", type=document_type.id) from None
    return Terms(
        document_type=document_type,
        unit_name=_name_of(records, document_type, batch.unit, day),
        hours=hours_of(records, batch.unit, day),
        procedure=procedure,
        standing=standing,
        fees_decided_at=decided_at(records.fee_policies.book(), batch.prepared_at),
    )


def fee_of(records: Records, terms: Terms, batch: Batch, line: CheckedLine) -> FeeAssessment:
    """Raises LineRefused where anything is due, or an official would have to decide it: nobody is there to pay."""
    facts = fee_facts(
        terms.document_type,
        line.asked,
        channel=CHANNEL,
        birth_date=line.birth_date,
        level=terms.document_type.required_level,
        submitted_on=vietnam_day(batch.prepared_at),
        by_body=True,
    )
    fee = assess_fee(records, records.fee_policies.book(), facts, person=None).assessment
    if fee.outcome is not FeeOutcome.NOTHING_DUE:
        raise LineRefused("fee_due")
    return fee


def application_of(rules: Rules, terms: Terms, batch: Batch, line: CheckedLine, fee: FeeAssessment) -> Application:
    """Registered with the file, approved with the batch. Raises BatchRefused where the procedure leads nowhere."""
    index, approver = rules.person_index(line.personal_id), terms.standing.approver
    applicant = Applicant(
        subject_key=person_key(index),
        personal_id=line.personal_id,
        full_name=line.full_name,
        birth_date=line.birth_date,
        sex=line.sex,
        level=terms.document_type.required_level,
        client_id=CLIENT,
    )
    application = Application(
        id=uuid4(),
        code=batch.code_of(line.number),
        type_id=batch.type_id,
        channel=CHANNEL,
        unit=batch.unit,
        procedure=reference_to(terms.procedure),
        step=terms.procedure.document.start,
        role=HEAD,
        owner=approver.actor,
        applicant=applicant,
        input=line.asked,
        fee=fee,
        fee_decision=None,
        paid=False,
        state=ApplicationState.IN_PROGRESS,
        submitted_at=batch.prepared_at,
        promised_at=batch.prepared_at,
        step_due_at=None,
        decision=_decision(approver, batch),
        sources=(),
        requested_by=RequestingBody(unit=batch.unit, name=terms.unit_name, case_number=batch.code, basis=batch.basis),
        person_index=index,
        concerned_index=index,
    )
    facts = facts_of(application, terms.document_type)
    last, _ = way_through(terms.procedure, facts)[-1]
    application = replace(application, step=last.id, role=last.role, limit=terms.document_type.limit_for(facts))
    return replace(application, promised_at=promised_at(application, rules.calendar, terms.hours))


def plan_line(
    rules: Rules,
    keys: Keys,
    terms: Terms,
    batch: Batch,
    line: CheckedLine,
    fee: FeeAssessment,
    *,
    status_list: int,
    verify_host: str,
    specimen: bool,
    at: datetime,
) -> Planned:
    """Raises LineRefused where it cannot be printed; KeyUnavailable."""
    application = application_of(rules, terms, batch, line, fee)
    decision = application.decision
    if decision is None:
        raise AssertionError("an application of a batch is approved")
    try:
        content = result_content(
            application,
            decision,
            terms.document_type,
            issued_on=vietnam_day(at),
            document_number=new_number(),
            check_code=new_check_code(),
            verify_host=verify_host,
            specimen=specimen,
        )
    except InvalidContent as invalid:
        raise LineRefused("not_printable", invalid.problems) from None
    certificate = draft(
        terms.document_type,
        content,
        keys,
        application_id=application.id,
        unit=batch.unit,
        status_list=status_list,
        at=at,
    )
    assessment = StoredAssessment(
        application_id=application.id, seq=1, at=terms.fees_decided_at, cause="submitted", assessment=fee
    )
    visits = _visits(rules, terms, batch, application)
    return Planned(line=line, application=application, assessment=assessment, visits=visits, certificate=certificate)


def way_through(procedure: Procedure, facts: dict[str, FactValue]) -> Sequence[tuple[Step, Outcome]]:
    """The steps up to the approval and how each is left, by the first outcome that leads on. Raises BatchRefused."""
    taken: list[tuple[Step, Outcome]] = []
    step = procedure.start_for(facts)
    while not isinstance(step, Ended) and len(taken) <= len(procedure.steps):
        approval = procedure.approving(step)
        if approval is not None:
            return [*taken, (step, approval)]
        onward = next((one for one in step.outcomes if one.to is not None and not one.returns), None)
        if onward is None:
            break
        taken.append((step, onward))
        step = procedure.after(onward, facts)
    raise BatchRefused("no_way_through", procedure=procedure.id, version=procedure.version)


def _name_of(records: Records, document_type: DocumentType, unit: str, day: date) -> str:
    """Where no book of units is kept, the body that issues the type stands for its unit."""
    try:
        return records.units.tree().on(unit, day).name.vi
    except UnknownUnit:
        return document_type.issuing_body_on(day).name.vi


def _decision(approver: Authority, batch: Batch) -> Decision:
    if batch.approved_at is None:
        raise BatchRefused("not_approved", batch=batch.code)
    return Decision(
        outcome=DecisionOutcome.APPROVED,
        by=approver.actor,
        at=batch.approved_at,
        acting_for=approver.acting_for,
        delegation=approver.delegation_id,
        act=approver.act,
    )


def _visits(rules: Rules, terms: Terms, batch: Batch, application: Application) -> Sequence[StepVisit]:
    """Who prepared the batch has been through all steps but the head's and the last one."""
    way = way_through(terms.procedure, facts_of(application, terms.document_type))
    approver, entered, visits = terms.standing.approver, batch.prepared_at, list[StepVisit]()
    for seq, (step, outcome) in enumerate(way, 1):
        by_head = step.role == HEAD or seq == len(way)
        by = approver.actor.subject_key if by_head else terms.standing.preparer.subject_key
        acting_for = approver.acting_for if by_head else None
        left = (batch.approved_at if by_head else None) or entered
        visits.append(
            StepVisit(
                application_id=application.id,
                seq=seq,
                unit=application.unit,
                type_id=application.type_id,
                procedure_id=application.procedure.id,
                step=step.id,
                role=step.role,
                owner_key=by,
                entered_at=entered,
                due_at=step_due_at(application, entered, step.time_limit, rules.calendar, terms.hours),
                left_at=left,
                outcome=outcome.id,
                by_key=by,
                acting_for_key=None if acting_for is None else acting_for.subject_key,
            )
        )
        entered = left
    return visits
