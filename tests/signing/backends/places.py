"""The places where a key can live, for tests that are the same for all of them."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from signing.backends import open_key
from signing.backends.addresses import KeyAddress
from signing.key_types import KEY_TYPES, KeyType, PrivateKey, new_private_key, private_pem
from signing.keyring_file import read_ring_file, write_ring_file
from signing.keys import KeyRing, SigningKey
from tests.signing.backends.csc_server import CLIENT_SECRET, PIN, CscServer, write_secret
from tests.signing.backends.softhsm import SoftHsm, SoftToken
from verification.signatures import algorithm_of
from verification.trust import PublicKey

PASSPHRASE = b"the passphrase of a ring"
MALFORMED_PASSPHRASE = b"not the passphrase of it"


def key_of(key_type: KeyType, which: int = 0) -> PrivateKey:
    """A key of this type, the same in all tests of a process; another one for another number."""
    return _key_of(key_type, which)


@cache
def _key_of(key_type: KeyType, which: int) -> PrivateKey:
    return new_private_key(key_type)


class Place(Protocol):
    """Where keys live. folder: the ring's. secrets: what no text may show."""

    folder: Path
    key_types: tuple[KeyType, ...]
    secrets: tuple[str, ...]

    def keep(self, key: PrivateKey, name: str) -> str:
        """Put a key there; returns its URI."""

    def spoil_secret(self) -> None:
        """From now on the installation has a wrong PIN, passphrase or client secret."""


class Elsewhere(Place, Protocol):
    """A place beside this process, which can be away and can change."""

    def leave(self) -> None: ...

    def come_back(self) -> None: ...

    def swap(self, key: PrivateKey, name: str) -> None:
        """Whoever asks for `name` meets another key there."""


class SoftwarePlace:
    key_types = KEY_TYPES
    secrets = (PASSPHRASE.decode(),)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, key: PrivateKey, name: str) -> str:
        return self._write(key, name, PASSPHRASE)

    def _write(self, key: PrivateKey, name: str, passphrase: bytes) -> str:
        file = self.folder / f"{name}.key.pem"
        file.touch(0o600)
        file.write_bytes(private_pem(key, passphrase))
        return f"software:{file.name}"

    def spoil_secret(self) -> None:
        for file in self.folder.glob("*.key.pem"):
            file.write_bytes(private_pem(key_of("p256"), MALFORMED_PASSPHRASE))


class TokenPlace:
    key_types = KEY_TYPES

    def __init__(self, folder: Path, hsm: SoftHsm) -> None:
        self.folder, self._hsm = folder, hsm
        self.token = hsm.new_token("pin-" + secrets.token_hex(8))
        self.secrets = (self.token.pin,)
        self.write_pin(self.token.pin)
        self._identifiers = iter(range(1, 256))
        self._others: list[SoftToken] = []

    def write_pin(self, pin: str) -> None:
        file = self.folder / "pin.txt"
        file.touch(0o600)
        file.write_text(pin + "\n")

    def keep(self, key: PrivateKey, name: str) -> str:
        return self.token.keep(key, name, bytes((next(self._identifiers),))) + "&pin-source=file:pin.txt"

    def spoil_secret(self) -> None:
        self.write_pin("no such PIN")

    def leave(self) -> None:
        self.token.unplug()

    def come_back(self) -> None:
        for other in self._others:
            other.unplug()
        self._others.clear()
        self.token.plug()

    def swap(self, key: PrivateKey, name: str) -> None:
        """Another token with the same label and PIN, whose object of this name is another key."""
        if not self._others:
            self.token.unplug()
            self._others.append(self._hsm.new_token(self.token.pin, self.token.label))
        self._others[0].keep(key, name, bytes((next(self._identifiers),)))


class RemotePlace:
    # The consortium's signHash signs hashes, and Ed25519 the data itself.
    key_types: tuple[KeyType, ...] = ("p256", "rsa2048", "rsa3072")
    secrets = (CLIENT_SECRET, PIN)

    def __init__(self, folder: Path, server: CscServer, pin: str | None = None) -> None:
        self.folder, self.server, self._pin = folder, server, pin
        self._before: dict[str, PrivateKey] = {}
        write_secret(folder)

    def keep(self, key: PrivateKey, name: str) -> str:
        self.server.keep(key, name, pin=self._pin)
        return self.server.uri(name)

    def spoil_secret(self) -> None:
        write_secret(self.folder, client_id="condau-of-hanoi", client_secret="another secret", pin="another PIN")

    def leave(self) -> None:
        self.server.stop()

    def come_back(self) -> None:
        for name, key in self._before.items():
            self.server.keep(key, name, pin=self._pin)
        self._before.clear()
        self.server.stop()
        self.server.start()

    def swap(self, key: PrivateKey, name: str) -> None:
        self._before[name] = self.server.credentials[name].key
        self.server.credentials[name].key = key


def opened(
    place: Place, uri: str, public_key: PublicKey, key_id: str = "key-1", passphrase: bytes = PASSPHRASE
) -> SigningKey:
    algorithm = algorithm_of(public_key)
    assert algorithm is not None
    return open_key(KeyAddress(key_id, uri, place.folder, public_key, algorithm, ()), passphrase)


def move_ring(ring_folder: Path, passphrase: bytes, place: Place) -> KeyRing:
    """Take the private keys of a ring out of its folder to a place, which must have the folder, and open the ring."""
    ring = read_ring_file(ring_folder)
    records = []
    for record in ring.keys:
        file = ring_folder / record.uri.partition(":")[2]
        key = load_pem_private_key(file.read_bytes(), passphrase)
        file.unlink()
        records.append(replace(record, uri=place.keep(key, record.key_id)))  # type: ignore[arg-type] # made by this ring
    write_ring_file(ring_folder, replace(ring, keys=tuple(records)))
    return KeyRing.load(ring_folder, passphrase)
