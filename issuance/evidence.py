"""Papers by which a citizen proves a category: uploaded, then accepted or rejected by an official."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from .application import Actor


class EvidenceState(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One paper. category: what it is to prove, a key of `CATEGORIES`; kind: what it is, a key of `EVIDENCE`.

    sha256: of the file, which lies in the folder of documents. reason: always given with a rejection; the citizen
    reads it.
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
