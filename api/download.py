"""Hand files out: of an issued document to its owner, and those that others have made, to be saved and not shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from issuance.certificate import Certificate, CertificateKind
from issuance.deliver import deliver, newest_pdf

from .guard import NO_CONTENT_POLICY, method_sent
from .negotiation import names_etag
from .services import Records, Services


@dataclass(frozen=True, slots=True)
class Paper:
    """A file to hand out, by its digest."""

    sha256: bytes
    size_bytes: int
    media_type: str
    file_name: str


def newest_paper(records: Records, certificate: Certificate) -> Paper:
    """The PDF of an issued document as it is handed out, under its type and number. Raises CertificateNotReady."""
    file = newest_pdf(records, certificate)
    return Paper(file.sha256, file.size_bytes, "application/pdf", f"{certificate.type_id}-{certificate.number}.pdf")


def saved_file(data: bytes, media_type: str, file_name: str) -> Response:
    """What this service has made, to be saved by an official. file_name: ASCII, without signs that a header knows."""
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(data, media_type=media_type, headers=headers)


_SAVED_ONLY = "sandbox; " + NO_CONTENT_POLICY
"""For what strangers have made: even where a browser shows it all the same, it is of no origin and runs nothing."""


async def attached(
    request: Request, sha256: bytes, media_type: str, file_name: str, load: Callable[[bytes], bytes]
) -> Response:
    """A stored file that this service has not made. file_name: ASCII, without signs that a header knows.

    load: reads it by its digest. Raises FileUnreadable.
    """
    headers = {
        "ETag": f'"{sha256.hex()}"',
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Content-Security-Policy": _SAVED_ONLY,
    }
    if names_etag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    data = await asyncio.to_thread(load, sha256)
    return Response(data, media_type=media_type, headers=headers)


async def hand_out(
    request: Request,
    services: Services,
    citizen: VerifiedCitizen,
    code: str,
    kind: CertificateKind,
    find: Callable[[Records], Paper],
) -> Response:
    """find: the file of the citizen's own document, or a refusal. The first download returns a result to its owner."""
    at = services.clock()
    paper = await services.runner.run(find)
    headers = {
        "ETag": f'"{paper.sha256.hex()}"',
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{paper.file_name}"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if method_sent(request) == "HEAD":
        # Who only looks has not been given the document.
        return Response(headers=headers | {"Content-Length": str(paper.size_bytes)}, media_type=paper.media_type)
    data = await asyncio.to_thread(services.files.load, paper.sha256)
    # Only now: a result whose file could not be read has not been returned.
    await services.runner.run(lambda records: deliver(records, services.rules, code, citizen, kind, at))
    return Response(data, media_type=paper.media_type, headers=headers)
