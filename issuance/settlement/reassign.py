"""Cases whose owner may not act any more come to somebody who may: nobody waits for a right that has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..application import Application
from ..delegations.authority import HEAD
from ..delegations.self_dealing import persons_concerned
from ..records import AuditEntry, Records
from ..rules import Rules
from .assign import may_own
from .assign_owner import hand_to, owner_for
from .stop import SYSTEM

_PAGE = 200


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
        moved += _give_away(
            records,
            rules,
            (unit, key, role),
            lambda application, key=key: may_own(records, rules, application, key, at),  # type: ignore[misc] # of a default
            at,
            limit - moved,
        )
        if moved >= limit:
            break
    return moved


def reassign_cases_of(records: Records, rules: Rules, key: str, person: str, at: datetime) -> int:
    """Give the account's undecided cases that concern this person (by blind index) to somebody else; says how many."""
    return sum(
        _give_away(
            records, rules, owned, lambda application: person not in persons_concerned(rules, application), at, None
        )
        for owned in records.applications.owners()
        if owned[1] == key
    )


def _give_away(
    records: Records,
    rules: Rules,
    owned: tuple[str, str, str],
    stays: Callable[[Application], bool],
    at: datetime,
    limit: int | None,
) -> int:
    """All of these cases are looked at, however many stay."""
    unit, key, role = owned
    moved = kept = 0
    while page := records.applications.owned(unit, key, role, _PAGE, kept):
        for application in page:
            if moved == limit:
                return moved
            if stays(application):
                kept += 1
            else:
                _reassign(records, rules, application, key, at)
                moved += 1
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
