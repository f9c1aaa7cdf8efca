"""An installation in which much has happened, for whoever breaks it on purpose: a folder with its database and files.

Whatever can hold a fault back is taken away: of its tables only the rows are left, without keys, checks and triggers.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from issuance.application import Application
from issuance.apply import apply
from issuance.certificate import CertificateKind, RevocationReason, SuspensionReason
from issuance.delivery.parcel import ParcelState
from issuance.delivery.tracking import Report, track_for_unit
from issuance.fees.document import VND
from issuance.payments.order import ReceivedPayment
from issuance.payments.take_payment import take_payment
from issuance.privacy.erase import erase_person
from issuance.registers.consult import keep_register_answer
from issuance.revoke import revoke
from issuance.suspend import suspend
from issuance.withdraw import withdraw
from storage.metadata import metadata
from storage.runner import Database
from tests.issuance.batches import school_office
from tests.issuance.batches.pupils import pupils, write_lines
from tests.issuance.delivery.sending import handed_over, parcel_of
from tests.issuance.office import INPUT, TYPE, Office, approve_whole, clean_record

LINES = 2
"""Of the only batch."""


def database_of(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'condau.sqlite'}", clock=lambda: datetime.now(UTC))


def lived(folder: Path, empty: Path) -> None:
    """empty: a file of SQLite with our tables, which is copied.

    Of those who pay one has a document, one waits for it, one has withdrawn and one has not paid yet; and money waits
    for somebody. Of those who pay nothing one has a receipt and a revoked document, one has her copies by post and a
    suspended document, and one was erased. A batch is issued.
    """
    shutil.copyfile(empty, folder / "condau.sqlite")
    asyncio.run(_live(folder))
    with closing(sqlite3.connect(folder / "condau.sqlite", isolation_level=None)) as connection:
        _strip(connection)


async def _live(folder: Path) -> None:
    database = database_of(folder)
    office = Office(database, folder)
    official = await office.official(roles=["caseworker", "head"])
    await _pay_or_not(office)
    approved = await office.approved()
    office.issue(approved.id, CertificateKind.RECEIPT)
    office.issue(approved.id)
    office.do(lambda r: revoke(r, approved.code, official, RevocationReason.REPLACED, office.at))
    sent, _ = await handed_over(office)
    report = Report(2, parcel_of(office, sent).number, "RR123456", ParcelState("delivered"), office.at, None)
    office.do(lambda r: track_for_unit(r, official, [report], office.at, dry_run=False))
    office.do(lambda r: suspend(r, sent.code, official, SuspensionReason.UNDER_REVIEW, office.at))
    _issue_batch(office, folder)
    await _erase(office)
    database.dispose_blocking()


async def _pay_or_not(office: Office) -> None:
    payer = await office.citizen(client_id="one-stop-kiosk")
    official = await office.official(roles=["caseworker", "head"])
    whole, _, back, _ = cases = [await office.application(client="one-stop-kiosk") for _ in range(4)]
    for number, one in enumerate(cases[:3]):
        _pay(office, one, f"FT{number}")
    _pay(office, None, "FT9")
    office.do(lambda r: withdraw(r, payer, back.code, office.at))
    office.do(lambda r: keep_register_answer(r, whole.id, clean_record(office.at), office.at))
    office.do(lambda r: approve_whole(r, office.rules, whole.code, official, office.at))
    office.issue(whole.id)


def _pay(office: Office, application: Application | None, reference: str) -> None:
    """Without an application: money that nobody has asked for."""
    memo, amount = "of nothing", 1_000
    if application is not None:
        order = office.do(lambda r: r.payments.of_application(application.id))
        assert order is not None
        memo, amount = order.memo, int(order.amount)
    money = ReceivedPayment(memo=memo, amount=VND(amount), provider_reference=reference, received_at=office.at)
    office.do(lambda r: take_payment(r, office.rules, money, office.at))


def _issue_batch(office: Office, folder: Path) -> None:
    school_office.appoint(office)
    file = write_lines(folder / "batch.jsonl", pupils(LINES, seed=1), school_office.transcript(office))
    prepared, _ = school_office.prepare(office, file)
    batch = school_office.approve(office, prepared.batch)
    school_office.issue(office, batch, file)


async def _erase(office: Office) -> None:
    citizen = await office.citizen(sub="c-gone", personal_id="001195000049")
    application = office.do(lambda r: apply(r, office.rules, citizen, TYPE, INPUT, office.at))
    office.do(lambda r: withdraw(r, citizen, application.code, office.at))
    person = office.rules.person_index(citizen.personal_id.digits)
    done = office.do(lambda r: erase_person(r, person, "operator", office.at))  # type: ignore[arg-type] # the port of issuance only reads
    assert done.applications == 1


def _strip(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA foreign_keys = OFF")
    for table in metadata.sorted_tables:
        connection.execute(f"CREATE TABLE bare AS SELECT * FROM {table.name}")
        connection.execute(f"DROP TABLE {table.name}")
        connection.execute(f"ALTER TABLE bare RENAME TO {table.name}")
