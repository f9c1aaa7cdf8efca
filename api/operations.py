"""What machines ask: is the process alive, can it serve, which keys are its own."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response
from typing_extensions import TypedDict

from verification.trust import KeyPurpose, PublicKey, TrustedKey

from .documented import answers, problems
from .errors import NotReady, RouteNotFound
from .services import Services
from .state import Given

router = APIRouter(tags=["operations"])

_PUBLISHED = (KeyPurpose.QR, KeyPurpose.STATUS)
_KEYS_MAX_AGE_SECONDS = 300
_SECURITY_TXT_LIFETIME = timedelta(days=180)


class Alive(TypedDict):
    """The process answers."""

    alive: bool


class Ready(TypedDict):
    """Whether everything that serving needs answers, and each check by its name."""

    ready: bool
    checks: dict[str, bool]


@router.get("/livez", summary="Alive?", response_model=Alive, responses=answers({"alive": True}))
async def livez() -> Response:
    """The process answers; nothing else is asked."""
    return JSONResponse({"alive": True})


@router.get(
    "/readyz",
    summary="Ready to serve?",
    response_model=Ready,
    responses=answers({"ready": True, "checks": {"database": True, "keys": True}}, 503),
)
async def readyz(services: Given) -> Response:
    """Whether the database answers with the expected schema and the keys can be used."""
    asked = {"database": services.runner.is_ready, **services.readiness}
    found = await asyncio.gather(*(check() for check in asked.values()), return_exceptions=True)
    checks = {name: result is True for name, result in zip(asked, found, strict=True)}
    if not all(checks.values()):
        raise NotReady(checks)
    return JSONResponse({"ready": True, "checks": checks})


@router.get(
    "/.well-known/jwks.json",
    summary="The public keys of QR codes and status lists",
    responses=answers({"keys": [{"kty": "EC", "crv": "P-256", "kid": "9f86d081884c7d65", "use": "sig"}]}),
)
async def jwks(services: Given) -> Response:
    """A JWK Set (RFC 7517); PDFs carry their certificates themselves."""
    trust = services.trust(services.clock())
    keys = [jwk(key) for key in trust.keys if key.purpose in _PUBLISHED]
    headers = {
        "Cache-Control": f"public, max-age={_KEYS_MAX_AGE_SECONDS}",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return JSONResponse({"keys": keys}, media_type="application/jwk-set+json", headers=headers)


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
    return {**_members(key.public_key), "kid": key.key_id, "use": "sig", "key_purpose": key.purpose.value}


def _members(key: PublicKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "alg": "RS256", "n": _unsigned(numbers.n), "e": _unsigned(numbers.e)}
    if isinstance(key, ed25519.Ed25519PublicKey):
        x = base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode("ascii")
        return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x}
    point = key.public_numbers()
    size_bytes = (key.curve.key_size + 7) // 8
    return {
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "x": _unsigned(point.x, size_bytes),
        "y": _unsigned(point.y, size_bytes),
    }


def _unsigned(number: int, size_bytes: int | None = None) -> str:
    raw = number.to_bytes(size_bytes or (number.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _security_txt(services: Services, contact: str) -> str:
    expires = (services.clock() + _SECURITY_TXT_LIFETIME).isoformat(timespec="seconds")
    return (
        f"Contact: {contact}\n"
        f"Expires: {expires}\n"
        "Preferred-Languages: vi, en\n"
        f"Canonical: {services.public_url}/.well-known/security.txt\n"
    )
