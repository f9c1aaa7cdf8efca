"""Fee decisions, papers and refunds come back as they were written, and what is written down stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from issuance.application import Application
from issuance.assessed import StoredAssessment
from issuance.errors import ConcurrentChange
from issuance.evidence import Evidence, EvidenceState
from issuance.fees.document import VND
from issuance.payments.order import PaymentSource
from issuance.payments.received import KeptPayment, PaymentState
from issuance.payments.refund import RefundOrder, RefundWay
from storage.runner import Database
from tests.storage.people import NOW, OFFICIAL, an_application, an_order, fee


@pytest.fixture
async def application(database: Database) -> Application:
    stored = an_application()
    await database.run(lambda records: records.applications.add(stored))
    return stored


def a_paper(application: Application, **changes: object) -> Evidence:
    paper = Evidence(
        id=uuid4(),
        application_id=application.id,
        category="student",
        kind="student_card",
        sha256=b"\x01" * 32,
        media_type="image/png",
        size_bytes=1_234,
        uploaded_at=NOW,
    )
    return replace(paper, **changes)  # type: ignore[arg-type] # its own fields


@pytest.fixture
async def payment(database: Database, application: Application) -> KeptPayment:
    """What a refund goes back of."""
    kept = a_payment(application)
    await database.run(lambda r: r.received_payments.add(kept))
    return kept


def a_payment(application: Application) -> KeptPayment:
    return KeptPayment(
        id=uuid4(),
        source=PaymentSource.GATEWAY,
        reference="FT1",
        amount=VND(205_000),
        currency="VND",
        memo="H26",
        received_at=NOW,
        noted_at=NOW,
        state=PaymentState.CHARGED,
        unit=application.unit,
        meant_for=application.id,
        application_id=application.id,
    )


def a_refund(application: Application, payment: KeptPayment, **changes: object) -> RefundOrder:
    refund = RefundOrder(
        id=uuid4(),
        payment_id=payment.id,
        way=RefundWay.GATEWAY,
        application_id=application.id,
        assessment_seq=2,
        amount=VND(100_000),
        cause="evidence_accepted",
        opened_by=OFFICIAL.subject_key,
        opened_at=NOW,
    )
    return replace(refund, **changes)  # type: ignore[arg-type] # its own fields


async def test_a_paper_comes_back_and_is_decided_once(database: Database, application: Application) -> None:
    second = a_paper(application, sha256=b"\x02" * 32, uploaded_at=NOW + timedelta(seconds=1))
    first = a_paper(application)
    for paper in (second, first):
        await database.run(lambda r, paper=paper: r.evidence.add(paper))
    assert await database.run(lambda r: r.evidence.of_application(application.id)) == [first, second]
    decision = {"decided_by": OFFICIAL, "decided_at": NOW, "reason": "Thẻ đã hết hạn"}
    rejected = replace(first, state=EvidenceState.REJECTED, **decision)  # type: ignore[arg-type] # its own fields
    assert await database.run(lambda r: r.evidence.decide(rejected))
    accepted = replace(first, state=EvidenceState.ACCEPTED, decided_by=OFFICIAL, decided_at=NOW)
    assert not await database.run(lambda r: r.evidence.decide(accepted))
    assert await database.run(lambda r: r.evidence.of_application(application.id)) == [rejected, second]
    with pytest.raises(ValueError, match="accepts or rejects"):
        await database.run(lambda r: r.evidence.decide(second))


async def test_the_same_file_for_the_same_category_is_one_paper(database: Database, application: Application) -> None:
    await database.run(lambda r: r.evidence.add(a_paper(application)))
    await database.run(lambda r: r.evidence.add(a_paper(application, category="disabled")))
    with pytest.raises(ConcurrentChange, match="uq_evidence_application_id_category_sha256"):
        await database.run(lambda r: r.evidence.add(a_paper(application)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": EvidenceState.ACCEPTED},
        {"decided_by": OFFICIAL, "decided_at": NOW},
        {"state": EvidenceState.REJECTED, "decided_by": OFFICIAL, "decided_at": NOW},
        {"sha256": b"\x01" * 31},
        {"size_bytes": 0},
    ],
)
async def test_no_paper_is_half_decided(database: Database, application: Application, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        await database.run(lambda r: r.evidence.add(a_paper(application, **wrong)))


async def test_files_of_papers_are_kept(database: Database, application: Application) -> None:
    paper = a_paper(application)
    await database.run(lambda r: r.evidence.add(paper))
    assert await database.run(lambda r: r.known_digests([paper.sha256, b"\x09" * 32])) == [paper.sha256]


async def test_refunds_come_back_one_for_an_assessment_and_a_cause(
    database: Database, application: Application, payment: KeptPayment
) -> None:
    first = a_refund(application, payment)
    second = a_refund(application, payment, cause="withdrawn", opened_at=NOW + timedelta(days=1))
    for refund in (second, first):
        await database.run(lambda r, refund=refund: r.refunds.order(refund))
    assert await database.run(lambda r: r.refunds.of_application(application.id)) == [first, second]
    assert await database.run(lambda r: r.refunds.of_application(uuid4())) == []
    with pytest.raises(ConcurrentChange, match="uq_refund_orders"):
        await database.run(lambda r: r.refunds.order(a_refund(application, payment)))
    with pytest.raises(IntegrityError):
        await database.run(lambda r: r.refunds.order(a_refund(application, payment, assessment_seq=3, amount=VND(0))))


async def test_an_order_is_lowered_and_cancelled_while_it_is_open(database: Database, application: Application) -> None:
    order = an_order(application)
    await database.run(lambda r: r.payments.open(order))
    lowered = replace(order, amount=VND(100_000))
    await database.run(lambda r: r.payments.lower(lowered))
    assert await database.run(lambda r: r.payments.of_application(application.id)) == lowered
    for more in (lowered, order):
        with pytest.raises(ConcurrentChange):
            await database.run(lambda r, more=more: r.payments.lower(more))
    paid = {"paid_at": NOW, "provider_reference": "FT1"}
    with pytest.raises(ConcurrentChange):
        await database.run(lambda r: r.payments.confirm(replace(order, **paid)))  # type: ignore[arg-type] # its own fields
    await database.run(lambda r: r.payments.cancel(lowered, NOW))
    assert await database.run(lambda r: r.payments.of_application(application.id)) == replace(lowered, cancelled_at=NOW)
    with pytest.raises(ConcurrentChange):
        await database.run(lambda r: r.payments.confirm(replace(lowered, **paid)))  # type: ignore[arg-type] # its own fields
    with pytest.raises(ConcurrentChange):
        await database.run(lambda r: r.payments.cancel(lowered, NOW))


async def test_a_paid_order_is_neither_lowered_nor_cancelled(database: Database, application: Application) -> None:
    order = an_order(application)
    paid = replace(order, paid_at=NOW, provider_reference="FT1")
    await database.run(lambda r: r.payments.open(order))
    assert await database.run(lambda r: r.payments.confirm(paid))
    with pytest.raises(ConcurrentChange):
        await database.run(lambda r: r.payments.lower(replace(order, amount=VND(1))))
    with pytest.raises(ConcurrentChange):
        await database.run(lambda r: r.payments.cancel(order, NOW))
    assert await database.run(lambda r: r.payments.of_application(application.id)) == paid


async def test_decisions_come_back_in_their_order_and_page_by_page(database: Database) -> None:
    ids = sorted(uuid4() for _ in range(3))
    stored = [
        StoredAssessment(application_id=one, seq=seq, at=NOW, cause=cause, assessment=fee(copies=seq))
        for one in ids
        for seq, cause in ((1, "submitted"), (2, "evidence_accepted"))
    ]
    for one in reversed(stored):
        await database.run(lambda r, one=one: r.assessments.add(one))
    assert await database.run(lambda r: r.assessments.of_application(ids[1])) == stored[2:4]
    found: list[StoredAssessment] = []
    place: tuple[UUID | None, int] = (None, 0)
    while page := await database.run(lambda r, place=place: r.assessments.after(*place, 4)):
        assert len(page) <= 4
        found += page
        place = (page[-1].application_id, page[-1].seq)
    assert found == stored
    with pytest.raises(ConcurrentChange, match="pk_fee_assessments"):
        await database.run(lambda r: r.assessments.add(stored[0]))


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(("table", "column"), [("fee_assessments", "seq"), ("refund_orders", "amount")])
async def test_what_was_decided_and_ordered_stays(
    database: Database, application: Application, payment: KeptPayment, table: str, column: str, change: str
) -> None:
    decision = StoredAssessment(application_id=application.id, seq=1, at=NOW, cause="submitted", assessment=fee())
    await database.run(lambda r: r.assessments.add(decision))
    await database.run(lambda r: r.refunds.order(a_refund(application, payment)))
    with pytest.raises(DBAPIError, match=r"what was (written down|ordered back) stays"):
        await database.run(lambda r: r._connection.execute(sa.text(change.format(table, column, 7))))
