"""What has happened to an own application, for apps that show it as these pages do."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from . import examples
from .authentication import CitizenReads
from .citizen import open_own_dossier
from .documented import SIGNED_IN, answers
from .json_answer import revalidated_answer
from .languages import language_of
from .parameters import Code
from .present.timeline import TimelineView, open_course, timeline
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])


@router.get(
    "/applications/{code}/timeline",
    summary="What has happened to one of my applications",
    response_model=TimelineView,
    responses=answers(examples.TIMELINE, *SIGNED_IN, 404, 422),
)
async def show_timeline(request: Request, services: Given, citizen: CitizenReads, code: Code) -> Response:
    """Oldest first; then what it waits for now, and what is still to come. It has an ETag, as the application has."""
    language = language_of(request.scope)

    def read(records: Records) -> TimelineView:
        return {"items": timeline(open_course(records, open_own_dossier(records, services, citizen, code)), language)}

    return revalidated_answer(request, await services.runner.run(read), language)
