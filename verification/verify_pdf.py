"""Is this PDF the document that its issuer sealed, and is it in force?"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256

from cryptography import x509

from verification.certificates import CERTIFICATE_ERRORS, leads_to_root
from verification.formats import cms, facts, pdf_seal
from verification.formats.pdf import MAX_PDF_BYTES, PdfFile
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
from verification.trust import PDF_PURPOSES, RECEIPT_DOCUMENT_TYPE, KeyPurpose, TrustedKey, TrustList
from verification.verdict import (
    NOT_REACHED,
    VIETNAM,
    Check,
    DocumentFacts,
    Outcome,
    Verdict,
    VerificationError,
    unreadable,
    weigh,
)

MAX_NUMBER_CHARS = 100
MAX_CHECK_CODE_CHARS = 32


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What the cryptography says, before the status is asked. file is there when the seal covers all its bytes."""

    seal: Check
    issuer: Check
    key: TrustedKey | None = None
    file: PdfFile | None = None


def verify_pdf(
    data: bytes, trust: TrustList, register: Register | None, status: StatusSource | None, at: datetime
) -> Verdict:
    """Examine a PDF. Never raises for what its bytes say.

    1. At most MAX_PDF_BYTES, and it starts like a PDF, else UNREADABLE.
    2. With a register: its SHA-256 must be that of an issued document. A signature does not cover its own
       /Contents hole, so a PDF that merely validates may still not be the one that was issued.
    3. One certifying seal over the whole file (`locate_seal` lists what that takes).
    4. The CMS is byte for byte what our writer makes of its parts, which fixes every constant, the message digest
       and the ESS certificate hash; and its signature is the signer certificate's.
    5. The certificate leads to a root of the trust list, at the day of issue if the register vouches for that day,
       else at `at`: nobody proves when an expired or stolen key signed.
    6. A key listed for receipts has sealed a receipt, nothing else.
    7. The status: the register's if it knows the document, else the source's, for the facts attached to the PDF.
    """
    if len(data) > MAX_PDF_BYTES:
        return unreadable("pdf_too_large", at)
    if not data.startswith(b"%PDF-"):
        return unreadable("pdf_not_recognised", at)
    if register is not None:
        try:
            registered = register.document_by_digest(sha256(data).digest())
        except RegisterUnavailable:
            registered, register = None, None
        if registered is not None:
            return _verify_registered(data, trust, registered, at)

    opinion = _examine(data, trust, at)
    if register is not None and opinion.issuer.outcome is Outcome.PASSED:
        opinion = _Opinion(Check(Outcome.FAILED, "not_in_register", at), opinion.issuer, opinion.key)
    said = _attached_facts(opinion)
    issuer = opinion.issuer
    receipt_key = opinion.key is not None and opinion.key.purpose is KeyPurpose.RECEIPT
    if receipt_key and said is not None and said.document_type != RECEIPT_DOCUMENT_TYPE:
        issuer = Check(Outcome.FAILED, "key_for_other_purpose", trust.as_of)
    return weigh(
        seal=opinion.seal,
        issuer=issuer,
        status=check_status(status, said, at),
        facts=said,
        at=at,
        issuer_name=opinion.key.issuer_name if opinion.key else None,
    )


def verify_number(number: str, check_code: str, register: Register, at: datetime) -> Verdict:
    """Look a document up by what is printed on it. The register alone answers: the paper's own seal isn't seen,
    so whoever asks must compare the facts with the paper. An unknown pair is NOT_GENUINE, `not_in_register`."""
    number, check_code = number.strip(), check_code.strip()
    if not (0 < len(number) <= MAX_NUMBER_CHARS and 0 < len(check_code) <= MAX_CHECK_CODE_CHARS):
        return unreadable("number_malformed", at)
    listed = Check(Outcome.PASSED, "issuer_known", at)
    try:
        found = register.document_by_number(number, check_code)
    except RegisterUnavailable as unavailable:
        unasked = Check(Outcome.UNKNOWN, unavailable.code)
        return weigh(seal=Check(Outcome.PASSED, "seal_not_asked"), issuer=listed, status=unasked, at=at)
    if found is None:
        return weigh(seal=Check(Outcome.FAILED, "not_in_register", at), issuer=NOT_REACHED, at=at)
    in_register = Check(Outcome.PASSED, "in_register", at)
    live = check_reading(StatusReading(found.status, at), at)
    return weigh(seal=in_register, issuer=listed, status=live, facts=found.facts, at=at)


def _verify_registered(data: bytes, trust: TrustList, registered: RegisteredDocument, at: datetime) -> Verdict:
    day_of_issue = datetime.combine(registered.facts.issued_on, time(23, 59, 59), VIETNAM)
    opinion = _examine(data, trust, min(at, day_of_issue))
    seal = opinion.seal
    if seal.outcome is Outcome.FAILED:
        # Either the register or the file store was tampered with; both must agree before anybody relies on it.
        seal = Check(Outcome.FAILED, "seal_contradicts_register", at)
    return weigh(
        seal=seal,
        issuer=opinion.issuer,
        status=check_reading(StatusReading(registered.status, at), at),
        facts=registered.facts,
        at=at,
        issuer_name=opinion.key.issuer_name if opinion.key else None,
    )


def _examine(data: bytes, trust: TrustList, at: datetime) -> _Opinion:
    unknown = Check(Outcome.UNKNOWN, "issuer_unknown", trust.as_of)
    try:
        seal = pdf_seal.locate_seal(data)
        signature = cms.read_signed_data(seal.contents)
        signer, others = signature.unverified_signer, signature.unverified_others
        rebuilt = cms.signed_data(seal.digest, signer, others, signature.algorithm, signature.signature)
        if rebuilt != seal.contents:
            raise cms.CmsMalformed("seal_not_over_this_file")
        if not _is_signed(signature, seal.digest):
            raise cms.CmsMalformed("signature_wrong")
    except VerificationError as refused:
        return _Opinion(Check(Outcome.FAILED, refused.code), unknown)
    except CERTIFICATE_ERRORS:
        return _Opinion(Check(Outcome.FAILED, "certificate_malformed"), unknown)

    intact = Check(Outcome.PASSED, "seal_intact")
    if not leads_to_root(signer, others, trust.roots, at):
        outdated = leads_to_root(signer, others, trust.roots, _middle(signer))
        code = "certificate_out_of_date" if outdated else "issuer_unknown"
        return _Opinion(intact, Check(Outcome.UNKNOWN, code, trust.as_of))
    known = Check(Outcome.PASSED, "issuer_known", trust.as_of)
    return _Opinion(intact, known, _listed(signer, trust), seal.file)


def _is_signed(signature: cms.PdfSignature, digest: bytes) -> bool:
    signer = signature.unverified_signer
    key = signer.public_key()
    signed = cms.to_be_signed(digest, signer)
    # algorithm_of names only P-256 and RSA keys, which is what is_signed_by takes.
    return algorithm_of(key) is not None and is_signed_by(key, signature.algorithm, signature.signature, signed)  # type: ignore[arg-type]


def _attached_facts(opinion: _Opinion) -> DocumentFacts | None:
    """The facts in a PDF proven whole and ours; None where the layout attached none that can be read."""
    if opinion.file is None:
        return None
    try:
        attached = pdf_seal.facts_attachment(opinion.file)
        return None if attached is None else facts.decode_facts(attached)
    except (VerificationError, ValueError):
        return None


def _listed(signer: x509.Certificate, trust: TrustList) -> TrustedKey | None:
    return next((key for key in trust.keys if key.purpose in PDF_PURPOSES and key.certificate == signer), None)


def _middle(certificate: x509.Certificate) -> datetime:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (start + (end - start) / 2).astimezone(UTC)
