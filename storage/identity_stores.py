"""What identity asks outside of any use case; each call is a short transaction of its own.

Where the database cannot be asked they raise identity's StoreUnavailable: nothing is taken for granted, so whoever
brought a token is refused for the moment. A token may then be spent although its bearer got no answer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from identity.errors import StoreUnavailable
from identity.officials_register import RegisteredOfficial
from identity.shared_documents import SharedDocument, Turn
from verification.register import RegisterUnavailable

from .records import SqlRecords
from .runner import Database

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredRedeemed:
    """Satisfies `identity.replay.RedeemOnce`."""

    database: Database

    async def __call__(self, digest: bytes, keep_until: datetime) -> bool:
        return await _run(self.database, lambda records: records.redeemed.redeem(digest, keep_until))


@dataclass(frozen=True, slots=True)
class StoredOfficials:
    """Satisfies `identity.officials_register.FindOfficial`."""

    database: Database

    async def __call__(self, subject_key: str) -> RegisteredOfficial | None:
        return await _run(self.database, lambda records: records.officials.find(subject_key))


@dataclass(frozen=True, slots=True)
class StoredDocuments:
    """Satisfies `identity.shared_documents.SharedDocuments`."""

    database: Database

    async def find(self, name: str, /) -> SharedDocument | None:
        return await _run(self.database, lambda records: records.issuer_documents.find(name))

    async def take_turn(self, name: str, /, at: datetime, *, last_before: datetime) -> Turn:
        return await _run(
            self.database, lambda records: records.issuer_documents.take_turn(name, at, last_before=last_before)
        )

    async def keep(self, name: str, /, body: bytes, fetched_at: datetime) -> None:
        await _run(self.database, lambda records: records.issuer_documents.keep(name, body, fetched_at))


async def _run(database: Database, use_case: Callable[[SqlRecords], T]) -> T:
    """Raises StoreUnavailable, with nothing behind it: the database's own errors repeat what was asked."""
    with contextlib.suppress(RegisterUnavailable):
        return await database.run(use_case)
    raise StoreUnavailable
