"""A head lends powers, his or her own or an official's, for a time and by an act; and takes them back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from identity.citizen import Role, VerifiedOfficial
from identity.officials_register import RegisteredOfficial
from identity.personal_id import PersonalId

from ..application import Actor
from ..errors import DelegationRefused, RoleMissing
from ..records import AuditEntry, Records
from ..rules import Rules
from .authority import HEAD
from .delegation import Delegation

LONGEST = timedelta(days=366)
LENT: frozenset[Role] = frozenset({"caseworker", "head"})


def grant(
    records: Records,
    rules: Rules,
    official: VerifiedOfficial,
    *,
    from_key: str | None,
    from_person: PersonalId | None,
    to_key: str,
    role: Role,
    type_ids: Collection[str] | None,
    valid_from: datetime,
    valid_until: datetime,
    act: str,
    at: datetime,
) -> Delegation:
    """Let one official of the head's unit act in another's place; a year at most, never for a time that has passed.

    from_key: whose powers, the head's own with None. from_person: the other official's personal number, so that nobody
    settles that official's own cases by them; kept as a blind index only. act: the decision that it rests on.
    valid_until is not included.
    Both must stand in the register of officials, since what nobody can look up nobody can see end.
    Raises RoleMissing (heads lend), DelegationRefused.
    """
    _demand_head(official)
    if role not in LENT:
        raise DelegationRefused("role_not_lent")
    if type_ids is not None and (not type_ids or not set(type_ids) <= set(rules.catalogue.type_ids())):
        raise DelegationRefused("unknown_types")
    if not max(at, valid_from) < valid_until <= valid_from + LONGEST or valid_from < at - timedelta(minutes=5):
        raise DelegationRefused("period")
    if to_key == (from_key or official.subject_key):
        raise DelegationRefused("same_person")
    lender = _registered(records, official.unit, from_key or official.subject_key)
    if role not in lender.roles:
        raise DelegationRefused("role_not_held")
    taker = _registered(records, official.unit, to_key)
    own = lender.subject_key == official.subject_key
    person = official.personal_id if own else from_person
    if person is None:
        raise DelegationRefused("person_missing")
    delegation = Delegation(
        id=uuid4(),
        unit=official.unit,
        role=role,
        type_ids=None if type_ids is None else tuple(sorted(type_ids)),
        delegator=Actor.from_official(official) if own else _named(lender),
        person=rules.person_index(person.digits),
        delegate=_named(taker),
        valid_from=valid_from,
        valid_until=valid_until,
        act=act,
        created_by=official.subject_key,
        created_at=at,
    )
    records.delegations.add(delegation)
    _audit(records, official, delegation, "delegation_granted", at)
    return delegation


def revoke_delegation(records: Records, official: VerifiedOfficial, delegation_id: UUID, at: datetime) -> Delegation:
    """From this moment on nobody acts by it. Revoked once, it stays so.

    Raises RoleMissing, DelegationNotFound, ConcurrentChange.
    """
    _demand_head(official)
    delegation = records.delegations.in_unit(delegation_id, official.unit)
    if delegation.revoked_at is not None:
        return delegation
    revoked = replace(delegation, revoked_at=at, revoked_by=official.subject_key)
    records.delegations.revoke(revoked)
    _audit(records, official, revoked, "delegation_revoked", at)
    return revoked


def list_delegations(records: Records, official: VerifiedOfficial, at: datetime) -> Sequence[Delegation]:
    """Those of the unit that have not ended; a head sees all, anybody else those from and to the own account.

    Raises RoleMissing.
    """
    if not LENT & official.roles:
        raise RoleMissing("delegations belong to caseworkers and heads")
    found = records.delegations.of_unit(official.unit, at)
    if HEAD in official.roles:
        return found
    own = official.subject_key
    return [one for one in found if own in {one.delegator.subject_key, one.delegate.subject_key}]


def _demand_head(official: VerifiedOfficial) -> None:
    if HEAD not in official.roles:
        raise RoleMissing("powers are lent by heads")


def _registered(records: Records, unit: str, key: str) -> RegisteredOfficial:
    found = records.officials.find(key)
    if found is None or not found.is_active or found.unit != unit:
        raise DelegationRefused("not_of_the_unit")
    return found


def _named(official: RegisteredOfficial) -> Actor:
    name = official.full_name or official.subject_key.rpartition("|")[2]
    return Actor(subject_key=official.subject_key, full_name=name, unit=official.unit)


def _audit(records: Records, official: VerifiedOfficial, delegation: Delegation, action: str, at: datetime) -> None:
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action=action,
            application_id=None,
            details={
                "delegation": str(delegation.id),
                "unit": delegation.unit,
                "role": delegation.role,
                "from": delegation.delegator.subject_key,
                "to": delegation.delegate.subject_key,
                "valid_from": delegation.valid_from.isoformat(),
                "valid_until": delegation.valid_until.isoformat(),
            },
        )
    )
