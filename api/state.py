"""What the routes share for the life of one application: the services and the small things built upon them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import Request

from .known_health import KnownHealth
from .known_punctuality import KnownPunctuality
from .publish_status_lists import PublishedStatusLists
from .publish_trust_list import PublishedBundle, PublishedTrustList
from .rate_limit import ClientRateLimit, PersonRateLimit, RateLimit
from .security_events import SecurityEvents
from .services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    services: Services
    verifications: RateLimit
    quotes: RateLimit
    sign_ins: RateLimit
    returns: RateLimit
    refused_evidence: RateLimit
    people: PersonRateLimit
    guardian_questions: PersonRateLimit
    clients: ClientRateLimit
    security_events: SecurityEvents
    status_lists: PublishedStatusLists
    trust_list: PublishedTrustList
    bundle: PublishedBundle
    health: KnownHealth
    punctuality: KnownPunctuality


def shared_of(request: Request) -> Shared:
    return cast("Shared", request.app.state.shared)


async def services_of(request: Request) -> Services:
    return shared_of(request).services


async def _count_check(request: Request) -> None:
    shared_of(request).verifications.take(request)


async def _count_sign_in(request: Request) -> None:
    shared_of(request).sign_ins.take(request)


async def _count_return(request: Request) -> None:
    shared_of(request).returns.take(request)


COUNTED_SIGN_IN = Depends(_count_sign_in)
"""For every beginning of a sign-in: what is kept of those must not be flooded."""

COUNTED_RETURN = Depends(_count_return)
"""For coming back from an issuer, apart: whoever has begun gets to the end, however many begin there."""

COUNTED_CHECK = Depends(_count_check)
"""For every way to check a document: all of them share one allowance for each address."""

Given = Annotated[Services, Depends(services_of)]
