"""An official brings about an outcome of the step that an application is in, and it goes on from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from identity.citizen import VerifiedOfficial

from ..application import Application, ApplicationState, Decision, DecisionOutcome
from ..bring_evidence import papers_missing
from ..content import rehearse_result
from ..delegations.authority import Authority
from ..documents.catalogue import DocumentType
from ..errors import FeeUndecided, OutcomeNotOffered, PapersUndecided, PaymentOutstanding, ReasonMissing
from ..evidence import EvidenceState
from ..fees.facts import vietnam_day
from ..jobs import JobKind
from ..procedure.document import End, Ended, Outcome, Procedure, Step
from ..records import Records
from ..registers.consult import require_answers
from ..rules import Rules
from .audited import audit
from .case_facts import facts_of
from .enter_step import enter_step, leave_step
from .in_force import procedure_of
from .open_turn import at_work, open_turn


def act(
    records: Records,
    rules: Rules,
    code: str,
    official: VerifiedOfficial,
    outcome_id: str,
    reason: str | None,
    at: datetime,
) -> Application:
    """Bring about an outcome of the present step: the application enters the next one, or is decided.

    reason: the citizen reads it where the outcome refuses.
    Raises ApplicationNotFound, RoleMissing, SelfDealing, NotYours, AlreadyDecided, OutcomeNotOffered, what the outcome
    needs (RegisterNotConsulted, RegisterAnswerStale, FeeUndecided, PaymentOutstanding, PapersUndecided, ReasonMissing),
    PapersOutstanding, NotPrintable, IllegalMove.
    """
    application, right = open_turn(records, rules, code, official, at)
    procedure = procedure_of(records, application)
    step = procedure.step(application.step)
    outcome = step.outcome(outcome_id)
    if outcome is None:
        raise OutcomeNotOffered(step.id, _ids(step))
    return _bring_about(records, rules, application, procedure, outcome, right, reason, at)


def approve(records: Records, rules: Rules, code: str, official: VerifiedOfficial, at: datetime) -> Application:
    """The present step's outcome by which the document is issued; the issuing itself follows in the background.

    Raises as `act`; OutcomeNotOffered where the step has no such outcome.
    """
    return _end(records, rules, code, official, "approved", None, at)


def refuse(
    records: Records, rules: Rules, code: str, official: VerifiedOfficial, reason: str, at: datetime
) -> Application:
    """The present step's outcome by which no document is issued, with a reason that the citizen reads.

    Raises as `act`; OutcomeNotOffered where the step has no such outcome.
    """
    return _end(records, rules, code, official, "refused", reason, at)


def _end(
    records: Records,
    rules: Rules,
    code: str,
    official: VerifiedOfficial,
    ends: End,
    reason: str | None,
    at: datetime,
) -> Application:
    application, right = open_turn(records, rules, code, official, at)
    procedure = procedure_of(records, application)
    step = procedure.step(application.step)
    outcome = procedure.approving(step) if ends == "approved" else procedure.refusing(step)
    if outcome is None:
        raise OutcomeNotOffered(step.id, _ids(step))
    return _bring_about(records, rules, application, procedure, outcome, right, reason, at)


def _bring_about(
    records: Records,
    rules: Rules,
    application: Application,
    procedure: Procedure,
    outcome: Outcome,
    right: Authority,
    reason: str | None,
    at: datetime,
) -> Application:
    document_type = rules.catalogue.get(application.type_id)
    following = procedure.after(outcome, facts_of(application, document_type))
    ends = following.ends if isinstance(following, Ended) else None
    if ends != "refused":
        application = at_work(application, at)
    # Who refuses does so also while the application waits: nobody has to bring what will not help.
    if ends == "approved" or "fee_settled" in outcome.needs:
        _require_fee(application)
    if ends == "approved" or "register_answers" in outcome.needs:
        require_answers(application, document_type, at)
    if reason is None and (ends == "refused" or "reason" in outcome.needs):
        raise ReasonMissing("this outcome needs a reason")
    if "papers_decided" in outcome.needs:
        _require_papers_decided(records, application, document_type)
    if ends == "refused":
        return _refused(records, application, outcome, right, reason, at)
    if isinstance(following, Ended):
        return _approved(records, rules, application, outcome, right, reason, at)
    left = application.step
    application = leave_step(records, application, outcome.id, right, at)
    application = enter_step(records, rules, application, following, at)
    audit(records, application, right, "step_done", at, step=left, outcome=outcome.id)
    return records.applications.save(application)


def _approved(
    records: Records,
    rules: Rules,
    application: Application,
    outcome: Outcome,
    right: Authority,
    reason: str | None,
    at: datetime,
) -> Application:
    decision = _decision(DecisionOutcome.APPROVED, right, reason, at)
    rehearse_result(application, decision, rules.catalogue.get(application.type_id), vietnam_day(at))
    application = leave_step(records, application, outcome.id, right, at)
    application = replace(application, owner=right.actor, decision=decision)
    records.jobs.enqueue(JobKind.ISSUE_RESULT, application.id)
    audit(records, application, right, "application_approved", at)
    return records.applications.save(application)


def _refused(
    records: Records, application: Application, outcome: Outcome, right: Authority, reason: str | None, at: datetime
) -> Application:
    # Before the fee is settled the agency has not taken the application in, and refuses it at the desk.
    taken_in = application.state is not ApplicationState.NEWLY_REGISTERED
    application = application.moved_to(ApplicationState.STOPPED if taken_in else ApplicationState.REFUSED_AT_INTAKE, at)
    application = leave_step(records, application, outcome.id, right, at)
    decision = _decision(DecisionOutcome.REFUSED, right, reason, at)
    application = replace(application, owner=right.actor, decision=decision, asked=None)
    audit(records, application, right, "application_refused", at)
    refused = records.applications.save(application)
    records.quotas.release(application.id, at)
    return refused


def _decision(outcome: DecisionOutcome, right: Authority, reason: str | None, at: datetime) -> Decision:
    return Decision(
        outcome=outcome,
        by=right.actor,
        at=at,
        reason=reason,
        acting_for=right.acting_for,
        delegation=right.delegation_id,
        act=right.act,
    )


def _require_fee(application: Application) -> None:
    if application.amount_due is None:
        raise FeeUndecided("the fee of this application is not decided")
    if not application.is_fee_settled:
        raise PaymentOutstanding("the fee of this application is not paid")


def _require_papers_decided(records: Records, application: Application, document_type: DocumentType) -> None:
    papers = records.evidence.of_application(application.id)
    if any(paper.state is EvidenceState.SUBMITTED for paper in papers):
        raise PapersUndecided("a paper waits to be accepted or rejected")
    if papers_missing(records, application, document_type):
        raise PapersUndecided("a paper that has to be there is missing")


def _ids(step: Step) -> list[str]:
    return [outcome.id for outcome in step.outcomes]
