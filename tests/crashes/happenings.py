"""What people, money and the clock do in a life, each at any time; most of it may end in the middle."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
)

from issuance.apply import apply
from issuance.batches.batch import LineState
from issuance.bring_evidence import bring
from issuance.certificate import CertificateKind, RevocationReason, SuspensionReason
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
from issuance.payments.ask_again import ask_about_orders
from issuance.payments.cash import take_cash
from issuance.payments.confirm_notice import keep_notice
from issuance.payments.take_payment import take_payment
from issuance.privacy.erase import erase_person
from issuance.records import Records
from issuance.revoke import revoke
from issuance.settlement.act import act
from issuance.settlement.stop import expire_unpaid
from issuance.suspend import reinstate, suspend
from issuance.withdraw import withdraw
from storage.ledger_seals import seal_all
from storage.seal_file import write_lacking
from tests.crashes.living import Living
from tests.issuance.batches.school_office import issue as issue_batch
from tests.issuance.delivery.sending import ADDRESS
from tests.issuance.office import INPUT, TYPE, approve_whole

some = st.integers(0, 1_000)
MONEY = ("right", "half", "double", "too much", "for nobody")
TOLD = ("at once", "by a notice", "not at all")
PAPER = b"%PDF-1.7 a student's card"
PAPER_FILE = PaperFile(hashlib.sha256(PAPER).digest(), "application/pdf", len(PAPER), 1)


class Happenings(Living):
    """The rules by which a life goes on."""

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

    @precondition(lambda self: self.world.leaving)
    @rule(with_document=st.booleans(), points=st.integers(0, 60))
    def somebody_is_erased(self, with_document: bool, points: int) -> None:
        """What would hold her is brought to its end first, as far as it comes to one."""
        citizen = self.world.leaving.pop()
        self.world.gone.append(citizen)
        self.bank.is_away = self.register.is_away = False
        applied = self.do(lambda r: apply(r, self.office.rules, citizen, TYPE, INPUT, self.office.at))
        if applied is not None:
            self.cases.append((applied.code, applied.id, citizen))
        for which, (_, _, whose) in enumerate(self.cases):
            if whose is citizen:
                (self.it_goes_all_the_way if with_document else self.it_is_withdrawn)(which)
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
