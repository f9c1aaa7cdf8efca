"""All that one transaction can reach, over one connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from issuance.delivery.notice import Subscriptions
from issuance.jobs import JobKind

from .accesses import SqlAccesses
from .apologies import SqlApologies
from .assessments import SqlAssessments
from .batches import SqlBatches
from .carry_overs import SqlCarryOvers
from .cells import Cells
from .certificates import SqlCertificates
from .counters import SqlCounters
from .delegations import SqlDeclaredRelatives, SqlDelegations
from .erasure_requests import SqlErasureRequests
from .evidence import SqlEvidence
from .failures import SqlIssuingFailures
from .fee_policies import SqlFeePolicies
from .follow_ups import SqlFollowUps
from .fresh import Fresh
from .handovers import SqlHandovers
from .heartbeats import SqlHeartbeats
from .held_books import HeldBooks, Revisions
from .issuer_documents import SqlIssuerDocuments
from .jobs import BoundJobs, JobQueue
from .kept_files import known_digests, known_papers
from .ledger_chain import Chain
from .ledger_key import LedgerKey
from .ledger_seals import SqlSeals
from .notices import SqlNotices, TellingApplications, TellingAudit
from .officials import SqlOfficials
from .operation import SqlOperation
from .overdue import forget_overcome_failures, overdue_jobs
from .parcels import SqlPaperCopies, SqlParcels
from .payment_notices import SqlPaymentNotices
from .payments import SqlPayments
from .persons import SqlPersons
from .procedures import SqlProcedures
from .questions import SqlQuestions
from .quotas import SqlQuotas
from .received_payments import SqlReceivedPayments
from .redeemed import SqlRedeemed
from .refunds import SqlRefunds
from .register import SqlRegister
from .requests import SqlIdempotencyLog, SqlSecurityLog
from .schedules import SqlSchedules
from .sealing import SqlSealing
from .sign_ins import SqlPendingSignIns, SqlSessions
from .statistics import SqlStatistics
from .step_visits import SqlStepVisits
from .surveys import SqlSurveys
from .together import Together
from .units import SqlUnits
from .vault import Vault

T = TypeVar("T")

_NOBODY = Subscriptions()


def _once(make: Callable[[SqlRecords], T]) -> cached_property[T]:
    return cached_property(make)


class SqlRecords:
    """Satisfies the ports of issuance, identity and the ways in. Lives as long as its transaction, never longer.

    A transaction needs few of the stores, so each is made when it is first asked for.
    """

    _together: Together
    _connection: Connection
    """The same, for whoever only executes."""
    _clock: Callable[[], datetime]
    _held: HeldBooks
    _vault: Vault
    _ledger_key: LedgerKey
    _subscriptions: Subscriptions
    _fresh: Fresh
    _cells: Cells
    """With which every store whose table has personal columns seals and opens its rows."""
    _revisions: Revisions
    jobs: BoundJobs

    _chain = _once(lambda self: Chain(self._together, self._ledger_key, self._held.ids_ahead))
    notices = _once(lambda self: SqlNotices(self._connection, self.jobs, self._subscriptions, self._clock))
    applications = _once(lambda self: TellingApplications(self._together, self._cells, self._clock, self.notices))
    certificates = _once(lambda self: SqlCertificates(self._connection, self._cells))
    payments = _once(lambda self: SqlPayments(self._together))
    received_payments = _once(lambda self: SqlReceivedPayments(self._connection, self._cells))
    refunds = _once(lambda self: SqlRefunds(self._connection))
    payment_notices = _once(lambda self: SqlPaymentNotices(self._connection))
    assessments = _once(lambda self: SqlAssessments(self._together, self._cells))
    procedures = _once(lambda self: SqlProcedures(self._connection, self._revisions, self._held.procedures))
    quotas = _once(lambda self: SqlQuotas(self._connection))
    evidence = _once(lambda self: SqlEvidence(self._connection, self._cells))
    counters = _once(lambda self: SqlCounters(self._together))
    units = _once(lambda self: SqlUnits(self._connection, self._revisions, self._held.units))
    batches = _once(lambda self: SqlBatches(self._connection))
    carry_overs = _once(lambda self: SqlCarryOvers(self._connection, self._cells))
    audit = _once(lambda self: TellingAudit(self._together, self._chain, self._fresh, self.notices))
    accesses = _once(lambda self: SqlAccesses(self._together, self._chain))
    seals = _once(lambda self: SqlSeals(self._connection, self._ledger_key))
    failures = _once(lambda self: SqlIssuingFailures(self._connection))
    follow_ups = _once(lambda self: SqlFollowUps(self._connection))
    apologies = _once(lambda self: SqlApologies(self._connection, self._cells))
    fee_policies = _once(
        lambda self: SqlFeePolicies(self._connection, self._revisions, self._held.policies, self._clock)
    )
    parcels = _once(lambda self: SqlParcels(self._connection, self._cells))
    paper_copies = _once(lambda self: SqlPaperCopies(self._connection))
    handovers = _once(lambda self: SqlHandovers(self._connection, self._cells))
    register = _once(lambda self: SqlRegister(self._connection, self._cells, self._clock))
    idempotency = _once(lambda self: SqlIdempotencyLog(self._together, self._cells))
    heartbeats = _once(lambda self: SqlHeartbeats(self._connection))
    security = _once(lambda self: SqlSecurityLog(self._connection))
    redeemed = _once(lambda self: SqlRedeemed(self._connection))
    pending_sign_ins = _once(lambda self: SqlPendingSignIns(self._connection, self._cells))
    sessions = _once(lambda self: SqlSessions(self._connection, self._cells))
    questions = _once(lambda self: SqlQuestions(self._connection, self._cells))
    surveys = _once(lambda self: SqlSurveys(self._connection, self._cells))
    schedules = _once(lambda self: SqlSchedules(self._connection))
    officials = _once(lambda self: SqlOfficials(self._connection, self._cells, self._revisions, self._held.officials))
    operation = _once(lambda self: SqlOperation(self._connection))
    step_visits = _once(lambda self: SqlStepVisits(self._together, self._fresh))
    delegations = _once(lambda self: SqlDelegations(self._connection, self._cells))
    relatives = _once(lambda self: SqlDeclaredRelatives(self._connection))
    issuer_documents = _once(lambda self: SqlIssuerDocuments(self._connection))
    statistics = _once(lambda self: SqlStatistics(self._connection))
    sealing = _once(lambda self: SqlSealing(self._connection, self._cells, self._vault))
    persons = _once(lambda self: SqlPersons(self._connection))
    erasure_requests = _once(lambda self: SqlErasureRequests(self._connection))

    def __init__(
        self,
        connection: Connection,
        queue: JobQueue,
        clock: Callable[[], datetime],
        held: HeldBooks,
        ledger_key: LedgerKey,
        vault: Vault,
        subscriptions: Subscriptions = _NOBODY,
    ) -> None:
        self._together = together = Together(connection, held.statements)
        self._connection = cast("Connection", together)
        self._clock = clock
        self._held = held
        self._vault = vault
        self._ledger_key = ledger_key
        self._subscriptions = subscriptions
        self._fresh = Fresh()
        self._cells = Cells(together, vault, clock, self._fresh)
        self._revisions = Revisions(self._connection)
        self.jobs = BoundJobs(queue, together)

    def begin(self, application_id: UUID) -> None:
        self._fresh.begin(application_id)

    def send(self) -> None:
        """Before the commit: write what still waits. Raises ConcurrentChange."""
        self._together.send()

    def overdue_jobs(self, *, changed_before: datetime) -> Sequence[tuple[JobKind, UUID]]:
        """What applications last changed before this time wait for; see storage.overdue."""
        return overdue_jobs(self._connection, changed_before=changed_before)

    def known_digests(self, digests: Sequence[bytes]) -> Sequence[bytes]:
        """See storage.kept_files."""
        return known_digests(self._connection, digests)

    def known_papers(self, digests: Sequence[bytes]) -> Sequence[bytes]:
        """See storage.kept_files."""
        return known_papers(self._connection, digests)

    def forget_overcome_failures(self) -> int:
        """See storage.overdue."""
        return forget_overcome_failures(self._connection)

    def revision(self) -> str | None:
        """The revision of the schema. Raises SQLAlchemyError where there is none at all."""
        return self._connection.execute(
            sa.select(sa.column("version_num")).select_from(sa.table("alembic_version"))
        ).scalar()
