"""Archiving: behind issuing, once, and never at its cost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from condau.chores import chores
from condau.settings import SessionSettings
from issuance.application import Application
from issuance.archive import Archives, archive, register_archived
from issuance.certificate import Certificate, CertificateKind, DocumentFile, FileForm, RevocationReason
from issuance.deadlines.apology import Apology
from issuance.deadlines.sign_off import sign_off
from issuance.deliver import newest_pdf
from issuance.fees.facts import vietnam_day
from issuance.issue import issue
from issuance.jobs import JobKind
from issuance.records import Records
from issuance.revoke import revoke
from signing.errors import SelfCheckFailed, TimestampUnavailable
from simulators.timestamp_authority import TimestampAuthority
from storage.jobs import QUEUES, job_id
from tests.archiving import Stamper
from tests.issuance.office import Office
from verification.verdict import Verdict, VerdictState
from verification.verify_pdf import verify_pdf

LATER = datetime(2100, 1, 1, tzinfo=UTC)
RESULT = CertificateKind.RESULT


class Killed(BaseException):
    pass


class Away:
    def timestamp(self, digest: bytes) -> bytes:
        raise TimestampUnavailable("away")


@pytest.fixture
def office(office: Office) -> Office:
    """With a timestamping authority, that its trust list names."""
    authority = TimestampAuthority.make(office.at)
    office.keys = replace(office.keys, timestamp_roots=(authority.root,))
    office.stamper = Stamper(authority, lambda: office.at)  # type: ignore[attr-defined] # for these tests alone
    return office


def archives(office: Office, reached: Callable[[str], None] = lambda _: None) -> Archives:
    return Archives(
        keys=office.keys,
        timestamper=office.stamper,  # type: ignore[attr-defined] # see above
        files=office.files,
        transact=office.database.run_blocking,
        clock=lambda: office.at,
        crls=lambda: office.keys.crls,
        reached=reached,
    )


async def issued(office: Office, kind: CertificateKind = RESULT) -> Certificate:
    application = await office.approved()
    if kind is CertificateKind.APOLOGY:
        await _sign_off(office, application)
    stamped = replace(office.workshop(), archives=True, timestamper=office.stamper)  # type: ignore[attr-defined] # see above
    issue(stamped, kind, application.id, lambda _, act: act())
    return found(office, application.id, kind)


async def _sign_off(office: Office, application: Application) -> None:
    missed = Apology(
        application_id=application.id,
        unit=application.unit,
        missed_at=office.at - timedelta(minutes=1),
        drafted_at=office.at,
        new_date=vietnam_day(office.at),
    )
    official = await office.official(roles=["head"])

    def sign(records: Records) -> None:
        records.apologies.draft(missed)
        sign_off(records, office.rules, application.code, official, "Quá tải", missed.new_date, office.at)

    office.do(sign)


def found(office: Office, application_id: UUID, kind: CertificateKind = RESULT) -> Certificate:
    certificate = office.do(lambda r: r.certificates.of_application(application_id, kind))
    assert certificate is not None
    return certificate


def run(office: Office, certificate: Certificate, reached: Callable[[str], None] = lambda _: None) -> None:
    archive(archives(office, reached), certificate.kind, certificate.application_id, lambda _, act: act())


def files(office: Office, certificate: Certificate) -> list[DocumentFile]:
    every = office.do(lambda r: r.certificates.files_of(certificate))
    return [file for file in every if file.form is FileForm.ARCHIVED_PDF]


def wanted(office: Office, certificate: Certificate) -> bool:
    return office.do(lambda r: r.certificates.wants_archive(certificate))


def check(office: Office, sha256: bytes) -> Verdict:
    data = office.files.load(sha256)
    return office.do(lambda r: verify_pdf(data, office.keys.trust_list(office.at), r.register, None, office.at))


@pytest.mark.parametrize("kind", CertificateKind)
async def test_an_issued_document_gets_a_second_digest_and_both_are_valid(
    office: Office, kind: CertificateKind
) -> None:
    certificate = await issued(office, kind)
    assert wanted(office, certificate)
    assert certificate.sha256 is not None
    office.at += timedelta(minutes=1)

    run(office, certificate)

    (file,) = files(office, certificate)
    assert not wanted(office, certificate)
    assert found(office, certificate.application_id, kind) == certificate
    assert office.audit(certificate.application_id)[-1] == "certificate_archived"
    for digest in (certificate.sha256, file.sha256):
        verdict = check(office, digest)
        assert (verdict.state, verdict.facts) == (VerdictState.VALID, certificate.facts)
    handed_out = office.do(lambda r: newest_pdf(r, certificate))
    assert (handed_out.sha256, handed_out.size_bytes) == (file.sha256, len(office.files.load(file.sha256)))


async def test_before_it_is_archived_the_sealed_file_is_handed_out(office: Office) -> None:
    certificate = await issued(office)
    handed_out = office.do(lambda r: newest_pdf(r, certificate))
    assert (handed_out.sha256, handed_out.size_bytes) == (certificate.sha256, certificate.size_bytes)


async def test_issuing_asks_for_it_on_a_queue_of_its_own(office: Office) -> None:
    certificate = await issued(office)
    name = job_id(JobKind.ARCHIVE_RESULT, certificate.application_id)
    (job,) = office.database.queue.client.list_workflows(workflow_ids=[name])
    assert job.queue_name == QUEUES[JobKind.ARCHIVE_RESULT]
    assert job.queue_name not in {QUEUES[JobKind.ISSUE_RESULT], QUEUES[JobKind.ISSUE_RECEIPT]}


async def test_archiving_again_changes_nothing(office: Office) -> None:
    certificate = await issued(office)
    run(office, certificate)
    before = files(office, certificate)
    run(office, certificate)
    assert files(office, certificate) == before
    assert office.audit(certificate.application_id).count("certificate_archived") == 1


async def test_without_the_authority_the_document_stays_and_is_waited_for(office: Office) -> None:
    certificate = await issued(office)
    without = replace(archives(office), timestamper=Away())
    with pytest.raises(TimestampUnavailable):
        archive(without, RESULT, certificate.application_id, lambda _, act: act())
    assert files(office, certificate) == []
    assert certificate.sha256 is not None
    assert check(office, certificate.sha256).state is VerdictState.VALID
    overdue = office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=LATER))
    assert (JobKind.ARCHIVE_RESULT, certificate.application_id) in overdue

    run(office, certificate)
    overdue = office.database.run_blocking(lambda r: r.overdue_jobs(changed_before=LATER))
    assert (JobKind.ARCHIVE_RESULT, certificate.application_id) not in overdue


@pytest.mark.parametrize("point", ["archived", "checked", "stored", "registered"])
async def test_stopped_at_any_point_it_is_finished_once(office: Office, point: str) -> None:
    certificate = await issued(office)

    def stop(reached: str) -> None:
        if reached == point:
            raise Killed

    with pytest.raises(Killed):
        run(office, certificate, stop)
    assert certificate.sha256 is not None
    assert check(office, certificate.sha256).state is VerdictState.VALID
    run(office, certificate)
    assert len(files(office, certificate)) == 1
    assert office.audit(certificate.application_id).count("certificate_archived") == 1
    assert not wanted(office, certificate)


async def test_what_a_job_remembers_and_was_swept_is_made_again(office: Office) -> None:
    certificate = await issued(office)

    def swept_between(name: str, act: Callable[[], object]) -> object:
        result = act()
        if name == "archive":
            assert isinstance(result, list)
            path = office.files_folder / result[0][:2] / f"{result[0][2:]}.pdf"
            path.unlink()
        return result

    archive(archives(office), RESULT, certificate.application_id, swept_between)  # type: ignore[arg-type] # generic
    (file,) = files(office, certificate)
    assert check(office, file.sha256).state is VerdictState.VALID


async def test_of_two_workers_one_registers(office: Office) -> None:
    certificate = await issued(office)
    one, other = (
        DocumentFile(form=FileForm.ARCHIVED_PDF, sha256=bytes([n]) * 32, size_bytes=9, added_at=office.at)
        for n in (1, 2)
    )
    assert office.do(lambda r: register_archived(r, RESULT, certificate.application_id, one))
    assert not office.do(lambda r: register_archived(r, RESULT, certificate.application_id, other))
    assert files(office, certificate) == [one]


async def test_a_revoked_document_is_archived_and_stays_revoked(office: Office) -> None:
    certificate = await issued(office)
    application = office.do(lambda r: r.applications.by_id(certificate.application_id))
    official = await office.official()
    office.do(lambda r: revoke(r, application.code, official, RevocationReason.REPLACED, office.at))
    run(office, certificate)
    (file,) = files(office, certificate)
    assert check(office, file.sha256).state is VerdictState.REVOKED


async def test_a_file_that_nobody_could_verify_is_not_registered(office: Office) -> None:
    certificate = await issued(office)
    stranger = Stamper(TimestampAuthority.make(office.at), lambda: office.at)
    with pytest.raises(SelfCheckFailed, match="updates_unverified"):
        archive(
            replace(archives(office), timestamper=stranger), RESULT, certificate.application_id, lambda _, act: act()
        )
    assert files(office, certificate) == []
    assert wanted(office, certificate)


async def test_renewed_years_later_the_newest_is_handed_out_and_all_are_valid(office: Office) -> None:
    certificate = await issued(office)
    run(office, certificate)
    office.at += timedelta(days=6 * 365)  # the sealing certificate has ended
    office.do(lambda r: r.certificates.want_archive(certificate))
    run(office, certificate)
    first, second = files(office, certificate)
    assert office.files.load(second.sha256).startswith(office.files.load(first.sha256))
    assert office.do(lambda r: newest_pdf(r, certificate)).sha256 == second.sha256
    for file in (first, second):
        assert check(office, file.sha256).state is VerdictState.VALID


async def test_old_archives_are_renewed_by_themselves_within_their_bound(office: Office) -> None:
    certificate, other = await issued(office), await issued(office)
    run(office, certificate)
    year = timedelta(days=365)

    def look() -> None:
        for chore in chores(office.database, office.files, lambda: office.at, year, SessionSettings(), 3 * year):
            chore()

    for renewals in range(5):
        assert not wanted(office, certificate)
        office.at += 2 * year
        look()
        assert not wanted(office, certificate)
        office.at += 2 * year
        look()
        assert wanted(office, certificate) is (renewals < 3)
        if wanted(office, certificate):
            office.do(lambda r: register_archived(r, RESULT, certificate.application_id, a_file(office)))
    assert len(files(office, certificate)) == 4
    assert files(office, other) == []  # its first archive is still waited for


def a_file(office: Office) -> DocumentFile:
    digest = sha256(office.at.isoformat().encode()).digest()
    return DocumentFile(form=FileForm.ARCHIVED_PDF, sha256=digest, size_bytes=9, added_at=office.at)
