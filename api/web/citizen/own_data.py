"""What the citizen may know about her data: who looked at it, what is kept how long, and all of it to take along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import AssuranceLevel
from issuance.errors import IssuanceError
from issuance.fees.facts import vietnam_day

from ...languages import language_of
from ...parameters import Cursor
from ...present.access import AccessesPage, AccessView, accesses_page
from ...privacy import ask_to_be_erased, export_mine
from ...services import Records, Services
from ...state import Given
from ..downloads import from_our_pages
from ..page import page
from ..session import CitizenForm, CitizenSession, CitizenSignedIn, SentByCitizen
from ..sign_in import ROLE_NAMES
from ..texts import translate
from .own_case import NOTICES, said_of, see

router = APIRouter(include_in_schema=False)

_ON_A_PAGE = 40


@router.get("/who-looked")
async def who_looked(request: Request, services: Given, session: CitizenSignedIn, cursor: Cursor = None) -> Response:
    citizen, language, index = session.citizen, language_of(request.scope), services.rules.person_index

    def read(records: Records) -> tuple[AccessesPage, str | None]:
        own = index(citizen.personal_id.digits)
        found = records.accesses.of_person(citizen.subject_key, own, cursor, _ON_A_PAGE)
        return accesses_page(found, records.units.tree(), index, _ON_A_PAGE, language), found.next_cursor

    found, next_cursor = await services.runner.run(read)
    days = [(day, list(_together(seen))) for day, seen in groupby(found["items"], _day_of)]
    return page(
        request,
        "citizen/who_looked.html",
        account=session.session,
        days=days,
        role_names=ROLE_NAMES,
        next=None if next_cursor is None else f"/who-looked?cursor={next_cursor}",
        is_first=cursor is None,
    )


@router.get("/my-data")
async def my_data(request: Request, services: Given, session: CitizenSignedIn) -> Response:
    return await _my_data(request, services, session)


@router.get("/my-data/export")
async def export(request: Request, services: Given, session: CitizenSignedIn) -> Response:
    """Raises LevelTooLow: what is in it needs the level at which documents are asked for."""
    if not from_our_pages(request):
        return see("/my-data")
    answer = await export_mine(request, services, session.citizen)
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@router.post("/my-data")
async def ask_for_erasure(request: Request, services: Given, form: CitizenForm) -> Response:
    if form.fields.get("sure") != "1":
        problem = translate("Tick the box if you are sure.", language_of(request.scope))
        return await _my_data(request, services, form, problems={"sure": problem}, status=422)
    try:
        await ask_to_be_erased(request, services, form.citizen, form.once)
    except IssuanceError as refused:
        said, status = said_of(refused, language_of(request.scope))
        return await _my_data(request, services, form, refused=said, status=status)
    return see("/my-data", "erasure")


async def _my_data(
    request: Request, services: Services, session: CitizenSession | SentByCitizen, status: int = 200, **values: Any
) -> Response:
    index = services.rules.person_index(session.citizen.personal_id.digits)
    waiting = await services.runner.run(lambda records: records.erasure_requests.waiting_of(index))
    shown: dict[str, Any] = {"problems": {}, "refused": None} | values
    if request.method == "GET" and request.query_params.get("done") == "erasure":
        told = NOTICES["erasure"]
        shown["notice"] = translate(told, language_of(request.scope))
    return page(
        request,
        "citizen/my_data.html",
        status=status,
        forms=True,
        account=session.session,
        has_level=session.citizen.level >= AssuranceLevel.LEVEL_2,
        kept=services.kept_for,
        waiting=waiting,
        **shown,
    )


def _together(seen: Iterable[AccessView]) -> Iterator[tuple[AccessView, int]]:
    """Looks that differ in their seconds alone, as one with how many they are."""
    for _, same in groupby(seen, lambda one: {**one, "at": one["at"][: len("2024-06-03T02:00")]}):
        first, *further = same
        yield first, 1 + len(further)


def _day_of(one: AccessView) -> date:
    """In Vietnam."""
    return vietnam_day(datetime.fromisoformat(one["at"]))
