"""Who asks, and through which application: a request's access token becomes a verified person, or a refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar, cast

from fastapi import Security
from fastapi.openapi.models import HTTPBearer as BearerScheme
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from identity.citizen import Verified, VerifiedCitizen, VerifiedMachine, VerifiedOfficial
from identity.clients import RegisteredClient, Scope
from identity.errors import (
    IdentityError,
    InvalidProofOfPossession,
    OriginNotRegistered,
    ScopeMissing,
)
from identity.proof_of_possession import Presentation
from identity.verify_token import require_citizen, require_machine, require_official, verify_token

from .cors import own_origin
from .errors import AccessTokenMissing, AuthorizationAmbiguous
from .guard import method_sent
from .security_events import is_security_event
from .services import Services
from .state import shared_of

P = TypeVar("P", bound=Verified)

_HOW_SIGNED_IN = """An access token (RFC 6750). A scope counts where the application is registered for it.

| scope | what it permits |
|---|---|
| `applications:read` | see the catalogue, fees, and the citizen's own applications |
| `applications:write` | ask for documents, confirm payments |
| `documents:read` | download issued documents and receipts |
| `desk` | settle the unit's applications, as an official |
| `agency:read` | follow the unit's applications, as an agency's machine |
"""
_BEARER, _DPOP = "bearer", "dpop"


class _Token(SecurityBase):
    """A dependency on whoever brings a token, which the API's description knows as a security scheme.

    Both in one: each scheme beside it would be solved for each request too, for the description's sake alone.
    """

    scheme_name = _BEARER
    model = BearerScheme(
        bearerFormat="JWT",
        description=_HOW_SIGNED_IN,
    )

    def __init__(self, admit: Callable[[Request], Awaitable[Any]]) -> None:
        self._admit = admit

    async def __call__(self, request: Request) -> Any:
        return await self._admit(request)


def with_proofs(description: dict[str, Any]) -> dict[str, Any]:
    """The API's description, in which every token may also be brought with a proof of its key."""
    description["components"]["securitySchemes"][_DPOP] = {
        "type": "http",
        "description": "An access token that is bound to a key, with a proof of it in the header DPoP (RFC 9449).",
        "scheme": _DPOP,
    }
    for operation in (one for path in description["paths"].values() for one in path.values()):
        for ways in [operation["security"]] if "security" in operation else []:
            ways[1:1] = [{_DPOP: way[_BEARER]} for way in ways if _BEARER in way]
    return description


def brought_token(request: Request, public_url: str) -> tuple[str, Presentation]:
    """The token of `Authorization: Bearer …` or `DPoP …`, the only place where one is looked for, and how it came.

    Raises AccessTokenMissing; AuthorizationAmbiguous where the header stands twice, since which one counts would be a
    guess (RFC 6750 section 3.1, RFC 9449 section 7.2); InvalidProofOfPossession for two proofs (section 4.3).
    """
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise AuthorizationAmbiguous
    name, _, token = headers[0].partition(" ") if headers else ("", "", "")
    scheme, token = name.lower(), token.strip()
    if scheme not in ("bearer", "dpop") or not token:
        raise AccessTokenMissing
    proofs = request.headers.getlist("dpop")
    if len(proofs) > 1:
        raise InvalidProofOfPossession
    return token, Presentation(
        scheme=cast('Literal["bearer", "dpop"]', scheme),
        proof=proofs[0] if proofs else None,
        method=method_sent(request),
        address=public_url + _path_as_sent(request),
    )


def _path_as_sent(request: Request) -> str:
    """With its escapes, as the proof's `htu` has it; the server's decoded one names another resource at times."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    return cast("bytes", raw).partition(b"?")[0].decode("latin-1")


async def _identified(request: Request) -> tuple[Verified, RegisteredClient]:
    """The person, and the registered application that may bring the request: from this page, and not too often.

    Raises a leaf of IdentityError, AccessTokenMissing, AuthorizationAmbiguous, TooManyRequests.
    """
    shared = shared_of(request)
    services = shared.services
    token, presented = brought_token(request, services.public_url)
    # Before anything is looked at: whoever sends nonsense all the time costs no more arithmetic.
    shared.refused_evidence.check(request)
    client: RegisteredClient | None = None

    def admit(issuer: str, subject: str, client_id: str) -> None:
        nonlocal client
        trusted = services.issuers.provider_of(issuer).trusted
        # For the security log, should the person be refused from here on: the issuer by the operator's name for it.
        request.state.issuer_name = trusted.name
        if trusted.people != "machines":
            # First: nobody can use up what all the people of an application share. A machine is its application.
            shared.people.take(f"{issuer}|{subject}")
        client = services.clients.named(issuer, client_id)
        # For the access log: from here on it is a name of the settings, and no longer one that somebody sent.
        request.state.client_id = client.client_id
        _check_origin(request.headers.getlist("origin"), client, services)
        shared.clients.take(client)

    try:
        person = await verify_token(token, services.issuers, services.clock(), presented, admit=admit)
    except IdentityError as error:
        if is_security_event(error) and not hasattr(request.state, "issuer_name"):
            shared.refused_evidence.take(request)
        raise
    if client is None:
        raise ValueError("a person was verified whom nobody admitted")
    if presented.scheme == "dpop" and services.issuers.proofs.nonces is not None:
        # With every answer, so that no client has to be refused to learn the next one (RFC 9449 section 8.2).
        request.state.next_proof_nonce = services.issuers.proofs.nonces.issue(services.clock())
    return person, client


def _check_origin(origins: list[str], client: RegisteredClient, services: Services) -> None:
    """Raises OriginNotRegistered when a page of somebody else sends the application's token; apps send no origin."""
    allowed = (own_origin(services.public_url), *client.cors_origins)
    if any(origin not in allowed for origin in origins):
        raise OriginNotRegistered


def _admitted(require: Callable[[Verified], P], scope: Scope) -> Any:
    """A dependency on a person of one kind, whose application may do what `scope` names."""

    async def admit(request: Request) -> P:
        found, client = await _identified(request)
        person = require(found)
        client.require_scope(person, scope)
        return person

    return Security(_Token(admit), scopes=[scope])


async def _citizen_if_signed_in(request: Request) -> VerifiedCitizen | None:
    if "authorization" not in request.headers and "dpop" not in request.headers:
        return None
    # A token that is refused is refused here too: its bearer takes the answer for one about himself.
    found, client = await _identified(request)
    citizen = require_citizen(found)
    client.require_scope(citizen, "applications:read")
    return citizen


async def _unit(request: Request) -> str:
    found, client = await _identified(request)
    machine: VerifiedMachine = require_machine(found)
    client.require_scope(machine, "agency:read")
    if client.unit is None:  # a registration with this scope has one; should that ever change, nothing is shown
        raise ScopeMissing("agency:read")
    return client.unit


CitizenReads = Annotated[VerifiedCitizen, _admitted(require_citizen, "applications:read")]
CitizenWrites = Annotated[VerifiedCitizen, _admitted(require_citizen, "applications:write")]
CitizenDownloads = Annotated[VerifiedCitizen, _admitted(require_citizen, "documents:read")]
CitizenIfSignedIn = Annotated[
    VerifiedCitizen | None, Security(_Token(_citizen_if_signed_in), scopes=["applications:read"])
]
"""Whoever brings no token is nobody, and is answered all the same."""
Official = Annotated[VerifiedOfficial, _admitted(require_official, "desk")]
AgencyUnit = Annotated[str, Security(_Token(_unit), scopes=["agency:read"])]
"""The unit whose cases an agency's machine may see: from its registration, whatever its token says."""
