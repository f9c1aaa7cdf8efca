"""An application's row, and the people in it: from dataclass to row and back, field by field."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from issuance.application import (
    NOT_TOLD,
    Actor,
    Applicant,
    Application,
    ApplicationState,
    AskedOfCitizen,
    Decision,
    DecisionOutcome,
    FeeDecision,
    ProcedureRef,
    RequestingBody,
    Subject,
    Ward,
)
from issuance.fees.document import VND
from issuance.fees.stored import from_json as fee_from_json
from issuance.procedure.limit import Limit
from issuance.procedure.working_time import Pause
from issuance.registers.source import answer_from_json, answer_to_json

from .fee_texts import fee_text

Row = RowMapping | dict[str, Any]

ERASED_APPLICANT = Applicant(
    subject_key="",
    personal_id="",
    full_name="[đã xóa]",
    birth_date=NOT_TOLD,
    sex=None,
    level=0,
    client_id="",
)
"""Of somebody whose data was erased, while that of the person she asked for stays."""


def application_to_row(application: Application) -> dict[str, Any]:
    decision = application.decision
    return {
        "id": application.id,
        "code": application.code,
        "type_id": application.type_id,
        "channel": application.channel,
        "unit": application.unit,
        "procedure_id": application.procedure.id,
        "procedure_version": application.procedure.version,
        "procedure_digest": application.procedure.digest,
        "step": application.step,
        "role": application.role,
        "owner": actor_to_json(application.owner),
        "owner_key": None if application.owner is None else application.owner.subject_key,
        "subject_key": application.applicant.subject_key,
        "applicant": _applicant_to_json(application.applicant),
        "on_behalf_of": _ward_to_json(application.on_behalf_of),
        "input": application.input,
        "fee": fee_text(application.fee),
        "fee_decision": _fee_decision_to_json(application.fee_decision),
        "waived": dict(application.fee.waived_by_budget),
        "amount_due": application.amount_due,
        "paid": application.paid,
        "state": application.state.value,
        "submitted_at": application.submitted_at,
        "promised_at": application.promised_at,
        "step_due_at": application.step_due_at,
        "sources": list(application.sources),
        "sources_missing": len(application.missing_sources),
        "answers": [answer_to_json(answer) for answer in application.answers],
        "asked_again": list(application.asked_again),
        "pauses": [_pause_to_json(pause) for pause in application.pauses],
        "paused": application.is_paused,
        "asked": _asked_to_json(application.asked),
        "requested_by": None if application.requested_by is None else asdict(application.requested_by),
        "subject": _subject_to_json(application.subject),
        "closed_at": application.closed_at,
        "halted_at": application.halted_at,
        "time_limit": {"amount": application.limit.amount, "unit": application.limit.unit},
        "asked_until": None if application.asked is None else application.asked.until,
        "person_index": application.person_index,
        "concerned_index": application.concerned_index,
        "decision": _decision_to_json(decision),
        "decision_outcome": None if decision is None else decision.outcome.value,
        "decided_at": None if decision is None else decision.at,
        "version": application.version,
    }


def application_from_row(row: Row) -> Application:
    return Application(
        id=row["id"],
        code=row["code"],
        type_id=row["type_id"],
        channel=row["channel"],
        unit=row["unit"],
        procedure=ProcedureRef(
            id=row["procedure_id"], version=row["procedure_version"], digest=row["procedure_digest"]
        ),
        step=row["step"],
        role=row["role"],
        owner=actor_from_json(row["owner"]),
        applicant=ERASED_APPLICANT if row["applicant"] is None else _applicant_from_json(row["applicant"]),
        input=row["input"],
        fee=fee_from_json(row["fee"]),
        fee_decision=_fee_decision_from_json(row["fee_decision"]),
        paid=row["paid"],
        state=ApplicationState(row["state"]),
        submitted_at=row["submitted_at"],
        promised_at=row["promised_at"],
        step_due_at=row["step_due_at"],
        decision=_decision_from_json(row["decision"]),
        sources=tuple(row["sources"]),
        answers=tuple(answer_from_json(answer) for answer in row["answers"]),
        asked_again=tuple(row["asked_again"]),
        pauses=tuple(_pause_from_json(pause) for pause in row["pauses"]),
        asked=_asked_from_json(row["asked"]),
        on_behalf_of=_ward_from_json(row["on_behalf_of"]),
        requested_by=None if row["requested_by"] is None else RequestingBody(**row["requested_by"]),
        subject=_subject_from_json(row["subject"]),
        closed_at=row["closed_at"],
        limit=Limit(**row["time_limit"]),
        person_index=row["person_index"],
        concerned_index=row["concerned_index"],
        version=row["version"],
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
        "acting_for": actor_to_json(decision.acting_for),
        "delegation": None if decision.delegation is None else str(decision.delegation),
        "act": decision.act,
    }


def _decision_from_json(data: Row | None) -> Decision | None:
    if data is None:
        return None
    return Decision(
        outcome=DecisionOutcome(data["outcome"]),
        by=_actor(data["by"]),
        at=datetime.fromisoformat(data["at"]),
        reason=data["reason"],
        # Decisions of earlier releases were everybody's own.
        acting_for=actor_from_json(data.get("acting_for")),
        delegation=None if data.get("delegation") is None else UUID(data["delegation"]),
        act=data.get("act"),
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


def _pause_to_json(pause: Pause) -> dict[str, Any]:
    return {
        "began_at": pause.began_at.isoformat(),
        "ended_at": None if pause.ended_at is None else pause.ended_at.isoformat(),
        "why": pause.why,
    }


def _pause_from_json(data: Row) -> Pause:
    ended_at = data["ended_at"]
    return Pause(
        datetime.fromisoformat(data["began_at"]),
        None if ended_at is None else datetime.fromisoformat(ended_at),
        data["why"],
    )


def _asked_to_json(asked: AskedOfCitizen | None) -> dict[str, Any] | None:
    if asked is None:
        return None
    return {
        "text": asked.text,
        "by": actor_to_json(asked.by),
        "at": asked.at.isoformat(),
        "until": asked.until.isoformat(),
    }


def _asked_from_json(data: Row | None) -> AskedOfCitizen | None:
    if data is None:
        return None
    return AskedOfCitizen(
        text=data["text"],
        by=_actor(data["by"]),
        at=datetime.fromisoformat(data["at"]),
        until=date.fromisoformat(data["until"]),
    )


def _subject_to_json(subject: Subject | None) -> dict[str, Any] | None:
    if subject is None:
        return None
    return {
        "personal_id": subject.personal_id,
        "full_name": subject.full_name,
        "birth_date": subject.birth_date.isoformat(),
        "sex": subject.sex,
    }


def _subject_from_json(data: Row | None) -> Subject | None:
    if data is None:
        return None
    return Subject(
        personal_id=data["personal_id"],
        full_name=data["full_name"],
        birth_date=date.fromisoformat(data["birth_date"]),
        sex=data["sex"],
    )
