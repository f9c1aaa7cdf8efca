"""The true documents that attacks begin from: issued by an office with real keys, stamped, archived, and registered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from issuance.archive import Archives, archive
from issuance.certificate import CertificateKind
from issuance.deliver import newest_pdf
from issuance.issue import issue
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from signing.status_list import seal_status_list
from simulators.timestamp_authority import TimestampAuthority
from storage.runner import Database
from tests.archiving import Stamper
from tests.issuance.office import MONDAY, PASSPHRASE, Office
from tests.storage.databases import migrated_sqlite_file
from verification.register import RegisteredDocument, StatusReading
from verification.trust import KeyPurpose, TrustList
from verification.verdict import Verdict
from verification.verify_pdf import verify_pdf
from verification.verify_status_list import StatusListSnapshot, verify_status_list

KeyKind = Literal["p256", "rsa3072"]
Level = Literal["B-B", "B-T", "B-LTA"]
KINDS: tuple[KeyKind, ...] = ("p256", "rsa3072")
LEVELS: tuple[Level, ...] = ("B-B", "B-T", "B-LTA")
ORGANISATION = "Công an thành phố Hà Nội"


@dataclass(frozen=True)
class KeptRegister:
    """The answers that the office's database gave, kept in memory: it is asked 100,000 times."""

    documents: dict[bytes, RegisteredDocument]

    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        return self.documents.get(sha256)

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        return None

    def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
        place = (status_list, status_index)
        found = (d for d in self.documents.values() if (d.facts.status_list, d.facts.status_index) == place)
        return next(found, None)

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        document = self.document_at(status_list, status_index)
        return StatusReading(document.status, MONDAY) if document is not None else None


@dataclass(frozen=True)
class Issued:
    """What one office issued. files: two documents of each level, for attacks that mix two."""

    ring: KeyRing
    trust: TrustList
    status: StatusListSnapshot
    register: KeptRegister
    authority: TimestampAuthority
    files: dict[Level, tuple[bytes, bytes]]

    def offline(self, data: bytes) -> Verdict:
        return verify_pdf(data, self.trust, None, self.status, MONDAY)

    def online(self, data: bytes) -> Verdict:
        return verify_pdf(data, self.trust, self.register, None, MONDAY)


@cache
def issued(kind: KeyKind) -> Issued:
    """Both registered and archived files of two people's documents, of each level, sealed with a key of this kind."""
    with TemporaryDirectory() as folder:
        return asyncio.run(_issue(Path(folder), kind))


async def _issue(folder: Path, kind: KeyKind) -> Issued:
    database = Database(f"sqlite:///{migrated_sqlite_file(folder)}", clock=lambda: MONDAY)
    office = Office(database, folder)
    authority = TimestampAuthority.make(MONDAY)
    create_local_authority(folder / "other-keys", ORGANISATION, PASSPHRASE, MONDAY, kind)
    office.keys = replace(KeyRing.load(folder / "other-keys", PASSPHRASE), timestamp_roots=(authority.root,))
    stamper = Stamper(authority, lambda: MONDAY)
    bare = [await _document(office, None) for _ in range(2)]
    stamped = [await _document(office, stamper) for _ in range(2)]
    files: dict[Level, tuple[bytes, ...]] = {
        "B-B": tuple(sealed for sealed, _ in bare),
        "B-T": tuple(sealed for sealed, _ in stamped),
        "B-LTA": tuple(archived for _, archived in stamped),
    }
    digests = [sha256(data).digest() for pair in files.values() for data in pair]
    found = office.do(lambda r: {digest: r.register.document_by_digest(digest) for digest in digests})
    register = KeptRegister({digest: document for digest, document in found.items() if document is not None})
    assert len(register.documents) == len(digests)
    trust = office.keys.trust_list(MONDAY)
    number = next(iter(register.documents.values())).facts.status_list
    uri = f"https://condau.example/v1/status-lists/{number}"
    key = office.keys.active(KeyPurpose.STATUS, MONDAY)
    text = seal_status_list({}, 1 << 20, key, uri, MONDAY, 12 * 3600, 600)
    await database.dispose()
    return Issued(
        office.keys,
        trust,
        verify_status_list(text, trust, MONDAY),
        register,
        authority,
        files,  # type: ignore[arg-type]  # two each, see above
    )


async def _document(office: Office, stamper: Stamper | None) -> tuple[bytes, bytes]:
    """Sealed and archived; without a stamper the second is the sealed file once more."""
    application = await office.approved()
    workshop = replace(office.workshop(), timestamper=stamper, archives=stamper is not None)
    issue(workshop, CertificateKind.RESULT, application.id, lambda _, act: act())
    certificate = office.do(lambda r: r.certificates.of_application(application.id, CertificateKind.RESULT))
    assert certificate is not None
    assert certificate.sha256 is not None
    sealed = office.files.load(certificate.sha256)
    if stamper is None:
        return sealed, sealed
    archives = Archives(
        keys=office.keys,
        timestamper=stamper,
        files=office.files,
        transact=office.database.run_blocking,
        clock=lambda: MONDAY,
        crls=lambda: office.keys.crls,
    )
    archive(archives, CertificateKind.RESULT, application.id, lambda _, act: act())
    newest = office.do(lambda r: newest_pdf(r, certificate))
    return sealed, office.files.load(newest.sha256)
