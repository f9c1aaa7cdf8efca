"""The person reads who was shown her data, when and for what."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from . import examples
from .authentication import CitizenReads
from .documented import SIGNED_IN, answers
from .json_answer import json_answer
from .languages import language_of
from .parameters import Cursor, PageSize
from .present.access import AccessesPage, accesses_page
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])


@router.get(
    "/accesses",
    summary="Who was shown my data",
    response_model=AccessesPage,
    responses=answers(examples.ACCESSES, *SIGNED_IN, 422),
)
async def list_accesses(
    request: Request, services: Given, citizen: CitizenReads, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Newest first: officials who were shown an application of mine, one about me or one for my child, and who looked
    for me. Each was written down before anything was shown."""
    language, index = language_of(request.scope), services.rules.person_index

    def read(records: Records) -> AccessesPage:
        found = records.accesses.of_person(citizen.subject_key, index(citizen.personal_id.digits), cursor, limit)
        return accesses_page(found, records.units.tree(), index, limit, language)

    return json_answer(await services.runner.run(read), language)
