"""What is remembered of published procedures, as a port; each call runs inside one use case's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from issuance.application import ProcedureRef
from issuance.procedure.book import ProcedureBook
from issuance.procedure.document import Procedure
from issuance.procedure.published import Published


class Procedures(Protocol):
    """The published procedures. A document never changes, and none is ever forgotten."""

    def published(self) -> Published:
        """All that was ever published, withdrawn ones too. Read anew only when something has changed."""

    def book(self) -> ProcedureBook:
        """Which one new applications begin with."""

    def of(self, ref: ProcedureRef) -> Procedure:
        """The one that an application began with; without a digest, by id and version. Raises ProcedureNotFound."""

    def source(self, digest: str) -> bytes:
        """The document as it was published, byte by byte. Raises ProcedureNotFound."""

    def add(self, procedure: Procedure, source: bytes, by: str, at: datetime) -> None:
        """Raises ConcurrentChange where another document has its id and version, or the book changed meanwhile."""

    def withdraw(self, digest: str, by: str, reason: str, at: datetime) -> None:
        """Raises ConcurrentChange where it is withdrawn already, or the book changed meanwhile."""
