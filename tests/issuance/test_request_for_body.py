"""A court asks about somebody: the court gets the document, free of charge, and the person sees neither."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from issuance.agencies.import_units import install_units
from issuance.application import Application, ApplicationState, Subject
from issuance.certificate import CertificateKind
from issuance.desk import open_case
from issuance.documents.errors import InvalidInput, UnknownDocumentType
from issuance.errors import ApplicationNotFound, BodyNotAccepted, NotAProceduralBody, RoleMissing, SelfDealing
from issuance.fees.replay import decide_again, differences
from issuance.jobs import JobKind
from issuance.registers.consult import keep_register_answer
from issuance.registers.judicial import CompleteRecord
from issuance.request_for_body import apply_for_body, find_document, note_download, open_request, requests_of_body
from issuance.settlement.act import act, approve
from tests.issuance.office import Office

COURT, PROCURACY = "000.00.90.H26", "000.00.91.H26"
SUBJECT = Subject(personal_id="001091000003", full_name="Lê Hoàng Dũng", birth_date=date(1991, 7, 27), sex="male")
INPUT: dict[str, Any] = {
    "copies": 1,
    "sex": "male",
    "birth_place": "Phường Cầu Dền, thành phố Hà Nội",
    "nationality": "Việt Nam",
    "permanent_residence": "Số 5 ngõ 40 phố Tạ Quang Bửu, thành phố Hà Nội",
}
FORM_2 = "criminal_record_form_2"


@pytest.fixture
def office(office: Office) -> Office:
    office.do(lambda r: install_units(r, office.at))
    return office


async def asked_by(office: Office, unit: str = COURT, **changed: Any) -> Application:
    official = await office.official(sub="judge-1", unit=unit, personal_id="001070000777")
    wanted = {"type_id": FORM_2, "data": INPUT, "subject": SUBJECT} | changed
    return office.do(
        lambda r: apply_for_body(
            r, office.rules, official, case_number="15/2024/TLST-HS", basis="Luật 28/2009/QH12", at=office.at, **wanted
        )
    )


async def test_a_court_asks_and_gets_the_document(office: Office) -> None:
    application = await asked_by(office)
    judge = await office.official(sub="judge-2", unit=COURT, personal_id="001070000778")
    settling = await office.official()
    assert (application.state, application.amount_due) == (ApplicationState.RECEIVED, 0)
    assert application.concerned == SUBJECT
    assert application.requested_by is not None
    assert application.requested_by.name == "Tòa án nhân dân thành phố Hà Nội"

    record = CompleteRecord(reference="TTLLTP-9", answered_at=office.at, convictions=(), business_bans=())
    office.do(lambda r: keep_register_answer(r, application.id, record, office.at))
    head = await office.official(sub="head-1", roles=["caseworker", "head"], personal_id="001070000111")
    office.do(lambda r: act(r, office.rules, application.code, settling, "propose", None, office.at))
    office.do(lambda r: approve(r, office.rules, application.code, head, office.at))
    certificate = office.issue(application.id)
    assert (certificate.full_name, certificate.result_line) == (SUBJECT.full_name, "Không có án tích")

    assert office.do(lambda r: find_document(r, judge, application.code, office.at)).number == certificate.number
    for _ in range(2):
        office.do(lambda r: note_download(r, judge, application.code, office.at))
    assert office.audit(application.id).count("document_given_to_body") == 2
    returned = office.do(lambda r: open_request(r, judge, application.code, office.at))
    assert returned.state is ApplicationState.RESULT_RETURNED


async def test_nobody_gets_a_receipt_of_what_a_body_does_not_pay(office: Office) -> None:
    application = await asked_by(office)
    waiting = office.do(lambda r: r.certificates.of_application(application.id, CertificateKind.RECEIPT))
    assert waiting is None
    later = datetime.now(UTC) + timedelta(days=1)
    found = office.database.run_blocking(lambda records: records.overdue_jobs(changed_before=later))
    assert [kind for kind, waiting_id in found if waiting_id == application.id] == [JobKind.CONSULT_REGISTER]


async def test_its_fee_is_decided_by_a_policy_of_its_own_and_can_be_replayed(office: Office) -> None:
    application = await asked_by(office)
    (stored,) = office.do(lambda r: r.assessments.of_application(application.id))
    assert stored.assessment.policy is not None
    assert stored.assessment.policy.id == "criminal_record_for_bodies.vn"
    book = office.do(lambda r: r.fee_policies.book())
    policy = book.by_digest(stored.assessment.policy.digest)
    assert policy is not None
    assert differences(stored.assessment, decide_again(stored.assessment, policy)) == ()


async def test_form_1_too(office: Office) -> None:
    data = INPUT | {"business_management_ban_requested": True}
    application = await asked_by(office, type_id="criminal_record_form_1", data=data)
    assert (application.amount_due, application.sources) == (0, ("judicial_register",))


async def test_only_bodies_that_conduct_proceedings_ask(office: Office) -> None:
    with pytest.raises(NotAProceduralBody):
        await asked_by(office, unit="000.00.15.H26")
    with pytest.raises(NotAProceduralBody):
        await asked_by(office, unit="000.00.99.H99")
    with pytest.raises(BodyNotAccepted):
        await asked_by(office, type_id="residence_confirmation", data={"copies": 1})
    with pytest.raises(UnknownDocumentType):
        await asked_by(office, type_id="secret_service_file")
    with pytest.raises(InvalidInput):
        await asked_by(office, data={"copies": 1})
    operator = await office.official(unit=COURT, roles=["operator"])
    with pytest.raises(RoleMissing):
        office.do(lambda r: requests_of_body(r, operator, None, 10, office.at))


async def test_nobody_deals_with_a_request_about_himself(office: Office) -> None:
    himself = Subject(personal_id="001070000777", full_name="A", birth_date=date(1970, 1, 1), sex=None)
    with pytest.raises(SelfDealing):
        await asked_by(office, subject=himself)
    application = await asked_by(office)
    subject_at_court = await office.official(sub="judge-3", unit=COURT, personal_id=SUBJECT.personal_id)
    with pytest.raises(SelfDealing):
        office.do(lambda r: open_request(r, subject_at_court, application.code, office.at))
    subject_at_police = await office.official(sub="officer-3", personal_id=SUBJECT.personal_id)
    with pytest.raises(SelfDealing):
        office.do(lambda r: open_case(r, subject_at_police, application.code))


async def test_another_body_and_the_person_know_nothing_of_it(office: Office) -> None:
    application = await asked_by(office)
    procurator = await office.official(sub="procurator-1", unit=PROCURACY, personal_id="001070000779")
    with pytest.raises(ApplicationNotFound):
        office.do(lambda r: open_request(r, procurator, application.code, office.at))
    assert office.do(lambda r: requests_of_body(r, procurator, None, 10, office.at)).applications == []
    person = await office.citizen(personal_id=SUBJECT.personal_id)
    listed = office.do(lambda r: r.applications.list_of_citizen(person.subject_key, None, 10))
    assert list(listed.applications) == []
    judge = await office.official(sub="judge-2", unit=COURT)
    (line,) = office.do(lambda r: requests_of_body(r, judge, None, 10, office.at)).applications
    assert line.id == application.id
