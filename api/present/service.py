"""A document type as an entry of the catalogue."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from issuance.documents.catalogue import DocumentType

from ..languages import Language


class TimeLimitView(TypedDict):
    """When the result is promised: so many days, counted in the unit named."""

    days: int
    unit: str


class CopiesView(TypedDict):
    """How many paper copies can be asked for at once."""

    min: int
    max: int


class ServiceView(TypedDict):
    """`input_schema` is a JSON Schema of the application's `input`; `level_required` the identity level, 1 or 2.

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
        "time_limit": {"days": one.time_limit.days, "unit": one.time_limit.unit},
        "unit": one.unit_code,
        "input_schema": None if one.input_schema is None else dict(one.input_schema),
        "links": {
            "self": f"/v1/services/{one.id}",
            "quote": f"/v1/fees/quote?type={one.id}&copies={one.copies.min}",
            "apply": "/v1/applications",
        },
    }
