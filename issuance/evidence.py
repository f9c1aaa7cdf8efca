"""Papers that a citizen brings: uploaded, accepted or rejected by an official, deleted when their time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from .application import Actor

FOR_THE_APPLICATION = "application"
"""The category of a paper that belongs to the application itself and lowers no fee."""

ASKED_PAPER = "asked_paper"
"""Its kind where the document type knows none: what the desk has asked for in its own words."""


class EvidenceState(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A file that was opened and only shows. pages: None where nobody has counted them."""

    sha256: bytes
    media_type: str
    size_bytes: int
    pages: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One paper. category: what it is to prove, a key of `CATEGORIES`, or `FOR_THE_APPLICATION`. kind: what it is, a
    key of `EVIDENCE`; of those for the application one of its type's papers, or `ASKED_PAPER`.

    sha256: of the file as it was brought. is_encrypted: whether it lies among the encrypted papers, as all do but those
    of earlier versions. file_removed_at: when the file was given up for good. reason: always given with a rejection;
    the citizen reads it.
    """

    id: UUID
    application_id: UUID
    category: str
    kind: str
    sha256: bytes
    media_type: str
    size_bytes: int
    uploaded_at: datetime
    state: EvidenceState = EvidenceState.SUBMITTED
    decided_by: Actor | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    pages: int | None = None
    is_encrypted: bool = False
    file_removed_at: datetime | None = None


class PaperFiles(Protocol):
    """Papers by the digest of what was brought, encrypted, outside of any transaction."""

    def store(self, data: bytes, sha256: bytes) -> None:
        """Durable when it returns. Storing twice is harmless."""

    def load(self, sha256: bytes) -> bytes:
        """Raises FileUnreadable when the file is gone or is not what was stored."""
