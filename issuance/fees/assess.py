"""Facts and policy in, decision out: pure, exact in integers, and an answer for every valid request."""

from __future__ import annotations

import functools
from datetime import date
from typing import cast

from issuance.fees.assessment import FeeAssessment, FeeLine, FeeOutcome, ReferralReason
from issuance.fees.book import PolicyBook
from issuance.fees.compiled import CompiledPolicy, Values
from issuance.fees.deciding import Course, choose, require_deciding_day
from issuance.fees.document import FeePolicy, policy_digest
from issuance.fees.facts import FACTS, FactValue, FeeFacts, values_of
from issuance.fees.quotas import NOT_KNOWN, Quotas

__all__ = [
    "ENGINE_VERSION",
    "FeeAssessment",
    "FeeFacts",
    "FeeLine",
    "FeeOutcome",
    "assess",
    "assess_alike",
    "assess_values",
]

ENGINE_VERSION = "2"
"""Raised whenever the same facts and policy could come to another amount or trace. 2: rules that an earlier one
preceded stand at their place in `not_fired`, and no longer at the end of their stage."""


def assess(facts: FeeFacts, policy: PolicyBook | FeePolicy, quotas: Quotas, on: date) -> FeeAssessment:
    """Decide what is due, stage by stage, with every rule accounted for.

    policy: a book, of which the version in force now decides, or one version. quotas: what is left of those wider than
    the request. on: the day asked about, that of submission or of receipt in Asia/Ho_Chi_Minh. A version decides by its
    own deciding day, whichever of the two was asked about; that day selects the version, the rules in force and the
    age, and stands in `decided_for`. Where no version applies the outcome is REFERRED for the day asked about, never a
    guess. Raises FactsRefused for any other day, and nothing else.
    """
    require_deciding_day(facts, on)
    chosen = choose(policy, facts.document_type, facts.submitted_on, facts.received_on)
    day = on if isinstance(chosen, ReferralReason) else chosen[1]
    return _answer(values_of(facts, day), policy, chosen, quotas, on)


def assess_alike(facts: FeeFacts, policy: FeePolicy, on: date) -> FeeAssessment:
    """`assess` by a version without quotas wider than the request: alike requests share one decision and its words.

    Kept of a request is no more than the facts that the version asks about, the age in place of the day of birth.
    """
    require_deciding_day(facts, on)
    chosen = choose(policy, facts.document_type, facts.submitted_on, facts.received_on)
    if isinstance(chosen, ReferralReason):
        return _answer(values_of(facts, on), policy, chosen, NOT_KNOWN, on)
    version, day = chosen
    values = values_of(facts, day)
    return version.decided_alike(values, day, lambda: _answer(values, policy, chosen, NOT_KNOWN, on))


def assess_values(values: Values, policy: PolicyBook | FeePolicy, quotas: Quotas, on: date) -> FeeAssessment:
    """`assess` on facts in the catalogue's form, of which those left out count as not known.

    values: at least `document_type`, `submitted_on` and, unless the case is referred, `copies`; the age is that on the
    deciding day.
    """
    complete: dict[str, FactValue] = dict.fromkeys(FACTS)
    complete.update(values)
    # A referral needs no copies. Should the case be decided now, it is so for one, and a replay shows the difference.
    complete["copies"] = complete["copies"] or 1
    chosen = choose(
        policy,
        cast("str", complete["document_type"]),
        cast("date", complete["submitted_on"]),
        cast("date | None", complete["received_on"]),
    )
    return _answer(complete, policy, chosen, quotas, on)


def _answer(
    values: Values,
    policy: PolicyBook | FeePolicy,
    chosen: tuple[CompiledPolicy, date] | ReferralReason,
    quotas: Quotas,
    on: date,
) -> FeeAssessment:
    if isinstance(chosen, ReferralReason):
        return _refer(values, policy, chosen, on)
    version, day = chosen
    if version.needs_pages and values["pages"] is None:
        return _refer(values, policy, ReferralReason.PAGES_NOT_KNOWN, day)
    return _told(Course(version, values, quotas, day), version, values, day)


def _told(course: Course, policy: CompiledPolicy, values: Values, on: date) -> FeeAssessment:
    lines = tuple(
        policy.line(index, quantity, course.reductions[index], course.remaining[index])
        for index, quantity in enumerate(course.quantities)
    )
    return FeeAssessment(
        outcome=FeeOutcome.DUE if any(course.remaining) else FeeOutcome.NOTHING_DUE,
        document_type=cast("str", values["document_type"]),
        decided_for=on,
        lines=lines,
        fired=tuple(course.fired),
        not_fired=tuple(course.not_fired),
        facts_used=policy.facts_used(values),
        citations=policy.citations(course.acts),
        policy=policy.version,
        referral=None,
        catalogue_digest=catalogue_digest(),
        engine_version=ENGINE_VERSION,
        quota_uses=tuple(course.uses),
    )


def _refer(values: Values, policy: PolicyBook | FeePolicy, reason: ReferralReason, on: date) -> FeeAssessment:
    document_type = cast("str", values["document_type"])
    used = ["document_type", "submitted_on"]
    if _may_decide_by_receipt(policy, document_type):
        used.append("received_on")
    if reason is ReferralReason.PAGES_NOT_KNOWN:
        used.append("pages")
    return FeeAssessment(
        outcome=FeeOutcome.REFERRED,
        document_type=document_type,
        decided_for=on,
        lines=(),
        fired=(),
        not_fired=(),
        facts_used=tuple((name, values[name]) for name in used),
        citations=(),
        policy=None,
        referral=reason,
        catalogue_digest=catalogue_digest(),
        engine_version=ENGINE_VERSION,
    )


def _may_decide_by_receipt(policy: PolicyBook | FeePolicy, document_type: str) -> bool:
    if isinstance(policy, FeePolicy):
        return policy.document.deciding_date == "received" and document_type in policy.document.document_types
    return bool(policy.deciding_by_receipt(document_type))


@functools.cache
def catalogue_digest() -> str:
    """SHA-256 (hex) of the fact catalogue's names, kinds, values and bounds; wording doesn't count."""
    return policy_digest(
        {name: [fact.kind.value, sorted(fact.values or ()), fact.minimum, fact.maximum] for name, fact in FACTS.items()}
    )
