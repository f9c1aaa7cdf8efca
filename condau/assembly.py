"""Put the parts together. What cannot work is found here, at start, and not at the first request."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from api.metrics import Metrics
from api.reasons import Reasons, ReasonsRefused, read_reasons
from api.services import KeptFor, Limits, Services
from condau.chores import chores
from condau.clock import now
from condau.document_files import document_files_of
from condau.first_run import first_run_links
from condau.installation_secret import installation_secret
from condau.issuers_and_clients import registered_clients, trusted_issuers
from condau.ledger import sealing
from condau.ledger_key import ledger_key_of
from condau.operation_figures import OperationFigures
from condau.paper_chores import paper_chores
from condau.payment_settings import notice_secrets, payment_terms
from condau.person_index import person_index
from condau.personal_vault import vault_of
from condau.privacy_chores import privacy_chores
from condau.proof_nonces import proof_nonces
from condau.published_lists import StatusLists, TrustLists
from condau.schedule_figures import ScheduleFigures
from condau.schedules import schedules
from condau.setting_files import passphrase_of
from condau.settings import Settings, SettingsRefused
from condau.stamping import archives_of, timestamp_roots, timestamper_of
from condau.webhooks import sender_of, subscriptions_of
from identity.clients import Clients
from identity.fetch import HttpFetch
from identity.guardian import GuardianRules
from identity.population_register import HttpPopulationRegister
from identity.proof_of_possession import ProofRules
from identity.session import SessionLimits
from issuance.agencies.carry_over import carry_over
from issuance.apply import Rules
from issuance.archive import Archives, archive
from issuance.certificate import CertificateKind
from issuance.deadlines.rules import DeadlineRules
from issuance.delivery.labels import LabelSheets
from issuance.delivery.send_notices import Sender, send_notices
from issuance.documents.catalogue import Catalogue, load_catalogue, shipped_types_folder
from issuance.documents.render import Renderer
from issuance.fee_policies.install import ShippedPolicy, read_shipped
from issuance.fee_policies.rehearse import rehearse_draft
from issuance.feedback.terms import FeedbackTerms
from issuance.fees.policy import SHIPPED_POLICIES
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind, StepRunner
from issuance.payments.confirm_notice import confirm_notice
from issuance.payments.gateway import HttpPaymentGateway, HttpPaymentProvider
from issuance.payments.order import PaymentProvider
from issuance.payments.send_refund import send_refund
from issuance.payments.vietqr import BankAccount
from issuance.procedure.calendar import WorkingCalendar
from issuance.procedure.limit import Limit
from issuance.registers.consult import Sources, consult
from issuance.registers.judicial import CompleteRecord, HttpJudicialRegister, RegisterAnswer
from issuance.registers.population import HttpPopulationFacts, PopulationAnswer
from issuance.remove_papers import KeptPapers
from issuance.workshop import Workshop
from signing.backends.software import InsecureSoftwareKey
from signing.errors import KeyUnsuitable, SigningError
from signing.keys import KeyRing
from signing.live_key_ring import LiveKeyRing
from storage.errors import PapersLocked
from storage.paper_files import FolderPaperFiles
from storage.runner import Database
from storage.sweeps import SweepOptions
from storage.worker import Worker, WorkerOptions
from verification.trust import KeyPurpose

INSECURE_KEYS = "the sealing keys are files that could be copied; allow_software_keys accepts that"
LONGEST_SERVED_SECONDS = 30
"""A status list is signed anew at least this often, so that every process tells what another one has changed."""
LEAST_FREE_BYTES = 64 << 20
"""Below it no request is begun that could not be finished; `condau doctor` warns much earlier."""
BUILT_FONTS = Path(__file__).parent.parent / "build" / "fonts"


@dataclass(frozen=True, slots=True)
class Registers:
    """The registers that are asked about persons concerned, by the names under which document types list them."""

    sources: Mapping[str, HttpJudicialRegister | HttpPopulationFacts]
    population: HttpPopulationFacts | None

    @classmethod
    def of(cls, settings: Settings) -> Registers:
        """Raises SettingsRefused for an address that personal numbers may not travel to."""
        judicial, population = settings.judicial_register_url, settings.population_register_url
        try:
            sources: dict[str, HttpJudicialRegister | HttpPopulationFacts] = {}
            if judicial:
                sources |= {
                    kind.source: HttpJudicialRegister(judicial, kind=kind) for kind in (RegisterAnswer, CompleteRecord)
                }
            facts = HttpPopulationFacts(population) if population else None
            if facts is not None:
                sources[PopulationAnswer.source] = facts
        except ValueError as unsafe:
            raise SettingsRefused(f"a register's address: {unsafe}") from None
        return cls(sources, facts)

    def close(self) -> None:
        for register in self.sources.values():
            register.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The running parts of one installation."""

    settings: Settings
    database: Database
    services: Services
    workshop: Workshop
    worker: Worker
    gateway: HttpPaymentGateway
    provider: HttpPaymentProvider
    registers: Registers
    policies: Sequence[ShippedPolicy]
    draining: threading.Event
    """Set when this process is about to take no more requests."""

    async def close(self) -> None:
        """Let running work end, then close every connection. The worker is stopped by whoever started it."""
        await self.gateway.close()
        self.provider.close()
        self.registers.close()
        await self.database.dispose()


def assemble(settings: Settings) -> Assembly:
    """Build everything from the settings. Raises SettingsRefused and the parts' own errors, which say what is wrong."""
    catalogue = load_catalogue(shipped_types_folder())
    policies = read_shipped(SHIPPED_POLICIES, *settings.policy_folders)
    reasons = _reasons(settings.reasons_file)
    passphrase = passphrase_of(settings, make=False)
    keys = live_keys(settings, passphrase)
    timestamper = timestamper_of(settings)
    database = Database(
        settings.database,
        clock=now,
        vault=vault_of(settings),
        ledger_key=ledger_key_of(settings),
        subscriptions=subscriptions_of(settings),
    )
    files = document_files_of(settings)
    papers = _papers(settings, passphrase)
    clients = registered_clients(settings)
    draining = threading.Event()
    metrics = Metrics()
    metrics.registry.register(ScheduleFigures(database))
    metrics.registry.register(OperationFigures(database, settings.state_folder))
    workshop = Workshop(
        catalogue=catalogue,
        renderer=Renderer(_fonts(settings.fonts_folder)),
        keys=keys,
        files=files,
        transact=database.run_blocking,
        clock=now,
        public_url=settings.public_url,
        specimen=settings.mode == "demo",
        timestamper=timestamper,
        archives=settings.timestamps is not None and settings.timestamps.archive,
    )
    gateway = HttpPaymentGateway(settings.payment_gateway_url)
    provider = HttpPaymentProvider(settings.payment_gateway_url)
    status_lists = StatusLists(
        keys=keys,
        public_url=settings.public_url,
        lifetime_seconds=settings.status_list_lifetime_seconds,
        ttl_seconds=settings.status_list_ttl_seconds,
    )
    registers = Registers.of(settings)
    services = Services(
        runner=database,
        rules=_rules(settings, catalogue, clients, passphrase),
        issuers=trusted_issuers(
            settings,
            database,
            fetch=metrics.counting(HttpFetch()),
            proofs=ProofRules(nonces=proof_nonces(passphrase) if settings.dpop_nonces else None),
        ),
        clients=clients,
        trust=keys.trust_list,
        status_lists=status_lists,
        trust_lists=TrustLists(
            keys=keys, public_url=settings.public_url, lifetime_hours=settings.trust_list_lifetime_hours
        ),
        files=files,
        papers=papers,
        gateway=gateway,
        notice_secrets=notice_secrets(settings),
        first_run=first_run_links(settings),
        labels=LabelSheets(_fonts(settings.fonts_folder)),
        clock=now,
        public_url=settings.public_url,
        status_list_seconds=min(settings.status_list_ttl_seconds, LONGEST_SERVED_SECONDS),
        readiness={
            "keys": lambda: _keys_in_force(keys),
            "disk": lambda: _has_room(settings.state_folder),
            "serving": lambda: _is_not_set(draining),
        },
        security_contact=settings.security_contact,
        population=_population_register(settings),
        population_facts=registers.population,
        guardian_rules=GuardianRules(of_age_years=settings.of_age_years),
        session_limits=SessionLimits(
            idle_seconds=settings.sessions.idle_minutes * 60, absolute_seconds=settings.sessions.absolute_minutes * 60
        ),
        limits=Limits(
            verifications=f"{settings.limits.verifications_per_minute}/minute",
            quotes=f"{settings.limits.quotes_per_minute}/minute",
            sign_ins=f"{settings.limits.sign_ins_per_minute}/minute",
            requests_per_person=f"{settings.limits.requests_per_person_per_minute}/minute",
            guardian_questions=f"{settings.limits.guardian_questions_per_minute}/minute",
            refused_evidence=f"{settings.limits.refused_evidence_per_minute}/minute",
            trusted_proxies=settings.limits.trusted_proxies,
            security_events_per_minute=settings.limits.security_events_per_minute,
        ),
        kept_for=KeptFor(
            application_days=settings.retention.application_days,
            application_days_without_result=settings.retention.application_days_without_result,
            paper_days=settings.evidence_keep_days,
            paper_days_without_result=settings.evidence_keep_days_without_result,
        ),
        metrics=metrics,
        reasons=reasons,
    )
    options = WorkerOptions(
        executor_id=settings.worker.executor_id,
        polling_interval_seconds=settings.worker.polling_seconds,
        sweep_interval_seconds=settings.worker.sweep_seconds,
        drain_seconds=settings.worker.drain_seconds,
        sweeps=SweepOptions(patience_seconds=settings.worker.patience_seconds),
    )
    orphans_after = timedelta(seconds=settings.orphan_file_seconds)
    stamps = settings.timestamps
    renew_after = timedelta(days=stamps.renew_archives_after_days) if stamps is not None and stamps.archive else None
    *retention, renewal = chores(
        database,
        files,
        now,
        orphans_after,
        settings.sessions,
        renew_after,
        kept_answers=timedelta(days=settings.retention.repeated_answer_days),
        security_events=timedelta(days=settings.retention.security_event_days),
    )
    kept = KeptPapers(days=settings.evidence_keep_days, days_without_result=settings.evidence_keep_days_without_result)
    # First what ends by itself is erased, so that the same run's sweeps find its files named by nothing.
    retention = [*privacy_chores(database, settings, now), *retention]
    retention += paper_chores(database, papers, now, orphans_after, kept)
    scheduled = schedules(
        database,
        settings.schedules,
        rules=services.rules,
        deadlines=_deadline_rules(settings, services.rules),
        status_lists=status_lists,
        retention=retention,
        archives=[renewal],
        clock=now,
        seal=sealing(database, settings, now),
        provider=provider if settings.payment_gateway_url else None,
        payments_seconds=settings.payments.ask_seconds,
    )
    handlers = job_handlers(
        workshop, services.rules, registers.sources, archives_of(settings, workshop, keys), provider
    )
    handlers[JobKind.SEND_NOTICES] = sending_notices(sender_of(settings, database, now))
    worker = Worker(
        database,
        handlers,
        options,
        scheduled,
    )
    return Assembly(
        settings=settings,
        database=database,
        services=services,
        workshop=workshop,
        worker=worker,
        gateway=gateway,
        provider=provider,
        registers=registers,
        policies=policies,
        draining=draining,
    )


def live_keys(settings: Settings, passphrase: bytes) -> LiveKeyRing:
    """The ring in force, now and after each change of its file. Raises SettingsRefused, SigningError."""

    def refuse(ring: KeyRing) -> str | None:
        insecure = any(isinstance(entry.key, InsecureSoftwareKey) for entry in ring.signers_from(now()))
        return INSECURE_KEYS if insecure and not may_use_files(settings) else None

    try:
        return LiveKeyRing(
            settings.keys_folder, passphrase, now, refuse=refuse, timestamp_roots=timestamp_roots(settings)
        )
    except KeyUnsuitable as refused:
        raise SettingsRefused(str(refused)) from None


def _reasons(file: Path | None) -> Reasons:
    """Raises SettingsRefused."""
    try:
        return read_reasons(file)
    except ReasonsRefused as refused:
        raise SettingsRefused(f"reasons_file: {refused}") from None


def may_use_files(settings: Settings) -> bool:
    """Whether keys in files, which could be copied, may seal here."""
    return settings.mode == "demo" or settings.allow_software_keys


def job_handlers(
    workshop: Workshop, rules: Rules, sources: Sources, archives: Archives | None, provider: PaymentProvider
) -> dict[JobKind, JobHandler]:
    """What each kind of background job does. archives: None where nothing is archived."""

    def consulting(application_id: UUID, step: StepRunner) -> None:
        step("consult", lambda: consult(workshop.transact, sources, application_id, workshop.clock))

    def issuing(kind: CertificateKind) -> JobHandler:
        return lambda application_id, step: issue(workshop, kind, application_id, step)

    def archiving(kind: CertificateKind) -> JobHandler:
        def work(application_id: UUID, step: StepRunner) -> None:
            # Asked for while archiving was on: what is wanted stays noted until it is on again.
            if archives is not None:
                archive(archives, kind, application_id, step)

        return work

    def rehearse(rehearsal_id: UUID, step: StepRunner) -> None:
        step("rehearse", lambda: rehearse_draft(workshop.transact, rules, rehearsal_id, workshop.clock))

    def carrying_over(carry_over_id: UUID, step: StepRunner) -> None:
        carry_over(workshop.transact, rules, carry_over_id, workshop.clock, step)

    def confirming(notice_id: UUID, step: StepRunner) -> None:
        step("confirm", lambda: confirm_notice(workshop.transact, rules, provider, notice_id, workshop.clock))

    def sending_back(refund_id: UUID, step: StepRunner) -> None:
        step("send", lambda: send_refund(workshop.transact, provider, refund_id, workshop.clock))

    return {
        JobKind.CONSULT_REGISTER: consulting,
        JobKind.ISSUE_RESULT: issuing(CertificateKind.RESULT),
        JobKind.ISSUE_RECEIPT: issuing(CertificateKind.RECEIPT),
        JobKind.ISSUE_APOLOGY: issuing(CertificateKind.APOLOGY),
        JobKind.ARCHIVE_RESULT: archiving(CertificateKind.RESULT),
        JobKind.ARCHIVE_RECEIPT: archiving(CertificateKind.RECEIPT),
        JobKind.ARCHIVE_APOLOGY: archiving(CertificateKind.APOLOGY),
        JobKind.REHEARSE_POLICY: rehearse,
        JobKind.CARRY_OVER: carrying_over,
        JobKind.CONFIRM_PAYMENT: confirming,
        JobKind.SEND_REFUND: sending_back,
    }


def sending_notices(sender: Sender) -> JobHandler:
    """Tells a citizens' application what waits for it."""

    def work(notice_id: UUID, step: StepRunner) -> None:
        step("send", lambda: send_notices(sender, notice_id))

    return work


def rules_of(settings: Settings) -> Rules:
    """The rules alone, for a command beside the service. Raises SettingsRefused."""
    catalogue = load_catalogue(shipped_types_folder())
    return _rules(settings, catalogue, registered_clients(settings), passphrase_of(settings, make=False))


def _rules(settings: Settings, catalogue: Catalogue, clients: Clients, passphrase: bytes) -> Rules:
    return Rules(
        catalogue=catalogue,
        calendar=WorkingCalendar(
            settings.calendar.working_saturdays,
            settings.calendar.days_off,
        ),
        channels=clients.channels,
        person_index=person_index(passphrase),
        payment_days=settings.payment_days,
        payments=payment_terms(settings),
        account=_bank_account(settings),
        feedback=FeedbackTerms(survey_secret=installation_secret(passphrase, b"condau surveys 1")),
    )


def _bank_account(settings: Settings) -> BankAccount | None:
    account = settings.payments.account
    return None if account is None else BankAccount(account.bank_bin, account.number, account.holder)


def _papers(settings: Settings, passphrase: bytes) -> FolderPaperFiles:
    """Raises SettingsRefused."""
    try:
        return FolderPaperFiles(settings.papers_folder, installation_secret(passphrase, b"condau papers 1"))
    except PapersLocked as locked:
        raise SettingsRefused(f"{settings.papers_folder}: {locked}") from None


def _deadline_rules(settings: Settings, rules: Rules) -> DeadlineRules:
    chosen = settings.deadlines
    return DeadlineRules(
        calendar=rules.calendar,
        due_soon=Limit(chosen.due_soon_working_hours, "working_hours"),
        head_after=Limit(chosen.head_after_working_days, "working_days"),
        new_time_divisor=chosen.new_time_divisor,
    )


def _population_register(settings: Settings) -> HttpPopulationRegister | None:
    address = settings.population_register_url
    return HttpPopulationRegister(address) if address else None


async def _has_room(folder: Path) -> bool:
    """And whether it may be written to: a disk that fails is often mounted anew for reading only."""

    def look() -> bool:
        return os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free >= LEAST_FREE_BYTES

    return await asyncio.to_thread(look)


async def _is_not_set(event: threading.Event) -> bool:
    return not event.is_set()


async def _keys_in_force(keys: LiveKeyRing) -> bool:
    at = now()
    try:
        for purpose in KeyPurpose:
            keys.active(purpose, at)
    except SigningError:
        return False
    return True


def _fonts(folder: Path | None) -> Path | None:
    """The folder set, else the fonts that the build fetched, else None: the renderer's own face."""
    if folder is not None:
        return folder
    return BUILT_FONTS if BUILT_FONTS.is_dir() else None
