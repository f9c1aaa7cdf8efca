"""What a case should look like, written down beside the product: from the events alone, by the naive calculation.

All moments are Vietnam's, without a time zone, and fall on whole minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from tests.issuance.procedure.naive_deadlines import STANDARD_WEEK, Office, Week, naive_due

VIETNAM = timezone(timedelta(hours=7))
MINUTE = timedelta(minutes=1)
NEVER = datetime.fromisoformat("9999-01-01")

STANDARD = Office(STANDARD_WEEK)
SHORT_WEEK: Week = {weekday: [("07:30", "11:30"), ("13:00", "16:30")] for weekday in range(5)}
SHORT = Office(SHORT_WEEK)

Limits = Mapping[tuple[str, int], Mapping[str, tuple[int, str]]]
"""By procedure and version the limit of each step, as its document has it."""


def aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=VIETNAM).astimezone(UTC)


def here(moment: datetime) -> datetime:
    """The same moment as a Vietnamese clock shows it."""
    return moment.astimezone(VIETNAM).replace(tzinfo=None)


def limits_of(sources: Iterable[bytes]) -> Limits:
    found = {}
    for source in sources:
        document = json.loads(source)
        steps = {step["id"]: (step["time_limit"]["amount"], step["time_limit"]["unit"]) for step in document["steps"]}
        found[document["id"], document["version"]] = steps
    return found


def legal_days(type_id: str, asked: Mapping[str, Any]) -> int:
    """Working days, as the four types promise them."""
    if type_id in ("criminal_record_form_1", "criminal_record_form_2"):
        return 15 if asked.get("lived_abroad") else 10
    if type_id == "marital_status_confirmation":
        return 23 if asked.get("lived_elsewhere") else 3
    return 3


def due(start: datetime, amount: int, unit: str, office: Office, stops: list[tuple[datetime, datetime]]) -> datetime:
    found = naive_due(start, amount, unit, office, stops)
    assert found is not None
    return found


@dataclass(slots=True)
class Visit:
    """due: by its end, or as it is now."""

    step: str
    entered_at: datetime
    due: datetime = NEVER
    left_at: datetime | None = None


@dataclass(slots=True, eq=False)
class Case:
    """fate: how the people of the year mean it to go. stops: pauses that have ended; paused_at: begin of the open one.

    is_stale: a register's answer has grown too old. ended: how, in the words of the statistics (settled, refused,
    stopped, withdrawn).
    """

    id: UUID
    code: str
    type_id: str
    unit: str
    procedure: tuple[str, int]
    days: int
    submitted_at: datetime
    fate: str
    promised: datetime = NEVER
    stops: list[tuple[datetime, datetime]] = field(default_factory=list)
    paused_at: datetime | None = None
    step_due: datetime | None = None
    closed_at: datetime | None = None
    ended: str | None = None
    apology_signed_at: datetime | None = None
    papers_asked: int = 0
    returns: int = 0
    dawdles: bool = False
    is_stale: bool = False
    visits: list[Visit] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        return self.closed_at is None and self.paused_at is None

    def begin(self, office: Office, limits: Limits, step: str) -> None:
        self.promised = due(self.submitted_at, self.days, "working_days", office, [])
        self.enter(step, self.submitted_at, office, limits)

    def enter(self, step: str, at: datetime, office: Office, limits: Limits) -> None:
        self.leave(at)
        self.visits.append(Visit(step, at))
        self._reckon_step(office, limits)

    def leave(self, at: datetime) -> None:
        self.step_due = None
        if self.visits and self.visits[-1].left_at is None:
            self.visits[-1].left_at = at

    def pause(self, at: datetime) -> None:
        assert self.runs
        self.paused_at = at

    def go_on(self, at: datetime, office: Office, limits: Limits) -> None:
        assert self.paused_at is not None
        self.stops.append((self.paused_at, at))
        self.paused_at = None
        self.promised = due(self.submitted_at, self.days, "working_days", office, self.stops)
        self._reckon_step(office, limits)

    def _reckon_step(self, office: Office, limits: Limits) -> None:
        visit = self.visits[-1]
        amount, unit = limits[self.procedure][visit.step]
        self.step_due = visit.due = min(due(visit.entered_at, amount, unit, office, self.stops), self.promised)

    def end(self, at: datetime, how: str) -> None:
        self.leave(at)
        self.closed_at, self.ended = at, how

    @property
    def halted_at(self) -> datetime | None:
        """Since when its time runs no more; what ends in a pause was halted by the pause."""
        if self.closed_at is not None and self.stops and self.stops[-1][1] == self.closed_at:
            # Its money came in the minute in which it ended: it has not run since the pause began.
            return self.stops[-1][0]
        return self.paused_at if self.paused_at is not None else self.closed_at

    def is_late(self, now: datetime) -> bool:
        return (self.halted_at or now) > self.promised


@dataclass(frozen=True, slots=True)
class Told:
    """One follow-up as it should be. due: the deadline missed."""

    id: UUID
    kind: str
    level: str
    due: datetime
    found_at: datetime


@dataclass(slots=True)
class FollowUps:
    """Which follow-ups there should be, by a scan of the cases whose deadline passed a minute ago."""

    told: set[Told] = field(default_factory=set)
    _escalating: dict[datetime, list[tuple[Case, str, datetime]]] = field(default_factory=dict)
    _waiting: list[tuple[Case, str, datetime]] = field(default_factory=list)

    def scan(self, cases: Iterable[Case], at: datetime, office_of: Any) -> set[datetime]:
        """cases: of which a deadline may have passed. Returns moments at which to look again."""
        self._escalate(at)
        again = set()
        for case in cases:
            if case.runs and case.promised < at:
                again.add(self._tell(case, "overdue", case.promised, at, office_of))
            if case.runs and case.step_due is not None and case.step_due < at:
                again.add(self._tell(case, "step_overdue", case.step_due, at, office_of))
        return {moment for moment in again if moment is not None}

    def _tell(self, case: Case, kind: str, missed: datetime, at: datetime, office_of: Any) -> datetime | None:
        if any((one.kind, one.due) == (kind, missed) for one in self._of(case)):
            return None
        self._add(case, Told(case.id, kind, "owner", missed, at))
        escalates = due(at, 1, "working_days", office_of(case.unit, at.date()), [])
        self._escalating.setdefault(escalates, []).append((case, kind, missed))
        return escalates

    def _escalate(self, at: datetime) -> None:
        for moment in [moment for moment in self._escalating if moment <= at]:
            self._waiting += self._escalating.pop(moment)
        still = []
        for case, kind, missed in self._waiting:
            if case.paused_at is not None and case.closed_at is None:
                still.append((case, kind, missed))
            elif case.closed_at is None and missed == (case.promised if kind == "overdue" else case.step_due):
                self._add(case, Told(case.id, kind, "head", missed, at))
        self._waiting = still

    _by_case: dict[UUID, list[Told]] = field(default_factory=dict)

    def _of(self, case: Case) -> list[Told]:
        return self._by_case.get(case.id, [])

    def _add(self, case: Case, told: Told) -> None:
        self.told.add(told)
        self._by_case.setdefault(case.id, []).append(told)


def worked_days(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if STANDARD.works_on(day)]
