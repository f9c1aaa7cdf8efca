"""kill -9 between any two steps of archiving: the next worker finishes it, once; the issued document never suffers."""

import multiprocessing
import signal
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from issuance.certificate import Certificate, CertificateKind, FileForm
from issuance.issue import issue
from tests.archiving import Stamper
from tests.issuance.office import Office
from tests.journeys import archiving_worker
from tests.journeys.archiving_worker import NOWHERE, POINTS, authority_in, ring_in
from tests.storage.workers import wait_until
from verification.verdict import VerdictState
from verification.verify_pdf import verify_pdf

RESULT = CertificateKind.RESULT

# Forked from a process that has imported everything once.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([archiving_worker.__name__])


async def test_killed_workers_archive_each_document_once(office: Office, database_url: str, tmp_path: Path) -> None:
    stamper = Stamper(authority_in(tmp_path), lambda: office.at)
    office.keys = ring_in(tmp_path)
    documents: list[Certificate] = []
    for point in POINTS:
        # Each worker finds what the one before left behind, and one document more.
        documents.append(await _issued(office, stamper))
        killed = _worker(database_url, tmp_path, point)
        assert _exit_code(killed) == -signal.SIGKILL, point
    heir = _worker(database_url, tmp_path, NOWHERE)
    try:
        wait_until(lambda: all(_archived(office, one) for one in documents) and _jobs_are_done(office), seconds=60)
    finally:
        heir.terminate()
        assert _exit_code(heir) == 0

    office.at = datetime.now(UTC)
    for document in documents:
        assert office.audit(document.application_id).count("certificate_archived") == 1
        (archived,) = _archived(office, document)
        assert document.sha256 is not None
        for digest in (document.sha256, archived):
            pdf, trust = office.files.load(digest), office.keys.trust_list(office.at)
            verdict = office.do(lambda r, d=pdf, t=trust: verify_pdf(d, t, r.register, None, office.at))
            assert (verdict.state, verdict.facts) == (VerdictState.VALID, document.facts)


async def _issued(office: Office, stamper: Stamper) -> Certificate:
    application = await office.approved()
    workshop = replace(office.workshop(), timestamper=stamper, archives=True)
    issue(workshop, RESULT, application.id, lambda _, act: act())
    certificate = office.do(lambda r: r.certificates.of_application(application.id, RESULT))
    assert certificate is not None
    return certificate


def _archived(office: Office, document: Certificate) -> list[bytes]:
    files = office.do(lambda r: r.certificates.files_of(document))
    return [file.sha256 for file in files if file.form is FileForm.ARCHIVED_PDF]


def _jobs_are_done(office: Office) -> bool:
    jobs = office.database.queue.client.list_workflows(load_input=False, load_output=False)
    return all(job.status == "SUCCESS" for job in jobs)


def _worker(database_url: str, folder: Path, killed_at: str) -> BaseProcess:
    process = _PROCESSES.Process(target=archiving_worker.main, args=(database_url, str(folder), killed_at))
    process.start()
    return process


def _exit_code(process: BaseProcess) -> int | None:
    process.join(60)
    return process.exitcode
