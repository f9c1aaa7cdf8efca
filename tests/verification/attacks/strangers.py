"""A stranger who calls himself what the office is called, with certificates that look like its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from signing.keys import KeyRing, SigningKey
from signing.local_authority import create_local_authority
from tests.issuance.office import MONDAY, PASSPHRASE
from tests.verification.attacks.genuine import ORGANISATION, KeyKind
from verification.formats import cms
from verification.trust import KeyPurpose


@cache
def look_alike(kind: KeyKind) -> KeyRing:
    """Keys under a root of the same names, made in the same minute."""
    with TemporaryDirectory() as folder:
        create_local_authority(Path(folder) / "keys", ORGANISATION, PASSPHRASE, MONDAY, kind)
        return KeyRing.load(Path(folder) / "keys", PASSPHRASE)


def key_of(ring: KeyRing, purpose: KeyPurpose) -> SigningKey:
    return ring.active(purpose, MONDAY)


def signed_by(ring: KeyRing, digest: bytes, purpose: KeyPurpose = KeyPurpose.PDF) -> bytes:
    """A signature in the one form that counts, over whatever its owner likes."""
    key = key_of(ring, purpose)
    signer = key.certificate_chain[0]
    signature = key.sign(cms.to_be_signed(digest, signer))
    return cms.signed_data(digest, signer, key.certificate_chain[1:], key.algorithm, signature)
