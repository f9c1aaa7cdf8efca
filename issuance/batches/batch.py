"""A batch: a file that one official has checked and another one approves, and what became of each of its lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

BLOCK_LINES = 50
"""Lines of a block: what is digested, registered and concluded together. A block in its turn is lost to a kill and done
again, and its transaction keeps others waiting: both grow with it."""

MAX_LINES = 1_000_000
MAX_BATCHES_A_DAY = 999


class BatchState(StrEnum):
    """PREPARED: checked and counted. APPROVED: its documents may be issued. FINISHED: no line is left."""

    PREPARED = "prepared"
    APPROVED = "approved"
    FINISHED = "finished"


class LineState(StrEnum):
    """INTENDED: registered, approved, its number and status entry taken; only the sealed file is missing."""

    INTENDED = "intended"
    ISSUED = "issued"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One file of documents of one type.

    code: `unit-YYMMDD-Lnn`; a document's code is the batch's and the number of its line. file_sha256: of the file;
    block_digests: in hex, of the bytes of every `block_lines` lines, so that what is issued is what was approved even
    where the file is changed while it is read. head: the file's first line, which names the columns of a CSV file.
    lines: of data; refused: how many were not taken when it was prepared. prepared_by, approved_by: accounts.
    """

    id: UUID
    code: str
    type_id: str
    unit: str
    form: str
    head: str
    file_sha256: bytes
    file_bytes: int
    lines: int
    refused: int
    block_lines: int
    block_digests: tuple[str, ...]
    prepared_by: str
    prepared_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def state(self) -> BatchState:
        if self.finished_at is not None:
            return BatchState.FINISHED
        return BatchState.PREPARED if self.approved_at is None else BatchState.APPROVED

    @property
    def basis(self) -> str:
        """The act that a document of it rests on: this file, by its digest."""
        return f"SHA-256 {self.file_sha256.hex()}"

    def code_of(self, line: int) -> str:
        """Of the application of a line; lines count from 1, the head not counted."""
        return f"{self.code}-{line:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """What became of one line. key: a keyed digest of what it says, by which the same line counts once; none of a
    refused one, which may come again. refusal: the code of the reason; set for REFUSED alone."""

    number: int
    state: LineState
    application_id: UUID | None = None
    key: str | None = None
    refusal: str | None = None


def batch_code(unit: str, day: date, number: int) -> str:
    """`unit-YYMMDD-Lnn` (lô). A series of its own: one batch would use up the four digits of one-stop codes (Circular
    01/2018/TT-VPCP) for days ahead."""
    if not 1 <= number <= MAX_BATCHES_A_DAY:
        raise ValueError("batches of a day count from 1 to 999")
    return f"{unit}-{day:%y%m%d}-L{number:02d}"


class Batches(Protocol):
    def next_code(self, unit: str, on: date) -> str:
        """Raises BatchRefused where the day's are used up; ConcurrentChange where another one takes it."""

    def add(self, batch: Batch) -> None:
        """Raises ConcurrentChange where this file was prepared before for this type and unit, or the code is taken."""

    def find(self, code: str) -> Batch | None: ...

    def of_file(self, type_id: str | None, sha256: bytes) -> Sequence[Batch]:
        """Batches of this very file, the newest first."""

    def newest(self, limit: int) -> Sequence[Batch]: ...

    def approve(self, batch: Batch) -> bool:
        """PREPARED → APPROVED; False where it was approved before, and then nothing changes."""

    def finish(self, batch: Batch, at: datetime) -> bool:
        """APPROVED → FINISHED; False where it is already. The database refuses it while a line is missing."""

    def lines(self, batch_id: UUID, first: int, last: int) -> Mapping[int, BatchLine]:
        """Those of these numbers, both ends included, that are known."""

    def issued_keys(self, keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that a line of any batch has already."""

    def add_lines(self, batch_id: UUID, lines: Collection[BatchLine]) -> None:
        """Raises ConcurrentChange where one of the numbers or keys is taken."""

    def note_issued(self, batch_id: UUID, application_ids: Collection[UUID]) -> None:
        """INTENDED → ISSUED; harmless when repeated."""

    def counts(self, batch_id: UUID) -> Mapping[tuple[LineState, str | None], int]:
        """How many lines are in each state, refused ones by reason."""
