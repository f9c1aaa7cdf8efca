import asyncio
import subprocess
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed, AdESSubIndic
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation, simulate_future_ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager

from signing.archive_pdf import TIMESTAMP_BYTES, archive_pdf
from signing.errors import ArchiveFailed, TimestampUnavailable
from signing.local_authority import PdfKeyType
from signing.self_check import check_own_pdf
from simulators.timestamp_authority import TimestampAuthority
from tests.archiving import AUTHORITY, Stamper, archived, sealed, stamped_ring, trust
from tests.sealing import AT
from verification.formats.pdf import read_pdf
from verification.formats.pdf_seal import locate_seal

KEY_TYPES: list[PdfKeyType] = ["p256", "rsa3072"]
SIX_YEARS_ON = AT + timedelta(days=6 * 365)
"""The sealing certificate has ended by then, the authority's not."""


def renewed(key_type: PdfKeyType, at: datetime = AT + timedelta(days=400)) -> bytes:
    ring = stamped_ring(key_type)
    return archive_pdf(archived(key_type), Stamper(clock=lambda: at), ring.trust_list(at), at, crls=ring.crls).data


@pytest.fixture(params=KEY_TYPES)
def key_type(request: pytest.FixtureRequest) -> PdfKeyType:
    kind: PdfKeyType = request.param
    return kind


@pytest.fixture(params=["archived", "renewed"])
def data(request: pytest.FixtureRequest, key_type: PdfKeyType) -> bytes:
    return archived(key_type) if request.param == "archived" else renewed(key_type)


@pytest.fixture
def file(data: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "archived.pdf"
    path.write_bytes(data)
    return path


def roots(key_type: PdfKeyType) -> list[asn1_x509.Certificate]:
    found = (*stamped_ring(key_type).roots, AUTHORITY.root)
    return [asn1_x509.Certificate.load(root.public_bytes(Encoding.DER)) for root in found]


def test_the_sealed_file_stays_byte_for_byte(key_type: PdfKeyType) -> None:
    before = sealed(key_type)
    ring = stamped_ring(key_type)
    made = archive_pdf(before, Stamper(), ring.trust_list(AT), AT, crls=ring.crls)
    assert made.data.startswith(before)
    assert made.sha256 == sha256(made.data).digest()
    assert renewed(key_type).startswith(archived(key_type))


def test_pyhanko_trusts_every_signature_and_sees_archiving_alone(data: bytes, key_type: PdfKeyType) -> None:
    context = ValidationContext(trust_roots=roots(key_type), moment=AT, allow_fetching=False)
    seal, *stamps = PdfFileReader(BytesIO(data), strict=True).embedded_signatures
    status = validate_pdf_signature(seal, context, ts_validation_context=context)
    assert status.bottom_line
    assert status.docmdp_ok
    assert status.modification_level is ModificationLevel.LTA_UPDATES
    assert status.timestamp_validity is not None
    found = [validate_pdf_timestamp(stamp, context) for stamp in stamps]
    assert all(one.valid and one.intact and one.trusted for one in found)
    assert found[-1].coverage is SignatureCoverageLevel.ENTIRE_FILE


def ades(data: bytes, key_type: PdfKeyType, at: datetime | None = None) -> AdESSubIndic:
    """What EN 319 102-1 concludes of the seal, offline, with a revocation list demanded for its certificate."""
    manager = SimpleTrustManager.build(trust_roots=roots(key_type))

    def policy(rule: RevocationCheckingRule) -> CertValidationPolicySpec:
        return CertValidationPolicySpec(manager, CertRevTrustPolicy(RevocationCheckingPolicy(rule, rule)))

    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            policy(RevocationCheckingRule.CRL_REQUIRED),
            RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY, CertificateFetchingRule.NEVER_FETCH),
            # The simulated authority publishes none.
            ts_cert_validation_policy=policy(RevocationCheckingRule.NO_CHECK),
        )
    )
    seal = PdfFileReader(BytesIO(data), strict=True).embedded_signatures[0]
    if at is None:
        return asyncio.run(ades_lta_validation(seal, spec)).ades_subindic
    return asyncio.run(simulate_future_ades_lta_validation(seal, spec, at)).ades_subindic


def test_it_proves_itself_when_the_sealing_certificate_has_ended(data: bytes, key_type: PdfKeyType) -> None:
    assert ades(data, key_type) is AdESPassed.OK
    assert ades(data, key_type, SIX_YEARS_ON) is AdESPassed.OK
    assert ades(sealed(key_type), key_type, SIX_YEARS_ON) is not AdESPassed.OK


def test_it_carries_certificates_and_the_revocation_list(data: bytes, key_type: PdfKeyType) -> None:
    store = DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(data), strict=True))
    kept = {certificate.dump() for certificate in store.load_certs()}
    ring = stamped_ring(key_type)
    for certificate in (*ring.roots, AUTHORITY.root, AUTHORITY.intermediate, AUTHORITY.signer.certificate):
        assert certificate.public_bytes(Encoding.DER) in kept
    (listed,) = store.crls
    assert listed.get_object().data == ring.crls[0].public_bytes(Encoding.DER)


def test_poppler_finds_the_seal_valid(file: Path) -> None:
    # Its status is not 0, for it knows no document timestamps: "Unable to validate this type of signature".
    done = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False)
    assert "Signature Validation: Signature is Valid." in done.stdout.partition("Signature #2")[0]
    assert "Total document signed" in done.stdout.rpartition("Signature #")[2]


def test_mupdf_finds_the_seal_valid(file: Path) -> None:
    # To it every later revision is an edit, also one that only archives.
    done = subprocess.run(["mutool", "sign", "-v", file], capture_output=True, text=True, check=False)
    assert "The signature is valid but there have been edits since signing." in done.stdout


def test_qpdf_finds_it_sound(file: Path) -> None:
    done = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "No syntax or stream encoding errors found" in done.stdout


def test_what_makes_it_an_archival_and_accessible_file_stays(data: bytes, key_type: PdfKeyType) -> None:
    """XMP, output intent, structure tree and attachment are the sealed objects; the new fields are out of the page."""
    before, after = locate_seal(sealed(key_type)).file, read_pdf(data, 6)
    changed = {number for number in before.offsets if after.offsets[number] != before.offsets[number]}
    assert {after.dict_of(b"%d 0 R" % number)[b"/Type"] for number in changed} == {b"/Catalog", b"/Page"}
    fields = after.list_of(after.dict_of(after.catalog()[b"/AcroForm"])[b"/Fields"])
    for field in fields[1:]:
        widget = after.dict_of(field)
        left, bottom, right, top = (float(str(n, "ascii")) for n in after.list_of(widget[b"/Rect"]))  # type: ignore[arg-type] # numbers
        assert (left, bottom) == (right, top)
        assert left < 0
        assert bottom < 0
        assert widget[b"/F"] == b"132"  # PDF/A: printed, not hidden


def test_it_can_be_renewed_until_its_bound(key_type: PdfKeyType) -> None:
    ring, data = stamped_ring(key_type), archived(key_type)
    for _ in range(3):
        data = archive_pdf(data, Stamper(), ring.trust_list(AT), AT).data
    assert check_own_pdf(data, ring.trust_list(AT), AT).reason == "status_not_asked"


class Away:
    def timestamp(self, digest: bytes) -> bytes:
        raise TimestampUnavailable("away")


class TooLong:
    def timestamp(self, digest: bytes) -> bytes:
        content = bytes(TIMESTAMP_BYTES)
        return b"\x30\x82" + len(content).to_bytes(2) + content


def test_without_its_authority_nothing_comes_out() -> None:
    with pytest.raises(TimestampUnavailable):
        archive_pdf(sealed(), Away(), trust(), AT)


def test_what_cannot_be_archived_is_refused() -> None:
    with pytest.raises(ArchiveFailed, match="SigningError"):
        archive_pdf(sealed(), TooLong(), trust(), AT)
    with pytest.raises(ArchiveFailed):
        archive_pdf(b"%PDF-1.7\nnothing", Stamper(), trust(), AT)
    with pytest.raises(ArchiveFailed, match="Expired"):
        archive_pdf(sealed(), Stamper(), trust(), SIX_YEARS_ON)
    with pytest.raises(ArchiveFailed, match="Path"):
        archive_pdf(sealed(), Stamper(), stamped_ring("rsa3072").trust_list(AT), AT)


def test_a_stranger_cannot_stamp_in_our_name() -> None:
    made = archive_pdf(sealed(), Stamper(TimestampAuthority.make(AT)), trust(), AT)
    assert check_own_pdf(archived(), trust(), AT).reason == "status_not_asked"
    with pytest.raises(Exception, match="updates_unverified"):
        check_own_pdf(made.data, trust(), AT)


FIRST_ONES = """
import sys, time
from threading import Thread
from signing.archive_pdf import archive_pdf
from tests.archiving import AT, Stamper, sealed, trust

data, known, made = sealed(), trust(), []
assert "pyhanko" not in sys.modules, "the service would load it at its start"

def archive(number):
    time.sleep(number / 20)  # while the one before is loading
    made.append(archive_pdf(data, Stamper(), known, AT))

threads = [Thread(target=archive, args=(number,)) for number in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(made))
"""


def test_the_first_ones_may_come_at_once() -> None:
    """Whatever is loaded for the first archive is loaded once, and not before."""
    done = subprocess.run([sys.executable, "-c", FIRST_ONES], capture_output=True, text=True, check=False)
    assert done.stdout == "12\n", done.stderr
