"""The paper copies by post: where they go, where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.delivery.address import LONGEST
from issuance.errors import AddressRefused, IssuanceError

from ...languages import language_of
from ...parameters import Code
from ...parcels import AddressGiven, ask_for_parcel, cancel, correct_address
from ...services import Services
from ...state import Given
from ..session import CitizenForm, CitizenSession, CitizenSignedIn, SentByCitizen
from ..texts import N_, translate
from .own_case import OwnCase, read_own, said_of, see, show

router = APIRouter(include_in_schema=False)

_RULES = {
    "missing": N_("Fill this in."),
    "too_short": N_("Fill this in."),
    "too_long": N_("This is too long for a label."),
    "wrong_format": N_("A phone number has 10 or 11 digits, such as 0912345678."),
    "printable": N_("Use letters, digits and usual signs only."),
}


@router.get("/applications/{code}/post")
async def ask(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    return _page(request, session, own, _address_known(own) or {"recipient": session.citizen.full_name})


@router.post("/applications/{code}/post")
async def send(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    """A new parcel, or the address of the one that is not printed yet: `change` says which."""
    is_change = form.fields.get("change") == "1"
    taken = correct_address if is_change else ask_for_parcel
    try:
        given = AddressGiven.model_construct(None, **{name: form.fields.get(name, "") for name in LONGEST})
        await taken(request, services, form.citizen, form.once, code, given)
    except IssuanceError as refused:
        return await _refused(request, services, form, code, refused)
    return see(f"/applications/{code}/post", "address" if is_change else "post")


@router.post("/applications/{code}/post/cancellation")
async def cancel_post(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    try:
        await cancel(request, services, form.citizen, form.once, code)
    except IssuanceError as refused:
        return await _refused(request, services, form, code, refused)
    return see(f"/applications/{code}/post", "cancelled")


@router.get("/applications/{code}/post/cancellation")
async def back_from_cancellation(session: CitizenSignedIn, code: Code) -> Response:
    """A form's address that is loaded anew leads to where the form stands."""
    return see(f"/applications/{code}/post")


async def _refused(
    request: Request, services: Services, form: SentByCitizen, code: str, refused: IssuanceError
) -> Response:
    language = language_of(request.scope)
    said, status = said_of(refused, language)
    own = await read_own(services, form.citizen, code, language)
    if isinstance(refused, AddressRefused):
        problems = {
            pointer.removeprefix("/"): translate(_RULES.get(rule, _RULES["printable"]), language)
            for pointer, rule in refused.problems
        }
        return _page(request, form, own, form.fields, problems=problems, status=status)
    return _page(request, form, own, form.fields, refused=said, status=status)


def _page(
    request: Request,
    session: CitizenSession | SentByCitizen,
    own: OwnCase,
    given: Mapping[str, str],
    *,
    problems: Mapping[str, str] | None = None,
    refused: str | None = None,
    status: int = 200,
) -> Response:
    values: dict[str, Any] = {"longest": LONGEST, "given": given, "problems": problems or {}, "refused": refused}
    return show(request, "citizen/post.html", session, own, status=status, **values)


def _address_known(own: OwnCase) -> Mapping[str, str] | None:
    """Of the newest parcel, to be corrected or used again."""
    parcels = own.parcels["items"]
    return {str(name): str(line) for name, line in parcels[-1]["address"].items()} if parcels else None
