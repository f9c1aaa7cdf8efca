"""Whatever people do to policies in whatever order: nothing decides that two did not agree on, and history stays."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from issuance.errors import IssuanceError
from issuance.fee_policies.draft import DraftState, PolicyDraft
from issuance.fee_policies.withdraw import withdraw_draft, withdraw_version
from issuance.fees.errors import FeeError
from issuance.fees.facts import vietnam_day
from tests.issuance.fee_policies.drafts import Agency, Person, document

_names = itertools.count(1)
POPULATION = {"kind": "population", "size": 1, "seed": 1, "document_type": "x"}


class Policies(RuleBasedStateMachine):
    """One policy of its own in a book that all examples share; the clock only goes on."""

    def __init__(self, agency: Agency, people: dict[str, Person]) -> None:
        super().__init__()
        self.agency = agency
        self.people = people
        self.name = f"policy-{next(_names)}"
        self.began = vietnam_day(agency.office.at)
        self.drafts: list[PolicyDraft] = []
        self.known: dict[datetime, dict[date, int | None]] = {}

    @property
    def days(self) -> list[date]:
        return [self.began + timedelta(days=offset) for offset in range(-30, 90, 5)]

    def source(self, version: int, first: int, length: int | None, amount: int) -> bytes:
        first_day = self.began + timedelta(days=first)
        last_day = None if length is None else (first_day + timedelta(days=length)).isoformat()
        return document(
            version, first_day.isoformat(), last_day, amount=amount, policy_id=self.name, document_type=self.name
        )

    def deciding(self, known_at: datetime | None = None) -> dict[date, int | None]:
        """Which version decides each of the days."""
        book = self.agency.book() if known_at is None else self.agency.book().known_at(known_at)
        found = {day: book.applicable(self.name, day, day) for day in self.days}
        assert all(len(versions) <= 1 for versions in found.values()), "two versions decide one day"
        return {day: versions[0].version if versions else None for day, versions in found.items()}

    def attempt(self, step: Callable[[], object]) -> None:
        self.agency.office.at += timedelta(seconds=1)
        with contextlib.suppress(IssuanceError, FeeError):
            step()
        self.drafts = [self.agency.draft(draft.id) for draft in self.drafts]
        at = self.agency.office.at
        self.known[at] = self.deciding(at)

    who = st.sampled_from(["ann", "bob", "eve", "eve again"])
    which = st.integers(0, 3)
    written = st.tuples(
        st.integers(1, 6), st.sampled_from([-20, -1, 1, 10, 30]), st.sampled_from([None, 0, 15]), st.integers(1, 9)
    )

    def one(self, which: int) -> PolicyDraft:
        return self.drafts[which % len(self.drafts)]

    @rule(who=who, written=written)
    def write(self, who: str, written: tuple[int, int, int | None, int]) -> None:
        def step() -> None:
            self.drafts.append(self.agency.write(self.people[who], self.source(*written)))

        self.attempt(step)

    @precondition(lambda self: self.drafts)
    @rule(who=who, which=which, written=written)
    def edit(self, who: str, which: int, written: tuple[int, int, int | None, int]) -> None:
        self.attempt(lambda: self.agency.edit(self.people[who], self.one(which), self.source(*written)))

    @precondition(lambda self: self.drafts)
    @rule(who=who, which=which)
    def check_and_rehearse(self, who: str, which: int) -> None:
        def step() -> None:
            checked = self.agency.check(self.people[who], self.one(which))
            if checked.state is DraftState.CHECKED:
                day = self.began.isoformat()
                plan = POPULATION | {"document_type": self.name, "first_day": day, "last_day": day}
                self.agency.rehearse(self.people[who], checked, plan)

        self.attempt(step)

    @precondition(lambda self: self.drafts)
    @rule(who=who, which=which)
    def approve(self, who: str, which: int) -> None:
        self.attempt(lambda: self.agency.approve(self.people[who], self.one(which)))

    @precondition(lambda self: self.drafts)
    @rule(who=who, which=which)
    def schedule(self, who: str, which: int) -> None:
        self.attempt(lambda: self.agency.schedule(self.people[who], self.one(which)))

    @rule(written=written)
    def go_all_the_way(self, written: tuple[int, int, int | None, int]) -> None:
        """The steps by themselves seldom meet in this order."""
        before = len(self.drafts)
        self.write("ann", written)
        last = len(self.drafts) - 1
        if last < before:
            return
        self.check_and_rehearse("ann", last)
        self.approve("bob", last)
        self.schedule("bob", last)

    @precondition(lambda self: self.drafts)
    @rule(who=who, which=which)
    def withdraw(self, who: str, which: int) -> None:
        draft, by, office = self.one(which), self.people[who].official, self.agency.office
        self.attempt(lambda: office.do(lambda r: withdraw_draft(r, by, draft.id, draft.version, "no more", office.at)))

    @rule(who=who, version=st.integers(1, 6))
    def withdraw_a_version(self, who: str, version: int) -> None:
        by, office = self.people[who].official, self.agency.office
        self.attempt(lambda: office.do(lambda r: withdraw_version(r, by, self.name, version, "repealed", office.at)))

    @rule(days=st.sampled_from([1, 12]))
    def wait(self, days: int) -> None:
        self.agency.office.at += timedelta(days=days)

    @invariant()
    def nothing_is_in_the_book_that_two_did_not_agree_on(self) -> None:
        for row in self.agency.office.do(lambda r: r.fee_policies.rows(self.name)):
            agreed = [draft for draft in self.drafts if draft.approved_digest == row.policy.digest]
            assert agreed
            for draft in agreed:
                editors = self.agency.office.do(lambda r, of=draft.id: r.fee_policies.editors(of))  # type: ignore[misc]
                assert draft.digest == row.policy.digest
                assert draft.approved_by not in {one.subject_key for one in editors}
                assert draft.approved_person not in {one.person for one in editors}

    @invariant()
    def the_book_decides_every_day_once(self) -> None:
        self.deciding()

    @invariant()
    def what_was_known_stays_what_was_known(self) -> None:
        for at, known in self.known.items():
            assert self.deciding(at) == known


@pytest.mark.parametrize("examples", [5, pytest.param(100, marks=[pytest.mark.campaign, pytest.mark.timeout(1_800)])])
async def test_whatever_they_do(agency: Agency, examples: int) -> None:
    eve = await agency.person("eve", "fee_author", "fee_approver")
    people = {
        "ann": await agency.author("ann"),
        "bob": await agency.person("bob", "fee_author", "fee_approver"),
        "eve": eve,
        "eve again": await agency.person("eve-2", "fee_approver", number=eve.official.personal_id.digits),
    }
    entered: list[int] = []

    class Observed(Policies):
        def teardown(self) -> None:
            entered.append(len(agency.office.do(lambda r: r.fee_policies.rows(self.name))))

    run_state_machine_as_test(
        lambda: Observed(agency, people),
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=examples == 5,  # a few at random may hardly get anywhere
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert sum(entries > 1 for entries in entered) > examples // 10, (
        "hardly anything entered the book, so hardly anything was shown"
    )
