"""A receipt for programs: its signed XML."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.certificate import CertificateKind
from issuance.receipts.find_xml import find_receipt_xml

from .authentication import CitizenDownloads
from .documented import SIGNED_IN, binary
from .download import Paper, hand_out
from .parameters import Code
from .services import Records
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])

MEDIA_TYPE = "application/xml"


@router.get(
    "/applications/{code}/receipt.xml",
    summary="Download the receipt as XML",
    response_class=Response,
    responses=binary(MEDIA_TYPE, "The signed receipt as XML.", *SIGNED_IN, 404, 409, 422),
)
async def download_receipt_xml(request: Request, services: Given, citizen: CitizenDownloads, code: Code) -> Response:
    """What the receipt's page states, for accounting programs: signed XML. Its schema is in docs/receipts.md."""

    def find(records: Records) -> Paper:
        certificate, file = find_receipt_xml(records, services.rules.catalogue, code, citizen)
        name = f"{certificate.type_id}-{certificate.number}.xml"
        return Paper(file.sha256, file.size_bytes, MEDIA_TYPE, name)

    return await hand_out(request, services, citizen, code, CertificateKind.RECEIPT, find)
