"""A passphrase that the ring does not have makes no key: one that cannot be opened would stop the service."""

from pathlib import Path

import pytest

from signing.compromise_key import compromise_key
from signing.errors import KeyUnavailable
from signing.key_types import new_private_key, private_pem
from signing.keyring_file import read_ring_file, write_ring_file
from signing.keys import KeyRing
from signing.local_authority import complete_local_authority
from signing.rotate_key import rotate_key
from tests.sealing import AT, PASSPHRASE
from tests.signing.rings import DAY, key_of, new_ring, wish
from verification.trust import KeyPurpose

WRONG = b"another passphrase"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".keyring.lock"}


@pytest.mark.parametrize("purpose", list(KeyPurpose))
def test_no_key_is_added_with_a_passphrase_that_opens_none(tmp_path: Path, purpose: KeyPurpose) -> None:
    folder = new_ring(tmp_path)
    before = content(folder)
    with pytest.raises(KeyUnavailable, match="does not open with this passphrase"):
        rotate_key(folder, WRONG, wish(purpose, days=3650), AT)
    with pytest.raises(KeyUnavailable, match="does not open with this passphrase"):
        compromise_key(folder, WRONG, key_of(folder, purpose).key_id, AT - DAY, AT)
    assert content(folder) == before


def test_where_only_the_root_is_in_a_file_it_tells(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    for path in folder.glob("*-*.key.pem"):
        path.unlink()
    with pytest.raises(KeyUnavailable, match=r"root\.key\.pem does not open"):
        rotate_key(folder, WRONG, wish(days=3650), AT)
    rotate_key(folder, PASSPHRASE, wish(days=3650), AT)


def test_a_file_that_stayed_behind_under_an_older_passphrase_tells_nothing(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    old = key_of(folder, KeyPurpose.QR)
    rotate_key(folder, PASSPHRASE, wish(days=3650), AT)
    (folder / f"qr-{old.key_id}.key.pem").write_bytes(private_pem(new_private_key("p256"), WRONG))
    later = AT + 10 * DAY
    with pytest.raises(KeyUnavailable):
        rotate_key(folder, WRONG, wish(starts_in=20 * DAY, days=3650), later)
    rotate_key(folder, PASSPHRASE, wish(starts_in=20 * DAY, days=3650), later)


def test_what_an_older_ring_lacks_is_made_with_its_own_passphrase(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    ring = read_ring_file(folder)
    write_ring_file(folder, type(ring)(ring.organisation, ring.keys[:3], ()))
    before = content(folder)
    with pytest.raises(KeyUnavailable, match="does not open with this passphrase"):
        complete_local_authority(folder, WRONG, AT)
    assert content(folder) == before
    assert complete_local_authority(folder, PASSPHRASE, AT)
    KeyRing.load(folder, PASSPHRASE)
