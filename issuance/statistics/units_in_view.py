"""Which units an official's statistics are about."""

from __future__ import annotations

from collections import deque
from datetime import date

from identity.citizen import VerifiedOfficial
from issuance.agencies.tree import UnitTree
from issuance.desk import DESK_ROLES
from issuance.errors import RoleMissing, UnknownUnit


def units_in_view(
    tree: UnitTree, official: VerifiedOfficial, asked: str | None, first: date, last: date
) -> frozenset[str] | None:
    """The unit asked for and those below it, of what the official may see; None for all there are.

    An operator sees all; the desk its own unit and those that stood below it on any day of the period.
    Raises RoleMissing; UnknownUnit also for a unit that the official may not see.
    """
    if "operator" in official.roles:
        if asked is None:
            return None
        if not tree.is_known(asked):
            raise UnknownUnit
        return with_those_below(tree, asked, first, last)
    if not DESK_ROLES & official.roles:
        raise RoleMissing("statistics belong to the desk and to operators")
    visible = with_those_below(tree, official.unit, first, last)
    if asked is None:
        return visible
    if asked not in visible:
        raise UnknownUnit
    return with_those_below(tree, asked, first, last) & visible


def with_those_below(tree: UnitTree, code: str, first: date, last: date) -> frozenset[str]:
    """The code and every unit that stood below it, at whatever depth, on some day of the period."""
    below: dict[str, list[str]] = {}
    for unit in tree.rows:
        if unit.parent is not None and unit.valid_from <= last and first <= unit.last_day:
            below.setdefault(unit.parent, []).append(unit.code)
    found, left = {code}, deque([code])
    while left:
        for child in below.get(left.popleft(), ()):
            if child not in found:
                found.add(child)
                left.append(child)
    return frozenset(found)
