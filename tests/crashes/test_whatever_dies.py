"""Applications, money, documents and the clock in any order, and in the middle of any of it the process dies.

After every step all that must hold of an installation holds, on both databases; after every death what is left is
mended, and mending it a second time changes nothing.
"""

from __future__ import annotations

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
from issuance.certificate import Certificate, CertificateKind, RevocationReason, SuspensionReason
from issuance.deliver import deliver
from issuance.errors import IssuanceError
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind
from issuance.payments.ask_again import ask_about_orders
from issuance.payments.confirm_notice import confirm_notice, keep_notice
from issuance.payments.send_refund import send_refund
from issuance.payments.take_payment import take_payment
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
from tests.issuance.office import INPUT, TYPE, Office, approve_whole
from tests.issuance.settlement.people import TWO_STEPS

some = st.integers(0, 1_000)
MONEY = ("right", "half", "double", "too much", "for nobody")
TOLD = ("at once", "by a notice", "not at all")
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
    digest and entry of each document that was issued; died: where, how often. One of the citizens pays nothing."""

    citizens: tuple[VerifiedCitizen, ...]
    official: VerifiedOfficial
    bank: Bank
    register: Register
    remembered: Remembered
    told: set[str] = field(default_factory=set)
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
            assert broken_invariants(self.born, self.office.files_folder) == []

    @invariant()
    def no_payment_is_lost_or_doubled(self) -> None:
        """What was said to be kept is kept; and what is kept came."""
        kept = self.born.run_blocking(_references)
        assert len(kept) == len(set(kept))
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
    def what_is_issued_stays(self) -> None:
        for certificate in self.born.run_blocking(self._certificates):
            if certificate.sha256 is not None:
                name = f"{certificate.kind} {certificate.application_id}"
                now = (certificate.sha256.hex(), certificate.status_index)
                assert self.world.kept.setdefault(name, now) == now

    # How

    def chosen(self, which: int) -> tuple[str, UUID, VerifiedCitizen]:
        return self.cases[which % len(self.cases)]

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
        found = self.born.run_blocking(lambda r: [r.applications.by_id(one) for one in _ids(r)])
        known = self.before | {case_id for _, case_id, _ in self.cases}
        self.cases += [(one.code, one.id, self._whose(one)) for one in found if one.id not in known]

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

    def _certificates(self, records: Records) -> list[Certificate]:
        found = [
            records.certificates.of_application(one, kind) for _, one, _ in self.cases for kind in _ISSUING.values()
        ]
        return [one for one in found if one is not None]

    def _whose(self, application: Application) -> VerifiedCitizen:
        return next(one for one in self.world.citizens if one.subject_key == application.applicant.subject_key)


def _ids(records: SqlRecords) -> list[UUID]:
    return list(records._connection.execute(sa.select(applications.c.id)).scalars())


def _references(records: SqlRecords) -> list[str]:
    return list(records._connection.exec_driver_sql("SELECT reference FROM received_payments").scalars())


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
    run_state_machine_as_test(
        lambda: Life(office, world, countdown),
        settings=settings(
            max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    print(f"{len(world.kept)} documents, {len(world.bank.came)} payments, {len(world.bank.sent)} refunds sent")
    print(f"{world.died.total()} deaths: {dict(world.died.most_common())}")
    assert world.died
