"""A document type as an entry of the catalogue."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from issuance.documents.catalogue import DocumentType
from issuance.procedure.limit import Limit

from ..languages import Language


class TimeLimitView(TypedDict):
    """When the result is promised: so many days or hours, counted in the unit named (`working_days`, `calendar_days`,
    `working_hours`, `hours`)."""

    amount: int
    unit: str


class PaperAskedView(TypedDict):
    """A paper to bring; not `required` where it is only asked for in some cases, which the desk tells."""

    kind: str
    name: str
    required: bool
    media_types: list[str]
    max_bytes: int
    max_pages: int


class InForceView(TypedDict):
    """The days on which applications are taken, both included; `until` is null until further notice."""

    since: str
    until: str | None


class CopiesView(TypedDict):
    """How many paper copies can be asked for at once."""

    min: int
    max: int


class ServiceView(TypedDict):
    """`input_schema` is a JSON Schema of the application's `input`; `level_required` the identity level, 1 or 2.

    Members of the schema have words for a form: `x-label`, `x-hint` and, for each value of an enumeration, `x-options`.

    `time_limit` is the usual one, `other_time_limits` those of special cases. `sources`: the registers that the agency
    asks. `delivery`: how the result can be had. `procedure`: by which internal procedure the agency works.
    `max_authentication_age_minutes`: how long ago whoever applies may have signed in; null for any time.
    """

    type: str
    name: str
    level_required: int
    max_authentication_age_minutes: int | None
    who_may_ask: list[str]
    channels: list[str]
    copies: CopiesView
    time_limit: TimeLimitView
    other_time_limits: list[TimeLimitView]
    in_force: InForceView | None
    sources: list[str]
    papers: list[PaperAskedView]
    delivery: list[str]
    procedure: str
    unit: str
    input_schema: dict[str, Any] | None
    links: dict[str, str]


class ServicesView(TypedDict):
    """The catalogue."""

    services: list[ServiceView]


def service_view(one: DocumentType, who_may_ask: list[str], language: Language) -> ServiceView:
    """who_may_ask: those of the type's whom this installation can tell."""
    return {
        "type": one.id,
        "name": one.name.in_language(language),
        "level_required": one.required_level,
        "max_authentication_age_minutes": one.max_authentication_age_minutes,
        "who_may_ask": who_may_ask,
        "channels": list(one.channels),
        "copies": {"min": one.copies.min, "max": one.copies.max},
        "time_limit": _limit_view(one.time_limit),
        "other_time_limits": [_limit_view(other.limit) for other in one.other_limits],
        "in_force": _in_force_view(one),
        "sources": list(one.sources),
        "papers": [
            {
                "kind": paper.kind,
                "name": paper.name.in_language(language),
                "required": paper.required and paper.when is None,
                "media_types": list(paper.media_types),
                "max_bytes": paper.max_bytes,
                "max_pages": paper.max_pages,
            }
            for paper in one.papers
        ],
        "delivery": list(one.delivery),
        "procedure": one.procedure_id,
        "unit": one.unit_code,
        "input_schema": None if one.input_schema is None else dict(one.input_schema),
        "links": {
            "self": f"/v1/services/{one.id}",
            "quote": f"/v1/fees/quote?type={one.id}&copies={one.copies.min}",
            "apply": "/v1/applications",
            **({"prefill": f"/v1/services/{one.id}/prefill"} if one.input_schema is not None else {}),
        },
    }


def _limit_view(limit: Limit) -> TimeLimitView:
    return {"amount": limit.amount, "unit": limit.unit}


def _in_force_view(one: DocumentType) -> InForceView | None:
    period = one.in_force
    if period is None:
        return None
    return {"since": period.first_day.isoformat(), "until": period.last_day.isoformat() if period.last_day else None}
