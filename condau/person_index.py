"""How a person is counted without being named: a keyed digest of the personal number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_USE = b"condau person index 1"
# A personal number has about 30 bits: whoever has the database and a passphrase that somebody thought up would find
# every person in it. Each guess at the passphrase shall cost no less than at the key files themselves.
_COST, _BLOCK, _LANES = 2**15, 8, 1
_SECRET_BYTES = 32


def person_index(key_passphrase: bytes) -> Callable[[str], str]:
    """HMAC-SHA256 (64 hex digits) of a personal number, by a secret that follows from the passphrase of the keys and
    serves nothing else. The same in all processes; another passphrase makes everybody somebody else."""
    stretched = Scrypt(salt=_USE, length=_SECRET_BYTES, n=_COST, r=_BLOCK, p=_LANES).derive(key_passphrase)
    secret = HKDF(SHA256(), _SECRET_BYTES, salt=None, info=_USE).derive(stretched)
    return lambda personal_id: hmac.new(secret, personal_id.encode(), hashlib.sha256).hexdigest()
