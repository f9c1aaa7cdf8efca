"""The desk's post: copies that are to be printed, batches for the post, and their lists and labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from issuance.delivery.batch import batches, open_batch, waiting
from issuance.delivery.parcel import Parcel, ParcelState
from issuance.desk import demand_desk, open_case
from issuance.errors import CopiesUsedUp, IssuanceError, NoParcel

from ...desk_post import Printed, close, load_labels, load_list, load_print, note_print, resend
from ...languages import Language, language_of
from ...parameters import Code
from ...present.parcel import RETURNS, STATES
from ...problem_table import problem_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn
from ..texts import N_, translate
from .reading import Reading
from .refused import handed_out, shut, words_of

router = APIRouter(include_in_schema=False)

ADDRESS = "/desk/post"
_BATCHES = f"{ADDRESS}/batches"
_CASES = f"{ADDRESS}/cases"
_SHOWN, _BATCHES_SHOWN = 100, 20
_MOST_COPIES = 100
_TONES = {"asked": "wait", "printed": "good", "delivered": "good", "returned": "bad"}
_DONE = {"again": N_("What came back is ready to be sent once more.")}


@router.get(ADDRESS)
async def show_post(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Nothing of it is about a person: addresses stand on labels and lists alone."""
    return await _shown(request, services, session)


@router.get(_BATCHES)
async def come_back(session: OfficialSignedIn) -> Response:
    return RedirectResponse(ADDRESS, 303)


@router.post(_BATCHES)
async def close_batch(request: Request, services: Given, form: OfficialForm) -> Response:
    """Every printed parcel is handed over; the list never changes after."""
    session = OfficialSession(session=form.session, official=form.official)
    try:
        await services.runner.run(lambda _: demand_desk(form.official))
        answer = await close(request, services, form.official, form.once)
    except IssuanceError as refused:
        if problem_of(refused).status != 409:
            return await shut(request, session, refused)
        return await _shown(request, services, session, refused=refused)
    return RedirectResponse(f"{_BATCHES}/{json.loads(bytes(answer.body))['batch']['id']}?done=closed", 303)


@router.get(f"{_BATCHES}/{{batch_id}}")
async def show_batch(request: Request, services: Given, session: OfficialSignedIn, batch_id: UUID) -> Response:
    language = language_of(request.scope)
    try:
        found = await services.runner.run(lambda records: open_batch(records, session.official, batch_id))
    except IssuanceError as refused:
        return await shut(request, session, refused)
    is_new = request.query_params.get("done") == "closed"
    return page(
        request,
        "desk/post_batch.html",
        account=session.session,
        notice=translate("The batch is closed. Print its labels and its list.", language) if is_new else None,
        batch=found.batch,
        lines=[_line(one.parcel, one.code, language) for one in found.lines],
    )


@router.get(f"{_BATCHES}/{{batch_id}}/list")
async def download_list(request: Request, services: Given, session: OfficialSignedIn, batch_id: UUID) -> Response:
    return await handed_out(
        request, session, f"{_BATCHES}/{batch_id}", lambda: load_list(services, session.official, batch_id)
    )


@router.get(f"{_BATCHES}/{{batch_id}}/labels")
async def download_labels(request: Request, services: Given, session: OfficialSignedIn, batch_id: UUID) -> Response:
    return await handed_out(
        request, session, f"{_BATCHES}/{batch_id}", lambda: load_labels(services, session.official, batch_id)
    )


@router.get(f"{_CASES}/{{code}}")
async def show_copies(request: Request, services: Given, session: OfficialSignedIn, code: Code) -> Response:
    """The paper copies of one application: how many are printed, and where its parcels are."""
    return await _copies(request, services, session, code)


@router.post(f"{_CASES}/{{code}}")
async def print_copies(request: Request, services: Given, form: OfficialForm, code: Code) -> Response:
    """Counted first; the file to print is open for an hour, to whoever noted it."""
    language = language_of(request.scope)
    session = OfficialSession(session=form.session, official=form.official)
    reading = Reading(form.fields, language)
    copies = reading.amount("copies", _MOST_COPIES)
    if not copies:
        reading.problems["copies"] = translate("Type how many copies you print now.", language)
        return await _copies(request, services, session, code, given=form.fields, problems=reading.problems)
    try:
        answer = await note_print(request, services, form.official, form.once, code, Printed(copies=copies))
    except CopiesUsedUp as refused:
        text = translate("So many are not left: %(left)s at most.", language) % {"left": refused.left}
        return await _copies(request, services, session, code, given=form.fields, problems={"copies": text})
    except IssuanceError as refused:
        return await _refused(request, services, session, code, refused)
    return RedirectResponse(f"{_CASES}/{code}?print={json.loads(bytes(answer.body))['id']}", 303)


@router.get(f"{_CASES}/{{code}}/prints/{{print_id}}")
async def download_print(
    request: Request, services: Given, session: OfficialSignedIn, code: Code, print_id: UUID
) -> Response:
    return await handed_out(
        request, session, f"{_CASES}/{code}", lambda: load_print(services, session.official, code, print_id)
    )


@router.get(f"{_CASES}/{{code}}/again")
async def come_back_to_copies(session: OfficialSignedIn, code: Code) -> Response:
    return RedirectResponse(f"{_CASES}/{code}", 303)


@router.post(f"{_CASES}/{{code}}/again")
async def send_again(request: Request, services: Given, form: OfficialForm, code: Code) -> Response:
    """What came back, to the same address."""
    session = OfficialSession(session=form.session, official=form.official)
    try:
        await resend(request, services, form.official, form.once, code)
    except IssuanceError as refused:
        return await _refused(request, services, session, code, refused)
    return RedirectResponse(f"{_CASES}/{code}?done=again", 303)


async def _shown(
    request: Request, services: Services, session: OfficialSession, *, refused: IssuanceError | None = None
) -> Response:
    official, language = session.official, language_of(request.scope)

    def read(records: Records) -> dict[str, Any]:
        found = [_line(one.parcel, one.code, language) for one in waiting(records, official, _SHOWN)]
        return {
            "to_print": [one for one in found if one["state"] == ParcelState.ASKED.value],
            "ready": [one for one in found if one["state"] == ParcelState.PRINTED.value],
            "batches": batches(records, official, _BATCHES_SHOWN),
        }

    try:
        values = await services.runner.run(read)
    except IssuanceError as error:
        return await shut(request, session, error)
    return page(
        request,
        "desk/post.html",
        status=200 if refused is None else problem_of(refused).status,
        account=session.session,
        forms=True,
        said=None if refused is None else words_of(refused, language),
        most=_SHOWN,
        **values,
    )


async def _copies(
    request: Request,
    services: Services,
    session: OfficialSession,
    code: str,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    refused: IssuanceError | None = None,
) -> Response:
    official, language = session.official, language_of(request.scope)

    def read(records: Records) -> dict[str, Any]:
        application = open_case(records, official, code)
        parcels = records.parcels.of_application(application.id)
        printed = records.paper_copies.printed(application.id)
        return {
            "type_name": services.rules.catalogue.get(application.type_id).name.in_language(language),
            "copies": application.copies,
            "printed": printed,
            "left": application.copies - printed,
            "parcels": [_line(one, code, language) for one in parcels],
            "came_back": bool(parcels) and parcels[-1].state is ParcelState.RETURNED,
        }

    try:
        values = await services.runner.run(read)
    except IssuanceError as error:
        return await shut(request, session, refused or error)
    asked = request.query_params
    done = _DONE.get(asked.get("done", "")) if request.method == "GET" else None
    return page(
        request,
        "desk/post_copies.html",
        status=422 if problems else 200 if refused is None else problem_of(refused).status,
        account=session.session,
        forms=True,
        code=code,
        notice=done and translate(done, language),
        print_id=_id_of(asked.get("print", "")) if request.method == "GET" else None,
        given={"copies": str(values["left"]), **(given or {})},
        problems=problems or {},
        said=None if refused is None else words_of(refused, language),
        **values,
    )


async def _refused(
    request: Request, services: Services, session: OfficialSession, code: str, refused: IssuanceError
) -> Response:
    # What came back may have been sent already, at another desk or to another address.
    if problem_of(refused).status != 409 and not isinstance(refused, NoParcel):
        return await shut(request, session, refused)
    return await _copies(request, services, session, code, refused=refused)


def _line(parcel: Parcel, code: str, language: Language) -> dict[str, Any]:
    reason = parcel.return_reason
    return {
        "number": parcel.number,
        "line": parcel.line,
        "code": code,
        "state": parcel.state.value,
        "tone": _TONES.get(parcel.state.value, "blind"),
        "state_name": STATES[parcel.state].in_language(language),
        "copies": parcel.copies,
        "asked_at": parcel.asked_at,
        "changed_at": parcel.changed_at,
        "tracking": parcel.tracking_number,
        "reason": None if reason is None else RETURNS[reason].in_language(language),
    }


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
