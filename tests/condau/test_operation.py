"""`condau jobs`, `condau health` and the figures: what waits, runs, has failed, and since when; ids and codes only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

from condau.cli import app
from condau.operation_figures import OperationFigures
from issuance.jobs import JobKind, StepRunner
from issuance.operation import Health, JobState, Watch, signs
from signing.errors import KeyUnavailable
from storage.ask_health import reachable_health, reachable_jobs, try_again
from storage.jobs import job_id
from storage.runner import Database
from tests.storage.workers import quick, wait_until, working

CANARY = "Nguyễn Thị Minh Anh 001194000077"
FAILING, FINE, WAITING = uuid4(), uuid4(), uuid4()


@pytest.fixture
def opened(database_url: str) -> Iterator[Database]:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    with closed_at_last(database) as one:
        yield one


@contextmanager
def closed_at_last(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.dispose_blocking()


def enqueue(database: Database, *ids: UUID, kind: JobKind = JobKind.ISSUE_RESULT) -> None:
    database.run_blocking(lambda records: [records.jobs.enqueue(kind, one) for one in ids])


def settings_file(folder: Path, database: Database) -> str:
    file = folder / "condau.toml"
    url = database.address.url.render_as_string(hide_password=False)
    file.write_text(f'mode = "demo"\nstate_folder = "{folder}"\ndatabase_url = "{url}"\n', encoding="utf-8")
    return str(file)


def said(*command: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(command))
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_jobs_are_listed_and_tried_again(opened: Database, tmp_path: Path) -> None:
    broken = True

    def handler(about: UUID, step: StepRunner) -> None:
        if about == FAILING and broken:
            raise KeyUnavailable(CANARY)

    settings = settings_file(tmp_path, opened)
    enqueue(opened, FAILING, FINE)
    with working(opened, {JobKind.ISSUE_RESULT: handler}):
        wait_until(lambda: len(reachable_jobs(opened, None, [JobState.DONE, JobState.FAILED], None, 9) or ()) == 2)
        assert not try_again(opened, JobKind.ISSUE_RESULT, WAITING)
        code, listed = said("jobs", "--settings", settings)
        assert (code, job_id(JobKind.ISSUE_RESULT, FAILING) in listed) == (0, True)
        assert "failed" in listed
        assert "key_unavailable" in listed
        assert str(FINE) not in listed
        asked = ("jobs", "--json", "--state", "failed", "--kind", "issue-result", "--settings", settings)
        (one,) = json.loads(said(*asked)[1])
        assert (one["job"], one["error"], one["attempts"]) == (f"issue-result-{FAILING}", "key_unavailable", 1)
        assert said("jobs", "--older-than", "5", "--settings", settings)[1] == "no such jobs\n"

        broken = False
        code, answer = said("jobs", "retry", one["job"], "--settings", settings)
        assert (code, answer) == (0, f"{one['job']}: begun again\n")
        wait_until(lambda: len(reachable_jobs(opened, None, [JobState.DONE], None, 9) or ()) == 2)
    assert said("jobs", "retry", "no-job", "--settings", settings)[0] == 1
    assert said("jobs", "--state", "unknown", "--settings", settings)[0] == 2
    assert CANARY not in listed + answer + str(one)


def test_health_says_what_is_not_well(opened: Database, tmp_path: Path) -> None:
    settings = settings_file(tmp_path, opened)
    enqueue(opened, WAITING)
    code, answer = said("health", "--settings", settings)
    assert code == 1
    assert "✗ 0 workers alive" in answer
    assert "✓ 1 jobs waiting" in answer
    assert "✗ 0 backups" in answer
    with working(opened, {JobKind.ISSUE_RESULT: lambda *_: None}, quick()):
        wait_until(lambda: '"state": "done"' in said("health", "--json", "--settings", settings)[1])
        found = json.loads(said("health", "--json", "--settings", settings)[1])
    well = {one["name"]: one["well"] for one in found["signs"]}
    assert well == dict.fromkeys(well, True) | {"backup": False}
    assert not found["well"]
    assert [one["name"] for one in found["workers"]] == ["local"]


def test_figures_say_the_same(opened: Database, tmp_path: Path) -> None:
    enqueue(opened, WAITING)
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in OperationFigures(opened, tmp_path).collect()
        for sample in family.samples
    }
    assert found[("condau_jobs", "issue-result", "waiting")] == 1
    assert found[("condau_jobs_oldest_seconds", "issue-result", "waiting")] < 600
    assert found[("condau_database_up",)] == 1
    assert found[("condau_workers",)] == 0
    assert found[("condau_disk_free_bytes",)] > 0
    assert ("condau_backup_age_seconds",) not in found


def test_where_the_database_is_away_that_is_what_is_said(tmp_path: Path) -> None:
    with closed_at_last(Database("postgresql://nobody@127.0.0.1:9/none", clock=lambda: datetime.now(UTC))) as away:
        assert reachable_health(away) is None
        assert reachable_jobs(away, None, [JobState.FAILED], None, 1) is None
        names = {one.name: one.samples[0].value for one in OperationFigures(away, tmp_path).collect()}
    assert names["condau_database_up"] == 0
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = "{tmp_path / "none"}"\n', encoding="utf-8")
    assert said("health", "--settings", str(file))[0] == 2
    assert not (tmp_path / "none").exists()


AT = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
WELL = Health(
    at=AT,
    workers=(),
    jobs=(),
    failures=0,
    schedules=(),
    payments_waiting=0,
    refunds_waiting=0,
    notices_dead=0,
    sealed_at=AT - timedelta(days=3),
    unsealed=False,
    backed_up_at=AT - timedelta(hours=20),
)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, {"workers"}),
        ({"unsealed": True}, {"workers", "seals"}),
        ({"backed_up_at": AT - timedelta(days=2)}, {"workers", "backup"}),
        ({"failures": 1, "notices_dead": 2}, {"workers", "jobs_failed", "notices_dead"}),
        ({"payments_waiting": 1, "refunds_waiting": 1}, {"workers", "payments_waiting", "refunds_waiting"}),
    ],
)
def test_each_sign_is_looked_at(changed: dict[str, object], wrong: set[str]) -> None:
    found = signs(replace(WELL, **changed), Watch())  # type: ignore[arg-type] # of the fields' own types
    assert {one.name for one in found if not one.well} == wrong
