"""Whatever breaks an invariant is found: each is broken on purpose, by somebody with every right on the database."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from issuance.fees.stored import to_json
from storage.columns import Encoded
from storage.records import SqlRecords
from tests.campaign.kills.crowd import Case
from tests.campaign.kills.figures import Figures
from tests.campaign.kills.reckon import counted
from tests.campaign.kills.town import Plan
from tests.faults import FAULTS
from tests.installation import LINES, database_of, lived
from tests.invariants import KeyUse, broken_invariants, digest_of_tables, orphans
from tests.questions import AUDITED, QUESTIONS


@pytest.fixture(scope="module")
def template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    lived(folder, sqlite_template)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "broken")
    return tmp_path / "broken"


def found_in(folder: Path, *signed: KeyUse) -> list[str]:
    database = database_of(folder)
    try:
        return broken_invariants(database, folder / "documents", signed)
    finally:
        database.dispose_blocking()


def plant(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "condau.sqlite", isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount > 0


def test_a_whole_installation_breaks_none(folder: Path) -> None:
    assert found_in(folder) == []


def test_each_question_has_a_fault_that_it_finds() -> None:
    planted = [what for what, _ in FAULTS]
    asked = [f"{number}: {what}" for number, what, _ in QUESTIONS]
    assert set(asked) - set(planted) == set()
    audited = [f"8: {what} " for what, *_ in AUDITED]
    assert [one for one in audited if not any(what.startswith(one) for what in planted)] == []


@pytest.mark.parametrize(("what", "statement"), FAULTS)
def test_what_is_broken_is_found(folder: Path, what: str, statement: str) -> None:
    plant(folder, statement)
    assert any(what in found for found in found_in(folder))


def test_a_fee_decision_that_does_not_add_up_is_found(folder: Path) -> None:
    def wrong(records: SqlRecords) -> None:
        one = records.assessments.after(None, 0, 1)[0]
        text = to_json(one.assessment)
        text["totals"]["waived_vnd"] += 1
        another = replace(one.assessment)
        another.once("stored text", lambda _: Encoded(json.dumps(text)))
        records.assessments.add(replace(one, seq=one.seq + 1, assessment=another))

    database = database_of(folder)
    database.run_blocking(wrong)
    database.dispose_blocking()
    assert [found[:44] for found in found_in(folder)] == ["6: a fee decision that does not add up: the "]


def test_a_file_that_is_gone_or_another_one_is_found(folder: Path) -> None:
    first, second, *_ = [file for file in (folder / "documents").rglob("*.pdf") if file.read_bytes()[:4] == b"%PDF"]
    first.unlink()
    second.write_bytes(b"another")
    assert len([found for found in found_in(folder) if found.startswith("4: ")]) == 2


def test_a_key_that_signed_without_an_intent_is_found(folder: Path) -> None:
    used = KeyUse("issue-result", "00000000000000000000000000000007", "a-key")
    assert found_in(folder, used) == [
        "5: a key signed without an INTENT: a-key in issue-result for 00000000000000000000000000000007"
    ]


def test_an_orphan_is_found_and_a_change_is_seen(folder: Path) -> None:
    database = database_of(folder)
    assert orphans(database, folder / "documents") == []
    orphan = folder / "documents" / "ab" / "cd.part"
    orphan.parent.mkdir(exist_ok=True)
    orphan.touch()
    assert orphans(database, folder / "documents") == [orphan]
    before = digest_of_tables(database)
    database.run_blocking(lambda r: r._connection.exec_driver_sql("UPDATE counters SET value = value + 1"))
    assert digest_of_tables(database) != before
    database.dispose_blocking()


# What the reckoning after the kills counts of the same installation.

PLAN = Plan(seed=1, kills=0, batches=1, lines=LINES)


@pytest.fixture
def cases(folder: Path) -> list[Case]:
    """What the citizens of the installation were answered; of a suspension nobody was told that it is over."""
    with closing(sqlite3.connect(folder / "condau.sqlite")) as connection:
        rows = connection.execute(
            "SELECT code, coalesce(o.amount, 0), coalesce(o.memo, ''), a.state = 'withdrawn', o.paid_at IS NOT NULL,"
            " (SELECT count(*) FROM parcels p WHERE p.application_id = a.id),"
            " EXISTS (SELECT 1 FROM certificates c WHERE c.application_id = a.id AND c.state = 'revoked')"
            " FROM applications a LEFT JOIN payment_orders o ON o.application_id = a.id"
            " WHERE a.id NOT IN (SELECT application_id FROM batch_lines)"
        ).fetchall()
    return [
        Case(
            "",
            code,
            amount,
            memo,
            parcels,
            withdrawn=bool(withdrawn),
            revoked=bool(revoked),
            done=bool(paid or parcels),
        )
        for code, amount, memo, withdrawn, paid, parcels, revoked in rows
    ]


def reckoned(folder: Path, cases: list[Case]) -> Figures:
    database = database_of(folder)
    try:
        return counted(database, cases, PLAN)
    finally:
        database.dispose_blocking()


def test_what_is_there_is_counted(folder: Path, cases: list[Case]) -> None:
    plant(folder, "DELETE FROM suspensions")
    plant(folder, "UPDATE applications SET state = 'withdrawn' WHERE paid AND state = 'received'")
    figures = reckoned(folder, cases)
    assert figures.wrong == []
    assert (figures.applications, figures.issued, figures.parcels, figures.batch_lines) == (7, 6, 1, LINES)


LOST = (
    "DELETE FROM applications WHERE state = 'payment_asked'",
    "UPDATE applications SET state = 'received' WHERE erased_at IS NOT NULL",
    "UPDATE certificates SET state = 'issued' WHERE state = 'revoked'",
    "UPDATE payment_orders SET amount = amount + 1 WHERE paid_at IS NOT NULL",
    "UPDATE parcels SET state = 'handed_over'",
    "DELETE FROM parcels",
)


@pytest.mark.parametrize("statement", LOST)
def test_what_was_answered_and_is_lost_is_counted(folder: Path, cases: list[Case], statement: str) -> None:
    before = reckoned(folder, cases)
    plant(folder, statement)
    assert reckoned(folder, cases).lost > before.lost


def test_a_document_that_was_had_and_is_not_returned_is_lost(folder: Path, cases: list[Case]) -> None:
    before = reckoned(folder, cases)
    (one,) = (case for case in cases if case.parcels)
    one.downloaded = True
    assert reckoned(folder, cases).lost == before.lost + 1


def test_what_nobody_asked_for_is_doubled(folder: Path, cases: list[Case]) -> None:
    assert reckoned(folder, cases).doubled == 0
    assert reckoned(folder, cases[1:]).doubled == 1
    assert reckoned(folder, [*cases, cases[0]]).doubled == 1
    plant(folder, "INSERT INTO parcels SELECT * FROM parcels")
    assert reckoned(folder, cases).doubled == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE batch_lines SET state = 'intended' WHERE line = 1",
        "DELETE FROM batch_lines WHERE line = 2",
        "UPDATE batches SET finished_at = NULL",
        "DELETE FROM certificates WHERE application_id IN (SELECT application_id FROM batch_lines)",
    ],
)
def test_lines_of_a_batch_that_are_not_issued_are_counted(folder: Path, cases: list[Case], statement: str) -> None:
    plant(folder, statement)
    assert any("lines in batches" in found for found in reckoned(folder, cases).wrong)


def test_who_has_paid_and_waits_is_stuck(folder: Path, cases: list[Case]) -> None:
    """One of the installation does."""
    assert reckoned(folder, cases).stuck == 1
