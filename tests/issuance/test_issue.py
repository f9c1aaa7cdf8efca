"""Issuing: what was intended is what is sealed, the first digest counts, and nobody gets a byte before."""

import hashlib
from datetime import timedelta

import pytest

from issuance.application import ApplicationState
from issuance.certificate import (
    BLINDING,
    STATUS_LIST_SIZE,
    CertificateKind,
    CertificateState,
    RevocationReason,
    content_digest,
    unblinded,
)
from issuance.deliver import deliver
from issuance.errors import (
    AlreadyRevoked,
    ApplicationNotFound,
    CertificateNotFound,
    CertificateNotReady,
    NotApproved,
    SelfDealing,
)
from issuance.issue import conclude, intend, issue
from issuance.produce import produce
from issuance.revoke import revoke
from tests.issuance.office import Office
from verification.verdict import VerdictState
from verification.verify_number import verify_number
from verification.verify_pdf import verify_pdf

RESULT, RECEIPT = CertificateKind.RESULT, CertificateKind.RECEIPT


async def test_an_approved_application_gets_its_document(office: Office) -> None:
    approved = await office.approved()
    certificate = office.issue(approved.id)

    assert certificate.state is CertificateState.ISSUED
    assert certificate.sha256 is not None
    pdf = office.files.load(certificate.sha256)
    assert hashlib.sha256(pdf).digest() == certificate.sha256
    assert certificate.size_bytes == len(pdf)
    assert office.do(lambda r: r.applications.by_id(approved.id)).state is ApplicationState.SETTLED
    assert office.audit(approved.id)[-2:] == ["certificate_intended", "certificate_issued"]
    trust = office.keys.trust_list(office.at)
    verdict = office.do(lambda r: verify_pdf(pdf, trust, r.register, None, office.at))
    assert verdict.state is VerdictState.VALID
    assert verdict.facts == certificate.facts
    by_hand = office.do(
        lambda r: verify_number(certificate.number, certificate.check_code, trust, r.register, office.at)
    )
    assert by_hand.state is VerdictState.VALID


async def test_its_digest_confirms_no_guess_at_what_it_says(office: Office) -> None:
    """Also not of whoever knows all of it but what is sealed beside it, and never comes out."""
    approved = await office.approved()
    one = office.issue(approved.id)
    assert one.content_digest == content_digest(one.content)
    assert one.content_digest != content_digest(unblinded(one.content))
    blinding = one.content[BLINDING]
    assert len(bytes.fromhex(blinding)) == 16
    assert office.issue(approved.id, RECEIPT).content[BLINDING] != blinding
    assert one.sha256 is not None
    assert blinding.encode() not in office.files.load(one.sha256)


async def test_issuing_again_changes_nothing(office: Office) -> None:
    approved = await office.approved()
    first = office.issue(approved.id)
    before = office.audit(approved.id)
    assert office.issue(approved.id) == first
    assert office.audit(approved.id) == before


async def test_an_entry_of_the_status_list_is_drawn_until_one_is_free(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = await office.approved()
    taken = office.issue(application.id, CertificateKind.RECEIPT).status_index
    draws = iter([taken] * 20 + [(taken + 1) % STATUS_LIST_SIZE])
    monkeypatch.setattr("issuance.issue.new_status_index", lambda: next(draws))

    assert office.issue(application.id).status_index == (taken + 1) % STATUS_LIST_SIZE


async def test_of_two_workers_only_the_first_digest_counts(office: Office) -> None:
    approved = await office.approved()
    workshop = office.workshop()
    intended = office.do(lambda r: intend(r, workshop, RESULT, approved.id))
    office.at += timedelta(seconds=1)
    one, other = produce(workshop, intended), produce(workshop, intended)
    assert one.pdf.sha256 != other.pdf.sha256

    office.do(lambda r: conclude(r, RESULT, approved.id, one, office.at))
    office.do(lambda r: conclude(r, RESULT, approved.id, other, office.at))

    certificate = office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
    assert certificate is not None
    assert certificate.sha256 == one.pdf.sha256
    assert office.audit(approved.id).count("certificate_issued") == 1
    trust = office.keys.trust_list(office.at)
    verdicts = [
        office.do(lambda r, d=digest: verify_pdf(office.files.load(d), trust, r.register, None, office.at)).state
        for digest in (one.pdf.sha256, other.pdf.sha256)
    ]
    assert verdicts == [VerdictState.VALID, VerdictState.NOT_GENUINE]


POINTS = (
    "intended",
    "qr_sealed",
    "rendered",
    "sealed",
    "credential_sealed",
    "checked",
    "pdf_stored",
    "stored",
    "issued",
)


@pytest.mark.parametrize("point", POINTS)
async def test_stopped_at_any_point_it_is_finished_once(office: Office, point: str) -> None:
    approved = await office.approved()

    class Killed(BaseException):
        pass

    def stop(reached: str) -> None:
        if reached == point:
            raise Killed

    with pytest.raises(Killed):
        issue(office.workshop(reached=stop), RESULT, approved.id, lambda _, act: act())
    intended = office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
    assert intended is not None

    finished = office.issue(approved.id)

    assert finished.state is CertificateState.ISSUED
    assert (finished.number, finished.status_index) == (intended.number, intended.status_index)
    assert office.audit(approved.id).count("certificate_intended") == 1
    assert office.audit(approved.id).count("certificate_issued") == 1


async def test_only_what_is_approved_is_issued(office: Office) -> None:
    application = await office.application()
    with pytest.raises(NotApproved):
        office.issue(application.id)
    assert office.do(lambda r: r.certificates.of_application(application.id, RESULT)) is None


async def test_the_receipt_of_zero_is_sealed_and_numbered_without_gaps(office: Office) -> None:
    numbers = []
    for _ in range(3):
        application = await office.application()
        receipt = office.issue(application.id, RECEIPT)
        office.issue(application.id, RECEIPT)
        numbers.append(receipt.content["receipt_number"])
        assert receipt.content["totals"] == {"gross": 205_000, "waived": 205_000, "due": 0}
        assert receipt.result_line == "Không phải nộp tiền"
    assert numbers == ["2024-0000001", "2024-0000002", "2024-0000003"]


async def test_delivery_waits_for_the_issued_row_and_asks_for_the_owner(office: Office) -> None:
    approved = await office.approved()
    citizen, stranger = await office.citizen(), await office.citizen(sub="subject-2")
    office.do(lambda r: intend(r, office.workshop(), RESULT, approved.id))
    with pytest.raises(CertificateNotReady):
        office.do(lambda r: deliver(r, office.rules, approved.code, citizen, RESULT, office.at))

    certificate = office.issue(approved.id)

    with pytest.raises(ApplicationNotFound):
        office.do(lambda r: deliver(r, office.rules, approved.code, stranger, RESULT, office.at))
    for _ in range(2):
        assert office.do(lambda r: deliver(r, office.rules, approved.code, citizen, RESULT, office.at)) == certificate
    assert office.do(lambda r: r.applications.by_id(approved.id)).state is ApplicationState.RESULT_RETURNED
    assert office.audit(approved.id).count("result_returned") == 1


async def test_revocation_is_final(office: Office) -> None:
    approved = await office.approved()
    official, herself = await office.official(), await office.official(personal_id="001194000001")
    reason = RevocationReason.ISSUED_IN_ERROR
    with pytest.raises(CertificateNotFound):
        office.do(lambda r: revoke(r, approved.code, official, reason, office.at))
    certificate = office.issue(approved.id)
    with pytest.raises(SelfDealing):
        office.do(lambda r: revoke(r, approved.code, herself, reason, office.at))

    office.do(lambda r: revoke(r, approved.code, official, reason, office.at))

    with pytest.raises(AlreadyRevoked):
        office.do(lambda r: revoke(r, approved.code, official, reason, office.at))
    assert list(office.do(lambda r: r.certificates.not_in_force(certificate.status_list))) == [certificate.status_index]
    assert certificate.sha256 is not None
    pdf = office.files.load(certificate.sha256)
    verdict = office.do(lambda r: verify_pdf(pdf, office.keys.trust_list(office.at), r.register, None, office.at))
    assert verdict.state is VerdictState.REVOKED
