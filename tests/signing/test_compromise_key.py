"""A key that somebody else may have: it never signs again, another takes over, and the marking is never taken back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from signing.compromise_key import compromise_key
from signing.errors import KeyChangeRefused, KeyCompromised, KeyringMalformed, KeyUnavailable
from signing.keyring_file import read_ring_file, write_ring_file
from signing.keys import KeyRing
from signing.rotate_key import rotate_key
from signing.seal_pdf import seal_pdf
from tests.sealing import AT, ORGANISATION, PASSPHRASE, facts_of, pdf_permit, rendered
from tests.signing.outside_authority import OutsideAuthority
from tests.signing.rings import DAY, key_of, new_ring, wish
from verification.trust import KeyPurpose
from verification.verdict import Outcome, VerdictState
from verification.verify_pdf import verify_pdf

NOW = AT + 10 * DAY
SINCE = AT + 5 * DAY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_ring(tmp_path)


@pytest.mark.parametrize("purpose", list(KeyPurpose))
def test_it_signs_no_more_and_a_replacement_signs_at_once(folder: Path, purpose: KeyPurpose) -> None:
    stolen = key_of(folder, purpose)
    done = compromise_key(folder, PASSPHRASE, stolen.key_id, SINCE, NOW)
    assert done.replacement is not None
    assert done.covered_until == done.replacement.not_after
    ring = KeyRing.load(folder, PASSPHRASE)
    assert ring.active(purpose, NOW).key_id == done.replacement.key_id != stolen.key_id
    with pytest.raises(KeyCompromised):
        ring.by_id(stolen.key_id)
    listed = ring.trust_list(NOW).find(stolen.key_id, purpose)
    assert listed is not None
    assert listed.compromised_from == SINCE
    # It isn't even opened: its file may be in the hands of an investigator.
    (folder / f"{purpose.value}-{stolen.key_id}.key.pem").unlink()
    entry = next(one for one in KeyRing.load(folder, PASSPHRASE).entries if one.key.key_id == stolen.key_id)
    with pytest.raises(KeyUnavailable):
        entry.key.sign(b"data")


def test_a_pdf_sealed_with_a_stolen_key_is_not_genuine(folder: Path) -> None:
    ring = KeyRing.load(folder, PASSPHRASE)
    key = ring.active(KeyPurpose.PDF, AT)
    sealed = seal_pdf(pdf_permit(rendered(facts_of(ring))), key, ORGANISATION, AT, location="Hà Nội").data
    assert verify_pdf(sealed, ring.trust_list(AT), None, None, AT).issuer.outcome is Outcome.PASSED
    compromise_key(folder, PASSPHRASE, key.key_id, AT - DAY, AT)
    verdict = verify_pdf(sealed, KeyRing.load(folder, PASSPHRASE).trust_list(AT), None, None, AT)
    assert verdict.state is VerdictState.NOT_GENUINE
    assert verdict.issuer.code == "key_compromised"


def test_the_marking_moves_to_earlier_only(folder: Path) -> None:
    key_id = key_of(folder, KeyPurpose.QR).key_id
    with pytest.raises(KeyChangeRefused, match="still to come"):
        compromise_key(folder, PASSPHRASE, key_id, NOW + timedelta(seconds=1), NOW)
    compromise_key(folder, PASSPHRASE, key_id, SINCE, NOW)
    count, sequence = len(read_ring_file(folder).keys), read_ring_file(folder).sequence
    with pytest.raises(KeyChangeRefused, match="must not become good again"):
        compromise_key(folder, PASSPHRASE, key_id, SINCE + timedelta(seconds=1), NOW)
    again = compromise_key(folder, PASSPHRASE, key_id, SINCE, NOW)
    assert (again.changed, again.replacement) == (False, None)
    assert read_ring_file(folder).sequence == sequence
    earlier = compromise_key(folder, PASSPHRASE, key_id, SINCE - DAY, NOW)
    assert (earlier.changed, earlier.replacement) == (True, None)
    assert read_ring_file(folder).find(key_id).compromised_from == SINCE - DAY
    assert (len(read_ring_file(folder).keys), read_ring_file(folder).sequence) == (count, sequence + 1)


def test_without_a_replacement_nothing_is_sealed(folder: Path) -> None:
    key_id = key_of(folder, KeyPurpose.QR).key_id
    done = compromise_key(folder, PASSPHRASE, key_id, SINCE, NOW, replace_it=False)
    assert (done.replacement, done.covered_until) == (None, None)
    with pytest.raises(KeyUnavailable):
        KeyRing.load(folder, PASSPHRASE).active(KeyPurpose.QR, NOW)


def test_a_key_that_was_to_come_may_be_stolen_too(folder: Path) -> None:
    """The one before it had been shortened to hand over to it: the replacement takes its place, and not before."""
    old = key_of(folder, KeyPurpose.QR)
    waiting = rotate_key(folder, PASSPHRASE, wish(), AT)
    last = rotate_key(folder, PASSPHRASE, wish(another=True, starts_in=80 * DAY), AT)
    done = compromise_key(folder, PASSPHRASE, waiting.key_id, AT, AT)
    ring = KeyRing.load(folder, PASSPHRASE)
    assert done.replacement is not None
    assert ring.active(KeyPurpose.QR, AT).key_id == old.key_id
    for day in range(1, 80 + 90):
        key_id = ring.active(KeyPurpose.QR, AT + day * DAY).key_id
        assert key_id == (done.replacement.key_id if day < 80 else last.key_id)


@pytest.mark.parametrize("purpose", list(KeyPurpose))
def test_one_that_has_handed_over_is_marked_and_the_healthy_one_goes_on(folder: Path, purpose: KeyPurpose) -> None:
    old = key_of(folder, purpose)
    present = rotate_key(folder, PASSPHRASE, wish(purpose, 9 * DAY, days=3650), AT)
    at = present.not_before + timedelta(hours=3)
    done = compromise_key(folder, PASSPHRASE, old.key_id, SINCE, at)
    assert (done.replacement, done.covered_until) == (None, present.not_after)
    assert read_ring_file(folder).find(present.key_id) == present
    assert KeyRing.load(folder, PASSPHRASE).active(purpose, at).key_id == present.key_id
    assert read_ring_file(folder).find(old.key_id).compromised_from == SINCE


def test_a_replacement_lasts_as_keys_of_its_purpose_do(folder: Path) -> None:
    """The key that signs may have been cut short by the one that waits, which is gone as well."""
    present = key_of(folder, KeyPurpose.QR)
    usual = present.not_after - present.not_before
    waiting = rotate_key(folder, PASSPHRASE, wish(starts_in=11 * DAY, days=usual.days), AT)
    compromise_key(folder, PASSPHRASE, waiting.key_id, SINCE, NOW, replace_it=False)
    done = compromise_key(folder, PASSPHRASE, present.key_id, SINCE, NOW)
    assert done.replacement is not None
    assert done.replacement.not_after - done.replacement.not_before == usual


def test_a_key_of_a_device_is_replaced_by_one_that_is_named(folder: Path) -> None:
    ring, stolen = read_ring_file(folder), key_of(folder, KeyPurpose.QR)
    write_ring_file(folder, ring.with_key(replace(stolen, uri="pkcs11:token=house;object=qr")))
    text = (folder / "keyring.toml").read_bytes()
    with pytest.raises(KeyChangeRefused, match="the key lives at pkcs11"):
        compromise_key(folder, PASSPHRASE, stolen.key_id, SINCE, NOW)
    assert (folder / "keyring.toml").read_bytes() == text
    done = compromise_key(folder, PASSPHRASE, stolen.key_id, SINCE, NOW, replace_it=False)
    assert done.record.compromised_from == SINCE


def test_the_local_root_revokes_what_it_certified(folder: Path) -> None:
    pdf, receipt = key_of(folder, KeyPurpose.PDF), key_of(folder, KeyPurpose.RECEIPT)
    (root,) = KeyRing.load(folder, PASSPHRASE).roots
    (before,) = KeyRing.load(folder, PASSPHRASE).crls
    assert list(before) == []
    assert before.next_update_utc == root.not_valid_after_utc
    for record in (pdf, receipt):
        assert compromise_key(folder, PASSPHRASE, record.key_id, SINCE, NOW).revoked
    compromise_key(folder, PASSPHRASE, pdf.key_id, SINCE - DAY, NOW)
    (after,) = KeyRing.load(folder, PASSPHRASE).crls
    serials = {
        x509.load_pem_x509_certificate((folder / record.certificates[0]).read_bytes()).serial_number: since
        for record, since in ((pdf, SINCE - DAY), (receipt, SINCE))
    }
    assert {entry.serial_number: entry.revocation_date_utc for entry in after} == serials
    assert all(
        entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
        for entry in after
    )
    numbers = [crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for crl in (before, after)]
    assert numbers == [1, 4]
    assert not compromise_key(folder, PASSPHRASE, key_of(folder, KeyPurpose.QR).key_id, SINCE, NOW).revoked


def test_a_list_that_the_root_has_not_signed_is_refused(folder: Path) -> None:
    stranger = OutsideAuthority.make()
    builder = x509.CertificateRevocationListBuilder(stranger.root.subject, AT, AT + DAY)
    crl = builder.sign(stranger.root_key, SHA256())
    (folder / "root.crl.pem").write_bytes(crl.public_bytes(Encoding.PEM))
    with pytest.raises(KeyringMalformed, match="is not signed by"):
        KeyRing.load(folder, PASSPHRASE)
