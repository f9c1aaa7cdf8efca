import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from signing.errors import (
    KeyUnsuitable,
    PermitAlreadyRedeemed,
    PermitForOtherPurpose,
    SelfCheckFailed,
    UnexpectedPdfStructure,
)
from signing.local_authority import PdfKeyType
from signing.seal_pdf import SIGNATURE_BOX_URI, seal_pdf
from signing.self_check import check_own_pdf, check_own_qr
from tests.sealing import AT, BOX, ORGANISATION, facts_of, key_ring, pdf_permit, rendered, sealed_pdf, sealed_qr
from verification.formats.pdf import read_pdf
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VIETNAM

RING = key_ring()
KEY = RING.active(KeyPurpose.PDF, AT)
PAGE = rendered(facts_of(RING))
KEY_TYPES: list[PdfKeyType] = ["p256", "rsa2048"]


def run(*command: str | Path) -> str:
    """Debian's own tools: poppler-utils, mupdf-tools, qpdf."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=KEY_TYPES)
def sealed_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed_pdf(request.param).data)
    return path


def test_poppler_finds_it_valid_and_whole(sealed_file: Path) -> None:
    report = run("pdfsig", sealed_file)
    assert "Signature Validation: Signature is Valid." in report
    assert "Total document signed" in report
    assert "Signature Type: ETSI.CAdES.detached" in report
    assert report.count("Signature #") == 1


def test_mupdf_finds_it_unchanged(sealed_file: Path) -> None:
    assert "The document is unchanged since signing." in run("mutool", "sign", "-v", sealed_file)


def test_qpdf_finds_it_sound(sealed_file: Path) -> None:
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", sealed_file)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_pyhanko_trusts_it_and_sees_no_change(key_type: PdfKeyType) -> None:
    root = asn1_x509.Certificate.load(key_ring(key_type).roots[0].public_bytes(Encoding.DER))
    reader = PdfFileReader(BytesIO(sealed_pdf(key_type).data), strict=True)
    (signature,) = reader.embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root], moment=AT, allow_fetching=False))
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level is ModificationLevel.NONE
    assert status.docmdp_ok
    assert signature.docmdp_level is not None
    assert signature.docmdp_level.value == 1
    attributes = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    assert attributes == {"content_type", "message_digest", "signing_certificate_v2"}


def test_the_first_revision_stays_byte_for_byte() -> None:
    sealed = sealed_pdf()
    assert sealed.data.startswith(PAGE)
    assert sealed.sha256 == sha256(sealed.data).digest()


def test_the_box_becomes_a_tagged_widget_with_an_appearance() -> None:
    """What PDF/A-3 (6.3.3, 6.4.1) and PDF/UA-1 (7.18.1, 7.18.4) ask of a signature field."""
    pdf = read_pdf(sealed_pdf().data, max_revisions=2)
    form = pdf.dict_of(pdf.catalog()[b"/AcroForm"])
    assert form[b"/SigFlags"] == b"3"
    assert b"/NeedAppearances" not in form
    (reference,) = pdf.list_of(form[b"/Fields"])
    widget = pdf.dict_of(reference)
    before = read_pdf(PAGE, max_revisions=1).dict_of(reference)
    assert (widget[b"/Subtype"], widget[b"/FT"], widget[b"/F"]) == (b"/Widget", b"/Sig", b"132")
    assert widget[b"/Rect"] == before[b"/Rect"]
    assert widget[b"/StructParent"] == before[b"/StructParent"]
    assert widget[b"/TU"]
    assert b"/A" not in widget
    page = pdf.dict_of(widget[b"/P"])
    assert reference in pdf.list_of(page[b"/Annots"])
    appearance = pdf.dict_of(widget[b"/AP"])[b"/N"]
    box = [float(str(n, "ascii")) for n in pdf.list_of(pdf.dict_of(appearance)[b"/BBox"]) if isinstance(n, bytes)]
    assert box == pytest.approx([0, 0, 170.079, 85.039], abs=0.01)
    elements = [e for n in pdf.offsets if isinstance(e := pdf.object_at(n)[0], dict) and e.get(b"/S") == b"/Form"]
    assert len(elements) == 1
    (kid,) = pdf.list_of(elements[0][b"/K"])
    assert pdf.dict_of(kid)[b"/Obj"] == reference
    assert SIGNATURE_BOX_URI.encode() not in sealed_pdf().data[len(PAGE) :]


def test_text_stays_as_it_was(sealed_file: Path) -> None:
    assert "Nguyễn Thị Minh Anh" in run("pdftotext", sealed_file, "-")


def test_a_permit_seals_once_and_only_its_own_purpose() -> None:
    permit = pdf_permit(PAGE)
    seal_pdf(permit, KEY, ORGANISATION, AT)
    with pytest.raises(PermitAlreadyRedeemed):
        seal_pdf(permit, KEY, ORGANISATION, AT)
    with pytest.raises(PermitForOtherPurpose):
        seal_pdf(pdf_permit(PAGE, KeyPurpose.QR), KEY, ORGANISATION, AT)


def test_a_key_without_certificate_seals_nothing_and_costs_no_permit() -> None:
    permit = pdf_permit(PAGE)
    with pytest.raises(KeyUnsuitable):
        seal_pdf(permit, RING.active(KeyPurpose.QR, AT), ORGANISATION, AT)
    assert permit.redeem() == PAGE


TEXT_IN_BOX = BOX.replace("height: 30mm)", "height: 30mm)[ký tên]")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"", "pdf_not_recognised"),
        (b"%PDF-1.7\nnothing", "pdf_end_malformed"),
        (rendered(facts_of(RING), ""), "0 signature boxes"),
        (rendered(facts_of(RING), BOX + BOX), "2 signature boxes"),
        (rendered(facts_of(RING), TEXT_IN_BOX), "not empty"),
        (sealed_pdf().data, "pdf_revisions_too_many"),
        (PAGE.replace(b"/Outlines 3 0 R", b"/AcroForm 3 0 R"), "already has a form"),
        (re.sub(rb"/Size \d+/Root", b"/Size 3/Root", PAGE), "/Size"),
        (PAGE.replace(b"/StructParent 0", b"/StructParent 9"), "not tagged"),
        (PAGE.replace(b"trailer\n<<", b"trailer\n<</Encrypt 1 0 R"), "unsupported"),
    ],
)
def test_another_structure_is_refused_and_named(page: bytes, words: str) -> None:
    with pytest.raises(UnexpectedPdfStructure, match=words):
        seal_pdf(pdf_permit(page), KEY, ORGANISATION, AT)


def test_the_box_may_stand_on_a_later_page() -> None:
    page = rendered(facts_of(RING), "#pagebreak()\nTrang hai " + BOX)
    sealed = seal_pdf(pdf_permit(page), KEY, ORGANISATION, AT)
    assert check_own_pdf(sealed.data, RING.trust_list(AT), AT).reason == "status_not_asked"


def test_the_self_check_refuses_what_verifiers_would_refuse() -> None:
    trust = RING.trust_list(AT)
    sealed = sealed_pdf().data
    with pytest.raises(SelfCheckFailed, match="issuer_unknown"):
        check_own_pdf(sealed, TrustList(trust.keys, (), AT), AT)
    with pytest.raises(SelfCheckFailed, match="certificate_out_of_date"):
        check_own_pdf(sealed, trust, AT + timedelta(days=9 * 365))
    with pytest.raises(SelfCheckFailed, match="seal_not_over_this_file"):
        check_own_pdf(sealed.replace(b"(D:2026", b"(D:2025"), trust, AT)
    with pytest.raises(SelfCheckFailed, match="seal_missing"):
        check_own_pdf(PAGE, trust, AT)


def test_work_begun_in_the_keys_period_and_finished_after_it_passes_at_its_intent() -> None:
    """Intended a minute before the key's end, sealed a minute after."""
    ring = key_ring()
    end = next(entry.not_after for entry in ring.entries if entry.purpose is KeyPurpose.PDF)
    intended, produced = end - timedelta(minutes=1), end + timedelta(minutes=1)
    facts = replace(facts_of(ring), issued_on=intended.astimezone(VIETNAM).date())
    sealed = seal_pdf(pdf_permit(rendered(facts)), KEY, ORGANISATION, produced)
    qr = sealed_qr(facts, ring)
    trust = ring.trust_list(produced)

    assert check_own_pdf(sealed.data, trust, intended).issuer.code == "issuer_known"
    assert check_own_qr(qr.link, trust, intended, facts).issuer.code == "issuer_known"
    with pytest.raises(SelfCheckFailed, match="certificate_out_of_date"):
        check_own_pdf(sealed.data, trust, produced)
    withdrawn = replace(trust, keys=tuple(key for key in trust.keys if key.purpose is not KeyPurpose.PDF))
    with pytest.raises(SelfCheckFailed, match="issuer_unknown"):
        check_own_pdf(sealed.data, withdrawn, intended)


class KeyOfAnother:
    """A device that answers with another key's signature."""

    key_id, algorithm, public_key = KEY.key_id, KEY.algorithm, KEY.public_key
    certificate_chain = KEY.certificate_chain

    def sign(self, data: bytes) -> bytes:
        return RING.active(KeyPurpose.RECEIPT, AT).sign(data)


def test_a_device_that_signs_with_the_wrong_key_is_noticed() -> None:
    sealed = seal_pdf(pdf_permit(PAGE), KeyOfAnother(), ORGANISATION, AT)
    with pytest.raises(SelfCheckFailed, match="signature_wrong"):
        check_own_pdf(sealed.data, RING.trust_list(AT), AT)


def test_the_claimed_time_stands_in_the_dictionary_in_vietnamese_time() -> None:
    assert b"/M (D:20261120100000+07'00')" in sealed_pdf().data
