"""A change of what several people write at names what was read (RFC 9110 section 13.1.1, RFC 6585 section 3)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from issuance.application import Application
from issuance.errors import ApplicationChanged, DraftChanged

from .errors import IfMatchMissing

_TAG = re.compile(r'"([0-9]{1,9})"', re.ASCII)


def etag_of(version: int) -> str:
    """The entity tag of a draft or a case; its version rises with every stored change."""
    return f'"{version}"'


async def _version_meant(
    request: Request,
    if_match: Annotated[str | None, Header(description="The ETag of the draft as you have read it. Required.")] = None,
) -> int:
    named = request.headers.getlist("if-match")
    # `*` means whatever is there now: somebody else's change would be lost unread.
    if if_match is None or named == ["*"]:
        raise IfMatchMissing
    tag = _TAG.fullmatch(named[0].strip()) if len(named) == 1 else None
    if tag is None:
        raise DraftChanged("no draft of ours ever had such a tag")
    return int(tag[1])


VersionMeant = Annotated[int, Depends(_version_meant)]
"""The draft's version that the caller has read. Raises IfMatchMissing; DraftChanged for a tag that is none of ours."""


def require_version(application: Application, meant: int | None) -> None:
    """Raises ApplicationChanged; never where nobody has named a version (None)."""
    if meant is not None and application.version != meant:
        raise ApplicationChanged("the case has changed since it was read")


async def _case_version_meant(
    request: Request,
    if_match: Annotated[str | None, Header(description="The ETag of the case as you have read it.")] = None,
) -> int | None:
    named = request.headers.getlist("if-match")
    if if_match is None or named == ["*"]:
        return None
    tag = _TAG.fullmatch(named[0].strip()) if len(named) == 1 else None
    # Of a tag that is none of ours no case is the version.
    return -1 if tag is None else int(tag[1])


CaseVersion = Annotated[int | None, Depends(_case_version_meant)]
"""The version of the case that the caller has read; None where he or she means whatever it is by now."""
