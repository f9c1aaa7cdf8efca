"""What the post reports of parcels: a CSV file, read line by line, taken as often as it is brought."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from identity.citizen import VerifiedOfficial

from ..desk import demand_desk
from ..errors import BrokenTracking
from ..fees.wording import Label
from ..records import Records
from .parcel import Parcel, ParcelState, ReturnReason, is_parcel_number
from .post import note

COLUMNS = ("parcel", "tracking", "state", "at", "reason")
MAX_BYTES = 2_000_000
MAX_LINES = 20_000
_REPORTED = frozenset({ParcelState.HANDED_OVER, ParcelState.DELIVERED, ParcelState.RETURNED})
_GONE = _REPORTED
_TRACKING = re.compile(r"[0-9A-Z]{4,32}")
_CLOCKS_APART = timedelta(hours=1)

Trouble = Literal[
    "columns", "parcel", "tracking", "state", "at", "future", "reason", "unknown", "not_handed_over", "backwards"
]
WORDS: dict[Trouble, Label] = {
    "columns": Label("cần đúng 5 cột", "there must be exactly 5 columns"),
    "parcel": Label("không phải mã bưu gửi của hệ thống", "this is no parcel number of ours"),
    "tracking": Label("mã vận đơn không hợp lệ", "the tracking number has another form"),
    "state": Label(
        "trạng thái phải là handed_over, delivered hoặc returned", "the state is handed_over, delivered or returned"
    ),
    "at": Label("thời điểm phải theo ISO 8601, có múi giờ", "the time must be in ISO 8601, with its zone"),
    "future": Label("thời điểm nằm ở tương lai", "the time lies ahead"),
    "reason": Label(
        "bưu gửi chuyển hoàn cần lý do trong danh mục", "what came back has a reason of the list, anything else none"
    ),
    "unknown": Label("không có bưu gửi này", "there is no such parcel"),
    "not_handed_over": Label("bưu gửi chưa bàn giao cho bưu điện", "this parcel was not handed to the post yet"),
    "backwards": Label("bưu gửi đã kết thúc bằng trạng thái khác", "this parcel has ended in another way already"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """One line of the file."""

    line: int
    parcel: str
    tracking: str | None
    state: ParcelState
    at: datetime
    reason: ReturnReason | None


@dataclass(frozen=True, slots=True)
class LineProblem:
    """line: of the file, from 1; the heading is the first."""

    line: int
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class TrackingReport:
    """changed: the numbers of parcels that are told anew. unchanged: how many lines said nothing new."""

    changed: Sequence[str] = ()
    unchanged: int = 0
    problems: Sequence[LineProblem] = ()

    def and_then(self, other: TrackingReport) -> TrackingReport:
        return TrackingReport(
            (*self.changed, *other.changed),
            self.unchanged + other.unchanged,
            tuple(sorted((*self.problems, *other.problems), key=lambda one: one.line)),
        )


@dataclass(frozen=True, slots=True)
class ReadTracking:
    """What could be read, and what could not."""

    reports: Sequence[Report]
    problems: Sequence[LineProblem] = field(default_factory=tuple)


def read_tracking(content: bytes, at: datetime) -> ReadTracking:
    """Read the file; a line that cannot be read is a problem of that line alone.

    Raises BrokenTracking for what is no such file at all: too large, no UTF-8, another heading.
    """
    if len(content) > MAX_BYTES:
        raise BrokenTracking("too_large")
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        heading = [cell.strip() for cell in next(rows, [])]
        if tuple(heading) != COLUMNS:
            raise BrokenTracking("heading")
        reports: list[Report] = []
        problems: list[LineProblem] = []
        for row in rows:
            if rows.line_num > MAX_LINES:
                raise BrokenTracking("too_many_lines")
            if not row:
                continue
            read = _read(rows.line_num, [cell.strip() for cell in row], at)
            if isinstance(read, Report):
                reports.append(read)
            else:
                problems.append(LineProblem(rows.line_num, read))
    except UnicodeDecodeError:
        raise BrokenTracking("no_utf8") from None
    except csv.Error:
        raise BrokenTracking("no_csv") from None
    return ReadTracking(reports, problems)


def track_for_unit(
    records: Records, official: VerifiedOfficial, reports: Iterable[Report], at: datetime, *, dry_run: bool
) -> TrackingReport:
    """For parcels of the official's unit; any other is unknown. Raises RoleMissing, ConcurrentChange."""
    demand_desk(official)
    return track(records, reports, official.subject_key, at, unit=official.unit, dry_run=dry_run)


def track(
    records: Records, reports: Iterable[Report], by: str, at: datetime, *, unit: str | None = None, dry_run: bool
) -> TrackingReport:
    """Take the post's word, in the order of the file. States only go forward; what is known already changes nothing.

    unit: whose parcels; None: of all units. dry_run: tell what would change. Raises ConcurrentChange.
    """
    reports = list(reports)
    known = dict(records.parcels.numbered(unit, [one.parcel for one in reports]))
    changed: dict[str, None] = {}
    problems: list[LineProblem] = []
    unchanged = 0
    for report in reports:
        found = known.get(report.parcel)
        told = "unknown" if found is None else _told(found.parcel, report)
        if isinstance(told, str):
            problems.append(LineProblem(report.line, told))
        elif found is None or told is None:
            unchanged += 1
        else:
            stored = told if dry_run else _keep(records, told, by, at)
            known[report.parcel] = replace(found, parcel=stored)
            changed[report.parcel] = None
    return TrackingReport(tuple(changed), unchanged, tuple(problems))


def _keep(records: Records, parcel: Parcel, by: str, at: datetime) -> Parcel:
    stored = records.parcels.save(replace(parcel, changed_at=at))
    action = "parcel_tracked" if stored.state is ParcelState.HANDED_OVER else f"parcel_{stored.state}"
    note(records, stored.application_id, stored, action, by, at)
    return stored


def _told(parcel: Parcel, report: Report) -> Parcel | Trouble | None:
    """The parcel as the report has it; None where it says nothing new."""
    if parcel.state not in _GONE:
        return "not_handed_over"
    ended = parcel.state is not ParcelState.HANDED_OVER
    if ended and report.state is not ParcelState.HANDED_OVER and report.state is not parcel.state:
        return "backwards"
    tracking = report.tracking or parcel.tracking_number
    if ended or report.state is ParcelState.HANDED_OVER:
        # Late news of an earlier stage: at most the number is new.
        is_new = tracking != parcel.tracking_number and not (parcel.tracked_at and report.at < parcel.tracked_at)
        return replace(parcel, tracking_number=tracking, tracked_at=report.at) if is_new else None
    return replace(
        parcel.moved_to(report.state, report.at),
        tracking_number=tracking,
        tracked_at=report.at,
        return_reason=report.reason,
    )


def _read(line: int, cells: Sequence[str], now: datetime) -> Report | Trouble:
    if len(cells) != len(COLUMNS):
        return "columns"
    number, tracking, state, moment, reason = cells
    if not is_parcel_number(number):
        return "parcel"
    if tracking and not _TRACKING.fullmatch(tracking):
        return "tracking"
    if state not in {one.value for one in _REPORTED}:
        return "state"
    at = _moment(moment)
    if at is None:
        return "at"
    if at > now + _CLOCKS_APART:
        return "future"
    is_return = state == ParcelState.RETURNED.value
    if is_return != bool(reason) or (reason and reason not in {one.value for one in ReturnReason}):
        return "reason"
    return Report(line, number, tracking or None, ParcelState(state), at, ReturnReason(reason) if reason else None)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
