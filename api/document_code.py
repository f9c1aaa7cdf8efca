"""The QR code of a citizen's own document, for a screen: what is printed on its page, and nothing else.

The sealed code is kept nowhere but on the page, and sealing it anew would make another one. So it is read from there,
as whoever scans the paper reads it, in a child process like every other reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.batches.owner import person_key_of
from issuance.certificate import Certificate, CertificateKind
from issuance.deliver import find_issued, newest_pdf
from issuance.produced import StoredFile
from verification.verdict import Verdict
from verification.verify_file import find_code
from verification.verify_qr import verify_qr

from .authentication import CitizenDownloads
from .check_document import Examinations
from .code_answer import PICTURES, code_answer, code_responses
from .errors import CodeFormNotOffered, DocumentNotInForce, InternalError
from .negotiation import preferred_type
from .parameters import Code
from .present.paper import is_in_force
from .services import Records, Services
from .state import Given

router = APIRouter(prefix="/v1", tags=["citizen"])

_FORMS: Mapping[str, Callable[[str], bytes]] = MappingProxyType({**PICTURES, "text/plain": str.encode})
# Apart from strangers' pictures: whoever shows his own document does not wait for them.
_READINGS = Examinations(at_once=2, at_most=16, retry_after_seconds=3, of="own-code")


@router.get(
    "/applications/{code}/document/qr",
    summary="The QR code of my document",
    response_class=Response,
    responses=code_responses(_FORMS, 404, 406, 409, 422),
)
async def document_code(request: Request, services: Given, citizen: CitizenDownloads, code: Code) -> Response:
    """For a screen, to whoever checks it: the very code of the sealed page. As SVG, or PNG, or text, the link that the
    code says, where `Accept` says so.

    Only while the document is in force. It returns nothing to anybody: the document is received by downloading it.
    """
    media_type = preferred_type(request.headers.get("accept"), tuple(_FORMS))
    if media_type is None:
        raise CodeFormNotOffered
    return code_answer(request, _FORMS[media_type](await code_of_own(services, citizen, code)), media_type)


async def code_of_own(services: Services, citizen: VerifiedCitizen, code: str) -> str:
    """The link that the document's QR code says, as long as the document is in force.

    Raises ApplicationNotFound, LevelTooLow, CertificateNotReady, DocumentNotInForce, FileUnreadable, TooManyRequests,
    InternalError where the page shows another code than this document's.
    """

    def find(records: Records) -> tuple[Certificate, StoredFile]:
        own = person_key_of(services.rules, citizen)
        found = find_issued(records, services.rules.catalogue, code, citizen, CertificateKind.RESULT, own)
        return found, newest_pdf(records, found)

    at = services.clock()
    certificate, file = await services.runner.run(find)
    if not is_in_force(certificate, services.trust(at), at):
        raise DocumentNotInForce
    pdf = await asyncio.to_thread(services.files.load, file.sha256)
    found = await _READINGS.run(lambda: find_code(pdf, at))
    if isinstance(found, Verdict):
        raise InternalError
    if verify_qr(found.text, services.trust(at), None, at).facts != certificate.facts:
        raise InternalError
    return found.text
