"""Seal the QR payload: a document's facts as a COSE_Sign1, and the link that a phone opens. See docs/qr-format.md."""

from dataclasses import dataclass

from signing.errors import ContentNotSealable, KeyUnsuitable
from signing.keys import SigningKey
from signing.permit import SealingPermit
from verification.formats import qr
from verification.trust import KeyPurpose
from verification.verdict import VerificationError


@dataclass(frozen=True, slots=True)
class SealedQr:
    """payload: the COSE bytes. link: `<public_url>/v#<digits>`, for byte mode up to the # and numeric mode after."""

    payload: bytes
    link: str


def seal_qr(permit: SealingPermit, key: SigningKey, public_url: str) -> SealedQr:
    """Sign the permit's claims (`encode_claims` of the facts) with an ES256 or EdDSA key.

    public_url: the service's address, `https://host[/path]`. permit: for KeyPurpose.QR, redeemed here, at most once.
    Raises PermitAlreadyRedeemed, PermitForOtherPurpose, KeyUnavailable, KeyUnsuitable, ContentNotSealable.
    """
    try:
        protected = qr.protected_header(key.key_id, key.algorithm)
    except VerificationError as refused:
        raise KeyUnsuitable(refused.code) from None
    claims = permit.redeem(KeyPurpose.QR)
    signature = key.sign(qr.to_be_signed(protected, claims))
    try:
        payload = qr.encode_envelope(protected, claims, signature)
    except VerificationError as refused:
        raise ContentNotSealable(refused.code) from None
    return SealedQr(payload, f"{public_url.rstrip('/')}/v#{qr.to_digits(payload)}")
