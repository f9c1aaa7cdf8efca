"""Who is erased is gone for good: for herself, for officials and for whoever has the database and the passphrase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from issuance.application import Application, ApplicationState, Ward
from issuance.certificate import Certificate, CertificateKind, Suspension, SuspensionReason
from issuance.errors import ApplicationNotFound, ErasureHeld, PersonErased
from issuance.feedback.question import Question
from issuance.fees.document import VND
from issuance.payments.received import PaymentDecision, PaymentState
from issuance.payments.refund import RefundState
from issuance.privacy.erase import (
    KeptApplications,
    erase_again,
    erase_person,
    erase_what_is_over,
    forget_payers,
    plan_erasure,
)
from issuance.privacy.persons import Erasure
from storage import key_tables, tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import CITIZEN, NOW, UNIT, an_application, issue_now
from tests.storage.test_fee_records import a_payment, a_refund
from verification.register import DocumentStatus
from verification.verdict import DisclosedFacts

HOA, MINH = "a" * 64, "b" * 64
ACTOR = "operator:uid-0"
ENDED = {"state": ApplicationState.RESULT_RETURNED, "closed_at": NOW, "paid": True}
AGAIN = KeptApplications(days=30, days_without_result=10)


def ended(**changes: object) -> Application:
    values = {"code": str(uuid4()), "person_index": HOA, "concerned_index": HOA, **ENDED, **changes}
    return replace(an_application(), **values)  # type: ignore[arg-type] # fields by their names


async def stored(database: Database, application: Application) -> tuple[Application, Certificate]:

    def store(records: SqlRecords) -> Certificate:
        records.applications.add(application)
        done = issue_now(records, application, expires_on=date(2025, 6, 3))
        records._connection.execute(
            sa.update(tables.applications).where(tables.applications.c.id == application.id).values(receipt_issued=True)
        )
        return done

    return application, await database.run(store)


async def erase(database: Database, person: str = HOA) -> Erasure:
    return await database.run(lambda r: erase_person(r, person, ACTOR, NOW))


async def test_nothing_of_an_erased_person_can_be_read_and_her_document_is_still_in_force(database: Database) -> None:
    application, certificate = await stored(database, ended())
    another, _ = await stored(database, ended(person_index=MINH, concerned_index=MINH))
    erasure = await erase(database)
    assert (erasure.applications, erasure.person_index) == (1, HOA)
    for asked in (
        lambda r: r.applications.by_id(application.id),
        lambda r: r.applications.in_unit(application.code, UNIT),
        lambda r: r.certificates.of_application(application.id, CertificateKind.RESULT),
    ):
        with pytest.raises(PersonErased):
            await database.run(asked)
    with pytest.raises(ApplicationNotFound):
        await database.run(lambda r: r.applications.of_citizen(application.code, CITIZEN))
    listed = await database.run(lambda r: r.applications.of_unit(UNIT, None, 10))
    assert [one.id for one in listed.applications] == [another.id]
    assert await database.run(lambda r: r.applications.of_person(UNIT, HOA, 10)) == []
    assert await database.run(lambda r: r.assessments.of_application(application.id)) == []
    document = await database.run(lambda r: r.register.document_at(certificate.status_list, certificate.status_index))
    assert document is not None
    assert isinstance(document.facts, DisclosedFacts)
    assert (document.status, document.serial, document.facts.full_name) == (
        DocumentStatus.VALID,
        certificate.number,
        None,
    )
    by_digest = await database.run(lambda r: r.register.document_by_digest(certificate.sha256 or b""))
    assert by_digest == document
    assert document.facts.may_be_of(certificate.facts)
    assert not document.facts.may_be_of(replace(certificate.facts, issued_on=date(2020, 1, 1)))
    assert await database.run(lambda r: r.known_digests([certificate.sha256 or b""])) == []
    assert await database.run(lambda r: [one.person_index for one in r.persons.erasures()]) == [HOA]
    assert await database.run(lambda r: plan_erasure(r, HOA, NOW)) == []


async def test_her_money_stays_and_the_words_about_it_go(database: Database) -> None:
    application, _ = await stored(database, ended())
    payment = replace(a_payment(application), memo="Hoa nop phi")
    decision = PaymentDecision(
        id=uuid4(),
        payment_id=payment.id,
        refund_id=None,
        action="assigned",
        reason="Hoa has asked",
        by_key=ACTOR,
        at=NOW,
    )

    def pay(records: SqlRecords) -> None:
        records.received_payments.add(payment)
        records.received_payments.add_decision(decision)

    await database.run(pay)
    await erase(database)
    assert await database.run(lambda r: r.received_payments.by_id(payment.id)) == replace(payment, memo="")
    assert await database.run(lambda r: r.received_payments.decisions_about(payment.id)) == [
        replace(decision, reason="")
    ]


async def test_a_key_never_comes_back(database: Database) -> None:
    await stored(database, ended())
    t = key_tables.person_keys
    (kept,) = await database.run(lambda r: [row.wrapped_key for row in r._connection.execute(sa.select(t))])
    await erase(database)
    assert await database.run(lambda r: r._connection.execute(sa.select(t.c.wrapped_key)).scalars().all()) == [None]
    for change in (
        sa.update(t).values(wrapped_key=kept, destroyed_at=None),
        sa.update(t).values(destroyed_at=NOW + timedelta(days=1)),
        sa.delete(t),
        sa.delete(key_tables.erasures),
        sa.update(key_tables.erasures).values(person_index=MINH),
    ):
        with pytest.raises(DBAPIError, match=r"never comes back|stays erased"):
            await database.run(lambda r, change=change: r._connection.execute(change) and None)  # type: ignore[misc] # of a default


def _asks(records: SqlRecords, application: Application) -> None:
    records.questions.add(
        Question(
            id=uuid4(),
            application_id=application.id,
            text="Bao giờ xong?",
            asked_at=NOW,
            due_at=NOW,
            answer=None,
            answered_by=None,
            answered_at=None,
        )
    )


def _suspends(records: SqlRecords, application: Application) -> None:
    found = records.certificates.of_application(application.id, CertificateKind.RESULT)
    assert found is not None
    suspension = Suspension(reason=SuspensionReason.KEY_IN_DOUBT, by="x", at=NOW)
    records.certificates.suspend(replace(found, suspension=suspension))


def _wants_archive(records: SqlRecords, application: Application) -> None:
    found = records.certificates.of_application(application.id, CertificateKind.RESULT)
    assert found is not None
    records.certificates.want_archive(found)


@pytest.mark.parametrize(
    ("hold", "why"),
    [(_asks, "question_open"), (_suspends, "document_suspended"), (_wants_archive, "archive_under_way")],
)
async def test_what_is_under_way_holds_it(
    database: Database, hold: Callable[[SqlRecords, Application], None], why: str
) -> None:
    application, _ = await stored(database, ended())
    await database.run(lambda r: hold(r, application))
    with pytest.raises(ErasureHeld) as refused:
        await erase(database)
    assert [one.holds for one in refused.value.held] == [(why,)]
    assert await database.run(lambda r: r.applications.by_id(application.id)) == application
    assert await database.run(lambda r: erase_what_is_over(r, AGAIN, NOW + timedelta(days=9_000), 10)) == 0


async def test_an_open_application_holds_everything_of_hers(database: Database) -> None:
    await stored(database, ended())
    waiting = replace(an_application(), code="open", person_index=HOA, concerned_index=HOA)
    await database.run(lambda r: r.applications.add(waiting))
    with pytest.raises(ErasureHeld) as refused:
        await erase(database)
    assert [(one.code, "application_open" in one.holds) for one in refused.value.held] == [("open", True)]
    assert await database.run(lambda r: r.applications.by_id(waiting.id)) == waiting


async def test_a_guardian_who_is_erased_leaves_the_child_its_own(database: Database) -> None:
    ward = Ward(
        personal_id="001215000011",
        full_name="Trần Thị Mai",
        birth_date=date(2015, 3, 4),
        sex="female",
        relation="mother",
        guardians=frozenset({"001185000017"}),
        reference="r",
        answered_at=NOW,
    )
    application, _ = await stored(database, ended(on_behalf_of=ward, person_index=HOA, concerned_index=MINH))
    await erase(database)
    kept = await database.run(lambda r: r.applications.by_id(application.id))
    assert kept.on_behalf_of == ward
    assert (kept.applicant.full_name, kept.applicant.personal_id) == ("[đã xóa]", "")
    await erase(database, MINH)
    with pytest.raises(PersonErased):
        await database.run(lambda r: r.applications.by_id(application.id))


async def test_after_a_restore_it_is_done_again_once_and_what_came_later_stays(database: Database) -> None:
    application, _ = await stored(database, ended())
    after = NOW + timedelta(days=2)
    later, _ = await stored(database, ended(submitted_at=after, closed_at=after))
    # When the backup was made it was still being dealt with.
    was_open = replace(an_application(), code="open", person_index=HOA, concerned_index=HOA)
    await database.run(lambda r: r.applications.add(was_open))
    erasure = Erasure(id=uuid4(), person_index=HOA, at=NOW + timedelta(days=1), applications=1)
    for expected in (2, 0):
        done = await database.run(lambda r: erase_again(r, erasure, ACTOR, NOW + timedelta(days=3)))
        assert done == expected
    for one in (application, was_open):
        with pytest.raises(PersonErased):
            await database.run(lambda r, one=one: r.applications.by_id(one.id))  # type: ignore[misc] # of a default
    assert await database.run(lambda r: r.applications.by_id(later.id)) == later
    assert (await database.run(lambda r: r.applications.work_list(UNIT, None, 10))).applications == []
    assert await database.run(lambda r: r.persons.erasures()) == [erasure]


async def test_what_is_over_is_erased_when_its_document_is_no_longer_in_force(database: Database) -> None:
    application, certificate = await stored(database, ended())
    withdrawn = ended(state=ApplicationState.WITHDRAWN)
    await database.run(lambda r: r.applications.add(withdrawn))
    last = certificate.expires_on
    assert last is not None

    async def swept(days: int) -> int:
        return await database.run(lambda r: erase_what_is_over(r, AGAIN, NOW + timedelta(days=days), 10))

    assert await swept(9) == 0
    assert await swept(11) == 1
    with pytest.raises(PersonErased):
        await database.run(lambda r: r.applications.by_id(withdrawn.id))
    until_over = (last - NOW.date()).days
    assert until_over > AGAIN.days  # type: ignore[operator] # given above
    assert await swept(until_over - 1) == 0
    assert await swept(until_over + 2) == 1
    with pytest.raises(PersonErased):
        await database.run(lambda r: r.applications.by_id(application.id))
    never = KeptApplications(days=None, days_without_result=None)
    other, _ = await stored(database, ended())
    assert await database.run(lambda r: erase_what_is_over(r, never, NOW + timedelta(days=90_000), 10)) == 0
    assert await database.run(lambda r: r.applications.by_id(other.id)) == other


async def test_who_sent_money_that_named_nobody_is_forgotten_once_it_is_back_for_long(database: Database) -> None:
    application, _ = await stored(database, ended())
    waiting, back, under_way = [
        replace(
            a_payment(application),
            reference=reference,
            memo="Hoa nop phi",
            state=PaymentState.RETURNED if reference != "FT1" else PaymentState.WAITING,
            refunded=VND(205_000 if reference != "FT1" else 0),
            meant_for=None,
            application_id=None,
        )
        for reference in ("FT1", "FT2", "FT3")
    ]
    done = NOW + timedelta(days=5)
    ways = {"application_id": None, "assessment_seq": None, "cause": "unmatched", "amount": VND(205_000)}
    decision = PaymentDecision(
        id=uuid4(), payment_id=back.id, refund_id=None, action="assigned", reason="Hoa asks", by_key=ACTOR, at=NOW
    )

    def come(records: SqlRecords) -> None:
        for one in (waiting, back, under_way):
            records.received_payments.add(one)
        records.received_payments.add_decision(decision)
        records.refunds.order(a_refund(application, under_way, **ways))
        records.refunds.order(a_refund(application, back, **ways, state=RefundState.DONE, done_at=done))

    await database.run(come)

    async def forgotten(days: int, kept: KeptApplications = AGAIN) -> int:
        return await database.run(lambda r: forget_payers(r, kept, NOW + timedelta(days=days), 10))

    async def memos() -> list[str]:
        found = [await database.run(lambda r, one=one: r.received_payments.by_id(one.id)) for one in (waiting, back)]  # type: ignore[misc] # of a default
        return [one.memo for one in found if one is not None]

    assert await forgotten(9_000, KeptApplications(days=1, days_without_result=None)) == 0
    assert await forgotten(15) == 0
    assert await memos() == ["Hoa nop phi", "Hoa nop phi"]
    assert [await forgotten(16), await forgotten(16), await forgotten(9_000)] == [1, 0, 0]
    assert await memos() == ["Hoa nop phi", ""]
    assert await database.run(lambda r: r.received_payments.decisions_about(back.id)) == [replace(decision, reason="")]
    assert (await database.run(lambda r: r.received_payments.by_id(under_way.id))) == under_way
