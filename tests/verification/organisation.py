"""An organisation whose keys a test makes, rotates and loses: its trust list, and what its keys sign."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from signing.backends.software import InsecureSoftwareKey
from signing.permit import SealingPermit
from signing.seal_qr import seal_qr
from signing.status_list import seal_status_list
from signing.trust_list import seal_trust_list
from tests.sealing import AT, LIST_URI, ORGANISATION, PUBLIC_URL
from verification.formats.qr import encode_claims
from verification.register import DocumentStatus
from verification.signatures import Algorithm
from verification.trust import KeyPurpose, TrustedKey, TrustedUnit, TrustList
from verification.verdict import DocumentFacts

KeyKind = Literal["p256", "ed25519", "rsa"]
LIFETIME = timedelta(days=7)
_ALGORITHMS: dict[KeyKind, Algorithm] = {"p256": "ES256", "ed25519": "EdDSA", "rsa": "RS256"}


def make_key(key_id: str, kind: KeyKind = "p256") -> InsecureSoftwareKey:
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    match kind:
        case "p256":
            private = ec.generate_private_key(ec.SECP256R1())
        case "ed25519":
            private = ed25519.Ed25519PrivateKey.generate()
        case "rsa":
            private = rsa.generate_private_key(65537, 2048)
    return InsecureSoftwareKey(key_id, _ALGORITHMS[kind], private.public_key(), (), private)


def listed(key: InsecureSoftwareKey, purpose: KeyPurpose, since: datetime = AT - timedelta(days=800)) -> TrustedKey:
    """As the trust list names it, for five years."""
    return TrustedKey(key.key_id, purpose, key.public_key, ORGANISATION, since, since + timedelta(days=5 * 365))


@dataclass(frozen=True)
class Organisation:
    """One key for each purpose that is used here, and the list that is published of them."""

    qr: InsecureSoftwareKey = field(default_factory=lambda: make_key("aa00000000a1"))
    status: InsecureSoftwareKey = field(default_factory=lambda: make_key("aa00000000b1"))
    trust: InsecureSoftwareKey = field(default_factory=lambda: make_key("aa00000000c1"))

    def listed(self, at: datetime = AT, sequence: int = 1) -> TrustList:
        keys = (
            listed(self.qr, KeyPurpose.QR),
            listed(self.status, KeyPurpose.STATUS),
            listed(self.trust, KeyPurpose.TRUST_LIST),
        )
        return TrustList(keys, (), at, sequence=sequence)

    def signed(
        self,
        at: datetime = AT,
        trust: TrustList | None = None,
        key: InsecureSoftwareKey | None = None,
        lifetime: timedelta = LIFETIME,
    ) -> str:
        """The trust list as it is published at `at`."""
        return seal_trust_list(trust or self.listed(at), key or self.trust, PUBLIC_URL, at, lifetime)

    def code(self, facts: DocumentFacts, key: InsecureSoftwareKey | None = None) -> str:
        permit = SealingPermit.grant(serial="test", purpose=KeyPurpose.QR, content=encode_claims(facts))
        return seal_qr(permit, key or self.qr, PUBLIC_URL).link

    def status_list(
        self, revoked: tuple[int, ...] = (), at: datetime = AT, number: int = 1, key: InsecureSoftwareKey | None = None
    ) -> str:
        """List `number`, in force for twelve hours."""
        uri = LIST_URI.removesuffix("1") + str(number)
        entries = dict.fromkeys(revoked, DocumentStatus.REVOKED)
        return seal_status_list(entries, 1 << 16, key or self.status, uri, at, 12 * 3600, 60)


def with_key(trust: TrustList, key: TrustedKey) -> TrustList:
    return replace(trust, keys=(*(one for one in trust.keys if one.key_id != key.key_id), key))


def compromised(trust: TrustList, key_id: str, since: datetime) -> TrustList:
    keys = (replace(key, compromised_from=since) if key.key_id == key_id else key for key in trust.keys)
    return replace(trust, keys=tuple(keys), sequence=trust.sequence + 1)


def of_unit(trust: TrustList, key_id: str, code: str, *document_types: str) -> TrustList:
    keys = (replace(key, unit=code) if key.key_id == key_id else key for key in trust.keys)
    return replace(trust, keys=tuple(keys), units=(*trust.units, TrustedUnit(code, f"Đơn vị {code}", document_types)))
