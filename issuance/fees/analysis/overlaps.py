"""How a version stands beside the others of a book: days that two decide, days that nobody decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from issuance.fees.analysis.findings import Finding, FindingKind
from issuance.fees.analysis.phrases import both, day_words, days_words
from issuance.fees.book import BookEntry
from issuance.fees.document import Days, FeePolicy
from issuance.fees.wording import Label

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A version and the days that it would decide once this one is in the book."""

    policy: FeePolicy
    days: Days


def beside_others(policy: FeePolicy, others: Sequence[BookEntry]) -> Iterator[Finding]:
    """Findings about the book as it is known now. A stored version of this very document is not held against it."""
    standing: list[_Standing] = []
    ended: list[BookEntry] = []
    for entry in others:
        if entry.known_to is not None or entry.policy.digest == policy.digest:
            continue
        if entry.policy.id == policy.id and entry.policy.version == policy.version:
            yield _version_taken(entry)
        shared = sorted(set(entry.policy.document.document_types) & set(policy.document.document_types))
        is_own = entry.policy.id == policy.id
        if entry.valid.overlap(policy.document.effective) and (shared or is_own):
            yield _overlap(policy, entry, shared)
            standing.extend(_after_scheduling(policy, entry))
            if is_own:
                ended.append(entry)
                yield from _types_left_alone(policy, entry)
        else:
            standing.append(_Standing(entry.policy, entry.valid))
    standing.append(_Standing(policy, policy.document.effective))
    yield from _between(policy, standing)
    for entry in ended:
        yield from _nobody_afterwards(policy, entry, standing)


def _version_taken(entry: BookEntry) -> Finding:
    text = both(
        "Đã có phiên bản {version} của chính sách này với nội dung khác; phiên bản mới cần một số khác.",
        "There already is a version {version} of this policy with other contents; a new one needs another number.",
        version=entry.policy.version,
    )
    return Finding(FindingKind.VERSION_TAKEN, "error", "version", text)


def _overlap(policy: FeePolicy, entry: BookEntry, shared: Sequence[str]) -> Finding:
    effective = policy.document.effective
    last = min((day for day in (effective.last_day, entry.valid.last_day) if day is not None), default=None)
    days = Days(max(effective.first_day, entry.valid.first_day), last)
    said: dict[str, Label | int | str] = {
        "name": _name_of(entry.policy),
        "days": days_words(days),
        "types": ", ".join(shared),
    }
    if entry.policy.id != policy.id:
        text = both(
            "Chồng lấn với {name}: {days}, cả hai cùng quyết định {types}.",
            "Overlaps with {name}: {days} both decide {types}.",
            **said,
        )
        return Finding(FindingKind.OVERLAP, "error", "effective", text, days=days)
    if entry.valid.first_day > effective.first_day:
        text = both(
            "{name} đã áp dụng từ {first} ({types}), sau ngày bắt đầu của phiên bản này: phiên bản này phải kết thúc "
            "trước ngày đó.",
            "{name} already applies from {first} ({types}), which is after this version begins: this one must "
            "end before.",
            first=day_words(entry.valid.first_day),
            **said,
        )
        return Finding(FindingKind.OVERLAP, "error", "effective", text, days=days)
    if entry.valid.first_day < effective.first_day:
        text = both(
            "{name} cũng áp dụng {days} ({types}). Khi phiên bản này được lên lịch, phiên bản kia kết thúc vào {last}.",
            "{name} also applies {days} ({types}). Scheduling this version would end that one on {last}.",
            last=day_words(effective.first_day - _DAY),
            **said,
        )
    else:
        text = both(
            "{name} cũng áp dụng {days} ({types}). Khi phiên bản này được lên lịch, phiên bản kia không còn được "
            "áp dụng.",
            "{name} also applies {days} ({types}). Scheduling this version would end that one altogether.",
            **said,
        )
    return Finding(FindingKind.OVERLAP, "note", "effective", text, days=days)


def _after_scheduling(policy: FeePolicy, entry: BookEntry) -> Iterator[_Standing]:
    """What is left of an entry: a version ends the earlier one of its policy, and nothing else."""
    first = policy.document.effective.first_day
    if entry.policy.id != policy.id or entry.valid.first_day > first:
        yield _Standing(entry.policy, entry.valid)
    elif entry.valid.first_day < first:
        yield _Standing(entry.policy, Days(entry.valid.first_day, first - _DAY))


def _types_left_alone(policy: FeePolicy, entry: BookEntry) -> Iterator[Finding]:
    """Document types of the version that ends, which this one doesn't speak of."""
    effective = policy.document.effective
    left = [kind for kind in entry.policy.document.document_types if kind not in policy.document.document_types]
    if left and entry.valid.first_day <= effective.first_day:
        days = Days(effective.first_day, entry.valid.last_day)
        text = both(
            "{name} kết thúc khi phiên bản này bắt đầu, nhưng phiên bản này không nói đến {types}: {days} không phiên "
            "bản nào của chính sách quyết định loại đó.",
            "{name} ends when this version begins, but this one says nothing of {types}: {days} no version of the "
            "policy decides that type.",
            name=_name_of(entry.policy),
            types=", ".join(left),
            days=days_words(days),
        )
        yield Finding(FindingKind.GAP, "warning", "document_types", text, days=days)


def _nobody_afterwards(policy: FeePolicy, entry: BookEntry, standing: Sequence[_Standing]) -> Iterator[Finding]:
    """Days after this version's last that the version which it ends would have decided: it doesn't come back."""
    last, effective = policy.document.effective.last_day, entry.valid
    if last is None or effective.first_day > policy.document.effective.first_day:
        return
    if effective.last_day is not None and effective.last_day <= last:
        return
    types = [
        document_type
        for document_type in policy.document.document_types
        if document_type in entry.policy.document.document_types
        and not any(
            one.days.first_day > last and document_type in one.policy.document.document_types for one in standing
        )
    ]
    if types:
        days = Days(last + _DAY, effective.last_day)
        text = both(
            "{name} kết thúc khi phiên bản này bắt đầu và không áp dụng trở lại khi phiên bản này hết hiệu lực: {days} "
            "không phiên bản nào áp dụng, mọi hồ sơ phải chuyển cho công chức xử lý ({types}).",
            "{name} ends when this version begins and doesn't come back when this one ends: {days} no version applies, "
            "every request is referred to an official ({types}).",
            name=_name_of(entry.policy),
            days=days_words(days),
            types=", ".join(types),
        )
        yield Finding(FindingKind.GAP, "warning", "effective.last_day", text, days=days)


def _between(policy: FeePolicy, standing: Sequence[_Standing]) -> Iterator[Finding]:
    """What lies between this version and its neighbours in time, for each document type; equal answers are joined."""
    found: dict[tuple[FindingKind, str, Days | None], tuple[Label, list[str]]] = {}
    for document_type in policy.document.document_types:
        about = [one for one in standing if document_type in one.policy.document.document_types]
        ordered = sorted(about, key=lambda one: (one.days.first_day, _end(one)))
        for earlier, later in _neighbours(ordered):
            if policy not in (earlier.policy, later.policy):
                continue
            for kind, text, days in _join(earlier, later):
                found.setdefault((kind, text.en, days), (text, []))[1].append(document_type)
    for (kind, _, days), (text, types) in found.items():
        said = both(f"{text.vi} ({{types}}).", f"{text.en} ({{types}}).", types=", ".join(types))
        yield Finding(kind, "warning", "effective", said, days=days)


def _neighbours(ordered: Sequence[_Standing]) -> Iterator[tuple[_Standing, _Standing]]:
    """Each version with the one that lasts longest of those before it."""
    longest: _Standing | None = None
    for one in ordered:
        if longest is not None:
            yield longest, one
        if longest is None or (
            longest.days.last_day is not None and (one.days.last_day or date.max) > longest.days.last_day
        ):
            longest = one


def _end(one: _Standing) -> date:
    return one.days.last_day or date.max


def _join(earlier: _Standing, later: _Standing) -> Iterator[tuple[FindingKind, Label, Days | None]]:
    end = earlier.days.last_day
    if end is None or end >= later.days.first_day:
        return
    if end + _DAY < later.days.first_day:
        days = Days(end + _DAY, later.days.first_day - _DAY)
        text = both(
            "Không phiên bản nào áp dụng {days}: mọi hồ sơ phải chuyển cho công chức xử lý",
            "No version applies {days}: every request is referred to an official",
            days=days_words(days),
        )
        yield FindingKind.GAP, text, days
        return
    before, after = (one.policy.document.deciding_date for one in (earlier, later))
    names = {"earlier": _name_of(earlier.policy), "later": _name_of(later.policy), "day": day_words(end)}
    if (before, after) == ("submitted", "received"):
        text = both(
            "Hồ sơ nộp đến hết {day} và được tiếp nhận sau ngày đó thuộc cả {earlier} (theo ngày nộp) và {later} (theo "
            "ngày tiếp nhận): phải chuyển cho công chức xử lý",
            "Requests submitted up to {day} and received later are decided by {earlier} (day of submission) and by "
            "{later} (day of receipt): they are referred to an official",
            **names,
        )
        yield FindingKind.OVERLAP, text, None
    elif (before, after) == ("received", "submitted"):
        text = both(
            "Hồ sơ nộp đến hết {day} và được tiếp nhận sau ngày đó không thuộc {earlier} (theo ngày tiếp nhận) cũng "
            "không thuộc {later} (theo ngày nộp): phải chuyển cho công chức xử lý",
            "Requests submitted up to {day} and received later are decided neither by {earlier} (day of receipt) nor "
            "by {later} (day of submission): they are referred to an official",
            **names,
        )
        yield FindingKind.GAP, text, None


def _name_of(policy: FeePolicy) -> Label:
    return both("{id} phiên bản {version}", "{id} version {version}", id=policy.id, version=str(policy.version))
