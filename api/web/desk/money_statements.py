"""The bank's statements: an operator sees what one comes to, then has it taken in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.errors import BrokenStatement, IssuanceError, RoleMissing
from issuance.payments.import_statement import demand_bringer
from issuance.payments.read_statement import MAX_STATEMENT_BYTES

from ...errors import ApiError, BodyTooLarge
from ...guard import STATEMENT_PAGE as ADDRESS
from ...languages import language_of
from ...present.payments import StatementView
from ...problem_table import problem_of
from ...services import Services
from ...state import Given
from ...statements import preview_statement, take_statement
from ..page import page
from ..session import OfficialSession, OfficialSignedIn
from ..texts import N_, translate
from .brought import Sender, read_brought
from .refused import closed, words_of

router = APIRouter(include_in_schema=False)

_TOO_LARGE = N_("The file is larger than 1 MB.")
_OF_THE_FILE = N_("the whole file")


@router.get(ADDRESS)
async def ask_for_statement(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    try:
        demand_bringer(session.official)
    except RoleMissing as refused:
        return await closed(request, session, refused)
    return _page(request, services, session)


@router.post(ADDRESS)
async def bring(request: Request, services: Given, session: Sender) -> Response:
    """First what it would come to, with nothing stored; confirmed, it is taken in."""
    language, official = language_of(request.scope), session.official
    try:
        demand_bringer(official)
        brought = await read_brought(request, session.session, MAX_STATEMENT_BYTES)
        if not brought.content:
            problems = {"file": translate("Choose a file.", language)}
            return _page(request, services, session, status=422, problems=problems)
        if not brought.is_confirmed:
            seen = await preview_statement(services, official, brought.content)
            return _page(request, services, session, report=seen, carried=brought.carried)
        answer = await take_statement(services, official, brought.once, brought.content, language)
        report: StatementView = json.loads(bytes(answer.body))
    except RoleMissing as refused:
        return await closed(request, session, refused)
    except BodyTooLarge:
        problems = {"file": translate(_TOO_LARGE, language)}
        return _page(request, services, session, status=413, problems=problems)
    except BrokenStatement as refused:
        told = [(one.place, one.text.in_language(language)) for one in refused.problems]
        lines = [(place or translate(_OF_THE_FILE, language), text) for place, text in told]
        problems = {"file": translate("The statement was not taken in: some lines have to be mended.", language)}
        if not any(place for place, _ in told):
            # Of no line: said at the field itself.
            problems, lines = {"file": ". ".join(text[:1].upper() + text[1:] for _, text in told) + "."}, []
        return _page(request, services, session, status=422, problems=problems, wrong_lines=lines)
    except (IssuanceError, ApiError) as refused:
        if problem_of(refused).status >= 500 or problem_of(refused).status in (400, 403):
            raise
        said = words_of(refused, language)
        return _page(request, services, session, status=problem_of(refused).status, said=said)
    return _page(request, services, session, report=report)


def _page(
    request: Request,
    services: Services,
    session: OfficialSession,
    *,
    status: int = 200,
    problems: Mapping[str, str] | None = None,
    said: tuple[str, str] | None = None,
    wrong_lines: Sequence[tuple[str, str]] = (),
    report: StatementView | None = None,
    carried: str = "",
) -> Response:
    return page(
        request,
        "desk/statements.html",
        status=status,
        account=session.session,
        forms=True,
        columns=services.rules.payments.columns.all,
        problems=problems or {},
        said=said,
        wrong_lines=wrong_lines,
        report=report,
        carried=carried,
    )
