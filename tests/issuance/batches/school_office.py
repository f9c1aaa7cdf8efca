"""The department that issues transcripts: two officials, and a batch on its way through them."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from condau.batches.run import Summary, run_batch
from condau.batches.works import OpenWorks
from identity.officials_register import RegisteredOfficial
from issuance.batches.batch import Batch
from issuance.batches.errors import LineRefused
from issuance.batches.issue_block import BatchWorks
from issuance.batches.prepare_batch import Prepared, PrepareWorks, approve_batch, finish_batch, prepare_batch
from issuance.batches.read_lines import form_of
from issuance.documents.catalogue import DocumentType
from storage.runner import Database
from tests.issuance.office import Office

TRANSCRIPT = "school_transcript"
UNIT = "000.00.13.H26"
CLERK, HEAD = "https://officials.example|school-clerk", "https://officials.example|school-head"
OPERATOR = "operator:uid-0"


def line_key(said: str) -> str:
    """As an installation's, by a secret that everybody knows."""
    return hmac.new(b"only for tests", said.encode(), hashlib.sha256).hexdigest()


def appoint(office: Office) -> None:
    """The two officials whom the register knows."""
    people = ((CLERK, "caseworker", "Vũ Thị Mẫu"), (HEAD, "head", "Trần Văn Mẫu"))

    def put(records: object, at: datetime = office.at) -> None:
        for key, role, name in people:
            records.officials.put(  # type: ignore[attr-defined] # the port of issuance only reads
                RegisteredOfficial(subject_key=key, unit=UNIT, roles=frozenset({role}), full_name=name),  # type: ignore[arg-type] # of the two
                at,
            )

    office.do(put)


def transcript(office: Office) -> DocumentType:
    return office.catalogue.get(TRANSCRIPT)


def prepare(
    office: Office, file: Path, by: str = CLERK, block_lines: int = 10
) -> tuple[Prepared, dict[int, LineRefused]]:
    """The batch, and which lines were not taken."""
    refused: dict[int, LineRefused] = {}
    works = PrepareWorks(
        transact=office.database.run_blocking, rules=office.rules, key_of=line_key, clock=lambda: office.at
    )
    with file.open("rb") as opened:
        prepared = prepare_batch(
            works,
            opened,
            form_of(file),
            TRANSCRIPT,
            by,
            entered_by=OPERATOR,
            refuse=refused.__setitem__,
            done=lambda _: None,
            block_lines=block_lines,
        )
    return prepared, refused


def approve(office: Office, batch: Batch, by: str = HEAD) -> Batch:
    return office.do(lambda r: approve_batch(r, batch.code, by, office.at, entered_by=OPERATOR))


def works_of(office: Office, database: Database, reached: Callable[[str], None] = lambda _: None) -> OpenWorks:
    works = BatchWorks(workshop=office.workshop(reached), rules=office.rules, key_of=line_key)
    return OpenWorks(works=works, database=database)


def issue(
    office: Office,
    batch: Batch,
    file: Path,
    reached: Callable[[str], None] = lambda _: None,
    stop: threading.Event | None = None,
    out: Path | None = None,
) -> Summary:
    """All that is left of it, in this process; the batch is closed where nothing is."""
    with file.open("rb") as opened:
        summary = run_batch(
            works_of(office, office.database, reached),
            batch,
            opened,
            told=lambda _: None,
            stop=stop or threading.Event(),
            out=out,
        )
    office.do(lambda r: finish_batch(r, batch, office.at, entered_by=OPERATOR))
    return summary
