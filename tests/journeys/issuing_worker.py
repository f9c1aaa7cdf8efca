"""A worker process that issues for real, and kills itself without warning at one named point."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from issuance.certificate import CertificateKind
from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from issuance.documents.render import Renderer
from issuance.issue import issue
from issuance.jobs import JobKind, StepRunner
from issuance.workshop import Workshop
from signing.keys import KeyRing
from storage.files import FolderDocumentFiles
from storage.runner import Database
from storage.worker import Worker
from tests.issuance.office import PASSPHRASE
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault
from tests.storage.workers import options_of

NOWHERE = "nowhere"
POINTS = (
    "intended",
    "after intend",
    "qr_sealed",
    "rendered",
    "sealed",
    "credential_sealed",
    "checked",
    "pdf_stored",
    "stored",
    "after produce",
    "issued",
    "after conclude",
)


def main(url: str, folder: str, killed_at: str) -> None:
    def reached(point: str) -> None:
        if point == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def now() -> datetime:
        return datetime.now(UTC)

    database = Database(url, clock=now, vault=a_vault(), ledger_key=a_ledger_key())
    workshop = Workshop(
        catalogue=load_catalogue(shipped_types_folder()),
        renderer=Renderer(None),
        keys=KeyRing.load(Path(folder) / "keys", PASSPHRASE),
        files=FolderDocumentFiles(Path(folder) / "documents"),
        transact=database.run_blocking,
        clock=now,
        public_url="https://condau.example",
        specimen=True,
        reached=reached,
    )

    def issue_result(application_id: UUID, step: StepRunner) -> None:
        def observed(name: str, act: object) -> object:
            result = step(name, act)  # type: ignore[arg-type] # the port's type variable, passed through
            reached(f"after {name}")
            return result

        issue(workshop, CertificateKind.RESULT, application_id, observed)  # type: ignore[arg-type] # as above

    def nothing(application_id: UUID, step: StepRunner) -> None:
        pass

    handlers = {
        JobKind.ISSUE_RESULT: issue_result,
        JobKind.ISSUE_RECEIPT: nothing,
        JobKind.CONSULT_REGISTER: nothing,
    }
    worker = Worker(database, handlers, options_of("slot-1"))
    worker.start()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    stopped.wait(120)
    worker.stop()
    database.dispose_blocking()
