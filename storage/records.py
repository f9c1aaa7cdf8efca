"""All that one transaction can reach, over one connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
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
from .units import SqlUnits
from .vault import Vault

_NOBODY = Subscriptions()


class SqlRecords:
    """Satisfies the ports of issuance, identity and the ways in. Lives as long as its transaction, never longer."""

    __slots__ = (
        "_connection",
        "accesses",
        "apologies",
        "applications",
        "assessments",
        "audit",
        "batches",
        "carry_overs",
        "certificates",
        "counters",
        "delegations",
        "erasure_requests",
        "evidence",
        "failures",
        "fee_policies",
        "follow_ups",
        "handovers",
        "heartbeats",
        "idempotency",
        "issuer_documents",
        "jobs",
        "notices",
        "officials",
        "operation",
        "paper_copies",
        "parcels",
        "payment_notices",
        "payments",
        "pending_sign_ins",
        "persons",
        "procedures",
        "questions",
        "quotas",
        "received_payments",
        "redeemed",
        "refunds",
        "register",
        "relatives",
        "schedules",
        "sealing",
        "seals",
        "security",
        "sessions",
        "statistics",
        "step_visits",
        "surveys",
        "units",
    )

    def __init__(
        self,
        connection: Connection,
        queue: JobQueue,
        clock: Callable[[], datetime],
        held_books: HeldBooks,
        ledger_key: LedgerKey,
        vault: Vault,
        subscriptions: Subscriptions = _NOBODY,
    ) -> None:
        self._connection = connection
        # Every store whose table has personal columns seals and opens its rows with these.
        cells = Cells(connection, vault, clock)
        revisions = Revisions(connection)
        self.jobs = BoundJobs(queue, connection)
        self.notices = SqlNotices(connection, self.jobs, subscriptions, clock)
        self.applications = TellingApplications(connection, cells, clock, self.notices)
        self.certificates = SqlCertificates(connection, cells)
        self.payments = SqlPayments(connection)
        self.received_payments = SqlReceivedPayments(connection, cells)
        self.refunds = SqlRefunds(connection)
        self.payment_notices = SqlPaymentNotices(connection)
        self.assessments = SqlAssessments(connection, cells)
        self.procedures = SqlProcedures(connection, revisions, held_books.procedures)
        self.quotas = SqlQuotas(connection)
        self.evidence = SqlEvidence(connection, cells)
        self.counters = SqlCounters(connection)
        self.units = SqlUnits(connection, revisions, held_books.units)
        self.batches = SqlBatches(connection)
        self.carry_overs = SqlCarryOvers(connection, cells)
        chain = Chain(connection, ledger_key)
        self.audit = TellingAudit(connection, chain, self.notices)
        self.accesses = SqlAccesses(connection, chain)
        self.seals = SqlSeals(connection, ledger_key)
        self.failures = SqlIssuingFailures(connection)
        self.follow_ups = SqlFollowUps(connection)
        self.apologies = SqlApologies(connection, cells)
        self.fee_policies = SqlFeePolicies(connection, revisions, held_books.policies, clock)
        self.parcels = SqlParcels(connection, cells)
        self.paper_copies = SqlPaperCopies(connection)
        self.handovers = SqlHandovers(connection, cells)
        self.register = SqlRegister(connection, cells, clock)
        self.idempotency = SqlIdempotencyLog(connection, cells)
        self.heartbeats = SqlHeartbeats(connection)
        self.security = SqlSecurityLog(connection)
        self.redeemed = SqlRedeemed(connection)
        self.pending_sign_ins = SqlPendingSignIns(connection, cells)
        self.sessions = SqlSessions(connection, cells)
        self.questions = SqlQuestions(connection, cells)
        self.surveys = SqlSurveys(connection, cells)
        self.schedules = SqlSchedules(connection)
        self.officials = SqlOfficials(connection, cells)
        self.operation = SqlOperation(connection)
        self.step_visits = SqlStepVisits(connection)
        self.delegations = SqlDelegations(connection, cells)
        self.relatives = SqlDeclaredRelatives(connection)
        self.issuer_documents = SqlIssuerDocuments(connection)
        self.statistics = SqlStatistics(connection)
        self.sealing = SqlSealing(connection, cells, vault)
        self.persons = SqlPersons(connection)
        self.erasure_requests = SqlErasureRequests(connection)

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
