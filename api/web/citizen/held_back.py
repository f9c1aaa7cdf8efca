"""A form that cannot be looked at now: what was typed goes back to the browser that sent it, and stays nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from identity.session import Session
from identity.verify_token import require_citizen
from issuance.documents.catalogue import DocumentType

from ...errors import TooManyRequests
from ...languages import language_of
from ...note_refusal import note_refusal
from ...problem_table import problem_of
from ...problems import problem_headers
from ...state import Given, shared_of
from ..page import page
from ..return_to import sign_in_address
from ..session import SentByCitizen, Visitor, once_of, read_fields, refuse_other_sites
from .applying import is_kept

_OF_THE_FORM = ("once", "typist")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """session: None where nobody is signed in any more; else the person has asked too often, `refused` says so."""

    fields: Mapping[str, str] = field(repr=False)
    session: Session | None = None
    refused: TooManyRequests | None = None


async def _sent_form(request: Request, services: Given, visitor: Visitor) -> SentByCitizen | HeldBack:
    refuse_other_sites(request, services)
    fields = await read_fields(request)
    if visitor is None:
        return HeldBack(fields=fields)
    citizen = require_citizen(visitor.person)
    try:
        shared_of(request).people.take(citizen.subject_key)
    except TooManyRequests as refused:
        return HeldBack(fields=fields, session=visitor, refused=refused)
    return SentByCitizen(session=visitor, fields=fields, once=once_of(request, fields), citizen=citizen)


TypedForm = Annotated[SentByCitizen | HeldBack, Depends(_sent_form)]
"""A form of which nothing is lost that was typed. Its token is not checked yet. Raises FormNotOurs, MalformedRequest,
WrongKindOfPerson."""


def kept(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed."""
    # no database of ours holds NUL, and nobody can type it
    return {name: text.replace("\0", "") for name, text in fields.items() if is_kept(name)}


async def give_back(request: Request, document_type: DocumentType, held: HeldBack) -> Response:
    """A page that has all of it, to be sent again once the person is signed in, or has waited."""
    form = f"/services/{document_type.id}/apply"
    typed = kept(held.fields) | {name: held.fields.get(name, "") for name in _OF_THE_FORM}
    shown: dict[str, Any] = {"form": form, "kept": typed, "forms": True, "account": held.session}
    if held.refused is None:
        address = sign_in_address(language_of(request.scope), return_to=f"{form}?again=1")
        return page(request, "citizen/signed_out.html", status=401, address=address, **shown)
    await note_refusal(request, held.refused)
    kind = problem_of(held.refused)
    # of the session that has sent it, whose page this is
    typed["form_token"] = held.fields.get("form_token", "")
    response = page(
        request,
        "citizen/wait.html",
        status=kind.status,
        title=kind.title.in_language(language_of(request.scope)),
        seconds=held.refused.retry_after_seconds,
        do=held.fields.get("do") or "change",
        **shown,
    )
    response.headers.update(problem_headers(held.refused, kind))
    return response
