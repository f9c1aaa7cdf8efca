"""Cash at the counter of a unit, and the receipt for whoever has paid there."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from issuance.accesses import Purpose, record_access
from issuance.deliver import receipt_at_desk
from issuance.desk import open_case
from issuance.fees.document import VND
from issuance.fees.facts import vietnam_day
from issuance.payments.cash import close_day, take_cash
from issuance.payments.order import MAX_AMOUNT

from . import examples_payments as examples
from .authentication import Official
from .documented import SIGNED_IN, answers, binary
from .download import Paper, newest_paper, saved_file
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .parameters import Code
from .present.payments import CashDayView, CashTakenView, cash_day_view
from .read_body import Body, body_of, described_as
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1/desk", tags=["officials"])

_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


class Cash(Body):
    """What lies on the counter."""

    amount_vnd: Annotated[int, Field(gt=0, le=MAX_AMOUNT)] = Field(description="What the order asks for, or its rest.")


@router.post(
    "/applications/{code}/cash-payments",
    summary="Take cash for an application",
    status_code=201,
    response_model=CashTakenView,
    responses=answers(examples.CASH_TAKEN, *SIGNED_IN, 404, 409, 413, 415, 422, success=201),
    openapi_extra=described_as(Cash, examples.CASH),
)
async def take_cash_payment(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    code: Code,
    cash: Annotated[Cash, Depends(body_of(Cash))],
) -> Response:
    """To the đồng; the application goes on at once and its receipt follows. Every caseworker and head of the unit may,
    whoever has the case."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        taken = take_cash(records, services.rules, official, code, VND(cash.amount_vnd), at)
        state = "" if taken.application is None else taken.application.state.value
        body: CashTakenView = {
            "id": str(taken.payment.id),
            "code": code,
            "amount_vnd": taken.payment.amount,
            "taken_at": taken.payment.received_at.isoformat(),
            "state": state,
        }
        return Answer(status=201, body={**body}, headers={"Content-Language": language})

    return await answer_once(
        services.runner, official, once, at, act, lambda records: open_case(records, official, code)
    )


@router.get(
    "/applications/{code}/receipt",
    summary="The receipt, to be printed at the counter",
    response_class=Response,
    responses=binary("application/pdf", "The signed receipt.", *SIGNED_IN, 404, 409, 422),
)
async def load_receipt(services: Given, official: Official, code: Code) -> Response:
    """For whoever has paid there. Every loading is on record."""
    at = services.clock()

    def find(records: Records) -> Paper:
        certificate = receipt_at_desk(records, official, code)
        # Before it is shown: where this cannot be written, nothing is.
        record_access(records, official, Purpose.PAYMENTS, "receipt", [certificate.application_id], at)
        return newest_paper(records, certificate)

    paper = await services.runner.run(find)
    data = await asyncio.to_thread(services.files.load, paper.sha256)
    return saved_file(data, paper.media_type, paper.file_name)


@router.get(
    "/cash",
    summary="The cash of a day",
    response_model=CashDayView,
    responses=answers(examples.CASH_DAY, *SIGNED_IN, 422),
)
async def show_cash_day(
    request: Request,
    services: Given,
    official: Official,
    on: Annotated[_Day | None, Query(description="In Vietnam; today where it is left out.")] = None,
) -> Response:
    """What was taken and handed out, by official: a head sees the unit's, a caseworker the own."""
    day = on or vietnam_day(services.clock())
    closing = await services.runner.run(lambda records: close_day(records, official, day))
    return json_answer(cash_day_view(closing), language_of(request.scope))
