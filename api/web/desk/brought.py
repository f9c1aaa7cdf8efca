"""Files that officials bring: first shown what they come to, then taken in.

Between the two the file stands in a hidden field of the page, so that nothing of it is kept before it is taken in, and
what is taken in is what was shown.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request

from identity.citizen import VerifiedOfficial
from identity.errors import SessionEnded
from identity.session import Session
from identity.verify_token import require_official

from ...errors import BodyTooLarge, MalformedRequest
from ...guard import carried_bytes
from ...idempotency import RequestOnce
from ...read_body import media_type
from ...state import Given, shared_of
from ..session import OfficialSession, Visitor, check_form_token, once_of, refuse_other_sites

_MAX_FIELDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """is_confirmed: whether this is the file that was shown before, to be taken in now."""

    content: bytes = field(repr=False)
    is_confirmed: bool
    once: RequestOnce = field(repr=False)

    @property
    def carried(self) -> str:
        """For the hidden field."""
        return base64.b64encode(self.content).decode()


async def _sender(request: Request, services: Given, visitor: Visitor) -> OfficialSession:
    # Before anything is read: nobody else's file is taken in.
    refuse_other_sites(request, services)
    if visitor is None:
        raise SessionEnded
    official: VerifiedOfficial = require_official(visitor.person)
    shared_of(request).people.take(official.subject_key)
    return OfficialSession(session=visitor, official=official)


Sender = Annotated[OfficialSession, Depends(_sender)]
"""Whose roles are to be looked at before the file is read. Raises FormNotOurs, SessionEnded, WrongKindOfPerson,
TooManyRequests."""


async def read_brought(request: Request, session: Session, most_bytes: int) -> Brought:
    """Raises FormOutdated, MalformedRequest, BodyTooLarge, BodyTooSlow."""
    if media_type(request) != "multipart/form-data":
        raise MalformedRequest
    most = carried_bytes(most_bytes)
    async with request.form(max_files=1, max_fields=_MAX_FIELDS, max_part_size=most) as form:
        fields = {name: text for name, text in form.multi_items() if isinstance(text, str)}
        check_form_token(session, fields)
        file = form.get("file")
        content = await file.read() if isinstance(file, UploadFile) else _carried(fields)
    if len(content) > most_bytes:
        raise BodyTooLarge
    return Brought(content=content, is_confirmed="carried" in fields, once=once_of(request, fields, content))


def _carried(fields: Mapping[str, str]) -> bytes:
    try:
        return base64.b64decode(fields.get("carried", ""), validate=True)
    except ValueError:  # also of letters beyond ASCII, which are no error of base64
        raise MalformedRequest from None
