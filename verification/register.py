"""Ports: what a verdict needs from the register of issued documents and from status lists."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from verification.verdict import (
    MAX_CLOCK_SKEW,
    NOT_REACHED,
    Check,
    DisclosedFacts,
    DocumentFacts,
    Outcome,
    VerificationError,
)


class RegisterUnavailable(VerificationError):
    """An adapter raises it when it can't be asked now; the verdict is then STATUS_UNKNOWN, never an accusation."""

    code = "register_unavailable"


class DocumentStatus(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """digest_sha256: of the file that was asked for, else of the one first issued. issued_at: when the sealed document
    was registered, so it was sealed before. key_ids: of all the keys that sealed its bodies. facts: without those of
    the person where her data was erased; what she still holds is then judged by its own seal."""

    serial: str
    digest_sha256: bytes
    facts: DocumentFacts | DisclosedFacts
    status: DocumentStatus
    issued_at: datetime
    key_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusReading:
    """A status as published at `as_of`; past `fresh_until` it says nothing but REVOKED any more (None: read live)."""

    status: DocumentStatus
    as_of: datetime
    fresh_until: datetime | None = None


class StatusSource(Protocol):
    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        """The status of an entry, or None where this source doesn't know it. Raises RegisterUnavailable."""


class Register(StatusSource, Protocol):
    """The register of issued documents. Its look-ups raise RegisterUnavailable when it can't be asked."""

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None: ...

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        """The document with this number, if the check code printed on it is right (compared in constant time)."""

    def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
        """The issued document that took this entry of a status list."""


def check_reading(reading: StatusReading | None, at: datetime) -> Check:
    """Turn a reading into a finding; one from the future is unknown, and a stale one unless it says revoked: a
    revocation is never taken back, so what was once known of it is so for good."""
    if reading is None:
        return Check(Outcome.UNKNOWN, "status_not_listed")
    if reading.as_of > at + MAX_CLOCK_SKEW:
        return Check(Outcome.UNKNOWN, "status_from_the_future", reading.as_of)
    revoked = reading.status is DocumentStatus.REVOKED
    if reading.fresh_until is not None and at >= reading.fresh_until and not revoked:
        return Check(Outcome.UNKNOWN, "status_stale", reading.as_of)
    good = reading.status is DocumentStatus.VALID
    return Check(Outcome.PASSED if good else Outcome.FAILED, reading.status.value, reading.as_of)


def check_status(source: StatusSource | None, facts: DocumentFacts | DisclosedFacts | None, at: datetime) -> Check:
    """Ask the source, if there is one, for the status of a document whose facts were sealed."""
    if facts is None:
        return NOT_REACHED
    if source is None:
        return Check(Outcome.UNKNOWN, "status_not_asked")
    try:
        reading = source.status_of(facts.status_list, facts.status_index)
    except RegisterUnavailable as unavailable:
        return Check(Outcome.UNKNOWN, unavailable.code)
    return check_reading(reading, at)
