"""A guardian asks, pays and receives; the child is whom the document, the register and the fee are about."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date, datetime, timedelta

import pypdfium2
import pytest

from identity.errors import PopulationRegisterUnavailable
from identity.personal_id import PersonalId
from issuance.application import Applicant, Ward
from issuance.apply import apply
from issuance.certificate import CertificateKind, RevocationReason
from issuance.decide_fee import decide_fee
from issuance.desk import open_case
from issuance.documents.pdfium import ONE_IN_PDFIUM
from issuance.errors import GuardianNotAccepted, NotPrintable, SelfDealing
from issuance.fees.document import VND
from issuance.registers.consult import consult
from issuance.registers.judicial import RegisterAnswer
from issuance.revoke import revoke
from issuance.settlement.act import approve, refuse
from tests.issuance.families import (
    CHILD,
    CHILD_BORN,
    CHILD_NAME,
    FATHER,
    MOTHER,
    application_for_child,
    guardian_of,
)
from tests.issuance.office import INPUT, TYPE, Office, clean_record


class Lookups:
    """A judicial register that remembers whom it was asked about."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.asked: list[tuple[str, str, date]] = []

    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> RegisterAnswer:
        self.asked.append((personal_id, full_name, birth_date))
        return clean_record(self.at)


async def test_the_guardian_applies_and_the_child_is_concerned(office: Office) -> None:
    application = await application_for_child(office)
    stored = office.do(lambda r: r.applications.of_citizen(application.code, "https://issuer.example|subject-1"))

    assert stored == application
    assert isinstance(stored.concerned, Ward)
    assert (stored.concerned.full_name, stored.concerned.birth_date) == (CHILD_NAME, CHILD_BORN)
    assert stored.applicant.personal_id == MOTHER.digits
    assert (stored.concerned.relation, stored.concerned.reference) == ("mother", "CSDLDC-1")
    own = await office.application()
    assert isinstance(own.concerned, Applicant)
    assert own.concerned == own.applicant


async def test_the_child_s_age_decides_the_fee(office: Office) -> None:
    """At the kiosk no support applies: an adult pays, a child is exempt, one of 16 is not."""
    child = await application_for_child(office)
    older = await application_for_child(office, {"birth_date": date(2008, 6, 3)}, sub="subject-2")
    adult = await office.application(client="one-stop-kiosk", copies=1)

    assert [one.amount_due for one in (child, older, adult)] == [0, 200_000, 200_000]
    assert "exempt_child" in {rule.rule_id for rule in child.fee.fired}


async def test_the_judicial_register_is_asked_about_the_child(office: Office) -> None:
    application = await application_for_child(office)
    lookups = Lookups(office.at)
    consult(office.database.run_blocking, {RegisterAnswer.source: lookups}, application.id, lambda: office.at)

    assert lookups.asked == [(CHILD.digits, CHILD_NAME, CHILD_BORN)]


async def test_the_extract_names_the_child_and_the_receipt_who_pays(office: Office) -> None:
    application = await application_for_child(office)
    official = await office.official()
    sources = {RegisterAnswer.source: Lookups(office.at)}
    consult(office.database.run_blocking, sources, application.id, lambda: office.at)
    office.do(lambda r: approve(r, office.rules, application.code, official, office.at))
    extract = office.issue(application.id)
    receipt = office.issue(application.id, CertificateKind.RECEIPT)

    assert (extract.full_name, extract.birth_date) == (CHILD_NAME, CHILD_BORN)
    assert extract.content["personal_id"] == CHILD.digits
    assert extract.content["sex"] == "male"
    assert receipt.full_name == "Nguyễn Thị Minh Anh"
    assert extract.sha256 is not None
    with ONE_IN_PDFIUM, closing(pypdfium2.PdfDocument(office.files.load(extract.sha256))) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert CHILD.digits in text
    assert MOTHER.digits not in text


@pytest.mark.parametrize("who", [MOTHER, FATHER, CHILD], ids=["applicant", "other parent", "child"])
async def test_no_parent_and_not_the_child_deals_with_the_case(office: Office, who: PersonalId) -> None:
    application = await application_for_child(office)
    own = await office.official(personal_id=who.digits)
    code, at, rules = application.code, office.at, office.rules
    office.do(lambda r: r.applications.in_unit(code, own.unit))
    for act in (
        lambda r: open_case(r, own, code),
        lambda r: approve(r, rules, code, own, at),
        lambda r: refuse(r, rules, code, own, "x", at),
        lambda r: decide_fee(r, rules, code, own, due=VND(0), basis="x", reason="x", at=at),
        lambda r: revoke(r, code, own, RevocationReason.ISSUED_IN_ERROR, at),
    ):
        with pytest.raises(SelfDealing):
            office.do(act)
    other = await office.official()
    assert office.do(lambda r: open_case(r, other, code)).code == code


async def test_the_audit_trail_says_for_whom_without_saying_who(office: Office) -> None:
    application = await application_for_child(office)
    (entry,) = office.do(lambda r: r.audit.of_application(application.id))

    assert entry.details["relation"] == "mother"
    assert entry.details["evidence"] == "CSDLDC-1"
    for personal in (CHILD.digits, MOTHER.digits, FATHER.digits, CHILD_NAME, "2019"):
        assert personal not in json.dumps(entry.details, ensure_ascii=False)
    hers = await office.application()
    (entry,) = office.do(lambda r: r.audit.of_application(hers.id))
    assert {"relation", "evidence"}.isdisjoint(entry.details)


async def test_a_type_that_names_no_guardians_is_refused(office: Office) -> None:
    guardian = await guardian_of(office)
    kind = office.catalogue.get("receipt")
    with pytest.raises(GuardianNotAccepted):
        office.do(lambda r: apply(r, office.rules, guardian, kind.id, INPUT, office.at))


async def test_evidence_that_grew_old_is_refused_and_leaves_nothing(office: Office) -> None:
    guardian = await guardian_of(office)
    office.at += timedelta(hours=1)
    with pytest.raises(PopulationRegisterUnavailable):
        office.do(lambda r: apply(r, office.rules, guardian, TYPE, INPUT, office.at))
    assert not office.do(lambda r: r.applications.list_of_citizen(guardian.citizen.subject_key, None, 1)).applications


@pytest.mark.parametrize("whose", ["child", "guardian"])
async def test_a_name_that_cannot_be_printed_is_refused_at_once(office: Office, whose: str) -> None:
    """The child's is for the extract, the guardian's for the receipt."""
    unprintable = "Nguyễn 😀"
    changed, claims = ({"full_name": unprintable}, {}) if whose == "child" else ({}, {"name": unprintable})
    with pytest.raises(NotPrintable):
        await application_for_child(office, changed, **claims)


async def test_nothing_personal_prints(office: Office) -> None:
    application = await application_for_child(office)
    for secret in (CHILD.digits, CHILD_NAME, FATHER.digits):
        assert secret not in repr(application.on_behalf_of)
        assert secret not in repr(application)
