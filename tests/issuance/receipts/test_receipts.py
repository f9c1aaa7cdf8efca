"""Receipts from their intent to their files: one number each without gaps, whatever is killed, raced or rolled back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa
from lxml import etree

from issuance.application import Application
from issuance.certificate import Certificate, CertificateKind, FileForm
from issuance.documents.pdfium import ONE_IN_PDFIUM
from issuance.errors import ConcurrentChange, NoReceiptXml
from issuance.issue import conclude, intend
from issuance.payments.order import ReceivedPayment
from issuance.produced import Produced, StoredFile
from issuance.receipts.find_xml import find_receipt_xml
from storage.receipt_tables import receipt_numbers
from storage.tables import counters
from tests.issuance.money import money_comes
from tests.issuance.office import UNIT, Office
from verification.formats.receipt_xml import NAMESPACE, read_receipt
from verification.verdict import VerdictState
from verification.verify_receipt import verify_receipt

RECEIPT = CertificateKind.RECEIPT
NEW_YEARS_EVE = datetime(2024, 12, 31, 16, 59, 30, tzinfo=UTC)
"""Half a minute before midnight in Vietnam."""
MANY = 12


class Killed(BaseException):
    """As a process is killed: nothing catches it."""


def text_of(pdf: bytes) -> str:
    with ONE_IN_PDFIUM:
        return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range())


def numbers(office: Office) -> list[tuple[int, int]]:
    """Year and number of all that were taken, in order."""

    def read(records: Any) -> list[tuple[int, int]]:
        t = receipt_numbers.c
        query = sa.select(t.year, t.number).where(t.unit == UNIT).order_by(t.year, t.number)
        return [(row.year, row.number) for row in records._connection.execute(query)]

    return office.do(read)


def counted(office: Office, year: int) -> int:
    def read(records: Any) -> int:
        t = counters.c
        query = sa.select(t.value).where(t.name == "receipt", t.unit == UNIT, t.period == str(year))
        return records._connection.execute(query).scalar_one_or_none() or 0

    return office.do(read)


def is_without_gaps(office: Office, year: int) -> bool:
    taken = [number for one, number in numbers(office) if one == year]
    return taken == list(range(1, len(taken) + 1)) and counted(office, year) == len(taken)


def xml_of(office: Office, receipt: Certificate) -> bytes:
    (file,) = (one for one in office.do(lambda r: r.certificates.files_of(receipt)) if one.form is FileForm.RECEIPT_XML)
    return office.files.load(file.sha256)


async def test_page_and_xml_say_the_same(office: Office) -> None:
    application = await office.application()
    receipt = office.issue(application.id, RECEIPT)
    data = xml_of(office, receipt)

    register = office.do(lambda r: verify_receipt(data, office.keys.trust_list(office.at), r.register, None, office.at))
    assert (register.state, register.facts) == (VerdictState.VALID, receipt.facts)
    root = etree.fromstring(data)

    def said(path: str) -> list[str | None]:
        return [one.text for one in root.iterfind("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))]

    stated = receipt.content
    assert said("number") == [stated["receipt_number"]] == ["2024-0000001"]
    assert said("unit") == [UNIT]
    assert said("payer/fullName") == [stated["full_name"]]
    assert said("totals/gross") + said("totals/waived") + said("totals/due") == ["205000", "205000", "0"]
    assert said("line/reduction/amount") == ["200000", "5000"]
    assert set(said("line/reduction/budget")) == {"ngân sách thành phố Hà Nội"}
    assert said("legalBasis") == stated["legal_basis"]
    assert said("document/specimen") == ["true"]
    signer = read_receipt(data).signature.unverified_signer
    assert signer == office.keys.by_id(receipt.pdf_key_id).certificate_chain[0]


async def test_who_paid_what_and_when_stands_on_page_and_in_xml(office: Office) -> None:
    application = await office.application(client="one-stop-kiosk")
    order = office.do(lambda r: r.payments.of_application(application.id))
    assert order is not None
    payment = ReceivedPayment(
        memo=order.memo, amount=order.amount, provider_reference="FT-1", received_at=office.at - timedelta(days=1)
    )
    office.do(lambda r: money_comes(r, office.rules, payment, office.at))
    receipt = office.issue(application.id, RECEIPT)
    assert receipt.content["paid_on"] == "2024-06-02"
    assert receipt.content["totals"] == {"gross": 205_000, "waived": 0, "due": 205_000}
    xml = xml_of(office, receipt)
    assert b"<paidOn>2024-06-02</paidOn>" in xml
    assert "<outcome>Đã thu 205.000 đồng</outcome>".encode() in xml
    assert receipt.sha256 is not None
    assert "02/06/2024" in text_of(office.files.load(receipt.sha256))


async def test_every_use_of_its_key_is_of_its_intent(office: Office) -> None:
    application = await office.application()
    office.issue(application.id, RECEIPT)
    trail = office.do(lambda r: r.audit.of_application(application.id))
    intended = next(entry for entry in trail if entry.action == "certificate_intended")
    receipt = office.do(lambda r: r.certificates.of_application(application.id, RECEIPT))
    assert receipt is not None
    assert receipt.pdf_key_id in intended.details["keys"]


@pytest.mark.parametrize("point", ["intended", "rendered", "receipt_signed", "checked", "pdf_stored", "stored"])
async def test_killed_anywhere_it_keeps_its_number_and_is_whole_afterwards(office: Office, point: str) -> None:
    application = await office.application()

    def die(reached: str) -> None:
        if reached == point:
            raise Killed

    whole, office.workshop = office.workshop, lambda *_: whole(die)  # type: ignore[method-assign]  # for one attempt
    with pytest.raises(Killed):
        office.issue(application.id, RECEIPT)
    office.workshop = whole  # type: ignore[method-assign]
    receipt = office.issue(application.id, RECEIPT)
    assert receipt.content["receipt_number"] == "2024-0000001"
    assert verify_receipt(xml_of(office, receipt), office.keys.trust_list(office.at), None, None, office.at).facts
    assert is_without_gaps(office, 2024)


async def test_raced_and_rolled_back_no_number_is_missing_or_given_twice(office: Office) -> None:
    applications = [await office.application() for _ in range(MANY)]
    workshop = office.workshop()

    def take(records: Any, application: Application, fails: bool) -> None:
        intend(records, workshop, RECEIPT, application.id)
        if fails:
            raise LookupError("planted")

    # Each by two at once, and every third of them fails after the number was taken.
    attempts = [
        office.database.run(lambda r, a=application, f=(n % 3 == turn): take(r, a, f))
        for turn in range(2)
        for n, application in enumerate(applications)
    ]
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        assert outcome is None or isinstance(outcome, LookupError | ConcurrentChange)
    for application in applications:
        office.do(lambda r, a=application: intend(r, workshop, RECEIPT, a.id))
    assert numbers(office) == [(2024, number) for number in range(1, MANY + 1)]
    assert is_without_gaps(office, 2024)


async def test_the_year_is_vietnams_and_a_number_of_december_is_none_of_january(office: Office) -> None:
    office.at = NEW_YEARS_EVE
    first, second = await office.application(), await office.application()
    office.do(lambda r: intend(r, office.workshop(), RECEIPT, first.id))
    office.at += timedelta(minutes=1)
    old, new = office.issue(first.id, RECEIPT), office.issue(second.id, RECEIPT)

    assert (old.issued_on.isoformat(), old.content["receipt_number"]) == ("2025-01-01", "2024-0000001")
    assert (new.issued_on.isoformat(), new.content["receipt_number"]) == ("2025-01-01", "2025-0000001")
    assert is_without_gaps(office, 2024)
    assert is_without_gaps(office, 2025)


async def test_the_database_itself_lets_no_number_change_or_go(office: Office) -> None:
    application = await office.application()
    office.issue(application.id, RECEIPT)

    for change in (sa.update(receipt_numbers).values(number=7), sa.delete(receipt_numbers)):
        with pytest.raises(sa.exc.DBAPIError, match="stays with its application"):
            office.do(lambda r, c=change: r._connection.execute(c))  # type: ignore[attr-defined]  # behind its back
    again = sa.insert(receipt_numbers).values(
        unit=UNIT, year=2024, number=2, application_id=application.id, taken_at=office.at
    )
    with pytest.raises(sa.exc.IntegrityError):
        office.do(lambda r: r._connection.execute(again))  # type: ignore[attr-defined]


async def test_what_was_concluded_without_xml_has_none(office: Office) -> None:
    """As receipts of earlier releases."""
    application = await office.application()
    intended = office.do(lambda r: intend(r, office.workshop(), RECEIPT, application.id))
    page = Produced(intended.intent, StoredFile(b"p" * 32, 1_000))
    office.do(lambda r: conclude(r, RECEIPT, application.id, page, office.at))
    citizen = await office.citizen()
    with pytest.raises(NoReceiptXml):
        office.do(lambda r: find_receipt_xml(r, office.catalogue, application.code, citizen))


def test_a_job_remembers_every_file_and_takes_nothing_over_from_earlier_releases() -> None:
    page, credential, xml = (StoredFile(letter * 32, size) for letter, size in ((b"p", 1), (b"c", 2), (b"x", 3)))
    for produced in (
        Produced("intent", page),
        Produced("intent", page, credential),
        Produced("intent", page, receipt_xml=xml),
        Produced("intent", page, credential, xml),
    ):
        assert Produced.from_step(produced.to_step()) == produced
    for remembered in (["00" * 32, 1], ["intent", "00" * 32, 1], ["intent", "00" * 32, 1, "11" * 32, 2]):
        assert Produced.from_step(remembered).intent == ""
