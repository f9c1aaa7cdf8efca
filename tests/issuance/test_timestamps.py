"""Issuing with a timestamping authority that comes and goes: nothing half done, and no hand needed afterwards."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from issuance.certificate import Certificate, CertificateKind, CertificateState
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind, StepRunner
from issuance.workshop import Workshop
from signing.errors import SelfCheckFailed, TimestampRefused, TimestampUnavailable
from signing.timestamp import HttpTimestamper
from simulators.timestamp_authority import Misbehaviour, TimestampAuthority, create_timestamp_authority
from storage.runner import Database
from tests.issuance.office import MONDAY, Office
from tests.simulators.serving import serve
from tests.storage.workers import quick, wait_until, working
from verification.verdict import VerdictState
from verification.verify_pdf import verify_pdf

RESULT = CertificateKind.RESULT


class StampingOffice(Office):
    """An office whose seals are stamped by an authority that a test may spoil."""

    def __init__(self, database: Database, folder: Path, authority: TimestampAuthority, url: str) -> None:
        super().__init__(database, folder)
        self.authority = authority
        self.keys = replace(self.keys, timestamp_roots=(authority.root,))
        self.timestamper = HttpTimestamper(url, (authority.root,), lambda: self.at, timeout_seconds=5.0)

    def workshop(self, reached: Callable[[str], None] = lambda _: None) -> Workshop:
        return replace(super().workshop(reached), timestamper=self.timestamper)

    def certificate(self, application_id: UUID) -> Certificate | None:
        return self.do(lambda r: r.certificates.of_application(application_id, RESULT))

    def handlers(self) -> dict[JobKind, JobHandler]:
        def work(application_id: UUID, step: StepRunner) -> None:
            issue(self.workshop(), RESULT, application_id, step)

        def nothing(application_id: UUID, step: StepRunner) -> None:
            pass

        return dict.fromkeys(JobKind, nothing) | {JobKind.ISSUE_RESULT: work}

    def stored_files(self) -> int:
        """Beside those of legal acts."""
        acts = {act.sha256.hex() for act in self.do(lambda r: r.fee_policies.acts())}
        files = [path for path in self.files_folder.rglob("*") if path.is_file()]
        return sum(path.parent.name + path.stem not in acts for path in files)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[StampingOffice]:
    authority, offices = TimestampAuthority.make(MONDAY), []
    with serve(lambda _: create_timestamp_authority(authority, lambda: offices[0].at)) as url:
        offices.append(StampingOffice(database, tmp_path, authority, f"{url}/"))
        yield offices[0]


def is_issued(office: StampingOffice, application_id: UUID) -> bool:
    certificate = office.certificate(application_id)
    return certificate is not None and certificate.state is CertificateState.ISSUED


async def test_what_is_issued_bears_a_timestamp(office: StampingOffice) -> None:
    approved = await office.approved()
    certificate = office.issue(approved.id)
    assert certificate.sha256 is not None
    pdf = office.files.load(certificate.sha256)
    assert office.authority.asked == 1
    known = office.keys.trust_list(office.at)
    unknown = replace(known, timestamp_roots=())
    assert verify_pdf(pdf, known, None, None, office.at).reason == "status_not_asked"
    assert verify_pdf(pdf, unknown, None, None, office.at).reason == "timestamp_authority_unknown"
    verdict = office.do(lambda r: verify_pdf(pdf, unknown, r.register, None, office.at))
    assert verdict.state is VerdictState.VALID


@pytest.mark.parametrize(
    ("mood", "error"),
    [
        (Misbehaviour.BROKEN, TimestampUnavailable),
        (Misbehaviour.WRONG_NONCE, TimestampRefused),
        (Misbehaviour.LYING_CLOCK, TimestampRefused),
        (Misbehaviour.STRANGE_CHAIN, TimestampRefused),
    ],
)
async def test_without_a_good_timestamp_nothing_is_issued_half(
    office: StampingOffice, mood: Misbehaviour, error: type[Exception]
) -> None:
    approved = await office.approved()
    office.authority.misbehaves = mood
    with pytest.raises(error):
        office.issue(approved.id)
    intended = office.certificate(approved.id)
    assert intended is not None
    assert intended.state is CertificateState.INTENDED
    assert office.stored_files() == 0
    assert "certificate_issued" not in office.audit(approved.id)

    office.authority.misbehaves = None
    office.at += timedelta(days=2)
    issued = office.issue(approved.id)
    assert (issued.state, issued.number) == (CertificateState.ISSUED, intended.number)
    assert office.audit(approved.id).count("certificate_issued") == 1


@pytest.mark.parametrize("mood", [Misbehaviour.BROKEN, Misbehaviour.WRONG_NONCE])
async def test_the_work_goes_on_by_itself_when_the_authority_is_back(
    office: StampingOffice, mood: Misbehaviour
) -> None:
    approved = await office.approved()
    office.authority.misbehaves = mood
    options = quick(patience_seconds=0.2)
    with working(office.database, office.handlers(), options):
        wait_until(lambda: office.authority.asked >= 3)
        assert not is_issued(office, approved.id)
        assert office.stored_files() == 0
        office.authority.misbehaves = None
        wait_until(lambda: is_issued(office, approved.id), 30)
    assert office.audit(approved.id).count("certificate_issued") == 1
    assert office.audit(approved.id).count("certificate_intended") == 1


async def test_a_ring_that_does_not_know_the_authority_lets_nothing_out(office: StampingOffice) -> None:
    """Verifiers could not check what it stamps, so the self-check refuses."""
    approved = await office.approved()
    office.keys = replace(office.keys, timestamp_roots=())
    with pytest.raises(SelfCheckFailed, match="timestamp_authority_unknown"):
        office.issue(approved.id)
    assert office.stored_files() == 0


async def test_no_transaction_is_open_while_the_authority_is_asked(office: StampingOffice) -> None:
    """On SQLite, which has one writer, asking the database meanwhile would never come to an end."""
    approved = await office.approved()
    real, seen = office.timestamper, []

    class Nosy:
        def timestamp(self, digest: bytes) -> bytes:
            seen.append(office.audit(approved.id)[-1])
            return real.timestamp(digest)

    workshop = replace(office.workshop(), timestamper=Nosy())
    issue(workshop, RESULT, approved.id, lambda _, act: act())
    assert seen == ["certificate_intended"]
