"""The order to pay as a VietQR code, for whoever owes it and as long as it is owed."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.application import ApplicationState
from issuance.deliver import open_own
from issuance.payments.vietqr import order_in_vietqr

from .authentication import CitizenReads
from .code_answer import PICTURES, code_answer, code_responses
from .errors import NoPaymentCode, PictureNotOffered
from .negotiation import preferred_type
from .parameters import Code
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])


@router.get(
    "/applications/{code}/payment-order/qr",
    summary="The VietQR code of a payment",
    response_class=Response,
    responses=code_responses(PICTURES, 404, 406, 422),
)
async def payment_code(request: Request, services: Given, citizen: CitizenReads, code: Code) -> Response:
    """A picture that any bank's application of the country reads: account, exact amount and memo.

    As SVG, or PNG where `Accept` says so. Only while the application waits for the payment.
    """
    media_type = preferred_type(request.headers.get("accept"), tuple(PICTURES))
    if media_type is None:
        raise PictureNotOffered
    return await picture_of_order(request, services, citizen, code, media_type)


async def picture_of_order(
    request: Request, services: Services, citizen: VerifiedCitizen, code: str, media_type: str
) -> Response:
    """media_type: image/svg+xml or image/png. Raises ApplicationNotFound, LevelTooLow, NoPaymentCode."""
    text = await services.runner.run(lambda records: _text(records, services, code, citizen))
    return code_answer(request, PICTURES[media_type](text), media_type)


def _text(records: Records, services: Services, code: str, citizen: VerifiedCitizen) -> str:
    """Raises ApplicationNotFound, LevelTooLow, NoPaymentCode."""
    application = open_own(records, services.rules.catalogue, code, citizen)
    order = records.payments.of_application(application.id)
    awaited = application.state is ApplicationState.PAYMENT_ASKED
    waiting = records.received_payments.sum_waiting_for(application.id) if awaited else 0
    text = order_in_vietqr(order, services.rules.account, waiting) if awaited and order is not None else None
    if text is None:
        raise NoPaymentCode
    return text
