"""Let another key take over: made here, or one that lives elsewhere already."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from signing.backends import read_public_key
from signing.errors import KeyChangeRefused, KeyUnsuitable
from signing.key_types import KeyType, key_id_of, new_private_key, private_pem, public_pem, why_unsuitable
from signing.keyring_file import KeyRecord, RingFile, locked, read_ring_file, write_ring_file
from signing.local_root import find_local_root, pem, seal_name
from signing.private_files import write_all_private
from signing.refuse_unpublishable import refuse_unpublishable
from signing.refuse_wrong_passphrase import refuse_wrong_passphrase
from signing.schedule_keys import covered_until, hand_over, lost_list_signers, start_without_gap, waiting
from verification.trust import PDF_PURPOSES, RECEIPT_DOCUMENT_TYPE, KeyPurpose, PublicKey

_OF_THE_WHOLE = (KeyPurpose.STATUS, KeyPurpose.TRUST_LIST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the new key shall be. unit: a code of the ring's units, None for the whole organisation.

    starts_at: when it takes over; earlier where the keys before it have ended by then. uri: where it lives already;
    None makes one of key_type in a file. outside_ca: it waits for a certificate from elsewhere, though a root is here.
    another: also when one is waiting already. shorter: it may end before those do that hand over to it.
    """

    purpose: KeyPurpose
    starts_at: datetime
    lasts: timedelta
    key_type: KeyType = "p256"
    unit: str | None = None
    uri: str | None = None
    outside_ca: bool = False
    another: bool = False
    shorter: bool = False


def rotate_key(folder: Path, passphrase: bytes, wish: Wish, at: datetime) -> KeyRecord:
    """Add a key that takes over by itself; the keys before it sign until then, and what they sealed stays good.

    Raises KeyChangeRefused, KeyUnsuitable, KeyringMalformed, KeyUnavailable; the ring is then as it was.
    """
    with locked(folder):
        ring = read_ring_file(folder)
        _refuse_wish(ring, wish, at)
        new = _new_key(folder, passphrase, ring, wish, at)
        if not wish.shorter:
            _refuse_shorter(ring, new.ring, wish, at)
        refuse_unpublishable(folder, ring, new.record, new.public_key, new.certificates, at)
        write_all_private(folder, new.files)
        write_ring_file(folder, new.ring)
        return new.ring.find(new.record.key_id)


def add_key(folder: Path, passphrase: bytes, ring: RingFile, wish: Wish, at: datetime) -> tuple[RingFile, KeyRecord]:
    """The ring with the wished key, whose files are in the folder; killed in between, they lie there unused.

    Call it while holding `locked`. Raises as rotate_key.
    """
    new = _new_key(folder, passphrase, ring, wish, at)
    write_all_private(folder, new.files)
    return new.ring, new.record


@dataclass(frozen=True, slots=True)
class _NewKey:
    """A key that is nowhere yet: the ring with it, and the files that belong in the folder before that ring."""

    ring: RingFile
    record: KeyRecord
    public_key: PublicKey
    certificates: tuple[x509.Certificate, ...]
    files: Mapping[str, bytes] = field(repr=False)


def _new_key(folder: Path, passphrase: bytes, ring: RingFile, wish: Wish, at: datetime) -> _NewKey:
    local = find_local_root(folder, ring.roots, passphrase) if wish.purpose in PDF_PURPOSES else None
    if wish.uri is None or wish.uri.startswith("software:"):
        refuse_wrong_passphrase(folder, ring, passphrase, at)
    public_key, uri, private = _find_or_make(folder, passphrase, wish)
    reason = why_unsuitable(wish.purpose, public_key)
    if reason is not None:
        raise KeyUnsuitable(reason)
    key_id = key_id_of(public_key)
    if any(record.key_id == key_id for record in ring.keys):
        raise KeyChangeRefused(f"the ring has this very key already: {key_id}; a key serves one purpose only")
    name = f"{wish.purpose.value}-{key_id}"
    start = start_without_gap(ring, wish.purpose, wish.unit, wish.starts_at, at).replace(microsecond=0)
    record = KeyRecord(
        key_id=key_id,
        purpose=wish.purpose,
        uri=uri or f"software:{name}.key.pem",
        public_key=f"{name}.pub.pem",
        certificates=(),
        not_before=start,
        not_after=start + wish.lasts,
        unit=wish.unit,
    )
    files = {record.public_key: public_pem(public_key)}
    if private is not None:
        files[f"{name}.key.pem"] = private
    root = None if local is None or wish.outside_ca else local[1]
    certificates: tuple[x509.Certificate, ...] = ()
    if root is not None and root.certificate.not_valid_after_utc > start:
        record = replace(
            record,
            certificates=(f"{name}.crt.pem",),
            not_after=min(record.not_after, root.certificate.not_valid_after_utc),
        )
        owner = next((unit.name for unit in ring.units if unit.code == wish.unit), ring.organisation)
        subject = seal_name(wish.purpose, owner)
        certificates = (root.certify(public_key, subject, record.not_before, record.not_after),)
        files[f"{name}.crt.pem"] = pem(certificates[0])
    ring = ring.with_key(record) if record.is_pending else hand_over(ring, record)
    return _NewKey(ring, record, public_key, certificates, files)


def _find_or_make(folder: Path, passphrase: bytes, wish: Wish) -> tuple[PublicKey, str | None, bytes | None]:
    """The public key, the URI where it is elsewhere, and else the private key's file."""
    if wish.uri is not None:
        return read_public_key(wish.uri, folder, passphrase), wish.uri, None
    key = new_private_key(wish.key_type)
    return key.public_key(), None, private_pem(key, passphrase)


def _refuse_wish(ring: RingFile, wish: Wish, at: datetime) -> None:
    if wish.lasts <= timedelta(0):
        raise KeyChangeRefused("a key signs for some time, not for none")
    if wish.outside_ca and wish.purpose not in PDF_PURPOSES:
        raise KeyChangeRefused(f"a {wish.purpose.value} key takes no certificate")
    if wish.unit is not None:
        unit = next((one for one in ring.units if one.code == wish.unit), None)
        if unit is None:
            known = ", ".join(one.code for one in ring.units) or "none"
            raise KeyChangeRefused(f"the ring has no unit {wish.unit!r} (known: {known}); add a [[unit]] first")
        if wish.purpose in _OF_THE_WHOLE:
            raise KeyChangeRefused(f"{wish.purpose.value} keys are the whole organisation's: leave the unit out")
        if wish.purpose is KeyPurpose.RECEIPT and RECEIPT_DOCUMENT_TYPE not in unit.document_types:
            raise KeyChangeRefused(f"receipts are not among the document types of the unit {unit.code}")
    ready = list(waiting(ring, wish.purpose, wish.unit, at))
    # Where nothing signs, one is needed now, and not only when the one that waits begins: unless that can do it.
    needed = (
        wish.unit is None
        and covered_until(ring, wish.purpose, None, at) is None
        and not any(one.is_pending for one in ready)
        and not (ready and lost_list_signers(ring, wish.purpose, at))
    )
    if ready and not wish.another and not needed:
        one = ready[0]
        why = "for its certificate" if one.is_pending else f"to take over at {one.not_before.isoformat()}"
        raise KeyChangeRefused(
            f"the {one.purpose.value} key {one.key_id} waits already {why} (--another adds one more)"
        )


def _refuse_shorter(ring: RingFile, changed: RingFile, wish: Wish, at: datetime) -> None:
    """A slip in the period would otherwise end the purpose within days, for those before it hand over."""
    before, after = (covered_until(one, wish.purpose, wish.unit, at) for one in (ring, changed))
    if before is not None and (after is None or after < before):
        raise KeyChangeRefused(
            f"the purpose would then be without a key from {(after or at).isoformat()} on, and has one until "
            f"{before.isoformat()} as it is: let it sign for longer (--for), or say --shorter"
        )
