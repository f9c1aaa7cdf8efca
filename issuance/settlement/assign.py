"""A head gives a case to an official of the unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from identity.citizen import Role, VerifiedOfficial
from identity.officials_register import RegisteredOfficial

from ..application import Application
from ..delegations.authority import HEAD, authority_in_role, still_holds
from ..delegations.self_dealing import persons_concerned
from ..errors import AssignmentRefused
from ..records import Records
from ..rules import Rules
from .assign_owner import actor_of, hand_to
from .audited import audit
from .open_turn import require_undecided

CASEWORKER: Role = "caseworker"


def assign(
    records: Records, rules: Rules, code: str, official: VerifiedOfficial, to_key: str, at: datetime
) -> Application:
    """to_key: the account of an active official of the unit who holds the step's role, or acts in a holder's place.

    Raises ApplicationNotFound, RoleMissing (heads assign), SelfDealing, AlreadyDecided, IllegalMove (it has ended),
    AssignmentRefused.
    """
    application = records.applications.in_unit(code, official.unit)
    right = authority_in_role(records, rules, official, application, HEAD, at)
    require_undecided(application)
    chosen = records.officials.find(to_key)
    if chosen is None or not chosen.is_active or chosen.unit != application.unit:
        raise AssignmentRefused("no active official of this unit")
    if not may_own(records, rules, application, to_key, at):
        raise AssignmentRefused("this official may not act in this step, or is concerned")
    application = hand_to(records, application, actor_of(chosen))
    audit(records, application, right, "application_assigned", at, step=application.step, to=to_key)
    return records.applications.save(application)


def possible_owners(
    records: Records, rules: Rules, application: Application, at: datetime
) -> Sequence[RegisteredOfficial]:
    """To whom a head can give the case, by name; not who has it already."""
    owner, settling = None if application.owner is None else application.owner.subject_key, (CASEWORKER, HEAD)
    known = {one.subject_key: one for role in settling for one in records.officials.of_unit(application.unit, role)}
    found = [one for key, one in known.items() if key != owner and may_own(records, rules, application, key, at)]
    return sorted(found, key=lambda one: (one.full_name or "", one.subject_key))


def may_own(records: Records, rules: Rules, application: Application, key: str, at: datetime) -> bool:
    """Whether a registered account has the step's role, or that of a head, or acts for somebody who has; and none of
    the people concerned is its own, or a declared relative of whom it needs."""
    concerned = persons_concerned(rules, application)
    if key == application.applicant.subject_key or records.relatives.of(key) & concerned:
        return False
    chosen = records.officials.find(key)
    if chosen is None or not chosen.is_active or chosen.unit != application.unit:
        return False
    if chosen.roles & {application.role, HEAD}:
        return True
    return any(
        one.role in {application.role, HEAD}
        and one.covers(application.type_id)
        and still_holds(records, one)
        and one.person not in concerned
        and not records.relatives.of(one.delegator.subject_key) & concerned
        for one in records.delegations.to(key, application.unit, at)
    )
