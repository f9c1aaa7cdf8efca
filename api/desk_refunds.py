"""Refunds that an official has to do something about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedOfficial
from issuance.desk import demand_desk
from issuance.payments.desk_refunds import hand_out, open_refunds, send_again
from issuance.payments.refund import RefundOrder

from . import examples_payments as examples
from .authentication import Official
from .desk_payments import Reason
from .documented import SIGNED_IN, answers
from .idempotency import Answer, Once, RequestOnce, answer_once
from .json_answer import json_answer
from .languages import language_of
from .parameters import Cursor, PageSize
from .present.payments import DeskRefundsView, DeskRefundView, refund_desk_view, refunds_view
from .read_body import body_of, described_as
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1/desk/refunds", tags=["officials"])


@router.get(
    "",
    summary="Refunds that wait for the desk",
    response_model=DeskRefundsView,
    responses=answers(examples.REFUNDS, *SIGNED_IN, 422),
)
async def list_open_refunds(
    request: Request, services: Given, official: Official, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Those to be handed out, and those that the provider refuses to send; oldest first. Who looked is written down."""
    at, language = services.clock(), language_of(request.scope)
    page = await services.runner.run(lambda records: open_refunds(records, official, cursor, limit, at))
    return json_answer(refunds_view(page, limit, language), language)


@router.post(
    "/{refund_id}/handed-out",
    summary="A refund was handed out",
    response_model=DeskRefundView,
    responses=answers(examples.HANDED_OUT, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(Reason, {"reason": "Đã trả tiền mặt, có chữ ký người nhận"}),
)
async def confirm_handed_out(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    refund_id: UUID,
    said: Annotated[Reason, Depends(body_of(Reason))],
) -> Response:
    """In cash or by a transfer of the unit's own; the official confirms it, and stands in the closing of the day."""
    return await _done(
        request,
        services,
        official,
        once,
        lambda records, at: hand_out(records, services.rules, official, refund_id, said.reason, at),
    )


@router.post(
    "/{refund_id}/again",
    summary="Send a refused refund again",
    response_model=DeskRefundView,
    responses=answers(examples.REFUND, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(Reason, {"reason": "Ngân hàng báo đã mở lại tài khoản"}),
)
async def send_refund_again(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    refund_id: UUID,
    said: Annotated[Reason, Depends(body_of(Reason))],
) -> Response:
    """To the provider, as another request: its refusal of the first one was final."""
    return await _done(
        request,
        services,
        official,
        once,
        lambda records, at: send_again(records, services.rules, official, refund_id, said.reason, at),
    )


async def _done(
    request: Request,
    services: Services,
    official: VerifiedOfficial,
    once: RequestOnce,
    decide: Callable[[Records, datetime], RefundOrder],
) -> Response:
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        refund = decide(records, at)
        currency = records.received_payments.by_id(refund.payment_id).currency
        body = refund_desk_view(refund, currency, None, language)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act, lambda _: demand_desk(official))
