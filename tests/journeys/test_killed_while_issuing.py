"""kill -9 between any two steps of issuing: the next worker finishes the document, and there is one of it."""

import hashlib
import multiprocessing
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

from issuance.certificate import CertificateKind, CertificateState
from tests.issuance.office import Office
from tests.journeys import issuing_worker
from tests.journeys.issuing_worker import NOWHERE, POINTS
from tests.storage.workers import wait_until
from verification.verdict import VerdictState
from verification.verify_credential import verify_credential
from verification.verify_pdf import verify_pdf

RESULT = CertificateKind.RESULT

# Forked from a process that has imported everything once: starting anew takes longer than issuing.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([issuing_worker.__name__])


async def test_killed_workers_lose_and_double_nothing(office: Office, database_url: str, tmp_path: Path) -> None:
    approved = []
    for point in POINTS:
        # Each worker finds what the one before left behind, and one application more.
        approved.append(await office.approved())
        killed = _worker(database_url, tmp_path, point)
        assert _exit_code(killed) == -signal.SIGKILL, point
    heir = _worker(database_url, tmp_path, NOWHERE)
    try:
        wait_until(lambda: all(_is_issued(office, one.id) for one in approved) and _jobs_are_done(office), seconds=60)
    finally:
        heir.terminate()
        assert _exit_code(heir) == 0

    office.at = datetime.now(UTC)
    issued = [office.do(lambda r, a=one: r.certificates.of_application(a.id, RESULT)) for one in approved]
    digests = {certificate.sha256 for certificate in issued if certificate and certificate.sha256}
    assert len(digests) == len(approved)
    for one, digest in zip(approved, digests, strict=True):
        for action in ("certificate_intended", "certificate_issued"):
            assert office.audit(one.id).count(action) == 1
        pdf, trust = office.files.load(digest), office.keys.trust_list(office.at)
        verdict = office.do(lambda r, d=pdf, t=trust: verify_pdf(d, t, r.register, None, office.at))
        assert verdict.state is VerdictState.VALID
    credentials = {
        file.sha256 for one in issued if one for file in office.do(lambda r, c=one: r.certificates.files_of(c))
    }
    assert len(credentials) == len(approved)
    for digest in credentials:
        text, trust = office.files.load(digest).decode(), office.keys.trust_list(office.at)
        verdict = office.do(lambda r, c=text, t=trust: verify_credential(c, t, None, office.at, register=r.register))
        assert verdict.state is VerdictState.VALID
    # Files sealed by workers that died are nobody's: the sweep takes them, and the issued ones stay.
    files = tmp_path / "documents"
    assert len(list(files.rglob("*.pdf"))) > len(digests | credentials)
    tomorrow = office.at + timedelta(days=1)
    office.files.sweep_orphans(lambda found: office.database.run_blocking(lambda r: r.known_digests(found)), tomorrow)
    kept = {hashlib.sha256(path.read_bytes()).digest() for path in files.rglob("*") if path.is_file()}
    acts = {act.sha256 for act in office.do(lambda r: r.fee_policies.acts())}
    assert kept == digests | credentials | acts


def _worker(database_url: str, folder: Path, killed_at: str) -> BaseProcess:
    process = _PROCESSES.Process(target=issuing_worker.main, args=(database_url, str(folder), killed_at))
    process.start()
    return process


def _exit_code(process: BaseProcess) -> int | None:
    process.join(60)
    return process.exitcode


def _is_issued(office: Office, application_id: UUID) -> bool:
    certificate = office.do(lambda r: r.certificates.of_application(application_id, RESULT))
    return certificate is not None and certificate.state is CertificateState.ISSUED


def _jobs_are_done(office: Office) -> bool:
    jobs = office.database.queue.client.list_workflows(load_input=False, load_output=False)
    return all(job.status == "SUCCESS" for job in jobs)
