"""What the desk takes in and approves can be printed: nobody waits for a document that no layout can hold."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuance.apply import apply
from issuance.certificate import CertificateKind, CertificateState
from issuance.decide_fee import decide_fee
from issuance.documents.printable import PRINTABLE
from issuance.errors import IntentBroken, NotPrintable
from issuance.fees.document import VND
from issuance.issue import intend, issue
from issuance.produce import produce
from issuance.registers.consult import keep_register_answer
from issuance.registers.judicial import BusinessBan, Conviction, RegisterAnswer
from issuance.settlement.act import approve
from storage.runner import Database
from tests.issuance.office import INPUT, TYPE, Office

RESULT = CertificateKind.RESULT
HYPHENATED = "Số 12, ngách 34/56, ngõ 78 phố Hoàng Hoa Thám-Ngọc Hà, quận Ba Đình, thành phố Hà Nội"
LONG_NAME = "Nguyễn Ngọc Phương Thụy Quỳnh Trường Huỳnh Nghiễm Khuyến Thượng Phượng Nguyệt Ẩn"
WORDS = st.text(st.sampled_from(sorted(PRINTABLE - {" "})), min_size=1, max_size=20)
LINES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join).filter(lambda line: len(line) <= 250)


def convictions(count: int, text: str) -> tuple[Conviction, ...]:
    one = Conviction(
        court=text, judgment_number="45/2021/HS-ST", judged_on=date(2021, 6, 17), offence=text, sentence=text
    )
    return (one,) * count


@pytest.fixture
def sqlite_office(sqlite_url: str, tmp_path: Path) -> Office:
    return Office(Database(sqlite_url, clock=lambda: datetime.now(UTC)), tmp_path)


async def issued(office: Office, answer: RegisterAnswer | None = None, /, **changed: Any) -> CertificateState:
    citizen, official = await office.citizen(**changed.pop("claims", {})), await office.official()
    application = office.do(lambda r: apply(r, office.rules, citizen, TYPE, INPUT | changed, office.at))
    clean = RegisterAnswer(reference="R", answered_at=office.at, convictions=(), business_bans=())
    office.do(lambda r: keep_register_answer(r, application.id, answer or clean, office.at))
    office.do(lambda r: approve(r, office.rules, application.code, official, office.at))
    office.issue(application.id, CertificateKind.RECEIPT)
    return office.issue(application.id).state


@pytest.mark.parametrize(
    "changed",
    [
        {"permanent_residence": HYPHENATED},
        {"permanent_residence": "W" * 20, "birth_place": "—" * 20, "other_names": "Œ" * 20},
        {"permanent_residence": " ".join(["Ộ" * 20] * 11)},
        {"claims": {"name": LONG_NAME}},
    ],
)
async def test_awkward_facts_are_printed(sqlite_office: Office, changed: dict[str, Any]) -> None:
    assert await issued(sqlite_office, **changed) is CertificateState.ISSUED


async def test_many_long_convictions_are_printed(sqlite_office: Office) -> None:
    answer = RegisterAnswer(
        reference="R", answered_at=sqlite_office.at, convictions=convictions(30, "Tòa án " * 35), business_bans=()
    )
    assert await issued(sqlite_office, answer) is CertificateState.ISSUED


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.tuples(LINES, LINES, LINES))
async def test_any_printable_lines_are_printed(sqlite_office: Office, lines: tuple[str, str, str]) -> None:
    place, address, names = lines
    try:
        state = await issued(sqlite_office, birth_place=place, permanent_residence=address, other_names=names)
    except NotPrintable:
        return
    assert state is CertificateState.ISSUED


@pytest.mark.parametrize("name", ["Nguyễn " * 12, "Иван Иванов", "Nguyễn\u00a0Anh", "x" * 40, "W" * 21])
async def test_a_name_that_cannot_be_printed_is_refused_at_once(sqlite_office: Office, name: str) -> None:
    citizen = await sqlite_office.citizen(name=name.strip())
    with pytest.raises(NotPrintable) as refused:
        sqlite_office.do(lambda r: apply(r, sqlite_office.rules, citizen, TYPE, INPUT, sqlite_office.at))
    assert "/full_name" in str(refused.value)
    assert name not in str(refused.value)


async def test_an_official_whose_name_cannot_be_printed_does_not_approve(sqlite_office: Office) -> None:
    application = await sqlite_office.application()
    clean = RegisterAnswer(reference="R", answered_at=sqlite_office.at, convictions=(), business_bans=())
    sqlite_office.do(lambda r: keep_register_answer(r, application.id, clean, sqlite_office.at))
    official = await sqlite_office.official(name="Иван Иванов")
    with pytest.raises(NotPrintable, match="/signatory_name"):
        sqlite_office.do(lambda r: approve(r, sqlite_office.rules, application.code, official, sqlite_office.at))


async def test_a_register_answer_that_cannot_be_printed_is_not_approved(sqlite_office: Office) -> None:
    application, official = await sqlite_office.application(), await sqlite_office.official()
    ban = BusinessBan(court="Tòa\nán", decision_number="1", decided_on=date(2021, 6, 17), barred_from="x", term="x")
    answer = RegisterAnswer(
        reference="R", answered_at=sqlite_office.at, convictions=convictions(1, "Tòa\nán"), business_bans=(ban,)
    )
    sqlite_office.do(lambda r: keep_register_answer(r, application.id, answer, sqlite_office.at))
    with pytest.raises(NotPrintable, match="/convictions"):
        sqlite_office.do(lambda r: approve(r, sqlite_office.rules, application.code, official, sqlite_office.at))


async def test_a_fee_is_decided_only_with_a_basis_that_a_receipt_can_state(sqlite_office: Office) -> None:
    sqlite_office.at = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    application, official = await sqlite_office.application(), await sqlite_office.official()
    for basis in ("x" * 251, "Thông\ntư", "W" * 21):
        with pytest.raises(NotPrintable, match="/legal_basis"):
            sqlite_office.do(
                lambda r, b=basis: decide_fee(
                    r,
                    sqlite_office.rules,
                    application.code,
                    official,
                    due=VND(0),
                    basis=b,
                    reason="x",
                    at=sqlite_office.at,
                )
            )


async def test_what_is_not_as_intended_is_not_sealed(sqlite_office: Office) -> None:
    approved = await sqlite_office.approved()
    workshop = sqlite_office.workshop()
    intended = sqlite_office.do(lambda r: intend(r, workshop, RESULT, approved.id))
    altered = replace(intended, content={**intended.content, "full_name": "Lê Hoàng Dũng"})
    with pytest.raises(IntentBroken):
        produce(workshop, altered)


async def test_a_file_that_vanished_before_it_was_registered_is_made_again(sqlite_office: Office) -> None:
    approved = await sqlite_office.approved()

    def step(name: str, act: Any) -> Any:
        result = act()
        if name == "produce":
            # As if the process had slept for long and the sweep had come by.
            for file in sqlite_office.files_folder.rglob("*.pdf"):
                file.unlink()
        return result

    issue(sqlite_office.workshop(), RESULT, approved.id, step)
    certificate = sqlite_office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
    assert certificate is not None
    assert certificate.sha256 is not None
    assert len(sqlite_office.files.load(certificate.sha256)) == certificate.size_bytes
