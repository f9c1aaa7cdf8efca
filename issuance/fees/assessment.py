"""What was decided about a fee, and everything needed to understand it later."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal, TypeVar

from issuance.fees.conditions import Condition
from issuance.fees.document import VND, QuotaScope, QuotaUnit
from issuance.fees.errors import AssessmentUnreadable, ReferredHasNoAmount
from issuance.fees.facts import FactValue
from issuance.fees.wording import Label

ReductionKind = Literal["exemption", "reduction", "support"]
T = TypeVar("T")


class FeeOutcome(StrEnum):
    """Money is due, nothing is due, or no policy decides and an official must."""

    DUE = "due"
    NOTHING_DUE = "nothing_due"
    REFERRED = "referred"


class ReferralReason(StrEnum):
    """Why no policy decides.

    DAY_OF_RECEIPT_NOT_KNOWN: no version applies, but one that decides by receipt would, if the request (submitted
    before that version's end) were received on one of its days. PAGES_NOT_KNOWN: the version charges per page.
    """

    NO_POLICY_FOR_DOCUMENT_TYPE = "no_policy_for_document_type"
    NO_VERSION_ON_THIS_DAY = "no_version_on_this_day"
    SEVERAL_VERSIONS_APPLY = "several_versions_apply"
    DAY_OF_RECEIPT_NOT_KNOWN = "day_of_receipt_not_known"
    PAGES_NOT_KNOWN = "pages_not_known"


class NotFiredReason(StrEnum):
    """Why a rule did not fire."""

    NOT_IN_FORCE = "not_in_force"
    CONDITION_FAILED = "condition_failed"
    FACT_NOT_KNOWN = "fact_not_known"
    EARLIER_RULE_MATCHED = "earlier_rule_matched"
    EVIDENCE_MISSING = "evidence_missing"
    QUOTA_USED_UP = "quota_used_up"
    QUOTA_NOT_KNOWN = "quota_not_known"
    EXPRESSION_FAILED = "expression_failed"


@dataclass(frozen=True, slots=True)
class Citation:
    """An act as the policy names it; `source_sha256` binds the stored file it was taken from."""

    id: str
    kind: Label
    number: str
    title: Label
    article: Label | None
    issued_by: Label
    issued_on: date | None
    source_file: str
    source_sha256: str


@dataclass(frozen=True, slots=True)
class Funder:
    """The budget that pays a support."""

    budget: str
    label: Label


@dataclass(frozen=True, slots=True)
class FeeReduction:
    """What one rule took off one charge. funding: None for statutory exemptions and reductions."""

    rule_id: str
    label: Label
    amount: VND
    kind: ReductionKind
    funding: Funder | None
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One charge: gross = waived + due, in VND. Raises AssessmentUnreadable when it isn't so."""

    charge_id: str
    label: Label
    quantity: int
    gross: VND
    reductions: tuple[FeeReduction, ...]
    due: VND
    basis: tuple[str, ...]

    def __post_init__(self) -> None:
        waived = 0
        for entry in self.reductions:
            if entry.amount <= 0:
                raise AssessmentUnreadable(f"line {self.charge_id}: an amount below zero")
            waived += entry.amount
        if self.due < 0:
            raise AssessmentUnreadable(f"line {self.charge_id}: an amount below zero")
        if self.gross != waived + self.due:
            raise AssessmentUnreadable(f"line {self.charge_id}: gross isn't waived plus due")

    @property
    def waived(self) -> VND:
        return VND(sum(entry.amount for entry in self.reductions))


@dataclass(frozen=True, slots=True)
class FeeTotals:
    """Sums over the lines, in VND; gross = waived + due."""

    gross: VND
    waived: VND
    due: VND


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule whose condition held. outweighed_by: the rule of its stage that was better for the citizen, if any."""

    rule_id: str
    stage_id: str
    label: Label
    amount: VND
    basis: tuple[str, ...]
    outweighed_by: str | None


@dataclass(frozen=True, slots=True)
class FailedCondition:
    """The first condition that did not hold, and what the facts were instead (None: not known)."""

    condition: Condition
    actual: tuple[tuple[str, FactValue], ...]


@dataclass(frozen=True, slots=True)
class NotFiredRule:
    """A rule that did not apply, and why. failed: for a condition; first_day, last_day: for a rule not in force;
    evidence: the kinds of papers of which one was needed."""

    rule_id: str
    stage_id: str
    label: Label
    reason: NotFiredReason
    failed: FailedCondition | None = None
    first_day: date | None = None
    last_day: date | None = None
    earlier_rule: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What a rule found of a quota wider than the request, and what it took. Of rules that share a quota each has its
    own, in the document's order; `left` is what the rule found, in the quota's unit (copies, requests, VND).

    Every rule that only its quota could still stop has one, if the quota is known: also where it found nothing left,
    where an earlier rule matched and where another one was better. `taken` is then 0.
    """

    rule_id: str
    name: str
    unit: QuotaUnit
    scope: QuotaScope
    max: int
    left: int
    taken: int


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """Which document decided: its digest says exactly what was in it."""

    id: str
    version: int
    digest: str
    label: Label
    demonstration: Label | None


@dataclass(frozen=True, slots=True)
class FeeAssessment:
    """A decision about a fee that explains itself.

    REFERRED has a `referral`, no policy, no lines and no totals: zero would be an answer, and there is none.
    Else `totals` are the sums of `lines`. `decided_for`: the day (Asia/Ho_Chi_Minh) whose law was read.
    `fired`, `not_fired` and `quota_uses` go stage by stage in the document's order.
    """

    outcome: FeeOutcome
    document_type: str
    decided_for: date
    lines: tuple[FeeLine, ...]
    fired: tuple[FiredRule, ...]
    not_fired: tuple[NotFiredRule, ...]
    facts_used: tuple[tuple[str, FactValue], ...]
    citations: tuple[Citation, ...]
    policy: PolicyVersion | None
    referral: ReferralReason | None
    catalogue_digest: str
    engine_version: str
    quota_uses: tuple[QuotaUse, ...] = ()
    _made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        referred = self.outcome is FeeOutcome.REFERRED
        if referred != (self.referral is not None) or referred != (self.policy is None) or referred != (not self.lines):
            raise AssessmentUnreadable("a referral has a reason, no policy and no lines; a decision the opposite")
        # No line is below zero, so that one which is due makes the sum so.
        if not referred and (self.outcome is FeeOutcome.DUE) != any(line.due for line in self.lines):
            raise AssessmentUnreadable("the outcome doesn't fit the amount due")

    def once(self, what: Hashable, make: Callable[[FeeAssessment], T]) -> T:
        """What `make` makes of this decision and of nothing else, such as its words: made once, as alike requests share
        their decision. It must be something that nobody can change."""
        if what not in self._made:
            self._made[what] = make(self)
        made: T = self._made[what]
        return made

    @property
    def totals(self) -> FeeTotals | None:
        """The sums of the lines; None when referred."""
        if self.outcome is FeeOutcome.REFERRED:
            return None
        return FeeTotals(
            gross=VND(sum(line.gross for line in self.lines)),
            waived=VND(sum(line.waived for line in self.lines)),
            due=VND(sum(line.due for line in self.lines)),
        )

    @property
    def gross(self) -> VND:
        """Raises ReferredHasNoAmount."""
        return self._certain_totals().gross

    @property
    def waived(self) -> VND:
        """Raises ReferredHasNoAmount."""
        return self._certain_totals().waived

    @property
    def due(self) -> VND:
        """Raises ReferredHasNoAmount."""
        return self._certain_totals().due

    @property
    def waived_by_budget(self) -> Mapping[str, VND]:
        """What each budget is to pay; under '' what an act takes off without one that pays it. Empty when referred."""
        sums: dict[str, VND] = {}
        for line in self.lines:
            for one in line.reductions:
                budget = "" if one.funding is None else one.funding.budget
                sums[budget] = VND(sums.get(budget, 0) + one.amount)
        return dict(sorted(sums.items()))

    def _certain_totals(self) -> FeeTotals:
        totals = self.totals
        if totals is None:
            raise ReferredHasNoAmount("this case is referred to an official; no amount has been decided")
        return totals
