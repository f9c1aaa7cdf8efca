"""How a change of an application is answered: with the application as it is then, to its owner or at the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.accesses import Purpose, record_access
from issuance.desk import open_case
from issuance.errors import IssuanceError
from issuance.settlement.possible import what_is_possible

from .dossier import Dossier, open_dossier
from .idempotency import Answer, RequestOnce, answer_once
from .if_match import etag_of, require_version
from .languages import Language, language_of
from .present.application import application_view
from .present.desk import DeskView, desk_view
from .present.turn import turn_view
from .problem_table import problem_of
from .services import Records, Services

_NOT_FOR_YOU = (403, 404)
CASE = "case"
"""What an access to a whole case is called."""


def shown(services: Services, dossier: Dossier, language: Language, status: int) -> Answer:
    """To its owner."""
    at = services.clock()
    view = application_view(dossier, language, services.trust(at), at)
    headers = {"Content-Language": language, "Location": view["links"]["self"]}
    return Answer(status=status, body={**view}, headers=headers)


async def decided(
    request: Request,
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    code: str,
    decide: Callable[[Records, datetime], object],
    version_meant: int | None = None,
) -> Response:
    """What the official decides, once, and the case as it stands then.

    version_meant: of the case that the official has read (If-Match); None decides whatever it is by now.
    Raises ApplicationChanged, and what `decide` raises: before it, that this official may not decide at all.
    """
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        before = records.applications.in_unit(code, official.unit)
        try:
            decide(records, at)
        except IssuanceError as refused:
            # What has changed meanwhile, and led to another refusal, is told to those alone who may act.
            if problem_of(refused).status not in _NOT_FOR_YOU:
                require_version(before, version_meant)
            raise
        require_version(before, version_meant)
        body = case_of(records, services, official, code, language)
        headers = {"Content-Language": language, "ETag": etag_of(body["turn"]["version"])}
        return Answer(status=200, body={**body}, headers=headers)

    def show_again(records: Records) -> None:
        record_access(records, official, Purpose.SETTLE_CASE, CASE, [open_case(records, official, code)], at)

    return await answer_once(services.runner, official, once, at, act, show_again)


def case_of(
    records: Records, services: Services, official: VerifiedOfficial, code: str, language: Language
) -> DeskView:
    """Noted as an access to it. Raises ApplicationNotFound, RoleMissing, SelfDealing."""
    application, at = open_case(records, official, code), services.clock()
    record_access(records, official, Purpose.SETTLE_CASE, CASE, [application], at)
    dossier = open_dossier(records, services.rules, application)
    step = dossier.procedure.step(application.step)
    possible = what_is_possible(records, services.rules, official, application, step, at)
    visits = records.step_visits.of_application(application.id)
    turn = turn_view(application, dossier.procedure, possible, visits, language)
    return desk_view(dossier, turn, records.audit.of_application(application.id), language, services.trust(at), at)
