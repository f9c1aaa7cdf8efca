"""Applications come, pay, bring papers, are issued, refused and taken back in any order; the books always balance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from issuance.application import Application, ApplicationState
from issuance.apply import apply
from issuance.assessed import StoredAssessment
from issuance.bring_evidence import bring
from issuance.certificate import CertificateKind
from issuance.decide_evidence import accept, reject
from issuance.errors import IssuanceError
from issuance.evidence import EvidenceState, PaperFile
from issuance.fees.replay import decide_again
from issuance.issue import conclude, intend
from issuance.payments.order import PaymentOrder, ReceivedPayment
from issuance.payments.refund import RefundOrder
from issuance.produced import Produced, StoredFile
from issuance.records import Records
from issuance.registers.consult import keep_register_answer
from issuance.settlement.act import refuse
from issuance.withdraw import withdraw
from tests.issuance.money import money_comes
from tests.issuance.office import INPUT, TYPE, Office, approve_whole, clean_record
from tests.issuance.quota_policies import IN_2026, adopt, claim_states, quota_policy
from tests.storage.quota_books import assert_books_balance

GIVEN_UP = {ApplicationState.REFUSED_AT_INTAKE, ApplicationState.STOPPED, ApplicationState.WITHDRAWN}
ISSUED = {ApplicationState.SETTLED, ApplicationState.RESULT_RETURNED}
PAPERS = {"student": "student_card", "disabled": "disability_certificate"}
SMALL_BUDGET = {"requests": 2, "amount": 450_000}

some = st.integers(0, 1_000)


class Life(RuleBasedStateMachine):
    """One day, whose policy and quotas are its own."""

    def __init__(self, office: Office, people: Sequence[VerifiedCitizen], official: VerifiedOfficial) -> None:
        super().__init__()
        self.office, self.people, self.official = office, people, official
        self.office.at += timedelta(days=1)
        self.day = self.office.at.date().isoformat()
        self.codes: list[tuple[str, VerifiedCitizen, UUID]] = []
        self.is_open = False

    @precondition(lambda self: not self.is_open)
    @rule(unit=st.sampled_from(sorted(SMALL_BUDGET)))
    def open_the_day(self, unit: str) -> None:
        days = {"first_day": self.day, "last_day": self.day}
        adopt(self.office, quota_policy(SMALL_BUDGET[unit], unit, id=f"quotas-{self.day}", effective=days))
        self.is_open = True

    @precondition(lambda self: self.is_open)
    @rule(who=some, copies=st.integers(1, 7))
    def apply(self, who: int, copies: int) -> None:
        citizen = self.people[who % len(self.people)]
        asked = INPUT | {"copies": copies}
        done = self.office.do(lambda r: apply(r, self.office.rules, citizen, TYPE, asked, self.office.at))
        self.codes.append((done.code, citizen, done.id))

    @precondition(lambda self: self.codes)
    @rule(which=some)
    def refuse(self, which: int) -> None:
        code, _, _ = self.chosen(which)
        self.attempt(lambda r: refuse(r, self.office.rules, code, self.official, "Hồ sơ trùng", self.office.at))

    @precondition(lambda self: self.codes)
    @rule(which=some)
    def withdraw(self, which: int) -> None:
        code, citizen, _ = self.chosen(which)
        self.attempt(lambda r: withdraw(r, citizen, code, self.office.at))

    @precondition(lambda self: self.codes)
    @rule(which=some)
    def pay(self, which: int) -> None:
        _, _, application_id = self.chosen(which)
        order = self.office.do(lambda r: r.payments.of_application(application_id))
        if order is None:
            return
        payment = ReceivedPayment(
            memo=order.memo, amount=order.amount, provider_reference=order.memo, received_at=self.office.at
        )
        self.attempt(lambda r: money_comes(r, self.office.rules, payment, self.office.at))

    @precondition(lambda self: self.codes)
    @rule(which=some, category=st.sampled_from(sorted(PAPERS)))
    def bring_a_paper(self, which: int, category: str) -> None:
        code, citizen, _ = self.chosen(which)
        at, digest = self.office.at, hashlib.sha256(uuid4().bytes).digest()
        self.attempt(
            lambda r: bring(
                r,
                self.office.catalogue,
                citizen,
                code,
                category=category,
                kind=PAPERS[category],
                file=PaperFile(sha256=digest, media_type="application/pdf", size_bytes=7, pages=1),
                at=at,
            )
        )

    @precondition(lambda self: self.codes)
    @rule(which=some, good=st.booleans())
    def look_at_a_paper(self, which: int, good: bool) -> None:
        code, _, application_id = self.chosen(which)
        at = self.office.at

        def decide(records: Records) -> None:
            papers = records.evidence.of_application(application_id)
            paper = next((one for one in papers if one.state is EvidenceState.SUBMITTED), None)
            if paper is not None and good:
                accept(records, self.office.rules, self.official, code, paper.id, at)
            elif paper is not None:
                reject(records, self.official, code, paper.id, "Không đọc được", at)

        self.attempt(decide)

    @precondition(lambda self: self.codes)
    @rule(which=some, finish=st.booleans())
    def issue(self, which: int, finish: bool) -> None:
        code, _, application_id = self.chosen(which)
        at, workshop = self.office.at, self.office.workshop()

        def decide(records: Records) -> None:
            keep_register_answer(records, application_id, clean_record(at), at)
            approve_whole(records, self.office.rules, code, self.official, at)

        def seal(records: Records) -> None:
            """As issuing does, without any bytes."""
            certificate = intend(records, workshop, CertificateKind.RESULT, application_id)
            pdf = StoredFile(hashlib.sha256(certificate.number.encode()).digest(), 7)
            conclude(records, CertificateKind.RESULT, application_id, Produced(certificate.intent, pdf), at)

        self.attempt(decide)
        if finish:
            self.attempt(seal)

    def chosen(self, which: int) -> tuple[str, VerifiedCitizen, UUID]:
        return self.codes[which % len(self.codes)]

    def attempt(self, use_case: Callable[[Records], object]) -> None:
        """Whatever is refused must leave nothing behind; the invariants see to that."""
        with suppress(IssuanceError):
            self.office.do(use_case)

    @invariant()
    def books_balance(self) -> None:
        if self.is_open:
            assert_books_balance(self.office.database)

    @invariant()
    def every_application_holds_what_its_fee_says(self) -> None:
        for _, _, application_id in self.codes:
            application, assessments, order, refunds = self.office.do(lambda r, one=application_id: read(r, one))
            self.claims_are_right(application)
            self.money_is_right(application, order, refunds)
            self.decisions_are_right(application, assessments)

    def claims_are_right(self, application: Application) -> None:
        claimed = self.office.do(lambda r: r.quotas.claimed(application.id))
        taken: dict[str, int] = {}
        for use in application.fee.quota_uses:
            taken[use.name] = taken.get(use.name, 0) + use.taken
        expected = {} if application.state in GIVEN_UP else {name: amount for name, amount in taken.items() if amount}
        assert {key.name: amount for key, amount in claimed.items()} == expected
        states = set(claim_states(self.office, application.id)) - {"released"}
        assert states <= ({"committed"} if application.state in ISSUED else {"reserved"})

    def money_is_right(
        self, application: Application, order: PaymentOrder | None, refunds: Sequence[RefundOrder]
    ) -> None:
        back, due = sum(refund.amount for refund in refunds), application.fee.due
        if order is None:
            assert (back, due) == (0, 0)
        elif order.paid_at is not None:
            assert application.paid
            # What came after a refusal was for nothing; what was paid before it is settled elsewhere.
            goes_back = application.state is ApplicationState.WITHDRAWN or (
                application.state in GIVEN_UP and "payment_to_refund" in self.office.audit(application.id)
            )
            assert order.amount - back == (0 if goes_back else due)
        elif application.state in GIVEN_UP - {ApplicationState.WITHDRAWN}:
            assert not refunds
        elif order.cancelled_at is None:
            assert (application.state, order.amount) == (ApplicationState.PAYMENT_ASKED, due)
        else:
            assert not refunds
            assert due == 0 or application.state is ApplicationState.WITHDRAWN

    def decisions_are_right(self, application: Application, assessments: Sequence[StoredAssessment]) -> None:
        assert [one.seq for one in assessments] == list(range(1, len(assessments) + 1))
        assert assessments[-1].assessment == application.fee
        dues = [one.assessment.due for one in assessments]
        assert dues == sorted(dues, reverse=True)
        book = self.office.do(lambda r: r.fee_policies.book())
        for one in assessments:
            assert one.assessment.policy is not None
            policy = book.by_digest(one.assessment.policy.digest)
            assert policy is not None
            assert decide_again(one.assessment, policy) == one.assessment


def read(
    records: Records, application_id: UUID
) -> tuple[Application, Sequence[StoredAssessment], PaymentOrder | None, Sequence[RefundOrder]]:
    return (
        records.applications.by_id(application_id),
        records.assessments.of_application(application_id),
        records.payments.of_application(application_id),
        records.refunds.of_application(application_id),
    )


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=[pytest.mark.campaign, pytest.mark.timeout(1_800)])])
async def test_the_books_balance_whatever_happens(office: Office, examples: int) -> None:
    office.at = IN_2026
    people = [
        await office.citizen(personal_id=f"00119500000{number}", sub=f"s-{number}", client_id=client)
        for number, client in enumerate(("vneid-app", "vneid-app", "one-stop-kiosk"))
    ]
    official = await office.official(roles=["caseworker", "head"])
    run_state_machine_as_test(
        lambda: Life(office, people, official),
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
