"""Whose cases an official may open: the unit's, with a role that needs them, and never an own one."""

from __future__ import annotations

from datetime import datetime

from identity.citizen import VerifiedOfficial

from .application import Application
from .delegations.self_dealing import people_concerned
from .errors import RoleMissing, SelfDealing
from .procedure.calendar import WorkingCalendar
from .procedure.limit import Limit
from .procedure.working_time import STANDARD_HOURS, due_at
from .records import Records, WorkListPage
from .work_list import EVERYTHING, WorkFilter

DESK_ROLES = frozenset({"caseworker", "head"})
DUE_SOON = Limit(8, "working_hours")
"""So long before its promised time a case is due soon: a working day."""


def work_list(
    records: Records, official: VerifiedOfficial, cursor: str | None, limit: int, wanted: WorkFilter = EVERYTHING
) -> WorkListPage:
    """What waits for a decision in the official's unit, or a part of it, the earliest promised date first.

    Raises RoleMissing, InvalidCursor.
    """
    demand_desk(official)
    return records.applications.work_list(official.unit, cursor, limit, wanted)


def soon_before(calendar: WorkingCalendar, now: datetime) -> datetime:
    """Up to which promised time a case is due soon now."""
    return due_at(now, DUE_SOON, calendar, STANDARD_HOURS) or now


def open_case(records: Records, official: VerifiedOfficial, code: str) -> Application:
    """One application of the unit. Raises ApplicationNotFound, RoleMissing, SelfDealing."""
    application = records.applications.in_unit(code, official.unit)
    demand_desk(official)
    refuse_own_case(application, official)
    return application


def refuse_own_case(application: Application, official: VerifiedOfficial) -> None:
    """Raises SelfDealing, by the person's number and not by the account: one person may hold two accounts.

    A child's case is closed to the child and to all its parents and guardians, whichever of them has applied, a body's
    to whom it asks about.
    """
    if is_own_case(application, official):
        raise SelfDealing("nobody deals with an application of his or her own")


def is_own_case(application: Application, official: VerifiedOfficial) -> bool:
    """Whether `refuse_own_case` would close it to the official."""
    return official.personal_id.digits in people_concerned(application)


def demand_desk(official: VerifiedOfficial) -> None:
    """Raises RoleMissing."""
    if not DESK_ROLES & official.roles:
        raise RoleMissing("the desk belongs to caseworkers and heads")
