"""Keys in files: encrypted PKCS#8, mode 600. `software:<file name>`, relative to the key ring's folder."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from signing.backends.addresses import KeyAddress
from signing.errors import KeyringMalformed, KeyUnavailable
from verification.signatures import Algorithm, algorithm_of
from verification.trust import PublicKey

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
_PRIVATE_TO_OWNER = 0o077

_ECDSA = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class InsecureSoftwareKey:
    """A private key in this process's memory: whoever reads the memory, or file and passphrase, has it."""

    key_id: str
    algorithm: Algorithm
    public_key: PublicKey
    certificate_chain: tuple[x509.Certificate, ...]
    _private_key: _PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        if isinstance(self._private_key, rsa.RSAPrivateKey):
            return self._private_key.sign(data, padding.PKCS1v15(), SHA256())
        if isinstance(self._private_key, ed25519.Ed25519PrivateKey):
            return self._private_key.sign(data)
        r, s = decode_dss_signature(self._private_key.sign(data, _ECDSA))
        return r.to_bytes(32) + s.to_bytes(32)


def open_software_key(address: KeyAddress, passphrase: bytes) -> InsecureSoftwareKey:
    """Raises KeyUnavailable (no file, wrong passphrase, readable by others), KeyringMalformed (another key)."""
    private_key = _read(address.folder / address.rest, passphrase)
    if private_key.public_key() != address.public_key:
        raise KeyringMalformed(f"{address.rest} is not the private half of {address.key_id}")
    return InsecureSoftwareKey(
        address.key_id, address.algorithm, address.public_key, address.certificate_chain, private_key
    )


def read_software_public_key(uri: str, folder: Path, passphrase: bytes) -> PublicKey:
    """The public half of `software:<file name>`. Raises as open_software_key."""
    return _read(folder / uri.partition(":")[2], passphrase).public_key()


def _read(path: Path, passphrase: bytes) -> _PrivateKey:
    try:
        if path.stat().st_mode & _PRIVATE_TO_OWNER:
            raise KeyUnavailable(f"{path.name} is readable by others than its owner (chmod 600)")
        private_key = load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as missing:
        raise KeyUnavailable(f"{path.name}: {missing.strerror}") from None
    except (TypeError, ValueError, UnsupportedAlgorithm):
        # TypeError: the file is not encrypted at all, which is as wrong as a wrong passphrase.
        raise KeyUnavailable(f"{path.name} does not open with this passphrase") from None
    kinds = (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey)
    if not isinstance(private_key, kinds) or algorithm_of(private_key.public_key()) is None:
        raise KeyringMalformed(f"{path.name} is of no allowed kind")
    return private_key
