"""How a change of an application is answered: with the application as it is then, to its owner or at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.desk import open_case

from .idempotency import Answer, RequestOnce, answer_once
from .languages import Language, language_of
from .present.application import Dossier, application_view, open_dossier
from .present.desk import DeskView, desk_view
from .services import Records, Services


def shown(services: Services, dossier: Dossier, language: Language, status: int) -> Answer:
    """To its owner."""
    view = application_view(dossier, language, services.trust(services.clock()))
    headers = {"Content-Language": language, "Location": view["links"]["self"]}
    return Answer(status=status, body={**view}, headers=headers)


async def decided(
    request: Request,
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    code: str,
    decide: Callable[[Records, datetime], object],
) -> Response:
    """What the official decides, once, and the case as it stands then."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        decide(records, at)
        body = case_of(records, services, official, code, language)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act)


def case_of(
    records: Records, services: Services, official: VerifiedOfficial, code: str, language: Language
) -> DeskView:
    """Raises ApplicationNotFound, RoleMissing, SelfDealing."""
    application = open_case(records, official, code)
    dossier = open_dossier(records, services.rules.catalogue, application)
    trust = services.trust(services.clock())
    return desk_view(dossier, records.audit.of_application(application.id), language, trust)
