"""The whole story over real HTTP, on both databases, and what other people's tools say of the paper it leaves."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from rich.console import Console

from condau.demo import client_of, demo_service
from condau.scenes import play
from condau.story import Story, read_qr
from signing.keys import KeyRing
from verification.formats.pdf_seal import sealed_part

VERDICTS = {
    "qr": "valid",
    "pdf": "valid",
    "pdf_one_byte_changed": "not_genuine",
    "credential": "valid",
    "qr_offline": "valid",
    "qr_revoked": "revoked",
    "pdf_revoked": "revoked",
    "credential_revoked": "revoked",
    "qr_revoked_offline": "revoked",
}


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_story_on_both_databases(database_url: str, tmp_path: Path) -> None:
    with demo_service(tmp_path, database_url) as demo, client_of(demo) as service:
        story = Story(service=service, outside_url=demo.outside_url, folder=tmp_path, console=Console(quiet=True))
        files = play(story)
    assert story.verdicts == VERDICTS
    assert len(story.steps) == 18
    sizes = {name: path.stat().st_size for name, path in files.items()}
    assert 500 < sizes.pop("credential") < 2_000
    assert min(sizes.values()) > 10_000


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one story."""
    folder = tmp_path_factory.mktemp("story")
    assert "Done" in run(sys.executable, "-m", "condau", "demo", "--folder", folder)
    return folder


def test_the_command_plays_it_twice(played: Path) -> None:
    said = run(sys.executable, "-m", "condau", "demo", "--folder", played)
    assert "Done" in said
    summary = json.loads((played / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdicts"] == VERDICTS
    kept = {"extract", "receipt", "credential", "labels", "page", "apology", "backup", "summary"}
    assert set(summary["files"]) == kept
    assert all(Path(path).exists() for path in summary["files"].values())
    assert all(step["seconds"] > 0 and step["said"] for step in summary["steps"])


@pytest.mark.parametrize("name", ["extract", "receipt"])
def test_poppler_mupdf_and_qpdf_accept_what_was_issued(played: Path, name: str, tmp_path: Path) -> None:
    pdf, sealed = played / f"{name}.pdf", tmp_path / "sealed.pdf"
    # Handed out archived already, or not yet; MuPDF takes validation data for an edit.
    sealed.write_bytes(sealed_part(pdf.read_bytes()) or pdf.read_bytes())
    report = run("pdfsig", pdf)
    assert "Signature Validation: Signature is Valid." in report
    assert "Total document signed" in report
    assert "The document is unchanged since signing." in run("mutool", "sign", "-v", sealed)
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", pdf)


@pytest.mark.parametrize("name", ["extract", "receipt"])
def test_strict_pyhanko_accepts_what_was_issued(played: Path, name: str) -> None:
    state = played / "state"
    ring = KeyRing.load(state / "keys", (state / "passphrase").read_bytes().strip())
    authority = x509.load_pem_x509_certificate((played / "timestamp-root.pem").read_bytes())
    roots = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in (*ring.roots, authority)]
    reader = PdfFileReader(BytesIO((played / f"{name}.pdf").read_bytes()), strict=True)
    (signature,) = reader.embedded_regular_signatures
    context = ValidationContext(trust_roots=roots, moment=datetime.now(UTC), allow_fetching=False)
    status = validate_pdf_signature(signature, context, ts_validation_context=context)
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted
    # Handed out archived already, or not yet: then there is an update with validation data and one more timestamp.
    assert status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    assert status.modification_level <= ModificationLevel.LTA_UPDATES


def test_the_text_comes_out_letter_by_letter(played: Path) -> None:
    text = run("pdftotext", "-layout", played / "extract.pdf", "-")
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "CÔNG AN THÀNH PHỐ HÀ NỘI",
        "PHIẾU LÝ LỊCH TƯ PHÁP SỐ 1",
        "NGUYỄN THỊ MINH ANH",
        "08/03/1994",
        "Phường Ngọc Hà, thành phố Hà Nội",
        "Không có án tích",
        "Không bị cấm",
        "Ngô Quốc Tuấn",
    ):
        assert words in text


def test_two_readers_read_the_qr_from_the_page_at_150_dpi(played: Path, tmp_path: Path) -> None:
    run("pdftoppm", "-r", "150", "-png", "-singlefile", played / "extract.pdf", tmp_path / "page")
    by_zbar = run("zbarimg", "--quiet", "--raw", tmp_path / "page.png").strip()
    by_zxing = read_qr((played / "extract.pdf").read_bytes(), tmp_path / "drawn.png")
    assert by_zbar == by_zxing
    assert by_zbar.startswith("http://127.0.0.1:")
