"""Who looks after money that waits: always a unit, and a named official where the register knows somebody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from identity.citizen import Role

from ..application import Application
from ..errors import NoSuccessor, PersonErased
from ..fees.facts import vietnam_day
from ..records import AuditEntry, Records
from ..rules import Rules

_SYSTEM = "condau"
_ROLES: tuple[Role, ...] = ("caseworker", "head")
"""Who is asked first."""


def application_of(records: Records, application_id: UUID | None) -> Application | None:
    """None also where the person has been forgotten: money for her waits as money for nobody does."""
    try:
        return None if application_id is None else records.applications.by_id(application_id)
    except PersonErased:
        return None


def unit_in_charge_of(records: Records, rules: Rules, application: Application | None, at: datetime) -> str:
    """The unit that has the application, else the one that the installation names for money of nobody's."""
    return _taking_over(records, rules.payments.unit, at) if application is None else application.unit


def owner_of(records: Records, unit: str, application: Application | None) -> str | None:
    """The account with the fewest waiting payments among the unit's caseworkers, else among its heads; None where
    nobody is registered: then it is every caseworker's and head's. Never the applicant's own."""
    for role in _ROLES:
        keys = {official.subject_key for official in records.officials.of_unit(unit, role)}
        if application is not None:
            keys -= {application.applicant.subject_key}
        if keys:
            held = records.received_payments.owned(keys)
            return min(keys, key=lambda key: (held.get(key, 0), key))
    return None


def rehome(records: Records, rules: Rules, at: datetime, limit: int) -> int:
    """Give waiting payments whose unit has ended to its successor, and those whose owner may not act any more to
    somebody else, `limit` at most; returns how many."""
    moved = 0
    for payment in records.received_payments.homeless(_ended_units(records, at), limit):
        application = application_of(records, payment.meant_for)
        unit = _taking_over(records, payment.unit, at) if application is None else application.unit
        owner = owner_of(records, unit, application)
        if (unit, owner) == (payment.unit, payment.owner_key):
            continue
        records.received_payments.assign(payment, owner, unit=unit)
        records.audit.append(
            AuditEntry(
                at=at,
                actor=_SYSTEM,
                action="payment_reassigned",
                application_id=payment.meant_for,
                details={"payment": str(payment.id), "unit": unit, "to": owner, "former": payment.owner_key},
            )
        )
        moved += 1
    return moved


def _ended_units(records: Records, at: datetime) -> frozenset[str]:
    return frozenset(unit.code for unit in records.units.tree().ended_before(vietnam_day(at)))


def _taking_over(records: Records, unit: str, at: datetime) -> str:
    try:
        return records.units.tree().in_charge(unit, vietnam_day(at))
    except NoSuccessor:
        return unit
