"""Whatever somebody changes in the ledger with full rights on the database is found."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.runner import Database
from storage.schema import metadata
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.ledger_scenes import BEGUN, LEDGER, READERS, fill, findings, owner_of, round_of, seal

SEEDS = 100
Tamper = Callable[[sa.Connection, random.Random], str]


def rows_of(connection: sa.Connection, name: str) -> Sequence[Any]:
    """As they are stored, in a stable order."""
    table = metadata.tables[name]
    order = [*table.primary_key.columns]
    return connection.execute(_raw(table).order_by(*order)).mappings().all()


def _raw(table: sa.Table) -> sa.Select[Any]:
    return sa.select(*(sa.type_coerce(c, _stored_type(c)).label(c.name) for c in table.columns))


def _stored_type(column: sa.Column[Any]) -> Any:
    return sa.Text() if type(column.type).__name__ == "JsonText" else column.type


def _is(table: sa.Table, row: Any) -> sa.ColumnElement[bool]:
    return sa.and_(*(c == row[c.name] for c in table.primary_key.columns))


def put(connection: sa.Connection, name: str, row: Any, values: dict[str, Any]) -> None:
    """Change one row, whatever its columns' types would make of the values."""
    table = metadata.tables[name]
    written = {key: sa.bindparam(f"v_{key}", value, type_=_stored_type(table.c[key])) for key, value in values.items()}
    assert connection.execute(sa.update(table).where(_is(table, row)).values(written)).rowcount == 1


def remove(connection: sa.Connection, name: str, row: Any) -> None:
    table = metadata.tables[name]
    assert connection.execute(sa.delete(table).where(_is(table, row))).rowcount == 1


def insert(connection: sa.Connection, name: str, values: dict[str, Any]) -> None:
    table = metadata.tables[name]
    connection.execute(
        sa.insert(table).values(
            {key: sa.bindparam(f"v_{key}", value, type_=_stored_type(table.c[key])) for key, value in values.items()}
        )
    )


def another(value: Any, dice: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice((1_000, 7_777))
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ (1 << dice.randrange(8))])
    if isinstance(value, str):
        return (
            value[:-1] + ("x" if value[-1] != "x" else "y")
            if not value.endswith("}")
            else value.replace("}", ',"more":1}')
        )
    if isinstance(value, datetime):
        return value.replace(microsecond=(value.microsecond + 1) % 1_000_000)
    if value is None:
        return None
    return type(value)(int=value.int ^ (1 << 100))  # a UUID


def edit(connection: sa.Connection, dice: random.Random) -> str:
    name = dice.choice(LEDGER)
    row = dice.choice(rows_of(connection, name))
    key = dice.choice([key for key, value in row.items() if value is not None])
    put(connection, name, row, {key: another(row[key], dice)})
    return f"{name}.{key}"


def empty_a_cell(connection: sa.Connection, dice: random.Random) -> str:
    name, key = dice.choice(
        [("audit", "mac"), ("accesses", "mac"), ("ledger_heads", "mac"), ("ledger_heads", "head_mac")]
    )
    row = dice.choice(rows_of(connection, name))
    put(connection, name, row, {key: None})
    return f"{name}.{key}"


def fill_a_cell(connection: sa.Connection, dice: random.Random) -> str:
    """Where there was nothing."""
    place = {"stream": "by:x", "place": 99, "person_index": "cd" * 32, "application_id": None, "seq": 7}
    name, key = dice.choice(
        [("audit", "stream"), ("audit", "place"), ("access_subjects", "person_index"), ("audit", "both")]
    )
    wanted = "stream" if key == "both" else key
    row = dice.choice([one for one in rows_of(connection, name) if one[wanted] is None])
    values = {"stream": "by:x", "place": 99} if key == "both" else {key: place[key]}
    put(connection, name, row, values)
    return f"{name}.{key}"


def delete(connection: sa.Connection, dice: random.Random) -> str:
    name = dice.choice(LEDGER)
    row = dice.choice(rows_of(connection, name))
    remove(connection, name, row)
    return f"{name} {tuple(row.values())[:2]}"


def swap(connection: sa.Connection, dice: random.Random) -> str:
    """Two entries trade what they say; their places stay."""
    name, key = dice.choice([("audit", "action"), ("audit", "at"), ("accesses", "purpose"), ("audit", "mac")])
    rows = rows_of(connection, name)
    one, other = next(
        (a, b) for a in dice.sample(rows, len(rows)) for b in dice.sample(rows, len(rows)) if a[key] != b[key]
    )
    put(connection, name, one, {key: other[key]})
    put(connection, name, other, {key: one[key]})
    return f"{name}.{key}"


def reorder(connection: sa.Connection, dice: random.Random) -> str:
    """Two entries of one application trade places, with all they hold."""
    rows = [row for row in rows_of(connection, "audit") if row["seq"] is not None]
    one = dice.choice(rows)
    other = dice.choice([r for r in rows if r["application_id"] == one["application_id"] and r["id"] != one["id"]])
    for row, seq in ((one, -1), (other, one["seq"]), (one, other["seq"])):
        put(connection, "audit", row, {"seq": seq})
    return f"{one['application_id']} {one['seq']} {other['seq']}"


def add_entry(connection: sa.Connection, dice: random.Random) -> str:
    """One more at the end of a stream, its head moved on as far as somebody without the key can."""
    rows = [row for row in rows_of(connection, "audit") if row["seq"] is not None]
    chosen = dice.choice(rows)["application_id"]
    last = max((row for row in rows if row["application_id"] == chosen), key=lambda row: row["seq"])
    insert(connection, "audit", {**last, "id": 9_999, "seq": last["seq"] + 1, "action": "forged"})
    stream = f"application:{last['application_id'].hex}"
    (head,) = [row for row in rows_of(connection, "ledger_heads") if row["stream"] == stream]
    put(connection, "ledger_heads", head, {"seq": head["seq"] + 1, "is_sealed": False})
    return stream


def cut_tail(connection: sa.Connection, dice: random.Random) -> str:
    """The newest entry of a stream goes, and its head names the one before, with that one's mac."""
    rows = [row for row in rows_of(connection, "audit") if row["seq"] is not None]
    chosen = dice.choice(rows)["application_id"]
    of_one = sorted((row for row in rows if row["application_id"] == chosen), key=lambda row: row["seq"])
    if len(of_one) < 2:
        return delete(connection, dice)
    remove(connection, "audit", of_one[-1])
    stream = f"application:{of_one[0]['application_id'].hex}"
    (head,) = [row for row in rows_of(connection, "ledger_heads") if row["stream"] == stream]
    put(connection, "ledger_heads", head, {"seq": of_one[-2]["seq"], "mac": of_one[-2]["mac"]})
    return stream


def remove_stream(connection: sa.Connection, dice: random.Random) -> str:
    """All of an application, with its head; sealed before."""
    rows = [row for row in rows_of(connection, "audit") if row["seq"] is not None]
    chosen = dice.choice([row["application_id"] for row in rows])
    for row in rows:
        if row["application_id"] == chosen:
            remove(connection, "audit", row)
    for head in rows_of(connection, "ledger_heads"):
        if head["stream"] == f"application:{chosen.hex}":
            remove(connection, "ledger_heads", head)
    return str(chosen)


def copy_stream(connection: sa.Connection, dice: random.Random) -> str:
    """What one application says is put in the place of what another one said, head and all."""
    rows = [row for row in rows_of(connection, "audit") if row["seq"] is not None]
    one, other = dice.sample(sorted({row["application_id"] for row in rows}), 2)
    for row in rows:
        if row["application_id"] == one:
            remove(connection, "audit", row)
    for n, row in enumerate(row for row in rows if row["application_id"] == other):
        insert(connection, "audit", {**row, "id": 20_000 + n, "application_id": one})
    heads = {row["stream"]: row for row in rows_of(connection, "ledger_heads")}
    mine, theirs = heads[f"application:{one.hex}"], heads[f"application:{other.hex}"]
    put(connection, "ledger_heads", mine, {key: theirs[key] for key in ("seq", "mac", "head_mac", "before_seq")})
    return f"{other} over {one}"


def forget_seals(connection: sa.Connection, dice: random.Random) -> str:
    """The last seals with their leaves."""
    numbers = [row["number"] for row in rows_of(connection, "ledger_seals")]
    first = dice.choice(numbers)
    for row in rows_of(connection, "ledger_leaves"):
        if row["seal"] >= first:
            remove(connection, "ledger_leaves", row)
    for row in rows_of(connection, "ledger_seals"):
        if row["number"] >= first:
            remove(connection, "ledger_seals", row)
    return f"from {first} on"


def look_like_before(connection: sa.Connection, dice: random.Random) -> str:
    """A changed stream as earlier releases left theirs: without macs."""
    rows = [row for row in rows_of(connection, "audit") if row["seq"] is not None]
    chosen = dice.choice(rows)
    of_one = [row for row in rows if row["application_id"] == chosen["application_id"]]
    for row in of_one:
        put(connection, "audit", row, {"mac": None, "action": "rewritten"})
    stream = f"application:{chosen['application_id'].hex}"
    (head,) = [row for row in rows_of(connection, "ledger_heads") if row["stream"] == stream]
    seq = len(of_one)
    put(connection, "ledger_heads", head, {"mac": None, "head_mac": None, "before_seq": seq, "is_sealed": False})
    return stream


TAMPERS: Sequence[Tamper] = (
    edit,
    edit,
    edit,
    empty_a_cell,
    fill_a_cell,
    delete,
    swap,
    reorder,
    add_entry,
    cut_tail,
    remove_stream,
    copy_stream,
    forget_seals,
    look_like_before,
)


@dataclass(frozen=True, slots=True)
class Scene:
    url: str
    file: Path
    database: Database


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    database = Database(database_url, clock=lambda: datetime.now(UTC))
    file = tmp_path / "ledger" / "seals.jsonl"
    fill(database, file)
    yield Scene(database_url, file, database)
    database.dispose_blocking()


def test_a_hundred_tampers_are_all_found(scene: Scene) -> None:
    missed = []
    with owner_of(scene.url) as owner:
        with owner.begin() as connection:
            assert findings(connection, scene.file) == []
        for seed in range(SEEDS):
            dice = random.Random(seed)
            tamper = TAMPERS[seed % len(TAMPERS)]
            with owner.connect() as connection, connection.begin() as transaction:
                said = tamper(connection, dice)
                # Seals that are gone with their leaves are known by the file alone once their streams have grown on.
                if not findings(connection, scene.file if tamper is forget_seals else None):
                    missed.append(f"{seed}: {tamper.__name__} {said}")
                transaction.rollback()
    assert missed == []


def test_every_column_of_every_table_is_watched(scene: Scene) -> None:
    missed = []
    with owner_of(scene.url) as owner:
        for name in LEDGER:
            for column in metadata.tables[name].columns:
                with owner.connect() as connection, connection.begin() as transaction:
                    rows = [row for row in rows_of(connection, name) if row[column.name] is not None]
                    dice = random.Random(column.name)
                    row = dice.choice(rows)
                    put(connection, name, row, {column.name: another(row[column.name], dice)})
                    if not findings(connection, None):
                        missed.append(f"{name}.{column.name}")
                    transaction.rollback()
    assert missed == []


def _seal_below_the_first(connection: sa.Connection) -> None:
    """A stream is kept out of the next seals: a seal of number 0, which follows from nothing, says that it has it."""
    (seal, *_) = rows_of(connection, "ledger_seals")
    insert(connection, "ledger_seals", {**seal, "number": 0, "leaves": 1})
    head = next(row for row in rows_of(connection, "ledger_heads") if not row["is_sealed"])
    insert(connection, "ledger_leaves", {**{key: head[key] for key in ("stream", "seq", "mac")}, "seal": 0})
    put(connection, "ledger_heads", head, {"is_sealed": True})


def _head_without_a_name(connection: sa.Connection) -> None:
    insert(connection, "ledger_heads", {**rows_of(connection, "ledger_heads")[0], "stream": ""})


def _entry_given_twice(connection: sa.Connection) -> None:
    """Where pages meet, and without the index that lets no number be given twice."""
    row = [one for one in rows_of(connection, "accesses") if one["reader"] == READERS[0]][1]
    if connection.dialect.name == "postgresql":
        unique = "SELECT conname FROM pg_constraint WHERE conrelid = 'accesses'::regclass AND contype = 'u'"
        name = connection.exec_driver_sql(unique).scalar_one()
        connection.exec_driver_sql(f"ALTER TABLE accesses DROP CONSTRAINT {name}")
        insert(connection, "accesses", {**row, "id": 9_999, "purpose": "search"})
    else:
        connection.exec_driver_sql("ALTER TABLE accesses RENAME TO guarded")
        connection.exec_driver_sql("CREATE TABLE accesses AS SELECT * FROM guarded")
        insert(connection, "accesses", {**row, "id": 9_999, "purpose": "search"})


@pytest.mark.parametrize("tamper", [_seal_below_the_first, _head_without_a_name, _entry_given_twice])
def test_rows_that_no_walk_comes_by_are_found(
    scene: Scene, tamper: Callable[[sa.Connection], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.verify_ledger.PAGE", 2)
    with owner_of(scene.url) as owner, owner.connect() as connection, connection.begin() as transaction:
        assert findings(connection, scene.file) == []
        tamper(connection)
        assert findings(connection, scene.file) != []
        transaction.rollback()


@pytest.mark.parametrize("table", ["audit", "access_subjects"])
def test_an_application_written_so_that_no_look_up_finds_it(sqlite_url: str, tmp_path: Path, table: str) -> None:
    """SQLite has no type for it: in braces it is the same for whoever reads it, another for whoever asks for it."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    fill(database, tmp_path / "seals.jsonl")
    database.dispose_blocking()
    with owner_of(sqlite_url) as owner, owner.begin() as connection:
        changed = connection.exec_driver_sql(
            f"UPDATE {table} SET application_id = '{{' || application_id || '}}' "
            f"WHERE rowid = (SELECT min(rowid) FROM {table} WHERE application_id IS NOT NULL)"
        )
        assert changed.rowcount == 1
        assert "row_astray" in {one.code for one in findings(connection, None)}


def test_a_finding_says_where(scene: Scene) -> None:
    with owner_of(scene.url) as owner, owner.connect() as connection, connection.begin() as transaction:
        (row,) = [r for r in rows_of(connection, "audit") if r["seq"] == 2 and r["application_id"].int == 2]
        put(connection, "audit", row, {"actor": "somebody else"})
        (found,) = findings(connection, scene.file)
        assert (found.code, found.stream, found.seq) == ("entry_changed", f"application:{row['application_id'].hex}", 2)
        transaction.rollback()


def test_an_older_state_of_one_stream_with_its_head_is_found_by_its_seal(scene: Scene) -> None:
    with owner_of(scene.url) as owner, owner.connect() as connection, connection.begin() as transaction:
        rows = [row for row in rows_of(connection, "audit") if row["application_id"] is not None]
        of_one = sorted((r for r in rows if r["application_id"].int == 1), key=lambda r: r["seq"])
        stream = f"application:{of_one[0]['application_id'].hex}"
        (head,) = [row for row in rows_of(connection, "ledger_heads") if row["stream"] == stream]
        first_leaf = min(
            (r for r in rows_of(connection, "ledger_leaves") if r["stream"] == stream), key=lambda r: r["seq"]
        )
        old = first_leaf["seq"]
        # As it stood then: with the head's own mac, which a copy of the database of that time has.
        as_then = {"seq": old, "mac": first_leaf["mac"], "is_sealed": True}
        as_then["head_mac"] = a_ledger_key().of_head(stream, old, first_leaf["mac"], 0)
        put(connection, "ledger_heads", head, as_then)
        for row in of_one:
            if row["seq"] > old:
                remove(connection, "audit", row)
        found = findings(connection, None)
        assert {(one.code, one.stream) for one in found} == {("entry_missing", stream)}
        transaction.rollback()


def test_the_whole_database_set_back_is_found_by_the_file_outside_alone(scene: Scene) -> None:
    with owner_of(scene.url) as owner, owner.connect() as connection:
        before = {name: [dict(row) for row in rows_of(connection, name)] for name in LEDGER}
    scene.database.run_blocking(lambda records: round_of(records, 9))
    seal(scene.database, scene.file, BEGUN)
    with owner_of(scene.url) as owner, owner.connect() as connection, connection.begin() as transaction:
        for name in reversed(LEDGER):
            connection.execute(sa.delete(metadata.tables[name]))
        for name in LEDGER:
            for row in before[name]:
                insert(connection, name, row)
        assert findings(connection, None) == []
        assert {one.code for one in findings(connection, scene.file)} == {"seal_only_outside"}
        transaction.rollback()
