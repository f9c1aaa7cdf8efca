"""Whose cases an official may open: the unit's, with a role that needs them, and never an own one."""

from __future__ import annotations

from identity.citizen import VerifiedOfficial

from .application import Application
from .errors import RoleMissing, SelfDealing
from .records import Records, WorkListPage

DESK_ROLES = frozenset({"caseworker", "head"})


def work_list(records: Records, official: VerifiedOfficial, cursor: str | None, limit: int) -> WorkListPage:
    """What waits for a decision in the official's unit, the earliest promised date first. Raises RoleMissing."""
    _demand_role(official)
    return records.applications.work_list(official.unit, cursor, limit)


def open_case(records: Records, official: VerifiedOfficial, code: str) -> Application:
    """One application of the unit. Raises ApplicationNotFound, RoleMissing, SelfDealing."""
    application = records.applications.in_unit(code, official.unit)
    _demand_role(official)
    refuse_own_case(application, official)
    return application


def refuse_own_case(application: Application, official: VerifiedOfficial) -> None:
    """Raises SelfDealing, by the person's number and not by the account: one person may hold two accounts.

    A child's case is closed to the child and to all its parents and guardians, whichever of them has applied.
    """
    ward = application.on_behalf_of
    own = {application.applicant.personal_id} if ward is None else {ward.personal_id, *ward.guardians}
    if official.personal_id.digits in {application.applicant.personal_id, *own}:
        raise SelfDealing("nobody deals with an application of his or her own")


def _demand_role(official: VerifiedOfficial) -> None:
    if not DESK_ROLES & official.roles:
        raise RoleMissing("the desk belongs to caseworkers and heads")
