"""A ring only grows, and its list has bounds: what could not be published is refused before it is in force."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from signing.compromise_key import compromise_key
from signing.errors import KeyChangeRefused
from signing.import_certificate import import_certificate
from signing.keyring_file import locked, read_ring_file, write_ring_file
from signing.keys import KeyRing
from signing.request_certificate import request_certificate
from signing.rotate_key import rotate_key
from signing.trust_list import check_own_trust_list, seal_trust_list
from tests.sealing import AT, PASSPHRASE, PUBLIC_URL
from tests.signing.outside_authority import OutsideAuthority, certificate
from tests.signing.rings import DAY, UNIT, key_of, new_ring, wish, with_unit
from verification.formats.trust_list import MAX_TRUST_LIST_CHARS
from verification.trust import KeyPurpose


def published(folder: Path) -> str:
    ring = KeyRing.load(folder, PASSPHRASE, at=AT)
    key = ring.active(KeyPurpose.TRUST_LIST, AT)
    token = seal_trust_list(ring.trust_list(AT), key, PUBLIC_URL, AT, timedelta(days=7))
    check_own_trust_list(token, ring.trust_list(AT), AT)
    return token


def with_past_keys(folder: Path, count: int) -> Path:
    """With that many keys for PDFs whose time is over, and which were destroyed."""
    ring, one = read_ring_file(folder), key_of(folder, KeyPurpose.PDF)
    past = [replace(one, key_id=f"{n:012x}", uri=f"software:{n}.key.pem", not_after=AT) for n in range(count)]
    with locked(folder):
        write_ring_file(folder, replace(ring, keys=(*past, *ring.keys)))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".keyring.lock"}


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A ring whose list hardly takes another key."""
    (tmp_path / "measured").mkdir()
    some = len(published(with_past_keys(new_ring(tmp_path / "measured"), 100)))
    each = (some - len(published(new_ring(tmp_path)))) / 100
    return with_past_keys(tmp_path / "keys", int((MAX_TRUST_LIST_CHARS - 50_000) / each))


def test_hundreds_of_units_have_room_for_keys_of_years(tmp_path: Path) -> None:
    folder = with_past_keys(new_ring(tmp_path), 2000)
    rotate_key(folder, PASSPHRASE, wish(), AT)
    assert 2_000_000 < len(published(folder)) < MAX_TRUST_LIST_CHARS


def test_a_full_ring_takes_no_other_key_but_a_compromise_can_still_be_told(full: Path) -> None:
    before = files(full)
    for purpose in (KeyPurpose.PDF, KeyPurpose.QR):
        with pytest.raises(KeyChangeRefused, match="trust list would be too long"):
            rotate_key(full, PASSPHRASE, wish(purpose), AT)
    assert files(full) == before
    stolen = key_of(full, KeyPurpose.PDF).key_id
    assert compromise_key(full, PASSPHRASE, stolen, AT, AT).replacement is not None
    assert len(published(full)) < MAX_TRUST_LIST_CHARS


def test_a_full_ring_takes_no_certificate_from_outside(full: Path) -> None:
    authority = OutsideAuthority.make()
    waiting = rotate_key(full, PASSPHRASE, wish(KeyPurpose.PDF, outside_ca=True), AT)  # in no list yet
    leaf = authority.answer(request_certificate(full, PASSPHRASE, waiting.key_id, AT))
    before = files(full)
    with pytest.raises(KeyChangeRefused, match="trust list would be too long"):
        import_certificate(full, waiting.key_id, (leaf, authority.middle), authority.root, AT, DAY)
    assert files(full) == before


def test_what_verifiers_would_not_read_is_not_brought_into_force(tmp_path: Path) -> None:
    """A certificate as long as a book, and a name that a list cannot carry."""
    authority, folder = OutsideAuthority.make(), new_ring(tmp_path)
    waiting = rotate_key(folder, PASSPHRASE, wish(KeyPurpose.PDF, outside_ca=True), AT)
    asked = authority.answer(request_certificate(folder, PASSPHRASE, waiting.key_id, AT)).public_key()
    leaf = certificate("Seal", asked, "Middle", authority.middle_key, comment=13_000)  # type: ignore[arg-type]  # P-256 it is
    before = files(folder)
    with pytest.raises(KeyChangeRefused, match="could not be published"):
        import_certificate(folder, waiting.key_id, (leaf, authority.middle), authority.root, AT, DAY)
    assert files(folder) == before

    ring = with_unit(folder) / "keyring.toml"
    ring.write_text(ring.read_text(encoding="utf-8").replace("Phòng", "Phòng " * 100), encoding="utf-8")
    before = files(folder)
    with pytest.raises(KeyChangeRefused, match="could not be published"):
        rotate_key(folder, PASSPHRASE, wish(unit=UNIT), AT)
    assert files(folder) == before
