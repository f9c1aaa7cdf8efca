"""The shape of `document.toml`: read strictly, unknown keys refused."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from issuance.documents.errors import BrokenDocumentType
from issuance.documents.terms import Delivery, InForce, OtherLimit, Paper, ResultLine, Source, WhoMayAsk
from issuance.fees.document import Words
from issuance.fees.facts import MAX_COPIES
from issuance.procedure.limit import Limit

_STRICT = ConfigDict(extra="forbid", strict=True, str_min_length=1)


@dataclass(frozen=True, slots=True)
class IssuingBody:
    """Who issues a type in a period; both days are included, no end means until further notice."""

    name: Words
    place: str
    signatory_title: str
    valid_from: date
    valid_until: date | None = None
    parent: str | None = None

    __pydantic_config__ = _STRICT

    def issues_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Copies:
    """How many paper copies one application may ask for."""

    min: int
    max: int


@dataclass(frozen=True, slots=True)
class Page:
    """What the lint holds a rendered document to: most pages, and JSON pointers of content that must be readable."""

    max_pages: Annotated[int, Field(ge=1, le=20)]
    must_show: Annotated[tuple[str, ...], Field(min_length=1)]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class CredentialWords:
    """How wallets and verifiers are told what a type's credential is, and what its result line is about."""

    description: Words
    result_line: Words

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True)
class Definition:
    """`document.toml` as it stands in the folder.

    who_may_ask: the person concerned ("self"), for a child its parents and guardians ("guardian"), and bodies that
    conduct proceedings ("procedural_body"); or nobody but the unit that issues it, in batches ("issuing_unit" alone).
    Empty means that nobody can apply for this type.
    max_authentication_age_minutes: since the sign-in of whoever applies; None where it does not matter.
    in_force: when applications are taken; only a type that nobody can apply for goes without.
    time_limit, other_limits: the legal ones; the first of the others whose condition holds counts instead.
    sources: registers that have to answer before a result is approved. answers_valid_days: how old an answer may be by
    then; required with sources. procedure: id of the internal procedures; the type's id where it is left out.
    result_lines: the first whose condition holds is printed; a type of the judicial register's needs none.
    credential: what is said of this type's credential; None for a type that has none.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,59}$")]
    kind: Literal["result", "receipt", "letter"]
    name: Words
    unit_code: str
    required_level: Annotated[int, Field(ge=1, le=2)]
    who_may_ask: tuple[WhoMayAsk, ...]
    channels: tuple[str, ...]
    time_limit: Limit
    issuing_bodies: Annotated[tuple[IssuingBody, ...], Field(min_length=1)]
    page: Page
    max_authentication_age_minutes: Annotated[int, Field(ge=1, le=24 * 60)] | None = None
    credential: CredentialWords | None = None
    in_force: InForce | None = None
    other_limits: tuple[OtherLimit, ...] = ()
    sources: tuple[Source, ...] = ()
    answers_valid_days: Annotated[int, Field(ge=1, le=365)] | None = None
    papers: tuple[Paper, ...] = ()
    delivery: tuple[Delivery, ...] = ("download",)
    procedure: str | None = None
    result_lines: tuple[ResultLine, ...] = ()

    __pydantic_config__ = _STRICT


_DEFINITION = TypeAdapter(Definition)


def read_definition(path: Path) -> Definition:
    """Read `document.toml`. Raises BrokenDocumentType, naming the place."""
    try:
        # JSON in between, because pydantic's strict mode takes lists for tuples and texts for days only from JSON.
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _DEFINITION.validate_json(json.dumps(data, default=str))
    except (OSError, ValueError) as error:
        raise BrokenDocumentType(f"{path.parent.name}/{path.name}: {_where(error)}") from error


def read_copies(type_id: str, input_schema: Mapping[str, Any]) -> Copies:
    """The limits that a type's input schema sets for `copies`, which every application states.

    Raises BrokenDocumentType.
    """
    asked = input_schema.get("properties", {}).get("copies")
    asked = asked if isinstance(asked, dict) else {}
    least, most = asked.get("minimum"), asked.get("maximum")
    is_required_number = asked.get("type") == "integer" and "copies" in input_schema.get("required", ())
    if is_required_number and isinstance(least, int) and isinstance(most, int) and 1 <= least <= most <= MAX_COPIES:
        return Copies(least, most)
    raise BrokenDocumentType(
        f"{type_id}/schema.json: copies must be a required integer, with its minimum and maximum from 1 to {MAX_COPIES}"
    )


def _where(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return str(error)
