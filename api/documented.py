"""How answers stand in the API's description."""

from __future__ import annotations

from typing import Any

from .problems import MEDIA_TYPE
from .whole_examples import whole

_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
_MEANINGS = {
    400: "The request cannot be read",
    401: "No access token, one that is refused, or one of a sign-in that does not suffice",
    403: "Not open to this person or application",
    404: "Not found, or somebody else's",
    406: "Not available in a form that the Accept header names",
    409: "The present state does not allow it",
    410: "It was there, and was deleted when its time was over",
    412: "Changed since it was read (If-Match)",
    413: "The body is too large",
    415: "The content type is not read here",
    422: "Fields or parameters break their rules",
    428: "If-Match is missing",
    429: "Too many requests from this address or application",
    503: "A part that this needs does not answer",
}

_CHALLENGE = "What would be accepted: a Bearer and a DPoP challenge (RFC 6750, RFC 9449, RFC 9470)"
_RETRY = "Seconds"
_HEADERS = {
    401: {"WWW-Authenticate": _CHALLENGE, "DPoP-Nonce": "The nonce for the next proof, where one is asked for"},
    403: {"WWW-Authenticate": _CHALLENGE},
    429: {"Retry-After": _RETRY},
    503: {"Retry-After": _RETRY},
}
SIGNED_IN = (400, 401, 403, 429, 503)
"""How a route that wants an access token may refuse before it looks at what is asked."""

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The problem documents that a route may answer with."""
    return {
        status: {
            "description": _MEANINGS[status],
            "headers": _headers(status),
            "content": {MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}},
        }
        for status in statuses
    }


def _headers(status: int) -> dict[str, Any]:
    return {
        name: {"description": said, "schema": {"type": "string"}} for name, said in _HEADERS.get(status, {}).items()
    }


def answers(example: object, *statuses: int, success: int = 200) -> Responses:
    """The success with its example, and the problem documents."""
    good: dict[str, Any] = {"content": {"application/json": {"example": whole(example)}}}
    return {success: good, **problems(*statuses)}


def binary(media_type: str, description: str, *statuses: int) -> Responses:
    """A success whose body is not JSON."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": description, "content": content}, **problems(*statuses)}
