"""What workers tidy up, on real files and a real database."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from condau.chores import KEPT_ANSWERS, SECURITY_EVENTS, chores
from condau.settings import SessionSettings
from issuance.certificate import Certificate
from storage.files import FolderDocumentFiles
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import CITIZEN, a_certificate, an_application, issued

NOW = datetime(2024, 6, 3, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def opened(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url, clock=lambda: NOW)
    yield database
    database.dispose_blocking()


def tidy(database: Database, files: FolderDocumentFiles, at: datetime) -> None:
    for chore in chores(database, files, lambda: at, HOUR, SessionSettings()):
        chore()


def store(files: FolderDocumentFiles, root: Path, data: bytes, at: datetime) -> Path:
    digest = hashlib.sha256(data).digest()
    files.store(data, digest)
    path = root / digest.hex()[:2] / f"{digest.hex()[2:]}.pdf"
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_a_file_may_belong_to_an_intent_that_still_waits(opened: Database, tmp_path: Path) -> None:
    """A worker died between sealing and registering, and the next one came much later than a file may be an orphan."""
    files = FolderDocumentFiles(tmp_path)

    def intend(records: SqlRecords) -> Certificate:
        application = an_application()
        records.applications.add(application)
        certificate = a_certificate(application.id, intended_at=NOW)
        records.certificates.intend(certificate)
        return certificate

    certificate = opened.run_blocking(intend)
    sealed = store(files, tmp_path, b"sealed", NOW + timedelta(seconds=2))
    sealed_twice = store(files, tmp_path, b"sealed twice", NOW + timedelta(seconds=3))
    orphan = store(files, tmp_path, b"of nobody", NOW - 2 * HOUR)
    tidy(opened, files, NOW + timedelta(days=30))
    assert (sealed.exists(), sealed_twice.exists(), orphan.exists()) == (True, True, False)
    opened.run_blocking(lambda records: records.certificates.conclude(issued(certificate, b"sealed")))
    tidy(opened, files, NOW + timedelta(days=30))
    assert (sealed.exists(), sealed_twice.exists()) == (True, False)


def test_what_the_ways_in_remember_is_forgotten_in_time(opened: Database, tmp_path: Path) -> None:
    def remember(records: SqlRecords) -> None:
        records.idempotency.keep(CITIZEN, "key", body_sha256=b"\x01" * 32, status=201, body={}, headers={}, at=NOW)
        records.security.record(code="token_expired", route="/v1/x", at=NOW)

    opened.run_blocking(remember)
    files = FolderDocumentFiles(tmp_path)

    def kept() -> tuple[bool, int]:
        return opened.run_blocking(
            lambda records: (
                records.idempotency.find(CITIZEN, "key") is not None,
                records._connection.exec_driver_sql("SELECT count(*) FROM security_events").scalar_one(),
            )
        )

    for after, remembered in (
        (KEPT_ANSWERS, (True, 1)),
        (KEPT_ANSWERS + HOUR, (False, 1)),
        (SECURITY_EVENTS, (False, 1)),
        (SECURITY_EVENTS + HOUR, (False, 0)),
    ):
        tidy(opened, files, NOW + after)
        assert kept() == remembered
