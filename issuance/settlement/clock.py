"""Until when an application, and the step it is in, have to be done.

Both times stay as they are while the clock stands still, and are reckoned anew when it goes on: a pause counts once its
length is known. An end out of a pause changes nothing; nobody waits any more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..application import Application
from ..fees.facts import vietnam_day
from ..procedure.calendar import WorkingCalendar
from ..procedure.limit import Limit
from ..procedure.working_time import NoWorkingDay, OfficeHours, Pause, due_at
from ..records import Records
from .in_force import hours_of, procedure_of


def promised_at(application: Application, calendar: WorkingCalendar, hours: OfficeHours) -> datetime:
    """When the citizen gets the result at the latest: the legal limit from the submission on, without the pauses that
    have ended."""
    return _due(application.submitted_at, application.limit, calendar, hours, _ended(application))


def step_due_at(
    application: Application, entered_at: datetime, limit: Limit, calendar: WorkingCalendar, hours: OfficeHours
) -> datetime:
    """Until when the step has to be done: its own limit, but never longer than the citizen was promised.

    Steps that took too long, or were gone back to, take their time from what is left, and not from the citizen.
    """
    return min(_due(entered_at, limit, calendar, hours, _ended(application)), application.promised_at)


def go_on(records: Records, calendar: WorkingCalendar, application: Application, at: datetime) -> Application:
    """Both times anew, after a pause has ended. Not yet saved; the open visit's due time is."""
    hours = hours_of(records, application.unit, vietnam_day(at))
    application = replace(application, promised_at=promised_at(application, calendar, hours))
    visit = records.step_visits.current(application.id)
    if visit is None:
        return application
    limit = procedure_of(records, application).step(application.step).time_limit
    due = step_due_at(application, visit.entered_at, limit, calendar, hours)
    records.step_visits.change(replace(visit, due_at=due))
    return replace(application, step_due_at=due)


def _ended(application: Application) -> tuple[Pause, ...]:
    return tuple(pause for pause in application.pauses if pause.ended_at is not None)


def _due(
    start: datetime, limit: Limit, calendar: WorkingCalendar, hours: OfficeHours, pauses: tuple[Pause, ...]
) -> datetime:
    due = due_at(start, limit, calendar, hours, pauses)
    if due is None:
        raise NoWorkingDay("pauses that have ended hold nothing up for ever")
    return due
