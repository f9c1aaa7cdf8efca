"""Tokens that the simulated provider signs: access tokens (RFC 9068), ID tokens and logout tokens, ES256."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from simulators.people import SyntheticCitizen, SyntheticOfficial

LOGOUT_TOKEN_SECONDS: Final = 120


def base64url(raw: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def s256(code_verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636 section 4.2)."""
    return base64url(hashlib.sha256(code_verifier.encode("ascii", "replace")).digest())


@dataclass(frozen=True, slots=True)
class SignIn:
    """That a person signed in, through which client, when, at which level, and the client's nonce.

    session_id: of the session at the provider.
    """

    person: SyntheticCitizen | SyntheticOfficial
    client_id: str
    scope: str
    nonce: str | None
    at: datetime
    acr: str
    session_id: str


def key_kept_in(file: Path | None) -> ec.EllipticCurvePrivateKey:
    """The key in this file, made there at first; without a file a new one.

    Kept so that whoever cached the issuer's keys knows them after a restart too.
    """
    if file is not None and file.exists():
        kept = load_pem_private_key(file.read_bytes(), None)
        assert isinstance(kept, ec.EllipticCurvePrivateKey)  # noqa: S101 - nobody but this function writes the file
        return kept
    made = ec.generate_private_key(ec.SECP256R1())
    if file is not None:
        file.touch(mode=0o600)
        file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


@dataclass(frozen=True, slots=True)
class TokenMint:
    """One issuer and its key."""

    issuer: str
    resource: str
    access_token_seconds: int
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def key_id(self) -> str:
        """The beginning of the public key's SHA-256: the same key is never published under two names."""
        public = self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(public).hexdigest()[:16]

    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK Set."""
        jwk = json.loads(ECAlgorithm.to_jwk(self.private_key.public_key()))
        return {"keys": [{"kty": "EC", "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"]} | self._key_use()]}

    def _key_use(self) -> dict[str, str]:
        return {"kid": self.key_id, "use": "sig", "alg": "ES256"}

    def access_token(self, sign_in: SignIn, at: datetime, thumbprint: str | None = None) -> str:
        """A JWT access token for the resource (RFC 9068 section 2.2), with the person's claims.

        thumbprint: of the key that it is bound to (RFC 9449 section 6.1).
        """
        client = self._client_claims(sign_in.client_id, sign_in.scope, thumbprint)
        return self._sign(self._common(sign_in, at) | client | sign_in.person.claims(), "at+jwt")

    def machine_token(self, client_id: str, scope: str, at: datetime, thumbprint: str | None = None) -> str:
        """An access token for a client in its own name (RFC 6749 section 4.4); nobody stands behind it."""
        claims = self._times(at) | {"iss": self.issuer, "sub": client_id}
        return self._sign(claims | self._client_claims(client_id, scope, thumbprint), "at+jwt")

    def id_token(self, sign_in: SignIn, access_token: str, at: datetime) -> str:
        """An ID token for the client (OpenID Connect Core 1.0 section 2). It comes back in addresses at sign-out, so it
        tells nothing of the person; the user-info endpoint does.
        """
        half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
        claims = self._common(sign_in, at) | {"aud": sign_in.client_id, "at_hash": base64url(half)}
        if sign_in.nonce is not None:
            claims["nonce"] = sign_in.nonce
        return self._sign(claims | {"sid": sign_in.session_id}, "JWT")

    def logout_token(self, client_id: str, subject: str, session_id: str, at: datetime) -> str:
        """That a session has ended (OpenID Connect Back-Channel Logout 1.0 section 2.4)."""
        now = int(at.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": client_id,
            "sub": subject,
            "sid": session_id,
            "iat": now,
            "exp": now + LOGOUT_TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(16),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        return self._sign(claims, "logout+jwt")

    def subject_of(self, access_token: str, at: datetime) -> str | None:
        """Whose access token it is; None when it isn't one of this issuer's, or has expired."""
        claims = self._own_claims(access_token, self.resource)
        if claims is None or "cnf" in claims or "sub" not in claims:
            return None
        return str(claims["sub"]) if at.timestamp() < claims["exp"] else None

    def hinted(self, id_token: str) -> tuple[str, str] | None:
        """(client, session) of an ID token of this issuer, however old; None for any other."""
        claims = self._own_claims(id_token, None)
        if claims is None or "sid" not in claims or "at_hash" not in claims:
            return None
        return str(claims["aud"]), str(claims["sid"])

    def _own_claims(self, token: str, audience: str | None) -> dict[str, Any] | None:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self.private_key.public_key(),
                algorithms=["ES256"],
                audience=audience,
                issuer=self.issuer,
                # judged by our own clock, where it counts
                options={
                    "require": ["exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_aud": audience is not None,
                },
            )
        except jwt.InvalidTokenError:
            return None
        return claims

    def _client_claims(self, client_id: str, scope: str, thumbprint: str | None) -> dict[str, Any]:
        claims: dict[str, Any] = {
            "aud": self.resource,
            "jti": secrets.token_urlsafe(16),
            "client_id": client_id,
            "azp": client_id,
            "scope": scope,
        }
        return claims if thumbprint is None else claims | {"cnf": {"jkt": thumbprint}}

    def _common(self, sign_in: SignIn, at: datetime) -> dict[str, Any]:
        return self._times(at) | {
            "iss": self.issuer,
            "sub": sign_in.person.subject,
            "auth_time": int(sign_in.at.timestamp()),
            "acr": sign_in.acr,
        }

    def _times(self, at: datetime) -> dict[str, Any]:
        now = int(at.timestamp())
        return {"iat": now, "exp": now + self.access_token_seconds}

    def _sign(self, claims: dict[str, Any], token_type: str) -> str:
        return jwt.encode(claims, self.private_key, algorithm="ES256", headers={"kid": self.key_id, "typ": token_type})
