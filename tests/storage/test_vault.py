"""A value opens where it was sealed, and nowhere else: not in another row, column, table, nor under another key."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from issuance.feedback.question import Question
from storage import settlement_tables, tables
from storage.cells import Cells
from storage.errors import CellDamaged, VaultLocked
from storage.personal import Sealed, Stored
from storage.records import SqlRecords
from storage.runner import Database
from storage.vault import Whose, body_of, key_id_of, locked_vault, place_of
from tests.storage.people import NOW, an_application
from tests.storage.vaults import a_vault

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
ids = st.one_of(st.uuids(), names, st.integers(), st.binary(max_size=8))
places = st.tuples(names, names, st.lists(ids, min_size=1, max_size=3).map(tuple))


@given(text=st.text(max_size=200), here=places, there=places)
def test_a_value_opens_in_its_place_only(text: str, here: tuple[str, str, tuple[object, ...]], there: object) -> None:
    key, _ = a_vault().make_key(UUID(int=1), Whose.CONCERNED)
    sealed = key.seal(text, place_of(*here)).text
    assert key.open(body_of(sealed), place_of(*here)) == text
    assert key_id_of(sealed) == key.key_id
    if place_of(*here) != place_of(*there):  # type: ignore[misc] # drawn as the other one
        with pytest.raises(CellDamaged):
            key.open(body_of(sealed), place_of(*there))  # type: ignore[misc] # as above


@given(here=places, there=places)
def test_two_places_are_never_told_by_the_same_bytes(
    here: tuple[str, str, tuple[object, ...]], there: tuple[str, str, tuple[object, ...]]
) -> None:
    def plain(place: tuple[str, str, tuple[object, ...]]) -> tuple[object, ...]:
        spelt = (one.hex if isinstance(one, UUID) else one.hex() if isinstance(one, bytes) else one for one in place[2])
        return (place[0], place[1], *spelt)

    assert (place_of(*here) == place_of(*there)) == (plain(here) == plain(there))


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_is_found(at: int, bit: int) -> None:
    key, _ = a_vault().make_key(UUID(int=1), Whose.CONCERNED)
    sealed = bytearray(body_of(key.seal("Nguyễn Thị Hoa", b"here").text).encode())
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(CellDamaged):
        key.open(sealed.decode("latin-1"), b"here")


def test_a_key_unwraps_for_its_application_only() -> None:
    vault, mine = a_vault(), uuid4()
    key, wrapped = vault.make_key(mine, Whose.CONCERNED)
    sealed = key.seal("x", b"here").text
    assert vault.unwrap(key.key_id, mine, Whose.CONCERNED, wrapped).open(body_of(sealed), b"here") == "x"
    for application_id, whose, from_vault in (
        (uuid4(), Whose.CONCERNED, vault),
        (mine, Whose.APPLICANT, vault),
        (mine, Whose.CONCERNED, a_vault(b"the secret of somebody else's installation, as long as this")),
    ):
        with pytest.raises(CellDamaged):
            from_vault.unwrap(key.key_id, application_id, whose, wrapped)
    with pytest.raises(CellDamaged):
        vault.unwrap("A" * 16, mine, Whose.CONCERNED, wrapped)


def test_nothing_prints_what_it_holds() -> None:
    key, _ = a_vault().make_key(uuid4(), Whose.CONCERNED)
    for one in (key, key.seal("Hoa", b""), Stored("Hoa"), a_vault()):
        assert "Hoa" not in repr(one)
        assert "secret" not in repr(one)


def test_without_a_passphrase_nothing_is_sealed_and_nothing_opens() -> None:
    for act in (lambda v: v.make_key(uuid4(), Whose.CONCERNED), lambda v: v.installation_key, lambda v: v.check):
        with pytest.raises(VaultLocked):
            act(locked_vault())


@pytest.mark.parametrize("value", ["Nguyễn Thị Hoa", {"full_name": "Hoa"}, b"x", 1, Stored("v1.x")])
async def test_nothing_in_clear_reaches_a_personal_column(database: Database, value: object) -> None:
    def write(records: SqlRecords) -> None:
        records._connection.execute(sa.update(tables.certificates).values(full_name=value))

    with pytest.raises(sa.exc.StatementError, match="sealed before it reaches"):
        await database.run(write)
    with pytest.raises(ValueError, match="not sealed"):
        Sealed("Nguyễn Thị Hoa")


async def test_cells_swapped_between_rows_columns_and_people_do_not_open(database: Database) -> None:
    mine, hers = (an_application(code=code) for code in ("one", "two"))
    for one in (mine, hers):
        await database.run(lambda r, one=one: r.applications.add(one))  # type: ignore[misc] # of a default

    def swap(statement: str) -> Callable[[SqlRecords], None]:
        return lambda records: records._connection.execute(sa.text(statement), {"id": _raw(records, mine.id)}) and None

    was = await database.run(lambda r: _as_stored(r, mine.id))
    for column, other in (("input", "fee"), ("applicant", "input")):
        await database.run(swap(f"UPDATE applications SET {column} = {other} WHERE id = :id"))
        with pytest.raises(CellDamaged):
            await database.run(lambda r: r.applications.by_id(mine.id))
        await database.run(_put_back(mine.id, was))
    from_her = "(SELECT input FROM applications WHERE code = 'two')"
    await database.run(swap(f"UPDATE applications SET input = {from_her} WHERE id = :id"))
    with pytest.raises(CellDamaged):
        await database.run(lambda r: r.applications.by_id(mine.id))
    await database.run(_put_back(mine.id, was))
    assert await database.run(lambda r: r.applications.by_id(mine.id)) == mine


async def test_a_row_hung_on_another_application_shows_its_people_nothing(database: Database) -> None:
    """The row keeps its own key, so what names the application must agree with the key that sealed it."""
    mine, hers = (an_application(code=code) for code in ("one", "two"))
    asked = Question(
        id=uuid4(),
        application_id=hers.id,
        text="Con tôi tên Mai, bao giờ xong?",
        asked_at=NOW,
        due_at=NOW,
        answer=None,
        answered_by=None,
        answered_at=None,
    )

    def store(records: SqlRecords) -> None:
        records.applications.add(mine)
        records.applications.add(hers)
        records.questions.add(asked)

    await database.run(store)
    assert await database.run(lambda r: r.questions.of_application(hers.id)) == [asked]
    t = settlement_tables.questions
    moved = sa.update(t).where(t.c.id == asked.id).values(application_id=mine.id)
    await database.run(lambda r: r._connection.execute(moved) and None)
    with pytest.raises(CellDamaged):
        await database.run(lambda r: r.questions.of_application(mine.id))


def _as_stored(records: SqlRecords, application_id: UUID) -> dict[str, str]:
    t = tables.applications
    query = sa.select(t.c.input, t.c.applicant).where(t.c.id == application_id)
    return {name: stored.text for name, stored in records._connection.execute(query).mappings().one().items()}


def _put_back(application_id: UUID, values: dict[str, str]) -> Callable[[SqlRecords], None]:
    def put(records: SqlRecords) -> None:
        sealed = {name: Sealed(value) for name, value in values.items()}
        t = tables.applications
        records._connection.execute(sa.update(t).where(t.c.id == application_id).values(sealed))

    return put


def _raw(records: SqlRecords, application_id: UUID) -> object:
    return application_id.hex if records._connection.dialect.name == "sqlite" else application_id


async def test_an_answer_of_one_question_is_no_answer_of_another(database: Database) -> None:
    """Under the installation's key the row is bound as well."""
    values = {"id": uuid4(), "comment": "Cảm ơn"}

    def seal(records: SqlRecords) -> dict[str, object]:
        return _cells(records).seal(settlement_tables.survey_answers, values)

    sealed = await database.run(seal)
    text = sealed["comment"].text  # type: ignore[attr-defined] # a Sealed
    row = {"id": values["id"], "comment": Stored(text)}
    opened = await database.run(lambda r: _cells(r).open(settlement_tables.survey_answers, row))
    assert opened["comment"] == "Cảm ơn"
    with pytest.raises(CellDamaged):
        await database.run(lambda r: _cells(r).open(settlement_tables.survey_answers, row | {"id": uuid4()}))


def _cells(records: SqlRecords) -> Cells:
    return records.applications._cells
