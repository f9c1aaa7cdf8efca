"""What two versions make of the same requests: the documents' own examples, and some that are common everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from issuance.fees.assess import assess
from issuance.fees.document import VND, Example, Expect, FeePolicy, Given
from issuance.fees.errors import FactsRefused
from issuance.fees.facts import CATEGORIES, CHANNELS
from issuance.fees.quotas import Quotas
from issuance.fees.reading.check_examples import facts_of_example

from ...languages import Language
from .as_document import given_in_words

_COPIES = (1, 12)
_MOST_EXAMPLES = 40
_NOTHING = Expect(VND(0), VND(0), VND(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCase:
    """What is due in VND on either side; None where an official decides. name: of an example, else empty."""

    name: str
    given: str
    before_vnd: int | None
    after_vnd: int | None

    @property
    def changes(self) -> bool:
        return self.before_vnd != self.after_vnd


def sample_cases(before: FeePolicy, after: FeePolicy, language: Language) -> list[SampleCase]:
    """Each request is decided by both versions on a day of each: the same one where both decide on it."""
    cases = [_case(name, given, before, after, language) for name, given in _requests(before, after)]
    return [case for case in cases if case.before_vnd is not None or case.after_vnd is not None]


def _requests(before: FeePolicy, after: FeePolicy) -> Iterator[tuple[str, Given]]:
    first_day = after.document.effective.first_day
    asked = set()
    for policy in (after, before):
        for example in policy.document.examples[:_MOST_EXAMPLES]:
            # The day is no difference: both are asked about days of their own.
            key = repr(replace(example.given, submitted_on=first_day, received_on=None))
            if key not in asked:
                asked.add(key)
                yield example.name, example.given
    for channel in CHANNELS:
        for categories in ((), *((one,) for one in CATEGORIES)):
            for copies in _COPIES if not categories else _COPIES[:1]:
                given = Given(channel, copies, first_day, categories, birth_date=_adult(first_day))
                if repr(given) not in asked:
                    yield "", given


def _case(name: str, given: Given, before: FeePolicy, after: FeePolicy, language: Language) -> SampleCase:
    return SampleCase(
        name=name,
        given=given_in_words(given, language),
        before_vnd=_due(given, before),
        after_vnd=_due(given, after),
    )


def _due(given: Given, policy: FeePolicy) -> int | None:
    day = _day_within(given.received_on or given.submitted_on, policy)
    moved = replace(given, submitted_on=day, received_on=day)
    if moved.document_type not in policy.document.document_types:
        moved = replace(moved, document_type=None)
    try:
        facts = facts_of_example(Example("", moved, _NOTHING), policy)
    except FactsRefused:
        return None
    totals = assess(facts, policy, Quotas(given.left, untouched=True), day).totals
    return None if totals is None else totals.due


def _day_within(day: date, policy: FeePolicy) -> date:
    days = policy.document.effective
    if days.cover(day):
        return day
    return days.first_day if day < days.first_day or days.last_day is None else days.last_day


def _adult(on: date) -> date:
    """Somebody of 30 years."""
    return date(on.year - 30, 1, 15)
