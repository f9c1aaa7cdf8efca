"""Of how many in a thousand something is so in a made-up population; they add up to 1,000 exactly, or are refused."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from issuance.fees.errors import FeeError
from issuance.fees.facts import (
    CATEGORIES,
    CHANNELS,
    DELIVERIES,
    EVIDENCE,
    MAX_AGE_YEARS,
    MAX_COPIES,
    MAX_PAGES,
    did_you_mean,
)
from issuance.fees.wording import Label

T = TypeVar("T")
Share = Mapping[str, int]
Span = tuple[int, int]

WHOLE = 1_000
MAX_ENTRIES = 200
MAX_DAYS_TO_RECEIPT = 365
NONE = "none"
UNKNOWN = "unknown"
INVENTED = Label("giả định để thử, không phải số liệu thống kê", "invented for trials, not statistics")

_SPAN = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", re.ASCII)
_RESIDENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


class PopulationRefused(FeeError, ValueError):
    """A plan that no population can be made by. Holds every problem found, in both languages."""

    code = "fee_population_refused"

    def __init__(self, *problems: Label) -> None:
        super().__init__("; ".join(problem.en for problem in problems))
        self.problems = problems


DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "channels": MappingProxyType({"vneid": 550, "portal": 200, "desk": 250}),
        "categories": MappingProxyType(
            {
                NONE: 812,
                "student": 120,
                "person_of_merit": 10,
                "martyr_relative": 15,
                "disabled": 12,
                "poor_household": 20,
                "difficult_commune": 5,
                "disabled+poor_household": 4,
                "student+poor_household": 2,
            }
        ),
        "ages": MappingProxyType({"0-15": 15, "16-22": 220, "23-59": 705, "60-90": 50, UNKNOWN: 10}),
        "copies": MappingProxyType({"1": 620, "2": 230, "3": 60, "4-5": 50, "6-10": 35, "11-30": 5}),
        "deliveries": MappingProxyType({"download": 850, "post": 150}),
        "pages": MappingProxyType({"1": 900, "2": 90, "3": 10}),
        "levels": MappingProxyType({"2": 1_000}),
        "residences": MappingProxyType({UNKNOWN: 1_000}),
        "receipt_days": MappingProxyType({"0": 900, "1": 80, "2-3": 20}),
        "papers": MappingProxyType(
            {
                "student": "student_card",
                "person_of_merit": "merit_certificate",
                "martyr_relative": "martyr_certificate",
                "disabled": "disability_certificate",
                "poor_household": "poor_household_certificate",
                "difficult_commune": "residence_confirmation",
            }
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Each entry maps a value to its share of 1,000 requests. The defaults are invented; none is a statistic.

    channels, deliveries: values of the catalogue. categories: sets, joined by `+`, or `none`. ages (full years on the
    population's first day), copies, pages: a number or a span such as `16-59`, within which all are equally likely;
    `unknown` where nobody knows (not for copies). levels: `1`, `2`. residences: province codes or `unknown`.
    receipt_days: days from submission to receipt. papers: not a share, but which paper (a kind of `EVIDENCE`) each
    category was proved by. Raises PopulationRefused.
    """

    channels: Share = field(default_factory=lambda: DEFAULTS["channels"])
    categories: Share = field(default_factory=lambda: DEFAULTS["categories"])
    ages: Share = field(default_factory=lambda: DEFAULTS["ages"])
    copies: Share = field(default_factory=lambda: DEFAULTS["copies"])
    deliveries: Share = field(default_factory=lambda: DEFAULTS["deliveries"])
    pages: Share = field(default_factory=lambda: DEFAULTS["pages"])
    levels: Share = field(default_factory=lambda: DEFAULTS["levels"])
    residences: Share = field(default_factory=lambda: DEFAULTS["residences"])
    receipt_days: Share = field(default_factory=lambda: DEFAULTS["receipt_days"])
    papers: Mapping[str, str] = field(default_factory=lambda: DEFAULTS["papers"])

    def __post_init__(self) -> None:
        problems = [*_wrong_papers(self.papers)]
        for name, draw_of in READ.items():
            share = getattr(self, name)
            if (wrong := _does_not_add_up(name, share)) is not None:
                problems.append(wrong)
                continue
            try:
                draw_of(name, share)
            except PopulationRefused as refused:
                problems.extend(refused.problems)
        if problems:
            raise PopulationRefused(*problems)

    @property
    def invented(self) -> tuple[str, ...]:
        """Which of them are the defaults."""
        return tuple(name for name, share in DEFAULTS.items() if getattr(self, name) == share)

    def to_json(self) -> dict[str, Any]:
        return {entry.name: dict(getattr(self, entry.name)) for entry in fields(self)}

    @classmethod
    def from_json(cls, stated: object) -> Shares:
        """Those that are not stated are the defaults. Raises PopulationRefused."""
        if not isinstance(stated, Mapping):
            raise PopulationRefused(Label("các tỷ lệ phải là một đối tượng JSON", "the shares are a JSON object"))
        known = [entry.name for entry in fields(cls)]
        problems = []
        for name, share in stated.items():
            if name not in known:
                said = did_you_mean(str(name), known)
                problems.append(
                    Label(f"không có tỷ lệ tên là{_in_vietnamese(said)}", f"there is no share called{said}")
                )
            elif not isinstance(share, Mapping) or not all(isinstance(key, str) for key in share):
                problems.append(Label(f"{name}: phải là một đối tượng JSON", f"{name}: must be a JSON object"))
        if problems:
            raise PopulationRefused(*problems)
        return cls(**{name: MappingProxyType(dict(share)) for name, share in stated.items()})


@dataclass(frozen=True, slots=True)
class Draw(Generic[T]):
    """What is drawn, each with the share of 1,000 at which it ends."""

    ends: tuple[int, ...]
    values: tuple[T, ...]

    @classmethod
    def of(cls, share: Share, read: Callable[[str], T]) -> Draw[T]:
        drawn = {key: part for key, part in share.items() if part}
        return cls(tuple(itertools.accumulate(drawn.values())), tuple(read(key) for key in drawn))

    def at(self, point: float) -> T:
        """point: from 0 to below 1."""
        return self.values[bisect.bisect_right(self.ends, point * WHOLE)]


def choices(known: Collection[str]) -> Callable[[str, Share], Draw[str]]:
    def read(name: str, share: Share) -> Draw[str]:
        for key in share:
            if key not in known:
                raise _unknown(name, key, known)
        return Draw.of(share, str)

    return read


def sets(name: str, share: Share) -> Draw[frozenset[str]]:
    seen: set[frozenset[str]] = set()

    def read(key: str) -> frozenset[str]:
        parts = [] if key == NONE else key.split("+")
        for part in parts:
            if part not in CATEGORIES:
                raise _unknown(name, part, [*CATEGORIES, NONE])
        if frozenset(parts) in seen or len(set(parts)) != len(parts):
            raise PopulationRefused(Label(f"{name}: “{key}” có hai lần", f"{name}: '{key}' stands there twice"))
        seen.add(frozenset(parts))
        return frozenset(parts)

    # Those of share 0 are read as well, so that a misspelt one is found.
    for key in share:
        read(key)
    seen.clear()
    return Draw.of(share, read)


def spans(lowest: int, highest: int, *, may_be_unknown: bool = False) -> Callable[[str, Share], Draw[Span | None]]:
    def read_key(name: str, key: str) -> Span | None:
        if may_be_unknown and key == UNKNOWN:
            return None
        found = _SPAN.fullmatch(key)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, -1)
        if not lowest <= first <= last <= highest:
            shown = key[:40]
            raise PopulationRefused(
                Label(
                    f"{name}: “{shown}” không phải là số hoặc khoảng (ví dụ 16-59) từ {lowest} đến {highest}",
                    f"{name}: '{shown}' is no number or span (such as 16-59) from {lowest} to {highest}",
                )
            )
        return first, last

    def read(name: str, share: Share) -> Draw[Span | None]:
        ordered = sorted(span for key in share if (span := read_key(name, key)) is not None)
        for one, other in itertools.pairwise(ordered):
            if other[0] <= one[1]:
                raise PopulationRefused(
                    Label(
                        f"{name}: số {other[0]} nằm trong hai khoảng", f"{name}: {other[0]} stands in two of the spans"
                    )
                )
        return Draw.of(share, lambda key: read_key(name, key))

    return read


def residences(name: str, share: Share) -> Draw[str | None]:
    for key in share:
        if _RESIDENCE.fullmatch(key) is None:
            raise PopulationRefused(
                Label(f"{name}: “{key[:40]}” không phải là mã tỉnh", f"{name}: '{key[:40]}' is no province code")
            )
    return Draw.of(share, lambda key: None if key == UNKNOWN else key)


READ: Mapping[str, Callable[[str, Share], Draw[Any]]] = MappingProxyType(
    {
        "channels": choices(CHANNELS),
        "categories": sets,
        "ages": spans(0, MAX_AGE_YEARS, may_be_unknown=True),
        "copies": spans(1, MAX_COPIES),
        "deliveries": choices(DELIVERIES),
        "pages": spans(1, MAX_PAGES, may_be_unknown=True),
        "levels": spans(1, 2),
        "residences": residences,
        "receipt_days": spans(0, MAX_DAYS_TO_RECEIPT),
    }
)


def _does_not_add_up(name: str, share: Mapping[str, Any]) -> Label | None:
    if not 1 <= len(share) <= MAX_ENTRIES:
        return Label(f"{name}: cần từ 1 đến {MAX_ENTRIES} mục", f"{name}: 1 to {MAX_ENTRIES} entries are needed")
    for key, part in share.items():
        if isinstance(part, bool) or not isinstance(part, int) or not 0 <= part <= WHOLE:
            return Label(
                f"{name}: tỷ lệ của “{key[:40]}” phải là số nguyên từ 0 đến 1000 (phần nghìn)",
                f"{name}: the share of '{key[:40]}' must be a whole number from 0 to 1000 (per thousand)",
            )
    if (total := sum(share.values())) != WHOLE:
        return Label(
            f"{name}: tổng các tỷ lệ là {total}, phải là 1000 phần nghìn",
            f"{name}: the shares add up to {total}, not to 1000 per thousand",
        )
    return None


def _wrong_papers(papers: Mapping[str, Any]) -> list[Label]:
    problems: list[Label] = []
    for category, paper in papers.items():
        if category not in CATEGORIES:
            problems.extend(_unknown("papers", category, CATEGORIES).problems)
        if not isinstance(paper, str) or paper not in EVIDENCE:
            problems.extend(_unknown("papers", str(paper), EVIDENCE).problems)
    return problems


def _unknown(name: str, key: str, known: Collection[str]) -> PopulationRefused:
    said = did_you_mean(key, known)
    return PopulationRefused(Label(f"{name}: không có{_in_vietnamese(said)}", f"{name}: there is no{said}"))


def _in_vietnamese(said: str) -> str:
    return said.replace("did you mean", "có phải ý bạn là").replace("(known:", "(các giá trị có:")
