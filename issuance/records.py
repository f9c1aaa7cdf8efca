"""What issuance needs to remember, as ports; each call runs inside one use case's transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from identity.citizen import Role
from identity.officials_register import RegisteredOfficial
from verification.register import DocumentStatus

from .accesses import Accesses
from .agencies.ports import CarryOvers, Units
from .application import Application
from .assessed import StoredAssessment
from .batches.batch import Batches
from .certificate import Certificate, CertificateKind, DocumentFile
from .deadlines.apology import Apologies
from .deadlines.follow_up import FollowUps
from .delegations.delegation import DeclaredRelatives, Delegations
from .delivery.handover import Handovers
from .delivery.notice import Notices
from .delivery.parcel import PaperCopies, Parcels
from .evidence import Evidence
from .fee_policies.draft import BookRow, DraftSummary, Editor, PolicyDraft, StoredAct, StoredRehearsal
from .feedback.question import Questions
from .feedback.survey_book import Surveys
from .fees.book import PolicyBook
from .fees.quotas import QuotaClaim, QuotaKey
from .jobs import JobKind, Jobs
from .payments.notice import PaymentNotices
from .payments.order import PaymentOrder
from .payments.received import ReceivedPayments
from .payments.refund import Refunds
from .privacy.erasure_request import ErasureRequests
from .privacy.persons import Persons
from .procedure.records import Procedures
from .settlement.step_visit import StepVisits
from .statistics.counts import Statistics
from .work_list import EVERYTHING, WorkFilter

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresAlike:
    """How many jobs of a kind fail for one reason, and since when the longest of them has."""

    kind: JobKind
    error: str
    number: int
    since: datetime


class Applications(Protocol):
    def add(self, application: Application) -> None: ...

    def save(self, application: Application) -> Application:
        """Store the change, return it with its new version. Raises ConcurrentChange where the stored one differs."""

    def by_id(self, application_id: UUID) -> Application:
        """Raises ApplicationNotFound."""

    def of_citizen(self, code: str, subject_key: str) -> Application:
        """The owner is part of the query. Raises ApplicationNotFound."""

    def list_of_citizen(
        self, subject_key: str, cursor: str | None, limit: int, *, person_key: str | None = None
    ) -> WorkListPage:
        """Newest first; with what was issued in batches for the person of this key (`batches.owner`)."""

    def in_unit(self, code: str, unit: str) -> Application:
        """The unit is part of the query. Raises ApplicationNotFound."""

    def work_list(self, unit: str, cursor: str | None, limit: int, wanted: WorkFilter = EVERYTHING) -> WorkListPage:
        """Undecided applications of the unit in the states received and in progress, newly registered ones whose fee
        waits for an official, and those that wait for payment while a paper waits to be looked at; the earliest
        promised date first; or what else is wanted. Raises InvalidCursor, also for a cursor of another question."""

    def count_work(self, unit: str, wanted: WorkFilter, at_most: int) -> int:
        """How many entries the unit's work list has; counting ends at `at_most`."""

    def with_code(self, unit: str, beginning: str, limit: int) -> Sequence[Application]:
        """Applications of the unit whose code begins so, by code."""

    def of_person(self, unit: str, person_index: str, limit: int) -> Sequence[Application]:
        """Applications of the unit that this person made or that are about her, the newest first."""

    def of_unit(self, unit: str, cursor: str | None, limit: int) -> WorkListPage:
        """All applications of the unit, newest first."""

    def submitted_between(
        self,
        type_ids: Collection[str],
        first_at: datetime,
        before: datetime,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[Application]:
        """A page of the applications of these types in the order in which they came; after: when the last one of the
        page before came, and its id."""

    def open_by_owner(self, subject_keys: Collection[str]) -> Mapping[str, int]:
        """How many open applications each of these accounts owns; those without any are left out."""

    def owners(self) -> Sequence[tuple[str, str, str]]:
        """Unit, owner's account and role of every undecided application that somebody owns, each once."""

    def owned(self, unit: str, subject_key: str, role: str, limit: int, skipped: int = 0) -> Sequence[Application]:
        """Undecided ones, the earliest promised time first, without so many of the first."""

    def papers_overdue(self, before: date, limit: int) -> Sequence[Application]:
        """Those that waited for papers until a day before this one, the longest waited for first."""

    def unpaid(self, asked_before: datetime, limit: int) -> Sequence[UUID]:
        """Those that wait for money of an order opened before this time, the oldest first."""

    def count_submitted(self, type_ids: Collection[str], first_at: datetime, before: datetime) -> int: ...


class Certificates(Protocol):
    def intend(self, certificate: Certificate) -> None:
        """Raises ConcurrentChange where the application already has one of this kind, or number or index are taken."""

    def is_taken(self, status_list: int, status_index: int) -> bool:
        """Whether a document has this entry of the list."""

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

    def lock(self, application_id: UUID) -> PaymentOrder:
        """The order as it stands now; whoever else wants to change it waits for the end of this transaction.

        Raises ApplicationNotFound where there is none."""

    def of_memos(self, memos: Collection[str]) -> Sequence[PaymentOrder]:
        """The orders that have one of these memos."""

    def to_ask_about(self, at: datetime, limit: int) -> Sequence[PaymentOrder]:
        """Those about which the provider is to be asked by now, the longest due first."""

    def ask_again(self, order: PaymentOrder, at: datetime | None) -> None:
        """When the provider is to be asked about it next; None: never again."""

    def confirm(self, order: PaymentOrder) -> bool:
        """OPEN → PAID; False when it was paid before, and then nothing changes.

        Raises PaymentMismatch where the same transfer (by its reference) has paid another order, and ConcurrentChange
        where the order was cancelled, or asks for another amount by now.
        """

    def lower(self, order: PaymentOrder) -> None:
        """An OPEN order asks for less. Raises ConcurrentChange where it is not open any more."""

    def cancel(self, order: PaymentOrder, at: datetime) -> None:
        """OPEN → CANCELLED: nothing is asked for, and money that comes all the same fits no order.

        Raises ConcurrentChange where it is not open any more."""


class Counters(Protocol):
    """Numbers without gaps. Take one as late as possible in a use case: its row stays locked until the commit."""

    def next_application(self, unit: str, on: date) -> tuple[date, int]:
        """The day and the number of the next code: of this day, or of the first one after it with a code left.

        Raises DailyCodesExhausted where there is none for 30 days ahead."""

    def next_receipt(self, unit: str, year: int) -> int: ...

    def number_receipt(self, application_id: UUID, unit: str, year: int, at: datetime) -> int:
        """The next receipt's, noted as this application's, which has one at most. Raises ConcurrentChange."""


class AuditTrail(Protocol):
    def append(self, entry: AuditEntry) -> None:
        """In the same transaction as the effect: where this fails, the effect does not happen."""

    def of_application(self, application_id: UUID) -> Sequence[AuditEntry]: ...

    def of_actors(self, actors: Collection[str], actions: Collection[str]) -> Sequence[AuditEntry]:
        """What these accounts have done, of these actions and of no application; the earliest first."""


class IssuingFailures(Protocol):
    """Which applications background work is stuck for, so that somebody is told. Jobs are asked for again all the same,
    less and less often."""

    def list(self, limit: int) -> Sequence[IssuingFailure]:
        """The longest stuck first."""

    def by_error(self) -> Sequence[FailuresAlike]:
        """All of them, counted: what fails for the same reason is one thing to mend. The most frequent first."""

    def note(self, kind: JobKind, application_id: UUID, error: str, at: datetime) -> None:
        """One more attempt of a job has failed."""

    def clear(self, kind: JobKind, application_id: UUID) -> None:
        """The job has succeeded; harmless where it never failed."""


class Assessments(Protocol):
    """Every fee decision, append-only."""

    def add(self, assessment: StoredAssessment) -> None:
        """Raises ConcurrentChange where the application has one of this number."""

    def of_application(self, application_id: UUID) -> Sequence[StoredAssessment]:
        """Oldest first."""

    def after(self, application_id: UUID | None, seq: int, limit: int) -> Sequence[StoredAssessment]:
        """A page of all of them, in the order of application and number; from the beginning with None and 0."""

    def count(self) -> int: ...


class QuotaBooks(Protocol):
    """What is used of the quotas that requests share. A claim is reserved with the application, committed when its
    document is issued, or released; reserved and committed ones count alike."""

    def used(self, keys: Sequence[QuotaKey]) -> Mapping[QuotaKey, int]:
        """0 where nothing was ever claimed. Takes no lock."""

    def claimed(self, application_id: UUID) -> Mapping[QuotaKey, int]:
        """What the application has claimed and not given back."""

    def reserve(self, application_id: UUID, assessment_seq: int, claims: Sequence[QuotaClaim], at: datetime) -> None:
        """As late as possible in a use case: the rows stay locked until the commit.

        Raises ConcurrentChange where not enough is left any more; the use case is run again and decides anew."""

    def claim_anew(self, application_id: UUID, assessment_seq: int, claims: Sequence[QuotaClaim], at: datetime) -> None:
        """Release and reserve in one, for which what the application has claimed counts as free.

        As late as possible in a use case. Raises ConcurrentChange as `reserve` does."""

    def commit(self, application_id: UUID, at: datetime) -> None:
        """What is reserved for the application is used for good. Harmless when repeated."""

    def release(self, application_id: UUID, at: datetime) -> None:
        """What the application has claimed is free again. Harmless when repeated."""

    def of_policy(self, policy_id: str) -> Sequence[tuple[QuotaKey, int, int]]:
        """The budgets of a policy (scope `budget_total`): key, used, size at the last claim."""


class EvidenceRecords(Protocol):
    def add(self, evidence: Evidence) -> None:
        """Raises ConcurrentChange where the same file was brought for the same category of this application."""

    def of_application(self, application_id: UUID) -> Sequence[Evidence]:
        """Oldest first."""

    def of_applications(self, application_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Evidence]]:
        """The same for many at once; those without papers are left out."""

    def of_ended(self, with_result_before: datetime, without_before: datetime, limit: int) -> Sequence[Evidence]:
        """Those whose file is kept still though their application ended before: with a result, or without one."""

    def give_up_file(self, evidence: Evidence) -> None:
        """Store that its file was removed. Harmless when repeated."""

    def decide(self, evidence: Evidence) -> bool:
        """SUBMITTED → ACCEPTED or REJECTED; False where it is decided already, and then nothing changes."""


class FeePolicies(Protocol):
    """The policy book, and the drafts that may enter it. Entries are never changed, only closed."""

    def book(self) -> PolicyBook:
        """All entries, also those known no more. Read anew only when it has changed."""

    def rows(self, policy_id: str | None = None) -> Sequence[BookRow]:
        """The stored entries in the order of their first days, then of when they were known."""

    def source(self, digest: str) -> bytes | None:
        """The document of a version that is or was in the book, as it was written."""

    def open_entry(self, row: BookRow, source: bytes) -> None:
        """Raises ConcurrentChange where another entry changed the book at the same time, or another document has this
        policy id and version."""

    def close_entry(self, row: BookRow) -> None:
        """Set known_to, closed_by and closing_reason of an open entry. Raises ConcurrentChange where it is closed."""

    def add_draft(self, draft: PolicyDraft, editor: Editor) -> None: ...

    def save_draft(self, draft: PolicyDraft, editor: Editor | None = None) -> PolicyDraft:
        """Store the change, return it with its new version; editor: who has written at it, if that was the change.

        Raises ConcurrentChange where the stored one differs."""

    def draft(self, draft_id: UUID) -> PolicyDraft:
        """Raises DraftNotFound."""

    def drafts(self, limit: int, after: UUID | None = None) -> Sequence[DraftSummary]:
        """The newest first, or the next ones after a draft, `limit` at most. Raises InvalidCursor."""

    def scheduled_drafts(self, digest: str) -> Sequence[PolicyDraft]:
        """Those that have brought this document into the book."""

    def editors(self, draft_id: UUID) -> Sequence[Editor]: ...

    def add_rehearsal(self, rehearsal: StoredRehearsal) -> None: ...

    def save_rehearsal(self, rehearsal: StoredRehearsal) -> None:
        """Its state, progress and result. Raises ConcurrentChange where it is done already."""

    def rehearsal(self, rehearsal_id: UUID) -> StoredRehearsal:
        """Raises RehearsalNotFound."""

    def last_rehearsal(self, draft_id: UUID) -> StoredRehearsal | None:
        """The one that was asked for last, of whatever text the draft had then."""

    def add_act(self, act: StoredAct) -> None:
        """Harmless where a file of this digest is known: the first note of it stands."""

    def act(self, sha256: bytes) -> StoredAct | None: ...

    def acts(self) -> Sequence[StoredAct]:
        """By name."""


class Officials(Protocol):
    """The register of officials, as far as the settling of cases asks it."""

    def find(self, subject_key: str) -> RegisteredOfficial | None: ...

    def of_unit(self, unit: str, role: Role) -> Sequence[RegisteredOfficial]:
        """The active officials of the unit in this role, by subject key."""

    def list(self) -> Sequence[RegisteredOfficial]:
        """Everybody, active or not, by subject key."""

    def put(self, official: RegisteredOfficial, at: datetime) -> None:
        """Keep an entry, whatever stood there before."""

    def is_used(self) -> bool:
        """Whether anybody active stands in it; where nobody does, the providers' own words name the officials."""


class Records(Protocol):
    """All that one transaction can reach."""

    def begin(self, application_id: UUID) -> None:
        """An application of this new id is registered in this transaction: what belongs to it is the first of its kind
        and is not looked for. Should it not be new, its saving raises ConcurrentChange."""

    @property
    def applications(self) -> Applications: ...
    @property
    def certificates(self) -> Certificates: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def received_payments(self) -> ReceivedPayments: ...
    @property
    def refunds(self) -> Refunds: ...
    @property
    def payment_notices(self) -> PaymentNotices: ...
    @property
    def assessments(self) -> Assessments: ...
    @property
    def quotas(self) -> QuotaBooks: ...
    @property
    def units(self) -> Units: ...
    @property
    def carry_overs(self) -> CarryOvers: ...
    @property
    def evidence(self) -> EvidenceRecords: ...
    @property
    def fee_policies(self) -> FeePolicies: ...
    @property
    def procedures(self) -> Procedures: ...
    @property
    def counters(self) -> Counters: ...
    @property
    def audit(self) -> AuditTrail: ...
    @property
    def accesses(self) -> Accesses: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def failures(self) -> IssuingFailures: ...
    @property
    def questions(self) -> Questions: ...
    @property
    def surveys(self) -> Surveys: ...
    @property
    def follow_ups(self) -> FollowUps: ...
    @property
    def apologies(self) -> Apologies: ...
    @property
    def parcels(self) -> Parcels: ...
    @property
    def paper_copies(self) -> PaperCopies: ...
    @property
    def handovers(self) -> Handovers: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def officials(self) -> Officials: ...
    @property
    def persons(self) -> Persons: ...
    @property
    def erasure_requests(self) -> ErasureRequests: ...
    @property
    def step_visits(self) -> StepVisits: ...
    @property
    def delegations(self) -> Delegations: ...
    @property
    def relatives(self) -> DeclaredRelatives: ...
    @property
    def statistics(self) -> Statistics: ...
    @property
    def batches(self) -> Batches: ...


class Transact(Protocol):
    def __call__(self, use_case: Callable[[Records], T]) -> T:
        """Run a use case in one transaction, for background work. May run it again after ConcurrentChange."""


class FileUnreadable(Exception):
    """A stored file is gone, or its bytes are not those that were stored."""


class DocumentFiles(Protocol):
    """Sealed documents by digest, outside of any transaction."""

    def store(self, data: bytes, sha256: bytes) -> None:
        """Durable when it returns: temporary file, fsync, rename, fsync of the folder. Storing twice is harmless."""

    def holds(self, sha256: bytes) -> bool:
        """Whether a document of this digest is stored; its bytes are not read."""

    def load(self, sha256: bytes) -> bytes:
        """Raises FileUnreadable when the file is gone or its bytes do not have this digest."""
