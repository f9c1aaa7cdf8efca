"""The citizen says that the papers asked for are there."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.bring_evidence import own_application
from issuance.settlement.resume import papers_given

from . import examples
from .application_answers import shown
from .authentication import CitizenWrites
from .documented import SIGNED_IN, answers
from .dossier import open_dossier
from .idempotency import Answer, Once, answer_once
from .languages import language_of
from .parameters import Code
from .present.application import ApplicationView
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])


@router.post(
    "/applications/{code}/papers-given",
    summary="Say that the papers asked for are there",
    response_model=ApplicationView,
    responses=answers(examples.APPLICATION, *SIGNED_IN, 404, 409, 422),
)
async def give_papers(request: Request, services: Given, citizen: CitizenWrites, once: Once, code: Code) -> Response:
    """It is the agency's turn again, and its clock goes on."""
    at, language = services.clock(), language_of(request.scope)
    # Here as well: a kept answer shows what only this level may see.
    await services.runner.run(lambda records: own_application(records, citizen, code))

    def act(records: Records) -> Answer:
        application = papers_given(records, services.rules, citizen, code, at)
        return shown(services, open_dossier(records, services.rules, application), language, 200)

    return await answer_once(services.runner, citizen, once, at, act)
