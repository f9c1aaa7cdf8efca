"""A made-up population whose requests a policy is rehearsed on: stated shares, a seed, and nobody real in it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from issuance.fees.facts import MAX_AGE_YEARS, FeeFacts
from issuance.fees.rehearsal.rehearse import RehearsalCase
from issuance.fees.rehearsal.shares import INVENTED, READ, PopulationRefused, Shares, Span
from issuance.fees.wording import Label

__all__ = ["MAX_POPULATION", "PopulationPlan", "PopulationRefused", "Shares", "make_population"]

MAX_POPULATION = 1_000_000
MAX_YEARS = 20
MAX_SEED = 2**63 - 1
_DOCUMENT_TYPE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)
_KEYS = frozenset({"kind", "size", "seed", "document_type", "first_day", "last_day", "people", "shares"})
_SAID = frozenset({"invented", "invented_means"})
"""What `to_json` adds for readers; it follows from the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationPlan:
    """How many requests, of what kind, spread evenly over which days (both included, in Asia/Ho_Chi_Minh).

    people: how many the requests come from, drawn at random, so that some ask more than once; None: everybody once.
    seed: the same plan makes the same population anywhere. Raises PopulationRefused.
    """

    size: int
    seed: int
    document_type: str
    first_day: date
    last_day: date
    people: int | None = None
    shares: Shares = field(default_factory=Shares)

    def __post_init__(self) -> None:
        problems = []
        if not 1 <= self.size <= MAX_POPULATION:
            problems.append(Label(f"size: từ 1 đến {MAX_POPULATION}", f"size: from 1 to {MAX_POPULATION}"))
        if self.people is not None and not 1 <= self.people <= MAX_POPULATION:
            problems.append(Label(f"people: từ 1 đến {MAX_POPULATION}", f"people: from 1 to {MAX_POPULATION}"))
        if not 0 <= self.seed <= MAX_SEED:
            problems.append(Label(f"seed: từ 0 đến {MAX_SEED}", f"seed: from 0 to {MAX_SEED}"))
        if _DOCUMENT_TYPE.fullmatch(self.document_type) is None:
            problems.append(
                Label(
                    "document_type: không phải là mã loại giấy tờ", "document_type: this is no code of a document type"
                )
            )
        if self.last_day < self.first_day:
            problems.append(Label("last_day ở trước first_day", "last_day lies before first_day"))
        elif self.last_day.year - self.first_day.year > MAX_YEARS or not 1900 <= self.first_day.year <= 2200:
            problems.append(
                Label(
                    f"các ngày phải ở giữa năm 1900 và 2200, không quá {MAX_YEARS} năm",
                    f"the days must be between 1900 and 2200 and span at most {MAX_YEARS} years",
                )
            )
        oldest = max((span[1] for span in READ["ages"]("ages", self.shares.ages).values if span), default=0)
        if oldest + MAX_YEARS + 1 > MAX_AGE_YEARS:
            highest = MAX_AGE_YEARS - MAX_YEARS - 1
            problems.append(Label(f"ages: không quá {highest} tuổi", f"ages: at most {highest} years"))
        if problems:
            raise PopulationRefused(*problems)

    def to_json(self) -> dict[str, Any]:
        """Everything that the population follows from, and which of the shares are invented."""
        return {
            "kind": "population",
            "size": self.size,
            "seed": self.seed,
            "document_type": self.document_type,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "people": self.people,
            "shares": self.shares.to_json(),
            "invented": list(self.shares.invented),
            "invented_means": {"vi": INVENTED.vi, "en": INVENTED.en},
        }

    @classmethod
    def from_json(cls, stated: object) -> PopulationPlan:
        """A plan as `to_json` writes it, or as somebody does; `people` and `shares` may be left out.

        Raises PopulationRefused.
        """
        if not isinstance(stated, Mapping):
            raise PopulationRefused(Label("kế hoạch phải là một đối tượng JSON", "a plan is a JSON object"))
        if unknown := sorted(str(key)[:40] for key in stated if key not in _KEYS | _SAID):
            named = ", ".join(unknown[:5])
            raise PopulationRefused(Label(f"không có mục {named}", f"there is no entry {named}"))
        if stated.get("kind", "population") != "population":
            raise PopulationRefused(Label("kind phải là “population”", "the kind must be 'population'"))
        return cls(
            size=_number(stated, "size"),
            seed=_number(stated, "seed"),
            document_type=str(stated.get("document_type", "")),
            first_day=_day(stated, "first_day"),
            last_day=_day(stated, "last_day"),
            people=None if stated.get("people") is None else _number(stated, "people"),
            shares=Shares.from_json(stated.get("shares", {})),
        )


def make_population(plan: PopulationPlan) -> Iterator[RehearsalCase]:
    """The requests of the plan in the order of their days; any number of them needs no memory.

    Who asks twice has the same birth date, categories and residence both times; all else is drawn anew.
    """
    draws = {name: read(name, getattr(plan.shares, name)) for name, read in READ.items()}
    papers = plan.shares.papers
    # Nothing here is a secret; the same seed must give the same people.
    point = random.Random(plan.seed).random  # noqa: S311 - see above
    days = (plan.last_day - plan.first_day).days + 1
    for index in range(plan.size):
        # Who asks once needs no draws of his own, which cost more.
        who, own = index, point
        if plan.people is not None:
            who = int(point() * plan.people)
            own = _points(plan.seed, who)
        categories: frozenset[str] = draws["categories"].at(own())
        age: Span | None = draws["ages"].at(own())
        submitted_on = plan.first_day + timedelta(days=index * days // plan.size)
        pages: Span | None = draws["pages"].at(point())
        facts = FeeFacts(
            document_type=plan.document_type,
            channel=draws["channels"].at(point()),
            copies=_within(draws["copies"].at(point()), point()),
            categories=categories,
            birth_date=None if age is None else _birth_date(_within(age, own()), plan.first_day, own()),
            level=_within(draws["levels"].at(point()), point()),
            submitted_on=submitted_on,
            residence=draws["residences"].at(own()),
            received_on=submitted_on + timedelta(days=_within(draws["receipt_days"].at(point()), point())),
            pages=None if pages is None else _within(pages, point()),
            delivery=draws["deliveries"].at(point()),
            evidence=frozenset([papers[category] for category in categories if category in papers]),
        )
        yield RehearsalCase(facts, f"made-up-{who}")


_MASK = 2**64 - 1


def _points(seed: int, who: int) -> Callable[[], float]:
    """Numbers from 0 to below 1 that belong to one person: SplitMix64, which starts anew anywhere at no cost."""
    state = (seed * 0x9E3779B97F4A7C15 ^ who * 0xD1342543DE82EF95) & _MASK

    def next_point() -> float:
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        mixed = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
        return ((mixed ^ mixed >> 31) >> 11) / 2**53

    return next_point


def _within(span: Span, point: float) -> int:
    return span[0] + int(point * (span[1] - span[0] + 1))


def _birth_date(age: int, on: date, point: float) -> date:
    """A birth date of somebody who has completed `age` years on the day, all such dates equally likely."""
    youngest, oldest = _years_before(on, age), _years_before(on, age + 1) + timedelta(days=1)
    return oldest + timedelta(days=int(point * ((youngest - oldest).days + 1)))


def _years_before(on: date, years: int) -> date:
    try:
        return on.replace(year=on.year - years)
    except ValueError:  # 29 February, in a common year
        return date(on.year - years, 2, 28)


def _number(stated: Mapping[str, Any], name: str) -> int:
    value = stated.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PopulationRefused(Label(f"{name}: cần một số nguyên", f"{name}: a whole number is needed"))
    return value


def _day(stated: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(stated.get(name)))
    except ValueError:
        raise PopulationRefused(
            Label(f"{name}: cần một ngày dạng 2026-04-01", f"{name}: a day such as 2026-04-01 is needed")
        ) from None
