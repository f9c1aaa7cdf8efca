"""An issuer inside the test process: it signs tokens and publishes its keys through a `Fetch` that never leaves it.

Other packages' tests get real verified people from it:

    issuer = TestIssuer()
    citizen = await issuer.citizen()                       # through the real verifier
    official = await TestIssuer(people="officials").official()
    token = issuer.mint(acr="level-1", name="Trần Văn Bình")
    person = await verify_token(token, trust(issuer), at=NOW)
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from identity.algorithms import ALGORITHMS
from identity.citizen import AssuranceLevel, VerifiedCitizen, VerifiedOfficial
from identity.clients import SCOPES
from identity.errors import ProviderUnavailable
from identity.fetch import Answer, Ask
from identity.trusted_issuer import TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import require_citizen, require_official, verify_token

NOW = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
AUDIENCE = "https://condau.example/api"
LEVELS = {"level-1": AssuranceLevel.LEVEL_1, "level-2": AssuranceLevel.LEVEL_2}
OMIT: Any = object()
"""As a claim's or header's value: leave it out."""


def encode(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def generate_key(algorithm: str, rsa_bits: int = 2048) -> PrivateKeyTypes:
    """A private key of the algorithm's kind."""
    kind = ALGORITHMS[algorithm]
    if kind.key_type == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
    if kind.key_type == "OKP":
        return ed25519.Ed25519PrivateKey.generate()
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
    return ec.generate_private_key(curves[kind.curve or ""])


class TestIssuer:
    """Signs whatever it is asked to; `jwks` is open to tampering, `fetched` lists the addresses that were asked for."""

    __test__ = False  # not a test, whatever its name

    def __init__(
        self,
        issuer: str = "https://issuer.example",
        people: str = "citizens",
        algorithm: str = "ES256",
        **settings: Any,
    ) -> None:
        self.issuer = issuer
        self.people = people
        self.algorithm = algorithm
        self.available = True
        self.fetched: list[str] = []
        self.jwks: dict[str, Any] = {"keys": []}
        self.discovery: dict[str, Any] = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}
        self.trusted = TrustedIssuer(
            name=settings.pop("name", re.sub("[^a-z0-9]+", "-", issuer.partition("://")[2])),
            issuer=issuer,
            audiences=settings.pop("audiences", (AUDIENCE,)),
            algorithms=settings.pop("algorithms", (algorithm,)),
            people=people,  # type: ignore[arg-type]  # tests pass wrong values on purpose
            levels=settings.pop("levels", LEVELS if people == "citizens" else {}),
            **settings,
        )
        self._rotations = 0
        self.rotate()

    def rotate(self, *, keep_old: bool = False) -> None:
        """Sign with a new key from now on; the old one is withdrawn unless kept."""
        self._rotations += 1
        self.key_id = f"key-{self._rotations}"
        self.private_key = generate_key(self.algorithm)
        old = self.jwks["keys"] if keep_old else []
        self.jwks = {"keys": [*old, self.public_jwk()]}

    def public_jwk(self) -> dict[str, Any]:
        """The current key as it is published."""
        public_key = self.private_key.public_key()  # type: ignore[union-attr]  # Diffie-Hellman keys have none either
        jwk = json.loads(ALGORITHMS[self.algorithm].implementation.to_jwk(public_key))
        jwk.pop("key_ops", None)
        return {**jwk, "kid": self.key_id, "use": "sig", "alg": self.algorithm}

    def claims(self, at: datetime = NOW, **overrides: Any) -> dict[str, Any]:
        """An honest payload issued a minute before `at`, changed as the test wants; OMIT leaves a claim out."""
        now = int(at.timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "subject-1",
            "aud": AUDIENCE,
            "iat": now - 60,
            "exp": now + 540,
            "jti": f"jti-{now}",
            "client_id": "vneid-app" if self.people == "citizens" else "desk",
            "scope": " ".join(sorted(SCOPES)),
            "personal_id": "001194000001",
            "name": "Nguyễn Thị Minh Anh",
        }
        if self.people == "citizens":
            claims |= {"birthdate": "1994-03-08", "gender": "female", "acr": "level-2"}
        else:
            claims |= {"personal_id": "001185000002", "name": "Phạm Thu Hà", "unit": "000.00.15.H26"}
            claims |= {"roles": ["caseworker"]}
        return {name: value for name, value in (claims | overrides).items() if value is not OMIT}

    def mint(self, at: datetime = NOW, header: Mapping[str, Any] | None = None, **overrides: Any) -> str:
        """A signed access token; `header` and `overrides` replace header parameters and claims."""
        return self.sign(json.dumps(self.claims(at, **overrides)).encode(), header)

    def sign(self, payload: bytes, header: Mapping[str, Any] | None = None) -> str:
        """Any payload, signed with the current key by the issuer's algorithm, whatever the header says."""
        full = {"alg": self.algorithm, "kid": self.key_id, "typ": "at+jwt"} | dict(header or {})
        return self.sign_raw(json.dumps({n: v for n, v in full.items() if v is not OMIT}).encode(), payload)

    def sign_raw(self, header: bytes, payload: bytes) -> str:
        """Any bytes as header and payload, properly signed."""
        signing_input = f"{encode(header)}.{encode(payload)}"
        algorithm = ALGORITHMS[self.algorithm].implementation
        return f"{signing_input}.{encode(algorithm.sign(signing_input.encode(), self.private_key))}"

    async def fetch(self, ask: Ask) -> Answer:
        """A `Fetch` that knows this issuer's two documents."""
        self.fetched.append(ask.address)
        if not self.available:
            raise ProviderUnavailable
        if ask.address == f"{self.issuer}/.well-known/openid-configuration":
            return Answer(200, json.dumps(self.discovery).encode())
        if ask.address == self.discovery["jwks_uri"]:
            return Answer(200, json.dumps(self.jwks).encode())
        raise ProviderUnavailable

    async def citizen(self, at: datetime = NOW, **overrides: Any) -> VerifiedCitizen:
        """A real VerifiedCitizen, by the real verifier."""
        return require_citizen(await verify_token(self.mint(at, **overrides), trust(self), at))

    async def official(self, at: datetime = NOW, **overrides: Any) -> VerifiedOfficial:
        """A real VerifiedOfficial, by the real verifier."""
        return require_official(await verify_token(self.mint(at, **overrides), trust(self), at))


def trust(*issuers: TestIssuer, clock: Callable[[], float] = lambda: 0.0) -> TrustedIssuers:
    """A real TrustedIssuers over test issuers; clock gives the key caches' seconds."""

    async def fetch(ask: Ask) -> Answer:
        for issuer in issuers:
            if ask.address.startswith(f"{issuer.issuer}/"):
                return await issuer.fetch(ask)
        raise ProviderUnavailable

    return TrustedIssuers([issuer.trusted for issuer in issuers], fetch=fetch, clock=clock)
