"""A disk that is full: the service says so, nothing is there by half, and all goes on once there is room again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from issuance.certificate import CertificateKind, CertificateState
from issuance.issue import issue
from issuance.jobs import JobHandler, JobKind
from storage.runner import Database
from tests.api.house import House, open_house
from tests.api.papers import a_picture
from tests.api.test_evidence import at_the_desk, bring
from tests.campaign.kills.killable_postgres import KillablePostgres
from tests.crashes.disks import FullDisk, SmallDisk, small_disk
from tests.invariants import broken_invariants, orphans
from tests.issuance.office import INPUT, TYPE
from tests.storage.workers import quick, wait_until, working

RESULT = CertificateKind.RESULT
MIB = 1 << 20


@pytest.fixture(params=["full", pytest.param("small", marks=pytest.mark.campaign)])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FullDisk | SmallDisk]:
    """Under everything that a house keeps in files."""
    if request.param == "full":
        full = FullDisk()
        yield full
        full.undo()
        return
    with small_disk(tmp_path / "house", 8 * MIB) as small:
        yield small


@pytest.fixture
async def house(disk: FullDisk | SmallDisk, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database, tmp_path / "house") as opened:
        yield opened


def said_to_come_again(answer: object) -> bool:
    return (answer.status_code, answer.headers.get("Retry-After") is not None) == (503, True)  # type: ignore[attr-defined] # of httpx


async def test_a_paper_that_finds_no_room_is_brought_again(disk: FullDisk | SmallDisk, house: House) -> None:
    code = (await house.apply(at_the_desk(house)))["code"]
    disk.fill()
    refused = await bring(house, code, data=a_picture(1), key="the-same")
    assert said_to_come_again(refused)
    assert (await house.get(f"/v1/applications/{code}", at_the_desk(house))).json()["evidence"] == []
    disk.free()
    assert (await bring(house, code, data=a_picture(1), key="the-same")).status_code == 201
    kept = [file for file in house.office.papers_folder.rglob("*") if file.is_file() and file.suffix != ".check"]
    assert len(kept) == 1


async def test_documents_wait_for_room(disk: FullDisk | SmallDisk, house: House) -> None:
    office, approved = house.office, await house.office.approved()

    def state() -> CertificateState | None:
        found = office.do(lambda r: r.certificates.of_application(approved.id, RESULT))
        return None if found is None else found.state

    handlers: dict[JobKind, JobHandler] = dict.fromkeys(JobKind, lambda _, step: None)  # type: ignore[arg-type] # of both
    handlers[JobKind.ISSUE_RESULT] = lambda one, step: issue(office.workshop(), RESULT, one, step)
    disk.fill()

    def work() -> None:
        with working(office.database, handlers, quick(patience_seconds=0.2)):
            wait_until(lambda: any(f.error == "OSError" for f in office.do(lambda r: r.failures.list(10))), 60)
            assert state() is CertificateState.INTENDED
            disk.free()
            wait_until(lambda: state() is CertificateState.ISSUED, 60)

    await asyncio.to_thread(work)
    assert broken_invariants(office.database, office.files_folder) == []
    office.files.sweep_orphans(
        lambda some: office.do(lambda r: r.known_digests(some)), datetime(9999, 1, 1, tzinfo=UTC)
    )  # type: ignore[attr-defined] # of SQL records
    assert orphans(office.database, office.files_folder) == []


async def test_a_full_file_of_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    """As large as it may become."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path / "house") as house:
        body = {"type": TYPE, "input": INPUT}
        full = lambda pages: database.run_blocking(lambda r: _limit(r, pages))  # noqa: E731
        full(1)
        refused = await house.post("/v1/applications", house.citizen(), json=body, key="the-same")
        while refused.status_code == 201:  # there was room left in pages that are taken already
            refused = await house.post("/v1/applications", house.citizen(), json=body)
        assert said_to_come_again(refused)
        assert (await house.get("/v1/applications", house.citizen())).status_code == 200
        full(1_000_000)
        taken = await house.post("/v1/applications", house.citizen(), json=body, key="another")
        assert taken.status_code == 201
        assert broken_invariants(database, house.office.files_folder) == []
    await database.dispose()


@pytest.mark.campaign
async def test_a_full_disk_of_postgresql(tmp_path: Path) -> None:
    """Its server stops when it cannot write its log, and comes back by itself or is started again."""
    # Not pytest's folder for temporary files: its path is too long for a socket, and closed to the server's user.
    with TemporaryDirectory(prefix="condau-disk-") as short, small_disk(Path(short) / "disk", 256 * MIB) as disk:
        server = KillablePostgres(disk.folder)
        try:
            database = Database(server.url, clock=lambda: datetime.now(UTC))
            async with open_house(database, tmp_path / "house") as house:
                body = {"type": TYPE, "input": INPUT}
                disk.fill()
                answers = [await house.post("/v1/applications", house.citizen(), json=body) for _ in range(30)]
                told = [answer for answer in answers if answer.status_code == 201]
                assert {answer.status_code for answer in answers} <= {201, 503}
                assert len(told) < len(answers)
                disk.free()
                server.kill_and_start()
                listing = await house.get("/v1/applications?limit=100", house.citizen())
                while listing.status_code == 503:  # over connections of before
                    listing = await house.get("/v1/applications?limit=100", house.citizen())
                listed = listing.json()["items"]
                assert {answer.json()["code"] for answer in told} <= {one["code"] for one in listed}
                assert (await house.post("/v1/applications", house.citizen(), json=body)).status_code == 201
                assert broken_invariants(database, house.office.files_folder) == []
            await database.dispose()
        finally:
            server.stop()


def _limit(records: object, pages: int) -> None:
    records._connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined] # of SQL records
