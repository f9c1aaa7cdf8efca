"""When which key signs: the periods of a purpose's keys handed on from one to the next without a gap."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from signing.errors import KeyChangeRefused
from signing.keyring_file import KeyRecord, RingFile
from verification.trust import PDF_PURPOSES, KeyPurpose

DEFAULT_LEAD = timedelta(days=1)
"""Before a new key takes over: downloaded trust lists learn of it before it seals anything."""

OVERLAP = timedelta(days=1)
"""How long a key stays good after the next one has taken over: what was begun with it is finished with it."""

SKEW = timedelta(minutes=5)
"""A key that signs at once begins that much earlier: another machine's clock may be behind."""


def signing_keys(ring: RingFile, purpose: KeyPurpose, unit: str | None) -> list[KeyRecord]:
    """The keys of this purpose and of this very unit that may sign at some time, by their beginning."""
    found = (
        record
        for record in ring.keys
        if (record.purpose, record.unit) == (purpose, unit)
        and record.compromised_from is None
        and not record.is_pending
    )
    return sorted(found, key=lambda record: record.not_before)


def signer_of(ring: RingFile, purpose: KeyPurpose, unit: str | None, at: datetime) -> KeyRecord | None:
    """Which key of this very unit signs, by the same rule as KeyRing.active."""
    found = [one for one in signing_keys(ring, purpose, unit) if one.not_before <= at < one.ends]
    return max(found, key=lambda one: (one.not_before, ring.keys.index(one)), default=None)


def covered_until(ring: RingFile, purpose: KeyPurpose, unit: str | None, at: datetime) -> datetime | None:
    """Up to when some key of `signing_keys` is in its period at every instant from `at` on; None for no instant."""
    until = at
    for record in signing_keys(ring, purpose, unit):
        if record.not_before <= until:
            until = max(until, record.ends)
    return None if until == at else until


def start_without_gap(
    ring: RingFile, purpose: KeyPurpose, unit: str | None, wished: datetime, at: datetime
) -> datetime:
    """When a new key should begin: as wished, but not after the others have ended, and at once where none signs."""
    covered = covered_until(ring, purpose, unit, at)
    if covered is not None:
        wished = min(wished, covered)
    elif unit is None:  # a unit without a key has the organisation's meanwhile
        wished = at
    if wished > at:
        return wished
    begun = [record.not_before for record in signing_keys(ring, purpose, unit) if record.not_before <= at]
    return max(at - SKEW, *begun) if begun else at - SKEW


def hand_over(ring: RingFile, new: KeyRecord) -> RingFile:
    """The ring with `new`, to which the keys before it hand over, and which hands over to those after it.

    Those before it stop OVERLAP after its beginning: a key that has retired must not be worth stealing. Raises
    KeyChangeRefused when it would end before a later one begins, which would leave a gap.
    """
    others = [record for record in signing_keys(ring, new.purpose, new.unit) if record.key_id != new.key_id]
    later = [record for record in others if record.not_before > new.not_before]
    if later:
        following = later[0]
        if new.not_after < following.not_before:
            raise KeyChangeRefused(
                f"it would end before the key {following.key_id} begins, at {following.not_before.isoformat()}: "
                "let it sign for longer"
            )
        new = _stopping(new, following.not_before + OVERLAP)
    for record in others:
        if record.not_before <= new.not_before:
            ring = ring.with_key(_stopping(record, new.not_before + OVERLAP))
    return ring.with_key(new)


def _stopping(record: KeyRecord, end: datetime) -> KeyRecord:
    """A key that stops signing at `end`. One for PDFs stays in its period: without a timestamp, a verifier that is
    offline believes what it sealed only while the key could still seal."""
    if record.ends <= end:
        return record
    return replace(record, signs_until=end) if record.purpose in PDF_PURPOSES else replace(record, not_after=end)


def waiting(ring: RingFile, purpose: KeyPurpose, unit: str | None, at: datetime) -> Iterable[KeyRecord]:
    """Keys that are to take over: those not begun yet, and those that wait for their certificate."""
    return [
        record
        for record in ring.keys
        if (record.purpose, record.unit) == (purpose, unit)
        and record.compromised_from is None
        and (record.is_pending or record.not_before > at)
    ]


def lost_list_signers(ring: RingFile, purpose: KeyPurpose, at: datetime) -> list[KeyRecord]:
    """Compromised trust-list keys in their period, none for other purposes: a key that waits can take their place."""
    if purpose is not KeyPurpose.TRUST_LIST:
        return []
    return [one for one in ring.keys if one.purpose is purpose and one.compromised_from is not None and one.ends > at]
