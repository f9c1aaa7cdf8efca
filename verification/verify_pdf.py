"""Is this PDF the document that its issuer sealed, and is it in force?"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

from cryptography import x509

from verification.certificates import CERTIFICATE_ERRORS, leads_to_root, led_to_root_between
from verification.check_issuer import check_compromise, check_issuer, check_time_of
from verification.check_timestamps import check_timestamps
from verification.formats import cms, facts, pdf_seal
from verification.formats.pdf import MAX_PDF_BYTES, PdfFile
from verification.formats.pdf_seal import sealed_part
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
from verification.trust import PDF_PURPOSES, TrustedKey, TrustList
from verification.verdict import (
    UNPROVEN,
    VIETNAM,
    Check,
    DisclosedFacts,
    DocumentFacts,
    Outcome,
    Verdict,
    VerificationError,
    unreadable,
    weigh,
)

INCOMPLETE = "pdf_end_malformed"
# A seal is stamped on the day for which its key was chosen, or within the hour after; the authority may have been away.
MAX_STAMPING_DELAY = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class _Period:
    """Instants, first ≤ t < end."""

    first: datetime
    end: datetime

    @classmethod
    def of_day(cls, day: date) -> "_Period":
        first = datetime.combine(day, time(), VIETNAM)
        return cls(first, first + timedelta(days=1))

    @classmethod
    def of_instant(cls, at: datetime) -> "_Period":
        return cls(at, at + timedelta.resolution)

    @classmethod
    def of_proof(cls, sealed_before: datetime) -> "_Period":
        return cls(sealed_before - MAX_STAMPING_DELAY, sealed_before + timedelta.resolution)


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What the cryptography says, before the status is asked.

    issuer: whether its key and certificates count at all. key: the listed key that sealed, also where it was not in
    force. file: there when the seal covers all its bytes. sealed_before: when it had been sealed already, by proof.
    incomplete: whether it ends where no PDF does.
    """

    seal: Check
    issuer: Check
    key: TrustedKey | None = None
    file: PdfFile | None = None
    sealed_before: datetime | None = None
    incomplete: bool = False

    @property
    def issuer_name(self) -> str | None:
        return self.key.issuer_name if self.key is not None and self.issuer.outcome is Outcome.PASSED else None

    def weigh_issuer(
        self, said: DocumentFacts | DisclosedFacts | None, trust: TrustList, at: datetime, *, in_register: bool = False
    ) -> Check:
        """The finding on the issuer of what the document says; see `check_issuer`."""
        if self.key is None:
            return self.issuer
        outdated = check_time_of(trust, at)
        if self.issuer.outcome is not Outcome.PASSED:
            # By a clock that is years off no certificate is in force, and what the list says of the clock comes first.
            return outdated or self.issuer
        if said is None:
            # It won't be valid without facts, but what is wrong with the key is the better reason.
            return outdated or check_compromise(self.key, trust, self.key.not_before, self.sealed_before)
        return check_issuer(
            self.key,
            trust,
            document_type=said.document_type,
            issued_on=said.issued_on,
            at=at,
            sealed_before=self.sealed_before,
            in_register=in_register,
        )


def verify_pdf(
    data: bytes, trust: TrustList, register: Register | None, status: StatusSource | None, at: datetime
) -> Verdict:
    """Examine a PDF. Never raises for what its bytes say.

    register: that of every issuer in `trust`, so a seal of a listed key that it does not know is forged.

    1. At most MAX_PDF_BYTES, it starts like a PDF and ends where one does, else UNREADABLE: a download cut short, or
       with something behind its end, is not the whole of any file.
    2. One certifying seal over the whole file (`locate_seal` lists what that takes).
    3. The CMS is byte for byte what our writer makes of its parts, which fixes every constant, the message digest
       and the ESS certificate hash; and its signature is the signer certificate's.
    4. A timestamp on the signature, where the seal has room for one and only there, is over this very signature and
       whole (`verify_timestamp`), and so are those of later updates. Where an authority, or an update's kind of
       timestamp, is not known here nobody is accused, but only the register could vouch for the file: no seal covers
       a timestamp, so anybody may have put it there.
    5. The signer certificate is one that the trust list names, else UNKNOWN_ISSUER: who else is certified under the
       same root has no say here.
    6. With a register: the file's SHA-256 must be that of an issued document, or else that of its sealed revisions
       (`sealed_part`), what follows them then being judged as without a register: anybody may archive his file. A
       signature does not cover its own /Contents hole, so a PDF that merely validates may still not be the one that
       was issued.
    7. Key and certificates up to a root of the trust list were in force together: at some instant of the day of issue
       if the register vouches for that day; else when the seal was stamped, or at most MAX_STAMPING_DELAY before;
       else at `at`, for then nobody proves when an expired or stolen key signed.
    8. The key's period, unit, purpose and compromise, and the age of the trust list (see `check_issuer`); sealed
       before the register or the timestamp says so.
    9. The status: the register's if it knows the document, else the source's, for the facts attached to the PDF.
    """
    if len(data) > MAX_PDF_BYTES:
        return unreadable("pdf_too_large", at)
    if not data.startswith(b"%PDF-"):
        return unreadable("pdf_not_recognised", at)
    if register is not None:
        try:
            registered = register.document_by_digest(sha256(data).digest())
            if registered is not None:
                return _verify_registered(data, trust, registered, at)
            part = sealed_part(data)
            registered = None if part is None else register.document_by_digest(sha256(part).digest())
        except RegisterUnavailable:
            pass
        else:
            if registered is not None:
                return _verify_updated(data, trust, registered, at)
            return _verify_unregistered(data, trust, at)

    opinion = _examine(data, trust, at)
    if opinion.incomplete:
        return _unexamined(opinion, at)
    said = _attached_facts(opinion)
    return weigh(
        seal=opinion.seal,
        issuer=opinion.weigh_issuer(said, trust, at),
        status=check_status(status, said, at),
        facts=said,
        at=at,
        issuer_name=opinion.issuer_name,
    )


def _verify_registered(data: bytes, trust: TrustList, registered: RegisteredDocument, at: datetime) -> Verdict:
    """A file every bit of which the register vouches for."""
    opinion = _examine(data, trust, at, registered)
    seal = opinion.seal
    if seal.outcome is Outcome.FAILED:
        # Either the register or the file store was tampered with; both must agree before anybody relies on it.
        seal = Check(Outcome.FAILED, "seal_contradicts_register", at)
    elif seal.code in UNPROVEN:
        seal = Check(Outcome.PASSED, "in_register", at)
    return _weigh_registered(opinion, seal, trust, registered, at)


def _verify_updated(data: bytes, trust: TrustList, registered: RegisteredDocument, at: datetime) -> Verdict:
    """A file of which the register knows the sealed revisions; the seal's finding is on the updates as well."""
    opinion = _examine(data, trust, at, registered)
    return _weigh_registered(opinion, opinion.seal, trust, registered, at)


def _weigh_registered(
    opinion: _Opinion, seal: Check, trust: TrustList, registered: RegisteredDocument, at: datetime
) -> Verdict:
    return weigh(
        seal=seal,
        issuer=opinion.weigh_issuer(registered.facts, trust, at, in_register=True),
        status=check_reading(StatusReading(registered.status, at), at),
        facts=registered.facts,
        at=at,
        issuer_name=opinion.issuer_name,
    )


def _verify_unregistered(data: bytes, trust: TrustList, at: datetime) -> Verdict:
    """A stranger's file: nothing is left to find out but whether it bears a listed key's seal."""
    opinion = _examine(data, trust, at)
    if opinion.incomplete:
        return _unexamined(opinion, at)
    seal = opinion.seal
    if seal.outcome is not Outcome.FAILED and opinion.key is not None:
        seal = Check(Outcome.FAILED, "not_in_register", at)
    return weigh(seal=seal, issuer=opinion.issuer, at=at, issuer_name=opinion.issuer_name)


def _examine(data: bytes, trust: TrustList, at: datetime, registered: RegisteredDocument | None = None) -> _Opinion:
    """Steps 2 to 5 and 7. registered: the document that the register knows this file, or its sealed part, as."""
    unknown = Check(Outcome.UNKNOWN, "issuer_unknown", trust.as_of)
    try:
        seal = pdf_seal.locate_seal(data)
        signature = _read_signature(seal)
        intact, proof = check_timestamps(seal, signature, trust)
    except VerificationError as refused:
        return _Opinion(Check(Outcome.FAILED, refused.code), unknown, incomplete=_is_incomplete(refused, data))
    except CERTIFICATE_ERRORS:
        return _Opinion(Check(Outcome.FAILED, "certificate_malformed"), unknown)

    signer, others = signature.unverified_signer, signature.unverified_others
    key = _listed(signer, trust)
    if key is None:
        return _Opinion(intact, unknown)
    signed = _signed_within(registered, proof, at)
    first, end = max(signed.first, key.not_before), min(signed.end, key.not_after)
    if led_to_root_between(signer, others, trust.roots, first, end):
        known = Check(Outcome.PASSED, "issuer_known", trust.as_of)
        proofs = (proof, registered.issued_at if registered is not None else None)
        return _Opinion(intact, known, key, seal.file, min(filter(None, proofs), default=None))
    if leads_to_root(signer, others, trust.roots, _middle(signer)):
        unknown = Check(Outcome.UNKNOWN, "certificate_out_of_date", trust.as_of)
    return _Opinion(intact, unknown, key)


def _is_incomplete(refused: VerificationError, data: bytes) -> bool:
    if isinstance(refused, pdf_seal.SealMissing):
        return not data.rstrip().endswith(b"%%EOF")
    # A sealed file's last byte is a line end, which the seal covers; some programs take it away.
    return refused.code == INCOMPLETE or data.endswith(b"%%EOF")


def _unexamined(opinion: _Opinion, at: datetime) -> Verdict:
    """For a file that is not whole; whether a seal was seen in it stays told (`bears_no_seal`)."""
    return replace(unreadable(INCOMPLETE, at), seal=Check(Outcome.UNKNOWN, opinion.seal.code))


def _read_signature(seal: pdf_seal.PdfSeal) -> cms.PdfSignature:
    """Raises CmsMalformed, CERTIFICATE_ERRORS."""
    signature = cms.read_signed_data(seal.contents)
    rebuilt = cms.signed_data(
        seal.digest,
        signature.unverified_signer,
        signature.unverified_others,
        signature.algorithm,
        signature.signature,
        signature.unverified_timestamp,
    )
    if rebuilt != seal.contents:
        raise cms.CmsMalformed("seal_not_over_this_file")
    if not _is_signed(signature, seal.digest):
        raise cms.CmsMalformed("signature_wrong")
    return signature


def _signed_within(registered: RegisteredDocument | None, proof: datetime | None, at: datetime) -> _Period:
    if registered is not None:
        return _Period.of_day(registered.facts.issued_on)
    return _Period.of_instant(at) if proof is None else _Period.of_proof(proof)


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
