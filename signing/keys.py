"""Keys by purpose and time: the ring that sealing chooses from, and the trust list that it publishes."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from signing.backends import open_key
from signing.backends.addresses import KeyAddress
from signing.errors import KeyCompromised, KeyringMalformed, KeyUnavailable
from verification.signatures import Algorithm, algorithm_of
from verification.trust import KeyPurpose, PublicKey, TrustedKey, TrustedUnit, TrustList

KEYRING_FILE = "keyring.toml"


class SigningKey(Protocol):
    """A private key, wherever it lives. It signs bytes (hashing them with SHA-256) and shows only its public half."""

    @property
    def key_id(self) -> str: ...

    @property
    def algorithm(self) -> Algorithm: ...

    @property
    def public_key(self) -> PublicKey: ...

    @property
    def certificate_chain(self) -> tuple[x509.Certificate, ...]:
        """The key's certificate, then its issuers without the root; empty for keys that need none."""

    def sign(self, data: bytes) -> bytes:
        """ES256: r and s, 32 bytes each (RFC 7518 section 3.4), as JOSE, COSE and PKCS#11 want it; the PDF sealer
        makes DER of it. RS256: the PKCS#1 v1.5 signature. EdDSA: Ed25519 over the data itself (RFC 8032).
        Raises KeyUnavailable."""


class Keys(Protocol):
    """Where sealing finds its keys: a KeyRing, or one that is read anew when its file changes."""

    def active(self, purpose: KeyPurpose, at: datetime, unit: str | None = None) -> SigningKey:
        """The key that signs for this purpose at this time: of those in their period and not compromised, the unit's
        own before the organisation's, and then the one begun last. Raises KeyUnavailable when none is."""

    def by_id(self, key_id: str) -> SigningKey:
        """The key that an intent has named, also past its period: work begun in time is finished with its key.

        Raises KeyUnavailable for an id that the ring doesn't have, KeyCompromised for one that must not sign again."""

    def trust_list(self, at: datetime) -> TrustList:
        """What a verifier needs for every document ever sealed with these keys, outdated and compromised included."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One line of the ring: what the key is for, where it lives, when it signs, not_before ≤ t < not_after.

    unit: whose key it is, None for the whole organisation. compromised_from: it signs no more, and nothing that it
    sealed from then on counts.
    """

    purpose: KeyPurpose
    not_before: datetime
    not_after: datetime
    key: SigningKey = field(repr=False)
    unit: str | None = None
    compromised_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one organisation. Rotation is an entry more in its file: the newest period in force signs."""

    organisation: str
    entries: tuple[KeyEntry, ...]
    roots: tuple[x509.Certificate, ...]
    units: tuple[TrustedUnit, ...] = ()
    sequence: int = 0
    timestamp_roots: tuple[x509.Certificate, ...] = ()

    @classmethod
    def load(cls, folder: Path, passphrase: bytes) -> Self:
        """Open every key that `<folder>/keyring.toml` lists. Raises KeyringMalformed, KeyUnavailable."""
        try:
            document = tomllib.loads((folder / KEYRING_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise KeyUnavailable(f"no {KEYRING_FILE} in {folder}") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
            raise KeyringMalformed(f"{folder / KEYRING_FILE}: {broken}") from None
        _expect(document, {"organisation": str, "roots": list, "key": list}, "the ring")
        entries = tuple(_read_entry(table, folder, passphrase) for table in document["key"])
        if not entries or len({entry.key.key_id for entry in entries}) != len(entries):
            raise KeyringMalformed("no key, or two with the same id")
        roots = (_certificates(folder, document["roots"])) if document["roots"] else ()
        return cls(document["organisation"], entries, roots)

    def active(self, purpose: KeyPurpose, at: datetime, unit: str | None = None) -> SigningKey:
        in_force = [
            entry
            for entry in self.entries
            if entry.purpose is purpose
            and entry.not_before <= at < entry.not_after
            and entry.compromised_from is None
            and entry.unit in (None, unit)
        ]
        if not in_force:
            raise KeyUnavailable(f"no {purpose.value} key is in its period at {at.isoformat()}")
        return max(in_force, key=lambda entry: (entry.unit is not None, entry.not_before)).key

    def by_id(self, key_id: str) -> SigningKey:
        found = next((entry for entry in self.entries if entry.key.key_id == key_id), None)
        if found is None:
            raise KeyUnavailable(f"no key {key_id}")
        if found.compromised_from is not None:
            raise KeyCompromised(f"key {key_id} is compromised")
        return found.key

    def trust_list(self, at: datetime) -> TrustList:
        keys = tuple(
            TrustedKey(
                key_id=entry.key.key_id,
                purpose=entry.purpose,
                public_key=entry.key.public_key,
                issuer_name=self.organisation,
                not_before=entry.not_before,
                not_after=entry.not_after,
                certificate=next(iter(entry.key.certificate_chain), None),
                unit=entry.unit,
                compromised_from=entry.compromised_from,
            )
            for entry in self.entries
        )
        return TrustList(
            keys,
            self.roots,
            at,
            sequence=self.sequence,
            units=self.units,
            timestamp_roots=self.timestamp_roots,
        )


def _read_entry(table: Any, folder: Path, passphrase: bytes) -> KeyEntry:
    kinds = {"id": str, "purpose": str, "uri": str, "public_key": str, "certificates": list}
    _expect(table, kinds | {"not_before": datetime, "not_after": datetime}, "a key")
    if table["purpose"] not in {purpose.value for purpose in KeyPurpose}:
        raise KeyringMalformed(f"unknown purpose {table['purpose']!r}")
    if table["not_before"].tzinfo is None or table["not_after"].tzinfo is None:
        raise KeyringMalformed(f"key {table['id']}: times need an offset")
    chain = _certificates(folder, table["certificates"])
    try:
        public_key = load_pem_public_key((folder / table["public_key"]).read_bytes())
    except (OSError, ValueError) as broken:
        raise KeyringMalformed(f"key {table['id']}: {broken}") from None
    algorithm = algorithm_of(public_key)
    if algorithm is None or (chain and chain[0].public_key() != public_key):
        raise KeyringMalformed(f"key {table['id']}: its public key is of no allowed kind, or not its certificate's")
    # algorithm_of has just said that it is a P-256 or RSA key.
    address = KeyAddress(table["id"], table["uri"], folder, public_key, algorithm, chain)  # type: ignore[arg-type]
    return KeyEntry(
        KeyPurpose(table["purpose"]), table["not_before"], table["not_after"], open_key(address, passphrase)
    )


def _certificates(folder: Path, names: Iterable[Any]) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in names)
    except (OSError, TypeError, ValueError) as broken:
        raise KeyringMalformed(f"certificate: {broken}") from None


def _expect(table: Any, kinds: dict[str, type], where: str) -> None:
    """Refuse unknown and missing entries: a misspelt one would otherwise silently mean its default."""
    if not isinstance(table, dict) or table.keys() != kinds.keys():
        raise KeyringMalformed(f"{where} must have exactly {', '.join(sorted(kinds))}")
    wrong = [name for name, kind in kinds.items() if not isinstance(table[name], kind)]
    if wrong:
        raise KeyringMalformed(f"{where}: wrong type of {', '.join(wrong)}")
