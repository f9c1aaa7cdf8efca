"""Synthetic applications and documents for the tests of storage; no value means anything."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from issuance.application import (
    Actor,
    Applicant,
    Application,
    ApplicationState,
    Decision,
    DecisionOutcome,
    ProcedureRef,
)
from issuance.certificate import (
    Certificate,
    CertificateKind,
    CertificateState,
    content_digest,
    new_check_code,
    new_number,
    new_status_index,
)
from issuance.fees.assess import FeeFacts, assess
from issuance.fees.assessment import FeeAssessment
from issuance.fees.document import VND
from issuance.fees.policy import SHIPPED_POLICIES, load_policies
from issuance.fees.quotas import UNTOUCHED
from issuance.payments.order import PaymentOrder
from issuance.registers.judicial import BusinessBan, Conviction, RegisterAnswer
from storage.records import SqlRecords

NOW = datetime(2024, 6, 3, 8, 30, 0, 123456, tzinfo=UTC)
UNIT = "000.00.15.H26"
CITIZEN = "https://id.example|minh-anh"
OFFICIAL = Actor(subject_key="https://id.example|can-bo", full_name="Trần Văn Bình", unit=UNIT)
POLICIES = load_policies(SHIPPED_POLICIES)

_numbers = itertools.count(1)


def fee(on: date = date(2024, 6, 3), copies: int = 3) -> FeeAssessment:
    """Nothing due in June 2024, 205,000 VND with 3 copies in May 2024, referred in 2026."""
    facts = FeeFacts(
        document_type="criminal_record_form_1",
        channel="vneid",
        copies=copies,
        categories=frozenset(),
        birth_date=date(1995, 2, 3),
        level=2,
        submitted_on=on,
    )
    return assess(facts, POLICIES, UNTOUCHED, on)


def an_application(**changes: Any) -> Application:
    number = next(_numbers)
    application = Application(
        id=uuid4(),
        code=f"{UNIT}-240603-{number:04d}",
        type_id="criminal_record_form_1",
        channel="vneid",
        unit=UNIT,
        procedure=ProcedureRef(id="criminal_record_form_1", version=1, digest="0" * 64),
        step="review",
        role="caseworker",
        owner=None,
        applicant=Applicant(
            subject_key=CITIZEN,
            personal_id="001195000001",
            full_name="Nguyễn Thị Minh Anh",
            birth_date=date(1995, 2, 3),
            sex="female",
            level=2,
            client_id="vneid-app",
        ),
        input={"copies": 3, "purpose": "xin việc", "residences": [{"place": "Hà Nội", "from": "1995-02-03"}]},
        fee=fee(),
        fee_decision=None,
        paid=False,
        state=ApplicationState.RECEIVED,
        submitted_at=NOW,
        promised_at=datetime(2024, 6, 17, 10, tzinfo=UTC),
        step_due_at=None,
        sources=("judicial_register",),
        decision=None,
    )
    return replace(application, **changes)


def an_answer() -> RegisterAnswer:
    conviction = Conviction(
        court="TAND quận Ba Đình",
        judgment_number="12/2010/HSST",
        judged_on=date(2010, 5, 4),
        offence="Trộm cắp tài sản",
        sentence="6 tháng tù treo",
    )
    a_ban = BusinessBan(
        court="TAND thành phố Hà Nội",
        decision_number="3/2011/QĐ",
        decided_on=date(2011, 6, 7),
        barred_from="Quản lý doanh nghiệp",
        term="3 năm",
    )
    return RegisterAnswer(reference="LLTP-1", answered_at=NOW, convictions=(conviction,), business_bans=(a_ban,))


def approved(application: Application, at: datetime = NOW) -> Application:
    return replace(
        application,
        state=ApplicationState.IN_PROGRESS,
        owner=OFFICIAL,
        answers=(an_answer(),),
        decision=Decision(outcome=DecisionOutcome.APPROVED, by=OFFICIAL, at=at),
    )


def a_certificate(application_id: UUID, **changes: Any) -> Certificate:
    content = {"full_name": "Nguyễn Thị Minh Anh", "result_line": "Không có án tích", "copies": 3}
    certificate = Certificate(
        id=uuid4(),
        application_id=application_id,
        kind=CertificateKind.RESULT,
        type_id="criminal_record_form_1",
        unit=UNIT,
        number=new_number(),
        check_code=new_check_code(),
        status_list=1,
        status_index=new_status_index(),
        pdf_key_id="pdf-1",
        qr_key_id="qr-1",
        template_id="criminal_record_form_1@1",
        full_name="Nguyễn Thị Minh Anh",
        birth_date=date(1995, 2, 3),
        result_line="Không có án tích",
        issued_on=date(2024, 6, 3),
        expires_on=None,
        content=content,
        content_digest=content_digest(content),
        state=CertificateState.INTENDED,
        intended_at=NOW,
    )
    return replace(certificate, **changes)


def issued(certificate: Certificate, data: bytes | None = None) -> Certificate:
    data = data if data is not None else certificate.number.encode()
    return replace(
        certificate,
        state=CertificateState.ISSUED,
        issued_at=NOW + timedelta(seconds=1),
        sha256=hashlib.sha256(data).digest(),
        size_bytes=len(data),
    )


def an_order(application: Application) -> PaymentOrder:
    memo = "".join(letter for letter in application.code if letter.isalnum())
    return PaymentOrder(id=uuid4(), application_id=application.id, amount=VND(205_000), memo=memo, opened_at=NOW)


def issue_now(records: SqlRecords, application: Application, **changes: Any) -> Certificate:
    """Store an intended certificate of the application and conclude it."""
    intended = a_certificate(application.id, status_list=records.certificates.open_status_list(), **changes)
    records.certificates.intend(intended)
    done = issued(intended)
    assert records.certificates.conclude(done)
    return done
