"""A procedure as an agency writes it (`condau-procedure/1`), typed and frozen. Only `read_procedure` makes one.

Every class is one object of the JSON document; unknown keys are refused. Days are days in Asia/Ho_Chi_Minh.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import Field, GetPydanticSchema, StringConstraints, with_config
from pydantic_core import PydanticCustomError, core_schema

from issuance.errors import UnknownStep
from issuance.fees.document import STRICT, Days, Words
from issuance.fees.wording import Label
from issuance.procedure.conditions import Condition, ConditionRefused, FactValue, holds, parse_condition
from issuance.procedure.limit import Limit

MAX_STEPS = 60
MAX_OUTCOMES = 20
MAX_NAME_CHARACTERS = 500
RESERVED_IDS: Final = ("check", "drafts", "schema")
"""What may come to stand in the place of a procedure's id in the service's addresses."""

End = Literal["approved", "refused"]
SettlingRole = Literal["caseworker", "head"]
"""The roles of `identity.citizen.ROLES` that settle; the others keep the house or its fees."""
Action = Literal["ask_papers", "ask_register_again", "stop"]
Need = Literal["register_answers", "fee_settled", "papers_decided", "reason"]


def _read_condition(value: object) -> Condition:
    try:
        return parse_condition(value)
    except ConditionRefused as refused:
        raise PydanticCustomError("complaint", "a condition", {"complaint": refused.complaint}) from None


def _condition_schema(_source: object, _handler: object) -> core_schema.CoreSchema:
    return core_schema.no_info_plain_validator_function(
        _read_condition, json_schema_input_schema=core_schema.any_schema()
    )


Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9.]{1,39}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS)]
When = Annotated[Condition, GetPydanticSchema(_condition_schema)]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Basis:
    """A legal act, or one article of it, on which the procedure rests."""

    number: Text
    title: Words
    article: Text | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Onward:
    """Where the walk goes on when a step is passed by: exactly one of a step and an end.

    An approval is no such end: it is always an outcome that somebody has chosen, with what it needs.
    """

    to: Id | None = None
    ends: Literal["refused"] | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Outcome:
    """What whoever has the step can decide: exactly one of a next step (`to`) and an end.

    returns: leads back to an earlier step; the law grants no new time for it. needs: what must be there first.
    """

    id: Id
    name: Words
    to: Id | None = None
    ends: End | None = None
    returns: bool = False
    needs: Annotated[tuple[Need, ...], Field(max_length=4)] = ()


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Step:
    """One step: whose it is, how long it may take, what can be done meanwhile, what can come of it.

    when: the step is taken only if this holds, else the walk goes on at `otherwise`.
    """

    id: Id
    name: Words
    role: SettlingRole
    time_limit: Limit
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1, max_length=MAX_OUTCOMES)]
    actions: Annotated[tuple[Action, ...], Field(max_length=3)] = ()
    when: When | None = None
    otherwise: Onward | None = None

    def outcome(self, outcome_id: str) -> Outcome | None:
        return next((outcome for outcome in self.outcomes if outcome.id == outcome_id), None)


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ProcedureDocument:
    """One version of the internal procedure for some document types.

    reference: the agency's own number in its quality system (ISO 9001). units: codes of those for whom it is written;
    null for any unit that has none of its own.
    """

    schema: Literal["condau-procedure/1"]
    id: Id
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    name: Words
    reference: Text
    document_types: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]
    units: Annotated[tuple[UnitCode, ...], Field(min_length=1, max_length=1_000)] | None
    effective: Days
    basis: Annotated[tuple[Basis, ...], Field(min_length=1, max_length=50)]
    start: Id
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]


@dataclass(frozen=True, slots=True)
class Ended:
    """The walk is over."""

    ends: End


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure document that was read. canonical: its JSON with sorted keys and no white space (RFC 8785 for this
    schema), as it is stored; digest: its SHA-256, in hexadecimal."""

    document: ProcedureDocument
    canonical: bytes = field(repr=False)
    digest: str = field(init=False)
    _steps: Mapping[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A frozen object's derived parts can be set this way only.
        object.__setattr__(self, "digest", hashlib.sha256(self.canonical).hexdigest())
        object.__setattr__(self, "_steps", {step.id: step for step in self.document.steps})

    @property
    def id(self) -> str:
        return self.document.id

    @property
    def version(self) -> int:
        return self.document.version

    @property
    def name(self) -> Label:
        return self.document.name

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.document.steps

    def step(self, step_id: str) -> Step:
        """Raises UnknownStep."""
        if step_id not in self._steps:
            raise UnknownStep(f"{self.id} version {self.version} has no step {step_id!r}")
        return self._steps[step_id]

    def enter(self, step_id: str, facts: Mapping[str, FactValue]) -> Step | Ended:
        """The step that is taken when the walk comes to this one: itself, or what follows where it is passed by.

        Raises UnknownStep (also where steps pass on to one another for ever), UnknownProcedureFact.
        """
        for _ in self.steps:
            step = self.step(step_id)
            if step.when is None or step.otherwise is None or holds(step.when, facts):
                return step
            if step.otherwise.ends is not None:
                return Ended(step.otherwise.ends)
            step_id = step.otherwise.to or ""
        raise UnknownStep(f"{self.id} version {self.version}: the steps about {step_id!r} pass on in a circle")

    def start_for(self, facts: Mapping[str, FactValue]) -> Step | Ended:
        """Where a request with these facts begins. Raises as `enter`."""
        return self.enter(self.document.start, facts)

    def after(self, outcome: Outcome, facts: Mapping[str, FactValue]) -> Step | Ended:
        """Where the walk goes on after an outcome. Raises as `enter`."""
        return Ended(outcome.ends) if outcome.ends is not None else self.enter(outcome.to or "", facts)

    def approving(self, step: Step) -> Outcome | None:
        """The outcome by which this step ends in an approval; no step has two."""
        return _ending(step, "approved")

    def refusing(self, step: Step) -> Outcome | None:
        """The outcome by which this step ends in a refusal; no step has two."""
        return _ending(step, "refused")

    def to_json(self) -> Any:
        """The document as it was written, parsed anew each time: it may be changed."""
        return json.loads(self.canonical)


def _ending(step: Step, ends: End) -> Outcome | None:
    return next((outcome for outcome in step.outcomes if outcome.ends == ends), None)
