"""Signature algorithms that an issuer may be pinned to, and the keys each demands (RFC 7518, RFC 8037, RFC 9864)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jwt import PyJWS
from jwt.algorithms import Algorithm as PyJwtAlgorithm

_PYJWT = PyJWS()


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """One `alg` value: its family, the JWK type and curve of its keys, and PyJWT's implementation of it."""

    name: str
    family: str
    key_type: str
    curve: str | None
    implementation: PyJwtAlgorithm


def _algorithm(
    name: str, family: str, key_type: str, curve: str | None = None, in_pyjwt: str | None = None
) -> SignatureAlgorithm:
    return SignatureAlgorithm(name, family, key_type, curve, _PYJWT.get_algorithm_by_name(in_pyjwt or name))


# no HMAC (a verifier could forge) and no "none": they can't be configured by mistake
ALGORITHMS: Final = {
    algorithm.name: algorithm
    for algorithm in (
        _algorithm("RS256", "RS", "RSA"),
        _algorithm("RS384", "RS", "RSA"),
        _algorithm("RS512", "RS", "RSA"),
        _algorithm("PS256", "PS", "RSA"),
        _algorithm("PS384", "PS", "RSA"),
        _algorithm("PS512", "PS", "RSA"),
        _algorithm("ES256", "ES", "EC", "P-256"),
        _algorithm("ES384", "ES", "EC", "P-384"),
        _algorithm("ES512", "ES", "EC", "P-521"),
        _algorithm("EdDSA", "EdDSA", "OKP", "Ed25519"),
        # the same under the name that leaves no curve open (RFC 9864), which PyJWT does not know
        _algorithm("Ed25519", "EdDSA", "OKP", "Ed25519", in_pyjwt="EdDSA"),
    )
}
