"""The proof of a key that a client may bring to the token endpoint (RFC 9449 section 5); its tokens are then bound."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Final

import jwt

from simulators.identity_provider.tokens import base64url

PROOF_LIFETIME: Final = timedelta(seconds=60)


class ProofRefused(Exception):
    """The proof doesn't hold for this request."""


class Proofs:
    """Checks proofs and remembers each for as long as it would be accepted."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}

    def thumbprint(self, proof: str, method: str, address: str, at: datetime) -> str:
        """The key's thumbprint (RFC 7638), once for each proof. Raises ProofRefused."""
        try:
            header = jwt.get_unverified_header(proof)
            key = header.get("jwk")
            if header.get("typ") != "dpop+jwt" or not isinstance(key, dict) or "d" in key:
                raise ProofRefused
            claims = jwt.decode(
                proof,
                jwt.PyJWK(key, algorithm="ES256").key,
                algorithms=["ES256"],
                # judged by our own clock below
                options={"require": ["htm", "htu", "iat", "jti"], "verify_iat": False},
            )
        except jwt.PyJWTError:
            raise ProofRefused from None
        self._seen = {jti: until for jti, until in self._seen.items() if until > at}
        age = at.timestamp() - claims["iat"] if isinstance(claims["iat"], int) else PROOF_LIFETIME.total_seconds() + 1
        if (claims["htm"], claims["htu"]) != (method, address) or abs(age) > PROOF_LIFETIME.total_seconds():
            raise ProofRefused
        if claims["jti"] in self._seen:
            raise ProofRefused
        self._seen[claims["jti"]] = at + 2 * PROOF_LIFETIME
        members = {name: key[name] for name in ("crv", "kty", "x", "y")}
        return base64url(hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest())
