"""A paper is brought, looked at, and lowers what is due; money and quotas follow, and nothing is ever lost."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from identity.errors import LevelTooLow
from issuance.application import Actor, Application, ApplicationState, AskedOfCitizen
from issuance.bring_evidence import MAX_PAPERS, bring, papers_missing
from issuance.certificate import CertificateKind
from issuance.decide_evidence import accept, open_evidence, reject
from issuance.decide_fee import decide_fee
from issuance.desk import work_list
from issuance.documents.catalogue import Catalogue
from issuance.documents.terms import Paper as AskedPaper
from issuance.errors import (
    AlreadyClosed,
    ApplicationNotFound,
    EvidenceDecided,
    EvidenceNotFound,
    EvidenceRefused,
    EvidenceRemoved,
    RoleMissing,
    SelfDealing,
)
from issuance.evidence import Evidence, EvidenceState, PaperFile
from issuance.fees.document import VND
from issuance.fees.quotas import QuotaClaim
from issuance.fees.wording import Label
from issuance.payments.order import PaymentOrder, ReceivedPayment
from issuance.records import FileUnreadable, Records
from issuance.remove_papers import KeptPapers, remove_papers
from issuance.settlement.act import refuse
from issuance.withdraw import withdraw
from tests.issuance.money import money_comes, waiting
from tests.issuance.office import Office
from tests.issuance.quota_policies import (
    BUDGET,
    FEE,
    IN_2026,
    STUDENT_FEE,
    adopt,
    claim_states,
    quota_policy,
    used,
)
from tests.storage.quota_books import assert_books_balance

PDF = b"%PDF-1.7 a paper"
PDF_DIGEST = hashlib.sha256(PDF).digest()


def a_file(data: bytes = PDF, pages: int = 1) -> PaperFile:
    """As if it had been opened."""
    return PaperFile(hashlib.sha256(data).digest(), "application/pdf", len(data), pages)


async def brought(
    office: Office,
    application: Application,
    category: str = "student",
    kind: str = "student_card",
    data: bytes = PDF,
    **claims: object,
) -> Evidence:
    """A paper of the applicant, its file stored as a way in does it."""
    citizen, file = await office.citizen(**claims), a_file(data)
    office.papers.store(data, file.sha256)
    return office.do(
        lambda r: bring(
            r,
            office.catalogue,
            citizen,
            application.code,
            category=category,
            kind=kind,
            file=file,
            at=office.at,
        )
    )


async def accepted(office: Office, application: Application, paper: Evidence) -> Application:
    official = await office.official()
    return office.do(lambda r: accept(r, office.rules, official, application.code, paper.id, office.at))


DISABLED = {"category": "disabled", "kind": "disability_certificate"}


def order_of(office: Office, application: Application) -> PaymentOrder:
    order = office.do(lambda r: r.payments.of_application(application.id))
    assert order is not None
    return order


def pay(office: Office, order: PaymentOrder, reference: str = "FT1") -> Application:
    payment = ReceivedPayment(memo=order.memo, amount=order.amount, provider_reference=reference, received_at=office.at)
    return office.do(lambda r: money_comes(r, office.rules, payment, office.at))


@pytest.fixture
def office(office: Office) -> Office:
    """Who comes through the kiosk gets nothing of the budget and pays, as long as no paper says otherwise."""
    office.at = IN_2026
    adopt(office, quota_policy())
    return office


async def at_the_kiosk(office: Office, copies: int = 1) -> Application:
    return await office.application(client="one-stop-kiosk", copies=copies)


async def test_a_paper_is_brought_and_waits(office: Office) -> None:
    application = await at_the_kiosk(office)
    paper = await brought(office, application)

    assert (paper.state, paper.kind, paper.size_bytes) == (EvidenceState.SUBMITTED, "student_card", len(PDF))
    assert office.do(lambda r: r.evidence.of_application(application.id)) == [paper]
    # What nobody has looked at lowers nothing.
    assert order_of(office, application).amount == FEE
    assert office.audit(application.id) == ["application_submitted", "evidence_brought"]
    assert await brought(office, application) == paper
    assert office.audit(application.id).count("evidence_brought") == 1


async def test_the_desk_finds_who_waits_for_money_while_a_paper_waits(office: Office) -> None:
    application, official = await at_the_kiosk(office), await office.official()

    def waiting() -> list[str]:
        return [one.code for one in office.do(lambda r: work_list(r, official, None, 10)).applications]

    assert waiting() == []
    paper = await brought(office, application)
    assert waiting() == [application.code]
    office.do(lambda r: reject(r, official, application.code, paper.id, "Thẻ đã hết hạn", office.at))
    assert waiting() == []


async def test_an_application_has_so_many_papers_and_no_more(office: Office) -> None:
    application = await at_the_kiosk(office)
    for number in range(MAX_PAPERS):
        await brought(office, application, data=PDF + bytes([number]))
    with pytest.raises(EvidenceRefused):
        await brought(office, application, data=PDF + b"one more")
    assert len(office.do(lambda r: r.evidence.of_application(application.id))) == MAX_PAPERS


async def test_what_can_not_be_brought(office: Office) -> None:
    application = await at_the_kiosk(office)
    for wrong in ({"category": "king"}, {"kind": "letter"}):
        with pytest.raises(EvidenceRefused):
            await brought(office, application, **wrong)  # type: ignore[arg-type] # texts
    with pytest.raises(ApplicationNotFound):
        await brought(office, application, sub="somebody-else")
    with pytest.raises(LevelTooLow):
        await brought(office, application, acr="level-1")
    await brought(office, application)
    with pytest.raises(EvidenceRefused):
        await brought(office, application, kind="merit_certificate")
    official = await office.official()
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    with pytest.raises(AlreadyClosed):
        await brought(office, application, data=PDF + b"2")


async def test_who_may_look_at_a_paper_and_decide(office: Office) -> None:
    application, other = await at_the_kiosk(office), await at_the_kiosk(office)
    paper = await brought(office, application)
    official = await office.official()
    assert office.do(lambda r: open_evidence(r, official, application.code, paper.id)) == paper
    herself = await office.official(personal_id="001194000001")
    operator = await office.official(roles=["operator"])
    elsewhere = await office.official(unit="000.00.99.H26")
    for error, who, code, paper_id in (
        (SelfDealing, herself, application.code, paper.id),
        (RoleMissing, operator, application.code, paper.id),
        (ApplicationNotFound, elsewhere, application.code, paper.id),
        (EvidenceNotFound, official, other.code, paper.id),
        (EvidenceNotFound, official, application.code, uuid4()),
    ):
        with pytest.raises(error):
            office.do(lambda r, w=who, c=code, i=paper_id: open_evidence(r, w, c, i))
        with pytest.raises(error):
            office.do(lambda r, w=who, c=code, i=paper_id: accept(r, office.rules, w, c, i, office.at))
        with pytest.raises(error):
            office.do(lambda r, w=who, c=code, i=paper_id: reject(r, w, c, i, "Lý do", office.at))
    assert office.do(lambda r: r.evidence.of_application(application.id)) == [paper]


async def test_a_rejection_gives_its_reason_and_changes_no_fee(office: Office) -> None:
    application, official = await at_the_kiosk(office), await office.official()
    paper = await brought(office, application)
    rejected = office.do(lambda r: reject(r, official, application.code, paper.id, "Thẻ đã hết hạn", office.at))

    assert (rejected.state, rejected.reason) == (EvidenceState.REJECTED, "Thẻ đã hết hạn")
    assert office.do(lambda r: r.evidence.of_application(application.id)) == [rejected]
    assert order_of(office, application).amount == FEE
    assert office.audit(application.id)[-1] == "evidence_rejected"
    for decide in (
        lambda r: reject(r, official, application.code, paper.id, "x", office.at),
        lambda r: accept(r, office.rules, official, application.code, paper.id, office.at),
    ):
        with pytest.raises(EvidenceDecided):
            office.do(decide)


async def test_an_accepted_paper_lowers_an_open_order(office: Office) -> None:
    application = await at_the_kiosk(office)
    after = await accepted(office, application, await brought(office, application))

    assert after.state is ApplicationState.PAYMENT_ASKED
    assert (after.amount_due, order_of(office, application).amount) == (STUDENT_FEE, STUDENT_FEE)
    first, second = office.do(lambda r: r.assessments.of_application(application.id))
    assert (first.assessment, second.assessment) == (application.fee, after.fee)
    assert (second.seq, second.cause) == (2, "evidence_accepted")
    assert dict(second.assessment.facts_used)["categories"] == frozenset({"student"})
    assert pay(office, order_of(office, application)).state is ApplicationState.RECEIVED
    receipt = office.issue(application.id, CertificateKind.RECEIPT)
    assert receipt.content["totals"]["due"] == STUDENT_FEE


async def test_when_nothing_is_due_any_more_the_order_is_cancelled_and_the_application_goes_on(office: Office) -> None:
    application = await at_the_kiosk(office)
    after = await accepted(office, application, await brought(office, application, **DISABLED))

    assert (after.state, after.amount_due) == (ApplicationState.RECEIVED, 0)
    order = order_of(office, application)
    assert (order.cancelled_at, order.paid_at, order.amount) == (office.at, None, FEE)
    receipt = office.issue(application.id, CertificateKind.RECEIPT)
    assert receipt.content["totals"]["due"] == 0
    pay(office, order)
    assert waiting(office) == [("FT1", FEE)]


async def test_the_right_category_by_another_paper_is_not_proved(office: Office) -> None:
    """The policy asks for a certificate of disability."""
    application = await at_the_kiosk(office)
    after = await accepted(office, application, await brought(office, application, "disabled", "student_card"))
    assert (after.amount_due, order_of(office, application).cancelled_at) == (FEE, None)


async def test_what_was_paid_too_much_goes_back_in_two_steps_and_receipts_stay(office: Office) -> None:
    application = await at_the_kiosk(office, copies=3)
    pay(office, order_of(office, application))
    receipt = office.issue(application.id, CertificateKind.RECEIPT)
    student = await accepted(office, application, await brought(office, application))
    after = await accepted(office, student, await brought(office, application, **DISABLED))

    refunds = office.do(lambda r: r.refunds.of_application(application.id))
    assert [(one.amount, one.cause, one.assessment_seq) for one in refunds] == [
        (FEE - STUDENT_FEE, "evidence_accepted", 2),
        (STUDENT_FEE, "evidence_accepted", 3),
    ]
    assert after.amount_due == 5_000
    assert (after.paid, after.state) == (True, ApplicationState.RECEIVED)
    order = order_of(office, application)
    assert (order.amount, order.cancelled_at) == (205_000, None)
    assert order.paid_at is not None
    assert receipt.content["totals"]["due"] == 205_000
    # The provider may tell of the payment again.
    assert pay(office, order) == after


async def test_a_receipt_that_comes_later_states_what_was_paid(office: Office) -> None:
    application = await at_the_kiosk(office)
    pay(office, order_of(office, application))
    await accepted(office, application, await brought(office, application, **DISABLED))
    receipt = office.issue(application.id, CertificateKind.RECEIPT)
    assert receipt.content["totals"]["due"] == FEE


async def test_a_paper_that_was_brought_in_time_counts_after_the_document_is_issued(office: Office) -> None:
    application = await office.approved(copies=3)
    paper = await brought(office, application, **DISABLED)
    office.issue(application.id)
    assert claim_states(office, application.id) == ["committed", "committed"]
    after = await accepted(office, application, paper)

    assert after.state is ApplicationState.SETTLED
    # The fee is exempt now, so the budget gets back what it had paid.
    assert used(office, BUDGET) == 0
    assert claim_states(office, application.id) == ["committed", "released", "released"]
    assert_books_balance(office.database)


async def test_own_claims_are_given_back_before_they_are_claimed_anew(office: Office) -> None:
    """The last unit of the budget is this application's own: it keeps it, and so nothing is due."""
    office.at = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
    for _ in range(99):
        office.do(lambda r: r.quotas.reserve(uuid4(), 1, [QuotaClaim(BUDGET, 1, 100)], office.at))
    application = await office.application(copies=1)
    assert (application.fee.due, used(office)) == (0, 100)
    after = await accepted(office, application, await brought(office, application))

    assert (after.fee.due, after.fee.waived) == (0, FEE)
    assert {rule.rule_id: rule.amount for rule in after.fee.fired} == {
        "student": FEE - STUDENT_FEE,
        "pay_fee": STUDENT_FEE,
        "pay_copies": 0,
    }
    assert used(office) == 100


@pytest.mark.parametrize("corrected", [True, False])
async def test_it_is_never_more_expensive(office: Office, corrected: bool) -> None:
    """What was known when it was submitted gave the fee; a correction that takes that back is not the citizen's."""
    application = await office.application(copies=1)
    assert application.fee.due == 0
    office.at += timedelta(days=1)
    take_back_the_policy(office)
    if corrected:
        office.at += timedelta(days=1)
        adopt(office, quota_policy(version=2, stages=[]))
    after = await accepted(office, application, await brought(office, application))

    assert after.fee == application.fee
    assert len(office.do(lambda r: r.assessments.of_application(application.id))) == 1
    assert claim_states(office, application.id) == ["reserved"]
    assert office.audit(application.id)[-1] == "evidence_accepted"


def take_back_the_policy(office: Office) -> None:
    def close(records: Records) -> None:
        for row in records.fee_policies.rows("quotas"):
            records.fee_policies.close_entry(
                replace(row, known_to=office.at, closed_by="somebody", closing_reason="a mistake")
            )

    office.do(close)


async def test_a_fee_that_an_official_decided_stays(office: Office) -> None:
    office.at = datetime(2028, 3, 1, 2, 0, tzinfo=UTC)
    application, official = await office.application(), await office.official()
    waiting = await accepted(office, application, await brought(office, application))
    assert waiting.amount_due is None
    decided = office.do(
        lambda r: decide_fee(
            r,
            office.rules,
            application.code,
            official,
            due=VND(170_000),
            basis="Thông tư 16/2025/TT-BTC",
            reason="Chưa có quy định",
            at=office.at,
        )
    )
    after = await accepted(office, decided, await brought(office, application, **DISABLED))
    assert after.amount_due == 170_000
    assert order_of(office, application).amount == 170_000
    assert len(office.do(lambda r: r.assessments.of_application(application.id))) == 1


async def test_an_application_that_came_to_nothing_has_no_papers_to_decide(office: Office) -> None:
    application, official = await at_the_kiosk(office), await office.official()
    paper = await brought(office, application)
    office.do(lambda r: refuse(r, office.rules, application.code, official, "Hồ sơ trùng", office.at))
    with pytest.raises(AlreadyClosed):
        await accepted(office, application, paper)


async def test_money_on_its_way_for_an_order_that_was_lowered_is_noted(office: Office) -> None:
    application = await at_the_kiosk(office)
    old = order_of(office, application)
    await accepted(office, application, await brought(office, application))
    assert not pay(office, old).paid
    assert office.audit(application.id)[-1] == "payment_unmatched"
    assert waiting(office) == [("FT1", FEE)]


FORM = {"category": "application", "kind": "asked_paper"}


async def asked_for_papers(office: Office) -> Application:
    """An application that waits for what its desk has asked for."""
    application = await office.application()
    by = Actor.from_official(await office.official())
    asked = AskedOfCitizen(text="Giấy khai sinh", by=by, at=office.at, until=date(2026, 12, 31))
    return office.do(lambda r: r.applications.save(replace(r.applications.by_id(application.id), asked=asked)))


async def test_a_paper_for_the_application_itself_changes_no_fee(office: Office) -> None:
    application = await asked_for_papers(office)
    assert papers_missing_of(office, application) == ()
    paper = await brought(office, application, **FORM)
    assert papers_missing_of(office, application) == ("asked_paper",)
    after = await accepted(office, application, paper)

    assert papers_missing_of(office, application) == ()
    assert (after.fee, after.amount_due) == (application.fee, application.amount_due)
    assert len(office.do(lambda r: r.assessments.of_application(application.id))) == 1
    assert office.audit(application.id)[-1] == "evidence_accepted"
    # Nor does it when another paper has the fee assessed anew.
    later = await accepted(office, application, await brought(office, application, data=PDF + b"2"))
    assert dict(later.fee.facts_used).get("categories", frozenset()) <= {"student"}


def papers_missing_of(office: Office, application: Application) -> tuple[str, ...]:
    document_type = office.catalogue.get(application.type_id)
    return office.do(lambda r: papers_missing(r, application, document_type))


async def test_required_papers_are_missing_until_one_is_accepted(office: Office) -> None:
    application, official = await office.application(), await office.official()
    words = Label("Bản án", "Judgment")
    asked = [
        AskedPaper("judgment", words, True, ("application/pdf",), 1_000, 2),
        AskedPaper("letter", words, False, ("image/png",), 1_000, 2),
    ]
    kind = replace(office.catalogue.get(application.type_id), papers=tuple(asked))
    catalogue = Catalogue([kind])
    citizen = await office.citizen()

    def bring_it(name: str, file: PaperFile) -> Evidence:
        return office.do(
            lambda r: bring(
                r, catalogue, citizen, application.code, category="application", kind=name, file=file, at=office.at
            )
        )

    def missing() -> tuple[str, ...]:
        return office.do(lambda r: papers_missing(r, application, kind))

    assert missing() == ("judgment",)
    for name, file, reason in (
        ("judgment", a_file(pages=3), "too_many_pages"),
        ("judgment", a_file(PDF.ljust(1_001)), "too_large"),
        ("letter", a_file(), "other_media_type"),
        ("asked_paper", a_file(), "unknown_kind"),
        ("student_card", a_file(), "unknown_kind"),
    ):
        with pytest.raises(EvidenceRefused) as refused:
            bring_it(name, file)
        assert refused.value.reason == reason
    first = bring_it("judgment", a_file())
    assert missing() == ("judgment",)
    office.do(lambda r: reject(r, official, application.code, first.id, "Không đọc được", office.at))
    assert missing() == ("judgment",)
    second = bring_it("judgment", a_file(PDF + b"2", pages=2))
    office.do(lambda r: accept(r, office.rules, official, application.code, second.id, office.at))
    assert missing() == ()


KEPT = KeptPapers(days=365, days_without_result=90)


def settled(application: Application, at: datetime) -> Application:
    return application.moved_to(ApplicationState.IN_PROGRESS, at).moved_to(ApplicationState.SETTLED, at)


async def test_papers_are_deleted_when_their_time_is_over(office: Office) -> None:
    citizen, official = await office.citizen(), await office.official()
    withdrawn, running = await at_the_kiosk(office), await at_the_kiosk(office)
    approved = await office.application(copies=1)
    papers = {
        one.code: await brought(office, one, data=PDF + bytes([number]))
        for number, one in enumerate((withdrawn, approved, running))
    }
    shared = await brought(office, running, data=PDF + bytes([0]))
    office.do(lambda r: withdraw(r, citizen, withdrawn.code, office.at))
    office.do(lambda r: r.applications.save(settled(r.applications.by_id(approved.id), office.at)))
    ended = office.at

    def tidy() -> int:
        removed = office.do(lambda r: remove_papers(r, KEPT, office.at, 1))
        office.papers.sweep_orphans(
            lambda digests: office.database.run_blocking(lambda r: r.known_papers(digests)),
            datetime.now(UTC) + timedelta(hours=1),
        )
        return removed

    def is_there(paper: Evidence) -> bool:
        try:
            return office.papers.load(paper.sha256) is not None
        except FileUnreadable:
            return False

    office.at = ended + timedelta(days=90)
    assert tidy() == 0
    office.at += timedelta(seconds=1)
    assert [tidy(), tidy()] == [1, 0]
    with pytest.raises(EvidenceRemoved):
        office.do(lambda r: open_evidence(r, official, withdrawn.code, papers[withdrawn.code].id))
    (kept,) = office.do(lambda r: r.evidence.of_application(withdrawn.id))
    assert (kept.file_removed_at, kept.sha256) == (office.at, papers[withdrawn.code].sha256)
    assert office.audit(withdrawn.id)[-1] == "evidence_removed"
    # The same file at an application that goes on is needed still; what ended with a result is kept longer.
    assert [is_there(one) for one in (shared, papers[approved.code], papers[running.code])] == [True] * 3
    office.at = ended + timedelta(days=365, seconds=1)
    assert [tidy(), tidy()] == [1, 0]
    assert [is_there(papers[one.code]) for one in (approved, running)] == [False, True]
    # What nobody can look at any more nobody decides about, though a result leaves papers to be decided.
    with pytest.raises(EvidenceRemoved):
        await accepted(office, approved, papers[approved.code])


async def test_old_papers_are_known_in_the_folder_of_documents_until_their_time_is_over(office: Office) -> None:
    application, citizen = await at_the_kiosk(office), await office.citizen()
    paper = await brought(office, application)
    plain = replace(paper, id=uuid4(), category="disabled", kind="disability_certificate", is_encrypted=False)
    office.do(lambda r: r.evidence.add(plain))

    def known() -> tuple[list[bytes], list[bytes]]:
        found = office.database.run_blocking(lambda r: (r.known_digests([PDF_DIGEST]), r.known_papers([PDF_DIGEST])))
        return list(found[0]), list(found[1])

    assert known() == ([PDF_DIGEST], [PDF_DIGEST])
    office.do(lambda r: withdraw(r, citizen, application.code, office.at))
    office.at += timedelta(days=91)
    assert office.do(lambda r: remove_papers(r, KEPT, office.at, 10)) == 2
    assert known() == ([], [])
