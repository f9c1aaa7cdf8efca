"""One official has a file checked, line by line; another one approves what was checked, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO
from uuid import uuid4

from ..content import rehearse_result
from ..delegations.authority import Authority
from ..documents.catalogue import DocumentType
from ..errors import NotPrintable
from ..fees.assess import FeeAssessment
from ..fees.facts import vietnam_day
from ..records import AuditEntry, Records, Transact
from ..rules import Rules
from .batch import BLOCK_LINES, MAX_LINES, Batch, BatchState, LineState
from .check_line import CheckedLine, KeyOf, check_line
from .errors import BatchRefused, LineRefused
from .plan_line import Terms, application_of, fee_of, terms_of
from .read_lines import Block, Form, LineReader, digest_of_file, read_blocks, read_head
from .standing import Standing, may_approve, may_prepare, standing_of, unit_of_batch

Refuse = Callable[[int, LineRefused], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareWorks:
    transact: Transact
    rules: Rules
    key_of: KeyOf
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """batch: what stands in the database now. is_new: False where this file had been prepared before."""

    batch: Batch
    is_new: bool


def prepare_batch(
    works: PrepareWorks,
    file: BinaryIO,
    form: Form,
    type_id: str,
    subject_key: str,
    *,
    entered_by: str,
    refuse: Refuse,
    done: Callable[[int], None],
    block_lines: int = BLOCK_LINES,
) -> Prepared:
    """Check every line as far as it can be checked without issuing, count, and fix the file by its digest.

    subject_key: the official who stands for it, by the register of officials. entered_by: who sits at the command line.
    refuse: told of each line that is not taken. done: told how many lines are through.
    Raises BatchRefused, UnknownDocumentType.
    """
    at, document_type = works.clock(), works.rules.catalogue.get(type_id)
    sha256 = digest_of_file(file)

    def begin(records: Records) -> Batch | tuple[Batch, Terms]:
        unit = unit_of_batch(records, document_type, at)
        preparer = may_prepare(records, subject_key, unit)
        for known in records.batches.of_file(type_id, sha256):
            if known.unit == unit:
                return known
        document_type.require_in_force(vietnam_day(at))
        blank = replace(_blank(document_type, unit, form, sha256, subject_key, at), block_lines=block_lines)
        # For the rehearsal of pages alone: whose name will stand there nobody knows yet.
        standing = Standing(preparer=preparer, approver=Authority(actor=preparer, as_head=True))
        return blank, terms_of(records, document_type, blank, standing)

    begun = works.transact(begin)
    if isinstance(begun, Batch):
        return Prepared(batch=begun, is_new=False)
    blank, terms = begun
    head = read_head(file, form)
    reader = LineReader(document_type, form, head)
    digests, lines, refused = list[str](), 0, 0
    trial = replace(blank, approved_by=subject_key, approved_at=at)
    for block in read_blocks(file, block_lines):
        for number, why in _problems(works, document_type, terms, trial, reader, block):
            refuse(number, why)
            refused += 1
        digests.append(block.digest)
        lines += len(block.lines)
        if lines > MAX_LINES:
            raise BatchRefused("too_many_lines", most=MAX_LINES)
        done(lines)
    if not lines:
        raise BatchRefused("empty_file")
    file_bytes = file.tell()
    if digest_of_file(file) != sha256:
        raise BatchRefused("file_changed", line=1)

    def end(records: Records) -> Batch:
        code = records.batches.next_code(blank.unit, vietnam_day(at))
        batch = replace(
            blank,
            code=code,
            head=head,
            file_bytes=file_bytes,
            lines=lines,
            refused=refused,
            block_digests=tuple(digests),
        )
        records.batches.add(batch)
        _audit(records, batch, "batch_prepared", subject_key, at, entered_by=entered_by)
        return batch

    return Prepared(batch=works.transact(end), is_new=True)


def approve_batch(records: Records, code: str, subject_key: str, at: datetime, *, entered_by: str) -> Batch:
    """A head of the unit approves the batch; never who has prepared it. Approved twice by the same one changes nothing.

    Raises BatchRefused.
    """
    batch = find_batch(records, code)
    if batch.prepared_by == subject_key:
        raise BatchRefused("same_official", official=subject_key)
    right = may_approve(records, subject_key, batch.unit, batch.type_id, at)
    if right.acting_for is not None and right.acting_for.subject_key == batch.prepared_by:
        # In the place of who has prepared it: two names and one head.
        raise BatchRefused("same_official", official=right.acting_for.subject_key)
    if batch.state is not BatchState.PREPARED:
        raise BatchRefused("approved_before", batch=batch.code)
    if batch.refused == batch.lines:
        raise BatchRefused("nothing_to_issue", batch=batch.code)
    approved = replace(batch, approved_by=subject_key, approved_at=at)
    standing_of(records, approved, at)
    if not records.batches.approve(approved):
        raise BatchRefused("approved_before", batch=batch.code)
    lent = {} if right.delegation_id is None else {"delegation": str(right.delegation_id)}
    _audit(records, approved, "batch_approved", subject_key, at, entered_by=entered_by, **lent)
    return approved


def finish_batch(records: Records, batch: Batch, at: datetime, *, entered_by: str) -> bool:
    """Close a batch of which no line is left; whether it is closed now."""
    counts = records.batches.counts(batch.id)
    ended = sum(count for (state, _), count in counts.items() if state is not LineState.INTENDED)
    if ended != batch.lines:
        return False
    if records.batches.finish(batch, at):
        issued = counts.get((LineState.ISSUED, None), 0)
        _audit(records, batch, "batch_finished", entered_by, at, issued=issued, refused=ended - issued)
    return True


def find_batch(records: Records, code: str) -> Batch:
    """Raises BatchRefused."""
    batch = records.batches.find(code)
    if batch is None:
        raise BatchRefused("unknown_batch", batch=code)
    return batch


def _blank(document_type: DocumentType, unit: str, form: Form, sha256: bytes, subject_key: str, at: datetime) -> Batch:
    return Batch(
        id=uuid4(),
        code="-",
        type_id=document_type.id,
        unit=unit,
        form=form,
        head="",
        file_sha256=sha256,
        file_bytes=0,
        lines=0,
        refused=0,
        block_lines=BLOCK_LINES,
        block_digests=(),
        prepared_by=subject_key,
        prepared_at=at,
    )


def _problems(
    works: PrepareWorks, document_type: DocumentType, terms: Terms, trial: Batch, reader: LineReader, block: Block
) -> Iterator[tuple[int, LineRefused]]:
    """trial: as if it were approved already, so that a page can be rehearsed."""
    today = vietnam_day(trial.prepared_at)
    checked: list[CheckedLine] = []
    for number, raw in enumerate(block.lines, block.first):
        try:
            checked.append(check_line(reader, document_type, works.key_of, number, raw, today))
        except LineRefused as refused:
            yield number, refused
    fees = works.transact(lambda records: [_fee(records, terms, trial, line) for line in checked])
    for line, fee in zip(checked, fees, strict=True):
        if isinstance(fee, LineRefused):
            yield line.number, fee
            continue
        application = application_of(works.rules, terms, trial, line, fee)
        if application.decision is None:
            raise AssertionError("an application of a batch is approved")
        try:
            rehearse_result(application, application.decision, document_type, today)
        except NotPrintable as refused:
            yield line.number, LineRefused("not_printable", refused.problems)


def _fee(records: Records, terms: Terms, trial: Batch, line: CheckedLine) -> FeeAssessment | LineRefused:
    try:
        return fee_of(records, terms, trial, line)
    except LineRefused as refused:
        return refused


def _audit(records: Records, batch: Batch, action: str, actor: str, at: datetime, **details: object) -> None:
    about: Mapping[str, object] = {
        "batch": batch.code,
        "type": batch.type_id,
        "file": batch.file_sha256.hex(),
        "lines": batch.lines,
        "refused": batch.refused,
        **details,
    }
    records.audit.append(AuditEntry(at=at, actor=actor, action=action, application_id=None, details=about))
