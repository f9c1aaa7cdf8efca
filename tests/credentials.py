"""Credentials for tests: sealed by the test authority, presented by a holder who has a key, or altered on the way."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from signing.keys import SigningKey
from signing.permit import SealingPermit
from signing.seal_credential import seal_credential
from tests.sealing import AT, PUBLIC_URL, facts_of, key_ring
from verification.formats.facts import encode_facts
from verification.formats.holder_key import HolderKey
from verification.formats.jws import compact_json, to_base64url
from verification.formats.sd_jwt import digest_of, join, write_disclosure
from verification.trust import KeyPurpose
from verification.verdict import DocumentFacts

RING = key_ring()
TRUST = RING.trust_list(AT)
KEY = RING.active(KeyPurpose.CREDENTIAL, AT)
FACTS = replace(facts_of(RING), key_id=KEY.key_id)
SALT = "MDEyMzQ1Njc4OWFiY2RlZg"


def sealed(
    facts: DocumentFacts = FACTS,
    key: SigningKey = KEY,
    holder_key: HolderKey | None = None,
) -> str:
    permit = SealingPermit.grant(serial="test", purpose=KeyPurpose.CREDENTIAL, content=encode_facts(facts))
    return seal_credential(permit, key, PUBLIC_URL, holder_key).text


def disclosures_of(text: str) -> dict[str, str]:
    """The disclosures of a credential by the names of their claims."""
    found = text.split("~")[1:-1]
    return {json.loads(decoded(one))[1]: one for one in found}


def showing(text: str, names: Iterable[str]) -> str:
    """The same credential with these disclosures alone."""
    wanted = set(names)
    shown = [one for name, one in disclosures_of(text).items() if name in wanted]
    return join(text.split("~")[0], shown)


def payload_of(text: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(decoded(text.split(".")[1]))
    return claims


def resealed(
    claims: object,
    disclosures: Iterable[str] = (),
    header: dict[str, Any] | None = None,
    payload: bytes | None = None,
) -> str:
    """Anything, signed with the real key: what an issuer's mistake or a stolen key could make."""
    header = {"alg": KEY.algorithm, "kid": KEY.key_id, "typ": "dc+sd-jwt"} if header is None else header
    body = compact_json(claims) if payload is None else payload
    signed = f"{to_base64url(compact_json(header))}.{to_base64url(body)}".encode()
    return join(f"{signed.decode()}.{to_base64url(KEY.sign(signed))}", list(disclosures))


def disclosing(**claims: Any) -> list[str]:
    return [write_disclosure(SALT, name, value) for name, value in claims.items()]


def claims_over(disclosures: Iterable[str], **changed: Any) -> dict[str, Any]:
    """The claims of an honest credential over these disclosures, with some changed; None takes one out."""
    claims = payload_of(sealed()) | {"_sd": sorted(map(digest_of, disclosures))} | changed
    return {name: value for name, value in claims.items() if value is not None}


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Holder:
    """A wallet with one key."""

    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def public_key(self) -> HolderKey:
        return self.key.public_key()

    def present(
        self,
        text: str,
        at: datetime = AT,
        *,
        header: dict[str, Any] | None = None,
        payload: bytes | None = None,
        **changed: Any,
    ) -> str:
        """The credential with a proof of this key; changed: claims of the proof, None takes one out."""
        algorithm = "ES256" if isinstance(self.key, ec.EllipticCurvePrivateKey) else "EdDSA"
        header = {"alg": algorithm, "typ": "kb+jwt"} | (header or {})
        claims = {
            "iat": int(at.timestamp()),
            "aud": "https://bank.example",
            "nonce": "a nonce for one presentation",
            "sd_hash": digest_of(text),
        } | changed
        body = {name: value for name, value in claims.items() if value is not None}
        encoded = to_base64url(compact_json(body) if payload is None else payload)
        signed = f"{to_base64url(compact_json(header))}.{encoded}"
        return f"{text}{signed}.{to_base64url(self._sign(signed.encode()))}"

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)
