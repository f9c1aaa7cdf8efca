"""An agency's office for tests: real rules, real database, real keys and renderer; time stands where a test puts it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from identity.clients import Clients, RegisteredClient, Scope
from issuance.application import Application
from issuance.apply import Rules, apply
from issuance.certificate import Certificate, CertificateKind
from issuance.documents.catalogue import Catalogue, load_catalogue, shipped_types_folder
from issuance.documents.render import Renderer
from issuance.fee_policies.install import install, read_shipped, store_acts
from issuance.feedback.terms import FeedbackTerms
from issuance.fees.policy import SHIPPED_POLICIES
from issuance.issue import issue
from issuance.payments.vietqr import BankAccount
from issuance.procedure.calendar import WorkingCalendar
from issuance.procedure.install import install_procedures
from issuance.procedure.shipped import shipped_sources
from issuance.records import Records
from issuance.registers.consult import keep_register_answer
from issuance.registers.judicial import RegisterAnswer
from issuance.settlement.act import act, approve
from issuance.settlement.in_force import procedure_of
from issuance.workshop import Workshop
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from storage.files import FolderDocumentFiles
from storage.paper_files import FolderPaperFiles
from storage.runner import Database
from tests.identity.issuer import TestIssuer

T = TypeVar("T")

_ALL: tuple[Scope, ...] = ("applications:read", "applications:write", "documents:read")
UNIT = "000.00.15.H26"
ACCOUNT = BankAccount("970436", "113366668888", "KHO BAC NHA NUOC HA NOI")
_REGISTERED: tuple[tuple[str, str, tuple[Scope, ...], str | None, dict[str, Any]], ...] = (
    ("https://issuer.example", "vneid-app", _ALL, "vneid", {}),
    ("https://issuer.example", "portal", _ALL, "portal", {"cors_origins": ("https://portal.example",)}),
    ("https://issuer.example", "one-stop-kiosk", _ALL, "desk", {"scopes_from": "registration"}),
    ("https://issuer.example", "reader", ("applications:read",), "portal", {"requests_per_minute": 3}),
    ("https://issuer.example", "second-reader", ("applications:read",), "portal", {"requests_per_minute": 3}),
    ("https://issuer.example", "no-channel", _ALL, None, {"cors_origins": ("https://app.example:8443",)}),
    ("https://officials.example", "desk", ("desk",), None, {}),
    ("https://machines.example", "one-stop-system", ("agency:read",), None, {"unit": UNIT}),
    ("https://machines.example", "another-unit", ("agency:read",), None, {"unit": "000.00.16.H26"}),
    ("https://machines.example", "odd-machine", ("applications:read",), None, {}),
)
CLIENTS = Clients(
    RegisteredClient(
        issuer=issuer, client_id=client_id, name=client_id, scopes=frozenset(scopes), channel=channel, **more
    )
    for issuer, client_id, scopes, channel, more in _REGISTERED
)
"""The applications through which the office's people come."""

TYPE = "criminal_record_form_1"
MONDAY = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
INPUT: dict[str, Any] = {
    "copies": 3,
    "sex": "female",
    "birth_place": "Phường Ngọc Hà, thành phố Hà Nội",
    "nationality": "Việt Nam",
    "permanent_residence": "Số 12 phố Đội Cấn, phường Ngọc Hà, thành phố Hà Nội",
    "business_management_ban_requested": False,
}
SHIPPED = read_shipped(SHIPPED_POLICIES)
PASSPHRASE = b"only for tests, thirty letters"


def person_index(personal_id: str) -> str:
    """As an installation's, by a secret that everybody knows."""
    return hmac.new(b"only for tests", personal_id.encode(), hashlib.sha256).hexdigest()


def clean_record(at: datetime) -> RegisterAnswer:
    return RegisterAnswer(reference="TTLLTP-1", answered_at=at, convictions=(), business_bans=())


@cache
def shipped_catalogue() -> Catalogue:
    """Read once in a process: nothing of it can be changed."""
    return load_catalogue(shipped_types_folder())


def make_keys(folder: Path, at: datetime) -> None:
    """A local authority of that day; every office of a process has the same keys, each in a folder of its own."""
    folder.mkdir(mode=0o700, parents=True)
    for name, content in _keys_of(at).items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)


@cache
def _keys_of(at: datetime) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        made = Path(folder) / "keys"
        create_local_authority(made, "Công an thành phố Hà Nội", PASSPHRASE, at)
        return {file.name: file.read_bytes() for file in made.iterdir()}


def approve_whole(records: Records, rules: Rules, code: str, official: VerifiedOfficial, at: datetime) -> Application:
    """Approve in as many steps as the procedure has, by an official who holds the roles of all of them."""
    application = records.applications.in_unit(code, official.unit)
    procedure = procedure_of(records, application)
    while procedure.approving(procedure.step(application.step)) is None:
        onward = procedure.step(application.step).outcomes[0].id
        application = act(records, rules, code, official, onward, None, at)
    return approve(records, rules, code, official, at)


class Office:
    """One unit with its people. `at` is the time at which everything happens."""

    def __init__(self, database: Database, folder: Path, at: datetime = MONDAY) -> None:
        self.database = database
        self.at = at
        self.catalogue = shipped_catalogue()
        self.rules = Rules(
            catalogue=self.catalogue,
            calendar=WorkingCalendar(),
            channels=CLIENTS.channels,
            person_index=person_index,
            account=ACCOUNT,
            feedback=FeedbackTerms(survey_secret=b"only for tests"),
        )
        self.citizens, self.officials = TestIssuer(), TestIssuer("https://officials.example", people="officials")
        self.machines = TestIssuer("https://machines.example", people="machines")
        make_keys(folder / "keys", at)
        self.keys = KeyRing.load(folder / "keys", PASSPHRASE)
        self.files_folder = folder / "documents"
        self.files = FolderDocumentFiles(self.files_folder)
        self.papers_folder = folder / "papers"
        self.papers = FolderPaperFiles(self.papers_folder, b"only for tests, thirty-two bytes")
        store_acts(self.files, SHIPPED)
        database.run_blocking(lambda records: install(records, SHIPPED, at))
        database.run_blocking(lambda records: install_procedures(records, shipped_sources(), at))

    def workshop(self, reached: Callable[[str], None] = lambda _: None) -> Workshop:
        return Workshop(
            catalogue=self.catalogue,
            renderer=Renderer(None),
            keys=self.keys,
            files=self.files,
            transact=self.database.run_blocking,
            clock=lambda: self.at,
            public_url="https://condau.example",
            specimen=True,
            reached=reached,
        )

    async def citizen(self, **claims: Any) -> VerifiedCitizen:
        return await self.citizens.citizen(self.at, **claims)

    async def official(self, **claims: Any) -> VerifiedOfficial:
        return await self.officials.official(self.at, **claims)

    def do(self, use_case: Callable[[Records], T]) -> T:
        return self.database.run_blocking(use_case)

    async def application(self, *, client: str = "vneid-app", **changed: Any) -> Application:
        """An application of the citizen, as `apply` leaves it."""
        citizen = await self.citizen(client_id=client)
        return self.do(lambda r: apply(r, self.rules, citizen, TYPE, INPUT | changed, self.at))

    async def approved(self, **changed: Any) -> Application:
        """An application with the register's answer and an approval."""
        application = await self.application(**changed)
        official = await self.official(roles=["caseworker", "head"])
        self.do(lambda r: keep_register_answer(r, application.id, clean_record(self.at), self.at))
        return self.do(lambda r: approve_whole(r, self.rules, application.code, official, self.at))

    def issue(self, application_id: UUID, kind: CertificateKind = CertificateKind.RESULT) -> Certificate:
        """Issue as a worker would, all steps at once."""
        issue(self.workshop(), kind, application_id, lambda _, act: act())
        certificate = self.do(lambda r: r.certificates.of_application(application_id, kind))
        assert certificate is not None
        return certificate

    def audit(self, application_id: UUID) -> list[str]:
        return [entry.action for entry in self.do(lambda r: r.audit.of_application(application_id))]
