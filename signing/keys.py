"""Keys by purpose and time: the ring that sealing chooses from, and the trust list that it publishes."""

import contextlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from signing.backends import open_key
from signing.backends.addresses import KeyAddress
from signing.errors import KeyCompromised, KeyringMalformed, KeyUnavailable
from signing.key_types import why_unsuitable
from signing.keyring_file import KEYRING_FILE as KEYRING_FILE
from signing.keyring_file import KeyRecord, RingFile, read_ring_file
from signing.local_root import read_crl
from verification.signatures import Algorithm, algorithm_of
from verification.trust import PDF_PURPOSES, KeyPurpose, PublicKey, TrustedKey, TrustedUnit, TrustList


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

    def active(
        self, purpose: KeyPurpose, at: datetime, unit: str | None = None, document_type: str | None = None
    ) -> SigningKey:
        """The key that signs for this purpose at this time: of those in their period and not compromised, the unit's
        own before the organisation's, and then the one begun last.

        document_type: what shall be sealed; a unit's key seals only what is the unit's to attest. Raises KeyUnavailable
        when there is none."""

    def by_id(self, key_id: str) -> SigningKey:
        """The key that an intent has named, also past its period: work begun in time is finished with its key.

        Raises KeyUnavailable for an id that the ring doesn't have, KeyCompromised for one that must not sign again."""

    def trust_list(self, at: datetime) -> TrustList:
        """What a verifier needs for every document ever sealed with these keys, outdated and compromised included."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One line of the ring: what the key is for, where it lives, when it signs, not_before ≤ t < not_after.

    unit: whose key it is, None for the whole organisation. compromised_from: it signs no more, and nothing that it
    sealed from then on counts. ends: when it stops signing, not_after or the instant at which another took over.
    """

    purpose: KeyPurpose
    not_before: datetime
    not_after: datetime
    key: SigningKey = field(repr=False)
    unit: str | None = None
    compromised_from: datetime | None = None
    uri: str = ""
    signs_until: datetime | None = None

    @property
    def ends(self) -> datetime:
        return self.not_after if self.signs_until is None else min(self.not_after, self.signs_until)

    @property
    def is_pending(self) -> bool:
        """It waits for its certificate, without which it can seal nothing."""
        return self.purpose in PDF_PURPOSES and not self.key.certificate_chain


@dataclass(frozen=True, slots=True)
class WithheldKey:
    """The public half of a key that must not or need not sign any more; what it has sealed can still be checked."""

    key_id: str
    algorithm: Algorithm
    public_key: PublicKey
    certificate_chain: tuple[x509.Certificate, ...]

    def sign(self, data: bytes) -> bytes:
        """Raises KeyUnavailable, always."""
        raise KeyUnavailable(f"key {self.key_id} does not sign any more")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one organisation. Rotation is an entry more in its file: the newest period in force signs.

    crls: what the roots themselves say of revoked certificates, as far as it lies beside them.
    """

    organisation: str
    entries: tuple[KeyEntry, ...]
    roots: tuple[x509.Certificate, ...]
    units: tuple[TrustedUnit, ...] = ()
    sequence: int = 0
    timestamp_roots: tuple[x509.Certificate, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()

    @classmethod
    def load(
        cls, folder: Path, passphrase: bytes, *, at: datetime | None = None, known: "KeyRing | None" = None
    ) -> Self:
        """Open every key that `<folder>/keyring.toml` lists. Raises KeyringMalformed, KeyUnavailable.

        at: the private half of a key that signs no more by then may be gone; None demands them all. Compromised
        keys are never opened. known: a ring opened before, whose keys are taken over where nothing about them differs.
        """
        ring = read_ring_file(folder)
        opened = known.entries if known is not None else ()
        return cls(
            ring.organisation,
            tuple(open_entry(record, folder, passphrase, at, opened) for record in ring.keys),
            _certificates(folder, ring.roots),
            ring.units,
            ring.sequence,
            _certificates(folder, ring.timestamp_roots),
            tuple(crl for root in ring.roots if (crl := read_crl(folder, root)) is not None),
        )

    @classmethod
    def read_public(cls, folder: Path, ring: RingFile) -> Self:
        """`ring` with the public halves that lie in the folder; none of its keys signs. Raises KeyringMalformed."""
        return cls(
            ring.organisation,
            tuple(_read_entry(record, folder) for record in ring.keys),
            _certificates(folder, ring.roots),
            ring.units,
            ring.sequence,
            _certificates(folder, ring.timestamp_roots),
        )

    def active(
        self, purpose: KeyPurpose, at: datetime, unit: str | None = None, document_type: str | None = None
    ) -> SigningKey:
        return self.active_entry(purpose, at, unit, document_type).key

    def active_entry(
        self, purpose: KeyPurpose, at: datetime, unit: str | None = None, document_type: str | None = None
    ) -> KeyEntry:
        """The entry of the key that `active` gives. Raises KeyUnavailable."""
        attested = {one.code for one in self.units if document_type is None or document_type in one.document_types}
        in_force = [
            (entry.unit is not None, entry.not_before, number)
            for number, entry in enumerate(self.entries)
            if entry.purpose is purpose
            and entry.not_before <= at < entry.ends
            and entry.compromised_from is None
            and not entry.is_pending
            and (entry.unit is None or (entry.unit == unit and unit in attested))
        ]
        if not in_force:
            raise KeyUnavailable(f"no {purpose.value} key is in its period at {at.isoformat()}")
        return self.entries[max(in_force)[2]]  # of two that begin together, the one added last

    def signers_from(self, at: datetime) -> tuple[KeyEntry, ...]:
        """Every entry that `active` gives at some instant from `at` on, for whatever purpose and unit."""
        moments = {at, *(moment for entry in self.entries for moment in (entry.not_before, entry.ends))}
        signers: dict[str, KeyEntry] = {}
        for moment in sorted(moment for moment in moments if moment >= at):
            for purpose in KeyPurpose:
                for unit in (None, *(unit.code for unit in self.units)):
                    with contextlib.suppress(KeyUnavailable):
                        entry = self.active_entry(purpose, moment, unit)
                        signers[entry.key.key_id] = entry
        return tuple(signers.values())

    def by_id(self, key_id: str) -> SigningKey:
        found = next((entry for entry in self.entries if entry.key.key_id == key_id), None)
        if found is None:
            raise KeyUnavailable(f"no key {key_id}")
        if found.compromised_from is not None:
            raise KeyCompromised(f"key {key_id} is compromised")
        if found.is_pending:
            raise KeyUnavailable(f"key {key_id} waits for its certificate")
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
            if not entry.is_pending  # it has sealed nothing, and could be told from a stranger's by nothing
        )
        return TrustList(
            keys,
            self.roots,
            at,
            sequence=self.sequence,
            units=self.units,
            timestamp_roots=self.timestamp_roots,
        )


def open_entry(
    record: KeyRecord,
    folder: Path,
    passphrase: bytes,
    at: datetime | None = None,
    known: Collection[KeyEntry] = (),
) -> KeyEntry:
    """Open one key of a ring; at and known as in KeyRing.load. Raises KeyringMalformed, KeyUnavailable."""
    entry = _read_entry(record, folder)
    if record.compromised_from is not None:
        return entry
    key = entry.key
    address = KeyAddress(key.key_id, record.uri, folder, key.public_key, key.algorithm, key.certificate_chain)
    return replace(entry, key=_open_key(record, address, passphrase, at, known))


def _read_entry(record: KeyRecord, folder: Path) -> KeyEntry:
    """What the files say of a key, none of which is secret; it does not sign."""
    chain = _certificates(folder, record.certificates)
    public_key = read_public_half(folder, record)
    if chain and chain[0].public_key() != public_key:
        raise KeyringMalformed(f"key {record.key_id}: its certificate is another key's")
    algorithm = algorithm_of(public_key)
    assert algorithm is not None  # noqa: S101 - read_public_half has just looked; this tells mypy
    return KeyEntry(
        record.purpose,
        record.not_before,
        record.not_after,
        WithheldKey(record.key_id, algorithm, public_key, chain),
        record.unit,
        record.compromised_from,
        record.uri,
        record.signs_until,
    )


def read_public_half(folder: Path, record: KeyRecord) -> PublicKey:
    """The public key of a record, of a kind that its purpose allows. Raises KeyringMalformed."""
    try:
        public_key = load_pem_public_key((folder / record.public_key).read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as broken:
        raise KeyringMalformed(f"key {record.key_id}: {broken}") from None
    unsuitable = why_unsuitable(record.purpose, public_key)
    if unsuitable is not None:
        raise KeyringMalformed(f"key {record.key_id}: {unsuitable}")
    return public_key  # type: ignore[return-value]  # why_unsuitable has nothing against the three kinds only


def _open_key(
    record: KeyRecord, address: KeyAddress, passphrase: bytes, at: datetime | None, known: Collection[KeyEntry]
) -> SigningKey:
    for entry in known:
        key, what = entry.key, (address.key_id, address.public_key, address.certificate_chain)
        same = (key.key_id, key.public_key, key.certificate_chain) == what and entry.uri == address.uri
        if same and not isinstance(key, WithheldKey):
            return key
    try:
        return open_key(address, passphrase)
    except KeyUnavailable:
        if at is None or at < record.ends:
            raise
        # Destroying a private key that has handed over is good practice, and no reason not to start.
        return WithheldKey(address.key_id, address.algorithm, address.public_key, address.certificate_chain)


def _certificates(folder: Path, names: Iterable[str]) -> tuple[x509.Certificate, ...]:
    try:
        found = tuple(x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in names)
        for certificate in found:
            certificate.public_key()  # of a kind that can be read, which loading alone does not tell
    except (OSError, ValueError, UnsupportedAlgorithm) as broken:
        raise KeyringMalformed(f"certificate: {broken}") from None
    return found
