"""Where private keys live. A backend is one file and one line here; a key's URI is its configuration."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from signing.backends.addresses import KeyAddress
from signing.backends.software import open_software_key
from signing.errors import KeyringMalformed

if TYPE_CHECKING:
    from signing.keys import SigningKey

# The second argument is the passphrase or PIN of the ring.
BACKENDS: "dict[str, Callable[[KeyAddress, bytes], SigningKey]]" = {
    "software": open_software_key,
}


def open_key(address: KeyAddress, passphrase: bytes) -> "SigningKey":
    """Open a key with the backend that its URI names. Raises KeyringMalformed, KeyUnavailable."""
    backend = BACKENDS.get(address.scheme)
    if backend is None:
        raise KeyringMalformed(f"no signing backend for {address.scheme!r}")
    return backend(address, passphrase)
