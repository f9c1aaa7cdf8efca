"""A block of a batch's lines: registered → produced → issued. Killed anywhere, it is done again and nothing twice.

1. Lines that are known stay what they are; those that were registered and not issued are finished as by any worker.
2. The others are read, checked, planned. One transaction: applications, their steps, fees, audit, INTENT, the lines.
3. Every document is rendered, sealed, checked, stored.
4. One transaction: ISSUED, and the lines with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from signing.errors import KeyCompromised

from ..certificate import Certificate, CertificateKind
from ..documents.errors import DocumentError
from ..errors import ConcurrentChange
from ..fees.assess import FeeAssessment
from ..fees.facts import vietnam_day
from ..issue import conclude, intend_draft, issue
from ..jobs import JobKind
from ..produce import produce
from ..produced import Produced
from ..records import AuditEntry, Records
from ..rules import Rules
from ..workshop import Workshop
from .batch import Batch, BatchLine, LineState
from .check_line import CheckedLine, KeyOf, check_line
from .errors import BatchRefused, LineRefused
from .plan_line import Planned, Terms, fee_of, plan_line, terms_of
from .read_lines import Block, LineReader
from .standing import Standing, accounts_of, standing_of

RESULT = CertificateKind.RESULT
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchWorks:
    """What a process issues blocks with. key_of: see `check_line`."""

    workshop: Workshop
    rules: Rules
    key_of: KeyOf


@dataclass(slots=True)
class BlockReport:
    """What came of a block. refused: the lines that were refused now, with the reason; refused_before: the same of an
    earlier run. again: lines that were issued or
    refused in an earlier run. failed: lines whose document could not be rendered; they are tried again by the next run
    and by the service. issued_ids: of all issued documents of the block, earlier ones too."""

    first: int
    lines: int
    issued: int = 0
    again: int = 0
    refused_before: list[tuple[int, LineRefused]] = field(default_factory=list)
    refused: list[tuple[int, LineRefused]] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    issued_ids: list[tuple[int, UUID]] = field(default_factory=list)


def issue_block(works: BatchWorks, batch: Batch, reader: LineReader, block: Block) -> BlockReport:
    """Raises BatchRefused where the block is not the one that was approved; what keys and database raise."""
    place = (block.first - 1) // batch.block_lines
    if batch.block_digests[place : place + 1] != (block.digest,):
        raise BatchRefused("file_changed", line=block.first)
    transact, last = works.workshop.transact, block.first + len(block.lines) - 1
    report = BlockReport(first=block.first, lines=len(block.lines))
    known = transact(lambda records: records.batches.lines(batch.id, block.first, last))
    _finish(works, batch, known, report)
    report.refused_before = [(line.number, LineRefused(line.refusal)) for line in known.values() if line.refusal]
    report.again = sum(line.state is not LineState.INTENDED for line in known.values())

    checked = _checked(works, batch, reader, block, known, report)
    planned = _register(works, batch, checked, report)
    works.workshop.reached("intended")
    produced = _produced(works, planned, report)
    _conclude(works, batch, produced, report)
    works.workshop.reached("issued")
    report.issued_ids += [(line.number, line.application_id) for line in known.values() if line.application_id]
    return report


def _finish(works: BatchWorks, batch: Batch, known: Mapping[int, BatchLine], report: BlockReport) -> None:
    """Documents that an earlier run has registered: keys and day may be others by now, as for any left behind."""
    for line in known.values():
        if line.state is not LineState.INTENDED or line.application_id is None:
            continue
        application_id = line.application_id
        try:
            issue(works.workshop, RESULT, application_id, lambda _, act: act())
        except DocumentError as error:
            _note_failure(works, application_id, error)
            report.failed.append((line.number, error.code))
            continue
        works.workshop.transact(
            lambda records, done=application_id: records.batches.note_issued(batch.id, [done])  # type: ignore[misc] # of a default
        )
        report.issued += 1


def _checked(
    works: BatchWorks,
    batch: Batch,
    reader: LineReader,
    block: Block,
    known: Mapping[int, BatchLine],
    report: BlockReport,
) -> Sequence[CheckedLine]:
    document_type, today = works.rules.catalogue.get(batch.type_id), vietnam_day(batch.prepared_at)
    checked: list[CheckedLine] = []
    for number, line in enumerate(block.lines, block.first):
        if number in known:
            continue
        try:
            checked.append(check_line(reader, document_type, works.key_of, number, line, today))
        except LineRefused as refused:
            report.refused.append((number, refused))
    return checked


def _register(
    works: BatchWorks, batch: Batch, checked: Sequence[CheckedLine], report: BlockReport
) -> Sequence[Planned]:
    """Where another process takes a line's key first, all is looked at anew, and the line is a repeated one."""
    refused_by_itself = list(report.refused)
    for attempt in range(1, _ATTEMPTS + 1):
        report.refused = list(refused_by_itself)
        ready = _plan(works, batch, checked, report)
        refused = [BatchLine(number=line, state=LineState.REFUSED, refusal=why.code) for line, why in report.refused]
        try:
            return works.workshop.transact(lambda records, p=ready, r=refused: _write(works, records, batch, p, r))  # type: ignore[misc] # of defaults
        except ConcurrentChange:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _plan(works: BatchWorks, batch: Batch, checked: Sequence[CheckedLine], report: BlockReport) -> Sequence[Planned]:
    workshop, at = works.workshop, works.workshop.clock()
    terms, fees, status_list = workshop.transact(lambda records: _look_up(works, records, batch, checked, at))
    planned: list[Planned] = []
    for line, fee in zip(checked, fees, strict=True):
        if isinstance(fee, LineRefused):
            report.refused.append((line.number, fee))
            continue
        try:
            planned.append(
                plan_line(
                    works.rules,
                    workshop.keys,
                    terms,
                    batch,
                    line,
                    fee,
                    status_list=status_list,
                    verify_host=urlsplit(workshop.public_url).netloc,
                    specimen=workshop.specimen,
                    at=at,
                )
            )
        except LineRefused as refused:
            report.refused.append((line.number, refused))
    return planned


def _look_up(
    works: BatchWorks, records: Records, batch: Batch, checked: Sequence[CheckedLine], at: datetime
) -> tuple[Terms, Sequence[FeeAssessment | LineRefused], int]:
    """What the database has to say about these lines: the fee of each, or why it is refused."""
    standing = standing_of(records, batch, at)
    terms = terms_of(records, works.rules.catalogue.get(batch.type_id), batch, standing)
    taken = set(records.batches.issued_keys([line.key for line in checked]))
    found: list[FeeAssessment | LineRefused] = []
    for line, concerns in zip(checked, _concerns_them(works, records, standing, checked), strict=True):
        try:
            if concerns:
                raise LineRefused("self_dealing")
            if line.key in taken:
                raise LineRefused("repeated")
            found.append(fee_of(records, terms, batch, line))
            taken.add(line.key)
        except LineRefused as refused:
            found.append(refused)
    return terms, found, records.certificates.open_status_list()


def _concerns_them(
    works: BatchWorks, records: Records, standing: Standing, checked: Sequence[CheckedLine]
) -> Sequence[bool]:
    """Whether a line is about one of the officials or a declared relative: nobody issues for his or her own."""
    accounts, persons = accounts_of(standing), [works.rules.person_index(line.personal_id) for line in checked]
    lent = standing.approver.delegation
    any_declared = bool(persons) and bool(records.relatives.among(accounts, persons))
    return [
        (lent is not None and person == lent.person)
        or (any_declared and bool(records.relatives.among(accounts, [person])))
        for person in persons
    ]


def _write(
    works: BatchWorks, records: Records, batch: Batch, planned: Sequence[Planned], refused: Sequence[BatchLine]
) -> Sequence[Planned]:
    at = works.workshop.clock()
    for one in planned:
        records.applications.add(one.application)
        records.assessments.add(one.assessment)
        for visit in one.visits:
            records.step_visits.open(visit)
        for actor, action in (
            (batch.prepared_by, "application_submitted"),
            (batch.approved_by or "", "application_approved"),
        ):
            records.audit.append(
                AuditEntry(
                    at=at,
                    actor=actor,
                    action=action,
                    application_id=one.application.id,
                    details={"batch": batch.code, "line": one.line.number, **_lent(one)},
                )
            )
    # Last, since everybody who issues waits for the row of the open status list until the commit.
    intended = [replace(one, certificate=intend_draft(records, one.certificate, at)) for one in planned]
    records.batches.add_lines(batch.id, [*map(_line_of, intended), *refused])
    return intended


def _lent(one: Planned) -> dict[str, str]:
    decision = one.application.decision
    if decision is None or decision.acting_for is None:
        return {}
    return {"acting_for": decision.acting_for.subject_key, "delegation": str(decision.delegation)}


def _produced(works: BatchWorks, planned: Sequence[Planned], report: BlockReport) -> Sequence[tuple[Planned, Produced]]:
    done: list[tuple[Planned, Produced]] = []
    for one in planned:
        try:
            done.append((one, produce(works.workshop, one.certificate)))
        except DocumentError as error:
            _note_failure(works, one.application.id, error)
            report.failed.append((one.line.number, error.code))
    return done


def _conclude(
    works: BatchWorks, batch: Batch, produced: Sequence[tuple[Planned, Produced]], report: BlockReport
) -> None:
    workshop, at = works.workshop, works.workshop.clock()
    late = [one for one, _ in produced if _was_compromised(workshop, one.certificate)]
    ready = [(one.application.id, files) for one, files in produced if one not in late]

    def use_case(records: Records) -> None:
        for application_id, files in ready:
            conclude(records, RESULT, application_id, files, at, archives=workshop.archives)
        records.batches.note_issued(batch.id, [application_id for application_id, _ in ready])

    if ready:
        workshop.transact(use_case)
    report.issued += len(ready)
    report.issued_ids += [(one.line.number, one.application.id) for one, _ in produced]
    behind = {one.line.number: _line_of(one) for one in late}
    _finish(works, batch, behind, report)


def _line_of(one: Planned) -> BatchLine:
    return BatchLine(
        number=one.line.number, state=LineState.INTENDED, application_id=one.application.id, key=one.line.key
    )


def _was_compromised(workshop: Workshop, certificate: Certificate) -> bool:
    """While it was sealed: it is intended and sealed anew then, and the first file is nobody's."""
    try:
        for key_id in certificate.key_ids:
            workshop.keys.by_id(key_id)
    except KeyCompromised:
        return True
    return False


def _note_failure(works: BatchWorks, application_id: UUID, error: DocumentError) -> None:
    """Where other stuck work is listed too; the service's own workers try it again."""
    at = works.workshop.clock()
    works.workshop.transact(lambda records: records.failures.note(JobKind.ISSUE_RESULT, application_id, error.code, at))
