"""A letter of apology: drafted when it is late, signed off by a head, sealed like every other document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from issuance.agencies.import_units import install_units
from issuance.application import Application, ApplicationState
from issuance.certificate import CertificateKind, CertificateState
from issuance.deadlines.apology import Apology
from issuance.deadlines.find import find_all, find_due
from issuance.deadlines.follow_up import DueCase
from issuance.deadlines.read import unseen_follow_ups
from issuance.deadlines.rules import DeadlineRules
from issuance.deadlines.sign_off import sign_off, waiting_apologies
from issuance.deliver import find_issued
from issuance.errors import (
    ApologyNotOwed,
    ApologySigned,
    ApplicationNotFound,
    CertificateNotReady,
    NewDateRefused,
    NotApproved,
    NotPrintable,
    RoleMissing,
    SelfDealing,
)
from issuance.issue import intend
from issuance.jobs import JobKind
from storage.follow_ups import SqlFollowUps
from storage.jobs import job_id
from storage.records import SqlRecords
from tests.issuance.office import MONDAY, Office
from tests.issuance.test_request_for_body import asked_by
from verification.trust import KeyPurpose

HEAD = {"sub": "lanh-dao", "roles": ["head"], "name": "Lê Hoàng Nam", "personal_id": "001180000055"}
REASON = "Cơ quan đang chờ kết quả xác minh nơi cư trú trước đây của Bà."
NEW_DATE = date(2024, 6, 25)
LATE = timedelta(days=15)


async def late(office: Office) -> Application:
    """Ten working days from a Monday on are over."""
    application = await office.application()
    office.at = MONDAY + LATE
    find_all(office.database.run_blocking, DeadlineRules(calendar=office.rules.calendar), lambda: office.at)
    return application


def head(office: Office, **claims: object) -> dict[str, object]:
    return {**HEAD, **claims}


async def sign(office: Office, application: Application, **changed: object) -> Apology:
    official = await office.official(**head(office))
    said = {"reason": REASON, "new_date": NEW_DATE, **changed}
    return office.do(
        lambda r: sign_off(r, office.rules, application.code, official, said["reason"], said["new_date"], office.at)  # type: ignore[arg-type] # a test's mapping
    )


def apology_of(office: Office, application: Application) -> Apology:
    found = office.do(lambda r: r.apologies.of_application(application.id))
    assert found is not None
    return found


async def test_a_letter_is_drafted_signed_off_and_sealed(office: Office) -> None:
    application = await late(office)
    drafted = apology_of(office, application)
    assert (drafted.missed_at, drafted.is_signed) == (application.promised_at, False)
    official = await office.official(**head(office))
    waiting = office.do(lambda r: waiting_apologies(r, official, None, 10))
    assert [line.code for line in waiting.lines] == [application.code]
    with pytest.raises(NotApproved):
        office.do(lambda r: intend(r, office.workshop(), CertificateKind.APOLOGY, application.id))

    await sign(office, application)
    assert office.do(lambda r: waiting_apologies(r, official, None, 10)).lines == []
    queued = office.database.queue.client.list_workflows(workflow_ids=[job_id(JobKind.ISSUE_APOLOGY, application.id)])
    assert [one.status for one in queued] == ["ENQUEUED"]
    letter = office.issue(application.id, CertificateKind.APOLOGY)
    assert letter.state is CertificateState.ISSUED
    assert (letter.type_id, letter.result_line) == ("apology_letter", "Hẹn lại ngày trả kết quả: 25/06/2024")
    assert letter.content["signatory_name"] == "Lê Hoàng Nam"
    assert letter.content["reason"] == REASON
    assert letter.content["signed_for"] is None
    sealing = office.keys.trust_list(office.at).find(letter.pdf_key_id, KeyPurpose.PDF)
    assert sealing is not None
    assert apology_of(office, application).letter_issued
    assert {"apology_drafted", "apology_signed_off", "certificate_issued"} <= set(office.audit(application.id))

    citizen = await office.citizen()
    found = office.do(lambda r: find_issued(r, office.catalogue, application.code, citizen, CertificateKind.APOLOGY))
    assert found.sha256 == letter.sha256
    with pytest.raises(CertificateNotReady):
        office.do(lambda r: find_issued(r, office.catalogue, application.code, citizen, CertificateKind.RESULT))


async def test_it_holds_up_no_result_and_comes_after_it_too(office: Office) -> None:
    application = await office.approved()
    office.at = MONDAY + LATE
    result = office.issue(application.id)
    assert result.state is CertificateState.ISSUED
    find_all(office.database.run_blocking, DeadlineRules(calendar=office.rules.calendar), lambda: office.at)
    office.at += timedelta(days=1)
    await sign(office, application)
    letter = office.issue(application.id, CertificateKind.APOLOGY)
    assert letter.result_line == "Đã kết thúc giải quyết ngày 18/06/2024"
    assert (letter.content["new_date"], letter.content["settled_on"]) == (None, "2024-06-18")
    assert office.do(lambda r: r.applications.by_id(application.id)).state is ApplicationState.SETTLED


async def test_a_letter_that_nobody_has_sealed_is_asked_for_again(office: Office) -> None:
    application = await late(office)

    def wanted() -> list[tuple[JobKind, UUID]]:
        later = office.database.clock() + timedelta(days=9_999)
        found = office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=later))
        return [job for job in found if job[0] is JobKind.ISSUE_APOLOGY]

    assert wanted() == []
    await sign(office, application)
    assert wanted() == [(JobKind.ISSUE_APOLOGY, application.id)]
    office.issue(application.id, CertificateKind.APOLOGY)
    assert wanted() == []


async def test_who_may_not_sign_off(office: Office) -> None:
    application = await late(office)
    for claims, refused in (
        ({"roles": ["caseworker"]}, RoleMissing),
        ({"unit": "000.00.16.H26"}, ApplicationNotFound),
        ({"personal_id": application.applicant.personal_id}, SelfDealing),
    ):
        official = await office.official(**{**HEAD, **claims})
        with pytest.raises(refused):
            office.do(
                lambda r, official=official: sign_off(
                    r, office.rules, application.code, official, REASON, NEW_DATE, office.at
                )
            )
    caseworker = await office.official(roles=["caseworker"])
    with pytest.raises(RoleMissing):
        office.do(lambda r: waiting_apologies(r, caseworker, None, 10))
    assert not apology_of(office, application).is_signed


async def test_what_is_not_signed_off(office: Office) -> None:
    in_time = await office.application()
    with pytest.raises(ApologyNotOwed):
        await sign(office, in_time, new_date=date(2024, 6, 4))
    application = await late(office)
    today = date(2024, 6, 18)
    for new_date in (today - timedelta(days=1), today + timedelta(days=367)):
        with pytest.raises(NewDateRefused):
            await sign(office, application, new_date=new_date)
    for reason in ("", "Lý\u202edo", "x" * 1_001, "m" * 60):
        with pytest.raises(NotPrintable):
            await sign(office, application, reason=reason)
    await sign(office, application, new_date=today)
    with pytest.raises(ApologySigned):
        await sign(office, application)


async def test_a_letter_killed_anywhere_is_sealed_once(office: Office) -> None:
    application = await late(office)
    await sign(office, application)
    first = office.issue(application.id, CertificateKind.APOLOGY)
    again = office.issue(application.id, CertificateKind.APOLOGY)
    assert (first.number, first.sha256) == (again.number, again.sha256)
    assert office.do(lambda r: r.certificates.of_application(uuid4(), CertificateKind.APOLOGY)) is None


@pytest.mark.parametrize("how", ["ended", "paused", "paused and gone on"])
async def test_what_had_halted_in_time_is_owed_none(office: Office, how: str) -> None:
    """Committed only after the promised moment, and after the draft."""
    application = await late(office)
    in_time, papers = application.promised_at, ApplicationState.MORE_PAPERS_ASKED
    application = office.do(lambda r: r.applications.by_id(application.id))
    if how == "ended":
        application = application.moved_to(ApplicationState.STOPPED, in_time)
    else:
        application = application.moved_to(papers, in_time)
    if how == "paused and gone on":
        application = application.moved_to(ApplicationState.RECEIVED, office.at)
    office.do(lambda r: r.applications.save(application))
    with pytest.raises(ApologyNotOwed):
        await sign(office, application)
    assert not apology_of(office, application).is_signed
    if how != "paused and gone on":
        official = await office.official(**head(office))
        assert office.do(lambda r: waiting_apologies(r, official, None, 10)).lines == []


@pytest.mark.parametrize("moment", ["in time", "late"])
async def test_what_ends_while_it_is_looked_for_is_looked_at_again(office: Office, moment: str) -> None:
    application = await office.application()
    rules, second = DeadlineRules(calendar=office.rules.calendar), timedelta(seconds=1)
    ended_at = application.promised_at + (second if moment == "late" else timedelta())

    def find(records: SqlRecords) -> None:
        class Meanwhile(SqlFollowUps):
            """What is late has been read, and somebody else commits."""

            def overdue(self, at: datetime, limit: int) -> Sequence[DueCase]:
                found = super().overdue(at, limit)
                records.applications.save(application.moved_to(ApplicationState.STOPPED, ended_at))
                return found

        records.follow_ups = Meanwhile(records._connection)
        find_due(records, rules, MONDAY + LATE, 10)

    office.database.run_blocking(find)
    drafted = office.do(lambda r: r.apologies.of_application(application.id))
    assert (drafted is not None) == (moment == "late")


async def test_a_body_is_owed_none(office: Office) -> None:
    """Whom its request is about must not hear of it, and tokens of officials tell no day of birth."""
    office.do(lambda r: install_units(r, office.at))
    application = await asked_by(office)
    office.at = application.promised_at + timedelta(days=1)
    find_all(office.database.run_blocking, DeadlineRules(calendar=office.rules.calendar), lambda: office.at)
    assert office.do(lambda r: r.apologies.of_application(application.id)) is None
    told = await office.official(**head(office))
    page = office.do(lambda r: unseen_follow_ups(r, told, None, 10))
    assert {line.code for line in page.lines} == {application.code}
