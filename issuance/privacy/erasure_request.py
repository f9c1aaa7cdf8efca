"""That a person asked to be erased, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

Outcome = Literal["erased", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequest:
    """Whose it is says the blind index of her number only."""

    id: UUID
    person_index: str
    asked_at: datetime
    due_at: datetime


class ErasureRequests(Protocol):
    def add(self, request: ErasureRequest) -> None:
        """Raises ConcurrentChange where one of this person waits already."""

    def waiting(self) -> Sequence[ErasureRequest]:
        """Those without an answer, the earliest due first."""

    def waiting_of(self, person_index: str) -> ErasureRequest | None: ...

    def answer(self, person_index: str, outcome: Outcome, at: datetime) -> None:
        """Close what waits of this person; nothing where nothing does."""
