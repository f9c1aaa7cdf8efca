"""What the commands of `condau fees` do: files read and checked, the book asked, cases rehearsed. Prints nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from condau.document_files import document_files_of
from condau.installation import Ask
from condau.settings import Settings
from issuance.assessed import StoredAssessment
from issuance.fee_policies.change_of_book import BookRefuses, entering
from issuance.fee_policies.draft import BookRow
from issuance.fees.analysis import Report, analyse
from issuance.fees.assessment import FeeAssessment
from issuance.fees.book import EVER, BookEntry, PolicyBook, name_of
from issuance.fees.document import FeePolicy, Source
from issuance.fees.errors import AssessmentUnreadable, PolicyRefused, Problem
from issuance.fees.policy import SHIPPED_POLICIES, load_policies
from issuance.fees.quotas import QuotaKey, quota_keys, quota_sizes
from issuance.fees.reading.check_examples import check_examples
from issuance.fees.reading.check_sources import check_sources
from issuance.fees.reading.read_policy import MAX_POLICY_BYTES, read_policy
from issuance.fees.rehearsal.population import PopulationPlan
from issuance.fees.rehearsal.side import rules_of
from issuance.fees.stored import from_json
from issuance.fees.wording import Label
from issuance.records import AuditEntry, Records
from storage.errors import FileMissing

MAX_JSON_BYTES = 20_000_000
MAX_ACT_BYTES = 50_000_000
_YEAR = timedelta(days=364)


class FeesRefused(Exception):
    """A command that can't be done, in both languages."""

    def __init__(self, text: Label) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What is wrong with one file. report: None where it couldn't be read as a policy."""

    name: str
    policy: FeePolicy | None
    problems: tuple[Problem, ...]
    report: Report | None

    @property
    def is_refused(self) -> bool:
        """Whether it must not decide anything as it is; warnings and notes don't count."""
        return bool(self.problems) or self.report is None or bool(self.report.errors)


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A quota that all requests share, as it stands now. is_in_force: whether a version that has it decides today."""

    key: QuotaKey
    unit: str
    size: int
    used: int
    is_in_force: bool

    @property
    def left(self) -> int:
        return max(0, self.size - self.used)


def read_bounded(file: Path, max_bytes: int) -> bytes:
    """At most one byte more than is allowed: enough for a reader to refuse the rest unread. Raises OSError."""
    with file.open("rb") as stream:
        return stream.read(max_bytes + 1)


def read_json(file: Path) -> object:
    """Raises FeesRefused, OSError."""
    content = read_bounded(file, MAX_JSON_BYTES)
    try:
        if len(content) > MAX_JSON_BYTES:
            raise ValueError("too large")
        return json.loads(content)
    except (ValueError, RecursionError):
        raise FeesRefused(
            Label(f"{file}: không phải là JSON đọc được", f"{file}: this is no JSON to be read")
        ) from None


def read_policy_file(file: Path) -> FeePolicy:
    """Raises PolicyRefused, OSError."""
    return read_policy(read_bounded(file, MAX_POLICY_BYTES), file.name)


def shipped_book() -> PolicyBook:
    """The policies that come with the software, for whoever has no installation."""
    return load_policies(SHIPPED_POLICIES)


def rows_of_files(files: Sequence[Path]) -> Sequence[BookRow]:
    """A book of these documents alone. Raises PolicyRefused, OSError."""
    return rows_of(PolicyBook.of([read_policy_file(file) for file in files]))


def rows_of(book: PolicyBook) -> Sequence[BookRow]:
    """Its entries that are known now, as they would be stored."""
    return [
        BookRow(id=uuid4(), policy=entry.policy, valid=entry.valid, known_from=entry.known_from, opened_by="condau")
        for entry in book.entries
        if entry.known_to is None
    ]


def book_of(rows: Sequence[BookRow]) -> PolicyBook:
    """Raises PolicyRefused where two of them decide together."""
    return PolicyBook(tuple(BookEntry(row.policy, row.valid, row.known_from, row.known_to) for row in rows))


def entries_of(book: PolicyBook) -> Sequence[BookEntry]:
    """Those that are known now."""
    return [entry for entry in book.entries if entry.known_to is None]


def book_with(rows: Sequence[BookRow], policy: FeePolicy) -> PolicyBook:
    """The book as it would be if this version were scheduled now. Raises FeesRefused."""
    if any(row.policy.digest == policy.digest and row.known_to is None for row in rows):
        name = name_of(policy)
        raise FeesRefused(
            Label(
                f"{name} đã có trong sổ chính sách; hãy so sánh với tệp khác bằng --before",
                f"{name} is in the book already; compare it with another file by --before",
            )
        )
    try:
        return entering(rows, policy, "condau", EVER).made_to(book_of(rows))
    except BookRefuses as refused:
        raise FeesRefused(
            Label("; ".join(one.vi for one in refused.reasons), "; ".join(one.en for one in refused.reasons))
        ) from None


def check_files(
    files: Sequence[Path], acts: Path | None, entries: Sequence[BookEntry], settings: Settings | None
) -> Sequence[CheckedFile]:
    """Each file by itself, against the entries of a book and against the other files. Raises OSError.

    acts: the folder of the acts' files; else they are looked for beside the policies, and in the installation.
    """
    read: list[tuple[Path, FeePolicy | None, list[Problem]]] = []
    for file in files:
        try:
            read.append((file, read_policy_file(file), []))
        except PolicyRefused as refused:
            read.append((file, None, list(refused.problems)))
    checked = []
    for file, policy, problems in read:
        if policy is None:
            checked.append(CheckedFile(file.name, None, tuple(problems), None))
            continue
        found = [*check_sources(policy, _acts_of(file, acts, settings)), *check_examples(policy)]
        others = [
            *(entry for entry in entries if entry.policy.digest != policy.digest),
            *(BookEntry(other, other.document.effective) for _, other, _ in read if other and other is not policy),
        ]
        checked.append(CheckedFile(file.name, policy, tuple(found), analyse(policy, others)))
    return checked


def _acts_of(file: Path, acts: Path | None, settings: Settings | None) -> Callable[[Source], bytes | None]:
    folders = [acts] if acts is not None else [file.parent.parent / "acts", file.parent / "acts", file.parent]
    stored = None if settings is None else document_files_of(settings)

    def find(source: Source) -> bytes | None:
        for folder in folders:
            if (folder / source.file).is_file():
                return read_bounded(folder / source.file, MAX_ACT_BYTES)
        try:
            return None if stored is None else stored.load(bytes.fromhex(source.sha256))
        except FileMissing:
            return None

    return find


def default_plan(policy: FeePolicy, size: int, seed: int) -> PopulationPlan:
    """A year of requests from the first day of the version on, or until its last; the shares are invented.

    Raises PopulationRefused.
    """
    days = policy.document.effective
    last_day = days.first_day + _YEAR if days.last_day is None else min(days.last_day, days.first_day + _YEAR)
    return PopulationPlan(
        size=size,
        seed=seed,
        document_type=policy.document.document_types[0],
        first_day=days.first_day,
        last_day=last_day,
    )


def stored_decisions(ask: Ask, code: str, actor: str, at: datetime) -> Sequence[StoredAssessment]:
    """All fee decisions of an application, oldest first; that somebody looked stands in the audit trail.

    Raises ApplicationNotFound, RecordsUnavailable.
    """
    unit = code.rsplit("-", 2)[0]

    def read(records: Records) -> Sequence[StoredAssessment]:
        application_id = records.applications.in_unit(code, unit).id
        records.audit.append(
            AuditEntry(at=at, actor=actor, action="fee_decisions_read", application_id=application_id, details={})
        )
        return records.assessments.of_application(application_id)

    return ask(read)


def assessment_of(file: Path) -> FeeAssessment:
    """One that `condau fees assess --json` or the service has written. Raises FeesRefused, OSError."""
    try:
        return from_json(read_json(file))
    except AssessmentUnreadable as broken:
        raise FeesRefused(
            Label(
                f"{file}: không phải là một quyết định về phí do `condau fees assess --json` ghi ra ({broken})",
                f"{file}: this is no fee decision as `condau fees assess --json` writes it ({broken})",
            )
        ) from None


def budgets(records: Records, today: date) -> Sequence[BudgetState]:
    """Every budget quota of every policy, those too that nobody has drawn on yet."""
    rows = [row for row in records.fee_policies.rows() if row.known_to is None]
    found: dict[QuotaKey, BudgetState] = {}
    for row in sorted(rows, key=lambda row: row.valid.first_day):
        units = {rule.quota_name: rule.quota.unit for rule in rules_of(row.policy) if rule.quota is not None}
        for name, key in quota_keys(row.policy, today, "").items():
            if key.scope == "budget_total":
                # A version that decides today says how much there is; else the latest.
                if key in found and found[key].is_in_force:
                    continue
                size = quota_sizes(row.policy)[name]
                found[key] = BudgetState(key, units[name], size, 0, row.valid.cover(today))
    for policy_id in sorted({row.policy.id for row in rows}):
        for key, used, size in records.quotas.of_policy(policy_id):
            state = found.get(key)
            found[key] = BudgetState(
                key,
                "" if state is None else state.unit,
                size if state is None else state.size,
                used,
                state is not None and state.is_in_force,
            )
    return [found[key] for key in sorted(found)]
