"""Whose turn it is: one named official, or where none can be named everybody of the unit in the step's role."""

from __future__ import annotations

from dataclasses import replace

from identity.citizen import Role
from identity.officials_register import RegisteredOfficial

from ..application import Actor, Application
from ..delegations.self_dealing import persons_concerned
from ..records import Records
from ..rules import Rules


def owner_for(
    records: Records, rules: Rules, application: Application, role: Role, without: frozenset[str] = frozenset()
) -> Actor | None:
    """Of the unit's active officials in this role the one with the fewest open cases; None where nobody is registered.

    Never the applicant's own account, nor that of somebody who has declared one of the people concerned a relative.
    without: accounts that do not come into question.
    """
    holders = records.officials.of_unit(application.unit, role)
    keys = {official.subject_key for official in holders} - {application.applicant.subject_key, *without}
    if keys:
        keys -= records.relatives.among(keys, persons_concerned(rules, application))
    possible = [official for official in holders if official.subject_key in keys]
    if not possible:
        return None
    if len(possible) == 1:
        return actor_of(possible[0])
    held = records.applications.open_by_owner([official.subject_key for official in possible])
    return actor_of(min(possible, key=lambda one: (held.get(one.subject_key, 0), one.subject_key)))


def hand_to(records: Records, application: Application, owner: Actor | None) -> Application:
    """The application with its new owner. Not yet saved; the open visit is."""
    visit = records.step_visits.current(application.id)
    if visit is not None:
        key = None if owner is None else owner.subject_key
        records.step_visits.change(replace(visit, unit=application.unit, owner_key=key))
    return replace(application, owner=owner)


def assign_anew(records: Records, rules: Rules, application: Application) -> Application:
    """Somebody of the unit that the application now belongs to, for the step in which it is. Not yet saved."""
    return hand_to(records, application, owner_for(records, rules, application, application.role))


def actor_of(official: RegisteredOfficial) -> Actor:
    """By the name that the register has; without one the account's own name stands for it."""
    name = official.full_name or official.subject_key.rpartition("|")[2]
    return Actor(subject_key=official.subject_key, full_name=name, unit=official.unit)
