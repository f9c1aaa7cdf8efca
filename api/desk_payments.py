"""Money that waits for an official: seen, assigned, allocated to an order, or ordered back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from issuance.desk import demand_desk
from issuance.payments.queue import allocate, assign_payment, give_back, waiting_payments
from issuance.payments.received import KeptPayment

from . import examples_payments as examples
from .authentication import Official
from .documented import SIGNED_IN, answers
from .idempotency import Answer, Once, answer_once
from .json_answer import json_answer
from .languages import language_of
from .officials import Sentence
from .parameters import Cursor, PageSize
from .present.payments import (
    DeskRefundView,
    PaymentStateView,
    WaitingPaymentsView,
    payment_state_view,
    refund_desk_view,
    waiting_page_view,
)
from .read_body import Body, body_of, described_as
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1/desk/payments", tags=["officials"])

_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class Assignment(Body):
    """Who is to look at it."""

    to: Annotated[str, Field(min_length=1, max_length=300)] = Field(description="An account of the unit's desk.")
    reason: Sentence


class Allocation(Body):
    """Which order it pays."""

    code: Annotated[str, Field(min_length=4, max_length=64, pattern=r"^[!-~]+$")] = Field(
        description="The application's code."
    )
    together_with: Annotated[list[Annotated[str, Field(pattern=_ID)]], Field(max_length=50)] = Field(
        default=[], description="Other waiting payments; the sum is the order's amount."
    )
    reason: Sentence


class Reason(Body):
    """Why it is done so."""

    reason: Sentence


@router.get(
    "",
    summary="Money that waits",
    response_model=WaitingPaymentsView,
    responses=answers(examples.WAITING_PAYMENTS, *SIGNED_IN, 422),
)
async def list_waiting_payments(
    request: Request,
    services: Given,
    official: Official,
    limit: PageSize = 20,
    cursor: Cursor = None,
    own: Annotated[bool, Query(description="What waits for me alone.")] = False,
) -> Response:
    """Partial, double, late, wrong and unknown payments of the unit, the longest waiting first.

    Nobody sees those for an application of his or her own. Who looked is written down.
    """
    at, language = services.clock(), language_of(request.scope)
    page = await services.runner.run(lambda records: waiting_payments(records, official, cursor, limit, at, own=own))
    return json_answer(waiting_page_view(page, limit, language, own=own), language)


@router.post(
    "/{payment_id}/assignment",
    summary="Assign a waiting payment",
    response_model=PaymentStateView,
    responses=answers(examples.ASSIGNED, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(Assignment, examples.ASSIGNMENT),
)
async def assign_waiting_payment(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    payment_id: UUID,
    said: Annotated[Assignment, Depends(body_of(Assignment))],
) -> Response:
    """Heads give a payment to an official of the unit's desk."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        payment = assign_payment(records, services.rules, official, payment_id, said.to, said.reason, at)
        body = payment_state_view(payment)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act, lambda _: demand_desk(official))


@router.post(
    "/{payment_id}/allocation",
    summary="Let a waiting payment pay an order",
    response_model=PaymentStateView,
    responses=answers(examples.ALLOCATED, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(Allocation, examples.ALLOCATION),
)
async def allocate_payment(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    payment_id: UUID,
    said: Annotated[Allocation, Depends(body_of(Allocation))],
) -> Response:
    """Alone or with others it is exactly what the open order of an application of the unit asks for."""
    at, language = services.clock(), language_of(request.scope)
    others = [UUID(one) for one in said.together_with]

    def act(records: Records) -> Answer:
        allocate(records, services.rules, official, payment_id, said.code, others, said.reason, at)
        charged: KeptPayment = records.received_payments.by_id(payment_id)
        body = payment_state_view(charged)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act, lambda _: demand_desk(official))


@router.post(
    "/{payment_id}/refund",
    summary="Order a waiting payment back",
    response_model=DeskRefundView,
    responses=answers(examples.REFUND, *SIGNED_IN, 404, 409, 413, 415, 422),
    openapi_extra=described_as(Reason, examples.REASON),
)
async def refund_payment(
    request: Request,
    services: Given,
    official: Official,
    once: Once,
    payment_id: UUID,
    said: Annotated[Reason, Depends(body_of(Reason))],
) -> Response:
    """All of it, the way it came: through the provider, or over the desk."""
    at, language = services.clock(), language_of(request.scope)

    def act(records: Records) -> Answer:
        refund = give_back(records, services.rules, official, payment_id, said.reason, at)
        currency = records.received_payments.by_id(payment_id).currency
        body = refund_desk_view(refund, currency, None, language)
        return Answer(status=200, body={**body}, headers={"Content-Language": language})

    return await answer_once(services.runner, official, once, at, act, lambda _: demand_desk(official))
