"""Find what is due soon and what is late, tell whoever has it, and draft the apologies that are owed. Each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from issuance.fees.facts import vietnam_day
from issuance.procedure.working_time import STANDARD_HOURS, OfficeHours
from issuance.records import AuditEntry, Records, Transact

from .apology import Apology, is_owed
from .follow_up import DueCase, FollowUp, FollowUpKind, Level
from .rules import DeadlineRules

DEADLINES = "deadlines"
"""The actor that the audit names."""

BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many were told of what."""

    due_soon: int = 0
    step_overdue: int = 0
    overdue: int = 0
    heads: int = 0

    @property
    def largest(self) -> int:
        return max(self.due_soon, self.step_overdue, self.overdue, self.heads)

    def __add__(self, other: Found) -> Found:
        return Found(
            due_soon=self.due_soon + other.due_soon,
            step_overdue=self.step_overdue + other.step_overdue,
            overdue=self.overdue + other.overdue,
            heads=self.heads + other.heads,
        )


def find_all(transact: Transact, rules: DeadlineRules, clock: Callable[[], datetime], batch: int = BATCH) -> Found:
    """Find everything that is due by now, one batch after the other, each in a transaction of its own."""
    found = Found()
    while True:
        at = clock()
        one = transact(lambda records, at=at: find_due(records, rules, at, batch))  # type: ignore[misc] # of a default
        found += one
        if one.largest < batch:
            return found


def find_due(records: Records, rules: DeadlineRules, at: datetime, limit: int) -> Found:
    """Tell of at most `limit` applications of each kind; fewer were told only where there are no more.

    The promised moment itself is still on time. What is paused or has ended is not told of, but for being late before
    that: late it stays, and its apology is owed. After a standstill all is made up for, without telling of what has
    become late meanwhile that it is due soon. Raises ConcurrentChange where another one tells at the same time.
    """
    book = _Hours(records, at)
    # Heads first: what is found now is theirs to hear of later.
    heads = _tell_heads(records, at, limit)
    late = records.follow_ups.overdue(at, limit)
    _tell(records, rules, book, FollowUpKind.OVERDUE, late, at)
    _draft_apologies(records, rules, book, late, at)
    late_steps = records.follow_ups.step_overdue(at, limit)
    _tell(records, rules, book, FollowUpKind.STEP_OVERDUE, late_steps, at)
    soon = _due_soon(records, rules, book, at, limit)
    _tell(records, rules, book, FollowUpKind.DUE_SOON, soon, at)
    return Found(due_soon=len(soon), step_overdue=len(late_steps), overdue=len(late), heads=heads)


class _Hours:
    """The opening hours of units on a day: those with hours of their own, and the standard ones for all others."""

    def __init__(self, records: Records, at: datetime) -> None:
        open_today = records.units.tree().units_on(vietnam_day(at))
        self.own = {unit.code: unit.hours for unit in open_today if unit.hours is not None}

    def of(self, unit: str) -> OfficeHours:
        return self.own.get(unit, STANDARD_HOURS)


def _due_soon(records: Records, rules: DeadlineRules, book: _Hours, at: datetime, limit: int) -> Sequence[DueCase]:
    until = rules.soon_until(at)
    found = list(records.follow_ups.due_soon(at, until, limit, units=book.own, are_left_out=True))
    for unit, hours in book.own.items():
        if len(found) >= limit:
            break
        until, left = rules.soon_until(at, hours), limit - len(found)
        found += records.follow_ups.due_soon(at, until, left, units=[unit], are_left_out=False)
    return found


def _tell(
    records: Records, rules: DeadlineRules, book: _Hours, kind: FollowUpKind, cases: Iterable[DueCase], at: datetime
) -> None:
    escalates = kind is not FollowUpKind.DUE_SOON
    records.follow_ups.add(
        [
            FollowUp(
                id=uuid4(),
                application_id=case.application_id,
                unit=case.unit,
                kind=kind,
                level=Level.OWNER,
                due_at=case.due_at,
                to_key=case.owner_key,
                found_at=at,
                escalates_at=rules.escalates_at(at, book.of(case.unit)) if escalates else None,
            )
            for case in cases
        ]
    )


def _tell_heads(records: Records, at: datetime, limit: int) -> int:
    due = records.follow_ups.escalating(at, limit)
    told = [
        FollowUp(
            id=uuid4(),
            application_id=one.follow_up.application_id,
            unit=one.follow_up.unit,
            kind=one.follow_up.kind,
            level=Level.HEAD,
            due_at=one.follow_up.due_at,
            to_key=None,
            found_at=at,
        )
        for one in due
        if one.still_late
    ]
    records.follow_ups.add(told)
    records.follow_ups.end_escalation([one.follow_up.id for one in due])
    return len(due)


def _draft_apologies(
    records: Records, rules: DeadlineRules, book: _Hours, cases: Iterable[DueCase], at: datetime
) -> None:
    for case in cases:
        if records.apologies.of_application(case.application_id) is not None:
            continue
        application = records.applications.by_id(case.application_id)
        if not is_owed(application, case.due_at):
            continue
        proposed = rules.proposed_date(at, application.limit, book.of(case.unit))
        records.apologies.draft(
            Apology(
                application_id=case.application_id,
                unit=case.unit,
                missed_at=case.due_at,
                drafted_at=at,
                new_date=proposed,
            )
        )
        records.audit.append(
            AuditEntry(
                at=at,
                actor=DEADLINES,
                action="apology_drafted",
                application_id=case.application_id,
                details={"missed_at": case.due_at.isoformat(), "new_date": proposed.isoformat()},
            )
        )
