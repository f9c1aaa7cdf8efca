"""The citizen's applications: all of them, one as a timeline, and what may be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.application import ENDED, ApplicationState
from issuance.batches.owner import person_key_of
from issuance.errors import IssuanceError
from issuance.fees.facts import vietnam_day

from ...evidence import withdraw_application
from ...languages import language_of
from ...papers_given import give_papers
from ...parameters import Code, Cursor
from ...present.application import ApplicationPage, application_page
from ...state import Given
from ..page import page
from ..session import CitizenForm, CitizenSignedIn
from ..texts import N_
from .own_case import read_own, said_of, see, show, show_if_changed

router = APIRouter(include_in_schema=False)

_ON_A_PAGE = 20
WAITS_FOR_YOU = {
    ApplicationState.PAYMENT_ASKED: N_("Pay the fee"),
    ApplicationState.MORE_PAPERS_ASKED: N_("Bring the papers asked for"),
    ApplicationState.SETTLED: N_("Your document is ready"),
}
"""By state: what waits for the citizen."""
TONES = {
    "payment_asked": "wait",
    "more_papers_asked": "wait",
    "settled": "good",
    "result_returned": "good",
    "refused_at_intake": "bad",
    "stopped": "bad",
}
"""Of the tag that shows a state; the others have none."""
_ENDED = frozenset(state.value for state in ENDED)
# The promise stands still with them, and moves once they are over: until then nobody is late.
_HALTED = frozenset((ApplicationState.PAYMENT_ASKED.value, ApplicationState.MORE_PAPERS_ASKED.value))


@router.get("/applications")
async def list_own(request: Request, services: Given, session: CitizenSignedIn, cursor: Cursor = None) -> Response:
    citizen, language = session.citizen, language_of(request.scope)
    own = person_key_of(services.rules, citizen)
    found = await services.runner.run(
        lambda records: records.applications.list_of_citizen(citizen.subject_key, cursor, _ON_A_PAGE, person_key=own)
    )
    view = application_page(found, services.rules.catalogue, "/applications", _ON_A_PAGE, language)
    lines = lines_of(view, vietnam_day(services.clock()))
    next_page = None if found.next_cursor is None else f"/applications?cursor={found.next_cursor}"
    return page(
        request,
        "citizen/applications.html",
        account=session.session,
        lines=lines,
        tones=TONES,
        next=next_page,
        is_first=cursor is None,
    )


def lines_of(view: ApplicationPage, today: date) -> list[dict[str, Any]]:
    """A list's applications with what waits for the citizen, and whether they are late."""
    return [
        {
            **line,
            "waits": WAITS_FOR_YOU.get(ApplicationState(line["state"])),
            "is_open": line["state"] not in _ENDED and not (line["state"] in _HALTED and _has_passed(line, today)),
            "is_late": line["state"] not in _ENDED | _HALTED and _has_passed(line, today),
        }
        for line in view["items"]
    ]


def _has_passed(line: Mapping[str, Any], today: date) -> bool:
    return bool(line["promised_on"] < today.isoformat())


@router.get("/applications/{code}")
async def follow(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    return show_if_changed(request, "citizen/application.html", session, own, tones=TONES, refused=None)


@router.post("/applications/{code}/papers-given")
async def say_given(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    try:
        await give_papers(request, services, form.citizen, form.once, code)
    except IssuanceError as refused:
        language = language_of(request.scope)
        said, status = said_of(refused, language)
        own = await read_own(services, form.citizen, code, language)
        return show(request, "citizen/application.html", form, own, tones=TONES, refused=said, etag="", status=status)
    return see(f"/applications/{code}", "papers")


@router.get("/applications/{code}/papers-given")
async def back_from_papers(session: CitizenSignedIn, code: Code) -> Response:
    """A form's address that is loaded anew leads to where the form stands."""
    return see(f"/applications/{code}")


@router.get("/applications/{code}/withdrawal")
async def ask_to_withdraw(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    return show(request, "citizen/withdraw.html", session, own, refused=None)


@router.post("/applications/{code}/withdrawal")
async def withdraw(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    try:
        await withdraw_application(request, services, form.citizen, form.once, code)
    except IssuanceError as refused:
        language = language_of(request.scope)
        said, status = said_of(refused, language)
        own = await read_own(services, form.citizen, code, language)
        return show(request, "citizen/withdraw.html", form, own, refused=said, status=status)
    return see(f"/applications/{code}", "withdrawn")
