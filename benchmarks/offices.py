"""An office to measure in: real rules, keys, renderer and database, as the tests have them, with the built fonts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from issuance.certificate import Certificate, CertificateKind
from issuance.documents.render import Renderer
from issuance.issue import intend
from issuance.workshop import Workshop
from signing.keys import KeyRing
from signing.local_authority import PdfKeyType, create_local_authority
from storage.runner import Database
from tests.issuance.office import PASSPHRASE, Office
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault

FONTS = Path(__file__).parent.parent / "build" / "fonts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    office: Office
    workshop: Workshop
    keys_folder: Path
    passphrase: bytes = PASSPHRASE

    def intended(self) -> Certificate:
        """A result's certificate as its INTENT fixed it, of an application that went the real way."""
        application = asyncio.run(self.office.approved())
        return self.office.do(lambda records: intend(records, self.workshop, CertificateKind.RESULT, application.id))


@contextmanager
def open_desk(folder: Path, key_type: PdfKeyType = "p256") -> Iterator[Desk]:
    """A new office in an empty folder, on SQLite, with sealing keys of one type."""
    database = Database(
        f"sqlite:///{folder / 'condau.sqlite'}",
        clock=lambda: datetime.now(UTC),
        vault=a_vault(),
        ledger_key=a_ledger_key(),
    )
    database.migrate()
    office = Office(database, folder)
    keys_folder = folder / f"keys-{key_type}"
    create_local_authority(keys_folder, "Công an thành phố Hà Nội", PASSPHRASE, office.at, key_type)
    office.keys = KeyRing.load(keys_folder, PASSPHRASE)
    renderer = Renderer(FONTS if FONTS.is_dir() else None)
    try:
        yield Desk(office=office, workshop=replace(office.workshop(), renderer=renderer), keys_folder=keys_folder)
    finally:
        database.dispose_blocking()
