"""What the post reports of parcels: seen first, then taken in."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.delivery.tracking import COLUMNS, MAX_BYTES
from issuance.desk import demand_desk
from issuance.errors import BrokenTracking, IssuanceError, RoleMissing

from ...desk_post import take_reports
from ...errors import ApiError, BodyTooLarge
from ...guard import REPORTS_PAGE as ADDRESS
from ...languages import language_of
from ...present.parcel import TrackingView
from ...problem_table import problem_of
from ...state import Given
from ..page import page
from ..session import OfficialSession, OfficialSignedIn
from ..texts import N_, translate
from .brought import Sender, read_brought
from .refused import closed, words_of

router = APIRouter(include_in_schema=False)

_TOO_LARGE = N_("The file is larger than 2 MB.")
_WHY = {
    "too_large": _TOO_LARGE,
    "too_many_lines": N_("The file has more than 20,000 lines: split it and bring its parts."),
    "heading": N_("The first line has to be: %(columns)s."),
    "no_utf8": N_("The file is not encoded in UTF-8: in a spreadsheet, save it as “CSV UTF-8”."),
    "no_csv": N_("This is no CSV file."),
}


@router.get(ADDRESS)
async def ask_for_reports(request: Request, session: OfficialSignedIn) -> Response:
    try:
        demand_desk(session.official)
    except RoleMissing as refused:
        return await closed(request, session, refused)
    return _page(request, session)


@router.post(ADDRESS)
async def bring(request: Request, services: Given, session: Sender) -> Response:
    """First what would change, with nothing stored; confirmed, it is taken in."""
    language, official = language_of(request.scope), session.official
    try:
        demand_desk(official)
        brought = await read_brought(request, session.session, MAX_BYTES)
        if not brought.content:
            return _page(request, session, status=422, problems={"file": translate("Choose a file.", language)})
        answer = await take_reports(
            services, official, brought.once, brought.content, language, dry_run=not brought.is_confirmed
        )
    except RoleMissing as refused:
        return await closed(request, session, refused)
    except BodyTooLarge:
        return _page(request, session, status=413, problems={"file": translate(_TOO_LARGE, language)})
    except BrokenTracking as refused:
        text = translate(_WHY[refused.why], language)
        if refused.why == "heading":
            text %= {"columns": ",".join(COLUMNS)}
        return _page(request, session, status=422, problems={"file": text})
    except (IssuanceError, ApiError) as refused:
        if problem_of(refused).status >= 500 or problem_of(refused).status in (400, 403):
            raise
        said = words_of(refused, language)
        return _page(request, session, status=problem_of(refused).status, said=said)
    report: TrackingView = json.loads(bytes(answer.body))
    return _page(request, session, report=report, carried="" if brought.is_confirmed else brought.carried)


def _page(
    request: Request,
    session: OfficialSession,
    *,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
    said: tuple[str, str] | None = None,
    report: TrackingView | None = None,
    carried: str = "",
) -> Response:
    return page(
        request,
        "desk/post_reports.html",
        status=status,
        account=session.session,
        forms=True,
        columns=COLUMNS,
        problems=problems or {},
        said=said,
        report=report,
        carried=carried,
    )
