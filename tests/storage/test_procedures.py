"""Published procedures in the database: what nobody can change there, and what every process sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from issuance.application import ProcedureRef
from issuance.errors import ConcurrentChange, ProcedureNotFound, ShippedProcedureChanged
from issuance.procedure import reading
from issuance.procedure.book import EVER
from issuance.procedure.document import Procedure
from issuance.procedure.install import install_procedures, not_published
from issuance.procedure.reading import read_procedure
from issuance.procedure.shipped import shipped_sources
from storage import held_books
from storage.runner import Database
from storage.settlement_tables import procedures as t
from tests.api.procedure_office import own_procedure

NOW = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
HEAD = "https://officials.example|head"


def made(version: int = 1, first_day: str = "2025-12-01", **changed: object) -> tuple[Procedure, bytes]:
    source = json.dumps(own_procedure(version, first_day, **changed), indent=2).encode()
    return read_procedure(source), source


@pytest.fixture
def second(database_url: str) -> Iterator[Database]:
    """Another process at the same database."""
    opened = Database(database_url, clock=lambda: NOW)
    yield opened
    opened.dispose_blocking()


def add(database: Database, one: tuple[Procedure, bytes], at: datetime = NOW) -> None:
    database.run_blocking(lambda r: r.procedures.add(*one, HEAD, at))


def digests(database: Database) -> set[str]:
    return {row.procedure.digest for row in database.run_blocking(lambda r: r.procedures.published()).rows}


def test_what_is_added_comes_back_byte_by_byte(database: Database) -> None:
    procedure, source = made()
    add(database, (procedure, source))

    assert database.run_blocking(lambda r: r.procedures.source(procedure.digest)) == source
    (row,) = database.run_blocking(lambda r: r.procedures.published()).rows
    assert row.procedure == procedure
    assert (row.published_at, row.published_by, row.withdrawn_at) == (NOW, HEAD, None)


def ref(version: int, digest: str) -> ProcedureRef:
    return ProcedureRef(id="extract_in_two_steps", version=version, digest=digest)


def test_an_application_finds_the_version_it_began_with(database: Database) -> None:
    first, other = made(), made(2, "2026-01-01")
    add(database, first)
    add(database, other, LATER)

    def of(asked: ProcedureRef) -> Procedure:
        return database.run_blocking(lambda r: r.procedures.of(asked))

    assert of(ref(1, first[0].digest)) == first[0]
    assert of(ref(2, "")) == other[0]
    for unknown in (ref(1, "0" * 64), ref(3, "")):
        with pytest.raises(ProcedureNotFound):
            of(unknown)
    with pytest.raises(ProcedureNotFound):
        database.run_blocking(lambda r: r.procedures.source("0" * 64))


def test_another_process_sees_a_change_at_once(database: Database, second: Database) -> None:
    one = made()
    assert digests(second) == set()
    add(database, one)
    assert digests(second) == {one[0].digest}
    database.run_blocking(lambda r: r.procedures.withdraw(one[0].digest, HEAD, "Bãi bỏ.", LATER))
    (row,) = second.run_blocking(lambda r: r.procedures.published()).rows
    assert (row.withdrawn_at, row.withdrawn_by, row.withdrawal_reason) == (LATER, HEAD, "Bãi bỏ.")


def test_what_is_not_committed_is_seen_by_nobody_else(database: Database) -> None:
    one = made()

    def fail(records: object) -> None:
        records.procedures.add(*one, HEAD, NOW)  # type: ignore[attr-defined]  # any records
        assert records.procedures.book().version(*_name(one)) == one[0]  # type: ignore[attr-defined]  # any records
        raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        database.run_blocking(fail)
    assert digests(database) == set()


def _name(one: tuple[Procedure, bytes]) -> tuple[str, int]:
    return one[0].id, one[0].version


def test_a_document_is_parsed_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(source: bytes, name: str = "") -> Procedure:
        read.append(name)
        return reading.read_procedure(source, name)

    monkeypatch.setattr(held_books, "read_procedure", counted)
    add(database, made())
    digests(database)
    add(database, made(2, "2026-01-01"), LATER)
    for _ in range(3):
        digests(database)
    assert read == ["extract_in_two_steps version 1", "extract_in_two_steps version 2"]


def test_of_two_under_one_number_one_is_published(database: Database, second: Database) -> None:
    both = made(), made(reference="QT-2")

    def enter(at: Database, one: tuple[Procedure, bytes]) -> bool:
        try:
            add(at, one)
        except ConcurrentChange:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        entered = [*threads.map(enter, (database, second), both)]
    assert sorted(entered) == [False, True]
    assert len(digests(database)) == 1


@pytest.mark.parametrize(
    "change",
    [
        sa.delete(t),
        sa.update(t).values(source=b"{}"),
        sa.update(t).values(version=9),
        sa.update(t).values(published_at=LATER),
        sa.update(t).values(published_by="somebody"),
    ],
    ids=["delete", "source", "version", "when", "who"],
)
def test_the_database_itself_refuses_to_rewrite(database: Database, change: sa.Executable) -> None:
    add(database, made())
    with pytest.raises(DBAPIError, match="never changed and never deleted"):
        database.run_blocking(lambda r: r._connection.execute(change))


def test_a_withdrawal_stays(database: Database) -> None:
    procedure, source = made()
    add(database, (procedure, source))
    database.run_blocking(lambda r: r.procedures.withdraw(procedure.digest, HEAD, "Bãi bỏ.", LATER))
    with pytest.raises(ConcurrentChange):
        database.run_blocking(lambda r: r.procedures.withdraw(procedure.digest, HEAD, "Lại.", LATER))
    nothing = {"withdrawn_at": None, "withdrawn_by": None, "withdrawal_reason": None}
    with pytest.raises(DBAPIError, match="withdrawn once"):
        database.run_blocking(lambda r: r._connection.execute(sa.update(t).values(nothing)))


# --- what comes with the program ---


def install(database: Database, shipped: list[tuple[Procedure, bytes]], at: datetime = NOW) -> list[str]:
    left_out = database.run_blocking(lambda r: install_procedures(r, shipped, at))
    return [f"{one.id} {one.version}" for one in left_out]


def test_the_shipped_ones_are_published_once_and_have_always_been(database: Database) -> None:
    shipped = list(shipped_sources())
    for at in (NOW, LATER):
        assert install(database, shipped, at) == []
    rows = database.run_blocking(lambda r: r.procedures.published()).rows
    assert len(rows) == len(shipped)
    assert {row.published_at for row in rows} == {EVER}


def test_a_later_release_brings_its_own_from_then_on(database: Database) -> None:
    install(database, [made(1, "2025-01-01", units=None)])
    second = made(2, "2025-06-01", units=None)
    assert install(database, [made(1, "2025-01-01", units=None), second], LATER) == []
    published = database.run_blocking(lambda r: r.procedures.published())
    days = published.days_of(second[0].digest)
    assert days is not None
    assert days.first_day == LATER.date()


def test_a_release_takes_no_day_from_what_an_agency_published(database: Database) -> None:
    install(database, [made(1, "2025-01-01", units=None)])
    own = made(2, "2025-12-01", units=None, reference="own")
    add(database, own)
    same_number, same_days = made(2, "2026-01-01", units=None), made(1, "2026-01-01", units=None, id="another_way")

    assert install(database, [same_number, same_days], LATER) == ["extract_in_two_steps 2", "another_way 1"]
    published = database.run_blocking(lambda r: r.procedures.published())
    assert not_published(published, [same_number, same_days], LATER)[1] == [same_number[0], same_days[0]]
    days = published.days_of(own[0].digest)
    assert days is not None
    assert days.last_day is None


def test_a_file_that_changed_under_its_number_stops_the_start(database: Database) -> None:
    install(database, [made()])
    with pytest.raises(ShippedProcedureChanged, match="extract_in_two_steps version 1"):
        install(database, [made(reference="changed")])


def test_at_start_documents_are_parsed_while_no_transaction_is_open(
    database: Database, second: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, made())
    add(database, made(2, "2026-01-01"), LATER)
    expected = digests(database)
    begun, parsed = [], []
    sa.event.listen(second._blocking, "begin", lambda _: begun.append(True))
    for end in ("commit", "rollback"):
        sa.event.listen(second._blocking, end, lambda _: begun.clear())

    def read(source: bytes, name: str) -> Procedure:
        assert not begun
        parsed.append(name)
        return read_procedure(source, name)

    monkeypatch.setattr(held_books, "read_procedure", read)
    second.warm_up()
    assert len(parsed) == 2
    assert digests(second) == expected
    second.warm_up()
    assert len(parsed) == 2


def test_a_start_goes_on_without_books(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    without_schema = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}", clock=lambda: NOW)
    without_schema.warm_up()
    without_schema.dispose_blocking()
    assert "the books could not be read at start: OperationalError" in caplog.text
