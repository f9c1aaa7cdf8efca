"""An authority of one's own, made at first run: a root, sealing certificates, and keys for the other purposes."""

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from signing.errors import AuthorityExists, KeyUnsuitable
from signing.key_types import KeyType, key_id_of, new_private_key, private_pem, public_pem
from signing.keyring_file import KEYRING_FILE, KeyRecord, RingFile, locked, read_ring_file, ring_text, write_ring_file
from signing.local_root import LocalRoot, crl_file, find_local_root, make_root, pem, seal_name
from signing.private_files import replace_private, sync_folder, write_all_private
from signing.refuse_wrong_passphrase import refuse_wrong_passphrase
from verification.trust import PDF_PURPOSES, KeyPurpose

PdfKeyType = Literal["p256", "rsa2048", "rsa3072"]
KEY_LIFETIME = timedelta(days=5 * 365)
MIN_PASSPHRASE_BYTES = 8

_ROOT = "root.crt.pem"
_ROOT_KEY = "root.key.pem"
# Documents carry dates, and clocks differ: a key that begins this minute could not seal what was intended before it.
_EARLIER = timedelta(days=1)


def create_local_authority(
    folder: Path, organisation: str, passphrase: bytes, at: datetime, pdf_key_type: PdfKeyType = "p256"
) -> None:
    """Make `folder`, with a key ring that KeyRing.load opens. Killed at any instant it leaves no folder or a whole one.

    The keys sign from one day before `at` (documents carry dates, and clocks differ) for KEY_LIFETIME. The
    certificates say openly that the root is local: no public authority stands behind it.
    Raises AuthorityExists when the folder holds anything, KeyUnsuitable for a short passphrase.
    """
    if len(passphrase) < MIN_PASSPHRASE_BYTES:
        raise KeyUnsuitable(f"the passphrase must have at least {MIN_PASSPHRASE_BYTES} bytes")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AuthorityExists(str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    files = _make_files(organisation, passphrase, at.replace(microsecond=0), pdf_key_type)

    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # mode 700
    try:
        write_all_private(draft, files)
        try:
            draft.rename(folder)  # fails on a folder with content, so a second run that came first is kept
        except OSError:
            raise AuthorityExists(str(folder)) from None
        sync_folder(folder.parent)
    finally:
        if draft.exists():
            for path in draft.iterdir():
                path.unlink()
            draft.rmdir()


def lacking_purposes(folder: Path) -> tuple[KeyPurpose, ...]:
    """Those for which the organisation has no key at all. Raises KeyringMalformed, KeyUnavailable."""
    has = {record.purpose for record in read_ring_file(folder).keys if record.unit is None}
    return tuple(purpose for purpose in KeyPurpose if purpose not in has)


def complete_local_authority(
    folder: Path, passphrase: bytes, at: datetime, pdf_key_type: PdfKeyType = "p256"
) -> tuple[KeyRecord, ...]:
    """Give a ring that an earlier version made what this one needs: keys of purposes that have none, the root's CRL.

    Returns the keys added, none when nothing was lacking; of several at once one adds them and the others wait.
    Raises KeyringMalformed, KeyUnavailable.
    """
    added = []
    with locked(folder, wait=True):
        ring = read_ring_file(folder)
        local = find_local_root(folder, ring.roots, passphrase)
        root = None if local is None else local[1]
        if local is not None and not (folder / crl_file(local[0])).exists():
            replace_private(folder / crl_file(local[0]), pem(local[1].revocations(at)))
        lacking = lacking_purposes(folder)
        if lacking:
            refuse_wrong_passphrase(folder, ring, passphrase, at)
        for purpose in lacking:
            key_type = pdf_key_type if purpose in PDF_PURPOSES else "p256"
            start = at.replace(microsecond=0) - _EARLIER
            record, files = make_key(ring.organisation, purpose, key_type, passphrase, start, KEY_LIFETIME, root)
            write_all_private(folder, files)
            added.append(record)
        if added:
            write_ring_file(folder, replace(ring, keys=(*ring.keys, *added)))
    return tuple(added)


def make_key(
    owner: str,
    purpose: KeyPurpose,
    key_type: KeyType,
    passphrase: bytes,
    not_before: datetime,
    lifetime: timedelta,
    root: LocalRoot | None,
) -> tuple[KeyRecord, dict[str, bytes]]:
    """A new key in a file, certified by `root` where its purpose takes that, and the files that belong in the folder.

    owner: whom the certificate names. Without a root a key for PDFs is pending.
    """
    key = new_private_key(key_type)
    key_id = key_id_of(key.public_key())
    name = f"{purpose.value}-{key_id}"
    files = {f"{name}.key.pem": private_pem(key, passphrase), f"{name}.pub.pem": public_pem(key.public_key())}
    not_after = not_before + lifetime
    certificates: tuple[str, ...] = ()
    if purpose in PDF_PURPOSES and root is not None:
        not_after = min(not_after, root.certificate.not_valid_after_utc)
        certificate = root.certify(key.public_key(), seal_name(purpose, owner), not_before, not_after)
        files[f"{name}.crt.pem"] = pem(certificate)
        certificates = (f"{name}.crt.pem",)
    record = KeyRecord(
        key_id, purpose, f"software:{name}.key.pem", f"{name}.pub.pem", certificates, not_before, not_after
    )
    return record, files


def _make_files(organisation: str, passphrase: bytes, at: datetime, pdf_key_type: PdfKeyType) -> dict[str, bytes]:
    start = at - _EARLIER
    root = make_root(organisation, start)
    files = {
        _ROOT_KEY: root.key_pem(passphrase),
        _ROOT: pem(root.certificate),
        crl_file(_ROOT): pem(root.revocations(start)),
    }
    records = []
    for purpose in KeyPurpose:
        key_type = pdf_key_type if purpose in PDF_PURPOSES else "p256"
        record, made = make_key(organisation, purpose, key_type, passphrase, start, KEY_LIFETIME, root)
        files |= made
        records.append(record)
    ring = RingFile(organisation, tuple(records), (_ROOT,), sequence=1)
    return files | {KEYRING_FILE: ring_text(ring).encode()}
