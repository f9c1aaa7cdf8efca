"""The key ring of a running service: read anew when its file changes, so that no rotation needs a restart."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock

from cryptography import x509

from signing.errors import KeyUnsuitable, SigningError
from signing.keyring_file import KEYRING_FILE
from signing.keys import KeyRing, SigningKey
from verification.trust import KeyPurpose, TrustList

LOOK_SECONDS = 1.0
"""How often the file is looked at, at most: one stat, whatever the traffic."""

RETRY_SECONDS = 5.0
"""When a ring that could not be loaded is tried again though its file is the same: a device may be back."""

_log = logging.getLogger(__name__)
_Identity = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Held:
    """A ring, the file that it was read from, and what is wrong with a newer one; replaced whole, never changed."""

    ring: KeyRing
    identity: _Identity | None
    problem: str | None = None


class LiveKeyRing:
    """Satisfies `Keys`, from whichever thread. A file that cannot be loaded leaves the ring before it in force.

    clock: aware time, by which ended keys are told. monotonic: seconds, paces the looks. refuse: why a ring must not
    be used here, in words, None for one that may be. timestamp_roots: published beside the ring's own.
    """

    def __init__(
        self,
        folder: Path,
        passphrase: bytes,
        clock: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        refuse: Callable[[KeyRing], str | None] = lambda ring: None,
        timestamp_roots: Sequence[x509.Certificate] = (),
    ) -> None:
        """Load it. Raises KeyringMalformed, KeyUnavailable, and KeyUnsuitable for a ring that is refused."""
        self._folder = folder
        self._passphrase = passphrase
        self._clock = clock
        self._monotonic = monotonic
        self._refuse = refuse
        self._timestamp_roots = tuple(timestamp_roots)
        self._loading = Lock()
        # Before the file is read: a change in between is then seen as one.
        identity = self._identity()
        self._held = _Held(self._load(None), identity)
        self._next_look = monotonic() + LOOK_SECONDS
        self._next_try = 0.0

    @property
    def ring(self) -> KeyRing:
        """The ring in force at this moment."""
        self._look()
        return self._held.ring

    @property
    def problem(self) -> str | None:
        """Why the newest file is not in force, in words; None while it is."""
        self._look()
        return self._held.problem

    def active(
        self, purpose: KeyPurpose, at: datetime, unit: str | None = None, document_type: str | None = None
    ) -> SigningKey:
        return self.ring.active(purpose, at, unit, document_type)

    def by_id(self, key_id: str) -> SigningKey:
        return self.ring.by_id(key_id)

    def trust_list(self, at: datetime) -> TrustList:
        trust = self.ring.trust_list(at)
        return replace(trust, timestamp_roots=tuple(dict.fromkeys((*trust.timestamp_roots, *self._timestamp_roots))))

    def __repr__(self) -> str:
        return f"LiveKeyRing({str(self._folder)!r})"

    def _look(self) -> None:
        """Load a changed file. Whoever comes while another thread does goes on with the ring that is in force."""
        now = self._monotonic()
        if now < self._next_look or not self._loading.acquire(blocking=False):
            return
        try:
            self._next_look = now + LOOK_SECONDS
            held, identity = self._held, self._identity()
            if identity == held.identity and (held.problem is None or now < self._next_try):
                return
            try:
                self._held = _Held(self._load(held.ring), identity)
                _log.warning("the key ring has changed: sequence %d is in force", self._held.ring.sequence)
            except SigningError as refused:
                self._next_try = now + RETRY_SECONDS
                self._held = _Held(held.ring, identity, str(refused))
                if self._held.problem != held.problem:
                    _log.error("the key ring on disk cannot be used, the one before stays in force: %s", refused)
        finally:
            self._loading.release()

    def _load(self, known: KeyRing | None) -> KeyRing:
        ring = KeyRing.load(self._folder, self._passphrase, at=self._clock(), known=known)
        reason = self._refuse(ring)
        if reason is not None:
            raise KeyUnsuitable(reason)
        return ring

    def _identity(self) -> _Identity | None:
        try:
            found = (self._folder / KEYRING_FILE).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
