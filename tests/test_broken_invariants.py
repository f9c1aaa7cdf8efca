"""Whatever breaks an invariant is found: each is broken on purpose, by somebody with every right on the database."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from issuance.application import Application
from issuance.certificate import CertificateKind, RevocationReason
from issuance.fees.document import VND
from issuance.payments.order import ReceivedPayment
from issuance.payments.take_payment import take_payment
from issuance.revoke import revoke
from issuance.withdraw import withdraw
from storage.runner import Database
from tests.invariants import KeyUse, broken_invariants, digest_of_tables, orphans
from tests.issuance.office import Office

RECEIPT = CertificateKind.RECEIPT


@pytest.fixture(scope="module")
def template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database and its files: one case paid, issued and revoked, one paid and withdrawn, one that
    waits for money, and money that waits for somebody."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copyfile(sqlite_template, folder / "condau.sqlite")
    asyncio.run(_live(folder))
    return folder


async def _live(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'condau.sqlite'}", clock=lambda: datetime.now(UTC))
    office = Office(database, folder)
    payer = await office.citizen(client_id="one-stop-kiosk")
    paid, back, _ = [await office.application(client="one-stop-kiosk") for _ in range(3)]
    for number, one in enumerate((paid, back)):
        _pay(office, one, f"FT{number}")
    _pay(office, None, "FT9")
    office.do(lambda r: withdraw(r, payer, back.code, office.at))
    approved = await office.approved()
    office.issue(approved.id, RECEIPT)
    office.issue(approved.id)
    official = await office.official()
    office.do(lambda r: revoke(r, approved.code, official, RevocationReason.REPLACED, office.at))
    database.dispose_blocking()


def _pay(office: Office, application: Application | None, reference: str) -> None:
    """Without an application: money that nobody has asked for."""
    memo, amount = "of nothing", 1_000
    if application is not None:
        order = office.do(lambda r: r.payments.of_application(application.id))
        assert order is not None
        memo, amount = order.memo, int(order.amount)
    money = ReceivedPayment(memo=memo, amount=VND(amount), provider_reference=reference, received_at=office.at)
    office.do(lambda r: take_payment(r, office.rules, money, office.at))


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "broken")
    return tmp_path / "broken"


def found_in(folder: Path, *signed: KeyUse) -> list[str]:
    database = Database(f"sqlite:///{folder / 'condau.sqlite'}", clock=lambda: datetime.now(UTC))
    try:
        return broken_invariants(database, folder / "documents", signed)
    finally:
        database.dispose_blocking()


PARCEL = (
    "(id, application_id, seq, number, copies, address, state, asked_at, changed_at, version)"
    " SELECT 'p', id, 2, 'n', 1, '{}', 'asked', changed_at, changed_at, 0 FROM applications LIMIT 1"
)
BATCH = (
    "SELECT 'b', substr(code, 1, length(code) - 5), 't', 'u', 'jsonl', '', x'00', 1, 1, 0, 1, '[]', 'a', changed_at,"
    " 'b', changed_at, changed_at FROM applications LIMIT 1"
)
BROKEN = [
    (1, "UPDATE applications SET paid = 0 WHERE paid"),
    (1, "UPDATE applications SET state = 'payment_asked' WHERE paid AND state = 'received'"),
    (1, "UPDATE payment_orders SET cancelled_at = paid_at WHERE paid_at IS NOT NULL"),
    (1, "DELETE FROM refund_orders"),
    (1, "UPDATE payment_orders SET amount = amount + 1 WHERE paid_at IS NOT NULL"),
    (1, "UPDATE payment_orders SET paid_at = NULL, provider_reference = NULL"),
    (1, "UPDATE received_payments SET unit = '' WHERE state = 'waiting'"),
    (1, "DELETE FROM received_payments WHERE state = 'waiting'"),
    (2, "DELETE FROM audit WHERE action = 'certificate_issued'"),
    (3, "UPDATE certificates SET status_index = (status_index + 1) % 1048576"),
    (3, "UPDATE status_lists SET used = used + 1"),
    (3, "DELETE FROM status_lists"),
    (3, "UPDATE counters SET value = value + 1 WHERE name = 'receipt'"),
    (3, "DELETE FROM receipt_numbers"),
    (3, "UPDATE receipt_numbers SET number = number + 1"),
    (4, "UPDATE applications SET state = 'settled' WHERE state = 'received'"),
    (4, "UPDATE applications SET state = 'in_progress' WHERE state = 'settled'"),
    (4, "UPDATE applications SET receipt_issued = NOT receipt_issued"),
    (4, "UPDATE certificates SET size_bytes = size_bytes + 1"),
    (5, "DELETE FROM audit WHERE action = 'certificate_intended'"),
    (6, "UPDATE received_payments SET refunded = refunded + 1"),
    (6, "UPDATE payment_orders SET amount = amount + 1 WHERE paid_at IS NULL"),
    (6, "DELETE FROM payment_orders WHERE paid_at IS NULL"),
    (6, "INSERT INTO quota_counters VALUES ('policy', 'name', 'budget_total', '', '2024', 1, 5)"),
    (7, "DELETE FROM audit WHERE action = 'certificate_revoked'"),
    (7, "UPDATE certificates SET state = 'issued', revoked_at = NULL, revoked_by = NULL, revocation_reason = NULL"),
    (7, "INSERT INTO suspensions SELECT id, 'under_review', 'x', issued_at FROM certificates WHERE state = 'revoked'"),
    (8, "DELETE FROM audit WHERE action = 'application_submitted'"),
    (8, "DELETE FROM audit WHERE action = 'payment_confirmed'"),
    (8, "DELETE FROM audit WHERE action = 'payment_unmatched'"),
    (8, "DELETE FROM audit WHERE action = 'application_withdrawn'"),
    (8, "DELETE FROM fee_assessments"),
    (8, "UPDATE received_payments SET taken_by = 'x'"),
    (8, "INSERT INTO payment_notices VALUES ('1', 'e', 'r', '2024-01-01', '2024-01-01', 'taken')"),
    (8, "INSERT INTO paper_prints SELECT 'p', id, 1, 'x', changed_at FROM applications LIMIT 1"),
    (3, "INSERT INTO postal_batches VALUES ('b', 'u', '2024-01-01', 1, 1, '{}', '2024-01-01')"),
    (3, f"INSERT INTO parcels {PARCEL}"),
    (8, f"INSERT INTO parcels {PARCEL}"),
    (4, "INSERT INTO batch_lines SELECT 'b', 1, 'issued', id, 'k', NULL FROM applications WHERE state = 'received'"),
    (2, f"INSERT INTO batches {BATCH}"),
    (4, f"INSERT INTO batches {BATCH}"),
    (10, "UPDATE applications SET erased_at = changed_at"),
    (8, "UPDATE applications SET erased_at = changed_at"),
    (10, "INSERT INTO erasures SELECT '1', person_index, '2999-01-01', 1 FROM applications LIMIT 1"),
]


def test_a_whole_installation_breaks_none(folder: Path) -> None:
    assert found_in(folder) == []


@pytest.mark.parametrize(("number", "statement"), BROKEN)
def test_what_is_broken_is_found(folder: Path, number: int, statement: str) -> None:
    with closing(sqlite3.connect(folder / "condau.sqlite", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert connection.execute(statement).rowcount > 0
    assert any(found.startswith(f"{number}: ") for found in found_in(folder))


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
    database = Database(f"sqlite:///{folder / 'condau.sqlite'}", clock=lambda: datetime.now(UTC))
    assert orphans(database, folder / "documents") == []
    orphan = folder / "documents" / "ab" / "cd.part"
    orphan.parent.mkdir(exist_ok=True)
    orphan.touch()
    assert orphans(database, folder / "documents") == [orphan]
    before = digest_of_tables(database)
    database.run_blocking(lambda r: r._connection.exec_driver_sql("UPDATE counters SET value = value + 1"))
    assert digest_of_tables(database) != before
    database.dispose_blocking()
