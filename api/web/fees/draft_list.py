"""Every draft that there has been, the newest first, page by page; the book's page shows those of late."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.fee_policies.open_draft import list_drafts

from ...languages import language_of
from ...services import Records
from ...state import Given
from ..page import page
from ..session import OfficialSignedIn
from .book import DraftInWork, drafts_shown, policy_names
from .people import Names

router = APIRouter(include_in_schema=False)

_ON_A_PAGE = 50


@router.get("/fees/drafts")
async def show_drafts(
    request: Request, services: Given, session: OfficialSignedIn, after: UUID | None = None
) -> Response:
    """after: the last one of the page before. Raises RoleMissing, InvalidCursor."""
    official, language = session.official, language_of(request.scope)

    def read(records: Records) -> Sequence[DraftInWork]:
        found = list_drafts(records, official, _ON_A_PAGE + 1, after)
        people = Names(records.officials, official.subject_key, official.full_name)
        return drafts_shown(found, policy_names(records.fee_policies.rows(), language), people, language)

    drafts = await services.runner.run(read)
    next_page = f"/fees/drafts?after={drafts[_ON_A_PAGE - 1].id}" if len(drafts) > _ON_A_PAGE else None
    return page(
        request,
        "fees/drafts.html",
        account=session.session,
        drafts=drafts[:_ON_A_PAGE],
        next=next_page,
        is_first=not after,
    )
