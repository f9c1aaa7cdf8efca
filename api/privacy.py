"""The person takes along everything that is kept about her, and asks to have it erased."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import AssuranceLevel
from identity.verify_token import require_level
from issuance.privacy.ask_for_erasure import ask_for_erasure
from issuance.privacy.export import export_person

from . import examples_privacy as examples
from .authentication import CitizenDownloads, CitizenWrites
from .documented import SIGNED_IN, answers
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .present.privacy import ErasureRequestView, PersonalDataView
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1/privacy", tags=["citizen"])


@router.get(
    "/export",
    summary="Everything that is kept about me",
    response_model=PersonalDataView,
    responses=answers(examples.EXPORT, *SIGNED_IN),
)
async def export_mine(request: Request, services: Given, citizen: CitizenDownloads) -> Response:
    """Applications of mine and about me with everything in them, and who was shown them. Not in it: what a body asked
    about me in proceedings, the names of officials, facts of whoever asked for me, and files, which have routes of
    their own."""
    require_level(citizen, AssuranceLevel(2))
    index, at = services.rules.person_index(citizen.personal_id.digits), services.clock()

    def read(records: Records) -> PersonalDataView:
        told = export_person(records, index, citizen.subject_key, at)
        return {
            "format": told["format"],
            "made_at": told["made_at"],
            "applications": told["applications"],
            "accesses": told["accesses"],
            "erasures": told["erasures"],
        }

    return json_answer(await services.runner.run(read), language_of(request.scope))


@router.post(
    "/erasure-requests",
    summary="Ask to be erased",
    status_code=201,
    response_model=ErasureRequestView,
    responses=answers(examples.ERASURE_REQUEST, *SIGNED_IN, 409, 422, success=201),
)
async def ask_to_be_erased(request: Request, services: Given, citizen: CitizenWrites, once: Once) -> Response:
    """The agency answers within two working days. Asking again while it waits changes nothing. What is under way, like
    an open application, has to end first; documents that were issued stay verifiable."""
    require_level(citizen, AssuranceLevel(2))
    index, at = services.rules.person_index(citizen.personal_id.digits), services.clock()
    language = language_of(request.scope)

    def act(records: Records) -> Answer:
        noted = ask_for_erasure(records, services.rules, index, citizen.subject_key, at)
        told: ErasureRequestView = {
            "requested_at": noted.asked_at.isoformat(),
            "answer_due_at": noted.due_at.isoformat(),
        }
        return Answer(status=201, body=dict(told), headers={"Content-Language": language})

    return await answer_once(services.runner, citizen, once, at, act)
