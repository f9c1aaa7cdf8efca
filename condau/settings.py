"""Settings: one TOML file and the environment, read here and nowhere else; an unknown key is refused, never ignored."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from api.services import Limits
from condau.wrong_settings import in_words
from identity.clients import Scope
from identity.fetch import is_safe_address
from identity.trusted_issuer import MAX_PERIOD_SECONDS, People, TokenKind
from issuance.fees.facts import did_you_mean

PREFIX = "CONDAU_"
_DEFAULTS = Limits()
_Period = Annotated[float, Field(ge=1, le=MAX_PERIOD_SECONDS, allow_inf_nan=False)]
_ClaimName = Annotated[str, Field(min_length=1)]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingsRefused(Exception):
    """The settings cannot be used; the message says which key and why, and holds no value."""


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OwnClientSettings(_Block):
    """This service as it is registered at the issuer; the secret stands here or, better, in a file of its own."""

    client_id: str
    client_secret: Annotated[SecretStr, Field(min_length=1)] | None = None
    client_secret_file: Path | None = None
    scopes: tuple[str, ...] = ("openid",)


class EndpointSettings(_Block):
    """Addresses that the issuer's discovery document does not give, or that are pinned against it."""

    authorization: str | None = None
    token: str | None = None
    userinfo: str | None = None
    introspection: str | None = None
    end_session: str | None = None
    jwks: str | None = None


class ClaimNameSettings(_Block):
    """Under which names the issuer gives what it says of a person; those left out are called as here."""

    personal_id: _ClaimName = "personal_id"
    name: _ClaimName = "name"
    birthdate: _ClaimName = "birthdate"
    gender: _ClaimName = "gender"
    acr: _ClaimName = "acr"
    unit: _ClaimName = "unit"
    roles: _ClaimName = "roles"


class IssuerSettings(_Block):
    """One identity provider whose evidence is accepted; identity/trusted_issuer.py says what each entry means.

    pinned_keys_file: a JWK Set, instead of one that is fetched. envelope_key_file: PEM of a private RSA key.
    """

    name: str
    title: str = ""
    kind: str = "oidc"
    issuer: str
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...] = ("ES256",)
    people: People
    token_kinds: tuple[TokenKind, ...] = ("jwt_access_token",)
    jwt_type: Literal["at+jwt", "JWT"] = "at+jwt"
    endpoints: EndpointSettings = EndpointSettings()
    pinned_keys_file: Path | None = None
    own_client: OwnClientSettings | None = None
    envelope_key_file: Path | None = None
    account_types: tuple[str, ...] = ()
    claims: ClaimNameSettings | None = None
    levels: dict[str, Literal[1, 2]] = Field(default_factory=dict)
    leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    max_age_seconds: Annotated[int, Field(ge=60, le=MAX_PERIOD_SECONDS)] = 3600
    single_use_tokens: bool = False
    unit_and_roles: Literal["either", "register"] = "either"
    jwks_lifetime_seconds: _Period = 300
    jwks_outage_seconds: _Period = 86_400
    jwks_retry_seconds: _Period = 5
    jwks_refetch_seconds: _Period = 60


class ClientSettings(_Block):
    """An application that may bring tokens here; identity/clients.py says what each entry means.

    issuer: the name of an `[[issuers]]` block. webhook_url: where events go, signed with the secret in
    webhook_secret_file (`whsec_…`), and with the previous one too while receivers change over (docs/webhooks.md).
    """

    issuer: str
    client_id: str
    name: str
    scopes: tuple[Scope, ...]
    scopes_from: Literal["token", "registration"] = "token"
    channel: str | None = None
    unit: str | None = None
    webhook_url: str | None = None
    webhook_secret_file: Path | None = None
    previous_webhook_secret_file: Path | None = None
    requests_per_minute: Annotated[int, Field(ge=1)] = 6_000
    cors_origins: tuple[str, ...] = ()


class SessionSettings(_Block):
    """How long a signed-in person stays so on our own pages: without a request, and at most."""

    idle_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    absolute_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 8 * 60

    @model_validator(mode="after")
    def _consistent(self) -> SessionSettings:
        if self.idle_minutes > self.absolute_minutes:
            raise ValueError("idle_minutes must not be above absolute_minutes")
        return self


class LimitSettings(_Block):
    """How much an address may ask of what is open to everybody, and a person of what a token opens."""

    verifications_per_minute: Annotated[int, Field(ge=1)] = 60
    quotes_per_minute: Annotated[int, Field(ge=1)] = 60
    sign_ins_per_minute: Annotated[int, Field(ge=1)] = 120
    requests_per_person_per_minute: Annotated[int, Field(ge=1)] = 120
    guardian_questions_per_minute: Annotated[int, Field(ge=1)] = 10
    refused_evidence_per_minute: Annotated[int, Field(ge=1)] = 120
    security_events_per_minute: Annotated[int, Field(ge=1)] = _DEFAULTS.security_events_per_minute
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = _DEFAULTS.trusted_proxies


class WorkerSettings(_Block):
    """Background work. On SQLite it always runs inside the service's process.

    inside_service: whether each process of the service works too. executor_id: of the slot, stable over restarts, and
    of one process at a time. metrics_port: where Prometheus finds the figures of `condau worker`; none without.
    polling_seconds: between two looks for documents to make; for what nobody waits for, up to ten times as long.
    drain_seconds: how long running jobs may take to end when the process is asked to stop; others resume the rest.
    sweep_seconds: between two looks for work that got stuck. patience_seconds: how long a job may take before it is
    asked for again.
    """

    inside_service: bool = True
    executor_id: str = "local"
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    polling_seconds: Annotated[float, Field(ge=0.02, le=10)] = 0.2
    drain_seconds: Annotated[int, Field(ge=0, le=600)] = 20
    sweep_seconds: Annotated[float, Field(gt=0)] = 15.0
    patience_seconds: Annotated[float, Field(gt=0)] = 60.0


class DeadlineSettings(_Block):
    """How early people are told of deadlines, and what a late application gets.

    due_soon_working_hours: so long before the promised time its owner is told. head_after_working_days: so long after
    the owner was told that something is late, the heads of the unit are. new_time_divisor: an apology proposes the
    legal limit divided by this as new time, one day at least.
    """

    due_soon_working_hours: Annotated[int, Field(ge=1, le=400)] = 8
    head_after_working_days: Annotated[int, Field(ge=0, le=60)] = 1
    new_time_divisor: Annotated[int, Field(ge=1, le=10)] = 2


class ScheduleSettings(_Block):
    """How often scheduled work comes round, in seconds; what comes round daily does so after midnight in Vietnam."""

    deadlines_seconds: Annotated[int, Field(ge=1, le=3_600)] = 60
    status_lists_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900
    retention_seconds: Annotated[int, Field(ge=60, le=86_400)] = 3_600
    seals_seconds: Annotated[int, Field(ge=1, le=3_600)] = 60


class RetentionSettings(_Block):
    """For how many days what is kept of people stays readable; see docs/personal-data.md.

    application_days: of an application that ended with a result, after its end; application_days_without_result: of one
    that was withdrawn, stopped or refused, and who sent money that named none and went back. 0 keeps them for good. A
    document in force keeps its application. repeated_answer_days: of answers to requests that may be repeated.
    security_event_days: of refusals that were noted.
    """

    application_days: Annotated[int, Field(ge=0, le=36_500)] = 3_650
    application_days_without_result: Annotated[int, Field(ge=0, le=36_500)] = 730
    repeated_answer_days: Annotated[int, Field(ge=1, le=90)] = 7
    security_event_days: Annotated[int, Field(ge=1, le=3_650)] = 90


class StatementSettings(_Block):
    """Under which headings the bank's statements (CSV) have what is read of them; see docs/payments.md."""

    date: Annotated[str, Field(min_length=1, max_length=60)] = "date"
    reference: Annotated[str, Field(min_length=1, max_length=60)] = "reference"
    amount: Annotated[str, Field(min_length=1, max_length=60)] = "amount"
    currency: Annotated[str, Field(min_length=1, max_length=60)] = "currency"
    memo: Annotated[str, Field(min_length=1, max_length=60)] = "memo"


class CalendarSettings(_Block):
    """What the government swaps by decree: Saturdays that are worked, and days off beyond the national holidays."""

    working_saturdays: tuple[date, ...] = ()
    days_off: tuple[date, ...] = ()


class WebhookSettings(_Block):
    """How events are sent to the applications that the clients' webhook_url names.

    timeout_seconds: for one attempt, from looking up the name to the end of the answer. give_up_days: so long an event
    is tried; then it is a dead letter. private_networks: such as "10.20.0.0/16", into which addresses may lead; by
    default none that is not public.
    """

    timeout_seconds: Annotated[float, Field(ge=1, le=60)] = 10.0
    give_up_days: Annotated[int, Field(ge=1, le=30)] = 3
    private_networks: tuple[str, ...] = ()

    @field_validator("private_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ipaddress.ip_network(one)  # raises ValueError, which says what is wrong
        return value


class TimestampSettings(_Block):
    """The timestamping authority (RFC 3161) that stamps the seals of PDFs.

    roots_file: PEM of the certificates that its own lead to; they are published in the trust list, and stay there for
    as long as documents stamped under them are to be verified. policy: the dotted identifier of its rules to stamp by,
    empty for its own choice. username with password_file: for an authority that knows its customers. archive: whether
    sealed PDFs get validation data and an archive timestamp from it afterwards. fetch_revocations: whether the
    revocation lists and OCSP answers that certificates name are then fetched, from wherever they say, and kept too.
    renew_archives_after_days: when an archived file gets a further timestamp; sooner than the authority's certificate
    can end.
    """

    url: str
    roots_file: Path
    policy: Annotated[str, Field(pattern=r"^([0-2](\.\d+)+)?$")] = ""
    timeout_seconds: Annotated[float, Field(ge=1, le=120)] = 10.0
    username: str = ""
    password_file: Path | None = None
    archive: bool = True
    fetch_revocations: bool = False
    renew_archives_after_days: Annotated[int, Field(ge=30, le=30 * 365)] = 3 * 365

    @model_validator(mode="after")
    def _consistent(self) -> TimestampSettings:
        if not is_safe_address(self.url):
            raise ValueError("url must be https, except on loopback, without a user name")
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("set username and password_file, or neither")
        if ":" in self.username:
            raise ValueError("username must not contain a colon")
        return self


class PaymentAccountSettings(_Block):
    """The bank account that fees go to, shown to payers and written into VietQR codes.

    bank_bin: the 6 digits by which NAPAS knows the bank; number: 19 letters and digits at most.
    """

    bank_bin: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    number: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,19}$")]
    holder: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


class PaymentSettings(_Block):
    """How money comes, and who looks at what fits nothing.

    account: without it no VietQR code is shown, and payers follow the memo alone. notice_secret_files: each a secret
    (`whsec_…`) with which the provider signs its notices; two while one replaces the other, none where it sends none.
    unit: looks at money that names no application. ask_seconds: how often it is looked for orders about which the
    provider is to be asked. statement: the columns of the bank's statements.
    """

    account: PaymentAccountSettings | None = None
    notice_secret_files: tuple[Path, ...] = ()
    unit: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,63}$")] = "000.00.15.H26"
    ask_seconds: Annotated[int, Field(ge=5, le=86_400)] = 300
    statement: StatementSettings = StatementSettings()


class Settings(BaseSettings):
    """Everything that an installation may set. Folders are relative to the working directory unless absolute.

    mode: "demo" marks every document as a specimen and allows simulated parts. database_url: empty means a SQLite
    file in the state folder. database_password_file: keeps the password out of that address.
    allow_software_keys: in production, seal with keys in files although they could be copied.
    pdf_key_type: of the keys that `condau init` makes for PDFs; readers of all ages verify RSA, P-256 only the newer.
    key_passphrase or key_passphrase_file: unlocks the keys. issuers: whose evidence about people is accepted. clients:
    the applications that may bring it. status_list_lifetime_seconds: how old a downloaded list of revocations may be
    where there is no network to fetch a newer one. status_list_ttl_seconds: after how long it is fetched anew where
    there is one.
    population_register_url: asked whether somebody is a child's guardian; empty leaves that out. of_age_years: from
    which birthday on nobody can be acted for as a child. payment_days: so many days after it was asked for the money
    must have come, or the application ends. metrics_port: where Prometheus finds figures; none without.
    metrics_host: on which of the machine's addresses. dpop_nonces: proofs of possession must carry a nonce of ours, so
    that none is made ahead.
    trust_list_lifetime_hours: how long somebody without a network may rely on the list of keys that was downloaded.
    timestamps: who says when a document was sealed; without that block the seals say it themselves.
    orphan_file_seconds: how old a sealed file that no certificate names must be before the sweep removes it.
    evidence_keep_days: how many days after an application has ended the files that its citizen brought are kept;
    evidence_keep_days_without_result: the same where it was withdrawn, stopped or refused.
    log_format: "json" writes one object a line, "text" the same for people. drain_seconds: so long after SIGTERM the
    service says that it is not ready, and answers still, before it takes no more connections. auto_migrate: whether
    starting brings an older PostgreSQL schema up to date; else `condau upgrade` does. backup_folder: where backups go
    unless `condau backup` and `condau upgrade` are told another place.
    policy_folders: fee policies beside the shipped ones (`*.json`, their acts in a folder `acts` beside it); at start
    those that the policy book does not know enter it. reasons_file: lists that officials choose reasons from, in the
    place of those in api/reasons.toml.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    mode: Literal["production", "demo"] = "production"
    public_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    state_folder: Path = Path("var/state")
    database_url: str = ""
    database_password_file: Path | None = None
    auto_migrate: bool = True
    backup_folder: Path | None = None
    log_format: Literal["text", "json"] = "text"
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 0
    fonts_folder: Path | None = None
    policy_folders: tuple[Path, ...] = ()
    reasons_file: Path | None = None
    organisation: str = "Công an thành phố Hà Nội"
    allow_software_keys: bool = False
    pdf_key_type: Literal["p256", "rsa2048", "rsa3072"] = "rsa3072"
    key_passphrase: Annotated[SecretStr, Field(min_length=1)] | None = None
    key_passphrase_file: Path | None = None
    issuers: tuple[IssuerSettings, ...] = ()
    clients: tuple[ClientSettings, ...] = ()
    sessions: SessionSettings = SessionSettings()
    population_register_url: str = ""
    of_age_years: Annotated[int, Field(ge=1, le=30)] = 18
    payment_days: Annotated[int, Field(ge=1, le=365)] = 30
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    metrics_host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    dpop_nonces: bool = True
    judicial_register_url: str = ""
    payment_gateway_url: str = ""
    security_contact: str | None = None
    trust_list_lifetime_hours: Annotated[int, Field(ge=1, le=31 * 24)] = 7 * 24
    status_list_lifetime_seconds: Annotated[int, Field(ge=60, le=7 * 86400)] = 12 * 3600
    status_list_ttl_seconds: Annotated[int, Field(ge=1, le=60)] = 60
    orphan_file_seconds: Annotated[int, Field(ge=60)] = 3600
    evidence_keep_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    evidence_keep_days_without_result: Annotated[int, Field(ge=1, le=36_500)] = 90
    timestamps: TimestampSettings | None = None
    limits: LimitSettings = LimitSettings()
    worker: WorkerSettings = WorkerSettings()
    calendar: CalendarSettings = CalendarSettings()
    webhooks: WebhookSettings = WebhookSettings()
    deadlines: DeadlineSettings = DeadlineSettings()
    schedules: ScheduleSettings = ScheduleSettings()
    retention: RetentionSettings = RetentionSettings()
    payments: PaymentSettings = PaymentSettings()

    @field_validator("public_url")
    @classmethod
    def _without_closing_slash(cls, value: str) -> str:
        # Addresses are made by adding paths; a doubled slash would be in no proof's `htu`.
        return value.removesuffix("/")

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        parts = urlsplit(self.public_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("public_url must be a plain http(s) address without a path")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(
                "public_url must be https, except on loopback: browsers give no camera or crypto otherwise"
            )
        if self.mode == "production" and not (self.judicial_register_url and self.payment_gateway_url):
            raise ValueError("production needs judicial_register_url and payment_gateway_url")
        if self.population_register_url and not is_safe_address(self.population_register_url):
            raise ValueError("population_register_url must be https, except on loopback: personal numbers travel")
        if self.database_password_file is not None:
            database = urlsplit(self.database_url)
            if not database.username or database.password:
                raise ValueError("database_password_file needs a database_url with a user and without a password")
        if self.metrics_port == self.port:
            raise ValueError("metrics_port must not be the public port")
        if self.key_passphrase is not None and self.key_passphrase_file is not None:
            raise ValueError("set key_passphrase or key_passphrase_file, not both")
        return self

    @property
    def database(self) -> str:
        """The database's URL; without one, a SQLite file in the state folder. Raises SettingsRefused."""
        if self.database_password_file is not None:
            return _with_password(self.database_url, self.database_password_file)
        return self.database_url or f"sqlite:///{self.state_folder / 'condau.db'}"

    @property
    def keys_folder(self) -> Path:
        return self.state_folder / "keys"

    @property
    def papers_folder(self) -> Path:
        return self.state_folder / "papers"

    @property
    def documents_folder(self) -> Path:
        return self.state_folder / "documents"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The environment wins over the file (given as init arguments), as operators of containers expect.
        return env_settings, init_settings


def _with_password(url: str, file: Path) -> str:
    try:
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"database_password_file: {file} cannot be read ({type(error).__name__})") from None
    if not password:
        raise SettingsRefused(f"database_password_file: {file} is empty")
    user, _, place = urlsplit(url).netloc.partition("@")
    return url.replace(f"{user}@{place}", f"{user}:{quote(password, safe='')}@{place}", 1)


def read_settings(file: Path | None) -> Settings:
    """Read the file (if any) under the environment. Raises SettingsRefused."""
    given: dict[str, Any] = {}
    if file is not None:
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsRefused(f"{file}: cannot be read ({error.strerror})") from error
        except UnicodeDecodeError:
            raise SettingsRefused(f"{file}: is not text in UTF-8") from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsRefused(f"{file}: {error}") from error
    _refuse_unknown_variables()
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsRefused(in_words(error, Settings, given)) from None


def _refuse_unknown_variables() -> None:
    """A misspelt variable would silently leave the default in force."""
    known = {*Settings.model_fields, "settings"}
    for variable in os.environ:
        name = variable.removeprefix(PREFIX).split("__")[0].lower()
        if variable.startswith(PREFIX) and name not in known:
            raise SettingsRefused(f"the environment sets {variable}: no setting is called{did_you_mean(name, known)}")
