"""Entries are chained and sealed whatever happens at the same time, and nothing is written after what is not ours."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from issuance.accesses import Access, Purpose
from issuance.errors import ConcurrentChange
from issuance.records import AuditEntry
from storage import ledger_tables, seal_file
from storage.errors import LedgerBroken, LedgerLocked
from storage.ledger_key import LedgerKey, leaf_hash, locked_ledger, merkle_root
from storage.ledger_seals import seal_all
from storage.one_moment import as_of_one_moment
from storage.records import SqlRecords
from storage.runner import Database
from storage.seal_file import write_lacking
from tests.storage.ledger_scenes import BEGUN, findings, owner_of
from tests.storage.people import NOW, an_application

READER = "https://id.example|can-bo"


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    yield database
    database.dispose_blocking()


def an_entry(application_id: UUID | None, **changed: object) -> AuditEntry:
    values: dict[str, object] = {"at": NOW, "actor": READER, "action": "act", "details": {}}
    return AuditEntry(application_id=application_id, **(values | changed))  # type: ignore[arg-type] # by their names


def an_access(*application_ids: UUID, reader: str = READER) -> Access:
    return Access(
        at=NOW,
        reader=reader,
        unit="000.00.15.H26",
        roles=frozenset({"caseworker"}),
        purpose=Purpose.SETTLE_CASE,
        shown="case",
        application_ids=application_ids,
    )


def found_in(database: Database, file: Path | None = None) -> list[tuple[str, str | None, int | None]]:
    with as_of_one_moment(database.address) as connection:
        return [(one.code, one.stream, one.seq) for one in findings(connection, file)]


def seals_of(database: Database) -> list[int]:
    return database.run_blocking(lambda records: [seal.number for seal in records.seals.after(0, 100)])


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_the_root_is_that_of_the_tree_of_rfc_9162(leaves: list[bytes]) -> None:
    def root(some: list[bytes]) -> bytes:
        if len(some) == 1:
            return some[0]
        half = 1
        while half * 2 < len(some):
            half *= 2
        return hashlib.sha256(b"\x01" + root(some[:half]) + root(some[half:])).digest()

    assert merkle_root(leaves) == (root(leaves) if leaves else hashlib.sha256(b"").digest())


def test_no_two_places_have_the_same_leaf_or_mac() -> None:
    key = LedgerKey(lambda: bytes(32))
    places = [("a", 11), ("a1", 1), ("a", 1), ("", 1)]
    assert len({leaf_hash(stream, seq, bytes(32)) for stream, seq in places}) == len(places)
    assert len({key.of_entry(bytes(32), stream, seq, ("x", "y")) for stream, seq in places}) == len(places)
    assert key.of_entry(bytes(32), "a", 1, ("xy", "")) != key.of_entry(bytes(32), "a", 1, ("x", "y"))
    assert key.of_head("a", 1, bytes(32), 0) != key.of_entry(bytes(32), "a", 1, (bytes(32), 0))


def test_a_key_is_not_printed() -> None:
    assert repr(LedgerKey(lambda: b"secret" * 6)) == "LedgerKey(redacted)"


def test_many_writers_make_one_whole_chain(ledger: Database, tmp_path: Path) -> None:
    """While it is sealed all the time: each of what was committed is in a seal at the end."""
    cases = [uuid4() for _ in range(3)]
    stop = threading.Event()

    def write(n: int) -> None:
        for turn in range(8):
            case = cases[(n + turn) % 3]

            def act(records: SqlRecords, case: UUID = case) -> None:
                records.audit.append(an_entry(case, actor=f"writer {n}"))
                records.accesses.record(an_access(case, reader=f"https://id.example|{n % 2}"))
                records.audit.append(an_entry(None, actor=f"writer {n}"))

            while True:
                try:
                    ledger.run_blocking(act)
                    break
                except ConcurrentChange:
                    continue

    def keep_sealing() -> None:
        while not stop.is_set():
            seal_all(ledger.run_blocking, BEGUN)

    with ThreadPoolExecutor(5) as pool:
        sealer = pool.submit(keep_sealing)
        for writer in [pool.submit(write, n) for n in range(4)]:
            writer.result()
        stop.set()
        sealer.result()
    seal_all(ledger.run_blocking, BEGUN)
    assert found_in(ledger) == []
    with as_of_one_moment(ledger.address) as connection:
        heads = connection.execute(sa.select(ledger_tables.ledger_heads)).all()
        assert [head.stream for head in heads if not head.is_sealed] == []
        assert sum(head.seq for head in heads if head.stream.startswith("application:")) == 4 * 8
        assert sum(head.seq for head in heads if head.stream.startswith("reader:")) == 4 * 8


def test_what_is_committed_late_comes_into_the_next_seal(postgresql_url: str) -> None:
    """A transaction that began before a seal and ends after it, with numbers smaller than those that were sealed."""
    ledger = Database(postgresql_url, clock=lambda: datetime.now(UTC))
    late, early = uuid4(), uuid4()
    written, may_end = threading.Event(), threading.Event()

    def slowly(records: SqlRecords) -> None:
        records.audit.append(an_entry(late))
        written.set()
        assert may_end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ledger.run_blocking, slowly)
        assert written.wait(20)
        ledger.run_blocking(lambda records: records.audit.append(an_entry(early)))
        seal_all(ledger.run_blocking, BEGUN)
        may_end.set()
        slow.result()
    assert found_in(ledger) == []
    seal_all(ledger.run_blocking, BEGUN)
    with as_of_one_moment(ledger.address) as connection:
        sealed = {row.stream: row.seal for row in connection.execute(sa.select(ledger_tables.ledger_leaves))}
    assert sealed == {f"application:{early.hex}": 1, f"application:{late.hex}": 2}
    ledger.dispose_blocking()


def test_a_writer_is_not_waited_for_by_a_seal(postgresql_url: str) -> None:
    """A stream that grows at this moment is left for the next seal; the others are sealed all the same."""
    ledger = Database(postgresql_url, clock=lambda: datetime.now(UTC))
    busy, idle = uuid4(), uuid4()
    for case in (busy, idle):
        ledger.run_blocking(lambda records, of=case: records.audit.append(an_entry(of)))  # type: ignore[misc] # a default
    written, may_end = threading.Event(), threading.Event()

    def slowly(records: SqlRecords) -> None:
        records.audit.append(an_entry(busy))
        written.set()
        assert may_end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ledger.run_blocking, slowly)
        assert written.wait(20)
        seal_all(ledger.run_blocking, BEGUN)
        with as_of_one_moment(ledger.address) as connection:
            sealed = connection.execute(sa.select(ledger_tables.ledger_leaves.c.stream)).scalars().all()
        may_end.set()
        slow.result()
    assert sealed == [f"application:{idle.hex}"]
    ledger.dispose_blocking()


def test_nothing_new_makes_no_seal(ledger: Database, tmp_path: Path) -> None:
    ledger.run_blocking(lambda records: records.audit.append(an_entry(uuid4())))
    for _ in range(3):
        seal_all(ledger.run_blocking, BEGUN)
    assert seals_of(ledger) == [1]


def test_without_the_key_nothing_is_written(database_url: str) -> None:
    locked = Database(database_url, clock=lambda: datetime.now(UTC), ledger_key=locked_ledger())
    with pytest.raises(LedgerLocked):
        locked.run_blocking(lambda records: records.audit.append(an_entry(uuid4())))
    locked.dispose_blocking()


@pytest.mark.parametrize(
    "change", ["seq = seq - 1", "mac = head_mac", "head_mac = NULL", "mac = NULL, head_mac = NULL"]
)
def test_nothing_is_written_after_a_head_that_is_not_ours(ledger: Database, change: str) -> None:
    """Else the next entry would make the head of a shortened stream look right again."""
    case = uuid4()
    for _ in range(2):
        ledger.run_blocking(lambda records: records.audit.append(an_entry(case)))
    seal_all(ledger.run_blocking, BEGUN)
    with owner_of(ledger.address.dbos_url) as owner, owner.begin() as connection:
        connection.exec_driver_sql(f"UPDATE ledger_heads SET {change}")
    with pytest.raises(LedgerBroken):
        ledger.run_blocking(lambda records: records.audit.append(an_entry(case)))
    assert len(ledger.run_blocking(lambda records: records.audit.of_application(case))) == 2


def test_the_file_outside_has_every_seal_once_and_halved_lines_anew(ledger: Database, tmp_path: Path) -> None:
    file = tmp_path / "ledger" / "seals.jsonl"
    for _ in range(3):
        ledger.run_blocking(lambda records: records.audit.append(an_entry(uuid4())))
        seal_all(ledger.run_blocking, BEGUN)
        write_lacking(file, ledger.run_blocking)
    assert write_lacking(file, ledger.run_blocking) == 0
    whole = file.read_bytes()
    assert whole.count(b"\n") == 3
    assert file.stat().st_mode & 0o077 == 0
    file.write_bytes(whole[:-30])
    assert write_lacking(file, ledger.run_blocking) == 1
    assert file.read_bytes() == whole
    assert found_in(ledger, file) == []


def test_a_database_that_was_set_back_stops_the_file(ledger: Database, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    for _ in range(2):
        ledger.run_blocking(lambda records: records.audit.append(an_entry(uuid4())))
        seal_all(ledger.run_blocking, BEGUN)
    write_lacking(file, ledger.run_blocking)
    with owner_of(ledger.address.dbos_url) as owner, owner.begin() as connection:
        connection.exec_driver_sql("DELETE FROM ledger_leaves WHERE seal = 2")
        connection.exec_driver_sql("DELETE FROM ledger_seals WHERE number = 2")
        connection.exec_driver_sql(
            "UPDATE ledger_heads SET is_sealed = NOT is_sealed WHERE is_sealed AND stream NOT IN "
            "(SELECT stream FROM ledger_leaves)"
        )
    with pytest.raises(LedgerBroken):
        write_lacking(file, ledger.run_blocking)
    # Sealed anew under the same number, it is another seal.
    seal_all(ledger.run_blocking, NOW)
    with pytest.raises(LedgerBroken):
        write_lacking(file, ledger.run_blocking)
    assert {code for code, _, _ in found_in(ledger, file)} == {"seal_differs_outside"}


@pytest.mark.parametrize("lines", [b"no json\n", b"{}\n", b'{"n":1,"mac":"zz"}\n'])
def test_a_line_that_is_none_is_found(ledger: Database, tmp_path: Path, lines: bytes) -> None:
    file = tmp_path / "seals.jsonl"
    ledger.run_blocking(lambda records: records.audit.append(an_entry(uuid4())))
    seal_all(ledger.run_blocking, BEGUN)
    write_lacking(file, ledger.run_blocking)
    file.write_bytes(lines + file.read_bytes())
    assert [code for code, _, _ in found_in(ledger, file)] == ["line_unreadable_outside"]
    assert next(iter(seal_file.read_lines(file))) is None


def test_an_application_without_entries_is_found(ledger: Database) -> None:
    application = an_application()
    ledger.run_blocking(lambda records: records.applications.add(application))
    assert found_in(ledger) == [("stream_missing", f"application:{application.id.hex}", None)]


def test_a_reader_changes_nothing_while_it_reads(ledger: Database) -> None:
    with as_of_one_moment(ledger.address) as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql("UPDATE counters SET value = 0")


@pytest.mark.parametrize("table", ["ledger_seals", "ledger_leaves", "accesses", "access_subjects", "ledger_heads"])
def test_what_is_written_stays(ledger: Database, table: str) -> None:
    """Before anybody has to look for changes: the database itself refuses them."""
    ledger.run_blocking(lambda records: records.accesses.record(an_access(uuid4())))
    seal_all(ledger.run_blocking, BEGUN)
    changes = [f"DELETE FROM {table}"]
    changes += [f"UPDATE {table} SET seq = seq - 1"] if table == "ledger_heads" else []
    changes += ["UPDATE accesses SET purpose = 'search'"] if table == "accesses" else []
    for change in changes:
        with pytest.raises(sa.exc.DBAPIError, match=r"stays|append-only|only grows"):
            ledger.run_blocking(lambda records, said=change: records._connection.exec_driver_sql(said))  # type: ignore[misc] # a default
