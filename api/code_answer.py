"""A QR code as an answer: drawn as the caller likes it, kept by nobody on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from issuance.documents.qr_image import qr_png, qr_svg

from .documented import SIGNED_IN, Responses, problems
from .negotiation import names_etag

PICTURES: Mapping[str, Callable[[str], bytes]] = MappingProxyType({"image/svg+xml": qr_svg, "image/png": qr_png})
"""How a code's text becomes what a media type holds; the first is what somebody gets who asks for none."""


def code_responses(forms: Mapping[str, Callable[[str], bytes]], *statuses: int) -> Responses:
    """For the API's description."""
    content = {one: {"schema": {"type": "string", "format": "binary"}} for one in forms}
    return {
        200: {"description": "The code, with its quiet zone.", "content": content},
        **problems(*SIGNED_IN, *statuses),
    }


def code_answer(request: Request, body: bytes, media_type: str) -> Response:
    """With its entity tag; without a body for whoever has it already."""
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Cache-Control": "private, no-store",
        "Vary": "Accept",
    }
    if names_etag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
