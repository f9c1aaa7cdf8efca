"""What is to be paid: the code that a bank's application reads, where to transfer it, and whether it has come."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.errors import IssuanceError, PaymentMismatch

from ...citizen import confirm_own_payment, download_receipt
from ...errors import NothingToPay
from ...languages import language_of
from ...parameters import Code
from ...payment_code import picture_of_order
from ...receipt_xml import download_receipt_xml
from ...state import Given
from ..downloads import from_our_pages
from ..session import CitizenForm, CitizenSignedIn
from .own_case import read_own, said_of, see, show, show_if_changed

router = APIRouter(include_in_schema=False)


@router.get("/applications/{code}/payment")
async def pay(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    return show_if_changed(request, "citizen/payment.html", session, own, refused=None)


@router.post("/applications/{code}/payment")
async def say_paid(request: Request, services: Given, form: CitizenForm, code: Code) -> Response:
    """The provider is asked; its word counts."""
    try:
        await confirm_own_payment(request, services, form.citizen, form.once, code)
    except (IssuanceError, NothingToPay) as refused:
        language = language_of(request.scope)
        said, status = said_of(refused, language)
        own = await read_own(services, form.citizen, code, language)
        # What has come stands on the page itself, with what is still to come.
        told = None if isinstance(refused, PaymentMismatch) else said
        return show(request, "citizen/payment.html", form, own, refused=told, etag="", status=status)
    return see(f"/applications/{code}", "paid")


@router.get("/applications/{code}/payment.svg")
async def code_to_pay(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    return await picture_of_order(request, services, session.citizen, code, "image/svg+xml")


@router.get("/applications/{code}/payment.png")
async def code_to_keep(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    """For whoever pays with the phone that shows it: banks' applications read a picture that was saved."""
    picture = await picture_of_order(request, services, session.citizen, code, "image/png")
    picture.headers["Content-Disposition"] = 'attachment; filename="vietqr.png"'
    return picture


@router.get("/applications/{code}/receipt")
async def receipt(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    if not from_our_pages(request):
        return see(f"/applications/{code}")
    return await download_receipt(request, services, session.citizen, code)


@router.get("/applications/{code}/receipt.xml")
async def receipt_as_xml(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    if not from_our_pages(request):
        return see(f"/applications/{code}")
    return await download_receipt_xml(request, services, session.citizen, code)
