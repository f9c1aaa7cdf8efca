"""What a rehearsal found: two versions of the law over the same cases, side by side. Money is VND."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from issuance.fees.assessment import ReductionKind
from issuance.fees.document import QuotaUnit
from issuance.fees.errors import AssessmentUnreadable
from issuance.fees.wording import Label, Language

REHEARSAL_SCHEMA = "condau-fee-rehearsal/1"
_MONEY = frozenset({"gross", "waived", "remitted", "due", "amount", "difference"})
_AS_JSON = ConfigDict(
    extra="forbid",
    strict=True,
    validate_by_name=False,
    # Outside of the program every amount names its unit.
    alias_generator=lambda name: f"{name}_vnd" if name in _MONEY else name,
)


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShare:
    """What one budget pays."""

    budget: str
    amount: int


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The sums of one side: gross = waived + due, and waived = remitted + what the budgets pay.

    remitted: taken off by exemptions and reductions, which no budget makes good. referred: cases without an amount,
    which an official decides; they are in none of the sums. decided: all others.
    """

    decided: int = 0
    referred: int = 0
    gross: int = 0
    waived: int = 0
    remitted: int = 0
    budgets: tuple[BudgetShare, ...] = ()
    due: int = 0


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfMoney:
    """One month (`2026-04`) of the deciding days; of the day of submission where a case is referred."""

    month: str
    before: Money
    after: Money


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """For how many cases less (or more) is due, and how much less (or more) for all of them together."""

    count: int = 0
    amount: int = 0


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOfCases:
    """Who gains and who loses among the cases of one kind.

    fact: `channel`, `categories` or `age_years`; value: as the catalogue has it, for ages a span such as `16-59`;
    `none` for cases of no category, `unknown` for an age that nobody knows. A case of two categories counts in both.
    """

    fact: str
    value: str
    cases: int
    gains: Difference
    losses: Difference


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """How often a rule took something off, and how much in all."""

    fired: int = 0
    amount: int = 0


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """One rule of a policy, whichever version of it decided. budget: who pays, None for the statute's own."""

    policy_id: str
    rule_id: str
    label: Label
    kind: ReductionKind
    budget: str | None
    before: Given
    after: Given


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaDrawn:
    """What one side took of a budget's quota of `size`, in the quota's unit.

    used_up_on: the deciding day of the case that took the last of it. last_drawn_on: of the last case that took
    anything; a little may be left that no case can use.
    """

    size: int
    taken: int
    last_drawn_on: date | None
    used_up_on: date | None


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetQuota:
    """A quota that all requests share, named as `QuotaKey` does; a side whose versions don't have it is None.

    label: of the first rule that draws on it.
    """

    policy_id: str
    name: str
    label: Label
    period: str
    unit: QuotaUnit
    before: QuotaDrawn | None
    after: QuotaDrawn | None


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRule:
    """A rule that took something off, all charges together."""

    rule_id: str
    amount: int


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedExample:
    """How one side decides an example. rules: in the order in which they were applied."""

    policy_id: str
    policy_version: int
    gross: int
    due: int
    rules: tuple[AppliedRule, ...]
    explanation: Mapping[Language, tuple[str, ...]]


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleCase:
    """One case whose amount changes. facts: by their names in the catalogue, as plain values, with the age instead of
    the birth date. difference: what is due after, less what is due before. alike: how many
    cases have this channel and these categories, and the same rules take effect on both sides."""

    facts: Mapping[str, Any]
    difference: int
    alike: int
    before: DecidedExample
    after: DecidedExample


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingVersion:
    """A version that decided at least one case, and on which sides."""

    policy_id: str
    version: int
    digest: str
    label: Label
    cases_before: int
    cases_after: int


@with_config(_AS_JSON)
@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalResult:
    """Everything that the head who approves looks at.

    source: where the cases came from, as plain JSON (of a population: its plan). first_day, last_day: of submission;
    None without cases. newly_referred: decided before, referred after. is_exact: False where more people drew on
    quotas of their own than are remembered; those beyond were taken as people who had used nothing.
    """

    source: Mapping[str, Any] | None
    cases: int
    first_day: date | None
    last_day: date | None
    before: Money
    after: Money
    gains: Difference
    losses: Difference
    unchanged: int
    newly_referred: int
    no_longer_referred: int
    months: tuple[MonthOfMoney, ...]
    groups: tuple[GroupOfCases, ...]
    rules: tuple[RuleEffect, ...]
    quotas: tuple[BudgetQuota, ...]
    budgets: Mapping[str, Label]
    versions: tuple[DecidingVersion, ...]
    largest_gains: tuple[ExampleCase, ...]
    largest_losses: tuple[ExampleCase, ...]
    is_exact: bool = True

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` turns into an equal result. Holds no personal data."""
        written: dict[str, Any] = _ADAPTER.dump_python(self, mode="json", by_alias=True)
        return {"schema": REHEARSAL_SCHEMA} | written

    @classmethod
    def from_json(cls, stored: object) -> RehearsalResult:
        """Raises AssessmentUnreadable for anything that `to_json` didn't write."""
        if not isinstance(stored, Mapping) or stored.get("schema") != REHEARSAL_SCHEMA:
            raise AssessmentUnreadable(f"not {REHEARSAL_SCHEMA}")
        try:
            # Read as JSON, where strictness still lets a day be a string and a tuple a list.
            return _ADAPTER.validate_json(json.dumps({key: stored[key] for key in stored if key != "schema"}))
        except (ValidationError, TypeError, ValueError):
            raise AssessmentUnreadable("a stored rehearsal has lost its shape") from None


_ADAPTER = TypeAdapter(RehearsalResult)
