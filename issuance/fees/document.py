"""A fee policy as its author writes it, typed and frozen. Only `read_policy` makes one from bytes.

Every class is one object of the JSON document; unknown keys are refused. Money is integer VND, days are days in
Asia/Ho_Chi_Minh and inclusive at both ends.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, NewType

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    StringConstraints,
    with_config,
)
from pydantic_core import PydanticCustomError, core_schema

from issuance.fees.conditions import AllOf, Always, AnyOf, Compare, Condition, Not, parse_condition
from issuance.fees.errors import ConditionRefused
from issuance.fees.wording import Label

VND = NewType("VND", int)

MAX_AMOUNT_VND = 1_000_000_000
MAX_TOTAL_VND = 999_999_999_999
"""What an example can expect: many copies come to more than one of them may cost. As long as a number may be."""
MAX_QUOTA = 100_000_000_000
"""A year of the whole city: the shipped support for about half a million requests."""
MAX_EXPRESSION_CHARACTERS = 500
MAX_TEXT_CHARACTERS = 2_000
RESERVED_IDS = ("acts", "compare", "drafts", "rehearsals", "schema")
"""What stands in the place of a policy's id in the service's addresses: such a policy could not be asked for."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONDITION_CLASSES = (Always, Compare, AllOf, AnyOf, Not)
_CONDITION_JSON_SCHEMA: dict[str, Any] = {
    "description": '"always", {fact, comparison}, or exactly one of all, any, not around further conditions',
    "anyOf": [{"const": "always"}, {"type": "object", "minProperties": 1}],
}


def _read_condition(value: object) -> Condition:
    if isinstance(value, _CONDITION_CLASSES):
        return value
    try:
        return parse_condition(value)
    except ConditionRefused as refused:
        raise PydanticCustomError("complaint", "a condition", {"complaint": refused.complaint}) from None


def _condition_schema(_source: object, _handler: object) -> core_schema.CoreSchema:
    return core_schema.no_info_plain_validator_function(
        _read_condition,
        json_schema_input_schema=core_schema.any_schema(metadata={"pydantic_js_updates": _CONDITION_JSON_SCHEMA}),
    )


def _iso_day(value: object) -> date:
    # pydantic would also read seconds since 1970 as a day; an author who writes them has made a mistake.
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise PydanticCustomError("day_form", "a day is written as 2024-06-01")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("no_such_day", "there is no such day") from None


def _both_said(label: Label) -> Label:
    for text in (label.vi, label.en):
        if not text.strip() or len(text) > MAX_TEXT_CHARACTERS:
            raise PydanticCustomError("both_languages", "both languages are needed", {"most": MAX_TEXT_CHARACTERS})
    return label


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
Words = Annotated[Label, AfterValidator(_both_said)]
Day = Annotated[date, BeforeValidator(_iso_day)]
Amount = Annotated[VND, Field(ge=0, le=MAX_AMOUNT_VND)]
Total = Annotated[VND, Field(ge=0, le=MAX_TOTAL_VND)]
When = Annotated[Condition, GetPydanticSchema(_condition_schema)]
Expr = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION_CHARACTERS)]
DecidingDate = Literal["submitted", "received"]
BasisRefs = Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]

STRICT = ConfigDict(extra="forbid")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Days:
    """A span of days, both ends included; open at the end when `last_day` is null."""

    first_day: Day
    last_day: Day | None

    def cover(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def overlap(self, other: Days) -> bool:
        return (self.last_day is None or other.first_day <= self.last_day) and (
            other.last_day is None or self.first_day <= other.last_day
        )

    def contain(self, other: Days) -> bool:
        if self.last_day is None:
            return self.first_day <= other.first_day
        return self.first_day <= other.first_day and other.last_day is not None and other.last_day <= self.last_day


QuotaUnit = Literal["copies", "requests", "amount"]
QuotaScope = Literal["request", "citizen_per_year", "citizen_per_policy_period", "budget_total"]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Source:
    """The stored file of an act (a bare file name in the folder of acts) and the SHA-256 that binds it."""

    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Basis:
    """A legal act, or one article of it, that charges and rules cite by `id`. Null where nobody has verified it."""

    id: Id
    kind: Words
    number: Text
    title: Words
    article: Words | None
    issued_by: Words
    issued_on: Day | None
    source: Source
    unverified: Words | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Charge:
    """Money due by law: once per request (`base`), for each copy above a number (`per_copy_above`), for each page of
    the document (`per_page`, above a number where one is given), or once where it is sent by post (`postage`)."""

    id: Id
    label: Words
    kind: Literal["base", "per_copy_above", "per_page", "postage"]
    amount_vnd: Amount
    basis: BasisRefs
    above: Annotated[int, Field(ge=0, le=9_999)] | None = None
    unverified: Words | None = None

    def quantity(self, copies: int, pages: int | None, delivery: str) -> int | None:
        """How often the charge is due; None for a charge per page where nobody knows the number of pages."""
        if self.kind == "postage":
            return 1 if delivery == "post" else 0
        if self.kind == "base":
            return 1
        counted = copies if self.kind == "per_copy_above" else pages
        return None if counted is None else max(0, counted - (self.above or 0))


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule takes off one charge: a percentage or an amount off, or down to an amount (never up)."""

    charge: Id
    percent_off: Annotated[int, Field(ge=1, le=100)] | None = None
    amount_off: Annotated[VND, Field(ge=1, le=MAX_AMOUNT_VND)] | None = None
    set_to: Amount | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Funding:
    """The budget that pays what a support rule takes off the citizen's charge."""

    budget: Id
    label: Words


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Quota:
    """How much a rule may give: so many copies, requests or VND, per request, citizen or budget.

    copies: the rule covers the request's first copies, as many as are left, also those that are free anyway; that many
    are used where it took something off a charge per copy. requests: one is used where the rule took something off.
    amount: what it takes off all charges together, in the order of its effects. A rule that took nothing uses nothing.

    name: rules whose quotas have one name draw on one quota; by default the rule's id. counted_from: the day from which
    a quota for the period or of a budget is counted, by default the first of the rule's days; versions of one policy
    that count a quota of one name from one day draw on one quota, and what was used before goes on counting.
    Within one decision amounts add up, so that the next rule finds less; a copy or the request counts once, however
    many rules of one quota it gets: the next rule finds the same, and uses only what it covers beyond.
    """

    unit: QuotaUnit
    max: Annotated[int, Field(ge=1, le=MAX_QUOTA)]
    scope: QuotaScope
    name: Id | None = None
    counted_from: Day | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Rule:
    """Who pays less, on which condition, by which act; `dates` narrow the policy's own.

    expr: a further condition in CEL, which must hold as well. evidence: kinds of papers (keys of `EVIDENCE`), one of
    which must have been accepted. What is in the way of a rule is looked for in this order, and the first is its
    reason: `dates`, `when`, `expr`, `evidence`, a quota wider than the request that is not known or used up.
    """

    id: Id
    kind: Literal["exemption", "reduction", "support"]
    label: Words
    when: When
    effects: Annotated[tuple[Effect, ...], Field(min_length=1, max_length=20)]
    basis: BasisRefs
    dates: Days | None = None
    funding: Funding | None = None
    quota: Quota | None = None
    expr: Expr | None = None
    evidence: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    unverified: Words | None = None

    @property
    def quota_name(self) -> str:
        """What this rule's quota is called, where it has one."""
        return self.id if self.quota is None or self.quota.name is None else self.quota.name


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Stage:
    """Rules that look at the same remaining amounts; stages work one after the other on what is left.

    pick: `best_for_citizen` applies the one rule that takes most off (the first of equals), `first_match` the first
    that nothing is in the way of, `stack` all of those in turn. What is left of a quota is looked up when the stage
    begins, under `stack` at each rule's turn.
    """

    id: Id
    label: Words
    pick: Literal["best_for_citizen", "first_match", "stack"]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=200)]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Given:
    """The facts of an example. left: of quotas wider than a request, by name; untouched where not given."""

    channel: Text
    copies: int
    submitted_on: Day
    categories: tuple[Text, ...] = ()
    birth_date: Day | None = None
    level: int = 2
    residence: Text | None = None
    document_type: Id | None = None
    received_on: Day | None = None
    pages: int | None = None
    delivery: Text = "download"
    evidence: tuple[Text, ...] = ()
    left: dict[Id, Annotated[int, Field(ge=0, le=MAX_QUOTA)]] = field(default_factory=dict)


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Expect:
    """What an example must come to."""

    gross_vnd: Total
    waived_vnd: Total
    due_vnd: Total


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Example:
    """A worked case that must hold before the policy decides anything."""

    name: Text
    given: Given
    expect: Expect


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """One version of the fee policy for some document types.

    deciding_date: whether the day of submission or that of receipt by the agency selects the version, the rules in
    force and the age, whichever of the two a caller asks about. Where no version applies an official decides; no other
    value is known.
    """

    schema: Literal["condau-fee-policy/1"]
    id: Id
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    label: Words
    document_types: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100)]
    territory: Id
    currency: Literal["VND"]
    time_zone: Literal["Asia/Ho_Chi_Minh"]
    effective: Days
    deciding_date: DecidingDate
    rounding: Literal["in_favour_of_citizen", "in_favour_of_budget"]
    basis: Annotated[tuple[Basis, ...], Field(min_length=1, max_length=100)]
    charges: Annotated[tuple[Charge, ...], Field(min_length=1, max_length=20)]
    stages: Annotated[tuple[Stage, ...], Field(max_length=20)]
    examples: Annotated[tuple[Example, ...], Field(min_length=1, max_length=200)]
    where_no_version_applies: Literal["refer_to_official"] = "refer_to_official"
    demonstration: Words | None = None


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """A policy document that was read and checked, with the digest of what was written (`policy_digest`)."""

    document: PolicyDocument
    digest: str
    fact_names: frozenset[str]

    @property
    def id(self) -> str:
        return self.document.id

    @property
    def version(self) -> int:
        return self.document.version

    def deciding_day(self, submitted_on: date, received_on: date | None) -> date | None:
        """The day whose law this version reads; None where it is that of receipt, and nobody knows it."""
        return submitted_on if self.document.deciding_date == "submitted" else received_on

    def applies(self, document_type: str, on: date) -> bool:
        return document_type in self.document.document_types and self.document.effective.cover(on)

    def basis(self, refs: tuple[str, ...]) -> tuple[Basis, ...]:
        return tuple(entry for entry in self.document.basis if entry.id in refs)


def policy_digest(document: object) -> str:
    """SHA-256 (hex) of a document's canonical JSON: sorted keys, no white space, UTF-8 (RFC 8785 for this schema).

    document: the parsed JSON as written, so that layout doesn't count and every value does.
    """
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
