"""A citizen's parcels: have the paper copies sent, correct the address, see where they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.bring_evidence import own_application
from issuance.delivery.address import LONGEST, PostalAddress, check_address
from issuance.delivery.parcel import Parcel
from issuance.delivery.post import ask_for_post, cancel_parcel, change_address

from . import examples_delivery as examples
from .authentication import CitizenReads, CitizenWrites
from .documented import SIGNED_IN, answers
from .idempotency import Answer, Once, RequestOnce, answer_once
from .json_answer import json_answer
from .languages import language_of
from .parameters import Code
from .present.parcel import ParcelsView, ParcelView, parcel_view, parcels_view
from .read_body import Body, body_of, described_as
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])


class AddressGiven(Body):
    """Where the copies go. Only letters that can be printed; they stand on the label as they are."""

    recipient: Annotated[str, Field(min_length=1, max_length=2 * LONGEST["recipient"])]
    phone: Annotated[str, Field(min_length=1, max_length=20)] = Field(description="Such as 0912345678.")
    street: Annotated[str, Field(min_length=1, max_length=2 * LONGEST["street"])] = Field(
        description="With the house number."
    )
    commune: Annotated[str, Field(min_length=1, max_length=2 * LONGEST["commune"])]
    province: Annotated[str, Field(min_length=1, max_length=2 * LONGEST["province"])]

    def checked(self, place: str = "") -> PostalAddress:
        """place: of the address in the body. Raises AddressRefused."""
        return check_address(self.model_dump(), place)


@router.get(
    "/applications/{code}/parcels",
    summary="Where my parcels are",
    response_model=ParcelsView,
    responses=answers(examples.PARCELS, *SIGNED_IN, 404, 422),
)
async def list_parcels(request: Request, services: Given, citizen: CitizenReads, code: Code) -> Response:
    """All of an own application, with what the post has reported of them."""
    language = language_of(request.scope)

    def read(records: Records) -> ParcelsView:
        application = own_application(records, citizen, code)
        found, printed = (
            records.parcels.of_application(application.id),
            records.paper_copies.printed(application.id),
        )
        return parcels_view(found, code, application.copies, printed, language)

    return json_answer(await services.runner.run(read), language)


@router.post(
    "/applications/{code}/parcels",
    summary="Have the copies sent by post",
    status_code=201,
    response_model=ParcelView,
    responses=answers(examples.PARCEL, *SIGNED_IN, 404, 409, 413, 415, 422, success=201),
    openapi_extra=described_as(AddressGiven, examples.ADDRESS),
)
async def ask_for_parcel(
    request: Request,
    services: Given,
    citizen: CitizenWrites,
    once: Once,
    code: Code,
    given: Annotated[AddressGiven, Depends(body_of(AddressGiven))],
) -> Response:
    """All copies in one parcel. Where the post costs something it is chosen with the application itself.

    After a return the copies go out again, to the address given now.
    """
    address = given.checked()
    return await _changed(
        request,
        services,
        citizen,
        once,
        code,
        lambda records, at: ask_for_post(records, services.rules, citizen, code, address, at),
        201,
    )


@router.post(
    "/applications/{code}/parcels/address",
    summary="Correct the address",
    response_model=ParcelView,
    responses=answers(examples.PARCEL, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(AddressGiven, examples.ADDRESS),
)
async def correct_address(
    request: Request,
    services: Given,
    citizen: CitizenWrites,
    once: Once,
    code: Code,
    given: Annotated[AddressGiven, Depends(body_of(AddressGiven))],
) -> Response:
    """Until the copies are printed."""
    address = given.checked()
    return await _changed(
        request,
        services,
        citizen,
        once,
        code,
        lambda records, at: change_address(records, citizen, code, address, at),
    )


@router.post(
    "/applications/{code}/parcels/cancellation",
    summary="Have nothing sent",
    response_model=ParcelView,
    responses=answers(examples.PARCEL_CANCELLED, *SIGNED_IN, 404, 409, 422),
)
async def cancel(request: Request, services: Given, citizen: CitizenWrites, once: Once, code: Code) -> Response:
    """Until the copies are printed."""
    return await _changed(
        request, services, citizen, once, code, lambda records, at: cancel_parcel(records, citizen, code, at)
    )


async def _changed(
    request: Request,
    services: Services,
    citizen: VerifiedCitizen,
    once: RequestOnce,
    code: str,
    change: Callable[[Records, datetime], Parcel],
    status: int = 200,
) -> Response:
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        body = parcel_view(change(records, at), code, language)
        return Answer(status=status, body={**body}, headers={"Content-Language": language})

    # A kept answer shows an address: to whoever may see the application now.
    return await answer_once(
        services.runner, citizen, once, at, act, lambda records: own_application(records, citizen, code)
    )
