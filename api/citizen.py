"""The citizen's routes: what can be asked for, her own applications and their papers."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.apply import apply
from issuance.batches.owner import person_key_of
from issuance.certificate import CertificateKind
from issuance.deliver import find_issued, open_own
from issuance.delivery.post import ask_for_post
from issuance.errors import PaymentMismatch, PaymentOutstanding
from issuance.feedback.survey import open_survey
from issuance.fees.facts import vietnam_day
from issuance.payments.order import PaymentOrder
from issuance.payments.take_payment import take_payment

from . import examples
from .application_answers import shown
from .authentication import CitizenDownloads, CitizenReads, CitizenWrites
from .documented import SIGNED_IN, answers, binary
from .dossier import Dossier, open_dossier, open_new_dossier
from .download import Paper, hand_out, newest_paper
from .errors import NothingToPay
from .idempotency import Answer, Once, RequestOnce, answer_once, caller_key
from .json_answer import json_answer, revalidated_answer
from .languages import language_of
from .on_behalf import Child, asker, confirmed, who_may_ask
from .parameters import Code, Cursor, PageSize
from .parcels import AddressGiven
from .present.application import (
    ApplicationPage,
    ApplicationView,
    application_page,
    application_view,
)
from .present.service import ServicesView, ServiceView, service_view
from .read_body import Body, body_of, described_as
from .services import Records, Services
from .state import Given, shared_of

router = APIRouter(prefix="/v1", tags=["citizen"])


class NewApplication(Body):
    """Which document is asked for, and what it needs to know."""

    type: Annotated[str, Field(max_length=60)] = Field(description="A type of /v1/services.")
    input: dict[str, Any] = Field(description="What the type's `input_schema` asks for, about the person concerned.")
    on_behalf_of: Child | None = Field(None, description="The child whose document it is; left out for one's own.")
    post: AddressGiven | None = Field(None, description="Where the paper copies go, for `delivery` by `post`.")


@router.get(
    "/services",
    summary="What can be asked for",
    response_model=ServicesView,
    responses=answers(examples.SERVICES, *SIGNED_IN),
)
async def list_services(request: Request, services: Given, citizen: CitizenReads) -> Response:
    """The catalogue: every document type that a citizen can ask for today, and from when until when."""
    language, today = language_of(request.scope), vietnam_day(services.clock())
    in_force = [one for one in services.rules.catalogue if one.in_force is not None and one.in_force.covers(today)]
    asked_for = [one for one in in_force if not one.is_issued_in_batches]
    offered = [service_view(one, who_may_ask(services, one), language) for one in asked_for]
    return json_answer({"services": offered}, language)


@router.get(
    "/services/{type_id}",
    summary="One entry of the catalogue",
    response_model=ServiceView,
    responses=answers(examples.SERVICE, *SIGNED_IN, 404, 422),
)
async def show_service(request: Request, services: Given, citizen: CitizenReads, type_id: str) -> Response:
    """One document type, with the JSON Schema of its input."""
    language = language_of(request.scope)
    found = services.rules.catalogue.get(type_id)
    return json_answer(service_view(found, who_may_ask(services, found), language), language)


@router.post(
    "/applications",
    summary="Ask for a document",
    status_code=201,
    response_model=ApplicationView,
    responses=answers(examples.APPLICATION, *SIGNED_IN, 404, 413, 415, 422, success=201),
    openapi_extra=described_as(NewApplication, examples.NEW_APPLICATION),
)
async def submit_application(
    request: Request,
    services: Given,
    citizen: CitizenWrites,
    once: Once,
    asked: Annotated[NewApplication, Depends(body_of(NewApplication))],
) -> Response:
    """Register an application and decide its fee at once. Repeat with the same key until you have an answer."""
    at, language = services.clock(), language_of(request.scope)
    address = None if asked.post is None else asked.post.checked("/post")
    who = await asker(services, shared_of(request).guardian_questions, citizen, asked.on_behalf_of, asked.type, once)

    def act(records: Records) -> Answer:
        application = apply(records, services.rules, confirmed(who), asked.type, asked.input, at)
        if address is not None:
            ask_for_post(records, services.rules, citizen, application.code, address, at)
        return shown(services, open_new_dossier(records, services.rules, application), language, 201)

    return await answer_once(services.runner, citizen, once, at, act, looks_first=False)


@router.get(
    "/applications",
    summary="My applications",
    response_model=ApplicationPage,
    responses=answers(examples.APPLICATION_PAGE, *SIGNED_IN, 422),
)
async def list_applications(
    request: Request, services: Given, citizen: CitizenReads, limit: PageSize = 20, cursor: Cursor = None
) -> Response:
    """Newest first; follow `next` until it is null."""
    own = person_key_of(services.rules, citizen)
    page = await services.runner.run(
        lambda records: records.applications.list_of_citizen(citizen.subject_key, cursor, limit, person_key=own)
    )
    language, path = language_of(request.scope), "/v1/applications"
    return json_answer(application_page(page, services.rules.catalogue, path, limit, language), language)


@router.get(
    "/applications/{code}",
    summary="One of my applications",
    response_model=ApplicationView,
    responses=answers(examples.APPLICATION, *SIGNED_IN, 404, 422),
)
async def show_application(request: Request, services: Given, citizen: CitizenReads, code: Code) -> Response:
    """Its state, who has it, why it waits, its fee and its papers. Another person's is as unknown as none at all.

    What it tells needs the level at which the document is asked for; the list is for every level. The ETag is that of
    the whole answer: with If-None-Match, whoever has it already is told so (304).
    """
    language, at = language_of(request.scope), services.clock()

    def read(records: Records) -> ApplicationView:
        return application_view(open_own_dossier(records, services, citizen, code), language, services.trust(at), at)

    return revalidated_answer(request, await services.runner.run(read), language)


def open_own_dossier(records: Records, services: Services, citizen: VerifiedCitizen, code: str) -> Dossier:
    """What belongs to the citizen's own application. Raises ApplicationNotFound, LevelTooLow."""
    own = person_key_of(services.rules, citizen)
    application = open_own(records, services.rules.catalogue, code, citizen, own)
    survey = open_survey(records, services.rules.feedback, application, services.clock())
    return replace(open_dossier(records, services.rules, application), survey=survey)


@router.get(
    "/applications/{code}/document",
    summary="Download the document",
    response_class=Response,
    responses=binary("application/pdf", "The signed document.", *SIGNED_IN, 404, 409, 422),
)
async def download_document(request: Request, services: Given, citizen: CitizenDownloads, code: Code) -> Response:
    """The signed PDF. The first download returns the result to its owner."""
    return await _download(request, services, citizen, code, CertificateKind.RESULT)


@router.get(
    "/applications/{code}/receipt",
    summary="Download the receipt",
    response_class=Response,
    responses=binary("application/pdf", "The signed receipt.", *SIGNED_IN, 404, 409, 422),
)
async def download_receipt(request: Request, services: Given, citizen: CitizenDownloads, code: Code) -> Response:
    """The signed receipt, also of a zero amount."""
    return await _download(request, services, citizen, code, CertificateKind.RECEIPT)


@router.get(
    "/applications/{code}/apology",
    summary="Download the letter of apology",
    response_class=Response,
    responses=binary("application/pdf", "The signed letter.", *SIGNED_IN, 404, 409, 422),
)
async def download_apology(request: Request, services: Given, citizen: CitizenDownloads, code: Code) -> Response:
    """The signed letter for an application that was late, once a head has signed it off."""
    return await _download(request, services, citizen, code, CertificateKind.APOLOGY)


@router.post(
    "/applications/{code}/payment-confirmations",
    summary="Confirm a payment",
    response_model=ApplicationView,
    responses=answers(examples.APPLICATION, *SIGNED_IN, 404, 409, 422),
)
async def confirm_own_payment(
    request: Request, services: Given, citizen: CitizenWrites, once: Once, code: Code
) -> Response:
    """Have the payment provider asked whether the money has arrived; its word counts, not the caller's."""
    at, language = services.clock(), language_of(request.scope)
    order, is_answered = await services.runner.run(lambda records: _to_confirm(records, services, code, citizen, once))
    # Between the transactions: nothing is locked while a provider is asked, and nobody asks twice for one answer.
    received = () if is_answered else await services.gateway.find(order.memo)
    # In a transaction of its own: a refusal of the request leaves nothing behind, and money must.
    await services.runner.run(lambda records: [take_payment(records, services.rules, one, at) for one in received])

    def act(records: Records) -> Answer:
        if records.payments.lock(order.application_id).paid_at is None:
            if records.received_payments.waiting_for(order.application_id):
                raise PaymentMismatch("what has come is not what this application waits for")
            raise PaymentOutstanding("the provider knows of no payment")
        application = records.applications.by_id(order.application_id)
        return shown(services, open_dossier(records, services.rules, application), language, 200)

    return await answer_once(services.runner, citizen, once, at, act)


def _to_confirm(
    records: Records, services: Services, code: str, citizen: VerifiedCitizen, once: RequestOnce
) -> tuple[PaymentOrder, bool]:
    """The order, and whether this request was answered before."""
    application = open_own(records, services.rules.catalogue, code, citizen)
    order = records.payments.of_application(application.id)
    if order is None:
        raise NothingToPay
    return order, records.idempotency.find(caller_key(citizen), once.key) is not None


async def _download(
    request: Request, services: Services, citizen: VerifiedCitizen, code: str, kind: CertificateKind
) -> Response:
    def find(records: Records) -> Paper:
        own = person_key_of(services.rules, citizen)
        certificate = find_issued(records, services.rules.catalogue, code, citizen, kind, own)
        return newest_paper(records, certificate)

    return await hand_out(request, services, citizen, code, kind, find)
