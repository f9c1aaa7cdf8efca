"""What workers tidy up, on real files and a real database."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from condau.chores import CLOCKS_APART, KEPT_ANSWERS, PENDING_SIGN_INS, SECURITY_EVENTS, SECURITY_EVENTS_KEPT, chores
from condau.settings import SessionSettings
from issuance.certificate import Certificate
from storage import tables
from storage.files import FolderDocumentFiles
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import CITIZEN, a_certificate, an_application, issued
from tests.storage.test_sign_ins import a_session, a_sign_in, digest

NOW = datetime(2024, 6, 3, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def opened(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url, clock=lambda: NOW)
    yield database
    database.dispose_blocking()


SESSIONS = SessionSettings(idle_minutes=30, absolute_minutes=120)


def tidy(database: Database, files: FolderDocumentFiles, at: datetime) -> None:
    for chore in chores(database, files, lambda: at, HOUR, SESSIONS):
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
        records.idempotency.keep(CITIZEN, "key", body_sha256=b"\x01" * 32, status=201, body="{}", headers={}, at=NOW)
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


def test_what_signing_in_leaves_behind_is_forgotten_in_time(opened: Database, tmp_path: Path) -> None:
    def remember(records: SqlRecords) -> None:
        records.redeemed.redeem(digest("token"), NOW)
        records.pending_sign_ins.keep(a_sign_in(begun_at=NOW))
        records.sessions.open(a_session("idle", opened_at=NOW, seen_at=NOW))
        records.sessions.open(a_session("busy", opened_at=NOW, seen_at=NOW + 9 * HOUR))

    def kept(records: SqlRecords) -> set[str]:
        count = records._connection.execute
        left = {"token": tables.redeemed, "sign-in": tables.pending_sign_ins}
        there = {name for name, t in left.items() if count(sa.select(sa.func.count()).select_from(t)).scalar_one()}
        return there | {name for name in ("idle", "busy") if records.sessions.find(digest(name)) is not None}

    opened.run_blocking(remember)
    files = FolderDocumentFiles(tmp_path)
    moment = timedelta(microseconds=1)
    idle, absolute = timedelta(minutes=30), timedelta(minutes=120)
    for after, remembered in (
        (CLOCKS_APART, {"token", "sign-in", "idle", "busy"}),
        (CLOCKS_APART + moment, {"sign-in", "idle", "busy"}),
        (PENDING_SIGN_INS, {"sign-in", "idle", "busy"}),
        (PENDING_SIGN_INS + moment, {"idle", "busy"}),
        (idle, {"idle", "busy"}),
        (idle + moment, {"busy"}),
        (absolute, {"busy"}),
        (absolute + moment, set()),
    ):
        tidy(opened, files, NOW + after)
        assert opened.run_blocking(kept) == remembered, after


def test_however_many_refusals_there_are_the_newest_are_kept(opened: Database, tmp_path: Path) -> None:
    def flood(records: SqlRecords) -> None:
        event = {"at": NOW, "code": "old", "route": "/v1/x", "issuer": None}
        records._connection.execute(sa.insert(tables.security_events), [event] * 3)
        records._connection.execute(sa.insert(tables.security_events), [event | {"issuer": "officials"}] * 3)
        records._connection.execute(sa.insert(tables.security_events), [event | {"code": "x"}] * SECURITY_EVENTS_KEPT)

    opened.run_blocking(flood)
    tidy(opened, FolderDocumentFiles(tmp_path), NOW)
    t = tables.security_events
    counted = sa.select(t.c.code, t.c.issuer, sa.func.count()).group_by(t.c.code, t.c.issuer).order_by(t.c.code)
    left = opened.run_blocking(lambda records: [tuple(row) for row in records._connection.execute(counted)])
    # Nonsense pushes out nonsense, never what a known account was refused.
    assert left == [("old", "officials", 3), ("x", None, SECURITY_EVENTS_KEPT)]
