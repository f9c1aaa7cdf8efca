"""Real parts for tests that seal and verify: an authority, a page, and a register of one document."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from signing.keys import KeyRing
from signing.local_authority import PdfKeyType, create_local_authority
from signing.permit import SealingPermit
from signing.seal_pdf import SealedPdf, seal_pdf
from signing.seal_qr import SealedQr, seal_qr
from signing.status_list import seal_status_list
from verification.formats.facts import encode_facts
from verification.formats.qr import encode_claims
from verification.register import DocumentStatus, RegisteredDocument, StatusReading
from verification.trust import KeyPurpose
from verification.verdict import DocumentFacts
from verification.verify_status_list import StatusListSnapshot, verify_status_list

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
ORGANISATION = "Công an thành phố Hà Nội"
PASSPHRASE = b"a passphrase for tests"
LIST_URI = "https://kiemtra.example.vn/v1/status-lists/1"
PUBLIC_URL = "https://kiemtra.example.vn"

LAYOUT = """
#set document(title: "Phiếu lý lịch tư pháp số 1", date: datetime(year: 2026, month: 11, day: 20))
#set text(lang: "vi", font: "Libertinus Serif")
#set page(paper: "a4")
= Phiếu lý lịch tư pháp
Nguyễn Thị Minh Anh
BOXES
#pdf.attach("facts.json", bytes(sys.inputs.facts), relationship: "data", mime-type: "application/json",
  description: "Dữ liệu của văn bản")
"""
BOX = '#place(bottom + right, link("https://seal.invalid/signature", box(width: 60mm, height: 30mm)))'


def key_ring(pdf_key_type: PdfKeyType = "p256") -> KeyRing:
    return _key_ring(pdf_key_type)


@cache
def _key_ring(pdf_key_type: PdfKeyType) -> KeyRing:
    with TemporaryDirectory() as folder:
        create_local_authority(Path(folder) / "keys", ORGANISATION, PASSPHRASE, AT, pdf_key_type)
        return KeyRing.load(Path(folder) / "keys", PASSPHRASE)


def facts_of(ring: KeyRing) -> DocumentFacts:
    return DocumentFacts(
        document_type="criminal_record_form_1",
        number="730914628505",
        full_name="Nguyễn Thị Minh Anh",
        birth_date=date(1990, 5, 17),
        result_line="Không có án tích",
        issued_on=date(2026, 11, 20),
        expires_on=None,
        key_id=ring.active(KeyPurpose.QR, AT).key_id,
        status_list=1,
        status_index=4242,
    )


@cache
def rendered(facts: DocumentFacts, boxes: str = BOX) -> bytes:
    source = LAYOUT.replace("BOXES", boxes).encode()
    page = typst.Compiler(font_paths=typst.Fonts(include_system_fonts=False)).compile(
        source,
        format="pdf",
        pdf_standards=["a-3a", "ua-1"],
        sys_inputs={"facts": encode_facts(facts).decode()},
    )
    assert isinstance(page, bytes)
    return page


def pdf_permit(content: bytes, purpose: KeyPurpose = KeyPurpose.PDF) -> SealingPermit:
    return SealingPermit.grant(serial="test", purpose=purpose, content=content)


@cache
def sealed_pdf(pdf_key_type: PdfKeyType = "p256") -> SealedPdf:
    ring = key_ring(pdf_key_type)
    permit = pdf_permit(rendered(facts_of(ring)))
    return seal_pdf(permit, ring.active(KeyPurpose.PDF, AT), ORGANISATION, AT, location="Hà Nội")


def sealed_qr(facts: DocumentFacts, ring: KeyRing) -> SealedQr:
    permit = SealingPermit.grant(serial="test", purpose=KeyPurpose.QR, content=encode_claims(facts))
    return seal_qr(permit, ring.active(KeyPurpose.QR, AT), PUBLIC_URL)


def status_list(ring: KeyRing, revoked: tuple[int, ...] = (), at: datetime = AT) -> str:
    entries = dict.fromkeys(revoked, DocumentStatus.REVOKED)
    return seal_status_list(entries, 1 << 16, ring.active(KeyPurpose.STATUS, at), LIST_URI, at, 3600, 600)


def snapshot(ring: KeyRing, revoked: tuple[int, ...] = (), at: datetime = AT) -> StatusListSnapshot:
    return verify_status_list(status_list(ring, revoked, at), ring.trust_list(at), at)


@dataclass(frozen=True)
class OneDocumentRegister:
    """The register port over a single document."""

    document: RegisteredDocument
    check_code: str = "7K3M9PQ2XA"

    @classmethod
    def of(cls, data: bytes, facts: DocumentFacts) -> "OneDocumentRegister":
        return cls(RegisteredDocument("test", sha256(data).digest(), facts, DocumentStatus.VALID, AT, (facts.key_id,)))

    def marked(self, status: DocumentStatus) -> "OneDocumentRegister":
        return replace(self, document=replace(self.document, status=status))

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        return self.document if sha256 == self.document.digest_sha256 else None

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        matches = (number, check_code) == (self.document.facts.number, self.check_code)
        return self.document if matches else None

    def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
        facts = self.document.facts
        matches = (status_list, status_index) == (facts.status_list, facts.status_index)
        return self.document if matches else None

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        return StatusReading(self.document.status, AT)
