"""Who is signed in on our pages, for the pages' handlers.

A page for signed-in people asks for `SignedIn`; whoever is not is sent to sign in and then back to the page:

    @router.get("/applications")
    async def applications(request: Request, session: SignedIn) -> Response:
        return page(request, "applications.html", account=session, …session.person…)

A form of such a page carries the session's token, by the template's macro `form_token(account)`, is sent as
`method="post"`, and its page is made by `form_page`, so that old browsers say where the form comes from. Its handler
asks for `SignedForm`, which has checked all that:

    @router.post("/applications")
    async def apply(request: Request, form: SignedForm) -> Response:
        …form.session.person…, form.fields["copies"]

Pages of one group of people ask for `CitizenSignedIn`, `OfficialSignedIn` and their forms for `CitizenForm`,
`OfficialForm`: those have `citizen` or `official`, and count what one person asks for, as the API does. `form.once` is
what the use cases of the API take for an Idempotency-Key: sent twice, a form has one effect.

A page that is open to everybody and greets those who are signed in asks for `Visitor`, which may be None.

Three things keep other sites from sending such forms: the token, which they cannot read; the browser's own word that
the request comes from another site (Sec-Fetch-Site, else Origin); and SameSite=Lax, by which the cookie stays away.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from identity.errors import FormNotOurs, FormOutdated, SessionEnded
from identity.session import Session, resume_session
from identity.verify_token import require_citizen, require_official

from ..cors import own_origin
from ..errors import MalformedRequest
from ..idempotency import RequestOnce
from ..read_body import media_type
from ..services import Services
from ..state import Given, shared_of
from .cookies import session_secret

MAX_FIELDS = 200
_NOT_ASKED = frozenset(("form_token", "once"))
_KEY = re.compile(r"[!-~]{1,100}")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class SignInNeeded(Exception):
    """The page is for signed-in people, and nobody is. No refusal: the way leads to the sign-in and back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentForm:
    """A form of a signed-in person's page. fields: its texts, each name once."""

    session: Session
    fields: Mapping[str, str] = field(repr=False)
    once: RequestOnce = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenSession:
    session: Session
    citizen: VerifiedCitizen


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSession:
    session: Session
    official: VerifiedOfficial


@dataclass(frozen=True, slots=True, kw_only=True)
class SentByCitizen(SentForm):
    citizen: VerifiedCitizen


@dataclass(frozen=True, slots=True, kw_only=True)
class SentByOfficial(SentForm):
    official: VerifiedOfficial


async def _visitor(request: Request, services: Given) -> Session | None:
    secret = session_secret(request, services.public_url)
    if secret is None:
        return None
    try:
        session = await resume_session(
            services.runner.run, services.issuers, secret, services.clock(), services.session_limits
        )
    except SessionEnded:
        return None
    request.state.issuer_name = session.issuer_name  # for the security log
    return session


Visitor = Annotated[Session | None, Depends(_visitor)]
"""The session of whoever looks at the page, if there is one."""


async def _signed_in(visitor: Visitor) -> Session:
    if visitor is None:
        raise SignInNeeded
    return visitor


SignedIn = Annotated[Session, Depends(_signed_in)]
"""The session of a page for signed-in people. Raises SignInNeeded."""


async def _signed_form(request: Request, services: Given, visitor: Visitor) -> SentForm:
    refuse_other_sites(request, services)
    if visitor is None:
        raise SessionEnded
    fields = await read_fields(request)
    check_form_token(visitor, fields)
    return SentForm(session=visitor, fields=fields, once=once_of(request, fields))


SignedForm = Annotated[SentForm, Depends(_signed_form)]
"""A form that a signed-in person sent from a page of ours. Raises FormNotOurs, FormOutdated, SessionEnded,
MalformedRequest."""


async def _citizen_signed_in(request: Request, session: SignedIn) -> CitizenSession:
    citizen = require_citizen(session.person)
    shared_of(request).people.take(citizen.subject_key)
    return CitizenSession(session=session, citizen=citizen)


async def _official_signed_in(request: Request, session: SignedIn) -> OfficialSession:
    official = require_official(session.person)
    shared_of(request).people.take(official.subject_key)
    return OfficialSession(session=session, official=official)


async def _citizen_form(request: Request, form: SignedForm) -> SentByCitizen:
    citizen = require_citizen(form.session.person)
    shared_of(request).people.take(citizen.subject_key)
    return SentByCitizen(session=form.session, fields=form.fields, once=form.once, citizen=citizen)


async def _official_form(request: Request, form: SignedForm) -> SentByOfficial:
    official = require_official(form.session.person)
    shared_of(request).people.take(official.subject_key)
    return SentByOfficial(session=form.session, fields=form.fields, once=form.once, official=official)


CitizenSignedIn = Annotated[CitizenSession, Depends(_citizen_signed_in)]
"""Raises SignInNeeded, WrongKindOfPerson, TooManyRequests."""
OfficialSignedIn = Annotated[OfficialSession, Depends(_official_signed_in)]
"""Raises SignInNeeded, WrongKindOfPerson, TooManyRequests."""
CitizenForm = Annotated[SentByCitizen, Depends(_citizen_form)]
"""Raises what SignedForm does, WrongKindOfPerson, TooManyRequests."""
OfficialForm = Annotated[SentByOfficial, Depends(_official_form)]
"""Raises what SignedForm does, WrongKindOfPerson, TooManyRequests."""


def refuse_other_sites(request: Request, services: Services) -> None:
    """Raises FormNotOurs where the browser says that another site's page sends the form."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise FormNotOurs
        return
    origin = request.headers.get("origin")
    if origin is not None and origin != own_origin(services.public_url):
        raise FormNotOurs


def check_form_token(session: Session, fields: Mapping[str, str]) -> None:
    """Raises FormOutdated where the form does not carry its session's token."""
    if not hmac.compare_digest(fields.get("form_token", "").encode(), session.form_token.encode()):
        raise FormOutdated


def once_of(request: Request, fields: Mapping[str, str], *files: bytes) -> RequestOnce:
    """By the key that the form's page was given; a form without one is another one each time it is sent.

    files: what was uploaded with it.
    """
    asked = [
        request.method,
        request.url.path,
        *(f"{name}={fields[name]}" for name in sorted(fields.keys() - _NOT_ASKED)),
    ]
    digest = hashlib.sha256("\0".join(asked).encode())
    for file in files:
        digest.update(hashlib.sha256(file).digest())
    key = fields.get("once", "")
    return RequestOnce(f"form-{key}" if _KEY.fullmatch(key) else f"form-{secrets.token_urlsafe(18)}", digest.digest())


async def read_fields(request: Request) -> dict[str, str]:
    """The texts of a form. Raises MalformedRequest, also where a name stands twice or a file is among them."""
    if media_type(request) not in _FORM_TYPES:
        raise MalformedRequest
    async with request.form(max_files=0, max_fields=MAX_FIELDS) as form:
        entries = form.multi_items()
        fields = {name: value for name, value in entries if isinstance(value, str)}
        if len(fields) != len(entries):
            raise MalformedRequest
    return fields
