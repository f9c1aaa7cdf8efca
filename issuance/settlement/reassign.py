"""Cases whose owner may not act any more come to somebody who may: nobody waits for a right that has ended."""

from __future__ import annotations

from datetime import datetime

from ..application import Application
from ..delegations.authority import HEAD
from ..records import AuditEntry, Records
from ..rules import Rules
from .assign import may_own
from .assign_owner import hand_to, owner_for
from .stop import SYSTEM


def reassign_without_authority(records: Records, rules: Rules, at: datetime, limit: int) -> int:
    """Give undecided cases whose owner has lost the role, has left the unit or whose delegation is over to somebody
    else, `limit` at most; returns how many.

    An owner whom the register of officials does not know is left alone: his or her role is in the token alone.
    """
    moved = 0
    for unit, key, role in records.applications.owners():
        registered = records.officials.find(key)
        if registered is None:
            continue
        holds = registered.is_active and registered.unit == unit and bool(registered.roles & {role, HEAD})
        if holds:
            continue
        for application in records.applications.owned(unit, key, role, limit - moved):
            if not may_own(records, rules, application, key, at):
                _reassign(records, rules, application, key, at)
                moved += 1
        if moved >= limit:
            break
    return moved


def _reassign(records: Records, rules: Rules, application: Application, former: str, at: datetime) -> None:
    owner = owner_for(records, rules, application, application.role, without=frozenset({former}))
    application = hand_to(records, application, owner)
    records.audit.append(
        AuditEntry(
            at=at,
            actor=SYSTEM,
            action="application_reassigned",
            application_id=application.id,
            details={"unit": application.unit, "former": former, "to": None if owner is None else owner.subject_key},
        )
    )
    records.applications.save(application)
