"""From an ID token to the claims of one sign-in, or a reason (OpenID Connect Core 1.0 section 3.1.3.7).

The order of the checks:
 1. the wall: size, compact form, strict base64url and JSON, allowed header parameters
 2. the issuer is exactly the one that was asked; from here on only its own settings and keys count
 3. the token type is absent or JWT: an access token and a logout token prove no sign-in
 4. the algorithm is in the issuer's pinned list, the key named by `kid` is the issuer's, the signature is its own
 5. `aud` is this service's client, beside it only names of this service; several audiences need `azp`
 6. `azp`, where present, is this service's client
 7. `sub exp iat nbf`: well-formed, now, not older than the issuer's evidence may be
 8. `nonce` is that of this sign-in, so that a token of another one cannot be injected
 9. `at_hash`, where present, is that of the access token that came along
10. `auth_time` is there and fresh, where a maximum age was asked for
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from identity.algorithms import ALGORITHMS
from identity.check_time import check_time
from identity.errors import (
    AuthenticationTooOld,
    InvalidClaim,
    IssuerMixUp,
    TokenKindNotAccepted,
    WrongAudience,
    WrongTokenType,
)
from identity.parse_token import UnverifiedToken, parse_token
from identity.provider import Provider
from identity.read_claims import read_audiences, read_identifier, read_issuer, read_numeric_date, require
from identity.trusted_issuer import OwnClient, TrustedIssuer
from identity.verify_signature import verify_signature


async def verify_id_token(
    token: str,
    provider: Provider,
    at: datetime,
    *,
    nonce: str,
    access_token: str | None,
    max_age_seconds: int | None,
) -> Mapping[str, object]:
    """The claims of an ID token that the provider made for this sign-in, as of `at` (aware), under its own names.

    nonce: of this sign-in. access_token: what came beside the ID token. max_age_seconds: asked for at the start of the
    sign-in, None where nothing was.
    Raises a leaf of IdentityError for every refusal; ValueError when `at` has no time zone or nonce is empty.
    """
    if at.tzinfo is None:
        raise ValueError("at must carry a time zone")
    if not nonce:
        raise ValueError("a sign-in without a nonce cannot be told from another")
    trusted = provider.trusted
    client = own_client(trusted)
    unverified = parse_token(token)
    if read_issuer(unverified.unverified_claims) != trusted.issuer:
        raise IssuerMixUp
    if media_type(unverified) not in ("", "jwt"):
        raise WrongTokenType
    claims = await verify_signature(unverified, provider)
    now = int(at.timestamp())
    check_own_audience(claims, trusted, client)
    read_identifier(claims, "sub")
    check_time(claims, trusted, now)
    _check_nonce(claims, nonce)
    if "at_hash" in claims:
        _check_access_token(claims["at_hash"], unverified.unverified_algorithm, access_token)
    if max_age_seconds is not None:
        _check_freshness(claims, max_age_seconds, now, trusted.leeway_seconds)
    return claims


def own_client(trusted: TrustedIssuer) -> OwnClient:
    """This service at the issuer.

    Raises TokenKindNotAccepted where nobody signs in with it.
    """
    if "sign_in" not in trusted.token_kinds or trusted.own_client is None:
        raise TokenKindNotAccepted
    return trusted.own_client


def media_type(unverified: UnverifiedToken) -> str:
    """`typ` in lower case, without "application/", which may be left out (RFC 7515 section 4.1.9); empty if absent."""
    return (unverified.unverified_type or "").lower().removeprefix("application/")


def check_own_audience(claims: Mapping[str, object], trusted: TrustedIssuer, client: OwnClient) -> None:
    """Whether evidence is meant for this service's client, and for nobody whom this service doesn't know.

    Raises MissingClaim, InvalidClaim, WrongAudience.
    """
    audiences = read_audiences(claims)
    if client.client_id not in audiences or not set(audiences) <= {client.client_id, *trusted.audiences}:
        raise WrongAudience
    if len(audiences) > 1:
        require(claims, "azp")
    if "azp" in claims and claims["azp"] != client.client_id:
        raise InvalidClaim("azp")


def _check_nonce(claims: Mapping[str, object], nonce: str) -> None:
    given = require(claims, "nonce")
    # bytes: compare_digest refuses text beyond ASCII
    if not isinstance(given, str) or not hmac.compare_digest(given.encode("utf-8"), nonce.encode("utf-8")):
        raise InvalidClaim("nonce")


def _check_access_token(at_hash: object, algorithm: str, access_token: str | None) -> None:
    """`at_hash`: the left half of the access token's hash by the algorithm's own function (section 3.1.3.6)."""
    if not isinstance(at_hash, str) or access_token is None:
        raise InvalidClaim("at_hash")
    # Ed25519 hashes with SHA-512; every other name ends in the digest's size in bits
    bits = "512" if ALGORITHMS[algorithm].family == "EdDSA" else ALGORITHMS[algorithm].name[-3:]
    digest = hashlib.new(f"sha{bits}", access_token.encode("utf-8")).digest()
    expected = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not hmac.compare_digest(at_hash.encode("utf-8"), expected):
        raise InvalidClaim("at_hash")


def _check_freshness(claims: Mapping[str, object], max_age_seconds: int, now: int, leeway_seconds: int) -> None:
    signed_in = read_numeric_date(claims, "auth_time")
    if signed_in > now + leeway_seconds:
        raise InvalidClaim("auth_time")
    if now - signed_in > max_age_seconds + leeway_seconds:
        raise AuthenticationTooOld(max_age_seconds)
