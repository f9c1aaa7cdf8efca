"""What an issuer published, shared by all processes of one service, so that together they ask it as often as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SharedDocument:
    """A document as some process fetched it."""

    body: bytes = field(repr=False)
    fetched_at: datetime


class SharedDocuments(Protocol):
    """The store; every call is a short transaction of its own, so that nothing is held while an issuer is asked."""

    async def find(self, address: str) -> SharedDocument | None: ...

    async def take_turn(self, address: str, at: datetime, *, last_before: datetime) -> bool:
        """Claim the next fetch: True for one caller, and only when the last turn was taken before `last_before`."""

    async def keep(self, address: str, body: bytes, fetched_at: datetime) -> None:
        """The newest one stays, whoever comes last."""
