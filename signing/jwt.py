"""Signed JSON claims (RFC 7515, compact), for what this house publishes beside its documents."""

from typing import Any

from signing.keys import SigningKey
from verification.formats import jws


def sign_claims(claims: dict[str, Any], typ: str, key: SigningKey) -> str:
    """A compact JWS over these claims, with alg, kid and typ in its header. Raises KeyUnavailable."""
    signed = jws.signing_input(key.key_id, key.algorithm, typ, claims)
    return jws.with_signature(signed, key.sign(signed))
