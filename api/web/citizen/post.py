"""The paper copies by post: where they go, where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.delivery.address import LONGEST
from issuance.errors import AddressRefused, IssuanceError, NoParcel

from ...languages import language_of
from ...parameters import Code
from ...parcels import AddressGiven, ask_for_parcel, cancel, correct_address
from ...problem_table import problem_of
from ...services import Services
from ...state import Given
from ..session import CitizenForm, CitizenSession, CitizenSignedIn, SentByCitizen
from .broken_rules import in_words
from .own_case import OwnCase, read_own, said_of, see, show

router = APIRouter(include_in_schema=False)

_IN_WORDS = "post."
"""Before the names of an address's lines, as `broken_rules` has them."""


@router.get("/applications/{code}/post")
async def ask(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    return _page(request, session, own, _address_known(own, session.citizen))


@router.post("/applications/{code}/post")
async def send(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    """A new parcel, or the address of the one that is not printed yet: `change` says which."""
    is_change = form.fields.get("change") == "1"
    taken = correct_address if is_change else ask_for_parcel
    try:
        given = AddressGiven.model_construct(None, **{name: form.fields.get(name, "") for name in LONGEST})
        await taken(request, services, form.citizen, form.once, code, given)
    except IssuanceError as refused:
        return await _refused(request, services, form, code, refused, given=form.fields)
    return see(f"/applications/{code}/post", "address" if is_change else "post")


@router.post("/applications/{code}/post/cancellation")
async def cancel_post(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    try:
        await cancel(request, services, form.citizen, form.once, code)
    except IssuanceError as refused:
        return await _refused(request, services, form, code, refused, given=None)
    return see(f"/applications/{code}/post", "cancelled")


@router.get("/applications/{code}/post/cancellation")
async def back_from_cancellation(session: CitizenSignedIn, code: Code) -> Response:
    """A form's address that is loaded anew leads to where the form stands."""
    return see(f"/applications/{code}/post")


async def _refused(
    request: Request,
    services: Services,
    form: SentByCitizen,
    code: str,
    refused: IssuanceError,
    *,
    given: Mapping[str, str] | None,
) -> Response:
    """given: the address that was typed; None where none was asked for."""
    language = language_of(request.scope)
    if isinstance(refused, NoParcel):
        # Printed or cancelled in another window: the page says how it stands, with what was typed.
        said, status = problem_of(refused).title.in_language(language), 404
    else:
        said, status = said_of(refused, language)
    own = await read_own(services, form.citizen, code, language)
    if isinstance(refused, AddressRefused):
        told = in_words(((_IN_WORDS + pointer[1:], rule) for pointer, rule in refused.problems), language)
        problems = {name.removeprefix(_IN_WORDS): text for name, text in told.items()}
        return _page(request, form, own, form.fields, problems=problems, status=status)
    known = _address_known(own, form.citizen) if given is None else given
    return _page(request, form, own, known, refused=said, status=status)


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


def _address_known(own: OwnCase, citizen: VerifiedCitizen) -> Mapping[str, str]:
    """Of the newest parcel, to be corrected or used again; else what is known of her."""
    parcels = own.parcels["items"]
    if not parcels:
        return {"recipient": citizen.full_name}
    return {str(name): str(line) for name, line in parcels[-1]["address"].items()}
