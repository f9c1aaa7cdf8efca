"""What a request would cost, open to everybody: by what is told here, or for a signed-in citizen by who she is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from identity.citizen import VerifiedCitizen
from issuance.assess_fee import fee_facts
from issuance.documents.catalogue import DocumentType
from issuance.errors import WrongChannel
from issuance.fees.assessment import FeeAssessment
from issuance.fees.facts import (
    CATEGORIES,
    CHANNELS,
    DELIVERIES,
    EVIDENCE,
    MAX_AGE_YEARS,
    MAX_COPIES,
    MAX_PAGES,
    FeeFacts,
    vietnam_day,
)
from issuance.fees.quotas import quota_keys
from issuance.quote import quote

from . import examples
from .authentication import CitizenIfSignedIn
from .documented import SIGNED_IN, answers
from .errors import InvalidRequest
from .languages import language_of
from .present.quote import QuoteView, quote_view
from .services import Records, Services
from .state import Given, shared_of

router = APIRouter(prefix="/v1", tags=["citizen"])

HISTORY_SECONDS = 3_600
"""How long an answer may be kept that only tells what was known at a moment that is over."""

OVER_AFTER = timedelta(minutes=10)
"""Longer than any change of the law takes from its moment to its commit."""

_ANYBODY_OR_SIGNED_IN: dict[str, list[dict[str, list[str]]]] = {"security": [{}]}
"""Added to the two schemes: a request may come without either (OpenAPI 3.1, Security Requirement Object)."""


def _one_of(known: Mapping[str, object]) -> tuple[AfterValidator, WithJsonSchema]:
    def check(word: str) -> str:
        if word not in known:
            raise PydanticCustomError("literal_error", "not in the catalogue")
        return word

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": [*known]})


_channel, _category, _evidence, _delivery = (_one_of(one) for one in (CHANNELS, CATEGORIES, EVIDENCE, DELIVERIES))
Channel = Annotated[str, _channel[0], _channel[1]]
Category = Annotated[str, _category[0], _category[1]]
Paper = Annotated[str, _evidence[0], _evidence[1]]
Delivery = Annotated[str, _delivery[0], _delivery[1]]


class AskedQuote(BaseModel):
    """What the address says. Unknown parameters are refused: a misspelt one would get an answer to something else."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: Annotated[str, Field(max_length=60, description="A type of /v1/services.")]
    copies: Annotated[int, Field(ge=1, le=MAX_COPIES, description="Paper copies.")]
    channel: Annotated[
        Channel | None, Field(description="Where the request would be submitted; with a token it is the app's own.")
    ] = None
    age: Annotated[
        int | None,
        Field(
            ge=0,
            le=MAX_AGE_YEARS,
            description="Full years on that day, of the person concerned; with a token it is the citizen's own.",
        ),
    ] = None
    category: Annotated[
        list[Category], Field(max_length=20, description="What papers would prove; counted as if accepted. Repeatable.")
    ] = []
    evidence: Annotated[
        list[Paper], Field(max_length=20, description="Papers that would prove it, as if accepted. Repeatable.")
    ] = []
    delivery: Annotated[Delivery, Field(description="How the result would be received.")] = "download"
    pages: Annotated[
        int | None, Field(ge=1, le=MAX_PAGES, description="Of the document, where the type leaves that open.")
    ] = None
    on: Annotated[
        date | None,
        Field(ge=date(1900, 1, 1), le=date(2999, 12, 31), description="The day of submission, today when left out."),
    ] = None
    known_at: Annotated[
        AwareDatetime | None,
        Field(description="By the law as it was known at this moment, with its zone; now when left out."),
    ] = None
    lang: Annotated[str, Field(max_length=20, description="`vi` or `en`, before Accept-Language.")] = ""


@router.get(
    "/fees/quote",
    summary="What a request would cost",
    response_model=QuoteView,
    responses=answers(examples.QUOTE, *SIGNED_IN, 404, 422),
    openapi_extra=_ANYBODY_OR_SIGNED_IN,
)
async def quote_fee(
    request: Request, services: Given, citizen: CitizenIfSignedIn, asked: Annotated[AskedQuote, Query()]
) -> Response:
    """Lines, the rules that fired and those that did not, and why; and what had to be assumed. No sign-in is needed.

    With a citizen's token the channel is her app's, the age hers, and what she has used of her quotas counts.
    """
    if citizen is None:
        shared_of(request).quotes.take(request)
    at, language = services.clock(), language_of(request.scope)
    if asked.known_at is not None and asked.known_at > at:
        raise InvalidRequest([("/query/known_at", "too_big")])
    facts = _facts(services, services.rules.catalogue.get(asked.type), citizen, asked, asked.on or vietnam_day(at))
    person = None if citizen is None else services.rules.person_index(citizen.personal_id.digits)

    def read(records: Records) -> tuple[FeeAssessment, bool]:
        fee = quote(records, facts, person=person, at=at, known_at=asked.known_at)
        return fee, _is_history(records, fee, asked, at)

    fee, is_history = await services.runner.run(read)
    # Only what nobody's quota, no budget and no later change of the law can alter.
    keep = f"public, max-age={HISTORY_SECONDS}" if is_history and citizen is None else "no-store"
    headers = {"Content-Language": language, "Cache-Control": keep, "Vary": "Accept-Language, Authorization"}
    view = quote_view(fee, facts, asked.known_at or at, is_signed_in=citizen is not None, language=language)
    return JSONResponse(view, headers=headers)


def _facts(
    services: Services, document_type: DocumentType, citizen: VerifiedCitizen | None, asked: AskedQuote, on: date
) -> FeeFacts:
    """Raises InvalidRequest, WrongChannel, FactsRefused."""
    if citizen is None:
        if asked.channel is None:
            raise InvalidRequest([("/query/channel", "missing")])
        channel, level = asked.channel, document_type.required_level
        born_on = None if asked.age is None else _years_before(on, asked.age)
    else:
        told = [f"/query/{name}" for name in ("channel", "age") if getattr(asked, name) is not None]
        if told:
            raise InvalidRequest([(place, "not_allowed") for place in told])
        found = services.rules.channels.get((citizen.issuer, citizen.client_id))
        if found is None:
            raise WrongChannel("this app is not registered for a channel")
        channel, level, born_on = found, int(citizen.level), citizen.birth_date
    facts = fee_facts(
        document_type,
        {"copies": asked.copies, "delivery": asked.delivery},
        channel=channel,
        birth_date=born_on,
        level=level,
        submitted_on=on,
    )
    return replace(
        facts,
        categories=frozenset(asked.category),
        evidence=frozenset(asked.evidence),
        pages=asked.pages or facts.pages,
    )


def _years_before(day: date, years: int) -> date:
    """The latest birth date of somebody who has completed so many years on the day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February, and no leap year then
        return date(day.year - years, 2, 28)


def _is_history(records: Records, fee: FeeAssessment, asked: AskedQuote, at: datetime) -> bool:
    """Whether the same question gets the same answer for good: about a day and a state of knowledge that were named,
    by a policy whose budgets are not counted."""
    if asked.on is None or asked.known_at is None or asked.known_at > at - OVER_AFTER:
        return False
    policy = None if fee.policy is None else records.fee_policies.book().by_digest(fee.policy.digest)
    return policy is None or all(key.scope != "budget_total" for key in quota_keys(policy, asked.on, "").values())
