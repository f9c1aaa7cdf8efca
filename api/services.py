"""What the routes are given: one typed bundle, put together by condau.assembly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from issuance.records import DocumentFiles
from issuance.records import Records as IssuanceRecords
from verification.register import Register

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """The first answer to a request with an Idempotency-Key; body_sha256 tells whether a retry asks the same."""

    body_sha256: bytes
    status: int
    body: dict[str, Any]
    headers: dict[str, str]


class IdempotencyLog(Protocol):
    def find(self, subject_key: str, key: str) -> StoredAnswer | None: ...

    def keep(self, subject_key: str, key: str, answer: StoredAnswer, at: datetime) -> None:
        """Raises ConcurrentChange where another request kept an answer under this key first."""


class SecurityLog(Protocol):
    def record(self, *, code: str, route: str, at: datetime) -> None:
        """One security event; no token, no personal data, no address of a person."""


class Records(IssuanceRecords, Protocol):
    """One transaction's records, with those that only the ways in need."""

    @property
    def register(self) -> Register: ...
    @property
    def idempotency(self) -> IdempotencyLog: ...
    @property
    def security(self) -> SecurityLog: ...


class Runner(Protocol):
    """Runs a use case in one transaction, committed before `run` returns, rolled back when the use case raises."""

    async def run(self, use_case: Callable[[Records], T]) -> T:
        """A use case that raises ConcurrentChange is run again from its start, at most three times."""

    async def is_ready(self) -> bool:
        """Whether the database answers and its schema is the expected one."""


Clock = Callable[[], datetime]
Today = Callable[[], date]
DocumentStore = DocumentFiles
