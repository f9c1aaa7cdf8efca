"""By which right an official acts on an application: an own role, or a colleague's under a delegation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity.citizen import Role, VerifiedOfficial

from ..application import Actor, Application
from ..errors import NotYours, RoleMissing, SelfDealing
from ..records import Records
from ..rules import Rules
from .delegation import Delegation
from .self_dealing import refuse_the_concerned

HEAD: Role = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """actor: who acts. delegation: set where it is done in a colleague's place. as_head: in a head's role."""

    actor: Actor
    as_head: bool
    delegation: Delegation | None = None

    @property
    def acting_for(self) -> Actor | None:
        """In whose place."""
        return None if self.delegation is None else self.delegation.delegator

    @property
    def delegation_id(self) -> UUID | None:
        return None if self.delegation is None else self.delegation.id

    @property
    def act(self) -> str | None:
        """On which it rests that another one acts."""
        return None if self.delegation is None else self.delegation.act


def authority_to_act(
    records: Records, rules: Rules, official: VerifiedOfficial, application: Application, at: datetime
) -> Authority:
    """The right by which the official may act on the application now: as its owner, in its owner's place, as a head of
    the unit, or, where nobody owns it, in the step's role.

    Raises RoleMissing, SelfDealing, NotYours.
    """
    found = list(_authorities(records, official, application, application.role, at))
    if not found:
        raise RoleMissing("this step belongs to another role")
    return _first_untainted(
        records, rules, official, application, [one for one in found if _is_theirs(application, one)]
    )


def authority_in_role(
    records: Records, rules: Rules, official: VerifiedOfficial, application: Application, role: Role, at: datetime
) -> Authority:
    """The right to do what belongs to a role, whoever has the case. Raises RoleMissing, SelfDealing."""
    found = list(_authorities(records, official, application, role, at))
    if not found:
        raise RoleMissing("this belongs to another role")
    return _first_untainted(records, rules, official, application, found)


def _first_untainted(
    records: Records, rules: Rules, official: VerifiedOfficial, application: Application, found: list[Authority]
) -> Authority:
    """Raises SelfDealing, and NotYours where there is no right at all."""
    refuse_the_concerned(records, rules, application, official)
    refused: SelfDealing | None = None
    for one in found:
        try:
            refuse_the_concerned(records, rules, application, official, one.delegation)
        except SelfDealing as error:
            refused = error
        else:
            return one
    if refused is not None:
        raise refused
    raise NotYours(None if application.owner is None else application.owner.full_name)


def _is_theirs(application: Application, right: Authority) -> bool:
    owner = application.owner
    if owner is None or right.as_head or owner.subject_key == right.actor.subject_key:
        return True
    return right.acting_for is not None and right.acting_for.subject_key == owner.subject_key


def _authorities(
    records: Records, official: VerifiedOfficial, application: Application, role: Role, at: datetime
) -> Iterator[Authority]:
    """A head may do whatever a step of the unit's lets its own role do."""
    if official.unit != application.unit:
        return
    actor = Actor.from_official(official)
    if HEAD in official.roles or role in official.roles:
        yield Authority(actor=actor, as_head=HEAD in official.roles)
    for delegation in records.delegations.to(official.subject_key, application.unit, at):
        if delegation.role not in {role, HEAD} or not delegation.covers(application.type_id):
            continue
        if delegation.is_in_force(at) and still_holds(records, delegation):
            yield Authority(actor=actor, as_head=delegation.role == HEAD, delegation=delegation)


def still_holds(records: Records, delegation: Delegation) -> bool:
    """Whether the delegator is still an active official of the unit in the role that is lent.

    Of somebody whom the register of officials does not know nobody can tell, so nothing can be lent.
    """
    delegator = records.officials.find(delegation.delegator.subject_key)
    return (
        delegator is not None
        and delegator.is_active
        and delegator.unit == delegation.unit
        and delegation.role in delegator.roles
    )
