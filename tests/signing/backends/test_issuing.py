"""Issuing with keys that live elsewhere: gone or wrong in the middle, nothing is issued by half, and work goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from issuance.certificate import Certificate, CertificateKind, CertificateState
from issuance.deliver import deliver
from issuance.errors import CertificateNotReady
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind
from signing.errors import KeyUnavailable
from storage.runner import Database
from tests.issuance.office import PASSPHRASE, Office
from tests.signing.backends.conftest import place_in
from tests.signing.backends.places import Elsewhere, RemotePlace, TokenPlace, key_of, move_ring
from tests.storage.workers import quick, wait_until, working
from verification.verdict import VerdictState
from verification.verify_pdf import verify_pdf

RESULT = CertificateKind.RESULT


@pytest.fixture(params=["pkcs11", "remote"])
def where(request: pytest.FixtureRequest, office: Office, tmp_path: Path) -> Elsewhere:
    """Where the office's keys live."""
    found = place_in(tmp_path / "keys", request.param, request)
    assert isinstance(found, TokenPlace | RemotePlace)
    office.keys = move_ring(tmp_path / "keys", PASSPHRASE, found)
    return found


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


def of(office: Office, application_id: object) -> Certificate | None:
    return office.do(lambda r: r.certificates.of_application(application_id, RESULT))  # type: ignore[arg-type] # its id


def stored_files(office: Office) -> set[Path]:
    return {file for file in office.files_folder.rglob("*") if file.is_file()}


def assert_finished(office: Office, certificate: Certificate, intended: Certificate) -> None:
    assert certificate.state is CertificateState.ISSUED
    assert (certificate.number, certificate.status_index) == (intended.number, intended.status_index)
    audit = office.audit(certificate.application_id)
    assert (audit.count("certificate_intended"), audit.count("certificate_issued")) == (1, 1)
    assert certificate.sha256 is not None
    pdf = office.files.load(certificate.sha256)
    verdict = office.do(lambda r: verify_pdf(pdf, office.keys.trust_list(office.at), r.register, None, office.at))
    assert verdict.state is VerdictState.VALID


@pytest.mark.parametrize("point", ["intended", "qr_sealed"])
@pytest.mark.parametrize("fault", ["gone", "wrong"])
async def test_trouble_in_the_middle_leaves_nothing_half_issued(
    office: Office, where: Elsewhere, point: str, fault: str
) -> None:
    approved = await office.approved()
    citizen = await office.citizen()
    acts = stored_files(office)

    def trouble(reached: str) -> None:
        if reached != point:
            return
        if fault == "gone":
            where.leave()
            return
        certificate = of(office, approved.id)
        assert certificate is not None
        for key_id in {certificate.pdf_key_id, certificate.qr_key_id}:
            where.swap(key_of("p256", 7), key_id)

    expected = "does not answer|does not start|has no such" if fault == "gone" else "answered with a wrong signature"
    with pytest.raises(KeyUnavailable, match=expected):
        issue(office.workshop(reached=trouble), RESULT, approved.id, lambda _, act: act())
    with pytest.raises(KeyUnavailable):
        office.issue(approved.id)

    intended = of(office, approved.id)
    assert intended is not None
    assert intended.state is CertificateState.INTENDED
    assert stored_files(office) == acts
    with pytest.raises(CertificateNotReady):
        office.do(lambda r: deliver(r, office.rules, approved.code, citizen, RESULT, office.at))

    where.come_back()
    assert_finished(office, office.issue(approved.id), intended)


async def test_background_work_resumes_by_itself(office: Office, where: Elsewhere) -> None:
    approved = await office.approved()
    where.leave()

    handlers: dict[JobKind, JobHandler] = {
        JobKind.ISSUE_RESULT: lambda application_id, step: issue(office.workshop(), RESULT, application_id, step),
        JobKind.ISSUE_RECEIPT: lambda application_id, step: None,
        JobKind.CONSULT_REGISTER: lambda application_id, step: None,
    }

    def work() -> None:
        with working(office.database, handlers, quick(patience_seconds=0.2)):
            wait_until(lambda: any(f.error == "key_unavailable" for f in office.do(lambda r: r.failures.list(10))))
            intended = of(office, approved.id)
            assert intended is not None
            assert intended.state is CertificateState.INTENDED
            where.come_back()
            wait_until(lambda: (of(office, approved.id) or intended).state is CertificateState.ISSUED)
            finished = of(office, approved.id)
            assert finished is not None
            assert_finished(office, finished, intended)

    await asyncio.to_thread(work)
