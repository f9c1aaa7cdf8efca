"""Documents from unit to unit: handed over from a case, opened and acknowledged by the other unit's desk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.delivery.to_unit import inbox
from issuance.desk import open_case
from issuance.errors import AlreadyHandedOver, HandoverRefused, InvalidCursor, IssuanceError, UnknownUnit
from issuance.fees.facts import vietnam_day

from ...handovers import Acknowledged, HandedTo, acknowledge_document, hand_over, open_document
from ...languages import Language, language_of
from ...parameters import Code
from ...present.handover import handover_view
from ...problem_table import problem_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn
from ..texts import N_, translate
from .reading import Reading, tidy
from .refused import handed_out, shut, words_of

router = APIRouter(include_in_schema=False)

ADDRESS = "/desk/inbox"
ON_A_PAGE = 20
_MOST_LETTERS = 1_000
_UNIT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,63}")
_DONE = {"acknowledged": N_("The receipt of the document is confirmed.")}


@router.get(ADDRESS)
async def show_inbox(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Nothing of the documents is shown here; to open one is noted."""
    return await _inbox(request, services, session)


@router.get(f"{ADDRESS}/{{handover_id}}/document")
async def download(request: Request, services: Given, session: OfficialSignedIn, handover_id: UUID) -> Response:
    return await handed_out(request, session, ADDRESS, lambda: open_document(services, session.official, handover_id))


@router.get(f"{ADDRESS}/{{handover_id}}/acknowledgement")
async def come_back(session: OfficialSignedIn, handover_id: UUID) -> Response:
    return RedirectResponse(ADDRESS, 303)


@router.post(f"{ADDRESS}/{{handover_id}}/acknowledgement")
async def acknowledge(request: Request, services: Given, form: OfficialForm, handover_id: UUID) -> Response:
    """Once, and only after it was opened."""
    session = OfficialSession(session=form.session, official=form.official)
    note = tidy(form.fields.get("note", ""))[:_MOST_LETTERS] or None
    try:
        said = Acknowledged(note=note)
        await acknowledge_document(request, services, form.official, form.once, handover_id, said)
    except IssuanceError as refused:
        if problem_of(refused).status != 409:
            return await shut(request, session, refused)
        return await _inbox(request, services, session, refused=refused)
    return RedirectResponse(f"{ADDRESS}?done=acknowledged", 303)


@router.get("/desk/handovers/{code}")
async def ask_where_to(request: Request, services: Given, session: OfficialSignedIn, code: Code) -> Response:
    return await _asked(request, services, session, code)


@router.post("/desk/handovers/{code}")
async def hand_to_unit(request: Request, services: Given, form: OfficialForm, code: Code) -> Response:
    """The issued result of a case of the own unit."""
    language = language_of(request.scope)
    session, reading = OfficialSession(session=form.session, official=form.official), Reading(form.fields, language)
    unit = form.fields.get("unit", "")
    if not _UNIT.fullmatch(unit):
        reading.problems["unit"] = translate("Choose a unit.", language)
    reason = reading.text("reason", _MOST_LETTERS, missing=translate("Say why it is so.", language))
    if reading.problems:
        return await _asked(request, services, session, code, given=form.fields, problems=reading.problems)
    try:
        said = HandedTo(to_unit=unit, reason=reason)
        await hand_over(request, services, form.official, form.once, code, said)
    except (HandoverRefused, AlreadyHandedOver) as refused:
        problems = {"unit": words_of(refused, language)[0]}
        return await _asked(request, services, session, code, given=form.fields, problems=problems)
    except IssuanceError as refused:
        return await shut(request, session, refused)
    return RedirectResponse(f"/desk/handovers/{code}?done=handed", 303)


async def _inbox(
    request: Request, services: Services, session: OfficialSession, *, refused: IssuanceError | None = None
) -> Response:
    official, language = session.official, language_of(request.scope)
    cursor, today = request.query_params.get("cursor"), vietnam_day(services.clock())

    def read(records: Records) -> tuple[list[dict[str, Any]], str | None]:
        found = inbox(records, official, cursor, ON_A_PAGE)
        return [
            {
                **handover_view(one, about, services.rules.catalogue, language, to_receiver=True),
                "from_name": _named(records, one.from_unit, today, language),
            }
            for one, about in found.handovers
        ], found.next_cursor

    try:
        handed, following = await services.runner.run(read)
    except InvalidCursor:
        return RedirectResponse(ADDRESS, 303)
    except IssuanceError as error:
        return await shut(request, session, error)
    done = _DONE.get(request.query_params.get("done", "")) if request.method == "GET" else None
    return page(
        request,
        "desk/inbox.html",
        status=200 if refused is None else problem_of(refused).status,
        account=session.session,
        forms=True,
        notice=done and translate(done, language),
        handed=handed,
        next=following and f"{ADDRESS}?cursor={following}",
        said=None if refused is None else words_of(refused, language),
    )


async def _asked(
    request: Request,
    services: Services,
    session: OfficialSession,
    code: str,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    official, language = session.official, language_of(request.scope)
    today = vietnam_day(services.clock())

    def read(records: Records) -> dict[str, Any]:
        application = open_case(records, official, code)
        units = records.units.tree().units_on(today)
        return {
            "type_name": services.rules.catalogue.get(application.type_id).name.in_language(language),
            "units": sorted(
                ((one.code, one.name.in_language(language)) for one in units if one.code != application.unit),
                key=lambda pair: pair[1],
            ),
            "sent": [
                {
                    **handover_view(one, application, services.rules.catalogue, language, to_receiver=False),
                    "to_name": _named(records, one.to_unit, today, language),
                }
                for one in records.handovers.of_application(application.id)
            ],
        }

    try:
        values = await services.runner.run(read)
    except IssuanceError as error:
        return await shut(request, session, error)
    is_done = request.method == "GET" and request.query_params.get("done") == "handed"
    return page(
        request,
        "desk/handover.html",
        status=422 if problems else 200,
        account=session.session,
        forms=True,
        code=code,
        notice=translate("The document waits at that unit.", language) if is_done else None,
        given=given or {},
        problems=problems or {},
        **values,
    )


def _named(records: Records, unit: str, today: date, language: Language) -> str:
    try:
        return records.units.tree().on(unit, today).name.in_language(language)
    except UnknownUnit:
        return unit
