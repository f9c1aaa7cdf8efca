"""The order to pay as a VietQR code, for whoever owes it and as long as it is owed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.application import ApplicationState
from issuance.deliver import open_own
from issuance.documents.qr_image import qr_png, qr_svg
from issuance.payments.vietqr import order_in_vietqr

from .authentication import CitizenReads
from .documented import SIGNED_IN, Responses, problems
from .errors import NoPaymentCode, PictureNotOffered
from .negotiation import names_etag, preferred_type
from .parameters import Code
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])

_DRAWN: Mapping[str, Callable[[str], bytes]] = MappingProxyType({"image/svg+xml": qr_svg, "image/png": qr_png})
_PICTURE: Responses = {
    200: {
        "description": "The code, with its quiet zone.",
        "content": {one: {"schema": {"type": "string", "format": "binary"}} for one in _DRAWN},
    },
    **problems(*SIGNED_IN, 404, 406, 422),
}


@router.get(
    "/applications/{code}/payment-order/qr",
    summary="The VietQR code of a payment",
    response_class=Response,
    responses=_PICTURE,
)
async def payment_code(request: Request, services: Given, citizen: CitizenReads, code: Code) -> Response:
    """A picture that any bank's application of the country reads: account, exact amount and memo.

    As SVG, or PNG where `Accept` says so. Only while the application waits for the payment.
    """
    media_type = preferred_type(request.headers.get("accept"), tuple(_DRAWN))
    if media_type is None:
        raise PictureNotOffered
    return await picture_of_order(request, services, citizen, code, media_type)


async def picture_of_order(
    request: Request, services: Services, citizen: VerifiedCitizen, code: str, media_type: str
) -> Response:
    """media_type: image/svg+xml or image/png. Raises ApplicationNotFound, LevelTooLow, NoPaymentCode."""
    text = await services.runner.run(lambda records: _text(records, services, code, citizen))
    picture = _DRAWN[media_type](text)
    headers = {
        "ETag": f'"{hashlib.sha256(picture).hexdigest()[:32]}"',
        "Cache-Control": "private, no-store",
        "Vary": "Accept",
    }
    if names_etag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type=media_type, headers=headers)


def _text(records: Records, services: Services, code: str, citizen: VerifiedCitizen) -> str:
    """Raises ApplicationNotFound, LevelTooLow, NoPaymentCode."""
    application = open_own(records, services.rules.catalogue, code, citizen)
    order = records.payments.of_application(application.id)
    awaited = application.state is ApplicationState.PAYMENT_ASKED
    text = order_in_vietqr(order, services.rules.account) if awaited and order is not None else None
    if text is None:
        raise NoPaymentCode
    return text
