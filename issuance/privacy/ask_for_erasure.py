"""A person asks to be erased: noted once, with the time until which she has to be answered."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol
from uuid import UUID, uuid4

from ..procedure.limit import Limit
from ..procedure.working_time import STANDARD_HOURS, NoWorkingDay, due_at
from ..records import AuditEntry, AuditTrail
from ..rules import Rules
from .erasure_request import ErasureRequest, ErasureRequests

ANSWER_WITHIN: Final = Limit(2, "working_days")


class RequestRecords(Protocol):
    @property
    def erasure_requests(self) -> ErasureRequests: ...
    @property
    def audit(self) -> AuditTrail: ...


def ask_for_erasure(
    records: RequestRecords, rules: Rules, person_index: str, actor: str, at: datetime
) -> ErasureRequest:
    """Note that this person wants to be erased. Whoever asks again while it waits is told of the first time."""
    waiting = records.erasure_requests.waiting_of(person_index)
    if waiting is not None:
        return waiting
    # Of the agency as a whole and not of one unit.
    due = due_at(at, ANSWER_WITHIN, rules.calendar, STANDARD_HOURS)
    if due is None:
        raise NoWorkingDay("without pauses every limit ends")
    request = ErasureRequest(id=uuid4(), person_index=person_index, asked_at=at, due_at=due)
    records.erasure_requests.add(request)
    records.audit.append(_entry("erasure_requested", request.id, actor, at))
    return request


def waiting_request(records: RequestRecords, request_id: UUID) -> ErasureRequest | None:
    return next((one for one in records.erasure_requests.waiting() if one.id == request_id), None)


def decline_erasure(records: RequestRecords, request_id: UUID, actor: str, at: datetime) -> bool:
    """Why it cannot be, the person is told elsewhere. False where no such request waits."""
    request = waiting_request(records, request_id)
    if request is None:
        return False
    records.erasure_requests.answer(request.person_index, "declined", at)
    records.audit.append(_entry("erasure_declined", request.id, actor, at))
    return True


def _entry(action: str, request_id: UUID, actor: str, at: datetime) -> AuditEntry:
    return AuditEntry(at=at, actor=actor, action=action, application_id=None, details={"request": str(request_id)})
