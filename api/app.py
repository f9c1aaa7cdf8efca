"""The web application, put together from its services."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan

import identity.errors
import issuance.documents.errors
import issuance.errors
import issuance.fees.errors
import signing.errors
import verification.verdict

from . import (
    accesses,
    agencies,
    bodies,
    citizen,
    credentials,
    delegations,
    desk_bulk,
    desk_cases,
    desk_cash,
    desk_deadlines,
    desk_payments,
    desk_post,
    desk_refunds,
    desk_work,
    document_code,
    evidence,
    fee_acts,
    fee_drafts,
    fee_policies,
    handovers,
    health,
    officials,
    operations,
    papers_given,
    parcels,
    payment_code,
    payment_notices,
    prefill,
    privacy,
    procedures,
    punctuality,
    questions,
    quotes,
    receipt_xml,
    statements,
    statistics,
    timeline,
    units,
)
from . import verification as public_checks
from .access_log import Logged, known_request_id
from .challenge import add_challenges
from .cors import CrossOrigin
from .described_app import DescribedApp
from .errors import ApiError
from .guard import BoundedBody, HeadAsGet, SecureHeaders
from .known_health import KnownHealth
from .known_punctuality import KnownPunctuality
from .languages import language_of
from .metrics import Measured
from .note_refusal import note_security_event
from .problem_table import INTERNAL, problem_of
from .problems import as_own_error, problem_response
from .publish_status_lists import PublishedStatusLists
from .publish_trust_list import PublishedBundle, PublishedTrustList
from .rate_limit import ClientRateLimit, PersonRateLimit, RateLimit
from .security_events import SecurityEvents
from .services import Services
from .state import Shared
from .web import first_run, pages, sign_in, survey
from .web.citizen import routers as citizen_pages
from .web.desk import routers as desk_pages
from .web.fees import routers as fees_pages
from .web.session import SignInNeeded
from .web.static_files import PageFiles
from .web.statistics import routers as statistics_pages
from .web.verify import routers as verify_pages

# Handlers are found along a class's bases, so the bases are enough.
_REFUSALS: tuple[type[Exception], ...] = (
    ApiError,
    HTTPException,
    RequestValidationError,
    identity.errors.IdentityError,
    issuance.errors.IssuanceError,
    issuance.documents.errors.DocumentError,
    issuance.fees.errors.FeeError,
    signing.errors.SigningError,
    verification.verdict.VerificationError,
)
_logger = logging.getLogger(__name__)
_DOCS_ASSETS = Path(fastapi_offline.__file__).parent / "static"


def create_app(services: Services, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The application: routes under /v1, the public pages, and one answer for every refusal.

    lifespan: what runs beside it, from start to stop.
    """
    app = DescribedApp(
        title="Condau",
        version="1",
        description="From a citizen's verified identity to a signed official document that anyone can check.",
        docs_url=None,
        redoc_url=None,
        openapi_tags=_TAGS,
        lifespan=lifespan,
        # An address with a slash too many is unknown: the framework would lead to it with what `Host` says.
        redirect_slashes=False,
    )
    status_lists, trust_list = PublishedStatusLists(services), PublishedTrustList(services)
    app.state.shared = Shared(
        services=services,
        verifications=RateLimit(services.limits.verifications, services.limits.trusted_proxies),
        quotes=RateLimit(services.limits.quotes, services.limits.trusted_proxies),
        sign_ins=RateLimit(services.limits.sign_ins, services.limits.trusted_proxies),
        returns=RateLimit(services.limits.sign_ins, services.limits.trusted_proxies),
        refused_evidence=RateLimit(services.limits.refused_evidence, services.limits.trusted_proxies),
        people=PersonRateLimit(services.limits.requests_per_person),
        guardian_questions=PersonRateLimit(services.limits.guardian_questions),
        clients=ClientRateLimit(),
        security_events=SecurityEvents(
            services.runner, services.clock, services.limits.security_events_per_minute, services.metrics
        ),
        status_lists=status_lists,
        trust_list=trust_list,
        bundle=PublishedBundle(services, trust_list, status_lists),
        health=KnownHealth(services),
        punctuality=KnownPunctuality(services),
    )
    for router in (
        citizen.router,
        payment_code.router,
        document_code.router,
        timeline.router,
        receipt_xml.router,
        quotes.router,
        evidence.citizens,
        parcels.router,
        questions.citizens,
        accesses.router,
        privacy.router,
        desk_work.router,
        desk_bulk.router,
        statistics.router,
        officials.router,
        desk_cases.router,
        desk_deadlines.router,
        desk_post.router,
        desk_cash.router,
        desk_payments.router,
        desk_refunds.router,
        payment_notices.router,
        statements.router,
        handovers.router,
        delegations.router,
        papers_given.router,
        evidence.desk,
        questions.desk,
        # Before the policies: their names would be taken for policies' ids.
        fee_acts.router,
        fee_drafts.router,
        fee_policies.router,
        procedures.router,
        punctuality.router,
        prefill.router,
        bodies.router,
        agencies.router,
        units.router,
        public_checks.router,
        credentials.router,
        operations.router,
        health.router,
        pages.router,
        sign_in.router,
        survey.router,
        first_run.router,
        *citizen_pages.ROUTERS,
        *desk_pages.ROUTERS,
        *fees_pages.ROUTERS,
        *statistics_pages.ROUTERS,
        *verify_pages.ROUTERS,
    ):
        app.include_router(router)
    app.mount("/static", PageFiles(Path(__file__).parent / "web" / "static"), name="static")
    app.mount("/docs-assets", StaticFiles(directory=_DOCS_ASSETS), name="docs-assets")

    refuse = _refuser(services)
    for kind in _REFUSALS:
        app.add_exception_handler(kind, _handler(refuse))
    app.add_exception_handler(SignInNeeded, sign_in.send_to_sign_in)
    # The last one added is the outermost.
    app.add_middleware(HeadAsGet, not_below=("/sign-in",))
    app.add_middleware(BoundedBody, refuse=refuse, limits=services.limits)
    app.add_middleware(
        SecureHeaders,
        refuse=refuse,
        https=services.public_url.startswith("https:"),
        revalidated=("/static/", "/docs-assets/"),
    )
    app.add_middleware(CrossOrigin, origins=services.clients.origins)
    app.add_middleware(Measured, metrics=services.metrics)
    app.add_middleware(Logged)
    return app


_TAGS = [
    {"name": "citizen", "description": "Ask for a document, follow it, download it. A citizen's token."},
    {"name": "officials", "description": "Settle the unit's applications. An official's token."},
    {
        "name": "fee policies",
        "description": "The law as data: read, written, checked, approved. An official's token, most with a role.",
    },
    {
        "name": "procedures",
        "description": "How agencies settle applications: open to everybody; published with an official's token.",
    },
    {
        "name": "units",
        "description": "The units of the administration, day by day: open to everybody; brought by an operator.",
    },
    {"name": "agencies", "description": "Follow the unit's applications. A machine's token (client credentials)."},
    {"name": "verification", "description": "Check documents. Open to everybody."},
    {"name": "operations", "description": "For machines that watch or trust this service."},
]


def _refuser(services: Services) -> Callable[[Request, Exception], Response]:
    def refuse(request: Request, error: Exception) -> Response:
        kind = problem_of(error)
        services.metrics.count_refusal(kind.code)
        if kind.status == INTERNAL:
            _logger.error("a request failed", exc_info=error)
        if pages.wants_page(request):
            response = pages.problem_page(request, error)
        else:
            response = problem_response(
                error,
                language=language_of(request.scope),
                public_url=services.public_url,
                request_id=known_request_id(request.scope),
            )
        add_challenges(response, request, error, kind.status, services.issuers)
        return response

    return refuse


def _handler(
    refuse: Callable[[Request, Exception], Response],
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        own = as_own_error(error, request)
        await note_security_event(request, own)
        return refuse(request, own)

    return handle
