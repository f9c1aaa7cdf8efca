"""What a layout gets to print: the facts of an application under fixed names.

A document type takes the facts that its content schema names: what the applicant gave, and what the registers answered
that are its sources. What a register says goes before what the applicant states. Another register is code here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from .application import Applicant, Application, Decision, FeeDecision, Subject, Ward
from .documents.amount_words import amount_in_words
from .documents.catalogue import DocumentType
from .documents.errors import InvalidContent
from .errors import NotPrintable, RegisterNotConsulted, UnknownProcedureFact
from .fees.assess import FeeAssessment
from .fees.facts import vietnam_day
from .procedure.conditions import holds
from .registers.judicial import CompleteRecord, RegisterAnswer
from .registers.population import PopulationAnswer
from .registers.source import SourceAnswer

NO_CONVICTIONS = "Không có án tích"
HAS_CONVICTIONS = "Có án tích"
NOTHING_TO_PAY = "Không phải nộp tiền"
RECEIPT_SIGNATORY = "Hệ thống thu phí, lệ phí"

_STAND_IN: Mapping[str, Any] = {
    "document_number": "0" * 12,
    "check_code": "0" * 10,
    "verify_host": "localhost",
    "specimen": True,
}


def result_content(
    application: Application, decision: Decision, document_type: DocumentType, *, issued_on: date, **seal: Any
) -> dict[str, Any]:
    """The content of a result, about the person concerned.

    seal: document number, check code and the other facts of the certificate itself.
    Raises RegisterNotConsulted, InvalidContent.
    """
    answers = [application.answer_of(source) for source in application.sources]
    facts = {
        # What may be left out of the input is printed as nothing, not missed.
        **dict.fromkeys((document_type.input_schema or {}).get("properties", ())),
        **application.input,
        **_common(application, application.concerned, document_type, issued_on),
        **_facts_of_registers(answers, application),
        "signatory_name": decision.by.full_name,
        "signed_for": _signed_for(decision),
        **seal,
    }
    if document_type.result_lines:
        facts["result_line"] = _result_line(facts, document_type)
    return _chosen(facts, document_type)


def receipt_content(
    application: Application,
    document_type: DocumentType,
    receipt_type: DocumentType,
    *,
    receipt_number: str,
    issued_on: date,
    paid_on: date | None = None,
    **seal: Any,
) -> dict[str, Any]:
    """The content of the receipt for an application of `document_type`, zero included, in the name of who pays.

    paid_on: the day on which the money came; None where none was due.
    Raises InvalidContent.
    """
    facts = {
        **_common(application, application.applicant, receipt_type, issued_on),
        **_fee_facts(application, document_type.name.vi),
        "receipt_number": receipt_number,
        "paid_on": None if paid_on is None else paid_on.isoformat(),
        **seal,
    }
    return _chosen(facts, receipt_type)


def rehearse_result(application: Application, decision: Decision, document_type: DocumentType, on: date) -> None:
    """Whether all that is known now can be printed, before anybody relies on it. Raises NotPrintable.

    Where a register has not answered yet, one stands in: a clean record, a person as the applicant states her.
    """
    stand_ins = tuple(
        _STAND_IN_ANSWERS[source](application, decision.at)
        for source in application.sources
        if application.answer_of(source) is None
    )
    with _said_in_time():
        result_content(
            replace(application, answers=(*application.answers, *stand_ins)),
            decision,
            document_type,
            issued_on=on,
            **_STAND_IN,
        )


def rehearse_receipt(
    application: Application, document_type: DocumentType, receipt_type: DocumentType, on: date
) -> None:
    """The same for the receipt; its fee must be decided. Raises NotPrintable."""
    with _said_in_time():
        receipt_content(application, document_type, receipt_type, receipt_number="0000001", issued_on=on, **_STAND_IN)


def _signed_for(decision: Decision) -> str | None:
    if decision.acting_for is None:
        return None
    return f"Theo ủy quyền của {decision.acting_for.full_name} ({decision.act})"


@contextmanager
def _said_in_time() -> Iterator[None]:
    try:
        yield
    except InvalidContent as invalid:
        raise NotPrintable(invalid.problems) from None


def _common(
    application: Application, person: Applicant | Ward | Subject, document_type: DocumentType, issued_on: date
) -> dict[str, Any]:
    body = document_type.issuing_body_on(issued_on)
    return {
        "application_code": application.code,
        "full_name": person.full_name,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex or application.input.get("sex"),
        "personal_id": person.personal_id,
        "copies": application.copies,
        "issued_on": issued_on.isoformat(),
        "issuing_body": body.name.vi,
        "issuing_parent": body.parent,
        "place": body.place,
        "signatory_title": body.signatory_title,
    }


def _facts_of_registers(answers: Iterable[SourceAnswer | None], application: Application) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for answer in answers:
        match answer:
            case None:
                raise RegisterNotConsulted("a register has not answered yet")
            case CompleteRecord():
                facts |= _judicial_facts(answer, ban_requested=True)
            case RegisterAnswer():
                facts |= _judicial_facts(answer, bool(application.input.get("business_management_ban_requested")))
            case PopulationAnswer():
                facts |= _population_facts(answer)
    return facts


def _judicial_facts(answer: RegisterAnswer, ban_requested: bool) -> dict[str, Any]:
    return {
        "convictions": [
            {
                "court": conviction.court,
                "judgment_number": conviction.judgment_number,
                "date": conviction.judged_on.isoformat(),
                "offence": conviction.offence,
                "sentence": conviction.sentence,
            }
            for conviction in answer.convictions
        ],
        "business_ban": {
            "requested": ban_requested,
            "entries": [
                {
                    "court": ban.court,
                    "decision_number": ban.decision_number,
                    "date": ban.decided_on.isoformat(),
                    "barred_from": ban.barred_from,
                    "term": ban.term,
                }
                for ban in answer.business_bans
                if ban_requested
            ],
        },
        "has_convictions": bool(answer.convictions),
        "result_line": HAS_CONVICTIONS if answer.convictions else NO_CONVICTIONS,
    }


def _population_facts(answer: PopulationAnswer) -> dict[str, Any]:
    return {
        "birth_place": answer.birth_place,
        "nationality": answer.nationality,
        "permanent_residence": answer.permanent_residence,
        "temporary_residence": answer.temporary_residence,
        "has_permanent_residence": answer.permanent_residence is not None,
        "has_temporary_residence": answer.temporary_residence is not None,
        "marital_status": answer.marital_status,
        "spouse_name": answer.spouse_name,
        "register_reference": answer.reference,
        "register_answered_on": vietnam_day(answer.answered_at).isoformat(),
    }


def _result_line(facts: Mapping[str, Any], document_type: DocumentType) -> str:
    """The first of the type's result lines whose condition holds. Raises InvalidContent where none does, or where a
    register leaves open what it would have to hold of: nothing is taken for granted."""
    known = {name: value for name, value in facts.items() if isinstance(value, bool | int | str)}
    with suppress(UnknownProcedureFact):
        for line in document_type.result_lines:
            if line.when is None or holds(line.when, known):
                return line.text
    raise InvalidContent([("/result_line", "missing")])


def _clean(application: Application, at: datetime) -> RegisterAnswer:
    return RegisterAnswer(reference="", answered_at=at, convictions=(), business_bans=())


def _clean_and_complete(application: Application, at: datetime) -> CompleteRecord:
    return CompleteRecord(reference="", answered_at=at, convictions=(), business_bans=())


def _as_stated(application: Application, at: datetime) -> PopulationAnswer:
    person, given = application.concerned, application.input
    return PopulationAnswer(
        reference="-",
        answered_at=at,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        birth_place=given.get("birth_place") or "-",
        nationality=given.get("nationality") or "-",
        permanent_residence=given.get("permanent_residence") or "-",
        temporary_residence=given.get("temporary_residence"),
        marital_status="single",
        spouse_name=None,
    )


_STAND_IN_ANSWERS: Mapping[str, Callable[[Application, datetime], SourceAnswer]] = {
    RegisterAnswer.source: _clean,
    CompleteRecord.source: _clean_and_complete,
    PopulationAnswer.source: _as_stated,
}


def _fee_facts(application: Application, service_name: str) -> dict[str, Any]:
    decided = application.fee_decision
    facts = _assessed_fee(application.fee) if decided is None else _decided_fee(decided, service_name)
    due = facts["totals"]["due"]
    return {
        **facts,
        "service_name": service_name,
        "due_in_words": amount_in_words(due),
        "result_line": f"Đã thu {due:,} đồng".replace(",", ".") if due else NOTHING_TO_PAY,
        "signatory_name": RECEIPT_SIGNATORY,
    }


def _assessed_fee(fee: FeeAssessment) -> dict[str, Any]:
    return {
        "lines": [
            {
                "label": line.label.vi,
                "quantity": line.quantity,
                "gross": line.gross,
                "waived": line.waived,
                "due": line.due,
                "reductions": [
                    {
                        "label": reduction.label.vi,
                        "amount": reduction.amount,
                        "budget": reduction.funding.label.vi if reduction.funding else None,
                    }
                    for reduction in line.reductions
                ],
            }
            for line in fee.lines
            if line.quantity
        ],
        "totals": {"gross": fee.gross, "waived": fee.waived, "due": fee.due},
        "legal_basis": [f"{act.kind.vi} {act.number}" for act in fee.citations],
    }


def _decided_fee(decided: FeeDecision, service_name: str) -> dict[str, Any]:
    due = decided.due
    line = {"label": f"Phí {service_name}", "quantity": 1, "gross": due, "waived": 0, "due": due, "reductions": []}
    return {
        "lines": [line],
        "totals": {"gross": due, "waived": 0, "due": due},
        "legal_basis": [decided.basis],
    }


def _chosen(facts: Mapping[str, Any], document_type: DocumentType) -> dict[str, Any]:
    wanted = document_type.content_schema["properties"]
    return document_type.check_content({name: facts[name] for name in wanted if name in facts})
