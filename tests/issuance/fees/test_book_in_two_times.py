"""What was owed on one day as known at one moment: stories by hand, and any sequence of entries replayed plainly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.fees import FeeAssessment, FeePolicy, PolicyBook, PolicyRefused, ReferralReason, assess
from issuance.fees.book import EVER, BookEntry
from issuance.fees.document import Days
from issuance.fees.quotas import UNTOUCHED
from tests.issuance.fees.requests import paper, read, rule, small_policy, stage

SUPPORT = rule(
    "support",
    kind="support",
    funding={"budget": "city", "label": {"vi": "thành phố", "en": "the city"}},
    effects=[{"charge": "fee", "percent_off": 100}],
)


def version(
    number: int, *, fee: int = 1_000, supported: bool = False, types: tuple[str, ...] = ("paper",)
) -> FeePolicy:
    """One copy through VNeID costs `fee`, or nothing where the city supports it; effective without end."""
    document = small_policy(
        version=number,
        document_types=list(types),
        effective={"first_day": "2024-01-01", "last_day": None},
        stages=[stage([SUPPORT])] if supported else [],
    )
    document["charges"][0]["amount_vnd"] = fee
    return read(document)


def at(day: str, hour: int = 0) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def days(first: str, last: str | None) -> Days:
    return Days(date.fromisoformat(first), None if last is None else date.fromisoformat(last))


def owed(book: PolicyBook, on: str, known: datetime) -> FeeAssessment:
    facts = paper(on=on)
    return assess(facts, book.known_at(known), UNTOUCHED, facts.submitted_on)


def test_a_resolution_entered_late() -> None:
    """The support applies from 1 June; the office writes it down on 20 June at 09:00."""
    entered = at("2024-06-20", 9)
    plain, supported = version(1), version(2, supported=True)
    book = PolicyBook(
        (
            BookEntry(plain, days("2024-01-01", None), EVER, entered),
            BookEntry(plain, days("2024-01-01", "2024-05-31"), entered),
            BookEntry(supported, days("2024-06-01", None), entered),
        )
    )
    assert owed(book, "2024-06-03", at("2024-06-03")).due == 1_000
    assert owed(book, "2024-06-03", entered - timedelta(microseconds=1)).due == 1_000
    assert owed(book, "2024-06-03", entered).due == 0
    assert owed(book, "2024-06-03", at("2030-01-01")).due == 0
    # What was due before the support began is the same by either knowledge.
    for known in (at("2024-05-31"), entered, at("2030-01-01")):
        assert owed(book, "2024-05-31", known).due == 1_000
    # Without a moment the book speaks of what is known now.
    assert assess(paper(on="2024-06-03"), book, UNTOUCHED, date(2024, 6, 3)).due == 0
    assert [policy.version for policy in book.policies] == [1, 2]


def test_a_correction_of_a_wrong_amount() -> None:
    """10,000 was typed for 1,000 and corrected after ten days, for the same days."""
    typed, corrected = version(1, fee=10_000), version(2, fee=1_000)
    found = at("2024-03-11")
    book = PolicyBook(
        (
            BookEntry(typed, days("2024-03-01", None), at("2024-03-01"), found),
            BookEntry(corrected, days("2024-03-01", None), found),
        )
    )
    assert owed(book, "2024-03-05", at("2024-03-05")).due == 10_000
    assert owed(book, "2024-03-05", found).due == 1_000
    # Before anything was written down nobody knew a policy for this type at all.
    assert owed(book, "2024-03-05", at("2024-02-29")).referral is ReferralReason.NO_POLICY_FOR_DOCUMENT_TYPE
    assert owed(book, "2024-02-29", found).referral is ReferralReason.NO_VERSION_ON_THIS_DAY


def test_a_withdrawal_before_the_first_day_gives_the_days_back() -> None:
    """A support from 1 July was entered on 1 June and withdrawn on 20 June."""
    plain, supported = version(1), version(2, supported=True)
    entered, withdrawn = at("2024-06-01"), at("2024-06-20")
    book = PolicyBook(
        (
            BookEntry(plain, days("2024-01-01", None), EVER, entered),
            BookEntry(plain, days("2024-01-01", "2024-06-30"), entered, withdrawn),
            BookEntry(supported, days("2024-07-01", None), entered, withdrawn),
            BookEntry(plain, days("2024-01-01", None), withdrawn),
        )
    )
    assert owed(book, "2024-07-01", at("2024-05-31")).due == 1_000
    assert owed(book, "2024-07-01", at("2024-06-10")).due == 0
    assert owed(book, "2024-07-01", withdrawn).due == 1_000
    assert owed(book, "2024-06-30", at("2024-06-10")).due == 1_000


def test_a_withdrawal_without_a_successor_refers_from_its_day_on() -> None:
    """The city ends a policy on 15 August with effect from the day after; what was decided under it stays decided."""
    plain, withdrawn = version(1), at("2024-08-15", 4)
    book = PolicyBook(
        (
            BookEntry(plain, days("2024-01-01", None), EVER, withdrawn),
            BookEntry(plain, days("2024-01-01", "2024-08-15"), withdrawn),
        )
    )
    assert owed(book, "2024-08-15", at("2024-12-31")).due == 1_000
    assert owed(book, "2024-08-16", at("2024-12-31")).referral is ReferralReason.NO_VERSION_ON_THIS_DAY
    assert owed(book, "2024-08-16", at("2024-08-14")).due == 1_000


def test_a_decision_is_found_again_whatever_was_entered_since() -> None:
    first, second, third = version(1), version(2, fee=900), version(3, fee=800)
    one, two = at("2024-04-01"), at("2024-05-01")
    earlier = PolicyBook((BookEntry(first, days("2024-01-01", None)),))
    later = PolicyBook(
        (
            BookEntry(first, days("2024-01-01", None), EVER, one),
            BookEntry(second, days("2024-01-01", None), one, two),
            BookEntry(third, days("2024-01-01", None), two),
        )
    )
    facts = paper(on="2024-03-03")
    decided = assess(facts, earlier, UNTOUCHED, facts.submitted_on)
    assert owed(later, "2024-03-03", at("2024-03-03")) == decided
    assert [owed(later, "2024-03-03", known).due for known in (one, two)] == [900, 800]


def test_what_is_known_at_a_moment_knows_nothing_later() -> None:
    first, second = version(1), version(2)
    changed = at("2024-04-01")
    book = PolicyBook(
        (
            BookEntry(first, days("2024-01-01", None), EVER, changed),
            BookEntry(second, days("2024-01-01", None), changed),
        )
    )
    then = book.known_at(at("2024-03-01"))
    assert then.policies == (first,)
    assert then.by_digest(second.digest) is None
    assert then.known_at(at("2030-01-01")) == then
    assert not PolicyBook((BookEntry(first, days("2024-01-01", None), changed),)).known_at(EVER).knows("paper")


def test_two_at_once_are_refused_and_one_after_the_other_are_not() -> None:
    first, second = version(1), version(2)
    changed = at("2024-04-01")
    with pytest.raises(PolicyRefused, match="overlaps"):
        PolicyBook(
            (
                BookEntry(first, days("2024-01-01", None), EVER, changed + timedelta(microseconds=1)),
                BookEntry(second, days("2024-12-31", None), changed),
            )
        )
    with pytest.raises(PolicyRefused, match="overlaps"):
        PolicyBook((BookEntry(first, days("2024-01-01", "2024-06-01")), BookEntry(second, days("2024-06-01", None))))
    PolicyBook((BookEntry(first, days("2024-01-01", "2024-05-31")), BookEntry(second, days("2024-06-01", None))))


# Any sequence of events: at each step an entry is opened, or one that is open is closed. Replayed in the plainest way.
VERSIONS = [
    version(1),
    version(2, types=("card",)),
    version(3, types=("paper", "card")),
    version(4, types=("paper",), fee=900),
]
SPANS = [
    days("2024-01-01", "2024-01-31"),
    days("2024-02-01", "2024-02-29"),
    days("2024-02-29", "2024-02-29"),
    days("2024-03-01", "2024-03-01"),
    days("2024-03-02", None),
    days("2024-01-01", "2024-02-29"),
]
DAYS = [date(2024, 1, 1), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 2)]
Open = tuple[int, Days]
Event = tuple[datetime, str, int, Open | None]


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """(moment, "open" or "close", number of the entry, what is opened), the moments rising."""
    moment = at("2024-01-10")
    still_open: list[int] = []
    told: list[Event] = []
    for number in range(draw(st.integers(1, 10))):
        moment += timedelta(hours=draw(st.sampled_from([1, 5, 24])))
        closes = draw(st.integers(0, 2)) > 0
        if closes and still_open:
            closed = draw(st.sampled_from(still_open))
            still_open.remove(closed)
            told.append((moment, "close", closed, None))
            if draw(st.booleans()):
                continue
            # A correction closes and opens at one moment.
        told.append((moment, "open", number, (draw(st.integers(0, 3)), draw(st.sampled_from(SPANS)))))
        still_open.append(number)
    return told


def entries_of(told: list[Event]) -> tuple[BookEntry, ...]:
    closed = {number: moment for moment, what, number, _ in told if what == "close"}
    return tuple(
        BookEntry(VERSIONS[opened[0]], opened[1], moment, closed.get(number))
        for moment, _, number, opened in told
        if opened is not None
    )


def replay(told: list[Event], until: datetime) -> list[Open]:
    """Event after event up to and with that moment."""
    held: dict[int, Open] = {}
    for moment, _, number, opened in told:
        if moment > until:
            break
        if opened is None:
            del held[number]
        else:
            held[number] = opened
    return list(held.values())


def decide_twice(held: list[Open]) -> bool:
    """Whether on some day two of them decide one type. The days are counted through."""
    for day in (date(2024, 1, 1) + timedelta(days=number) for number in range(100)):
        for document_type in ("paper", "card"):
            if len(deciding(held, document_type, day)) > 1:
                return True
    return False


def deciding(held: list[Open], document_type: str, day: date) -> list[int]:
    return [
        VERSIONS[index].version
        for index, span in held
        if document_type in VERSIONS[index].document.document_types
        and span.first_day <= day
        and not (span.last_day is not None and span.last_day < day)
    ]


@given(events(), st.sampled_from(["paper", "card", "stone"]), st.sampled_from(DAYS))
def test_the_book_known_at_a_moment_is_the_replay_up_to_it(told: list[Event], document_type: str, day: date) -> None:
    moments = sorted({moment for moment, _, _, _ in told})
    states = {moment: replay(told, moment) for moment in moments}
    if any(decide_twice(held) for held in states.values()):
        with pytest.raises(PolicyRefused):
            PolicyBook(entries_of(told))
        return
    book = PolicyBook(entries_of(told))
    second = timedelta(seconds=1)
    for known in [
        moments[0] - second,
        *(moment + shift for moment in moments for shift in (-second, 0 * second, second)),
    ]:
        then, held = book.known_at(known), replay(told, known)
        assert [(entry.policy.version, entry.valid) for entry in then.entries] == [
            (VERSIONS[index].version, span) for index, span in held
        ]
        assert [policy.version for policy in then.applicable(document_type, day, None)] == deciding(
            held, document_type, day
        )
    # What is known now is what is known after the last event.
    assert [policy.version for policy in book.applicable(document_type, day, None)] == deciding(
        replay(told, moments[-1]), document_type, day
    )
