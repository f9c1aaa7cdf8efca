"""Cases, officials, delegations and the clock in any order: after every step all that must hold of a case holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from identity.citizen import Role, VerifiedCitizen, VerifiedOfficial
from identity.personal_id import PersonalId
from issuance.application import ENDED, LEGAL_MOVES, Application, ApplicationState
from issuance.apply import apply
from issuance.delegations.authority import authority_in_role
from issuance.delegations.declare import declare_relative
from issuance.delegations.delegation import Delegation
from issuance.delegations.grant import grant, revoke_delegation
from issuance.errors import IssuanceError, RoleMissing, SelfDealing
from issuance.fees.facts import vietnam_day
from issuance.procedure.shipped import shipped_procedures
from issuance.records import Records
from issuance.registers.consult import keep_register_answer
from issuance.settlement.act import act
from issuance.settlement.ask_papers import ask_papers
from issuance.settlement.ask_register_again import ask_register_again
from issuance.settlement.assign import assign
from issuance.settlement.reassign import reassign_without_authority
from issuance.settlement.resume import papers_given, resume
from issuance.settlement.step_visit import StepVisit
from issuance.settlement.stop import expire_unpaid, stop
from issuance.settlement.take import take
from issuance.withdraw import withdraw
from storage.engines import blocking_engine
from storage.settlement_tables import declared_relatives, delegations
from tests.issuance.office import INPUT, TYPE, Office, clean_record
from tests.issuance.procedure.naive_deadlines import STANDARD_WEEK, naive_due
from tests.issuance.procedure.naive_deadlines import Office as NaiveOffice
from tests.issuance.settlement.people import PERSONS, key_of, pay, register, signed_in
from verification.verdict import VIETNAM

FIRST_MOMENT = datetime(2025, 2, 26, 3, 30, tzinfo=UTC)
"""A Wednesday; three days later another version of the procedure is in force, with a head's step."""

PROCEDURES = {(one.id, one.version): one for one in shipped_procedures()}
PAUSING = {ApplicationState.MORE_PAPERS_ASKED, ApplicationState.PAYMENT_ASKED}
OUTCOMES = ("approve", "propose", "refuse", "return")
DESK: tuple[Role, ...] = ("caseworker", "head")
ROLE_SETS = (("caseworker",), ("head",), ("caseworker", "head"), ("operator",))
USUAL = {"an": ("caseworker",), "binh": ("caseworker",), "cuong": ("head",), "dung": ("caseworker",)}
NAIVE_OFFICE = NaiveOffice(STANDARD_WEEK)

some = st.integers(0, 1_000)
names = st.sampled_from(sorted(USUAL))


@dataclass(frozen=True)
class People:
    """citizens: the last one is an official of the unit. signed_in: officials by name and roles."""

    citizens: tuple[VerifiedCitizen, ...]
    signed_in: dict[tuple[str, tuple[str, ...]], VerifiedOfficial]


class Walk(RuleBasedStateMachine):
    def __init__(self, office: Office, people: People) -> None:
        super().__init__()
        self.office, self.people = office, people
        self.office.at = FIRST_MOMENT
        self.roles: dict[str, tuple[str, ...] | None] = dict(USUAL)
        self.cases: list[tuple[str, UUID, VerifiedCitizen]] = []
        self.seen: dict[UUID, ApplicationState] = {}
        self.lent: dict[UUID, Delegation] = {}
        self.relatives: set[tuple[str, str]] = set()
        self.decided: set[UUID] = set()
        self.ended_waiting: set[UUID] = set()
        for name in USUAL:
            register(office, name)

    def teardown(self) -> None:
        """What one walk leaves behind must not be another's, which begins at the same moment: a delegation revoked in
        this one would be in force in the next."""
        engine = blocking_engine(self.office.database.address)
        with engine.begin() as connection:
            for table in (delegations, declared_relatives):
                connection.execute(table.delete())
        engine.dispose()

    # What happens

    @rule(minutes=st.sampled_from([1, 45, 6 * 60, 24 * 60, 4 * 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.office.at += timedelta(minutes=minutes)

    @initialize(who=some, later=st.booleans())
    def begin(self, who: int, later: bool) -> None:
        self.office.at += timedelta(days=7 if later else 0)
        self.apply(who, is_ready=True)

    @rule(who=some, is_ready=st.booleans())
    def apply(self, who: int, is_ready: bool) -> None:
        """is_ready: paid at once, and the register answers at once."""
        citizen = self.people.citizens[who % len(self.people.citizens)]
        done = self.office.do(lambda r: apply(r, self.office.rules, citizen, TYPE, INPUT, self.now))
        self.cases.append((done.code, done.id, citizen))
        self.seen[done.id] = done.state
        if is_ready:
            if done.state is ApplicationState.PAYMENT_ASKED:
                self.seen[done.id] = pay(self.office, done).state
            self.office.do(lambda r: keep_register_answer(r, done.id, clean_record(self.now), self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def pay(self, which: int) -> None:
        application = self.stored(self.chosen(which)[1])
        if application.state is ApplicationState.PAYMENT_ASKED:
            pay(self.office, application)

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def the_register_answers(self, which: int) -> None:
        _, case_id, _ = self.chosen(which)
        self.attempt(lambda r: keep_register_answer(r, case_id, clean_record(self.now), self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names, outcome=st.sampled_from(OUTCOMES))
    def act(self, which: int, name: str, outcome: str) -> None:
        self.by(name, which, lambda r, o, code: act(r, self.office.rules, code, o, outcome, "Lý do", self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names)
    def go_forward(self, which: int, name: str) -> None:
        """Towards an approval, by whoever may."""
        application = self.stored(self.chosen(which)[1])
        step = PROCEDURES[application.procedure.id, application.procedure.version].step(application.step)
        self.act(which, name, step.outcomes[0].id)

    @precondition(lambda self: self.cases)
    @rule(which=some, forward=st.booleans())
    def its_owner_acts(self, which: int, forward: bool) -> None:
        application = self.stored(self.chosen(which)[1])
        if application.owner is not None:
            step = PROCEDURES[application.procedure.id, application.procedure.version].step(application.step)
            outcome = step.outcomes[0 if forward else -1].id
            name = application.owner.subject_key.rpartition("|")[2]
            self.by(name, which, lambda r, o, code: act(r, self.office.rules, code, o, outcome, "Lý do", self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names)
    def take(self, which: int, name: str) -> None:
        self.by(name, which, lambda r, o, code: take(r, self.office.rules, code, o, self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names, to=names)
    def assign(self, which: int, name: str, to: str) -> None:
        self.by(name, which, lambda r, o, code: assign(r, self.office.rules, code, o, key_of(to), self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names, days=st.integers(1, 20))
    def ask_papers(self, which: int, name: str, days: int) -> None:
        until = vietnam_day(self.now) + timedelta(days=days)
        self.by(name, which, lambda r, o, code: ask_papers(r, self.office.rules, code, o, "Giấy", until, self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names)
    def resume(self, which: int, name: str) -> None:
        self.by(name, which, lambda r, o, code: resume(r, self.office.rules, code, o, self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def bring_papers(self, which: int) -> None:
        code, _, citizen = self.chosen(which)
        self.attempt(lambda r: papers_given(r, self.office.rules, citizen, code, self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names)
    def stop(self, which: int, name: str) -> None:
        self.by(name, which, lambda r, o, code: stop(r, self.office.rules, code, o, "Lý do", self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some, name=names)
    def ask_again(self, which: int, name: str) -> None:
        self.by(name, which, lambda r, o, code: ask_register_again(r, self.office.rules, code, o, self.now))

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def withdraw(self, which: int) -> None:
        if which % 4:
            return
        code, _, citizen = self.chosen(which)
        self.attempt(lambda r: withdraw(r, citizen, code, self.now))

    # Several steps in one rule, which chance alone would seldom put together

    @precondition(lambda self: self.cases)
    @rule(which=some, hours=st.integers(1, 200), by_official=st.booleans())
    def papers_are_waited_for(self, which: int, hours: int, by_official: bool) -> None:
        name = self.whose(which)
        self.ask_papers(which, name, 20)
        self.wait(hours * 60)
        if by_official:
            self.resume(which, name)
        else:
            self.bring_papers(which)

    @precondition(lambda self: self.cases)
    @rule(which=some, hours=st.integers(1, 200))
    def money_comes_late(self, which: int, hours: int) -> None:
        self.wait(hours * 60)
        self.pay(which)

    @precondition(lambda self: self.cases)
    @rule(
        which=some,
        taker=names,
        hours=st.integers(1, 48),
        until=st.sampled_from(["its end", "revoked", "dismissed", "related"]),
    )
    def a_case_is_taken_by_lent_powers(self, which: int, taker: str, hours: int, until: str) -> None:
        self.lend_the_heads_powers(taker, hours)
        self.take(which, taker)
        if until == "its end":
            self.wait(hours * 60)
        elif until == "revoked" and self.lent:
            newest = list(self.lent)[-1]
            self.lent[newest] = self.office.do(lambda r: revoke_delegation(r, self.head, newest, self.now))
        elif until == "dismissed":
            self.change_the_register("binh", None)
        elif until == "related":
            self.declare("cuong", which)

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def its_owner_is_a_relative(self, which: int) -> None:
        self.declare(self.whose(which), self.people.citizens.index(self.chosen(which)[2]))

    @rule()
    def unpaid_ones_end(self) -> None:
        self.office.do(lambda r: expire_unpaid(r, self.office.rules, self.now, 1_000))

    @rule(lender=names, taker=names, role=st.sampled_from(["caseworker", "head"]), hours=st.integers(1, 96))
    def lend(self, lender: str, taker: str, role: Any, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        own = lender == "cuong"

        def lend(records: Records) -> Delegation:
            return grant(
                records,
                self.office.rules,
                self.head,
                from_key=None if own else key_of(lender),
                from_person=None if own else PersonalId(PERSONS[lender]),
                to_key=key_of(taker),
                role=role,
                type_ids=None,
                valid_from=self.now,
                valid_until=until,
                act="Quyết định số 12",
                at=self.now,
            )

        delegation = self.attempt(lend)
        if delegation is not None:
            self.lent[delegation.id] = delegation

    @rule(taker=names, hours=st.integers(1, 96))
    def lend_the_heads_powers(self, taker: str, hours: int) -> None:
        self.lend("cuong", taker, "head", hours)

    @precondition(lambda self: self.lent)
    @rule(which=some)
    def revoke(self, which: int) -> None:
        chosen = sorted(self.lent)[which % len(self.lent)]
        self.lent[chosen] = self.office.do(lambda r: revoke_delegation(r, self.head, chosen, self.now))

    @rule(name=names, roles=st.sampled_from([None, *ROLE_SETS]))
    def change_the_register(self, name: str, roles: tuple[str, ...] | None) -> None:
        """A new role, or none any more; who lends stays a head here, so that there is somebody to lend."""
        if name != "cuong" and (roles is not None or name == "binh"):
            self.roles[name] = roles
            changed = {"is_active": False} if roles is None else {"roles": frozenset(roles)}
            register(self.office, name, **changed)

    @rule(name=names, who=some)
    def declare(self, name: str, who: int) -> None:
        person = self.people.citizens[who % len(self.people.citizens)].personal_id
        official = self.people.signed_in[name, USUAL[name]]
        self.relatives.add((name, person.digits))
        self.office.do(lambda r: declare_relative(r, self.office.rules, official, person, self.now))

    # What must hold

    @invariant()
    def all_holds(self) -> None:
        # Runs every minute in an installation.
        self.office.do(lambda r: reassign_without_authority(r, self.office.rules, self.now, 1_000))
        for _, case_id, _ in self.cases:
            application, visits = self.office.do(
                lambda r, i=case_id: (r.applications.by_id(i), r.step_visits.of_application(i))
            )
            self.moves_are_legal(application)
            self.steps_follow_the_procedure(application, visits)
            self.somebody_may_act(application)
            self.times_are_right(application, visits)
            self.nobody_decided_an_own_case(application)
        if self.cases:
            self.rights_are_as_they_were_lent(application)

    def moves_are_legal(self, application: Application) -> None:
        before, now = self.seen[application.id], application.state
        within_two = {before} | LEGAL_MOVES[before]
        within_two |= {further for one in LEGAL_MOVES[before] for further in LEGAL_MOVES[one]}
        assert now in within_two
        if before in PAUSING and now in ENDED:
            self.ended_waiting.add(application.id)
        self.seen[application.id] = now
        assert application.is_paused == (now in PAUSING)
        assert (application.closed_at is not None) == (now in ENDED)
        for pause in application.pauses[:-1]:
            assert pause.ended_at is not None
        assert (application.asked is not None) == (now is ApplicationState.MORE_PAPERS_ASKED)

    def steps_follow_the_procedure(self, application: Application, visits: Any) -> None:
        procedure = PROCEDURES[application.procedure.id, application.procedure.version]
        changed_on = datetime(2025, 3, 1, tzinfo=VIETNAM)
        assert application.procedure.version == (1 if application.submitted_at < changed_on else 2)
        assert application.procedure.digest == procedure.digest
        running = application.decision is None and application.state not in ENDED
        assert [visit.seq for visit in visits] == list(range(1, len(visits) + 1))
        assert [visit for visit in visits if visit.left_at is None] == ([visits[-1]] if running else [])
        assert visits[0].step == procedure.document.start
        assert visits[0].entered_at == application.submitted_at
        for earlier, later in pairwise(visits):
            outcome = procedure.step(earlier.step).outcome(earlier.outcome)
            assert outcome is not None
            assert (outcome.to, earlier.left_at) == (later.step, later.entered_at)
        assert (application.step, application.role) == (visits[-1].step, procedure.step(application.step).role)
        assert (application.step_due_at is not None) == running
        if running:
            key = None if application.owner is None else application.owner.subject_key
            assert (visits[-1].owner_key, visits[-1].due_at) == (key, application.step_due_at)

    def somebody_may_act(self, application: Application) -> None:
        """One owner: a named official who may act now, and on this case, or everybody of the unit in the role."""
        if application.decision is not None:
            assert application.owner == application.decision.by
        elif application.state not in ENDED and application.owner is not None:
            name = application.owner.subject_key.rpartition("|")[2]
            assert self.may_act(name, application.role, self.now)
            assert (name, application.applicant.personal_id) not in self.relatives

    def may_act(self, name: str, role: str, at: datetime) -> bool:
        roles = self.roles[name]
        if roles is None:
            return False
        return bool({role, "head"} & {*roles}) or any(
            self.is_lent(one, at) and one.role in (role, "head")
            for one in self.lent.values()
            if one.delegate.subject_key == key_of(name)
        )

    def rights_are_as_they_were_lent(self, application: Application) -> None:
        for name, roles in self.roles.items():
            if roles is None:
                continue
            official = self.people.signed_in[name, roles]
            for role in DESK:
                found = self.office.do(lambda r, o=official, e=role: self.is_right(r, o, application, e))
                assert (found is not None) == self.may_act(name, role, self.now)
                assert bool(found) == self.may_deal(name, role, application.applicant.personal_id)

    def is_right(
        self, records: Records, official: VerifiedOfficial, application: Application, role: Role
    ) -> bool | None:
        """None: there is none at all; False: there is, but not for this person's case."""
        try:
            authority_in_role(records, self.office.rules, official, application, role, self.now)
        except RoleMissing:
            return None
        except SelfDealing:
            return False
        return True

    def may_deal(self, name: str, role: str, applicant: str) -> bool:
        def is_concerned(one: str) -> bool:
            return PERSONS[one] == applicant or (one, applicant) in self.relatives

        lenders = [
            one.delegator.subject_key.rpartition("|")[2]
            for one in self.lent.values()
            if one.delegate.subject_key == key_of(name) and one.role in (role, "head") and self.is_lent(one, self.now)
        ]
        own = bool({role, "head"} & {*(self.roles[name] or ())})
        return not is_concerned(name) and (own or any(not is_concerned(lender) for lender in lenders))

    def is_lent(self, one: Delegation, at: datetime) -> bool:
        lender = self.roles[one.delegator.subject_key.rpartition("|")[2]]
        revoked = one.revoked_at is not None and one.revoked_at <= at
        return one.valid_from <= at < one.valid_until and not revoked and lender is not None and one.role in lender

    def times_are_right(self, application: Application, visits: Any) -> None:
        # An end out of a pause changes nothing: nobody waits any more.
        stops = [
            (local(pause.began_at), local(pause.ended_at)) for pause in application.pauses if pause.ended_at is not None
        ]
        if application.id in self.ended_waiting:
            stops.pop()
        promised = naive_due(local(application.submitted_at), 10, "working_days", NAIVE_OFFICE, stops)
        assert local(application.promised_at) == promised
        if application.step_due_at is not None:
            visit: StepVisit = visits[-1]
            limit = PROCEDURES[application.procedure.id, application.procedure.version].step(visit.step).time_limit
            due = naive_due(local(visit.entered_at), limit.amount, limit.unit, NAIVE_OFFICE, stops)
            assert due is not None
            assert promised is not None
            assert local(application.step_due_at) == min(due, promised)

    def nobody_decided_an_own_case(self, application: Application) -> None:
        decision = application.decision
        if decision is None or application.id in self.decided:
            return
        # Looked at once, before the register and the relatives change.
        self.decided.add(application.id)
        applicant = application.applicant.personal_id
        name = decision.by.subject_key.rpartition("|")[2]
        assert PERSONS[name] != applicant
        assert (name, applicant) not in self.relatives
        if decision.delegation is None:
            assert {application.role, "head"} & {*(self.roles[name] or ())}
            assert decision.acting_for is None
            return
        delegation = self.lent[decision.delegation]
        lender = delegation.delegator.subject_key.rpartition("|")[2]
        assert decision.acting_for == delegation.delegator
        assert self.is_lent(delegation, decision.at)
        assert delegation.role in (application.role, "head")
        assert PERSONS[lender] != applicant
        assert (lender, applicant) not in self.relatives

    # How

    @property
    def now(self) -> datetime:
        return self.office.at

    @property
    def head(self) -> VerifiedOfficial:
        return self.people.signed_in["cuong", ("head",)]

    def chosen(self, which: int) -> tuple[str, UUID, VerifiedCitizen]:
        return self.cases[which % len(self.cases)]

    def whose(self, which: int) -> str:
        """The owner's name; the head's where everybody of the unit may act."""
        owner = self.stored(self.chosen(which)[1]).owner
        return "cuong" if owner is None else owner.subject_key.rpartition("|")[2]

    def stored(self, case_id: UUID) -> Application:
        return self.office.do(lambda r: r.applications.by_id(case_id))

    def by(self, name: str, which: int, do: Callable[[Records, VerifiedOfficial, str], object]) -> None:
        """What an official does, with the roles that the register gives now; who has none cannot sign in."""
        roles = self.roles[name]
        if roles is not None:
            official, code = self.people.signed_in[name, roles], self.chosen(which)[0]
            self.attempt(lambda r: do(r, official, code))

    def attempt(self, do: Callable[[Records], Any]) -> Any:
        """What is refused changes nothing."""
        with suppress(IssuanceError):
            return self.office.do(do)
        return None


def local(moment: datetime) -> datetime:
    return moment.astimezone(VIETNAM).replace(tzinfo=None)


@pytest.mark.parametrize("examples", [12, pytest.param(400, marks=[pytest.mark.campaign, pytest.mark.timeout(3_600)])])
async def test_whatever_happens_a_case_is_somebodys_and_in_time(office: Office, examples: int) -> None:
    office.at = FIRST_MOMENT
    citizens = [
        await office.citizen(sub=f"c-{number}", client_id=client, personal_id=person)
        for number, (client, person) in enumerate(
            (("vneid-app", "001195000041"), ("one-stop-kiosk", "001195000042"), ("vneid-app", PERSONS["dung"]))
        )
    ]
    officials = {
        (name, roles): await signed_in(office, name, roles=list(roles)) for name in USUAL for roles in ROLE_SETS
    }
    people = People(tuple(citizens), officials)
    run_state_machine_as_test(
        lambda: Walk(office, people),
        settings=settings(
            max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
