"""The policy book as this process holds it: read anew when its revision in the database is another one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from issuance.fees.book import PolicyBook
from issuance.fees.document import FeePolicy
from issuance.fees.reading.read_policy import read_policy


class HeldPolicyBook:
    """One for each database. A book belongs to one revision; a document never changes, so it is parsed once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[int, PolicyBook] | None = None
        self._policies: dict[str, FeePolicy] = {}

    def of_revision(self, revision: int) -> PolicyBook | None:
        held = self._held
        return held[1] if held is not None and held[0] == revision else None

    def keep(self, revision: int, book: PolicyBook) -> None:
        """Only what is committed: another transaction may give the same number to another book."""
        self._held = (revision, book)

    def policy(self, digest: str, name: str, source: Callable[[], bytes]) -> FeePolicy:
        """The document of this digest, from `source` where it was not read before.

        Raises PolicyRefused where it can't be read, ValueError where it has another digest.
        """
        with self._lock:
            known = self._policies.get(digest)
        if known is not None:
            return known
        policy = read_policy(source(), name)
        if policy.digest != digest:
            raise ValueError(f"{name}: the stored document is not the one that entered the book")
        with self._lock:
            return self._policies.setdefault(digest, policy)
