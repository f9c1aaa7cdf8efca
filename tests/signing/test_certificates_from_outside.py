"""Certificates from an authority outside: asked for by the key itself, and believed only when everything fits."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.compromise_key import compromise_key
from signing.errors import KeyChangeRefused, KeyringMalformed, KeyUnavailable
from signing.import_certificate import Imported, import_certificate
from signing.key_types import KeyType
from signing.keyring_file import KeyRecord, read_ring_file
from signing.keys import KeyRing
from signing.request_certificate import request_certificate
from signing.rotate_key import rotate_key
from signing.seal_pdf import seal_pdf
from tests.sealing import AT, ORGANISATION, PASSPHRASE, facts_of, pdf_permit, rendered
from tests.signing.outside_authority import DOCUMENTS, OutsideAuthority
from tests.signing.rings import DAY, UNIT, key_of, new_ring, wish, with_unit
from verification.trust import KeyPurpose
from verification.verdict import Outcome
from verification.verify_pdf import verify_pdf

AUTHORITY = OutsideAuthority.make()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_ring(tmp_path)


def pending(folder: Path, **more: Any) -> KeyRecord:
    return rotate_key(folder, PASSPHRASE, wish(KeyPurpose.PDF, outside_ca=True, **more), AT)


def bring(folder: Path, key_id: str, *certificates: x509.Certificate, root: x509.Certificate | None) -> Imported:
    return import_certificate(folder, key_id, certificates, root, AT, DAY)


def test_a_key_without_its_certificate_waits_and_signs_nothing(folder: Path) -> None:
    record = pending(folder)
    ring = KeyRing.load(folder, PASSPHRASE)
    before = key_of(folder, KeyPurpose.PDF)
    assert before == record
    for moment in (AT, AT + DAY, AT + 30 * DAY):
        assert ring.active(KeyPurpose.PDF, moment).key_id != record.key_id
    with pytest.raises(KeyUnavailable, match="waits for its certificate"):
        ring.by_id(record.key_id)
    assert ring.trust_list(AT).find(record.key_id, KeyPurpose.PDF) is None
    with pytest.raises(KeyChangeRefused, match="waits already for its certificate"):
        pending(folder)


def test_where_the_root_has_been_taken_away_new_keys_for_pdfs_wait(folder: Path) -> None:
    (folder / "root.key.pem").unlink()
    assert rotate_key(folder, PASSPHRASE, wish(KeyPurpose.RECEIPT), AT).is_pending
    assert not rotate_key(folder, PASSPHRASE, wish(KeyPurpose.QR), AT).is_pending


@pytest.mark.parametrize("key_type", ["p256", "rsa2048"])
def test_the_request_is_signed_by_the_key_and_openssl_agrees(folder: Path, tmp_path: Path, key_type: KeyType) -> None:
    record = pending(folder, key_type=key_type)
    text = request_certificate(folder, PASSPHRASE, record.key_id, AT)
    request = x509.load_pem_x509_csr(text)
    assert request.is_signature_valid
    assert ORGANISATION in request.subject.rfc4514_string()
    usage = request.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    openssl = shutil.which("openssl")
    if openssl is not None:
        file = tmp_path / "request.pem"
        file.write_bytes(text)
        said = subprocess.run(
            [openssl, "req", "-in", str(file), "-noout", "-verify"], check=True, capture_output=True, text=True
        )
        assert "verify OK" in said.stdout + said.stderr


def test_the_request_of_a_units_key_names_the_unit(tmp_path: Path) -> None:
    folder = with_unit(new_ring(tmp_path))
    record = pending(folder, unit=UNIT)
    named = x509.load_pem_x509_csr(request_certificate(folder, PASSPHRASE, record.key_id, AT)).subject.rfc4514_string()
    assert "OU=Phòng Hồ sơ nghiệp vụ" in named
    assert f"O={ORGANISATION}" in named


def test_no_request_for_a_key_that_needs_or_may_have_none(folder: Path) -> None:
    with pytest.raises(KeyChangeRefused, match="--outside-ca"):
        request_certificate(folder, PASSPHRASE, key_of(folder, KeyPurpose.PDF).key_id, AT)
    with pytest.raises(KeyChangeRefused, match="takes no certificate"):
        request_certificate(folder, PASSPHRASE, key_of(folder, KeyPurpose.QR).key_id, AT)
    record = pending(folder)
    compromise_key(folder, PASSPHRASE, record.key_id, AT, AT)
    with pytest.raises(KeyChangeRefused, match="compromised"):
        request_certificate(folder, PASSPHRASE, record.key_id, AT)
    with pytest.raises(KeyChangeRefused, match=f"did you mean {record.key_id}"):
        request_certificate(folder, PASSPHRASE, record.key_id[:-1] + "x", AT)


def test_with_its_chain_in_any_order_the_key_takes_over_and_its_seal_is_genuine(folder: Path) -> None:
    old, record = key_of(folder, KeyPurpose.PDF), pending(folder)
    leaf = AUTHORITY.answer(request_certificate(folder, PASSPHRASE, record.key_id, AT), extended=DOCUMENTS)
    stranger = OutsideAuthority.make()
    done = bring(folder, record.key_id, stranger.middle, AUTHORITY.middle, leaf, root=AUTHORITY.root)
    assert done.changed
    assert done.chain == (leaf, AUTHORITY.middle, AUTHORITY.root)
    assert (done.record.not_before, done.record.not_after) == (AT + DAY, AT + 91 * DAY)

    ring = KeyRing.load(folder, PASSPHRASE)
    assert AUTHORITY.root in ring.roots
    assert ring.active(KeyPurpose.PDF, AT).key_id == old.key_id
    later = AT + 2 * DAY
    key = ring.active(KeyPurpose.PDF, later)
    assert key.key_id == record.key_id
    assert key.certificate_chain == (leaf, AUTHORITY.middle)
    facts = replace(facts_of(ring), issued_on=later.date())
    sealed = seal_pdf(pdf_permit(rendered(facts)), key, ORGANISATION, later, location="Hà Nội")
    verdict = verify_pdf(sealed.data, ring.trust_list(later), None, None, later)
    assert (verdict.seal.outcome, verdict.issuer.outcome) == (Outcome.PASSED, Outcome.PASSED)


def test_a_second_run_changes_nothing_and_no_other_certificate_comes_after_it(folder: Path) -> None:
    record = pending(folder)
    request = request_certificate(folder, PASSPHRASE, record.key_id, AT)
    leaf = AUTHORITY.answer(request)
    bring(folder, record.key_id, leaf, AUTHORITY.middle, root=AUTHORITY.root)
    text = (folder / "keyring.toml").read_bytes()
    assert not bring(folder, record.key_id, leaf, AUTHORITY.middle, root=None).changed
    with pytest.raises(KeyChangeRefused, match="has another certificate"):
        bring(folder, record.key_id, AUTHORITY.answer(request), AUTHORITY.middle, root=None)
    assert (folder / "keyring.toml").read_bytes() == text


def test_the_period_shrinks_to_the_certificates_and_the_root_may_be_known_before(folder: Path) -> None:
    record = pending(folder, days=3000)
    leaf = AUTHORITY.answer(request_certificate(folder, PASSPHRASE, record.key_id, AT), begins=3 * DAY, lasts=30 * DAY)
    done = bring(folder, record.key_id, leaf, AUTHORITY.middle, root=AUTHORITY.root)
    assert (done.record.not_before, done.record.not_after) == (AT + 3 * DAY, AT + 33 * DAY)
    second = rotate_key(folder, PASSPHRASE, wish(KeyPurpose.PDF, outside_ca=True, another=True), AT + 4 * DAY)
    answer = AUTHORITY.answer(request_certificate(folder, PASSPHRASE, second.key_id, AT))
    import_certificate(folder, second.key_id, [answer, AUTHORITY.middle], None, AT + 4 * DAY, DAY)
    assert len(read_ring_file(folder).roots) == 2


Blunder = Callable[[bytes], tuple[list[x509.Certificate], x509.Certificate | None]]
NO_ISSUER = OutsideAuthority.make(middle_ca=False)
SHORT = OutsideAuthority.make(path_length=0)


def blunder(authority: OutsideAuthority = AUTHORITY, **how: object) -> Blunder:
    return lambda request: ([authority.answer(request, **how), authority.middle], authority.root)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda r: ([AUTHORITY.middle], AUTHORITY.root), "no certificate given is for the key"),
        (lambda r: ([], AUTHORITY.root), "no certificate given is for the key"),
        (lambda r: ([AUTHORITY.answer(r), AUTHORITY.answer(r)], AUTHORITY.root), "several certificates"),
        (lambda r: ([AUTHORITY.answer(r)], AUTHORITY.root), "certificate of its issuer is missing: CN=Middle"),
        (lambda r: ([AUTHORITY.answer(r), AUTHORITY.middle], None), "certificate of its issuer is missing: CN=Root"),
        (lambda r: ([AUTHORITY.answer(r), AUTHORITY.middle, AUTHORITY.root], None), "give it by --root"),
        (lambda r: ([AUTHORITY.answer(r), AUTHORITY.middle], AUTHORITY.middle), "is no root"),
        (lambda r: ([AUTHORITY.answer(r), AUTHORITY.middle], SHORT.root), "certificate of its issuer is missing"),
        (blunder(NO_ISSUER), "CN=Middle may not issue certificates"),
        (blunder(SHORT), "CN=Root allows a shorter chain only"),
        (blunder(ca=True), "one of an authority"),
        (blunder(uses={"key_encipherment"}), "must have digitalSignature and nonRepudiation"),
        (blunder(uses={"digital_signature"}), "must have digitalSignature and nonRepudiation"),
        (blunder(critical=False), "our own verifier does not accept this chain"),
        (blunder(uses=set()), "must have digitalSignature and nonRepudiation"),
        (blunder(extended=ExtendedKeyUsageOID.SERVER_AUTH), "not for documents"),
        (blunder(begins=-30 * DAY, lasts=29 * DAY), "out of date"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_and_changes_nothing(folder: Path, given: Blunder, said: str) -> None:
    record = pending(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    certificates, root = given(request_certificate(folder, PASSPHRASE, record.key_id, AT))
    with pytest.raises(KeyChangeRefused, match=said):
        bring(folder, record.key_id, *certificates, root=root)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_certificate_whose_public_key_is_another_is_never_loaded(folder: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    file = folder / key_of(folder, KeyPurpose.PDF).certificates[0]
    stranger = OutsideAuthority(other, AUTHORITY.root, other, AUTHORITY.middle)
    file.write_bytes(stranger.middle.public_bytes(Encoding.PEM))
    with pytest.raises(KeyringMalformed, match="its certificate is another key's"):
        KeyRing.load(folder, PASSPHRASE)
