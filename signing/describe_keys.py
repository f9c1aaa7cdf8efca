"""What stands in a ring, told without opening a single private key: which key signs, and what ends soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from signing.errors import KeyringMalformed
from signing.key_types import KeyType, type_of
from signing.keyring_file import KeyRecord, RingFile, read_ring_file
from signing.keys import read_public_half
from signing.schedule_keys import covered_until, lost_list_signers, signer_of, signing_keys, waiting
from verification.trust import KeyPurpose
from verification.verify_trust_list import anchor_of

WARN_BEFORE = timedelta(days=60)
WARN_ALWAYS_BEFORE = timedelta(days=7)


class KeyState(StrEnum):
    """What a key does at a given instant. retired: another has taken over, though its period is not over."""

    SIGNING = "signing now"
    NEXT = "next"
    RETIRED = "retired"
    PAST = "past"
    PENDING = "pending certificate"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """A record with what its files say. key_type: None for a size that is not made here. anchor: what is handed out of
    a trust-list key (`anchor_of`), None of others."""

    record: KeyRecord
    state: KeyState
    key_type: KeyType | None
    certificate_ends: datetime | None
    anchor: bytes | None

    @property
    def backend(self) -> str:
        """Where it lives: the URI's scheme; the rest may say more than a screen should show."""
        return self.record.uri.partition(":")[0]


def describe_keys(folder: Path, at: datetime) -> tuple[KeyDescription, ...]:
    """Every key of the ring, in the file's order. Raises KeyringMalformed, KeyUnavailable."""
    ring = read_ring_file(folder)
    return tuple(_describe(folder, ring, record, at) for record in ring.keys)


def _describe(folder: Path, ring: RingFile, record: KeyRecord, at: datetime) -> KeyDescription:
    public_key = read_public_half(folder, record)
    anchor = anchor_of(public_key) if record.purpose is KeyPurpose.TRUST_LIST else None
    return KeyDescription(record, state_of(ring, record, at), type_of(public_key), _end(folder, record), anchor)


def state_of(ring: RingFile, record: KeyRecord, at: datetime) -> KeyState:
    """What this key of the ring does at `at`."""
    if record.compromised_from is not None:
        return KeyState.COMPROMISED
    if record.is_pending:
        return KeyState.PENDING
    if at < record.not_before:
        return KeyState.NEXT
    if at >= record.not_after:
        return KeyState.PAST
    signer = signer_of(ring, record.purpose, record.unit, at)
    return KeyState.SIGNING if signer == record else KeyState.RETIRED


def warnings_about(ring: RingFile, at: datetime) -> Sequence[str]:
    """What an operator has to see to, a sentence each: purposes without a key, and those whose last key ends soon.

    Soon is WARN_BEFORE, for short epochs the last quarter of the period, so that an orderly rotation warns nobody; but
    never less than WARN_ALWAYS_BEFORE, for a key that was to hand over to one that is gone has no long period left.
    """
    said = []
    for purpose, unit in sorted(
        {(one.purpose, one.unit) for one in ring.keys} | {(one, None) for one in KeyPurpose},
        key=lambda pair: (pair[0], pair[1] or ""),
    ):
        whose = f"{purpose.value}" if unit is None else f"{purpose.value} of {unit}"
        until = covered_until(ring, purpose, unit, at)
        if until is None:
            if unit is None:
                said.append(f"{whose}: no key signs{_hint(ring, purpose, unit, at)}")
            continue
        last = max(signing_keys(ring, purpose, unit), key=lambda one: one.ends)
        if until - at < max(WARN_ALWAYS_BEFORE, min(WARN_BEFORE, (last.ends - last.not_before) / 4)):
            said.append(f"{whose}: no key signs after {until.isoformat()}{_hint(ring, purpose, unit, at)}")
    return said


def _hint(ring: RingFile, purpose: KeyPurpose, unit: str | None, at: datetime) -> str:
    ready = list(waiting(ring, purpose, unit, at))
    lost = lost_list_signers(ring, purpose, at)
    if ready and lost and covered_until(ring, purpose, unit, at) is None:
        # Not rotation: no list that is held would name that key.
        marked = lost[-1].key_id
        return f"; `condau keys compromise {marked}` again, without --no-replacement, lets {ready[0].key_id} take over"
    pending = [one.key_id for one in ready if one.is_pending]
    if pending:
        return f"; {pending[0]} waits for its certificate (`condau keys csr {pending[0]}`)"
    return f"; `condau keys rotate {purpose.value}{f' --unit {unit}' if unit else ''}` adds one"


def _end(folder: Path, record: KeyRecord) -> datetime | None:
    if not record.certificates:
        return None
    try:
        return x509.load_pem_x509_certificate((folder / record.certificates[0]).read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as broken:
        raise KeyringMalformed(f"key {record.key_id}: {broken}") from None
