"""A process that issues a batch for real, and kills itself without warning where it is told to."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

from condau.batches.run import run_batch
from condau.batches.works import OpenWorks
from issuance.apply import Rules
from issuance.batches.issue_block import BatchWorks
from issuance.documents.render import Renderer
from issuance.procedure.calendar import WorkingCalendar
from issuance.workshop import Workshop
from signing.keys import KeyRing
from storage.files import FolderDocumentFiles
from storage.runner import Database
from tests.issuance.batches.school_office import line_key
from tests.issuance.office import PASSPHRASE, person_index, shipped_catalogue
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.vaults import a_vault

NOWHERE = "nowhere"


def main(url: str, folder: str, file: str, code: str, at: str, point: str, times: str) -> None:
    """point, times: where to die, and at which time it is reached. Says "begun" and how many were issued."""
    seen = list[str]()

    def reached(here: str) -> None:
        seen.append(here)
        if here == point and seen.count(point) == int(times):
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(url, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())
    workshop = Workshop(
        catalogue=shipped_catalogue(),
        renderer=Renderer(None),
        keys=KeyRing.load(Path(folder) / "keys", PASSPHRASE),
        files=FolderDocumentFiles(Path(folder) / "documents"),
        transact=database.run_blocking,
        clock=lambda: datetime.fromisoformat(at),
        public_url="https://condau.example",
        specimen=True,
        reached=reached,
    )
    rules = Rules(catalogue=workshop.catalogue, calendar=WorkingCalendar(), channels={}, person_index=person_index)
    here = OpenWorks(works=BatchWorks(workshop=workshop, rules=rules, key_of=line_key), database=database)
    batch = database.run_blocking(lambda records: records.batches.find(code))
    assert batch is not None
    print("begun", flush=True)
    with Path(file).open("rb") as opened:
        summary = run_batch(here, batch, opened, told=lambda _: None, stop=threading.Event())
    print(summary.issued, flush=True)
    database.dispose_blocking()
