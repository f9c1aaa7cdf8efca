"""Whose seals count: the public keys and roots that a verifier was given, never what a document brings along."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from verification.verdict import VIETNAM

PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey


class KeyPurpose(StrEnum):
    """A key signs for one purpose only, so that a signature made for one can't be presented as another."""

    PDF = "pdf"
    QR = "qr"
    CREDENTIAL = "credential"
    STATUS = "status"
    RECEIPT = "receipt"
    TRUST_LIST = "trust-list"


# Two kinds of PDF, sealed with two keys: who can write a receipt can't certify anything about a person.
PDF_PURPOSES = (KeyPurpose.PDF, KeyPurpose.RECEIPT)
RECEIPT_DOCUMENT_TYPE = "receipt"


@dataclass(frozen=True, slots=True)
class TrustedUnit:
    """A unit of the organisation that seals with keys of its own, and the document types that are its to attest.

    The types only grow: there is no history of them, so whatever the unit has issued is judged by those of today.
    """

    code: str
    name: str
    document_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key with its owner and the period in which it signs, not_before ≤ t < not_after (aware instants).

    unit: the code of the unit whose key it is; None for one of the whole organisation. compromised_from: since when
    somebody else may have used it; nothing that it sealed from then on counts.
    """

    key_id: str
    purpose: KeyPurpose
    public_key: PublicKey
    issuer_name: str
    not_before: datetime
    not_after: datetime
    certificate: x509.Certificate | None = None
    unit: str | None = None
    compromised_from: datetime | None = None

    def may_sign_at(self, moment: datetime) -> bool:
        return self.not_before <= moment < self.not_after

    def may_sign_on(self, day: date) -> bool:
        """Whether some instant of this day, in Vietnam, lies in the key's period."""
        start = first_instant(day)
        return start < self.not_after and self.not_before - start < timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TrustList:
    """The keys and certificate roots in force for a verifier, as published at `as_of`.

    fresh_until: when it says nothing any more (None: read from the ring itself). sequence: grows with each change of
    its content, so that an older list can't be passed off as the newest (0: never published). timestamp_roots: the
    authorities whose timestamps (RFC 3161) prove when something was sealed. issuer: the address of the service that
    published it, for people to read; nothing is decided by it.
    """

    keys: tuple[TrustedKey, ...]
    roots: tuple[x509.Certificate, ...]
    as_of: datetime
    fresh_until: datetime | None = None
    sequence: int = 0
    units: tuple[TrustedUnit, ...] = ()
    timestamp_roots: tuple[x509.Certificate, ...] = ()
    issuer: str = ""

    def find(self, key_id: str, purpose: KeyPurpose) -> TrustedKey | None:
        return next((key for key in self.keys if key.key_id == key_id and key.purpose is purpose), None)

    def unit_of(self, key: TrustedKey) -> TrustedUnit | None:
        return next((unit for unit in self.units if unit.code == key.unit), None)


def first_instant(day: date) -> datetime:
    """The midnight at which this day begins in Vietnam."""
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
