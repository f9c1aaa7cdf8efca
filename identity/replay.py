"""What counts once: whoever brings it a second time is refused, also in another process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from identity.errors import TokenAlreadyUsed

RedeemOnce = Callable[[bytes, datetime], Awaitable[bool]]
"""Redeems a 32-byte digest and keeps it until the time given; True for exactly one caller, of however many at once."""


class Redeemed(Protocol):
    """What counts once, inside one transaction: it is spent together with its effect, or not at all."""

    def redeem(self, digest: bytes, keep_until: datetime) -> bool:
        """As `RedeemOnce`. Where another transaction has redeemed the same digest and is open, it waits for its end."""

    def give_back(self, digest: bytes) -> None:
        """Let it be redeemed again; harmless where nobody has."""


def redeemed_digest(use: str, issuer: str, identifier: str) -> bytes:
    """What is kept of an identifier that counts once for this use and issuer; as at `redeem_once`."""
    # the lengths keep two different triples from being the same bytes
    parts = [part.encode("utf-8") for part in (use, issuer, identifier)]
    return hashlib.sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).digest()


async def redeem_once(redeem: RedeemOnce, use: str, issuer: str, identifier: str, keep_until: datetime) -> None:
    """Let `identifier` count once for this use and issuer.

    use: what kind of evidence it is, so that two kinds never take each other's place. identifier: its `jti`, or the
    evidence itself where it has none; only a digest is kept. keep_until: when it could not be accepted any more,
    leeway included.
    Raises TokenAlreadyUsed.
    """
    if not await redeem(redeemed_digest(use, issuer, identifier), keep_until):
        raise TokenAlreadyUsed


class InMemoryRedeemed:
    """A `RedeemOnce` for one process without a database. Bounded: when full of unexpired entries, it refuses."""

    def __init__(self, clock: Callable[[], datetime], max_entries: int = 100_000) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._kept: dict[bytes, datetime] = {}
        self._lock = threading.Lock()

    async def __call__(self, digest: bytes, keep_until: datetime) -> bool:
        """As `RedeemOnce`."""
        # threads with an event loop each may share it; nothing is awaited while it is held
        with self._lock:
            if digest in self._kept:
                return False
            if len(self._kept) >= self._max_entries:
                now = self._clock()
                self._kept = {kept: until for kept, until in self._kept.items() if until > now}
                if len(self._kept) >= self._max_entries:
                    return False
            self._kept[digest] = keep_until
            return True
