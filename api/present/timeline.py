"""What has happened to an application and what is still to come, as its citizen follows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from typing_extensions import TypedDict

from issuance.application import Application, ApplicationState, DecisionOutcome
from issuance.certificate import Certificate, CertificateState, Revocation, Suspension
from issuance.delivery.parcel import Parcel, ParcelState
from issuance.fees.wording import Label, amount_in_figures
from issuance.procedure.document import Procedure
from issuance.records import AuditEntry
from issuance.settlement.step_visit import StepVisit

from ..dossier import Dossier
from ..languages import Language
from ..services import Records
from .parcel import STATES as PARCEL_STATES
from .standing import REASONS, WAITING, waiting_for

Standing = Literal["done", "now", "to_come"]


class EventView(TypedDict):
    """`standing` is done, now or to_come; `at` is null for what is to come. `note` says more, where there is more.

    `what` for programs, `text` for people.
    """

    what: str
    text: str
    note: str | None
    at: str | None
    standing: Standing


class TimelineView(TypedDict):
    """In the order in which it happened; then what is now, then what is to come."""

    items: list[EventView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a timeline is made of, read in one transaction; each oldest first. missed_at: the promise, if missed."""

    application: Application
    procedure: Procedure
    visits: Sequence[StepVisit]
    entries: Sequence[AuditEntry]
    parcels: Sequence[Parcel]
    result: Certificate | None
    missed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Event:
    at: datetime
    what: str
    text: str
    note: str | None = None


_OF_ENTRIES: Mapping[str, Label] = MappingProxyType(
    {
        "application_submitted": Label("Đã nộp hồ sơ", "Application sent"),
        "fee_decided": Label("Cán bộ đã quyết định phí", "An official decided the fee"),
        "payment_confirmed": Label("Đã nhận được tiền", "Payment received"),
        "papers_asked": Label("Cơ quan yêu cầu bổ sung giấy tờ", "The agency asked for papers"),
        "papers_given": Label("Bạn báo đã bổ sung đủ giấy tờ", "You said that the papers are there"),
        "work_resumed": Label("Cơ quan xử lý tiếp", "The agency went on"),
        "apology_signed_off": Label("Cơ quan gửi thư xin lỗi, hẹn ngày mới", "The agency apologised, with a new date"),
        "application_unpaid": Label("Hồ sơ dừng vì quá hạn nộp tiền", "Ended: not paid in time"),
        "application_withdrawn": Label("Bạn đã rút hồ sơ", "You withdrew the application"),
        "result_returned": Label("Bạn đã nhận kết quả", "You received the result"),
        "certificate_suspended": Label("Giấy tờ tạm ngừng hiệu lực", "The document was suspended"),
        "certificate_reinstated": Label("Giấy tờ có hiệu lực trở lại", "The document is in force again"),
        "certificate_revoked": Label("Giấy tờ bị thu hồi", "The document was revoked"),
    }
)
_DECIDED: Mapping[DecisionOutcome, Label] = MappingProxyType(
    {
        DecisionOutcome.APPROVED: Label("Đã duyệt", "Approved"),
        DecisionOutcome.REFUSED: Label("Không được giải quyết", "Refused"),
        DecisionOutcome.STOPPED: Label("Dừng xử lý", "Stopped"),
    }
)
_STEP_DONE = Label("Xong bước: {step}", "Step done: {step}")
_LATE = Label("Đã quá ngày hẹn trả kết quả", "The promised time has passed")
_ISSUED = Label("Đã cấp giấy tờ", "Document issued")
_NEXT_DECISION = Label("Quyết định", "Decision")
_NEXT_RESULT = Label("Trả kết quả", "Result")
_STEP_NOW = Label("Đang ở bước: {step}", "At the step: {step}")
_SENT = frozenset({ParcelState.HANDED_OVER, ParcelState.DELIVERED, ParcelState.RETURNED})
_NO_STEP_OUTCOMES = frozenset({"withdrawn", "stopped", "unpaid"})
_UNDECIDED = frozenset(
    {
        ApplicationState.NEWLY_REGISTERED,
        ApplicationState.RECEIVED,
        ApplicationState.IN_PROGRESS,
        ApplicationState.MORE_PAPERS_ASKED,
        ApplicationState.PAYMENT_ASKED,
    }
)


def open_course(records: Records, dossier: Dossier) -> Course:
    """Read what a timeline is made of, of an application that the caller may see."""
    application, apology = dossier.application, dossier.apology
    return Course(
        application=application,
        procedure=dossier.procedure,
        visits=records.step_visits.of_application(application.id),
        entries=records.audit.of_application(application.id),
        parcels=records.parcels.of_application(application.id),
        result=dossier.result,
        missed_at=None if apology is None else apology.missed_at,
    )


def timeline(course: Course, language: Language) -> list[EventView]:
    """See TimelineView."""
    happened = sorted(_happened(course, language), key=lambda one: one.at)
    views = [_view(one.what, one.text, one.note, one.at, "done") for one in happened]
    return [*views, *_from_now_on(course, language)]


def _happened(course: Course, language: Language) -> Iterator[_Event]:
    for entry in course.entries:
        label = _OF_ENTRIES.get(entry.action)
        if label is not None:
            yield _Event(entry.at, entry.action, label.in_language(language), _note(entry, course, language))
    names = {step.id: step.name.in_language(language) for step in course.procedure.steps}
    decision = course.application.decision
    for visit in course.visits:
        decided = decision is not None and visit.left_at == decision.at
        if visit.left_at is not None and visit.outcome not in _NO_STEP_OUTCOMES and not decided:
            text = _STEP_DONE.in_language(language).format(step=names.get(visit.step, visit.step))
            yield _Event(visit.left_at, "step_done", text)
    if decision is not None:
        yield _Event(decision.at, "decided", _DECIDED[decision.outcome].in_language(language), decision.reason)
    if course.missed_at is not None:
        yield _Event(course.missed_at, "late", _LATE.in_language(language))
    result = course.result
    if result is not None and result.issued_at is not None and result.state is not CertificateState.INTENDED:
        yield _Event(result.issued_at, "issued", _ISSUED.in_language(language))
    for parcel in course.parcels:
        if parcel.state in _SENT:
            yield _Event(parcel.changed_at, "parcel", PARCEL_STATES[parcel.state].in_language(language))


def _note(entry: AuditEntry, course: Course, language: Language) -> str | None:
    amount = entry.details.get("amount")
    if entry.action == "payment_confirmed" and isinstance(amount, int):
        return amount_in_figures(amount, language)
    result = course.result
    change: Revocation | Suspension | None = None
    if result is not None and entry.action == "certificate_revoked":
        change = result.revocation
    elif result is not None and entry.action == "certificate_suspended":
        change = result.suspension
    return None if change is None else REASONS[change.reason].in_language(language)


def _from_now_on(course: Course, language: Language) -> Iterator[EventView]:
    one = course.application
    waiting = waiting_for(one)
    if waiting is None:
        return
    step = next((step.name.in_language(language) for step in course.procedure.steps if step.id == one.step), one.step)
    note = _STEP_NOW.in_language(language).format(step=step) if waiting in ("decision", "register") else None
    yield _view(waiting, WAITING[waiting].in_language(language), note, None, "now")
    if one.state in _UNDECIDED and one.decision is None:
        yield _view("decision", _NEXT_DECISION.in_language(language), None, None, "to_come")
    if waiting != "download":
        yield _view("result", _NEXT_RESULT.in_language(language), None, None, "to_come")


def _view(what: str, text: str, note: str | None, at: datetime | None, standing: Standing) -> EventView:
    return {
        "what": what,
        "text": text,
        "note": note,
        "at": None if at is None else at.isoformat(),
        "standing": standing,
    }
