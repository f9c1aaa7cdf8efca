"""Timestamps for tests: a simulated authority asked without a network, and PDFs whose seals it has stamped."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from secrets import randbits

from asn1crypto import tsp
from cryptography import x509

from signing.errors import TimestampUnavailable
from signing.keys import KeyRing
from signing.local_authority import PdfKeyType
from signing.seal_pdf import SealedPdf, seal_pdf
from simulators.timestamp_authority import TimestampAuthority
from tests.sealing import AT, ORGANISATION, facts_of, key_ring, pdf_permit, rendered
from verification.formats.timestamp import with_certificates
from verification.trust import KeyPurpose
from verification.verdict import DocumentFacts


@cache
def authority() -> TimestampAuthority:
    return TimestampAuthority.make(AT)


def request_for(digest: bytes, nonce: int | None = None) -> bytes:
    """A TimeStampReq in DER, made by another library than the service's."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    asked = {"version": "v1", "message_imprint": imprint, "cert_req": True, "nonce": nonce or randbits(63)}
    return bytes(tsp.TimeStampReq(asked).dump())


def token_over(digest: bytes, at: datetime = AT, by: TimestampAuthority | None = None) -> bytes:
    """A token as the authority sends it, with its root and in its own order."""
    answer = tsp.TimeStampResp.load((by or authority()).answer(request_for(digest), at))
    return bytes(answer["time_stamp_token"].dump())


def tidy_token_over(digest: bytes, at: datetime = AT, by: TimestampAuthority | None = None) -> bytes:
    """With just the certificates that lead to the root."""
    by = by or authority()
    return with_certificates(token_over(digest, at, by), (by.signer.certificate, by.intermediate))


@dataclass(slots=True)
class Stamper:
    """A `Timestamper` whose authority is in the same process. away: whether it can't be reached."""

    at: datetime = AT
    by: TimestampAuthority = field(default_factory=authority)
    away: bool = False

    def timestamp(self, digest: bytes) -> bytes:
        if self.away:
            raise TimestampUnavailable("switched off")
        return tidy_token_over(digest, self.at, self.by)


def stamped_ring(pdf_key_type: PdfKeyType = "p256", by: TimestampAuthority | None = None) -> KeyRing:
    """The ring of tests/sealing.py, whose trust list knows the authority."""
    roots: tuple[x509.Certificate, ...] = ((by or authority()).root,)
    return replace(key_ring(pdf_key_type), timestamp_roots=roots)


def stamp_sealed(
    ring: KeyRing, at: datetime = AT, by: TimestampAuthority | None = None, facts: DocumentFacts | None = None
) -> bytes:
    """A PDF sealed and stamped at `at`."""
    key, stamper = ring.active(KeyPurpose.PDF, AT), Stamper(at, by or authority())
    return seal_pdf(
        pdf_permit(rendered(facts or facts_of(ring))), key, ORGANISATION, at, location="Hà Nội", timestamper=stamper
    ).data


@cache
def stamped_pdf(pdf_key_type: PdfKeyType = "p256") -> SealedPdf:
    ring = stamped_ring(pdf_key_type)
    permit = pdf_permit(rendered(facts_of(ring)))
    return seal_pdf(permit, ring.active(KeyPurpose.PDF, AT), ORGANISATION, AT, timestamper=Stamper())
