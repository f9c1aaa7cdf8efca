"""Where private keys live. A backend is one file and one line here; a key's URI is its configuration."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from signing.backends.addresses import KeyAddress
from signing.backends.pkcs11 import open_pkcs11_key, read_pkcs11_public_key
from signing.backends.remote import open_remote_key, read_remote_public_key
from signing.backends.software import open_software_key, read_software_public_key
from signing.errors import KeyringMalformed
from verification.trust import PublicKey

if TYPE_CHECKING:
    from signing.keys import SigningKey

# The second argument is the passphrase or PIN of the ring.
BACKENDS: "dict[str, Callable[[KeyAddress, bytes], SigningKey]]" = {
    "software": open_software_key,
    "pkcs11": open_pkcs11_key,
    "remote": open_remote_key,
}

# For a key that is to be added: what its backend says the public half is. The folder is the ring's.
PUBLIC_KEYS: dict[str, Callable[[str, Path, bytes], PublicKey]] = {
    "software": read_software_public_key,
    "pkcs11": read_pkcs11_public_key,
    "remote": read_remote_public_key,
}


def open_key(address: KeyAddress, passphrase: bytes) -> "SigningKey":
    """Open a key with the backend that its URI names. Raises KeyringMalformed, KeyUnavailable."""
    backend = BACKENDS.get(address.scheme)
    if backend is None:
        raise KeyringMalformed(f"no signing backend for {address.scheme!r}")
    return backend(address, passphrase)


def read_public_key(uri: str, folder: Path, passphrase: bytes) -> PublicKey:
    """The public half of the key at this URI, as its backend gives it. Raises KeyringMalformed, KeyUnavailable."""
    scheme = uri.partition(":")[0]
    reader = PUBLIC_KEYS.get(scheme)
    if reader is None:
        raise KeyringMalformed(f"no signing backend for {scheme!r}; known: {', '.join(sorted(PUBLIC_KEYS))}")
    return reader(uri, folder, passphrase)
