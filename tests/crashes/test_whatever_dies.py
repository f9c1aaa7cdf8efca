"""Applications, money, documents and the clock in any order, and in the middle of any of it the process dies.

After every step all that must hold of an installation holds, on both databases; after every death what is left is
mended, and mending it a second time changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
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

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from issuance.application import Application
from issuance.apply import apply
from issuance.batches.batch import Batch, LineState
from issuance.bring_evidence import bring
from issuance.certificate import Certificate, CertificateKind, RevocationReason, SuspensionReason
from issuance.decide_evidence import accept
from issuance.deliver import deliver
from issuance.delivery.batch import close_batch
from issuance.delivery.parcel import ParcelState, ReturnReason
from issuance.delivery.post import ask_for_post, send_again
from issuance.delivery.print_copies import print_copies
from issuance.delivery.tracking import Report, track_for_unit
from issuance.errors import IssuanceError
from issuance.evidence import PaperFile
from issuance.fees.document import VND
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind
from issuance.payments.ask_again import ask_about_orders
from issuance.payments.cash import take_cash
from issuance.payments.confirm_notice import confirm_notice, keep_notice
from issuance.payments.send_refund import send_refund
from issuance.payments.take_payment import take_payment
from issuance.privacy.erase import erase_person
from issuance.records import Records
from issuance.registers.consult import consult
from issuance.revoke import revoke
from issuance.settlement.act import act
from issuance.settlement.stop import expire_unpaid
from issuance.suspend import reinstate, suspend
from issuance.withdraw import withdraw
from signing.errors import SigningError
from storage.files import FolderDocumentFiles
from storage.ledger_seals import seal_all
from storage.records import SqlRecords
from storage.runner import Database
from storage.seal_file import write_lacking
from storage.tables import applications
from tests.crashes.dying import Countdown, Crashed, MortalDatabase
from tests.crashes.outside import Bank, Register, Remembered
from tests.invariants import broken_invariants, digest_of_tables, orphans
from tests.issuance.batches import school_office
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.batches.school_office import issue as issue_batch
from tests.issuance.delivery.sending import ADDRESS
from tests.issuance.office import INPUT, TYPE, UNIT, Office, approve_whole
from tests.issuance.settlement.people import TWO_STEPS

some = st.integers(0, 1_000)
MONEY = ("right", "half", "double", "too much", "for nobody")
TOLD = ("at once", "by a notice", "not at all")
PAPER = b"%PDF-1.7 a student's card"
PAPER_FILE = PaperFile(hashlib.sha256(PAPER).digest(), "application/pdf", len(PAPER), 1)
_ISSUING = {
    JobKind.ISSUE_RESULT: CertificateKind.RESULT,
    JobKind.ISSUE_RECEIPT: CertificateKind.RECEIPT,
}
AT_THE_END = datetime(9999, 1, 1, tzinfo=UTC)
_AT_MOST = 6
"""Rounds of mending; each lets jobs lead to further ones."""


@dataclass
class World:
    """What goes on when a process dies, and from one life to the next. told: payments that were said to be kept; kept:
    digest and entry of each document that was issued; died: where, how often. cash: payments that an official was told
    to have taken; delivered: numbers of parcels; erased: codes of applications; batches: approved, with their files;
    done: how often what came to its end. One of the citizens pays nothing."""

    citizens: tuple[VerifiedCitizen, ...]
    official: VerifiedOfficial
    bank: Bank
    register: Register
    remembered: Remembered
    told: set[str] = field(default_factory=set)
    cash: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    batches: list[tuple[Batch, Path]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    kept: dict[str, tuple[str, int]] = field(default_factory=dict)
    died: Counter[str] = field(default_factory=Counter)


class Life(RuleBasedStateMachine):
    """An office whose process may die at any of its points; whatever is in `outside` lives on."""

    def __init__(self, office: Office, world: World, countdown: Countdown) -> None:
        super().__init__()
        self.office, self.world, self.countdown = office, world, countdown
        self.bank, self.register = world.bank, world.register
        self.bank.is_away = self.register.is_away = False
        self.born = self.office.database
        self.seals = office.files_folder.parent / "seals.jsonl"
        self.office.database = MortalDatabase(self.born, self.countdown)
        self.before = set(self.born.run_blocking(_ids))
        self.cases: list[tuple[str, UUID, VerifiedCitizen]] = []
        self.is_changed = True

    def teardown(self) -> None:
        if self.seals.exists():
            assert broken_invariants(self.born, self.office.files_folder, seals=self.seals) == []
        self.countdown.left = None
        self.office.database.dispose_blocking()
        self.office.database = self.born

    # What happens

    @initialize(points=st.integers(0, 400))
    def begins(self, points: int) -> None:
        """Three apply, two of them pay, one takes back, and somewhere on the way the process dies."""
        self.countdown.left = points
        for who in range(3):
            self.apply(who)
        for which in range(len(self.cases) - 1):
            self.it_goes_all_the_way(which)
        if self.cases:
            self.it_is_paid_and_withdrawn(-1)

    @rule(points=st.integers(0, 120))
    def is_doomed(self, points: int) -> None:
        """Whatever comes next: so many points further the process dies."""
        self.countdown.left = points

    @rule(who=some)
    def apply(self, who: int) -> None:
        if len(self.cases) == 5:
            return
        citizen = self.world.citizens[who % len(self.world.citizens)]
        done = self.do(lambda r: apply(r, self.office.rules, citizen, TYPE, INPUT, self.office.at))
        if done is not None:
            self.cases.append((done.code, done.id, citizen))

    @precondition(lambda self: self.cases)
    @rule(which=some, how=st.sampled_from(MONEY), told=st.sampled_from(TOLD))
    def money_comes(self, which: int, how: str, told: str) -> None:
        order = self.born.run_blocking(lambda r: r.payments.of_application(self.chosen(which)[1]))
        if order is None:
            return
        amounts = {"half": [order.amount // 2], "double": [order.amount] * 2, "too much": [order.amount + 1_000]}
        memo = "of nothing that we know" if how == "for nobody" else order.memo
        for amount in amounts.get(how, [order.amount]):
            payment = self.bank.receive(memo, amount, self.office.at)
            if told == "at once":
                taken = self.do(lambda r, p=payment: take_payment(r, self.office.rules, p, self.office.at))  # type: ignore[misc] # of a default
                if taken is not None:
                    self.world.told.add(payment.provider_reference)
            elif told == "by a notice":
                reference = payment.provider_reference
                self.do(lambda r, e=reference: keep_notice(r, f"event {e}", e, self.office.at))  # type: ignore[misc] # of a default

    @rule()
    def the_provider_is_asked(self) -> None:
        self.office.at += timedelta(minutes=20)
        with suppress(IssuanceError):
            self.alive(
                lambda: ask_about_orders(
                    self.office.database.run_blocking, self.office.rules, self.bank, lambda: self.office.at, 100
                )
            )

    @rule(what=st.sampled_from(["bank", "register"]), away=st.booleans())
    def the_outside_changes(self, what: str, away: bool) -> None:
        (self.bank if what == "bank" else self.register).is_away = away

    @rule()
    def work_is_done(self) -> None:
        self.alive(self.work)

    @precondition(lambda self: self.cases)
    @rule(which=some, refuse=st.integers(0, 5))
    def it_is_decided(self, which: int, refuse: int) -> None:
        code, official = self.chosen(which)[0], self.world.official
        if refuse:
            self.do(lambda r: approve_whole(r, self.office.rules, code, official, self.office.at))
        else:
            self.do(lambda r: act(r, self.office.rules, code, official, "refuse", "Lý do", self.office.at))

    @precondition(lambda self: self.cases)
    @rule(which=some, points=st.integers(0, 150))
    def it_goes_all_the_way_and_dies(self, which: int, points: int) -> None:
        self.countdown.left = points
        self.it_goes_all_the_way(which)

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def it_is_paid_and_withdrawn(self, which: int) -> None:
        self.money_comes(which, "right", "at once")
        self.it_is_withdrawn(which)
        self.work_is_done()

    def it_goes_all_the_way(self, which: int) -> None:
        """What chance alone would seldom put together."""
        self.bank.is_away = self.register.is_away = False
        self.money_comes(which, "right", "at once")
        self.work_is_done()
        self.it_is_decided(which, 1)
        self.work_is_done()

    @precondition(lambda self: self.cases)
    @rule(which=some)
    def it_is_withdrawn(self, which: int) -> None:
        code, _, citizen = self.chosen(which)
        self.do(lambda r: withdraw(r, citizen, code, self.office.at))

    @precondition(lambda self: self.cases)
    @rule(which=some, what=st.sampled_from(["revoke", "suspend", "reinstate", "deliver"]))
    def something_is_done_with_the_document(self, which: int, what: str) -> None:
        code, _, citizen = self.chosen(which)
        official, at = self.world.official, self.office.at
        acts: dict[str, Callable[[Records], object]] = {
            "revoke": lambda r: revoke(r, code, official, RevocationReason.ISSUED_IN_ERROR, at),
            "suspend": lambda r: suspend(r, code, official, SuspensionReason.UNDER_REVIEW, at),
            "reinstate": lambda r: reinstate(r, code, official, at),
            "deliver": lambda r: deliver(r, self.office.rules, code, citizen, CertificateKind.RESULT, at),
        }
        self.do(acts[what])

    @precondition(lambda self: self.cases)
    @rule(which=some, points=st.integers(0, 120))
    def cash_is_taken(self, which: int, points: int) -> None:
        code, case_id, _ = self.chosen(which)
        order = self.born.run_blocking(lambda r: r.payments.of_application(case_id))
        if order is None:
            return
        self.countdown.left = points
        official, at = self.world.official, self.office.at
        taken = self.do(lambda r: take_cash(r, self.office.rules, official, code, VND(order.amount), at))
        if taken is not None:
            self.world.cash.add(taken.payment.reference)
            self.world.done["cash"] += 1

    @precondition(lambda self: self.cases)
    @rule(which=some, points=st.integers(0, 200))
    def a_paper_lowers_the_fee(self, which: int, points: int) -> None:
        """Of what was paid a part goes back."""
        code, case_id, citizen = self.chosen(which)
        self.money_comes(which, "right", "at once")
        self.office.papers.store(PAPER, PAPER_FILE.sha256)
        self.countdown.left = points
        catalogue, at, official = self.office.catalogue, self.office.at, self.world.official
        brought = self.do(
            lambda r: bring(
                r, catalogue, citizen, code, category="student", kind="student_card", file=PAPER_FILE, at=at
            )
        )
        if brought is not None:
            self.do(lambda r: accept(r, self.office.rules, official, code, brought.id, at))
            refunds = self.born.run_blocking(lambda r: r.refunds.of_application(case_id))
            self.world.done["partial refund"] += any(one.cause == "evidence_accepted" for one in refunds)
            self.work_is_done()

    @precondition(lambda self: self.cases)
    @rule(which=some, ends=st.sampled_from(["delivered", "returned"]), points=st.integers(0, 200))
    def copies_go_by_post(self, which: int, ends: str, points: int) -> None:
        code, case_id, citizen = self.chosen(which)
        self.it_goes_all_the_way(which)
        official, rules = self.world.official, self.office.rules
        self.countdown.left = points
        self.do(lambda r: ask_for_post(r, rules, citizen, code, ADDRESS, self.office.at))
        self.do(lambda r: send_again(r, code, official, self.office.at))
        for _ in range(INPUT["copies"]):
            self.do(lambda r: print_copies(r, code, official, 1, self.office.at))
        self.do(lambda r: close_batch(r, official, self.office.at))
        if not self.is_there(case_id):
            return
        for one in self.born.run_blocking(lambda r: r.parcels.of_application(case_id)):
            reason = ReturnReason.REFUSED if ends == "returned" else None
            report = Report(2, one.number, "RR123456", ParcelState(ends), self.office.at, reason)
            done = self.do(lambda r, e=report: track_for_unit(r, official, [e], self.office.at, dry_run=False))  # type: ignore[misc] # of a default
            if done is not None and done.changed:
                self.world.delivered |= {f"{number} {ends}" for number in done.changed}
                self.world.done["parcel"] += 1

    @rule(points=st.integers(0, 400))
    def a_batch_is_issued(self, points: int) -> None:
        """Started again by its operator after each death; a line that is issued stays what it is."""
        if not self.world.batches:
            return
        batch, file = self.world.batches.pop()
        self.countdown.left = points
        self.alive(lambda: issue_batch(self.office, batch, file, self.countdown))
        self.countdown.left = points // 2
        self.alive(lambda: issue_batch(self.office, batch, file, self.countdown))
        self.countdown.left = None
        self.alive(lambda: issue_batch(self.office, batch, file))
        lines = self.born.run_blocking(lambda r: r.batches.counts(batch.id))
        assert lines == {(LineState.ISSUED, None): batch.lines}
        self.world.done["batch"] += 1

    @precondition(lambda self: self.cases)
    @rule(who=some, points=st.integers(0, 60))
    def somebody_is_erased(self, who: int, points: int) -> None:
        """What would hold her is brought to its end first, as far as it comes to one."""
        citizen = self.world.citizens[who % len(self.world.citizens)]
        self.bank.is_away = self.register.is_away = False
        for which, (_, _, whose) in enumerate(self.cases):
            if whose is citizen:
                self.it_is_withdrawn(which)
        self.work_is_done()
        self.countdown.left = points
        person = self.office.rules.person_index(citizen.personal_id.digits)
        done = self.do(lambda r: erase_person(r, person, "operator", self.office.at))  # type: ignore[arg-type] # the port of issuance only reads
        if done is not None:
            self.world.erased |= {code for code, _, whose in self.cases if whose is citizen}
            self.world.done["erasure"] += done.applications > 0
            # The next day: who applies again is not the one who was erased.
            self.office.at += timedelta(minutes=1)

    @rule()
    def the_ledger_is_sealed(self) -> None:
        def seal() -> None:
            seal_all(self.office.database.run_blocking, self.office.at)
            write_lacking(self.seals, self.office.database.run_blocking)

        self.alive(seal)

    @rule(days=st.sampled_from([1, 40]))
    def time_goes_by(self, days: int) -> None:
        self.office.at += timedelta(days=days)
        self.do(lambda r: expire_unpaid(r, self.office.rules, self.office.at, 100))

    # What must hold

    @invariant()
    def nothing_is_broken(self) -> None:
        if self.is_changed:
            self.is_changed = False
            found = broken_invariants(self.born, self.office.files_folder)
            assert found == [], found

    @invariant()
    def no_payment_is_lost_or_doubled(self) -> None:
        """What was said to be kept is kept; and what is kept came."""
        kept, cash = (self.born.run_blocking(lambda r, s=sign: _references(r, s)) for sign in ("<>", "="))  # type: ignore[misc] # of a default
        assert len(kept) == len(set(kept))
        assert self.world.cash <= set(cash)
        assert self.world.told <= set(kept) <= {one.provider_reference for one in self.bank.came}

    @invariant()
    def nothing_goes_back_that_was_not_ordered_back(self) -> None:
        sent: dict[str, int] = {}
        for reference, amount in self.bank.sent.values():
            sent[reference] = sent.get(reference, 0) + amount
        for one in self.bank.came:
            ordered = self.born.run_blocking(lambda r, e=one.provider_reference: _ordered_back(r, e))  # type: ignore[misc] # of a default
            assert sent.get(one.provider_reference, 0) <= ordered <= one.amount

    @invariant()
    def who_is_erased_stays_erased(self) -> None:
        living = set(self.born.run_blocking(_living_codes))
        assert not living & self.world.erased

    @invariant()
    def parcels_stay_where_they_came(self) -> None:
        assert self.world.delivered <= set(self.born.run_blocking(_parcels))

    @invariant()
    def what_is_issued_stays(self) -> None:
        for certificate in self.born.run_blocking(self._certificates):
            if certificate.sha256 is not None:
                name = f"{certificate.kind} {certificate.application_id}"
                now = (certificate.sha256.hex(), certificate.status_index)
                assert self.world.kept.setdefault(name, now) == now

    # How

    def chosen(self, which: int) -> tuple[str, UUID, VerifiedCitizen]:
        return self.cases[which % len(self.cases)]

    def is_there(self, case_id: UUID) -> bool:
        """Whether its person is not erased."""
        return case_id in self.born.run_blocking(_ids)

    def do(self, use_case: Callable[[Records], Any]) -> Any:
        """None where it is refused, or where the process has died: then nobody knows whether it happened."""
        with suppress(IssuanceError):
            return self.alive(lambda: self.office.database.run_blocking(use_case))
        return None

    def alive(self, act: Callable[[], Any]) -> Any:
        """Do it; where the process dies, another one comes and mends what it finds."""
        self.is_changed = True
        try:
            return act()
        except Crashed as crashed:
            self.world.died[str(crashed)] += 1
            self.is_born_again()
            self.mend()
            before = digest_of_tables(self.born)
            self.mend()
            assert digest_of_tables(self.born) == before, "mending it twice was not the same as once"
            assert orphans(self.born, self.office.files_folder) == []
            return None

    def is_born_again(self) -> None:
        self.office.database.dispose_blocking()
        self.office.database = MortalDatabase(self.born, self.countdown)
        self.office.files = FolderDocumentFiles(self.office.files_folder)
        known = self.before | {case_id for _, case_id, _ in self.cases}
        found = self.born.run_blocking(lambda r: [r.applications.by_id(one) for one in _ids(r) if one not in known])
        self.cases += [(one.code, one.id, self._whose(one)) for one in found if one.unit == UNIT]

    def mend(self) -> None:
        for _ in range(_AT_MOST):
            if not self.work():
                break
        files, tomorrow = self.office.files, self.office.at + timedelta(days=36_500)
        files.sweep_orphans(lambda some: self.born.run_blocking(lambda r: r.known_digests(some)), tomorrow)

    def work(self) -> int:
        """Every job that something waits for, once; returns how many were done."""
        done = 0
        for kind, concerned in self.born.run_blocking(lambda r: r.overdue_jobs(changed_before=AT_THE_END)):
            with suppress(IssuanceError, SigningError):
                self.handlers()[kind](concerned, self.world.remembered.step(kind, concerned))
                self.world.remembered.forget(kind, concerned)
                done += 1
        return done

    def handlers(self) -> dict[JobKind, JobHandler]:
        transact, workshop = self.office.database.run_blocking, self.office.workshop(self.countdown)

        def clock() -> Any:
            return self.office.at

        return {
            JobKind.CONSULT_REGISTER: lambda one, step: step(
                "consult", lambda: consult(transact, {"judicial_register": self.register}, one, clock)
            ),
            JobKind.CONFIRM_PAYMENT: lambda one, step: step(
                "confirm", lambda: confirm_notice(transact, self.office.rules, self.bank, one, clock)
            ),
            JobKind.SEND_REFUND: lambda one, step: step("send", lambda: send_refund(transact, self.bank, one, clock)),
            **{
                job: lambda one, step, kind=kind: issue(workshop, kind, one, step)  # type: ignore[misc] # of a default
                for job, kind in _ISSUING.items()
            },
        }

    def _certificates(self, records: SqlRecords) -> list[Certificate]:
        living = set(_ids(records))
        found = [
            records.certificates.of_application(one, kind)
            for _, one, _ in self.cases
            if one in living
            for kind in _ISSUING.values()
        ]
        return [one for one in found if one is not None]

    def _whose(self, application: Application) -> VerifiedCitizen:
        return next(one for one in self.world.citizens if one.subject_key == application.applicant.subject_key)


def _ids(records: SqlRecords) -> list[UUID]:
    """Of all that are not erased."""
    living = sa.select(applications.c.id).where(applications.c.erased_at.is_(None))
    return list(records._connection.execute(living).scalars())


def _living_codes(records: SqlRecords) -> list[str]:
    return list(records._connection.exec_driver_sql("SELECT code FROM applications WHERE erased_at IS NULL").scalars())


def _parcels(records: SqlRecords) -> list[str]:
    return [
        f"{number} {state}"
        for number, state in records._connection.exec_driver_sql("SELECT number, state FROM parcels")
    ]


def _references(records: SqlRecords, sign: str) -> list[str]:
    question = f"SELECT reference FROM received_payments WHERE source {sign} 'counter'"
    return list(records._connection.exec_driver_sql(question).scalars())


def _ordered_back(records: SqlRecords, reference: str) -> int:
    question = (
        "SELECT coalesce(sum(r.amount), 0) FROM refund_orders r JOIN received_payments p ON p.id = r.payment_id"
        f" WHERE p.reference = '{reference}'"
    )
    return int(records._connection.exec_driver_sql(question).scalar_one())


# In parts, each with a database of its own: what is asked after every step is asked of all that is there.
IN_PARTS = [pytest.param(40, part, marks=[pytest.mark.campaign, pytest.mark.timeout(7_200)]) for part in range(8)]


@pytest.mark.parametrize(("examples", "part"), [(3, 0), *IN_PARTS])
async def test_nothing_is_lost_or_doubled_whatever_dies_when(
    database: Database, tmp_path: Path, examples: int, part: int
) -> None:
    office = Office(database, tmp_path, TWO_STEPS)
    citizens = [
        await office.citizen(sub=f"c-{number}", client_id=client, personal_id=f"00119500004{number}")
        for number, client in enumerate(("vneid-app", "one-stop-kiosk", "one-stop-kiosk"))
    ]
    official = await office.official(roles=["caseworker", "head"])
    countdown = Countdown()
    register = Register(lambda: office.at, countdown)
    world = World(tuple(citizens), official, Bank(countdown), register, Remembered(countdown))
    school_office.appoint(office)
    for number in range(1 + examples // 3):
        file = write_lines(tmp_path / f"{number}.jsonl", pupils(3, seed=number), school_office.transcript(office))
        prepared, _ = school_office.prepare(office, file, block_lines=2)
        world.batches.append((school_office.approve(office, prepared.batch), file))
    run_state_machine_as_test(
        lambda: Life(office, world, countdown),
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    print(f"{len(world.kept)} documents, {len(world.bank.came)} payments, {len(world.bank.sent)} refunds sent")
    print(f"came to their end: {dict(world.done)}, {len(world.erased)} cases erased")
    print(f"{world.died.total()} deaths: {dict(world.died.most_common())}")
    assert world.died
