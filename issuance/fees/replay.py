"""A stored decision taken again, years later, from what it says about itself and the version that decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from issuance.fees.assess import assess_values
from issuance.fees.assessment import FeeAssessment
from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy
from issuance.fees.quotas import Quotas
from issuance.fees.stored import to_json

_MAY_DIFFER = frozenset({"catalogue_digest", "engine_version"})
_NAMES = ("charge_id", "rule_id", "fact", "id")


def decide_again(stored: FeeAssessment, policy: PolicyBook | FeePolicy) -> FeeAssessment:
    """Decide anew from the stored `facts_used`, `quota_uses` and `decided_for` alone.

    policy: the version that decided (`stored.policy` has its digest); for a referral, which no version decided, the
    book as it was known then.
    """
    left: dict[str, int] = {}
    for use in stored.quota_uses:
        # The first rule found the quota as it was before this decision; later ones what that rule had left.
        left.setdefault(use.name, use.left)
    return assess_values(dict(stored.facts_used), policy, Quotas(left), stored.decided_for)


def differences(stored: FeeAssessment, again: FeeAssessment) -> tuple[str, ...]:
    """The places where two assessments differ: `lines[fee].due_vnd`; never a value, since facts are personal data.

    The versions of engine and catalogue don't count: the same result by newer ones is what a replay is to show. Nor
    does the order in which rules that didn't apply are told, which was another one before version 2 of the engine.
    """
    one, other = to_json(stored), to_json(again)
    for told in (one, other):
        told["not_fired"] = sorted(told["not_fired"], key=lambda rule: str(rule["rule_id"]))
    places = (place for key in one if key not in _MAY_DIFFER for place in _differing(key, one[key], other[key]))
    return tuple(dict.fromkeys(places))


def _differing(place: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _differing(f"{place}.{key}", one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differing(f"{place}[{_name_of(left, index)}]", left, right)
    elif one != other:
        yield place


def _name_of(entry: Any, index: int) -> str | int:
    if not isinstance(entry, dict):
        return index
    return next((entry[name] for name in _NAMES if name in entry), index)
