"""What the routes are given: one typed bundle, put together by condau.assembly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from identity.clients import Clients
from identity.guardian import GuardianRules, PopulationRegister
from identity.replay import Redeemed
from identity.session import SessionLimits
from identity.sessions import PendingSignIns, Sessions
from identity.trusted_issuers import TrustedIssuers
from issuance.apply import Rules
from issuance.delivery.labels import LabelSheets
from issuance.evidence import PaperFiles
from issuance.first_operator import FirstRunLinks
from issuance.operation import Operation
from issuance.payments.order import PaymentGateway
from issuance.payments.verify_notice import NoticeSecrets
from issuance.records import DocumentFiles
from issuance.records import Records as IssuanceRecords
from issuance.registers.population import PopulationFacts
from verification.register import DocumentStatus, Register
from verification.trust import TrustList

from .metrics import Metrics
from .reasons import Reasons, shipped_reasons

T = TypeVar("T")


class KeptAnswer(Protocol):
    """The first answer given under an Idempotency-Key; is_of tells whether a retry asks the same."""

    def is_of(self, body_sha256: bytes) -> bool: ...
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> dict[str, Any]: ...
    @property
    def headers(self) -> dict[str, str]: ...


class IdempotencyLog(Protocol):
    def find(self, subject_key: str, key: str) -> KeptAnswer | None: ...

    def keep(
        self,
        subject_key: str,
        key: str,
        *,
        body_sha256: bytes,
        status: int,
        body: str,
        headers: dict[str, str],
        at: datetime,
    ) -> None:
        """body: its JSON text. Raises ConcurrentChange where another request kept an answer under this key first."""


class SecurityLog(Protocol):
    def record(self, *, code: str, route: str, at: datetime, issuer: str | None = None, times: int = 1) -> None:
        """One security event; no token, no personal data, no address of a person.

        issuer: the trusted issuer's name in the settings. times: for a row that stands for so many of them.
        """


class Records(IssuanceRecords, Protocol):
    """One transaction's records, with those that only the ways in need."""

    @property
    def register(self) -> Register: ...
    @property
    def operation(self) -> Operation: ...
    @property
    def idempotency(self) -> IdempotencyLog: ...
    @property
    def security(self) -> SecurityLog: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def pending_sign_ins(self) -> PendingSignIns: ...
    @property
    def redeemed(self) -> Redeemed: ...


class Runner(Protocol):
    """Runs a use case in one transaction, committed before `run` returns, rolled back when the use case raises."""

    async def run(self, use_case: Callable[[Records], T]) -> T:
        """A use case that raises ConcurrentChange is run again from its start, at most three times."""

    async def is_ready(self) -> bool:
        """Whether the database answers and its schema is the expected one."""


Clock = Callable[[], datetime]
TrustProvider = Callable[[datetime], TrustList]
ReadinessCheck = Callable[[], Awaitable[bool]]


StatusListForm = Literal["jwt", "cwt"]


class StatusListPublisher(Protocol):
    """Signs a status list; what it signs is the published state, so it gets every entry not in force each time."""

    def publish(
        self, number: int, entries: Mapping[int, DocumentStatus], at: datetime, form: StatusListForm = "jwt"
    ) -> bytes:
        """The list as a signed token (`application/statuslist+jwt` or `+cwt`). Raises KeyUnavailable."""


class TrustListPublisher(Protocol):
    """Signs the trust list of the keys in force."""

    def publish(self, at: datetime) -> str:
        """The list as a signed token (`application/condau-trust-list+jwt`). Raises KeyUnavailable, SelfCheckFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one caller may send.

    pdf_bytes: of a file to check, whatever its kind. evidence_bytes: of a paper that a citizen brings. act_bytes: of a
    legal act that an agency keeps.
    body_seconds: how long a body may bring nothing, and how long it has before its rate is looked at.
    body_bytes_per_second: that rate, on the whole; nobody holds a connection open with a byte now and then, and whoever
    has a slow line still sends the largest file.
    verifications: public checks an address may ask for, in the notation of the `limits` library. quotes: what a request
    would cost, and published procedures, asked without a sign-in, the same way. trusted_proxies:
    how many proxies of our own stand in front; only that many entries of X-Forwarded-For are believed.
    sign_ins: how many an address may begin, and how many may come back there, in the same notation: behind one of a
    mobile network many people sit.
    security_events_per_minute: refusals written down at most, of evidence that nobody verified and again of known
    accounts, so that a flood of them cannot fill the database.
    requests_per_person: what one account may ask for, through whichever application. guardian_questions: how often it
    may have the population register asked about a child. refused_evidence: tokens and proofs that nobody can verify,
    for an address; then nothing is looked at that comes from there.
    """

    json_bytes: int = 1024 * 1024
    pdf_bytes: int = 5_000_000
    body_seconds: float = 30
    body_bytes_per_second: int = 16 * 1024
    evidence_bytes: int = 5_000_000
    act_bytes: int = 50_000_000
    verifications: str = "60/minute"
    quotes: str = "60/minute"
    trusted_proxies: int = 0
    security_events_per_minute: int = 60
    sign_ins: str = "120/minute"
    requests_per_person: str = "120/minute"
    guardian_questions: str = "10/minute"
    refused_evidence: str = "120/minute"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFor:
    """For how many days after an application has ended what belongs to it is kept, as its citizen is told; 0: for good.

    papers: the files that she brought. without_result: where it was withdrawn, refused or stopped.
    """

    application_days: int = 3_650
    application_days_without_result: int = 730
    paper_days: int = 365
    paper_days_without_result: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the handlers get.

    papers: what citizens bring, encrypted. notice_secrets: with which the payment provider signs; none refuses all.
    population: confirms who may act for a child; None leaves that out. population_facts: the same register, asked what
    it knows of a person.
    public_url: where the world reaches this service, without a closing slash. status_list_seconds: how long a signed
    status list is served before it is read and signed anew, so how late a change of another process is told.
    readiness: what `/readyz` asks beside the database, by name. security_contact: a URI (mailto: or https:) for
    security.txt; None leaves the file out. first_run: of the link for the first operator; None where none is made.
    metrics: what is counted. labels: draws those of parcels. kept_for: what citizens are told about the settings of
    the same names. reasons: that officials choose from.
    """

    runner: Runner
    rules: Rules
    issuers: TrustedIssuers
    clients: Clients
    trust: TrustProvider
    status_lists: StatusListPublisher
    trust_lists: TrustListPublisher
    files: DocumentFiles
    papers: PaperFiles
    gateway: PaymentGateway
    clock: Clock
    public_url: str
    status_list_seconds: int
    readiness: Mapping[str, ReadinessCheck]
    security_contact: str | None = None
    population: PopulationRegister | None = None
    population_facts: PopulationFacts | None = None
    guardian_rules: GuardianRules = field(default_factory=GuardianRules)
    session_limits: SessionLimits = field(default_factory=SessionLimits)
    limits: Limits = field(default_factory=Limits)
    kept_for: KeptFor = field(default_factory=KeptFor)
    notice_secrets: NoticeSecrets = field(default_factory=lambda: NoticeSecrets(()))
    first_run: FirstRunLinks | None = None
    labels: LabelSheets = field(default_factory=lambda: LabelSheets(None))
    metrics: Metrics = field(default_factory=Metrics)
    reasons: Reasons = field(default_factory=shipped_reasons)
