"""Put the parts together. What cannot work is found here, at start, and not at the first request."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography import x509

from api.metrics import Metrics
from api.services import Limits, Services, StatusListForm
from condau.chores import chores
from condau.proof_nonces import proof_nonces
from condau.settings import ClientSettings, IssuerSettings, OwnClientSettings, Settings, SettingsRefused
from identity.citizen import AssuranceLevel
from identity.clients import Clients, RegisteredClient, Scope
from identity.fetch import Fetch, HttpFetch
from identity.guardian import GuardianRules
from identity.population_register import HttpPopulationRegister
from identity.proof_of_possession import ProofRules
from identity.session import SessionLimits
from identity.trusted_issuer import ClaimNames, Endpoints, OwnClient, People, TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from issuance.apply import Rules
from issuance.archive import Archives, archive
from issuance.certificate import STATUS_LIST_SIZE, CertificateKind
from issuance.documents.catalogue import Catalogue, load_catalogue, shipped_types_folder
from issuance.documents.render import Renderer
from issuance.fees.facts import CHANNELS, did_you_mean
from issuance.fees.policy import SHIPPED_POLICIES, load_policies
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind, StepRunner
from issuance.payments.gateway import HttpPaymentGateway
from issuance.procedure.calendar import WorkingCalendar
from issuance.registers.judicial import HttpJudicialRegister
from issuance.settle import consult_register
from issuance.workshop import Workshop
from signing.backends.software import InsecureSoftwareKey
from signing.errors import KeyUnsuitable, SigningError
from signing.keyring_file import KEYRING_FILE, read_ring_file
from signing.keys import KeyRing, Keys
from signing.live_key_ring import LiveKeyRing
from signing.local_authority import complete_local_authority, create_local_authority, lacking_purposes
from signing.self_check import check_own_status_list, check_own_status_list_cwt
from signing.status_list import seal_status_list, seal_status_list_cwt
from signing.timestamp import HttpTimestamper, basic_authorization
from signing.trust_list import check_own_trust_list, seal_trust_list
from storage.files import FolderDocumentFiles
from storage.identity_stores import StoredDocuments, StoredOfficials, StoredRedeemed
from storage.runner import Database
from storage.sweeps import SweepOptions
from storage.worker import Worker, WorkerOptions
from verification.register import DocumentStatus
from verification.trust import KeyPurpose

PASSPHRASE_FILE = "passphrase"  # noqa: S105 - the name of a file, no secret
INSECURE_KEYS = "the sealing keys are files that could be copied; allow_software_keys accepts that"
LONGEST_SERVED_SECONDS = 30
"""A status list is signed anew at least this often, so that every process tells what another one has changed."""
BUILT_FONTS = Path(__file__).parent.parent / "build" / "fonts"


def now() -> datetime:
    """The real clock, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLists:
    """Signs status lists with the status key in force."""

    keys: Keys
    public_url: str
    lifetime_seconds: int
    ttl_seconds: int

    def publish(
        self, number: int, entries: Mapping[int, DocumentStatus], at: datetime, form: StatusListForm = "jwt"
    ) -> bytes:
        """Raises KeyUnavailable, KeyUnsuitable, ContentNotSealable, SelfCheckFailed."""
        key, trust = self.keys.active(KeyPurpose.STATUS, at), self.keys.trust_list(at)
        uri, lifetime = f"{self.public_url}/v1/status-lists/{number}", self.lifetime_seconds
        if form == "cwt":
            data = seal_status_list_cwt(entries, STATUS_LIST_SIZE, key, uri, at, lifetime, self.ttl_seconds)
            check_own_status_list_cwt(data, trust, at)
            return data
        token = seal_status_list(entries, STATUS_LIST_SIZE, key, uri, at, lifetime, self.ttl_seconds)
        check_own_status_list(token, trust, at)
        return token.encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustLists:
    """Signs trust lists with the trust-list key in force."""

    keys: Keys
    public_url: str
    lifetime_hours: int

    def publish(self, at: datetime) -> str:
        """Raises KeyUnavailable, KeyUnsuitable, ContentNotSealable, SelfCheckFailed."""
        trust = self.keys.trust_list(at)
        key = self.keys.active(KeyPurpose.TRUST_LIST, at)
        token = seal_trust_list(trust, key, self.public_url, at, timedelta(hours=self.lifetime_hours))
        check_own_trust_list(token, trust, at)
        return token


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The running parts of one installation."""

    settings: Settings
    database: Database
    services: Services
    workshop: Workshop
    worker: Worker
    gateway: HttpPaymentGateway
    register: HttpJudicialRegister

    async def close(self) -> None:
        """Let running work end, then close every connection. The worker is stopped by whoever started it."""
        await self.gateway.close()
        self.register.close()
        await self.database.dispose()


def initialise(settings: Settings) -> list[str]:
    """Make what a first run needs, keep what is there; says what it did. Raises SettingsRefused, SigningError."""
    said = initialise_keys(settings)
    database = Database(settings.database, clock=now)
    try:
        database.migrate()
    finally:
        database.dispose_blocking()
    said.append("database: up to date")
    return said


def initialise_keys(settings: Settings) -> list[str]:
    """Make the keys that a first run needs, or those that an older ring lacks; says what it did.

    Raises SettingsRefused, SigningError.
    """
    settings.state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = settings.keys_folder
    if not (folder / KEYRING_FILE).exists():
        passphrase = passphrase_of(settings, make=True)
        create_local_authority(folder, settings.organisation, passphrase, now(), settings.pdf_key_type)
        return [f"keys: made a local root and sealing keys in {folder}; no public authority knows them"]
    said, records = [f"keys: {folder} is there already"], read_ring_file(folder).keys
    lacking = ", ".join(purpose.value for purpose in lacking_purposes(folder))
    if lacking and not (may_use_files(settings) or any(one.uri.startswith("software:") for one in records)):
        # Keys in files would make the whole ring one that this installation has chosen not to use.
        said.append(f"keys: none for {lacking}: `condau keys rotate PURPOSE --uri …` adds one")
    elif lacking and not os.access(folder, os.W_OK):
        said.append(f"keys: none for {lacking}, and {folder} cannot be written: run `condau keys init` where it can")
    elif lacking:
        added = complete_local_authority(folder, passphrase_of(settings, make=False), now(), settings.pdf_key_type)
        said += [f"keys: made the {one.purpose.value} key {one.key_id}, which this version needs" for one in added]
    return said


def assemble(settings: Settings) -> Assembly:
    """Build everything from the settings. Raises SettingsRefused and the parts' own errors, which say what is wrong."""
    catalogue = load_catalogue(shipped_types_folder())
    passphrase = passphrase_of(settings, make=False)
    keys = live_keys(settings, passphrase)
    timestamper = timestamper_of(settings)
    database = Database(settings.database, clock=now)
    files = FolderDocumentFiles(settings.documents_folder)
    clients = registered_clients(settings)
    metrics = Metrics()
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
    register = HttpJudicialRegister(settings.judicial_register_url)
    services = Services(
        runner=database,
        rules=_rules(settings, catalogue, clients),
        issuers=trusted_issuers(
            settings,
            database,
            fetch=metrics.counting(HttpFetch()),
            proofs=ProofRules(nonces=proof_nonces(passphrase) if settings.dpop_nonces else None),
        ),
        clients=clients,
        trust=keys.trust_list,
        status_lists=StatusLists(
            keys=keys,
            public_url=settings.public_url,
            lifetime_seconds=settings.status_list_lifetime_seconds,
            ttl_seconds=settings.status_list_ttl_seconds,
        ),
        trust_lists=TrustLists(
            keys=keys, public_url=settings.public_url, lifetime_hours=settings.trust_list_lifetime_hours
        ),
        files=files,
        gateway=gateway,
        clock=now,
        public_url=settings.public_url,
        status_list_seconds=min(settings.status_list_ttl_seconds, LONGEST_SERVED_SECONDS),
        readiness={"keys": lambda: _keys_in_force(keys)},
        security_contact=settings.security_contact,
        population=_population_register(settings),
        guardian_rules=GuardianRules(of_age_years=settings.of_age_years),
        session_limits=SessionLimits(
            idle_seconds=settings.sessions.idle_minutes * 60, absolute_seconds=settings.sessions.absolute_minutes * 60
        ),
        limits=Limits(
            verifications=f"{settings.limits.verifications_per_minute}/minute",
            sign_ins=f"{settings.limits.sign_ins_per_minute}/minute",
            requests_per_person=f"{settings.limits.requests_per_person_per_minute}/minute",
            guardian_questions=f"{settings.limits.guardian_questions_per_minute}/minute",
            refused_evidence=f"{settings.limits.refused_evidence_per_minute}/minute",
            trusted_proxies=settings.limits.trusted_proxies,
            security_events_per_minute=settings.limits.security_events_per_minute,
        ),
        metrics=metrics,
    )
    options = WorkerOptions(
        executor_id=settings.worker.executor_id,
        sweep_interval_seconds=settings.worker.sweep_seconds,
        sweeps=SweepOptions(patience_seconds=settings.worker.patience_seconds),
    )
    orphans_after = timedelta(seconds=settings.orphan_file_seconds)
    stamps = settings.timestamps
    renew_after = timedelta(days=stamps.renew_archives_after_days) if stamps is not None and stamps.archive else None
    tidying = chores(database, files, now, orphans_after, settings.sessions, renew_after)
    worker = Worker(database, job_handlers(workshop, register, _archives(settings, workshop, keys)), options, tidying)
    return Assembly(
        settings=settings,
        database=database,
        services=services,
        workshop=workshop,
        worker=worker,
        gateway=gateway,
        register=register,
    )


def live_keys(settings: Settings, passphrase: bytes) -> LiveKeyRing:
    """The ring in force, now and after each change of its file. Raises SettingsRefused, SigningError."""

    def refuse(ring: KeyRing) -> str | None:
        insecure = any(isinstance(entry.key, InsecureSoftwareKey) for entry in ring.signers_from(now()))
        return INSECURE_KEYS if insecure and not may_use_files(settings) else None

    try:
        return LiveKeyRing(
            settings.keys_folder, passphrase, now, refuse=refuse, timestamp_roots=_timestamp_roots(settings)
        )
    except KeyUnsuitable as refused:
        raise SettingsRefused(str(refused)) from None


def timestamper_of(settings: Settings) -> HttpTimestamper | None:
    """The authority of the settings, None where none is set. Raises SettingsRefused."""
    block = settings.timestamps
    if block is None:
        return None
    authorization = None
    if block.password_file is not None:
        password = _read_secret("timestamps.password_file", block.password_file)
        authorization = basic_authorization(block.username, password)
    return HttpTimestamper(
        block.url,
        _timestamp_roots(settings),
        now,
        policy=block.policy or None,
        timeout_seconds=block.timeout_seconds,
        authorization=authorization,
    )


def _timestamp_roots(settings: Settings) -> tuple[x509.Certificate, ...]:
    if settings.timestamps is None:
        return ()
    file = settings.timestamps.roots_file
    try:
        return tuple(x509.load_pem_x509_certificates(_read_file("timestamps.roots_file", file) or b""))
    except ValueError:
        raise SettingsRefused(f"timestamps.roots_file: {file} holds no certificates in PEM") from None


def may_use_files(settings: Settings) -> bool:
    """Whether keys in files, which could be copied, may seal here."""
    return settings.mode == "demo" or settings.allow_software_keys


def _archives(settings: Settings, workshop: Workshop, keys: LiveKeyRing) -> Archives | None:
    if workshop.timestamper is None or settings.timestamps is None or not settings.timestamps.archive:
        return None
    return Archives(
        keys=keys,
        timestamper=workshop.timestamper,
        files=workshop.files,
        transact=workshop.transact,
        clock=workshop.clock,
        crls=lambda: keys.ring.crls,
        fetches=settings.timestamps.fetch_revocations,
    )


def job_handlers(
    workshop: Workshop, register: HttpJudicialRegister, archives: Archives | None
) -> dict[JobKind, JobHandler]:
    """What each kind of background job does. archives: None where nothing is archived."""

    def consult(application_id: UUID, step: StepRunner) -> None:
        step("consult", lambda: consult_register(workshop.transact, register, application_id, workshop.clock))

    def issuing(kind: CertificateKind) -> JobHandler:
        return lambda application_id, step: issue(workshop, kind, application_id, step)

    def archiving(kind: CertificateKind) -> JobHandler:
        def work(application_id: UUID, step: StepRunner) -> None:
            # Asked for while archiving was on: what is wanted stays noted until it is on again.
            if archives is not None:
                archive(archives, kind, application_id, step)

        return work

    return {
        JobKind.CONSULT_REGISTER: consult,
        JobKind.ISSUE_RESULT: issuing(CertificateKind.RESULT),
        JobKind.ISSUE_RECEIPT: issuing(CertificateKind.RECEIPT),
        JobKind.ARCHIVE_RESULT: archiving(CertificateKind.RESULT),
        JobKind.ARCHIVE_RECEIPT: archiving(CertificateKind.RECEIPT),
    }


def trusted_issuers(
    settings: Settings,
    database: Database | None = None,
    *,
    fetch: Fetch | None = None,
    proofs: ProofRules | None = None,
) -> TrustedIssuers:
    """Those of the settings, with what the installation knows about tokens, officials and keys.

    database: None is for a look at one citizen's token from beside the service; there all officials are unknown.
    Raises MisconfiguredIssuer.
    """
    issuers = [_trusted_issuer(block) for block in settings.issuers]
    if database is None:
        return TrustedIssuers(issuers)
    return TrustedIssuers(
        issuers,
        fetch=fetch,
        proofs=proofs or ProofRules(),
        shared=StoredDocuments(database),
        redeem=StoredRedeemed(database),
        find_official=StoredOfficials(database),
    )


def _rules(settings: Settings, catalogue: Catalogue, clients: Clients) -> Rules:
    return Rules(
        catalogue=catalogue,
        policies=load_policies(SHIPPED_POLICIES, *settings.policy_folders),
        calendar=WorkingCalendar(
            settings.calendar.working_saturdays,
            settings.calendar.days_off,
        ),
        channels=clients.channels,
    )


def _trusted_issuer(block: IssuerSettings) -> TrustedIssuer:
    return TrustedIssuer(
        name=block.name,
        title=block.title,
        kind=block.kind,
        issuer=block.issuer,
        audiences=block.audiences,
        algorithms=block.algorithms,
        people=block.people,
        token_kinds=block.token_kinds,
        jwt_type=block.jwt_type,
        endpoints=Endpoints(**block.endpoints.model_dump()),
        pinned_keys=_read_file("pinned_keys_file", block.pinned_keys_file),
        own_client=_own_client(block.own_client),
        envelope_key=_read_file("envelope_key_file", block.envelope_key_file),
        account_types=block.account_types,
        claims=None if block.claims is None else ClaimNames(**block.claims.model_dump()),
        levels={acr: AssuranceLevel(level) for acr, level in block.levels.items()},
        leeway_seconds=block.leeway_seconds,
        max_age_seconds=block.max_age_seconds,
        single_use_tokens=block.single_use_tokens,
        unit_and_roles=block.unit_and_roles,
        jwks_lifetime_seconds=block.jwks_lifetime_seconds,
        jwks_outage_seconds=block.jwks_outage_seconds,
        jwks_retry_seconds=block.jwks_retry_seconds,
        jwks_refetch_seconds=block.jwks_refetch_seconds,
    )


def _own_client(block: OwnClientSettings | None) -> OwnClient | None:
    if block is None:
        return None
    if block.client_secret is not None and block.client_secret_file is not None:
        raise SettingsRefused("own_client: set client_secret or client_secret_file, not both")
    secret = block.client_secret.get_secret_value() if block.client_secret is not None else None
    if block.client_secret_file is not None:
        secret = _read_secret("client_secret_file", block.client_secret_file)
    return OwnClient(client_id=block.client_id, client_secret=secret, scopes=block.scopes)


_SCOPES_FOR: Mapping[People, frozenset[Scope]] = {
    "citizens": frozenset(("applications:read", "applications:write", "documents:read")),
    "officials": frozenset(("desk",)),
    "machines": frozenset(("agency:read",)),
}
"""For whom the routes of each scope are; anybody else is refused there, whatever the registration says."""


def registered_clients(settings: Settings) -> Clients:
    """Raises SettingsRefused, MisconfiguredClient."""
    blocks = {block.name: block for block in settings.issuers}
    for client in settings.clients:
        if client.issuer not in blocks:
            raise SettingsRefused(
                f"client {client.client_id!r}: no issuer is called{did_you_mean(client.issuer, blocks)}"
            )
        if client.channel is not None and client.channel not in CHANNELS:
            raise SettingsRefused(f"client {client.client_id!r}: channel{did_you_mean(client.channel, CHANNELS)}")
        people = blocks[client.issuer].people
        useless = sorted(set(client.scopes) - _SCOPES_FOR[people])
        if useless:
            raise SettingsRefused(
                f"client {client.client_id!r}: {client.issuer!r} is an issuer of {people}, who can do nothing with "
                f"{', '.join(useless)}; for them there is {', '.join(sorted(_SCOPES_FOR[people]))}"
            )
    for block in settings.issuers:
        _refuse_unregistered_pages(block, settings.clients)
    return Clients(
        RegisteredClient(
            issuer=blocks[block.issuer].issuer,
            client_id=block.client_id,
            name=block.name,
            scopes=frozenset(block.scopes),
            scopes_from=block.scopes_from,
            channel=block.channel,
            unit=block.unit,
            webhook_url=block.webhook_url,
            requests_per_minute=block.requests_per_minute,
            cors_origins=block.cors_origins,
        )
        for block in settings.clients
    )


def _refuse_unregistered_pages(block: IssuerSettings, clients: Sequence[ClientSettings]) -> None:
    """Whoever signs in on our pages comes through `own_client`: unregistered, every one of them would be refused."""
    if "sign_in" not in block.token_kinds or block.own_client is None:
        return
    own = block.own_client.client_id
    if not any((client.issuer, client.client_id) == (block.name, own) for client in clients):
        raise SettingsRefused(
            f"issuer {block.name!r}: whoever signs in comes through its own_client {own!r}, which no [[clients]] block "
            "registers"
        )


def _population_register(settings: Settings) -> HttpPopulationRegister | None:
    address = settings.population_register_url
    return HttpPopulationRegister(address) if address else None


def _read_file(setting: str, file: Path | None) -> bytes | None:
    """Raises SettingsRefused, which names the setting, the file and the reason; also for an empty file."""
    if file is None:
        return None
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise SettingsRefused(f"{setting}: {file} cannot be read ({error.strerror})") from error
    if not raw.strip():
        raise SettingsRefused(f"{setting}: {file} is empty")
    return raw


def _read_secret(setting: str, file: Path) -> str:
    """Raises SettingsRefused as `_read_file`, and for what is no text."""
    try:
        return (_read_file(setting, file) or b"").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise SettingsRefused(f"{setting}: {file} is not text in UTF-8") from None


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


def passphrase_of(settings: Settings, *, make: bool) -> bytes:
    """The passphrase of the keys: from the settings, or from a file of the state folder that only its owner reads.

    Raises SettingsRefused; in production the passphrase never comes from beside the keys.
    """
    if settings.key_passphrase is not None:
        return settings.key_passphrase.get_secret_value().encode()
    file = settings.key_passphrase_file
    if file is None:
        if settings.mode == "production":
            raise SettingsRefused("set key_passphrase_file (or CONDAU_KEY_PASSPHRASE): it unlocks the sealing keys")
        file = settings.state_folder / PASSPHRASE_FILE
        if make and not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(secrets.token_urlsafe(32))
    return (_read_file("key_passphrase_file", file) or b"").strip()
