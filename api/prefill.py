"""What the state knows of the citizen already, offered for the form of a service."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.verify_token import require_level
from issuance.errors import RegisterUnavailable
from issuance.fees.facts import vietnam_day
from issuance.prefill import note_prefill, prefilled

from . import examples
from .authentication import CitizenReads
from .documented import SIGNED_IN, answers
from .json_answer import json_answer
from .languages import Language, language_of
from .present.registers import SOURCE_NAMES
from .services import Services
from .state import Given, shared_of

router = APIRouter(prefix="/v1", tags=["citizen"])


class PrefilledView(TypedDict):
    """A member of the service's `input` with its value, which register has it, and when that said so."""

    name: str
    value: str
    source: str
    source_name: str
    answered_at: str


class PrefillView(TypedDict):
    """What can be put into `input` as it is, or changed before. Empty where nothing is known."""

    type: str
    values: list[PrefilledView]


@router.get(
    "/services/{type_id}/prefill",
    summary="What is known already",
    response_model=PrefillView,
    responses=answers(examples.PREFILL, *SIGNED_IN, 404, 409, 422),
)
async def prefill(request: Request, services: Given, citizen: CitizenReads, type_id: str) -> Response:
    """What the population register knows of the person signed in, as far as this service asks for it. Each reading is
    kept on record. Where the register does not answer (503), apply without it.
    """
    language = language_of(request.scope)
    return json_answer(await read_prefill(request, services, citizen, type_id, language), language)


async def read_prefill(
    request: Request, services: Services, citizen: VerifiedCitizen, type_id: str, language: Language
) -> PrefillView:
    """Have the register read, and that on record. Raises UnknownDocumentType, LevelTooLow, ServiceNotInForce,
    RegisterUnavailable, TooManyRequests."""
    at = services.clock()
    document_type = services.rules.catalogue.get(type_id)
    require_level(citizen, AssuranceLevel(document_type.required_level))
    document_type.require_in_force(vietnam_day(at))
    register = services.population_facts
    if register is None:
        raise RegisterUnavailable("no population register is set")
    shared_of(request).guardian_questions.take(citizen.subject_key)
    answer = await asyncio.to_thread(
        register.look_up,
        personal_id=citizen.personal_id.digits,
        full_name=citizen.full_name,
        birth_date=citizen.birth_date,
    )
    given = prefilled(document_type, citizen, answer)
    # Before anything is shown: what cannot be put on record is not read.
    await services.runner.run(lambda records: note_prefill(records, document_type, citizen, answer, given, at))
    return {
        "type": document_type.id,
        "values": [
            {
                "name": one.name,
                "value": one.value,
                "source": one.source,
                "source_name": SOURCE_NAMES[one.source].in_language(language),
                "answered_at": one.answered_at.isoformat(),
            }
            for one in given
        ],
    }
