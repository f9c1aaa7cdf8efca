import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from signing.backends import BACKENDS
from signing.backends.software import InsecureSoftwareKey
from signing.errors import AuthorityExists, KeyringMalformed, KeyUnavailable, KeyUnsuitable
from signing.keys import KeyRing
from signing.local_authority import KEY_LIFETIME, PdfKeyType, create_local_authority
from tests.sealing import AT, ORGANISATION, PASSPHRASE, key_ring
from verification.signatures import is_signed_by
from verification.trust import PDF_PURPOSES, KeyPurpose


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_local_authority(tmp_path / "keys", ORGANISATION, PASSPHRASE, AT)
    return tmp_path / "keys"


@pytest.mark.parametrize("key_type", ["p256", "rsa2048"])
def test_every_purpose_has_a_key_that_signs_for_its_listed_half(key_type: PdfKeyType) -> None:
    ring = key_ring(key_type)
    trust = ring.trust_list(AT)
    for purpose in KeyPurpose:
        key = ring.active(purpose, AT)
        listed = trust.find(key.key_id, purpose)
        assert listed is not None
        assert is_signed_by(listed.public_key, key.algorithm, key.sign(b"data"), b"data")
        assert not is_signed_by(listed.public_key, key.algorithm, key.sign(b"data"), b"other")
        assert bool(key.certificate_chain) is (purpose in PDF_PURPOSES)
        assert ring.by_id(key.key_id) is key
        assert [trust.find(key.key_id, other) for other in KeyPurpose if other is not purpose] == [None] * 5


def test_keys_sign_in_their_period_only(folder: Path) -> None:
    ring = KeyRing.load(folder, PASSPHRASE)
    start = AT - timedelta(days=1)
    ring.active(KeyPurpose.PDF, start)
    for moment in (start - timedelta(seconds=1), start + KEY_LIFETIME):
        with pytest.raises(KeyUnavailable):
            ring.active(KeyPurpose.PDF, moment)
    with pytest.raises(KeyUnavailable):
        ring.by_id("000000000000")


def test_rotation_signs_with_the_newest_and_keeps_the_old_one_trusted(folder: Path, tmp_path: Path) -> None:
    later = AT + timedelta(days=365)
    create_local_authority(tmp_path / "new", ORGANISATION, PASSPHRASE, later)
    old = KeyRing.load(folder, PASSPHRASE).active(KeyPurpose.QR, AT)
    for path in (tmp_path / "new").iterdir():
        if path.name.startswith("qr-"):
            path.rename(folder / path.name)
    text = (tmp_path / "new" / "keyring.toml").read_text(encoding="utf-8")
    entry = next(part for part in text.split("\n\n") if 'purpose = "qr"' in part)
    with (folder / "keyring.toml").open("a", encoding="utf-8") as ring_file:
        ring_file.write("\n" + entry)
    ring = KeyRing.load(folder, PASSPHRASE)
    assert ring.active(KeyPurpose.QR, AT).key_id == old.key_id
    assert ring.active(KeyPurpose.QR, later).key_id != old.key_id
    assert ring.trust_list(later).find(old.key_id, KeyPurpose.QR)


def test_private_keys_are_encrypted_and_the_owners_only(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    private = list(folder.glob("*.key.pem"))
    assert len(private) == 1 + len(KeyPurpose)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"BEGIN PRIVATE KEY" not in path.read_bytes()
    for path in private:
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()


def test_a_key_that_others_can_read_is_not_used(folder: Path) -> None:
    next(folder.glob("qr-*.key.pem")).chmod(0o640)
    with pytest.raises(KeyUnavailable, match="readable by others"):
        KeyRing.load(folder, PASSPHRASE)


def test_a_wrong_passphrase_and_a_missing_folder_are_key_unavailable(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="passphrase"):
        KeyRing.load(folder, b"another passphrase")
    with pytest.raises(KeyUnavailable, match=r"keyring\.toml"):
        KeyRing.load(tmp_path / "nowhere", PASSPHRASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("not_after", "not_afer"),
        ('purpose = "qr"', 'purpose = "anything"'),
        ('uri = "software:qr', 'uri = "magic:qr'),
        ('uri = "software:qr', 'uri = "software:status'),
        ("organisation =", "[organisation"),
        ("roots =", "more = 1\nroots ="),
        ('["root.crt.pem"]', '["missing.pem"]'),
        ("+00:00", ""),
    ],
)
def test_a_ring_that_is_not_as_documented_is_refused(folder: Path, old: str, new: str) -> None:
    path = folder / "keyring.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    if new == 'uri = "software:status':
        name = next(folder.glob("status-*.key.pem")).name
        qr = next(folder.glob("qr-*.key.pem")).name
        path.write_text(text.replace(qr, name), encoding="utf-8")
    else:
        path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(KeyringMalformed):
        KeyRing.load(folder, PASSPHRASE)


def test_keys_are_never_overwritten(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(AuthorityExists):
        create_local_authority(folder, ORGANISATION, PASSPHRASE, AT)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["keys"]


def test_an_empty_folder_may_be_filled_and_odd_names_survive(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    odd = 'Sở "Tư pháp" \\ Hà Nội\n' + "dài " * 30
    create_local_authority(tmp_path / "keys", odd, PASSPHRASE, AT)
    assert KeyRing.load(tmp_path / "keys", PASSPHRASE).organisation == odd


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyUnsuitable):
        create_local_authority(tmp_path / "keys", ORGANISATION, b"short", AT)
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
import signing.local_authority as authority
count, real = 0, os.fsync
def fsync(descriptor):
    global count
    count += 1
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)
os.fsync = fsync
authority.create_local_authority(Path(sys.argv[1]), "Hà Nội", b"a passphrase", datetime(2026, 11, 20, tzinfo=UTC))
"""


@pytest.mark.parametrize("at_sync", [1, 9, 19, 20])
def test_killed_while_it_writes_it_leaves_no_folder_or_a_whole_one(tmp_path: Path, at_sync: int) -> None:
    folder = tmp_path / "keys"
    run = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(at_sync)], check=False)
    assert run.returncode == -signal.SIGKILL
    if folder.exists():
        assert at_sync == 20  # the last one, of the parent folder, comes after the rename
        KeyRing.load(folder, b"a passphrase")
    else:
        create_local_authority(folder, ORGANISATION, PASSPHRASE, AT)
        KeyRing.load(folder, PASSPHRASE)


def test_every_backend_says_in_its_name_when_it_is_insecure() -> None:
    assert "software" in BACKENDS
    key = key_ring().active(KeyPurpose.QR, AT)
    assert isinstance(key, InsecureSoftwareKey)
    assert "PrivateKey" not in repr(key)
