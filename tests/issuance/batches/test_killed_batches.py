"""kill -9 in the middle of a batch, and two processes at the same one: no line is lost, none is issued twice."""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta
from pathlib import Path

import pytest

from issuance.batches.batch import Batch, BatchState, LineState
from issuance.certificate import CertificateKind
from storage.errors import SlotTaken
from tests.issuance.batches import killed_batch
from tests.issuance.batches.killed_batch import NOWHERE
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.batches.school_office import approve, issue, prepare, transcript
from tests.issuance.office import Office
from tests.processes import Forked

POINTS = ("intended", "qr_sealed", "rendered", "sealed", "checked", "pdf_stored", "issued")
LINES = 16


def begin(office: Office, url: str, file: Path, batch: Batch, point: str = NOWHERE, times: int = 1) -> Forked:
    folder, at = str(office.files_folder.parent), office.at.isoformat()
    return Forked(killed_batch.main, url, folder, str(file), batch.code, at, point, str(times))


def prepared(school: Office, folder: Path, lines: int = LINES) -> tuple[Batch, Path]:
    file = write_lines(folder / "a.csv", pupils(lines), transcript(school))
    return approve(school, prepare(school, file, block_lines=8)[0].batch), file


def check_whole(school: Office, batch: Batch, lines: int = LINES) -> None:
    """Every line has one document with one file, and one of each entry in its trail."""
    found = school.do(lambda r: r.batches.lines(batch.id, 1, lines))
    assert {one.state for one in found.values()} == {LineState.ISSUED}
    assert len(found) == len({one.application_id for one in found.values()}) == lines
    digests = set[bytes]()
    for one in found.values():
        assert one.application_id is not None
        certificate = school.do(
            lambda r, a=one.application_id: r.certificates.of_application(a, CertificateKind.RESULT)
        )
        assert certificate is not None
        assert certificate.sha256 is not None
        digests.add(certificate.sha256)
        assert hashlib.sha256(school.files.load(certificate.sha256)).digest() == certificate.sha256
        actions = school.audit(one.application_id)
        for action in ("application_submitted", "application_approved", "certificate_intended", "certificate_issued"):
            assert actions.count(action) == 1
    assert len(digests) == lines
    # What killed processes had sealed and nobody registered is swept away, and nothing else.
    tomorrow = school.at + timedelta(days=36_500)
    school.files.sweep_orphans(
        lambda some: school.database.run_blocking(lambda r: r.known_digests(some)), older_than=tomorrow
    )
    for digest in digests:
        assert school.files.holds(digest)
    ended = school.do(lambda r: r.batches.find(batch.code))
    assert ended is not None
    assert ended.state is BatchState.FINISHED


async def test_killed_and_started_again_until_it_is_done(school: Office, database_url: str, tmp_path: Path) -> None:
    batch, file = prepared(school, tmp_path)
    chance = random.Random(7)
    killed = 0
    for point in chance.sample(POINTS, 3):
        process = begin(school, database_url, file, batch, point, chance.randint(1, 3))
        killed += process.wait() == -9
        process.close()
    assert killed >= 1
    issue(school, batch, file)
    check_whole(school, batch)


async def test_two_at_once_double_nothing(school: Office, database_url: str, tmp_path: Path) -> None:
    """Without the lock that keeps the second one away: what the database holds by itself."""
    batch, file = prepared(school, tmp_path)
    both = [begin(school, database_url, file, batch) for _ in range(2)]
    assert [one.line() for one in both] == ["begun", "begun"]
    assert 0 in [one.wait() for one in both]
    for one in both:
        one.close()
    issue(school, batch, file)
    check_whole(school, batch)


async def test_the_second_one_is_kept_away(
    school: Office, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.slots._PATIENCE_SECONDS", 0.0)
    batch, _ = prepared(school, tmp_path, lines=2)
    let_go = school.database.hold_batch(batch.code)
    try:
        with pytest.raises(SlotTaken):
            school.database.hold_batch(batch.code)
        # A worker's slot is another thing.
        school.database.hold_slot(f"worker-of-{batch.code}")()
    finally:
        let_go()
    school.database.hold_batch(batch.code)()


@pytest.mark.campaign
async def test_killed_at_every_point_again_and_again(school: Office, database_url: str, tmp_path: Path) -> None:
    chance = random.Random(11)
    for turn in range(10):
        folder = tmp_path / str(turn)
        folder.mkdir()
        file = write_lines(folder / "a.csv", pupils(LINES, seed=100 + turn), transcript(school))
        batch = approve(school, prepare(school, file, block_lines=8)[0].batch)
        for _ in range(6):
            process = begin(school, database_url, file, batch, chance.choice(POINTS), chance.randint(1, 10))
            process.wait()
            process.close()
        issue(school, batch, file)
        check_whole(school, batch)
