"""Somebody else may have had a key: from that instant on nothing that it sealed counts, and another takes over."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509

from signing.errors import KeyChangeRefused
from signing.key_types import type_of
from signing.keyring_file import KeyRecord, RingFile, locked, read_ring_file, write_ring_file
from signing.keys import read_public_half
from signing.local_root import crl_file, find_local_root, pem, read_crl
from signing.private_files import replace_private
from signing.rotate_key import Wish, add_key
from signing.schedule_keys import OVERLAP, covered_until, signer_of, signing_keys, start_without_gap
from verification.trust import KeyPurpose


@dataclass(frozen=True, slots=True)
class Compromised:
    """What was done. replacement: the key that takes its place, None where there is none.

    was_waiting: the replacement stood in the ring already. covered_until: up to when the ring now has a key for this
    purpose, None when it has none at this moment. revoked: the local root's list of revoked certificates names its
    certificate. changed: False on a second run.
    """

    record: KeyRecord
    replacement: KeyRecord | None
    was_waiting: bool
    covered_until: datetime | None
    revoked: bool
    changed: bool


def refuse_compromise(ring: RingFile, key_id: str, since: datetime, at: datetime) -> KeyRecord:
    """The key, when it may be marked so. Raises KeyChangeRefused for a time to come, and for taking anything back."""
    record = ring.find(key_id)
    if since > at:
        raise KeyChangeRefused("a key is marked from an instant that has passed; this one is still to come")
    known = record.compromised_from
    if known is not None and since > known:
        raise KeyChangeRefused(
            f"it counts as compromised from {known.isoformat()} on: what was refused since must not become good again"
        )
    return record


def compromise_key(
    folder: Path,
    passphrase: bytes,
    key_id: str,
    since: datetime,
    at: datetime,
    *,
    replace_it: bool = True,
    uri: str | None = None,
) -> Compromised:
    """Mark a key as compromised from `since` on; where it signs now, another takes over at once.

    One that is to come is replaced for its own day, and one that has handed over by nobody: what signs now goes on.
    uri: where the replacement lives already; without it one is made in a file, as the key itself was. For a trust-list
    key the one that waits takes over, for whoever checks offline knows no other. A second run with the same instant
    changes nothing, unless it brings the trust-list key that a run without a replacement had left out.
    Raises KeyChangeRefused, KeyUnsuitable, KeyringMalformed, KeyUnavailable.
    """
    with locked(folder):
        ring = read_ring_file(folder)
        record = refuse_compromise(ring, key_id, since, at)
        first = record.compromised_from is None
        marked = replace(record, compromised_from=since)
        changed = ring.with_key(marked)
        replacement, signs_lists = None, record.purpose is KeyPurpose.TRUST_LIST
        if replace_it and record.ends > at and not record.is_pending and not _has_handed_over(ring, record, at):
            if signs_lists and (first or covered_until(changed, record.purpose, None, at) is None):
                changed, replacement = _replace_list_signer(folder, passphrase, changed, record, uri, at)
            elif first and not signs_lists:
                changed, replacement = _replace(folder, passphrase, changed, record, uri, at)
        # The list first: a kill in between leaves a certificate revoked too early, never a compromise unsaid.
        revoked = _revoke(folder, passphrase, ring, record, since, at)
        is_new = changed != ring
        if is_new:
            changed = write_ring_file(folder, changed)
        return Compromised(
            marked,
            None if replacement is None else changed.find(replacement.key_id),
            replacement is not None and any(one.key_id == replacement.key_id for one in ring.keys),
            covered_until(changed, record.purpose, record.unit, at),
            revoked,
            is_new,
        )


def _has_handed_over(ring: RingFile, record: KeyRecord, at: datetime) -> bool:
    """Whether another signs by now, which is as good as before."""
    signer = signer_of(ring, record.purpose, record.unit, at)
    return record.not_before <= at and signer is not None and signer != record


def _replace_list_signer(
    folder: Path,
    passphrase: bytes,
    ring: RingFile,
    record: KeyRecord,
    uri: str | None,
    at: datetime,
) -> tuple[RingFile, KeyRecord]:
    """Let the next key take over that lists name already: whoever holds one would refuse what a new one signs."""
    purpose = record.purpose
    others = signing_keys(ring, purpose, None)
    start = max(at, record.not_before)
    following = next((one for one in others if one.not_before > start), None)
    if following is None:
        # As late as the others allow, so that lists which name it come round before.
        return _replace(folder, passphrase, ring, record, uri, at, covered_until(ring, purpose, None, at))
    if uri is not None:
        raise KeyChangeRefused(
            f"the key {following.key_id} waits, which whoever checks offline knows, and takes over: leave --uri out"
        )
    sooner = start_without_gap(ring, purpose, None, start, at).replace(microsecond=0)
    promoted = replace(following, not_before=sooner)
    return ring.with_key(promoted), promoted


def _replace(
    folder: Path,
    passphrase: bytes,
    ring: RingFile,
    record: KeyRecord,
    uri: str | None,
    at: datetime,
    starts_at: datetime | None = None,
) -> tuple[RingFile, KeyRecord]:
    if uri is None and not record.uri.startswith("software:"):
        raise KeyChangeRefused(
            f"the key lives at {record.uri.partition(':')[0]}: say where another is (--uri), or --no-replacement"
        )
    kind = type_of(read_public_half(folder, record))
    # As keys of this purpose last: those that have handed over were cut short, but of all never the longest. And long
    # enough to meet whichever key is to come, for nothing may keep a compromise from being marked.
    last = max((one.not_before for one in signing_keys(ring, record.purpose, record.unit)), default=at)
    kin = [one for one in ring.keys if (one.purpose, one.unit) == (record.purpose, record.unit)]
    wish = Wish(
        purpose=record.purpose,
        starts_at=starts_at or max(at, record.not_before),
        lasts=max(last - at + OVERLAP, *(one.not_after - one.not_before for one in kin)),
        key_type=kind or "rsa3072",
        unit=record.unit,
        uri=uri,
    )
    return add_key(folder, passphrase, ring, wish, at)


def _revoke(folder: Path, passphrase: bytes, ring: RingFile, record: KeyRecord, since: datetime, at: datetime) -> bool:
    """Whether the local root, if it has certified this key, now says that it does no longer."""
    local = find_local_root(folder, ring.roots, passphrase) if record.certificates else None
    if local is None:
        return False
    name, root = local
    certificate = x509.load_pem_x509_certificate((folder / record.certificates[0]).read_bytes())
    if certificate.issuer != root.certificate.subject:
        return False
    known = read_crl(folder, name)
    since = max(since, certificate.not_valid_before_utc).replace(microsecond=0)
    entry = None if known is None else known.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is None or entry.revocation_date_utc != since:
        replace_private(folder / crl_file(name), pem(root.revocations(at, known, (certificate, since))))
    return True
