"""Is the document behind this QR code genuine and in force?"""

from datetime import datetime

from verification.ask_register import ask_register
from verification.check_issuer import check_issuer
from verification.formats import qr
from verification.register import Register, StatusSource
from verification.signatures import algorithm_of, is_signed_by
from verification.trust import KeyPurpose, TrustedKey, TrustList
from verification.verdict import Check, Outcome, Verdict, VerificationError, unreadable, weigh


def verify_qr(
    text: str,
    trust: TrustList,
    status: StatusSource | None,
    at: datetime,
    register: Register | None = None,
) -> Verdict:
    """Examine a scanned text, the whole link or its digits. Never raises for what the text says.

    register: that of every issuer in `trust`, where it can be asked; then a code that it doesn't know is forged,
    whoever's key has signed it. Without one, or while it doesn't answer, the cryptographic checks decide.

    1. The text is short enough, and a link or digits; the host of a link is not looked at, let alone followed.
    2. The digits are the only digits for their bytes, the bytes a COSE_Sign1 in deterministic CBOR.
    3. The key id belongs to a QR key of the trust list, else UNKNOWN_ISSUER.
    4. The algorithm named is the key's own, ES256 or EdDSA, and the signature that key's, else NOT_GENUINE. Only now
       are the claims parsed.
    5. With a register: the document that has this entry of a status list says what the code says, in every fact.
    6. Period, unit, purpose and compromise of the key, and the age of the trust list (see `check_issuer`); sealed
       before the register says so.
    7. The status: the register's if it knows the document, else as fresh as the source says; then expiry (`weigh`).
    """
    try:
        envelope = qr.decode_envelope(qr.from_digits(qr.digits_of(text)))
    except VerificationError as malformed:
        return unreadable(malformed.code, at)

    key = trust.find(envelope.unverified_key_id, KeyPurpose.QR)
    if key is None:
        unexamined = Check(Outcome.UNKNOWN, "seal_not_examined")
        return weigh(seal=unexamined, issuer=Check(Outcome.UNKNOWN, "issuer_unknown", trust.as_of), at=at)
    seal = _check_signature(envelope, key)
    if seal.outcome is not Outcome.PASSED:
        return weigh(seal=seal, issuer=Check(Outcome.PASSED, "issuer_known", trust.as_of), at=at)
    try:
        facts = qr.decode_claims(envelope.payload, key.key_id)
    except VerificationError as malformed:
        return unreadable(malformed.code, at)

    answer = ask_register(register, status, facts, at)
    issuer = check_issuer(
        key,
        trust,
        document_type=facts.document_type,
        issued_on=facts.issued_on,
        at=at,
        sealed_before=answer.document.issued_at if answer.document is not None else None,
        in_register=answer.document is not None,
    )
    return weigh(
        seal=answer.contradiction or seal,
        issuer=issuer,
        status=answer.current,
        facts=facts,
        at=at,
        issuer_name=key.issuer_name,
    )


def _check_signature(envelope: qr.Envelope, key: TrustedKey) -> Check:
    algorithm = algorithm_of(key.public_key)
    if algorithm is None or qr.COSE_ALGORITHMS.get(algorithm) != envelope.algorithm:
        return Check(Outcome.FAILED, "algorithm_not_allowed")
    signed = qr.to_be_signed(envelope.protected, envelope.payload)
    if not is_signed_by(key.public_key, algorithm, envelope.signature, signed):
        return Check(Outcome.FAILED, "signature_wrong")
    return Check(Outcome.PASSED, "seal_intact")
