"""What an issuer published, shared by all processes of one service, so that together they ask it as often as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

WRONG_CLOCK: Final = timedelta(minutes=1)
"""A kept moment that lies further ahead than this was written by a wrong clock, and counts as none."""


@dataclass(frozen=True, slots=True)
class SharedDocument:
    """A document as some process fetched it. fetched_at: when that process began to ask for it, aware."""

    body: bytes = field(repr=False)
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is. taken_at: when the turn in force was taken, by the caller (`is_ours`) or by somebody else."""

    is_ours: bool
    taken_at: datetime


class SharedDocuments(Protocol):
    """The store; every call is a short transaction of its own, so that nothing is held while an issuer is asked.

    A name has at most 2,000 characters, a body at most 256 KiB; names come from settings, a handful for each issuer.
    Documents and turns of one name know nothing of each other. A store that raises, or takes longer than a second,
    counts as away, and its caller goes on alone.
    """

    async def find(self, name: str, /) -> SharedDocument | None: ...

    async def take_turn(self, name: str, /, at: datetime, *, last_before: datetime) -> Turn:
        """Take a turn at `at`; of however many at once, one gets it.

        It is the caller's when none was taken yet, when the last one was taken before `last_before`, and when the last
        one lies further ahead of `at` than `WRONG_CLOCK`. Otherwise nothing changes, and the last one is told.
        """

    async def keep(self, name: str, /, body: bytes, fetched_at: datetime) -> None:
        """Of several, the one with the latest `fetched_at` stays, whoever comes last; a moment further ahead of
        `fetched_at` than `WRONG_CLOCK` does not count, and is replaced."""
