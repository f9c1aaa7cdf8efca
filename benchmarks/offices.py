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
from issuance.issue import Workshop, intend
from storage.runner import Database
from tests.issuance.office import PASSPHRASE, Office

FONTS = Path(__file__).parent.parent / "build" / "fonts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    office: Office
    workshop: Workshop
    passphrase: bytes = PASSPHRASE

    def intended(self) -> Certificate:
        """A result's certificate as its INTENT fixed it, of an application that went the real way."""
        application = asyncio.run(self.office.approved())
        return self.office.do(lambda records: intend(records, self.workshop, CertificateKind.RESULT, application.id))


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """A new office in an empty folder, on SQLite."""
    database = Database(f"sqlite:///{folder / 'condau.sqlite'}", clock=lambda: datetime.now(UTC))
    database.migrate()
    office = Office(database, folder)
    renderer = Renderer(FONTS if FONTS.is_dir() else None)
    try:
        yield Desk(office=office, workshop=replace(office.workshop(), renderer=renderer))
    finally:
        database.dispose_blocking()
