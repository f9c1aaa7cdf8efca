"""Where the payment provider says that money came. Its signature is checked; what counts is asked afterwards."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from issuance.errors import NoticeRefused
from issuance.payments.confirm_notice import keep_notice
from issuance.payments.verify_notice import MAX_NOTICE_BYTES, verify_notice

from . import examples_payments as examples
from .documented import answers
from .errors import BodyTooLarge, WrongContentType
from .read_body import media_type
from .state import Given, shared_of

router = APIRouter(prefix="/v1/payments", tags=["operations"])

_HEADER = {"in": "header", "required": True, "schema": {"type": "string"}}
_SIGNED = [
    {"name": "webhook-id", "description": "The event's id; it counts once, however often it is sent.", **_HEADER},
    {"name": "webhook-timestamp", "description": "Seconds since 1970; 5 minutes away at most.", **_HEADER},
    {"name": "webhook-signature", "description": "One or more of `v1,` and a HMAC-SHA256 in base64.", **_HEADER},
]
_NOTICE = {
    "type": "object",
    "title": "PaymentNotice",
    "description": "An event of the provider.",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "description": "`payment.received`; others are acknowledged and left alone."},
        "data": {
            "type": "object",
            "description": "About the payment; all but its reference is left alone.",
            "properties": {"reference": {"type": "string", "maxLength": 128, "pattern": "^[!-~]+$"}},
        },
    },
}


class NoticeTakenView(TypedDict):
    """The event is on record; `is_new` is false for one that was before, or about which nothing is done."""

    is_new: bool


@router.post(
    "/notices",
    summary="A payment provider announces a payment",
    status_code=202,
    response_model=NoticeTakenView,
    responses=answers({"is_new": True}, 400, 413, 415, 429, success=202),
    openapi_extra={
        "parameters": _SIGNED,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _NOTICE, "example": examples.NOTICE}},
        },
    },
)
async def take_notice(request: Request, services: Given) -> Response:
    """Standard Webhooks, for the provider alone; the event's id takes the place of an Idempotency-Key.

    Of `payment.received` only `data.reference` is read: amount, currency and memo are asked from the provider. Other
    kinds of events are acknowledged, and nothing is done about them.
    """
    shared = shared_of(request)
    # Before anything is looked at: whoever sends nonsense all the time costs no more arithmetic.
    shared.refused_evidence.check(request)
    if media_type(request) != "application/json":
        raise WrongContentType
    body = await request.body()
    if len(body) > MAX_NOTICE_BYTES:
        raise BodyTooLarge
    at = services.clock()
    try:
        notice = verify_notice(services.notice_secrets, request.headers, body, at)
    except NoticeRefused:
        shared.refused_evidence.take(request)
        raise
    reference = notice.reference
    is_new = reference is not None and await services.runner.run(
        lambda records: keep_notice(records, notice.event_id, reference, at)
    )
    return JSONResponse({"is_new": is_new}, status_code=202)
