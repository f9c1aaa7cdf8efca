"""A ledger with streams of every kind, sealed in rounds, and a way to change it as the owner of the database could."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from issuance.accesses import Access, Purpose
from issuance.records import AuditEntry
from storage.engines import Address
from storage.ledger_seals import seal_all
from storage.records import SqlRecords
from storage.runner import Database
from storage.seal_file import write_lacking
from storage.verify_ledger import LedgerCheck
from storage.verify_seals import Finding
from tests.storage.ledger_keys import a_ledger_key

BEGUN = datetime(2024, 6, 3, 1, tzinfo=UTC)
APPLICATIONS = [UUID(int=n) for n in (1, 2, 3, 4)]
READERS = ("https://id.example|can-bo", "https://id.example|lanh-dao")
ROUNDS = 4
LEDGER = ("audit", "accesses", "access_subjects", "ledger_heads", "ledger_leaves", "ledger_seals")


def round_of(records: SqlRecords, number: int) -> None:
    at = BEGUN + timedelta(minutes=number)
    for n, application_id in enumerate(APPLICATIONS):
        if n >= number + 2:
            continue  # later ones begin later
        for action in ("read", "changed")[: 1 + (n + number) % 2]:
            details = {"round": number, "words": "Đã xem xét"}
            records.audit.append(
                AuditEntry(at=at, actor=READERS[0], action=action, application_id=application_id, details=details)
            )
    for actor in ("operator:uid-0", READERS[1]):
        records.audit.append(
            AuditEntry(at=at, actor=actor, action="units_imported", application_id=None, details={"round": number})
        )
    for n, reader in enumerate(READERS):
        records.accesses.record(
            Access(
                at=at,
                reader=reader,
                unit="000.00.15.H26",
                roles=frozenset({"caseworker", "head"}),
                purpose=Purpose.SEARCH if n else Purpose.SETTLE_CASE,
                shown="cases_found" if n else "case",
                application_ids=APPLICATIONS[: 1 + number % 3],
                person_indexes=("ab" * 32,) if n else (),
            )
        )


def fill(database: Database, file: Path) -> None:
    """Each round is sealed but the last one, whose entries are still waiting for the seal."""
    for number in range(ROUNDS):
        database.run_blocking(lambda records, n=number: round_of(records, n))  # type: ignore[misc] # of a default
        if number < ROUNDS - 1:
            seal(database, file, BEGUN + timedelta(minutes=number, seconds=30))


def seal(database: Database, file: Path, at: datetime) -> None:
    seal_all(database.run_blocking, at)
    write_lacking(file, database.run_blocking)


@contextmanager
def owner_of(url: str) -> Iterator[sa.Engine]:
    """Somebody with full rights: no trigger, no reference holds him."""
    address = Address.parse(url)
    if address.is_postgresql:
        engine = sa.create_engine(address.url.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)

        @sa.event.listens_for(engine, "begin")
        def become(connection: sa.Connection) -> None:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    else:
        engine = sa.create_engine(address.url, poolclass=sa.NullPool)

        @sa.event.listens_for(engine, "connect")
        def unguarded(connection: object, _: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined] # of sqlite3
            connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[attr-defined]

        @sa.event.listens_for(engine, "begin")
        def drop_guards(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")

    yield engine
    engine.dispose()


def findings(connection: sa.Connection, file: Path | None) -> list[Finding]:
    return list(LedgerCheck(connection, a_ledger_key(), file).findings())
