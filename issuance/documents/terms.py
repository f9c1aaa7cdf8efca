"""On which terms a document type is offered: since when, how long it may take, and which papers come with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainValidator

from issuance.documents.errors import BrokenDocumentType
from issuance.fees.document import Words
from issuance.procedure.conditions import Condition, ConditionRefused, FactValue, holds, mentioned, parse_condition
from issuance.procedure.facts import ProcedureFact, facts_of_type
from issuance.procedure.limit import Limit

_STRICT = ConfigDict(extra="forbid", strict=True, str_min_length=1)

WhoMayAsk = Literal["self", "guardian", "procedural_body", "issuing_unit"]
Source = Literal["judicial_register", "judicial_register_complete", "population_register"]
Delivery = Literal["download", "post"]
MediaType = Literal["application/pdf", "image/jpeg", "image/png"]


def _read_condition(value: object) -> Condition:
    try:
        return parse_condition(value)
    except ConditionRefused as refused:
        raise ValueError(refused.complaint.in_words().en) from None


_When = Annotated[Condition, PlainValidator(_read_condition)]


@dataclass(frozen=True, slots=True)
class InForce:
    """The days on which the service takes applications, both included; no end means until further notice."""

    first_day: date
    last_day: date | None = None

    __pydantic_config__ = _STRICT

    def covers(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class OtherLimit:
    """The legal time limit where a condition holds, instead of the usual one."""

    when: _When
    limit: Limit

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class ResultLine:
    """What the document says in one line where a condition on its facts holds, or in all other cases.

    Facts are those of `issuance.content`, the registers' among them (`marital_status`, `has_convictions` and others).
    """

    text: Annotated[str, Field(max_length=250)]
    when: _When | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that an applicant brings with the application; a required one wherever `when` holds, or always.

    max_bytes and max_pages bound one file.
    """

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,59}$")]
    name: Words
    required: bool
    media_types: Annotated[tuple[MediaType, ...], Field(min_length=1)]
    max_bytes: Annotated[int, Field(ge=1, le=5_000_000)]
    max_pages: Annotated[int, Field(ge=1, le=20)]
    when: _When | None = None

    __pydantic_config__ = _STRICT


def limits_in_order(usual: Limit, others: Iterable[OtherLimit]) -> tuple[tuple[Condition | None, Limit], ...]:
    """The first whose condition holds counts, the last has none."""
    return (*((one.when, one.limit) for one in others), (None, usual))


def limit_for(usual: Limit, others: Iterable[OtherLimit], facts: Mapping[str, FactValue]) -> Limit:
    """facts: as `procedure.facts.facts_of_request` has them. Raises UnknownProcedureFact."""
    return next((one.limit for one in others if holds(one.when, facts)), usual)


def papers_for(papers: Iterable[Paper], facts: Mapping[str, FactValue]) -> tuple[Paper, ...]:
    """Those that this request is about. Raises UnknownProcedureFact."""
    return tuple(paper for paper in papers if paper.when is None or holds(paper.when, facts))


def check_conditions(type_id: str, conditions: Iterable[Condition], input_schema: Mapping[str, Any]) -> None:
    """Whether conditions speak about what is known of every request of this type. Raises BrokenDocumentType."""
    known = facts_of_type(input_schema)
    for condition in conditions:
        for name, value in mentioned(condition):
            fact = known.get(name)
            if fact is None:
                raise BrokenDocumentType(f"{type_id}/document.toml: conditions know no fact {name!r}")
            if not _can_be(fact, value):
                raise BrokenDocumentType(f"{type_id}/document.toml: {name} is never {value!r}")


def check_delivery(type_id: str, offered: tuple[Delivery, ...], input_schema: Mapping[str, Any]) -> None:
    """Whether the input's member `delivery` lets people choose among what is offered. Raises BrokenDocumentType."""
    asked = input_schema.get("properties", {}).get("delivery")
    choice = set(asked.get("enum", ())) if isinstance(asked, Mapping) else {"download"}
    if choice != set(offered):
        raise BrokenDocumentType(f"{type_id}: document.toml and schema.json offer different ways of delivery")


def _can_be(fact: ProcedureFact, value: FactValue) -> bool:
    if fact.kind == "truth":
        return isinstance(value, bool)
    if fact.kind == "choice":
        return value in fact.values
    return isinstance(value, int) and not isinstance(value, bool) and fact.minimum <= value <= fact.maximum
