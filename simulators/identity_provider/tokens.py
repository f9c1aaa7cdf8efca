"""Tokens that the simulated provider signs: RFC 9068 access tokens and OpenID Connect ID tokens, ES256."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from simulators.people import SyntheticCitizen, SyntheticOfficial


def base64url(raw: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def s256(code_verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636 section 4.2)."""
    return base64url(hashlib.sha256(code_verifier.encode("ascii", "replace")).digest())


@dataclass(frozen=True, slots=True)
class SignIn:
    """That a person signed in, through which client, when, and the client's nonce."""

    person: SyntheticCitizen | SyntheticOfficial
    client_id: str
    scope: str
    nonce: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenMint:
    """One issuer's key, made at start and never stored."""

    issuer: str
    resource: str
    access_token_seconds: int
    key_id: str = field(default_factory=lambda: secrets.token_hex(8))
    private_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK Set."""
        jwk = json.loads(ECAlgorithm.to_jwk(self.private_key.public_key()))
        return {"keys": [{"kty": "EC", "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"]} | self._key_use()]}

    def _key_use(self) -> dict[str, str]:
        return {"kid": self.key_id, "use": "sig", "alg": "ES256"}

    def access_token(self, sign_in: SignIn, at: datetime) -> str:
        """A JWT access token for the resource (RFC 9068 section 2.2), with the person's claims."""
        claims = self._common(sign_in, at) | {
            "aud": self.resource,
            "jti": secrets.token_urlsafe(16),
            "client_id": sign_in.client_id,
            "azp": sign_in.client_id,
            "scope": sign_in.scope,
        }
        return self._sign(claims | sign_in.person.claims(), "at+jwt")

    def id_token(self, sign_in: SignIn, access_token: str, at: datetime) -> str:
        """An ID token for the client (OpenID Connect Core 1.0 section 2)."""
        half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
        claims = self._common(sign_in, at) | {"aud": sign_in.client_id, "at_hash": base64url(half)}
        if sign_in.nonce is not None:
            claims["nonce"] = sign_in.nonce
        return self._sign(claims | {"name": sign_in.person.full_name}, "JWT")

    def subject_of(self, access_token: str, at: datetime) -> str | None:
        """Whose access token it is; None when it isn't one of this issuer's, or has expired."""
        try:
            claims = jwt.decode(
                access_token,
                self.private_key.public_key(),
                algorithms=["ES256"],
                audience=self.resource,
                issuer=self.issuer,
                # judged by our own clock below
                options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        return str(claims["sub"]) if at.timestamp() < claims["exp"] else None

    def _common(self, sign_in: SignIn, at: datetime) -> dict[str, Any]:
        now = int(at.timestamp())
        return {
            "iss": self.issuer,
            "sub": sign_in.person.subject,
            "iat": now,
            "exp": now + self.access_token_seconds,
            "auth_time": int(sign_in.at.timestamp()),
            "acr": sign_in.person.acr,
        }

    def _sign(self, claims: dict[str, Any], token_type: str) -> str:
        return jwt.encode(claims, self.private_key, algorithm="ES256", headers={"kid": self.key_id, "typ": token_type})
