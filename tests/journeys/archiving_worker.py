"""A worker process that archives for real, and kills itself without warning at one named point."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from issuance.archive import Archives, archive
from issuance.certificate import CertificateKind
from issuance.jobs import JobKind, StepRunner
from signing.keys import KeyRing
from simulators.timestamp_authority import TimestampAuthority
from storage.files import FolderDocumentFiles
from storage.runner import Database
from storage.worker import Worker
from tests.archiving import Stamper
from tests.issuance.office import MONDAY, PASSPHRASE
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault
from tests.storage.workers import options_of

NOWHERE = "nowhere"
POINTS = ("archived", "checked", "stored", "after archive", "registered", "after register")


def authority_in(folder: Path) -> TimestampAuthority:
    """The same one for every process."""
    return TimestampAuthority.kept_in(folder / "authority.pem", MONDAY)


def ring_in(folder: Path) -> KeyRing:
    return replace(KeyRing.load(folder / "keys", PASSPHRASE), timestamp_roots=(authority_in(folder).root,))


def main(url: str, folder: str, killed_at: str) -> None:
    def reached(point: str) -> None:
        if point == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def now() -> datetime:
        return datetime.now(UTC)

    database, here = Database(url, clock=now, vault=a_vault(), ledger_key=a_ledger_key()), Path(folder)
    archives = Archives(
        keys=ring_in(here),
        timestamper=Stamper(authority_in(here), now),
        files=FolderDocumentFiles(here / "documents"),
        transact=database.run_blocking,
        clock=now,
        reached=reached,
    )

    def archive_result(application_id: UUID, step: StepRunner) -> None:
        def observed(name: str, act: object) -> object:
            result = step(name, act)  # type: ignore[arg-type] # the port's type variable, passed through
            reached(f"after {name}")
            return result

        archive(archives, CertificateKind.RESULT, application_id, observed)  # type: ignore[arg-type] # as above

    def nothing(application_id: UUID, step: StepRunner) -> None:
        pass

    handlers = dict.fromkeys(JobKind, nothing) | {JobKind.ARCHIVE_RESULT: archive_result}
    worker = Worker(database, handlers, options_of("slot-1"))
    worker.start()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    stopped.wait(120)
    worker.stop()
    database.dispose_blocking()
