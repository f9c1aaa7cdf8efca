"""Issuers' documents, shared by processes: the newest stays, and of however many that would fetch, one does."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime, timedelta

import pytest

from identity.errors import StoreUnavailable
from identity.shared_documents import WRONG_CLOCK, SharedDocument, SharedDocuments, Turn
from storage.identity_stores import StoredDocuments
from storage.runner import Database, DatabaseOptions
from tests.processes import Forked
from tests.storage.people import NOW
from tests.storage.turn_taker import take_turns

NAME = "keys of https://id.example"
A_MOMENT, A_MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
TURNS, PROCESSES = 40, 3


@pytest.fixture
def store(database: Database) -> SharedDocuments:
    return StoredDocuments(database)


async def test_nothing_is_there_at_first_and_a_turn_brings_no_document(store: SharedDocuments) -> None:
    assert await store.find(NAME) is None
    assert (await store.take_turn(NAME, NOW, last_before=NOW - A_MINUTE)).is_ours
    assert await store.find(NAME) is None


@pytest.mark.parametrize("body", [b"", b'{"keys": []}', bytes(range(256)) * 1024])
async def test_a_document_comes_back_as_it_was_kept(store: SharedDocuments, body: bytes) -> None:
    name = "x" * 2_000
    await store.keep(name, body, NOW)
    assert await store.find(name) == SharedDocument(body, NOW)
    assert await store.find(NAME) is None


@pytest.mark.parametrize("order", list(itertools.permutations([0, 1, 2])))
async def test_the_newest_stays_whoever_comes_last(store: SharedDocuments, order: tuple[int, ...]) -> None:
    for number in order:
        await store.keep(NAME, b"%d" % number, NOW + number * timedelta(seconds=1))
    assert await store.find(NAME) == SharedDocument(b"2", NOW + timedelta(seconds=2))


@pytest.mark.parametrize(
    ("ahead", "is_replaced"), [(WRONG_CLOCK, False), (WRONG_CLOCK + A_MOMENT, True), (timedelta(days=9), True)]
)
async def test_a_wrong_clock_does_not_keep_a_document_for_ever(
    store: SharedDocuments, ahead: timedelta, *, is_replaced: bool
) -> None:
    await store.keep(NAME, b"of tomorrow", NOW + ahead)
    await store.keep(NAME, b"of now", NOW)
    found = await store.find(NAME)
    assert found is not None
    assert (found.body == b"of now") == is_replaced


@pytest.mark.parametrize(
    ("last", "is_ours"),
    [
        (NOW - A_MINUTE - A_MOMENT, True),
        (NOW - A_MINUTE, False),
        (NOW, False),
        (NOW + WRONG_CLOCK, False),
        (NOW + WRONG_CLOCK + A_MOMENT, True),
    ],
)
async def test_a_turn_is_had_when_the_last_one_is_long_ago(
    store: SharedDocuments, last: datetime, *, is_ours: bool
) -> None:
    first = await store.take_turn(NAME, last, last_before=last - A_MINUTE)
    assert first == Turn(is_ours=True, taken_at=last)
    turn = await store.take_turn(NAME, NOW, last_before=NOW - A_MINUTE)
    assert turn == Turn(is_ours=is_ours, taken_at=NOW if is_ours else last)
    # A turn that was not had changes nothing.
    again = await store.take_turn(NAME, turn.taken_at, last_before=turn.taken_at)
    assert again == Turn(is_ours=False, taken_at=turn.taken_at)


async def test_documents_and_turns_know_nothing_of_each_other(store: SharedDocuments) -> None:
    await store.keep(NAME, b"kept", NOW + A_MINUTE)
    assert (await store.take_turn(NAME, NOW, last_before=NOW)).is_ours
    assert await store.find(NAME) == SharedDocument(b"kept", NOW + A_MINUTE)
    assert (await store.take_turn("another", NOW, last_before=NOW)).is_ours


async def test_of_fifty_at_once_one_has_the_turn_and_all_learn_when(store: SharedDocuments) -> None:
    for last_before in (NOW, NOW + A_MINUTE):
        at = last_before + A_MINUTE / 2
        turns = await asyncio.gather(*(store.take_turn(NAME, at, last_before=last_before) for _ in range(50)))
        assert sorted(turn.is_ours for turn in turns) == [False] * 49 + [True]
        assert {turn.taken_at for turn in turns} == {at}


def test_of_processes_at_once_one_has_each_turn(database_url: str) -> None:
    started = [Forked(take_turns, database_url, NOW.isoformat(), str(TURNS)) for _ in range(PROCESSES)]
    for process in started:
        assert process.line() == "ready"
    for process in started:
        process.tell("go")
    lines = [process.line().split() for process in started for _ in range(TURNS)]
    assert [process.wait() for process in started] == [0] * PROCESSES
    for process in started:
        assert process.line() == ""
        process.close()
    assert len(lines) == TURNS * PROCESSES
    assert {taken_at for _, _, taken_at in lines} == {NOW.isoformat()}
    had = sorted(int(number) for number, is_ours, _ in lines if is_ours == "True")
    assert had == list(range(TURNS))


async def test_a_store_that_is_away_says_so() -> None:
    options = DatabaseOptions(attempts=1)
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", clock=lambda: NOW, options=options)
    store = StoredDocuments(database)
    try:
        for call in (store.find(NAME), store.take_turn(NAME, NOW, last_before=NOW), store.keep(NAME, b"", NOW)):
            with pytest.raises(StoreUnavailable):
                await call
    finally:
        await database.dispose()
