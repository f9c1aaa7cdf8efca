"""`condau fees`, as an author, a head and an operator use it: on files alone, and on real databases."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from condau.cli import app
from condau.fees.cli import fees
from issuance.application import Application
from issuance.assessed import StoredAssessment
from issuance.fee_policies.draft import BookRow
from issuance.fees import DEMONSTRATION_POLICIES, SHIPPED_POLICIES, assess, policy_json_schema
from issuance.fees.assessment import FeeAssessment
from issuance.fees.book import EVER
from issuance.fees.quotas import UNTOUCHED, QuotaClaim, quota_keys
from issuance.fees.rehearsal.population import PopulationPlan
from issuance.fees.rehearsal.rehearse import RehearsalResult
from issuance.fees.stored import from_json
from issuance.records import Records
from storage.fee_tables import fee_assessments
from storage.records import SqlRecords
from storage.runner import Database
from tests.issuance.fees.requests import SHIPPED, SHIPPED_FOR_FORM_1, read, request, rule, small_policy, stage, words
from tests.issuance.office import MONDAY, PASSPHRASE, Office

T = TypeVar("T")
ACTS = str(SHIPPED_POLICIES.parent / "acts")
SETTINGS = """
mode = "demo"
state_folder = {folder}
database_url = {database_url}
key_passphrase = {passphrase}
"""
ASSESS = ("assess", "--type", "criminal_record_form_1")
OLDER, NEWER = sorted(SHIPPED_POLICIES.glob("criminal-record-form-1.*.json"))


def run(*arguments: str) -> tuple[int, str, str]:
    """The exit code, what was said, and what was said about what went wrong."""
    result = CliRunner().invoke(app, ["fees", *arguments], env={"COLUMNS": "100"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def run_json(*arguments: str, exits: int = 0) -> Any:
    code, out, err = run(*arguments, "--json")
    assert code == exits, (out, err)
    return json.loads(out)


@pytest.fixture(autouse=True)
def no_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CONDAU_")]:
        monkeypatch.delenv(name)


def written(folder: Path, document: dict[str, Any], name: str = "policy.json") -> str:
    file = folder / name
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return str(file)


def shipped(file: Path, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found | changes


# Files alone.


def test_shipped_policies_are_fine() -> None:
    code, out, _ = run("check", str(OLDER), str(NEWER), "--language", "en")
    assert code == 0
    assert "criminal_record_form_1.hanoi version 1" in out
    assert out.count("0 errors, 0 warnings") == 2


def test_each_problem_is_told_with_its_place_in_both_languages(tmp_path: Path) -> None:
    document = shipped(OLDER)
    document["stages"][0]["rules"][0]["when"] = {"fact": "agee_years", "lte": 15}
    file = written(tmp_path, document)

    code, out, _ = run("check", file, "--acts", ACTS, "--language", "en")
    assert code == 1
    assert "stages[statutory].rules[exempt_child].when: unknown fact 'agee_years', did you mean 'age_years'?" in out
    (found,) = run_json("check", file, "--acts", ACTS, exits=1)["files"]
    (problem,) = found["problems"]
    assert problem["place"] == "stages[statutory].rules[exempt_child].when"
    assert "agee_years" in problem["text"]
    assert "did you mean" not in problem["text"]
    assert found["report"] is None
    assert found["refused"] is True


def test_an_act_without_its_file_and_an_example_that_does_not_hold(tmp_path: Path) -> None:
    document = shipped(OLDER)
    document["examples"][0]["expect"]["due_vnd"] += 1_000
    document["examples"][0]["expect"]["gross_vnd"] += 1_000
    code, out, _ = run("check", written(tmp_path, document), "--language", "en")
    assert code == 1
    assert "basis[circular-244-2016].source" in out
    assert "examples[0]" in out


def test_what_the_analysis_finds_refuses_too(tmp_path: Path) -> None:
    document = shipped(OLDER)
    document["stages"][0]["rules"][0]["when"] = {
        "all": [{"fact": "age_years", "lte": 15}, {"fact": "age_years", "gte": 60}]
    }
    code, out, _ = run("check", written(tmp_path, document), "--acts", ACTS, "--language", "en")
    assert code == 1
    assert "exempt_child" in out
    assert "error" in out


def test_files_are_checked_against_each_other(tmp_path: Path) -> None:
    other = written(tmp_path, shipped(OLDER, id="another.hanoi"))
    code, out, _ = run("check", str(OLDER), other, "--acts", ACTS, "--language", "en")
    assert code == 1
    assert "another.hanoi" in out


def test_a_file_that_is_not_there_could_not_be_checked() -> None:
    code, _, err = run("check", "/nowhere/policy.json")
    assert code == 2
    assert err == "fees: /nowhere/policy.json: không có tệp này\n"
    code, _, err = run("check", ACTS, "--language", "en")
    assert (code, err) == (2, f"fees: {ACTS}: this is a folder and no file\n")


def test_an_amount_with_its_reasons() -> None:
    code, out, _ = run(
        *ASSESS, "--on", "2024-06-01", "--channel", "vneid", "--copies", "14", "--age", "30", "--language", "en"
    )
    assert code == 0
    assert "Amount due: 10,000 VND." in out
    assert "By the policies that come with the software" in out
    assert "version 1" in out


@pytest.mark.parametrize(
    ("day", "more", "due"),
    [
        ("2024-05-31", (), 200_000),
        ("2024-06-01", (), 0),
        ("2025-01-01", (), 200_000),
        ("2025-04-24", (), 170_000),
        ("2025-04-24", ("--age", "15"), 0),
        ("2025-04-24", ("--birth-date", "2009-04-24"), 170_000),
        ("2025-04-24", ("--category", "student"), 80_000),
        ("2025-04-24", ("--channel", "desk"), 200_000),
    ],
)
def test_amounts_for_programs(day: str, more: tuple[str, ...], due: int) -> None:
    found = run_json(*ASSESS, "--on", day, *more)
    assert found["totals"]["due_vnd"] == due
    assert from_json(found).due == due
    assert found["explanation"]
    assert bool([one for one in found["assumed"] if "chấp nhận" in one]) == ("--category" in more)


def test_it_asks_which_document_is_meant_where_there_are_several() -> None:
    code, out, err = run("assess", "--on", "2024-06-01", "--language", "en")
    assert (code, out) == (2, "")
    assert "--type" in err
    assert "residence_confirmation" in err


def test_ages_turn_on_the_birthday() -> None:
    on_leap_day = run_json(*ASSESS, "--on", "2024-02-29", "--age", "15")
    assert {"fact": "age_years", "value": 15} in on_leap_day["facts_used"]


def test_where_no_policy_decides_it_says_so() -> None:
    assert run_json(*ASSESS, "--on", "2016-12-31", exits=1)["totals"] is None
    code, out, _ = run(*ASSESS, "--on", "2016-12-31")
    assert code == 1
    assert "hồ sơ được chuyển cho cán bộ xem xét" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--channel", "vnied"), "did you mean 'vneid'?"),
        (("--copies", "0"), "copies must be between 1 and 9999"),
        (("--age", "200"), "an age is from 0 to 150"),
        (("--age", "20", "--birth-date", "2000-01-01"), "--age or --birth-date, not both"),
        (("--left", "city=3"), "--left goes with --policy alone"),
        (("--known-at", "2024-01-01T00:00:00+07:00"), "only an installation's book has a past"),
    ],
)
def test_what_cannot_be_assessed_is_said_in_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    code, out, err = run(*ASSESS, "--on", "2024-06-01", "--language", "en", *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_facts_that_cannot_be_true_are_refused_in_the_language_asked_for() -> None:
    assert run(*ASSESS, "--channel", "vnied")[2] == "fees: không có kênh nộp nào tên 'vnied'; có phải ý là 'vneid'?\n"


@pytest.mark.parametrize(
    "arguments",
    [("budgets",), ("replay",), ("explain", "QLVH-1"), ("rehearse", str(NEWER), "--past", "2026-01-01", "2026-01-31")],
    ids=lambda arguments: arguments[0],
)
def test_what_asks_an_installation_says_so_where_there_is_none(arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments, "--language", "en")
    assert (code, out) == (2, "")
    assert err == "fees: this asks an installation: --settings FILE or the variable CONDAU_SETTINGS is needed\n"


@pytest.mark.parametrize("arguments", [("--on", "1.6.2024"), ("--known-at", "2024-06-01"), ("--left", "city")])
def test_what_cannot_be_read_is_a_wrong_command(arguments: tuple[str, ...]) -> None:
    assert run("assess", *arguments)[0] == 2


def test_a_document_by_itself_with_what_is_left_of_a_quota(tmp_path: Path) -> None:
    file = written(tmp_path, LIMITED)
    asked = ("assess", "--policy", file, "--on", "2024-06-03")

    untouched = run_json(*asked)
    assert untouched["totals"]["due_vnd"] == 0
    assert untouched["assumed"] == ["Giả định rằng hạn mức của ngân sách còn nguyên."]
    assert run_json(*asked[:-1], "2023-01-01", exits=1)["assumed"] == []
    used_up = run_json(*asked, "--left", "city=0")
    assert used_up["totals"]["due_vnd"] == 1_000
    assert used_up["assumed"] == []
    code, _, err = run(*asked, "--left", "town=1", "--language", "en")
    assert (code, err) == (2, "fees: there is no quota town\n")


CITY = {"budget": "city", "label": words("ngân sách thành phố")}
LIMITED = small_policy(
    stages=[
        stage(
            [
                rule(
                    "city",
                    kind="support",
                    funding=CITY,
                    effects=[{"charge": "fee", "percent_off": 100}],
                    quota={"unit": "requests", "max": 2, "scope": "budget_total"},
                )
            ]
        )
    ]
)


def dearer(folder: Path) -> str:
    """The tariff since 24 April 2025 with a fee of 300,000, from June 2025 on."""
    days = {"first_day": "2025-06-01", "last_day": "2025-12-31"}
    document = shipped(NEWER, version=9, effective=days)
    document["charges"][0]["amount_vnd"] = 300_000
    return written(folder, document, "dearer.json")


def test_a_rehearsal_on_made_up_requests(tmp_path: Path) -> None:
    found = run_json("rehearse", dearer(tmp_path), "--population", "300", "--seed", "5")
    result = RehearsalResult.from_json(found)

    assert result.cases == result.before.decided == result.after.decided == 300
    assert result.first_day == date(2025, 6, 1)
    assert result.source is not None
    assert result.source["invented"]
    assert result.losses.count > 50
    assert run_json("rehearse", dearer(tmp_path), "--population", "300", "--seed", "5") == found


def test_a_rehearsal_as_a_head_reads_it(tmp_path: Path) -> None:
    code, out, _ = run("rehearse", dearer(tmp_path), "--population", "300")
    assert code == 0
    assert "300 hồ sơ giả định" in out
    assert "không phải số liệu thống kê" in out
    assert "06/2025" in out
    assert "[exempt_child]" in out
    assert "Tăng nhiều nhất" in out
    assert "Giảm nhiều nhất" not in out


def test_a_rehearsal_against_a_file(tmp_path: Path) -> None:
    same = written(tmp_path, shipped(NEWER, version=8), "same.json")
    result = RehearsalResult.from_json(
        run_json("rehearse", dearer(tmp_path), "--before", same, "--population", "50", "--first-day", "2025-12-01")
    )
    assert {version.version for version in result.versions if version.cases_before} == {8}


def test_what_cannot_be_rehearsed(tmp_path: Path) -> None:
    code, _, err = run("rehearse", str(NEWER), "--population", "10", "--language", "en")
    assert code == 2
    assert "is in the book already" in err
    other = written(tmp_path, shipped(NEWER, id="another.hanoi"))
    code, _, err = run("rehearse", other, "--population", "10", "--language", "en")
    assert code == 2
    assert "two policies must not decide together" in err
    code, _, err = run("rehearse", dearer(tmp_path), "--population", "0", "--language", "en")
    assert (code, err) == (2, "fees: size: from 1 to 1000000\n")
    both = ("--population", "10", "--past", "2025-01-01", "2025-02-01")
    assert run("rehearse", dearer(tmp_path), *both)[0] == 2


def test_a_population_is_written_line_by_line(tmp_path: Path) -> None:
    asked = ("population", "--type", "paper", "--first-day", "2026-01-01", "--last-day", "2026-01-31")
    code, out, _ = run(*asked, "--population", "20", "--seed", "3")
    assert code == 0
    first, *requests = [json.loads(line) for line in out.splitlines()]
    assert PopulationPlan.from_json(first["plan"]).size == len(requests) == 20
    assert requests[0]["submitted_on"] == "2026-01-01"
    assert len({one["person"] for one in requests}) == 20

    code, shown, _ = run(*asked, "--population", "20", "--seed", "3", "--show-plan")
    plan = written(tmp_path, json.loads(shown), "plan.json")
    assert run("population", "--plan", plan)[1] == out
    target = tmp_path / "requests.jsonl"
    assert run("population", "--plan", plan, "-o", str(target))[0] == 0
    assert target.read_text(encoding="utf-8") == out
    code, _, err = run("population", "--plan", plan, "-o", str(target))
    assert code == 2
    assert "đã có tệp mang tên này" in err


def test_whoever_has_read_enough_of_a_population_may_stop() -> None:
    days = ("--first-day", "2026-01-01", "--last-day", "2026-01-31")
    asked = ("fees", "population", "--type", "paper", *days, "--population", "20000")
    with subprocess.Popen(
        [sys.executable, "-m", "condau", *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["plan"]["size"] == 20_000
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_shares_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    plan = {"size": 3, "seed": 1, "document_type": "paper", "first_day": "2026-01-01", "last_day": "2026-01-02"}
    file = written(tmp_path, plan | {"shares": {"channels": {"vneid": 400, "desk": 500}}}, "plan.json")
    code, _, err = run("population", "--plan", file)
    assert (code, err) == (2, "fees: channels: tổng các tỷ lệ là 900, phải là 1000 phần nghìn\n")
    (tmp_path / "broken.json").write_text("{")
    assert run("population", "--plan", str(tmp_path / "broken.json"))[0] == 2
    assert run("population", "--population", "3")[0] == 2


def test_a_stored_decision_is_explained(tmp_path: Path) -> None:
    found = run_json(*ASSESS, "--on", "2024-06-01", "--copies", "14")
    file = written(tmp_path, found, "decision.json")

    code, out, _ = run("explain", file, "--language", "en")
    assert code == 0
    assert "Amount due: 10,000 VND." in out
    assert run_json("explain", file)["explanation"] == found["explanation"]
    found["totals"]["due_vnd"] = 0
    code, _, err = run("explain", written(tmp_path, found, "altered.json"), "--language", "en")
    assert code == 2
    assert "aren't the sums of the lines" in err


def test_the_schema_is_printed() -> None:
    code, out, _ = run("schema")
    assert code == 0
    assert json.loads(out) == policy_json_schema()


GUIDE = Path(__file__).parent.parent.parent / "docs" / "fee-commands.md"


def test_the_guides_plan_is_one_and_its_commands_are_there() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    plan = PopulationPlan.from_json(json.loads(text.split("```json")[1].split("```")[0]))
    assert plan.people == 45_000
    assert plan.shares.invented == ("deliveries", "pages", "levels", "residences", "receipt_days", "papers")
    named = set(re.findall(r"^\| `condau fees (\w+)", text, re.MULTILINE))
    offered = {command.callback.__name__ for command in fees.registered_commands if command.callback is not None}
    assert named == offered


# An installation.


@dataclass(frozen=True, slots=True)
class Installation:
    """A database with three applications, and the settings of it."""

    settings: str
    database_url: str
    applications: tuple[Application, ...]

    def do(self, use_case: Callable[[Records], T]) -> T:
        database = Database(self.database_url, clock=lambda: datetime.now(UTC))
        try:
            return database.run_blocking(use_case)
        finally:
            database.dispose_blocking()

    def run(self, *arguments: str) -> tuple[int, str, str]:
        return run(*arguments, "--settings", self.settings)

    def run_json(self, *arguments: str, exits: int = 0) -> Any:
        return run_json(*arguments, "--settings", self.settings, exits=exits)


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Installation:
    async def fill() -> tuple[Application, ...]:
        database = Database(database_url, clock=lambda: MONDAY)
        try:
            office = Office(database, tmp_path)
            applications = [await office.application()]
            applications.append(await office.application(client="one-stop-kiosk", copies=1))
            office.at = MONDAY + timedelta(days=40)
            applications.append(await office.application(copies=5))
            return tuple(applications)
        finally:
            await database.dispose()

    applications = asyncio.run(fill())
    file = tmp_path / "condau.toml"
    file.write_text(
        SETTINGS.format(
            folder=json.dumps(str(tmp_path)),
            database_url=json.dumps(database_url),
            passphrase=json.dumps(PASSPHRASE.decode()),
        )
    )
    return Installation(str(file), database_url, applications)


def test_every_decision_comes_out_the_same(installation: Installation) -> None:
    code, out, _ = installation.run("replay")
    assert (code, out) == (0, "Đã tính lại 3 quyết định: 3 giống hệt, 0 khác.\n")
    assert installation.run_json("replay") == {
        "decisions": 3,
        "same": 3,
        "differing": 0,
        "is_complete": True,
        "differences": [],
    }


def add_decision(installation: Installation, application: Application, assessment: FeeAssessment) -> None:
    stored = StoredAssessment(
        application_id=application.id, seq=2, at=MONDAY, cause="evidence_accepted", assessment=assessment
    )
    installation.do(lambda records: records.assessments.add(stored))


def test_a_decision_that_comes_out_otherwise_is_named(installation: Installation) -> None:
    """As if the engine had changed since: what is stored takes something else than what the version says."""
    first, second, third = installation.applications
    facts = request("2024-06-03", channel="desk", birth_date=date(1971, 1, 2))
    right = assess(facts, SHIPPED_FOR_FORM_1[0], UNTOUCHED, facts.submitted_on)
    other = assess(request("2024-06-03", copies=1), SHIPPED_FOR_FORM_1[0], UNTOUCHED, facts.submitted_on)
    assert right.policy is not None
    add_decision(installation, first, replace(right, lines=other.lines, outcome=other.outcome))
    add_decision(installation, second, replace(right, policy=replace(right.policy, digest="0" * 64)))
    add_decision(installation, third, right)

    found = installation.run_json("replay", exits=1)
    assert (found["decisions"], found["same"], found["differing"]) == (6, 4, 2)
    named = {one["application_id"]: one for one in found["differences"]}
    assert named.keys() == {str(first.id), str(second.id)}
    assert "lines[fee].due_vnd" in named[str(first.id)]["places"]
    assert named[str(second.id)]["error"] == "fee_policy_not_in_book"
    code, out, _ = installation.run("replay", "--language", "en")
    assert code == 1
    assert f"application {first.id}, decision 2: " in out
    assert "6 decisions were taken again: 4 the same, 2 not." in out
    assert "1971" not in out


def test_referrals_are_replayed_by_the_book_known_then(installation: Installation) -> None:
    facts = request("2016-06-03")
    referred = assess(facts, SHIPPED, UNTOUCHED, facts.submitted_on)
    add_decision(installation, installation.applications[0], referred)
    assert installation.run_json("replay")["same"] == 4


def test_many_decisions_are_read_in_pages(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = request("2024-06-03")
    decided = assess(facts, SHIPPED_FOR_FORM_1[0], UNTOUCHED, facts.submitted_on)
    for application in installation.applications:
        add_decision(installation, application, decided)
    for size in (1, 2, 3, 6, 7):
        monkeypatch.setattr("condau.fees.replay.PAGE", size)
        assert installation.run_json("replay")["same"] == 6


def test_a_decision_that_cannot_be_read_is_found_after_those_before_it(installation: Installation) -> None:
    last = max(installation.applications, key=lambda one: one.id)
    broken = {"application_id": last.id, "seq": 2, "at": MONDAY, "cause": "evidence_accepted", "assessment": {}}

    def write(records: Records) -> None:
        assert isinstance(records, SqlRecords)
        sealed = records.assessments._cells.seal(fee_assessments, broken)
        connection_of(records).execute(sa.insert(fee_assessments).values(sealed))

    installation.do(write)

    found = installation.run_json("replay", exits=1)
    assert (found["decisions"], found["same"], found["is_complete"]) == (3, 3, False)
    assert found["differences"] == [
        {"application_id": str(last.id), "seq": 1, "places": [], "error": "fee_assessment_unreadable"}
    ]
    code, out, _ = installation.run("replay", "--language", "en")
    assert code == 1
    assert f"after application {last.id}, number 1: unreadable (fee_assessment_unreadable)" in out


def connection_of(records: Records) -> sa.Connection:
    assert isinstance(records, SqlRecords)
    return records._connection


def test_an_application_is_explained_and_the_look_is_noted(installation: Installation) -> None:
    application = installation.applications[0]
    code, out, _ = installation.run("explain", application.code, "--language", "en")
    assert code == 0
    assert "Decision 1, 2024-06-03 09:00, when it was submitted" in out
    assert "Nothing is due." in out
    found = installation.run_json("explain", application.code)
    assert [one["number"] for one in found["decisions"]] == [1]
    actions = [
        (entry.actor, entry.action)
        for entry in installation.do(lambda records: records.audit.of_application(application.id))
    ]
    assert actions.count((f"operator:uid-{os.getuid()}", "fee_decisions_read")) == 2
    for code_of_nobody in ("000.00.15.H26-240603-0999", "H26", "-", "no/such/file.json"):
        assert installation.run("explain", code_of_nobody)[::2] == (2, "fees: không có hồ sơ nào mang mã này\n")


def test_past_requests_are_rehearsed(installation: Installation, tmp_path: Path) -> None:
    document = shipped(OLDER, version=9, effective={"first_day": "2024-06-15", "last_day": "2025-04-23"})
    document["stages"][1]["rules"] = document["stages"][1]["rules"][:1]
    document["stages"][1]["rules"][0]["dates"]["first_day"] = "2024-06-15"
    file = written(tmp_path, document, "no-copies.json")

    result = RehearsalResult.from_json(installation.run_json("rehearse", file, "--past", "2024-06-01", "2024-12-31"))
    assert result.source == {"kind": "past", "first_day": "2024-06-01", "last_day": "2024-12-31"}
    assert (result.cases, result.losses.count, result.losses.amount) == (3, 1, 15_000)
    assert [(one.version, one.cases_before, one.cases_after) for one in result.versions] == [(1, 3, 2), (9, 0, 1)]
    told = json.dumps(result.to_json())
    assert installation.applications[0].code not in told
    assert installation.applications[0].applicant.personal_id not in told
    code, out, _ = installation.run("rehearse", file, "--past", "2024-06-01", "2024-06-30", "--language", "en")
    assert code == 0
    assert "2 cases submitted from 2024-06-03 to 2024-06-03" in out
    assert "made-up" not in out


def test_a_check_sees_the_installations_book(installation: Installation, tmp_path: Path) -> None:
    other = written(tmp_path, shipped(OLDER, id="another.hanoi"))
    assert run("check", other, "--acts", ACTS)[0] == 0
    assert installation.run("check", other)[0] == 1
    assert installation.run("check", str(OLDER))[0] == 0


def test_an_assessment_by_the_installations_book(installation: Installation) -> None:
    assert installation.run_json(*ASSESS, "--on", "2024-06-03", "--copies", "3")["totals"]["due_vnd"] == 0
    (demonstration,) = DEMONSTRATION_POLICIES.glob("*.json")
    policy = read(shipped(demonstration))
    at = datetime(2026, 1, 5, tzinfo=UTC)
    row = BookRow(id=uuid4(), policy=policy, valid=policy.document.effective, known_from=at, opened_by="condau")
    asked = (*ASSESS, "--on", "2026-02-01", "--copies", "3")
    assert installation.run(*asked)[0] == 1
    source = json.dumps(shipped(demonstration)).encode()
    installation.do(lambda records: records.fee_policies.open_entry(row, source))

    assert installation.run_json(*asked)["totals"]["due_vnd"] == 0
    assert installation.run(*asked, "--known-at", "2026-01-01T00:00:00+07:00")[0] == 1


def test_budgets_and_what_is_left_of_them(installation: Installation) -> None:
    assert installation.run_json("budgets") == {"budgets": []}
    days = {"first_day": "2024-01-01", "last_day": None}
    document = LIMITED | {"effective": days}
    policy = read(document)
    row = BookRow(id=uuid4(), policy=policy, valid=policy.document.effective, known_from=EVER, opened_by="condau")
    installation.do(lambda records: records.fee_policies.open_entry(row, json.dumps(document).encode()))
    (state,) = installation.run_json("budgets")["budgets"]
    assert state == {
        "policy": "small",
        "name": "city",
        "period": "2024-01-01",
        "unit": "requests",
        "size": 2,
        "used": 0,
        "left": 2,
        "in_force": True,
    }
    key = quota_keys(policy, date(2024, 6, 3), "")["city"]
    for number, application in enumerate(installation.applications[:2], 1):
        claims = [QuotaClaim(key, 1, 2)]
        installation.do(lambda records, a=application, c=claims: records.quotas.reserve(a.id, 1, c, MONDAY))
        assert installation.run_json("budgets", exits=number - 1)["budgets"][0]["left"] == 2 - number
    code, out, _ = installation.run("budgets")
    assert code == 1
    assert "city" in out
    assert "0 hồ sơ" in out


@pytest.mark.parametrize(
    "arguments",
    [("replay",), ("budgets",), ("explain", "000.00.15.H26-240603-0001"), ("assess",), ("check", str(OLDER))],
)
def test_without_a_database_nothing_is_made(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "condau.toml"
    file.write_text(f'mode = "demo"\nstate_folder = {json.dumps(str(tmp_path / "nowhere"))}\n')
    code, _, err = run(*arguments, "--settings", str(file))
    assert code == 2
    assert "there is no database at" in err
    assert not (tmp_path / "nowhere").exists()
