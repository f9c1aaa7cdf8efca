"""What machines ask: is the process alive, can it serve, which keys are its own and what to check with."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from typing_extensions import TypedDict

from verification.formats.jwk import encode_jwk
from verification.trust import KeyPurpose, TrustedKey

from .documented import answers, binary, problems
from .errors import NotReady, RouteNotFound
from .negotiation import accepts_gzip, names_etag
from .publish_trust_list import Published
from .services import Services
from .state import Given, shared_of

router = APIRouter(tags=["operations"])

_PUBLISHED = (KeyPurpose.QR, KeyPurpose.STATUS, KeyPurpose.CREDENTIAL)
_KEYS_MAX_AGE_SECONDS = 300
# To everybody's pages: the answers are the same for all, and signed.
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
TRUST_LIST_MEDIA_TYPE = "application/condau-trust-list+jwt"
_SECURITY_TXT_LIFETIME = timedelta(days=180)


class Alive(TypedDict):
    """The process answers."""

    alive: bool


class Ready(TypedDict):
    """Whether everything that serving needs answers, and each check by its name.

    `watch`: what requests can do without for a while, and operators cannot: workers, work that waits, seals.
    """

    ready: bool
    checks: dict[str, bool]
    watch: dict[str, bool]


class BundleView(TypedDict):
    """Signed tokens as they are published one by one; `made_at` is for people, each token bears its own time."""

    trust_list: str
    status_lists: list[str]
    made_at: str


_READY = {
    "ready": True,
    "checks": {"database": True, "keys": True, "disk": True, "serving": True},
    "watch": {"workers": True, "jobs_waiting": True, "seals": True},
}


@router.get("/livez", summary="Alive?", response_model=Alive, responses=answers({"alive": True}))
async def livez() -> Response:
    """The process answers; nothing else is asked."""
    return JSONResponse({"alive": True})


@router.get(
    "/readyz",
    summary="Ready to serve?",
    response_model=Ready,
    responses=answers(_READY, 503),
)
async def readyz(request: Request, services: Given) -> Response:
    """Whether the database answers with the expected schema, the keys can be used, the disk has room, and this process
    is not about to stop."""
    asked = {"database": services.runner.is_ready, **services.readiness}
    found = await asyncio.gather(*(check() for check in asked.values()), return_exceptions=True)
    checks = {name: result is True for name, result in zip(asked, found, strict=True)}
    if not all(checks.values()):
        raise NotReady(checks)
    return JSONResponse({"ready": True, "checks": checks, "watch": await shared_of(request).health.watched()})


class _JwkSet(JSONResponse):
    media_type = "application/jwk-set+json"


_A_JWK_SET = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "9f86d081884c7d65", "use": "sig"}]}


@router.get(
    "/.well-known/jwks.json",
    summary="The public keys of QR codes, credentials and status lists",
    response_class=_JwkSet,
    responses={200: {"content": {_JwkSet.media_type: {"example": _A_JWK_SET}}}},
)
async def jwks(services: Given) -> Response:
    """A JWK Set (RFC 7517), for libraries that ask for one. It is not signed, and knows neither periods nor compromise:
    who checks documents takes the trust list."""
    trust = services.trust(services.clock())
    keys = [jwk(key) for key in trust.keys if key.purpose in _PUBLISHED]
    headers = {"Cache-Control": f"public, max-age={_KEYS_MAX_AGE_SECONDS}", **_OPEN}
    return _JwkSet({"keys": keys}, headers=headers)


@router.get(
    "/.well-known/condau-trust-list",
    summary="Whose seals count, signed",
    response_class=Response,
    responses=binary(TRUST_LIST_MEDIA_TYPE, "The list as a signed token (docs/verification.md).", 503),
)
async def trust_list(request: Request, services: Given) -> Response:
    """The keys, units and roots, with periods and compromises; numbered, so no older list passes for the newest."""
    return _published(request, services, await shared_of(request).trust_list.get(), TRUST_LIST_MEDIA_TYPE)


@router.get(
    "/.well-known/condau-bundle",
    summary="All that a check without a network needs",
    response_model=BundleView,
    responses=answers({"trust_list": "eyJ…", "status_lists": ["eyJ…"], "made_at": "2026-11-20T03:00:00+00:00"}, 503),
)
async def bundle(request: Request, services: Given) -> Response:
    """The trust list and every status list at once, for `condau verify` and scanners that go where no network is."""
    return _published(request, services, await shared_of(request).bundle.get(), "application/json")


@router.get(
    "/.well-known/security.txt",
    summary="Where to report a weakness",
    response_class=PlainTextResponse,
    responses=problems(404),
)
async def security_txt(services: Given) -> Response:
    """RFC 9116; not found where the operator has named no contact."""
    if services.security_contact is None:
        raise RouteNotFound
    return PlainTextResponse(_security_txt(services, services.security_contact))


def jwk(key: TrustedKey) -> dict[str, Any]:
    """A public key as RFC 7517 and RFC 7518 section 6 write it, with the certificate purpose as `key_purpose`."""
    return {**encode_jwk(key.public_key), "kid": key.key_id, "use": "sig", "key_purpose": key.purpose.value}


def _published(request: Request, services: Services, found: Published, media_type: str) -> Response:
    max_age = found.max_age_seconds(services.clock())
    headers = {"ETag": found.etag, "Cache-Control": f"public, max-age={max_age}", **_OPEN}
    if found.zipped is not None:
        headers["Vary"] = "Accept-Encoding"
    if names_etag(request.headers.get("if-none-match"), found.etag):
        return Response(status_code=304, headers=headers)
    if found.zipped is not None and accepts_gzip(request.headers.get("accept-encoding")):
        return Response(found.zipped, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(found.content, media_type=media_type, headers=headers)


def _security_txt(services: Services, contact: str) -> str:
    expires = (services.clock() + _SECURITY_TXT_LIFETIME).isoformat(timespec="seconds")
    return (
        f"Contact: {contact}\n"
        f"Expires: {expires}\n"
        "Preferred-Languages: vi, en\n"
        f"Canonical: {services.public_url}/.well-known/security.txt\n"
    )
