"""What issuance needs to remember, as ports; each call runs inside one use case's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from verification.register import DocumentStatus

from .application import Application
from .certificate import Certificate, CertificateKind, DocumentFile
from .jobs import JobKind, Jobs
from .payments.order import PaymentOrder, ReceivedPayment

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which application. `details` holds no personal data."""

    at: datetime
    actor: str
    action: str
    application_id: UUID | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WorkListPage:
    applications: Sequence[Application]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingFailure:
    """A background job that failed and has not succeeded since. error: a stable code or an error's name, no message."""

    kind: JobKind
    application_id: UUID
    error: str
    since: datetime
    last_at: datetime
    attempts: int


class Applications(Protocol):
    def add(self, application: Application) -> None: ...

    def save(self, application: Application) -> Application:
        """Store the change, return it with its new version. Raises ConcurrentChange where the stored one differs."""

    def by_id(self, application_id: UUID) -> Application:
        """Raises ApplicationNotFound."""

    def of_citizen(self, code: str, subject_key: str) -> Application:
        """The owner is part of the query. Raises ApplicationNotFound."""

    def list_of_citizen(self, subject_key: str, cursor: str | None, limit: int) -> WorkListPage:
        """Newest first."""

    def in_unit(self, code: str, unit: str) -> Application:
        """The unit is part of the query. Raises ApplicationNotFound."""

    def work_list(self, unit: str, cursor: str | None, limit: int) -> WorkListPage:
        """Undecided applications of the unit in the states received and in progress, and newly registered ones whose
        fee waits for an official; the earliest promised date first."""

    def of_unit(self, unit: str, cursor: str | None, limit: int) -> WorkListPage:
        """All applications of the unit, newest first."""


class Certificates(Protocol):
    def intend(self, certificate: Certificate) -> None:
        """Raises ConcurrentChange where the application already has one of this kind, or number or index are taken."""

    def of_application(self, application_id: UUID, kind: CertificateKind) -> Certificate | None: ...

    def conclude(self, certificate: Certificate) -> bool:
        """INTENDED → ISSUED with digest and size; False when it was issued before, and then nothing changes."""

    def renew(self, certificate: Certificate) -> None:
        """Intend anew what is INTENDED: content, keys and dates change, its numbers and its entry of the status list
        stay. Raises ConcurrentChange when it is not INTENDED any more."""

    def revoke(self, certificate: Certificate) -> None:
        """ISSUED → REVOKED, and a suspension ends. Raises AlreadyRevoked when it is not ISSUED any more."""

    def suspend(self, certificate: Certificate) -> None:
        """Raises AlreadySuspended, AlreadyRevoked."""

    def reinstate(self, certificate: Certificate) -> None:
        """End the suspension. Raises NotSuspended, AlreadyRevoked."""

    def add_file(self, certificate: Certificate, file: DocumentFile) -> bool:
        """Register a further file; False where it is registered already. An archived PDF is waited for no more."""

    def files_of(self, certificate: Certificate) -> Sequence[DocumentFile]:
        """Oldest first."""

    def want_archive(self, certificate: Certificate) -> None:
        """Note that an archived PDF of this issued document is to be made; sweeps ask for it until it is there."""

    def wants_archive(self, certificate: Certificate) -> bool:
        """Whether that was noted, and no archived PDF came since."""

    def open_status_list(self) -> int:
        """The number of the list that takes new entries; a new one is opened when half of it is used."""

    def newest_status_list(self) -> int:
        """The number of the list opened last; lists are numbered from 1 on, 0 means that there is none yet."""

    def not_in_force(self, status_list: int) -> Mapping[int, DocumentStatus]:
        """The entries of the list that are revoked or suspended, by index."""


class Payments(Protocol):
    def open(self, order: PaymentOrder) -> None:
        """Raises ConcurrentChange where the application has an order already."""

    def of_application(self, application_id: UUID) -> PaymentOrder | None: ...

    def confirm(self, order: PaymentOrder) -> bool:
        """OPEN → PAID; False when it was paid before, and then nothing changes.

        Raises PaymentMismatch where the same transfer (by its reference) has paid another order.
        """

    def note_unmatched(self, payment: ReceivedPayment, application_id: UUID | None, at: datetime) -> None:
        """Keep money that fits no order, for somebody to look at. The first note of a reference stands."""


class Counters(Protocol):
    """Numbers without gaps. Take one as late as possible in a use case: its row stays locked until the commit."""

    def next_application(self, unit: str, on: date) -> int: ...

    def next_receipt(self, unit: str, year: int) -> int: ...


class AuditTrail(Protocol):
    def append(self, entry: AuditEntry) -> None:
        """In the same transaction as the effect: where this fails, the effect does not happen."""

    def of_application(self, application_id: UUID) -> Sequence[AuditEntry]: ...


class IssuingFailures(Protocol):
    """Which applications background work is stuck for, so that somebody is told. Jobs are asked for again all the same,
    less and less often."""

    def list(self, limit: int) -> Sequence[IssuingFailure]:
        """The longest stuck first."""

    def note(self, kind: JobKind, application_id: UUID, error: str, at: datetime) -> None:
        """One more attempt of a job has failed."""

    def clear(self, kind: JobKind, application_id: UUID) -> None:
        """The job has succeeded; harmless where it never failed."""


class Records(Protocol):
    """All that one transaction can reach."""

    @property
    def applications(self) -> Applications: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def counters(self) -> Counters: ...
    @property
    def audit(self) -> AuditTrail: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def failures(self) -> IssuingFailures: ...


class Transact(Protocol):
    def __call__(self, use_case: Callable[[Records], T]) -> T:
        """Run a use case in one transaction, for background work. May run it again after ConcurrentChange."""


class DocumentFiles(Protocol):
    """Sealed documents by digest, outside of any transaction."""

    def store(self, data: bytes, sha256: bytes) -> None:
        """Durable when it returns: temporary file, fsync, rename, fsync of the folder. Storing twice is harmless."""

    def holds(self, sha256: bytes) -> bool:
        """Whether a document of this digest is stored; its bytes are not read."""

    def load(self, sha256: bytes) -> bytes:
        """Raises FileMissing (storage) when the file is gone or its bytes do not have this digest."""
