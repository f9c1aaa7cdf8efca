"""Sign-ins and sessions as they are stored: whole, found by digests, ended by whoever may end them."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from identity.sessions import KeptSession, PendingSignIn
from issuance.errors import ConcurrentChange
from storage import tables
from storage.records import SqlRecords
from storage.runner import Database
from tests.storage.people import NOW

A_MOMENT = timedelta(microseconds=1)
CITIZENS, OFFICIALS = "https://id.example/citizens", "https://id.example/officials"


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def a_sign_in(state: str = "state", **changes: Any) -> PendingSignIn:
    pending = PendingSignIn(
        state_digest=digest(state),
        browser_digest=digest("browser"),
        issuer="citizens",
        nonce="a nonce",
        code_verifier="a verifier",
        return_to="/hồ-sơ?tab=1",
        begun_at=NOW,
    )
    return replace(pending, **changes)


def a_session(secret: str = "secret", **changes: Any) -> KeptSession:
    session = KeptSession(
        secret_digest=digest(secret),
        issuer=CITIZENS,
        subject="minh-anh",
        session_id="sid-1",
        person={"name": "Nguyễn Thị Minh Anh", "scope": None, "levels": [1, 2]},
        id_token="header.payload.signature",
        form_token="a form's",
        opened_at=NOW,
        seen_at=NOW,
    )
    return replace(session, **changes)


async def open_all(database: Database, *sessions: KeptSession) -> None:
    def keep(records: SqlRecords) -> None:
        for session in sessions:
            records.sessions.open(session)

    await database.run(keep)


async def find(database: Database, secret: str) -> KeptSession | None:
    return await database.run(lambda records: records.sessions.find(digest(secret)))


async def still_open(database: Database, *secrets: str) -> set[str]:
    return {secret for secret in secrets if await find(database, secret) is not None}


def test_the_columns_are_the_fields() -> None:
    for table, stored in ((tables.pending_sign_ins, PendingSignIn), (tables.sessions, KeptSession)):
        assert {column.name for column in table.columns} == {field.name for field in fields(stored)}


@pytest.mark.parametrize("pending", [a_sign_in(), a_sign_in(max_age_seconds=0), a_sign_in(max_age_seconds=300)])
async def test_a_sign_in_comes_back_whole_and_once(database: Database, pending: PendingSignIn) -> None:
    await database.run(lambda records: records.pending_sign_ins.keep(pending))
    take = [database.run(lambda records: records.pending_sign_ins.take(digest("state"))) for _ in range(50)]
    taken = await asyncio.gather(*take)
    assert [one for one in taken if one is not None] == [pending]


async def test_nobody_takes_a_sign_in_of_another_state(database: Database) -> None:
    await database.run(lambda records: records.pending_sign_ins.keep(a_sign_in()))
    for other in (digest("another"), b"", digest("browser"), b"state"):
        assert await database.run(lambda records, d=other: records.pending_sign_ins.take(d)) is None
    assert await database.run(lambda records: records.pending_sign_ins.take(digest("state"))) is not None


async def test_what_fails_after_taking_a_sign_in_leaves_it(database: Database) -> None:
    def fail(records: SqlRecords) -> None:
        assert records.pending_sign_ins.take(digest("state")) is not None
        raise LookupError("planted")

    await database.run(lambda records: records.pending_sign_ins.keep(a_sign_in()))
    with pytest.raises(LookupError):
        await database.run(fail)
    assert await database.run(lambda records: records.pending_sign_ins.take(digest("state"))) == a_sign_in()


async def test_one_state_begins_one_sign_in_and_one_secret_opens_one_session(database: Database) -> None:
    await database.run(lambda records: records.pending_sign_ins.keep(a_sign_in()))
    await open_all(database, a_session())
    with pytest.raises(ConcurrentChange):
        await database.run(lambda records: records.pending_sign_ins.keep(a_sign_in(nonce="another")))
    with pytest.raises(ConcurrentChange):
        await open_all(database, a_session(subject="another"))
    assert await find(database, "secret") == a_session()


async def test_sign_ins_begun_before_a_time_are_forgotten(database: Database) -> None:
    for state, begun_at in (("old", NOW - A_MOMENT), ("new", NOW)):
        await database.run(lambda r, s=state, at=begun_at: r.pending_sign_ins.keep(a_sign_in(s, begun_at=at)))
    assert await database.run(lambda records: records.pending_sign_ins.forget(NOW)) == 1
    assert await database.run(lambda records: records.pending_sign_ins.take(digest("old"))) is None
    assert await database.run(lambda records: records.pending_sign_ins.take(digest("new"))) is not None


@pytest.mark.parametrize("session", [a_session(), a_session(session_id=None, id_token=None, person={})])
async def test_a_session_comes_back_whole_until_it_is_ended(database: Database, session: KeptSession) -> None:
    await open_all(database, session, a_session("another"))
    assert await find(database, "secret") == session
    assert await database.run(lambda records: records.sessions.end(digest("secret"))) == session
    assert await database.run(lambda records: records.sessions.end(digest("secret"))) is None
    assert await still_open(database, "secret", "another") == {"another"}


async def test_a_session_was_seen_at_the_latest_of_its_requests(database: Database) -> None:
    await open_all(database, a_session("one"), a_session("two"))
    for seconds in (20, 10):  # requests overtake each other
        await database.run(lambda r, s=seconds: r.sessions.touch(digest("one"), NOW + timedelta(seconds=s)))
    assert await find(database, "one") == a_session("one", seen_at=NOW + timedelta(seconds=20))
    assert await find(database, "two") == a_session("two")


async def test_a_request_does_not_bring_back_what_has_ended(database: Database) -> None:
    await database.run(lambda records: records.sessions.touch(digest("secret"), NOW))
    assert await find(database, "secret") is None


@pytest.mark.parametrize(
    ("session_id", "subject", "left"),
    [
        ("sid-1", None, {"other sid", "no sid", "other subject and sid", "officials"}),
        (None, "minh-anh", {"other subject", "other subject and sid", "officials"}),
        ("sid-1", "minh-anh", {"other sid", "no sid", "other subject", "other subject and sid", "officials"}),
        ("sid-3", None, {"one", "other sid", "no sid", "other subject", "other subject and sid", "officials"}),
        ("", None, {"one", "other sid", "no sid", "other subject", "other subject and sid", "officials"}),
    ],
)
async def test_an_issuer_ends_its_own_sessions(
    database: Database, session_id: str | None, subject: str | None, left: set[str]
) -> None:
    everybody = {
        "one": a_session("one"),
        "other sid": a_session("other sid", session_id="sid-2"),
        "no sid": a_session("no sid", session_id=None),
        "other subject": a_session("other subject", subject="van-binh"),
        "other subject and sid": a_session("other subject and sid", subject="van-binh", session_id="sid-2"),
        "officials": a_session("officials", issuer=OFFICIALS),
    }
    await open_all(database, *everybody.values())
    ended = await database.run(
        lambda records: records.sessions.end_of_issuer(CITIZENS, session_id=session_id, subject=subject)
    )
    assert await still_open(database, *everybody) == left
    assert ended == len(everybody) - len(left)


async def test_an_issuer_that_names_nobody_ends_nothing(database: Database) -> None:
    await open_all(database, a_session())
    with pytest.raises(ValueError, match="name a session or a subject"):
        await database.run(lambda records: records.sessions.end_of_issuer(CITIZENS, session_id=None, subject=None))
    assert await find(database, "secret") is not None


@pytest.mark.parametrize(
    ("opened_at", "seen_at", "is_forgotten"),
    [
        (NOW, NOW + timedelta(hours=1), False),
        (NOW - A_MOMENT, NOW + timedelta(hours=1), True),
        (NOW, NOW + timedelta(hours=1) - A_MOMENT, True),
    ],
)
async def test_sessions_idle_or_open_for_too_long_are_forgotten(
    database: Database, opened_at: datetime, seen_at: datetime, *, is_forgotten: bool
) -> None:
    await open_all(database, a_session(opened_at=opened_at, seen_at=seen_at))
    forgotten = await database.run(
        lambda records: records.sessions.forget(seen_before=NOW + timedelta(hours=1), opened_before=NOW)
    )
    assert forgotten == int(is_forgotten)
    assert (await find(database, "secret") is None) == is_forgotten


async def test_what_is_found_by_a_digest_cannot_be_found_by_its_secret(database: Database) -> None:
    """Nothing in the tables is what a browser has to bring."""
    await open_all(database, a_session("the cookie's value"))
    await database.run(lambda records: records.pending_sign_ins.keep(a_sign_in("the state")))
    for table in (tables.sessions, tables.pending_sign_ins):
        rows = await database.run(lambda r, t=table: list(r._connection.execute(sa.select(t))))
        assert len(rows) == 1
        assert not any(secret in str(rows) for secret in ("the cookie's value", "the state"))
