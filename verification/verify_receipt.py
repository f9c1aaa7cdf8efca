"""Is this receipt in XML the one that its issuer signed, and is it in force?"""

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from verification.certificates import led_to_root_between
from verification.check_issuer import check_issuer
from verification.formats.plain_xml import XmlMalformed
from verification.formats.receipt_xml import MAX_RECEIPT_BYTES, START, SignedReceipt, facts_of, read_receipt
from verification.register import (
    Register,
    RegisteredDocument,
    RegisterUnavailable,
    StatusReading,
    StatusSource,
    check_reading,
    check_status,
)
from verification.signatures import algorithm_of, is_signed_by
from verification.trust import KeyPurpose, TrustedKey, TrustList, first_instant
from verification.verdict import Check, DisclosedFacts, DocumentFacts, Outcome, Verdict, unreadable, weigh

# Either the register or the file store was tampered with; both must agree before anybody relies on it.
CONTRADICTS_REGISTER = "seal_contradicts_register"
_END = b"</receipt>"


def is_receipt(data: bytes) -> bool:
    """Whether a file begins as every receipt in XML does."""
    return data.startswith(START)


def verify_receipt(
    data: bytes, trust: TrustList, register: Register | None, status: StatusSource | None, at: datetime
) -> Verdict:
    """Examine a receipt in XML. Never raises for what its bytes say.

    register: that of every issuer in `trust`, so a signature of a listed key that it does not know is forged.

    1. At most MAX_RECEIPT_BYTES, it starts like a receipt and ends where one does, else UNREADABLE.
    2. It is byte for byte what our writer makes of its parts (`read_receipt`), which fixes method, canonical form and
       the one reference to the whole document; its signature is the signer certificate's.
    3. The signer certificate is that of a key for receipts in the trust list, else UNKNOWN_ISSUER.
    4. With a register: the file's SHA-256 must be that of a file of an issued document.
    5. Key and certificates up to a root of the trust list were in force together: at some instant of the day of issue
       if the register vouches for that day; else at `at`, for then nobody proves when an expired or stolen key signed.
    6. The key's period, unit, purpose and compromise, and the age of the trust list (`check_issuer`).
    7. The status: the register's if it knows the document, else the source's.
    """
    if len(data) > MAX_RECEIPT_BYTES:
        return unreadable("upload_too_large", at)
    if not is_receipt(data) or not data.endswith(_END):
        return unreadable("receipt_incomplete", at)
    registered: RegisteredDocument | None = None
    asked = False
    if register is not None:
        with suppress(RegisterUnavailable):
            registered, asked = register.document_by_digest(sha256(data).digest()), True
    try:
        receipt, said = _signed(data)
    except XmlMalformed as refused:
        code = refused.code if registered is None else CONTRADICTS_REGISTER
        return weigh(seal=Check(Outcome.FAILED, code), issuer=_unknown(trust), at=at)
    key = _listed(receipt, trust)
    facts = said if registered is None else registered.facts
    seal = Check(Outcome.PASSED, "seal_intact")
    if asked and registered is None and key is not None:
        seal = Check(Outcome.FAILED, "not_in_register", at)
    reading = None if registered is None else StatusReading(registered.status, at)
    issuer = _check_key(receipt, key, trust, facts, at, registered)
    return weigh(
        seal=seal,
        issuer=issuer,
        status=check_reading(reading, at) if registered is not None else check_status(status, facts, at),
        facts=facts,
        at=at,
        issuer_name=None if key is None or issuer.outcome is Outcome.UNKNOWN else key.issuer_name,
    )


def _signed(data: bytes) -> tuple[SignedReceipt, DocumentFacts]:
    """Step 2. Raises XmlMalformed."""
    receipt = read_receipt(data)
    signature = receipt.signature
    key = signature.unverified_signer.public_key()
    # algorithm_of names only keys that is_signed_by takes.
    if algorithm_of(key) != signature.algorithm or not is_signed_by(
        key,  # type: ignore[arg-type]
        signature.algorithm,
        signature.signature,
        signature.signed,
    ):
        raise XmlMalformed("signature_wrong")
    return receipt, facts_of(receipt)


def _listed(receipt: SignedReceipt, trust: TrustList) -> TrustedKey | None:
    signer = receipt.signature.unverified_signer
    found = (key for key in trust.keys if key.purpose is KeyPurpose.RECEIPT and key.certificate == signer)
    return next(found, None)


def _check_key(
    receipt: SignedReceipt,
    key: TrustedKey | None,
    trust: TrustList,
    facts: DocumentFacts | DisclosedFacts,
    at: datetime,
    registered: RegisteredDocument | None,
) -> Check:
    """Steps 3, 5 and 6."""
    if key is None:
        return _unknown(trust)
    if registered is None:
        first, end = at, at + timedelta.resolution
    else:
        first = first_instant(facts.issued_on)
        end = first + timedelta(days=1)
    signature = receipt.signature
    first, end = max(first, key.not_before), min(end, key.not_after)
    if not led_to_root_between(signature.unverified_signer, signature.unverified_others, trust.roots, first, end):
        return _unknown(trust)
    return check_issuer(
        key,
        trust,
        document_type=facts.document_type,
        issued_on=facts.issued_on,
        at=at,
        sealed_before=None if registered is None else registered.issued_at,
        in_register=registered is not None,
    )


def _unknown(trust: TrustList) -> Check:
    return Check(Outcome.UNKNOWN, "issuer_unknown", trust.as_of)
