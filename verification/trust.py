"""Whose seals count: the public keys and roots that a verifier was given, never what a document brings along."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from verification.verdict import VIETNAM

PublicKey = EllipticCurvePublicKey | RSAPublicKey


class KeyPurpose(StrEnum):
    """A key signs for one purpose only, so that a signature made for one can't be presented as another."""

    PDF = "pdf"
    QR = "qr"
    STATUS = "status"
    RECEIPT = "receipt"


# Two kinds of PDF, sealed with two keys: who can write a receipt can't certify anything about a person.
PDF_PURPOSES = (KeyPurpose.PDF, KeyPurpose.RECEIPT)
RECEIPT_DOCUMENT_TYPE = "receipt"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key with its owner and the period in which it signs, not_before ≤ t < not_after (aware instants)."""

    key_id: str
    purpose: KeyPurpose
    public_key: PublicKey
    issuer_name: str
    not_before: datetime
    not_after: datetime
    certificate: x509.Certificate | None = None

    def may_sign_at(self, moment: datetime) -> bool:
        return self.not_before <= moment < self.not_after

    def may_sign_on(self, day: date) -> bool:
        """Whether some instant of this day, in Vietnam, lies in the key's period."""
        start = datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
        return start < self.not_after and self.not_before - start < timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TrustList:
    """The keys and certificate roots in force for a verifier, as published at `as_of`."""

    keys: tuple[TrustedKey, ...]
    roots: tuple[x509.Certificate, ...]
    as_of: datetime

    def find(self, key_id: str, purpose: KeyPurpose) -> TrustedKey | None:
        return next((key for key in self.keys if key.key_id == key_id and key.purpose is purpose), None)
