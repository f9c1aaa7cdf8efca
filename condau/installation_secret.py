"""What only this installation knows, for each use apart: it follows from the passphrase of the keys, kept nowhere."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

# Whoever has the database and a passphrase that somebody thought up could try guesses on what such a secret has made.
# Each guess shall cost no less than at the key files themselves.
_COST, _BLOCK, _LANES = 2**15, 8, 1
_SECRET_BYTES = 32


def installation_secret(key_passphrase: bytes, use: bytes) -> bytes:
    """32 bytes for one use, named by `use`. The same in all processes; another passphrase makes another secret."""
    stretched = Scrypt(salt=use, length=_SECRET_BYTES, n=_COST, r=_BLOCK, p=_LANES).derive(key_passphrase)
    return HKDF(SHA256(), _SECRET_BYTES, salt=None, info=use).derive(stretched)
