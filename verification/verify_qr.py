"""Is the document behind this QR code genuine and in force?"""

from datetime import datetime

from verification.formats import qr
from verification.register import StatusSource, check_status
from verification.signatures import is_signed_by
from verification.trust import KeyPurpose, TrustList
from verification.verdict import Check, Outcome, Verdict, VerificationError, unreadable, weigh


def verify_qr(text: str, trust: TrustList, status: StatusSource | None, at: datetime) -> Verdict:
    """Examine a scanned text, the whole link or its digits. Never raises for what the text says.

    1. The text is short enough, and a link or digits; the host of a link is not looked at, let alone followed.
    2. The digits are the only digits for their bytes, the bytes a COSE_Sign1 in deterministic CBOR.
    3. The key id belongs to a QR key of the trust list, else UNKNOWN_ISSUER.
    4. The algorithm is ES256 and the signature that key's, else NOT_GENUINE. Only now are the claims parsed.
    5. The key's period covers the day of issue.
    6. The status, as fresh as the source says, then expiry (see `weigh`).
    """
    try:
        envelope = qr.decode_envelope(qr.from_digits(qr.digits_of(text)))
    except VerificationError as malformed:
        return unreadable(malformed.code, at)

    key = trust.find(envelope.unverified_key_id, KeyPurpose.QR)
    if key is None:
        unexamined = Check(Outcome.UNKNOWN, "seal_not_examined")
        return weigh(seal=unexamined, issuer=Check(Outcome.UNKNOWN, "issuer_unknown", trust.as_of), at=at)
    known = Check(Outcome.PASSED, "issuer_known", trust.as_of)

    if envelope.algorithm != qr.ES256:
        return weigh(seal=Check(Outcome.FAILED, "algorithm_not_allowed"), issuer=known, at=at)
    signed = qr.to_be_signed(envelope.protected, envelope.payload)
    if not is_signed_by(key.public_key, "ES256", envelope.signature, signed):
        return weigh(seal=Check(Outcome.FAILED, "signature_wrong"), issuer=known, at=at)
    try:
        facts = qr.decode_claims(envelope.payload, key.key_id)
    except VerificationError as malformed:
        return unreadable(malformed.code, at)

    intact = Check(Outcome.PASSED, "seal_intact")
    if not key.may_sign_on(facts.issued_on):
        late = Check(Outcome.FAILED, "issued_outside_key_period", trust.as_of)
        return weigh(seal=intact, issuer=late, at=at, issuer_name=key.issuer_name)
    return weigh(
        seal=intact,
        issuer=known,
        status=check_status(status, facts, at),
        facts=facts,
        at=at,
        issuer_name=key.issuer_name,
    )
