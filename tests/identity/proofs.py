"""An application with a key of its own: what it signs to show that a token is its (DPoP, RFC 9449).

holder = ProofHolder("ES256")
token = issuer.mint(cnf=holder.confirmation)
await verify_token(token, trust(issuer), NOW, holder.present(token))
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from identity.algorithms import ALGORITHMS
from identity.proof_of_possession import Presentation
from tests.identity.issuer import NOW, OMIT, encode, generate_key

METHOD, ADDRESS = "POST", "https://condau.example/v1/applications"


class ProofHolder:
    """Signs whatever it is asked to; every proof has a `jti` of its own."""

    def __init__(self, algorithm: str = "ES256", rsa_bits: int = 2048) -> None:
        self.algorithm = algorithm
        self.private_key: Any = generate_key(algorithm, rsa_bits)
        self._numbers = itertools.count(1)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as it stands in a proof."""
        jwk = json.loads(ALGORITHMS[self.algorithm].implementation.to_jwk(self.private_key.public_key()))
        return {name: value for name, value in jwk.items() if name in ("kty", "crv", "x", "y", "n", "e")}

    @property
    def private_jwk(self) -> dict[str, Any]:
        """The private key, which belongs in no proof."""
        jwk: dict[str, Any] = json.loads(ALGORITHMS[self.algorithm].implementation.to_jwk(self.private_key))
        return jwk

    @property
    def thumbprint(self) -> str:
        """RFC 7638: these are all the members that count, whatever the kind of key."""
        return encode(hashlib.sha256(json.dumps(self.jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    @property
    def confirmation(self) -> dict[str, str]:
        """`cnf` of a token that is bound to this key."""
        return {"jkt": self.thumbprint}

    def claims(self, token: str, at: datetime = NOW, **overrides: Any) -> dict[str, Any]:
        """An honest payload for METHOD and ADDRESS, changed as the test wants; OMIT leaves a claim out."""
        claims: dict[str, Any] = {
            "jti": f"proof-{next(self._numbers)}",
            "htm": METHOD,
            "htu": ADDRESS,
            "iat": int(at.timestamp()),
            "ath": encode(hashlib.sha256(token.encode()).digest()),
        }
        return {name: value for name, value in (claims | overrides).items() if value is not OMIT}

    def prove(self, token: str, at: datetime = NOW, header: Mapping[str, Any] | None = None, **overrides: Any) -> str:
        """A signed proof; `header` and `overrides` replace header parameters and claims."""
        full = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk} | dict(header or {})
        named = {name: value for name, value in full.items() if value is not OMIT}
        return self.sign(json.dumps(named).encode(), json.dumps(self.claims(token, at, **overrides)).encode())

    def sign(self, header: bytes, payload: bytes) -> str:
        """Any bytes as header and payload, properly signed by the key's algorithm, whatever the header says."""
        signing_input = f"{encode(header)}.{encode(payload)}"
        signature = ALGORITHMS[self.algorithm].implementation.sign(signing_input.encode(), self.private_key)
        return f"{signing_input}.{encode(signature)}"

    def present(self, token: str, at: datetime = NOW, **overrides: Any) -> Presentation:
        """The token with an honest proof, for METHOD and ADDRESS."""
        return presented(self.prove(token, at, **overrides))


def presented(proof: str | None, method: str = METHOD, address: str = ADDRESS) -> Presentation:
    """A token brought with this proof."""
    return Presentation(scheme="dpop", proof=proof, method=method, address=address)
