"""The secret of the DPoP nonces: of one installation, the same in all its processes, and kept nowhere."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from identity.proof_nonces import MIN_SECRET_BYTES, ProofNonces

_USE = b"condau dpop nonces 1"
# Nonces are public, and a passphrase that somebody thought up could be guessed from one: each guess shall cost 32 MiB
# and about a tenth of a second, no less than at the key files themselves.
_COST, _BLOCK, _LANES = 2**15, 8, 1


def proof_nonces(key_passphrase: bytes) -> ProofNonces:
    """Nonces whose secret follows from the passphrase of the keys, by a derivation that serves nothing else."""
    stretched = Scrypt(salt=_USE, length=MIN_SECRET_BYTES, n=_COST, r=_BLOCK, p=_LANES).derive(key_passphrase)
    return ProofNonces(HKDF(SHA256(), MIN_SECRET_BYTES, salt=None, info=_USE).derive(stretched))
