"""The issued document: what it says, its files, and its QR code on the screen."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.documents.qr_image import qr_svg

from ...citizen import download_apology, download_document
from ...credentials import download_credential
from ...document_code import code_of_own
from ...languages import language_of
from ...parameters import Code
from ...state import Given
from ..downloads import from_our_pages
from ..page import page
from ..session import CitizenSignedIn
from .own_case import read_own, see, show_if_changed

router = APIRouter(include_in_schema=False)


@router.get("/applications/{code}/result")
async def result(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    return show_if_changed(request, "citizen/result.html", session, own)


@router.get("/applications/{code}/document")
async def document(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    if not from_our_pages(request):
        return see(f"/applications/{code}/result")
    return await download_document(request, services, session.citizen, code)


@router.get("/applications/{code}/credential")
async def credential(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    if not from_our_pages(request):
        return see(f"/applications/{code}/result")
    return await download_credential(request, services, session.citizen, code)


@router.get("/applications/{code}/apology")
async def apology(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    if not from_our_pages(request):
        return see(f"/applications/{code}")
    return await download_apology(request, services, session.citizen, code)


@router.get("/applications/{code}/qr")
async def show_code(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    """To be held out to whoever checks it: black on white in every theme, and nothing like the scanner's page."""
    own = await read_own(services, session.citizen, code, language_of(request.scope))
    return page(request, "citizen/qr.html", own=own, one=own.view, path_of=f"/applications/{code}")


@router.get("/applications/{code}/qr.svg")
async def code_picture(request: Request, services: Given, session: CitizenSignedIn, code: Code) -> Response:
    link = await code_of_own(services, session.citizen, code)
    return Response(qr_svg(link), media_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})
