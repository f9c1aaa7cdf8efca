"""Managing keys that live elsewhere: they are added by their URI, take over, and ask for their certificate."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from signing.errors import KeyUnavailable
from signing.keyring_file import read_ring_file
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from signing.request_certificate import request_certificate
from signing.rotate_key import Wish, rotate_key
from tests.sealing import AT, ORGANISATION
from tests.signing.backends.places import PASSPHRASE, Elsewhere, key_of
from tests.signing.backends.test_contract import signs
from verification.trust import KeyPurpose

YEAR = timedelta(days=365)


@pytest.fixture
def ring_folder(elsewhere: Elsewhere, tmp_path: Path) -> Path:
    """A ring of keys in files, in the folder where the other place's secrets are."""
    made = tmp_path / "made"
    create_local_authority(made, ORGANISATION, PASSPHRASE, AT)
    for file in made.iterdir():
        file.rename(elsewhere.folder / file.name)
    return elsewhere.folder


@pytest.mark.parametrize("purpose", [KeyPurpose.QR, KeyPurpose.PDF])
def test_a_key_is_added_by_its_uri_and_takes_over(elsewhere: Elsewhere, ring_folder: Path, purpose: KeyPurpose) -> None:
    uri = elsewhere.keep(key_of("p256"), "seal 2027")
    wish = Wish(purpose=purpose, starts_at=AT + timedelta(days=1), lasts=10 * YEAR, uri=uri)
    added = rotate_key(ring_folder, PASSPHRASE, wish, AT)
    ring = KeyRing.load(ring_folder, PASSPHRASE)
    assert ring.active(purpose, AT).public_key != key_of("p256").public_key()
    later = ring.active(purpose, AT + timedelta(days=2))
    assert (later.key_id, later.public_key) == (added.key_id, key_of("p256").public_key())
    signs(later)


def test_a_key_in_a_place_that_is_away_is_not_added(elsewhere: Elsewhere, ring_folder: Path) -> None:
    uri = elsewhere.keep(key_of("p256"), "seal 2027")
    before = read_ring_file(ring_folder)
    elsewhere.leave()
    with pytest.raises(KeyUnavailable):
        rotate_key(ring_folder, PASSPHRASE, Wish(purpose=KeyPurpose.QR, starts_at=AT, lasts=10 * YEAR, uri=uri), AT)
    assert read_ring_file(ring_folder) == before


@pytest.mark.parametrize("key_type", ["p256", "rsa2048"])
def test_a_key_elsewhere_asks_for_its_certificate_itself(
    elsewhere: Elsewhere, ring_folder: Path, key_type: str
) -> None:
    private = key_of(key_type)  # type: ignore[arg-type] # one of them
    uri = elsewhere.keep(private, "seal 2027")
    wish = Wish(purpose=KeyPurpose.PDF, starts_at=AT, lasts=10 * YEAR, uri=uri, outside_ca=True)
    added = rotate_key(ring_folder, PASSPHRASE, wish, AT)
    request = x509.load_pem_x509_csr(request_certificate(ring_folder, PASSPHRASE, added.key_id, AT))
    assert request.is_signature_valid
    assert request.public_key() == private.public_key()
