"""What other people's tools say of a seal with a timestamp (PAdES B-T)."""

import subprocess
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

from signing.local_authority import PdfKeyType
from tests.sealing import AT, facts_of, rendered
from tests.stamping import stamped_pdf, stamped_ring
from verification.formats.cms import read_signed_data
from verification.formats.pdf_seal import locate_seal
from verification.formats.timestamp import certificates_of

KEY_TYPES: list[PdfKeyType] = ["p256", "rsa2048", "rsa3072"]


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=KEY_TYPES)
def stamped_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "stamped.pdf"
    path.write_bytes(stamped_pdf(request.param).data)
    return path


def test_poppler_finds_it_valid_and_whole(stamped_file: Path) -> None:
    report = run("pdfsig", stamped_file)
    assert "Signature Validation: Signature is Valid." in report
    assert "Total document signed" in report
    assert "Signature Type: ETSI.CAdES.detached" in report
    assert report.count("Signature #") == 1


def test_mupdf_finds_it_unchanged(stamped_file: Path) -> None:
    assert "The document is unchanged since signing." in run("mutool", "sign", "-v", stamped_file)


def test_qpdf_finds_it_sound(stamped_file: Path) -> None:
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", stamped_file)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_pyhanko_trusts_seal_and_timestamp_and_sees_no_change(key_type: PdfKeyType) -> None:
    ring = stamped_ring(key_type)
    roots = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in (*ring.roots, *ring.timestamp_roots)]
    reader = PdfFileReader(BytesIO(stamped_pdf(key_type).data), strict=True)
    (signature,) = reader.embedded_signatures
    context = ValidationContext(trust_roots=roots, moment=AT, allow_fetching=False)
    status = validate_pdf_signature(signature, context, ts_validation_context=context)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level is ModificationLevel.NONE
    assert status.docmdp_ok
    stamp = status.timestamp_validity
    assert stamp is not None
    assert stamp.intact
    assert stamp.valid
    assert stamp.trusted
    assert stamp.timestamp == AT


def test_pyhanko_distrusts_the_timestamp_of_an_unknown_authority() -> None:
    """So that the test above can fail."""
    ring = stamped_ring()
    roots = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in ring.roots]
    (signature,) = PdfFileReader(BytesIO(stamped_pdf().data), strict=True).embedded_signatures
    context = ValidationContext(trust_roots=roots, moment=AT, allow_fetching=False)
    status = validate_pdf_signature(signature, context, ts_validation_context=context)
    assert status.timestamp_validity is None or not status.timestamp_validity.trusted
    assert not status.bottom_line


def test_its_attributes_are_those_of_pades() -> None:
    """ETSI EN 319 142-1 section 6.3: no signing time among the signed ones, the timestamp among the unsigned ones.
    The dictionary's /M stays, as that section asks."""
    (signature,) = PdfFileReader(BytesIO(stamped_pdf().data), strict=True).embedded_signatures
    signed = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    unsigned = [attribute["type"].native for attribute in signature.signer_info["unsigned_attrs"]]
    assert signed == {"content_type", "message_digest", "signing_certificate_v2"}
    assert unsigned == ["signature_time_stamp_token"]
    assert b"/M (D:20261120100000+07'00')" in stamped_pdf().data


def test_the_first_revision_stays_byte_for_byte() -> None:
    assert stamped_pdf().data.startswith(rendered(facts_of(stamped_ring())))


def test_openssl_accepts_the_timestamp_in_the_seal(tmp_path: Path) -> None:
    """Taken out and held against the bytes of the signature."""
    signature = read_signed_data(locate_seal(stamped_pdf("rsa2048").data).contents)
    token = signature.unverified_timestamp
    assert token is not None
    assert len(certificates_of(token)) == 2
    (root,) = stamped_ring("rsa2048").timestamp_roots
    contents = {"token": token, "signature": signature.signature, "root.pem": root.public_bytes(Encoding.PEM)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = ("-in", tmp_path / "token", "-token_in", "-CAfile", tmp_path / "root.pem", "-data", tmp_path / "signature")
    run("openssl", "ts", "-verify", *files, "-attime", str(int(AT.timestamp())))
