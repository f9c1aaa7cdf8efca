"""Sessions last no longer than the trust that opened them, and end with the word that ends them, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from identity.citizen import AssuranceLevel, VerifiedCitizen, VerifiedOfficial
from identity.errors import SessionEnded, TokenAlreadyUsed
from identity.officials_register import nobody_registered
from identity.person import make_person
from identity.provider import Granted
from identity.session import (
    ENDED_REMEMBERED,
    Session,
    SessionLimits,
    end_sessions_by_issuer,
    open_session,
    resume_session,
)
from identity.sessions import CLOCKS_APART, KeptSession
from identity.sign_in import SignedIn, secret_digest
from identity.trusted_issuer import OwnClient
from identity.verify_logout_token import LogoutToken
from storage.records import SqlRecords
from storage.runner import Database
from storage.tables import sessions
from tests.identity.issuer import LEVELS, NOW, OMIT, TestIssuer, trust

NOW_SECONDS = int(NOW.timestamp())
A_SECOND = timedelta(seconds=1)
LEVEL_1, LEVEL_2 = AssuranceLevel.LEVEL_1, AssuranceLevel.LEVEL_2


def issuer(people: str = "citizens", **settings: Any) -> TestIssuer:
    given: dict[str, Any] = {
        "token_kinds": ("jwt_access_token", "sign_in"),
        "own_client": OwnClient(client_id="condau"),
    }
    return TestIssuer(people=people, **(given | settings))


async def signed_in(by: TestIssuer, *, session_id: str | None = "sid-1", **claims: Any) -> SignedIn:
    """Whoever the issuer's evidence names, as the end of a sign-in tells it."""
    told = by.claims(**claims)
    provider = trust(by).provider_of(by.issuer)
    person = await make_person(told, provider, nobody_registered, NOW, client_id="condau")
    assert isinstance(person, VerifiedCitizen | VerifiedOfficial)
    token = by.mint(header={"typ": "JWT"}, **claims)
    return SignedIn(person=person, granted=Granted(claims=told, id_token=token, session_id=session_id))


async def opened(database: Database, by: TestIssuer, **claims: Any) -> str:
    return await open_session(database.run, await signed_in(by, **claims), NOW)


async def resumed(database: Database, by: TestIssuer, secret: str, ahead: timedelta = timedelta()) -> Session:
    return await resume_session(database.run, trust(by), secret, NOW + ahead, SessionLimits())


async def found(database: Database, secret: str) -> KeptSession | None:
    return await database.run(lambda records: records.sessions.find(secret_digest(secret)))


def logout(**changes: Any) -> LogoutToken:
    told: dict[str, Any] = {
        "subject": None,
        "session_id": "sid-1",
        "identifier": "logout-1",
        "keep_until": NOW + timedelta(minutes=2),
    }
    return LogoutToken(**(told | changes))


async def test_a_session_ends_where_nobody_may_sign_in_any_more(database: Database) -> None:
    """The issuer itself is still trusted, for access tokens."""
    secret = await opened(database, issuer())
    assert (await resumed(database, issuer(), secret)).person.full_name
    with pytest.raises(SessionEnded):
        await resumed(database, issuer(token_kinds=("jwt_access_token",)), secret)
    assert await found(database, secret) is None


async def test_a_corrected_map_of_levels_corrects_open_sessions(database: Database) -> None:
    secret = await opened(database, issuer())
    before, after = issuer(), issuer(levels={"level-1": LEVEL_1, "level-2": LEVEL_1})
    for by, level in ((before, LEVEL_2), (after, LEVEL_1), (before, LEVEL_2)):
        person = (await resumed(database, by, secret)).person
        assert isinstance(person, VerifiedCitizen)
        assert (person.level, person.acr) == (level, "level-2")


async def test_a_value_that_stands_for_no_level_any_more_ends_the_session(database: Database) -> None:
    secret = await opened(database, issuer())
    with pytest.raises(SessionEnded):
        await resumed(database, issuer(levels={"level-1": LEVEL_1}), secret)
    assert await found(database, secret) is None


async def test_an_official_s_level_is_mapped_anew_too(database: Database) -> None:
    """Also where it was not needed at sign-in: once it is, who did not bring it is out."""
    unmapped, mapped = issuer("officials", levels={}), issuer("officials", levels=LEVELS)
    corrected, gone = issuer("officials", levels={"level-2": LEVEL_1}), issuer("officials", levels={"x": LEVEL_2})
    for now, acr in ((corrected, "level-2"), (gone, "level-2"), (mapped, "level-1"), (mapped, OMIT)):
        secret = await opened(database, unmapped, acr=acr)
        assert (await resumed(database, unmapped, secret)).person
        with pytest.raises(SessionEnded):
            await resumed(database, now, secret)
        assert await found(database, secret) is None
    secret = await opened(database, unmapped, acr="level-2")
    assert (await resumed(database, mapped, secret)).person.acr == "level-2"


HOSTILE = [
    "null",
    "[]",
    "1",
    '"x"',
    "true",
    "",
    "no JSON",
    '{"form":2',
    "[" * 200_000,
    "{}",
    '{"form":true,"people":"citizens"}',
    '{"form":[],"people":{}}',
]


async def spoil(database: Database, raw: str) -> None:
    """As an old version, or whoever can write to the database, may have left it."""
    statement = sa.text(f"UPDATE {sessions.name} SET person = :raw")
    await database.run(lambda records: records._connection.execute(statement, {"raw": raw}).rowcount)


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: raw[:20] or "nothing")
async def test_what_cannot_be_read_ends_the_session(database: Database, raw: str) -> None:
    secret = await opened(database, issuer())
    await spoil(database, raw)
    with pytest.raises(SessionEnded):
        await resumed(database, issuer(), secret)
    assert await found(database, secret) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"form": 1},
        {"form": "2"},
        {"people": "officials"},
        {"sub": 7},
        {"client_id": ["a"]},
        {"personal_id": "1"},
        {"name": None},
        {"birthdate": "2999-01-01"},
        {"birthdate": 7},
        {"acr": None},
        {"acr": ["level-2"]},
        {"acr": OMIT},
        {"scope": 7},
        {"auth_time": True},
        {"auth_time": 10**30},
        {"auth_time": 253_402_300_799},
    ],
    ids=lambda changed: "without acr" if changed == {"acr": OMIT} else str(changed),
)
async def test_one_wrong_field_ends_the_session(database: Database, changed: dict[str, Any]) -> None:
    secret = await opened(database, issuer(), auth_time=NOW_SECONDS)
    kept = await found(database, secret)
    assert kept is not None
    assert isinstance(kept.person, dict)
    person = {name: value for name, value in (kept.person | changed).items() if value is not OMIT}
    await spoil(database, json.dumps(kept.person))
    assert (await resumed(database, issuer(), secret)).person  # as it was, it can be read
    await spoil(database, json.dumps(person))
    with pytest.raises(SessionEnded):
        await resumed(database, issuer(), secret)


async def test_a_clock_that_is_behind_ends_no_session(database: Database) -> None:
    """The issuer's clock ahead of ours within its leeway, and the machine of the next request behind the first's."""
    by = issuer()
    secret = await opened(database, by, auth_time=NOW_SECONDS + by.trusted.leeway_seconds)
    for ahead in (timedelta(), -10 * A_SECOND, -CLOCKS_APART, A_SECOND):
        person = (await resumed(database, by, secret, ahead)).person
        # nobody is taken to have signed in later than now
        assert person.authenticated_at == min(NOW, NOW + ahead)
    with pytest.raises(SessionEnded):
        await resumed(database, by, secret, -CLOCKS_APART - A_SECOND)


@pytest.mark.parametrize(
    ("claims", "goes_back"),
    [
        ({}, True),
        ({"nonce": "n", "at_hash": "h", "auth_time": 1, "acr": "level-2", "amr": ["x"], "azp": "condau"}, True),
        ({"name": "Nguyễn Thị Minh Anh"}, False),
        ({"personal_id": "001194000001"}, False),
        ({"birthdate": "1994-03-08"}, False),
        ({"email": "minh.anh@example.vn"}, False),
        ({"claims": {"name": "x"}}, False),
        ({"sub": "001194000001"}, False),
        ({"sub": "citizen:001194000001"}, False),
        ({"sid": "001194000001-7"}, False),
    ],
    ids=str,
)
async def test_only_a_token_that_tells_nothing_of_the_person_goes_back(
    database: Database, claims: dict[str, Any], goes_back: bool
) -> None:
    """It would stand in an address at sign-out: in the browser's history, in the issuer's log."""
    by = issuer()
    bare = dict.fromkeys(("personal_id", "name", "birthdate", "gender", "client_id", "scope", "acr"), OMIT)
    token = by.mint(header={"typ": "JWT"}, **(bare | {"sid": "sid-1"} | claims))
    whose = await signed_in(by)
    secret = await open_session(database.run, replace(whose, granted=replace(whose.granted, id_token=token)), NOW)
    kept = await found(database, secret)
    assert kept is not None
    assert kept.id_token == (token if goes_back else None)


async def test_a_logout_that_fails_halfway_can_be_brought_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = await opened(database, issuer())

    def fail(*_: Any, **__: Any) -> int:
        raise LookupError("planted")

    iss = issuer().issuer
    with monkeypatch.context() as patched:
        patched.setattr("storage.sign_ins.SqlSessions.end_of_issuer", fail)
        with pytest.raises(LookupError):
            await end_sessions_by_issuer(database.run, iss, logout(), NOW)
    assert await found(database, secret) is not None
    assert await end_sessions_by_issuer(database.run, iss, logout(), NOW) == 1
    assert await found(database, secret) is None
    with pytest.raises(TokenAlreadyUsed):
        await end_sessions_by_issuer(database.run, iss, logout(), NOW)


async def test_a_logout_token_counts_once(database: Database) -> None:
    iss = issuer().issuer
    outcomes = await asyncio.gather(
        *(end_sessions_by_issuer(database.run, iss, logout(), NOW) for _ in range(8)), return_exceptions=True
    )
    assert [one for one in outcomes if isinstance(one, int)] == [0]
    assert {type(one) for one in outcomes if not isinstance(one, int)} == {TokenAlreadyUsed}
    # another issuer's of the same name is another token
    assert await end_sessions_by_issuer(database.run, "https://other.example", logout(), NOW) == 0


async def test_a_session_that_has_ended_at_the_issuer_does_not_open_here(database: Database) -> None:
    """The word came while its code was being redeemed."""
    by = issuer()
    await end_sessions_by_issuer(database.run, by.issuer, logout(), NOW)
    with pytest.raises(SessionEnded):
        await opened(database, by)
    for other in ("sid-2", None):
        assert await found(database, await opened(database, by, session_id=other)) is not None
    elsewhere = issuer()
    elsewhere.issuer = "https://other.example"
    await end_sessions_by_issuer(database.run, "https://other.example", logout(session_id="sid-3"), NOW)
    assert await found(database, await opened(database, by, session_id="sid-3")) is not None


async def test_one_session_at_the_issuer_may_open_many_here(database: Database) -> None:
    """Whoever is signed in there comes back with the same `sid`, after a sign-out here too."""
    secrets = [await opened(database, issuer()) for _ in range(3)]
    assert [await found(database, secret) is not None for secret in secrets] == [True] * 3


async def test_an_account_that_was_ended_as_a_whole_may_sign_in_again(database: Database) -> None:
    by = issuer()
    await opened(database, by)
    everywhere = logout(subject="subject-1", session_id=None)
    assert await end_sessions_by_issuer(database.run, by.issuer, everywhere, NOW) == 1
    assert await found(database, await opened(database, by)) is not None


async def test_what_has_ended_is_forgotten_after_minutes(database: Database) -> None:
    by = issuer()
    await end_sessions_by_issuer(database.run, by.issuer, logout(), NOW)

    def forget(at: Any) -> Callable[[SqlRecords], int]:
        return lambda records: records.redeemed.forget(at)

    await database.run(forget(NOW + ENDED_REMEMBERED))
    with pytest.raises(SessionEnded):
        await opened(database, by)
    await database.run(forget(NOW + ENDED_REMEMBERED + A_SECOND))
    assert await found(database, await opened(database, by)) is not None


async def test_of_opening_and_ending_at_once_no_session_is_left(database: Database) -> None:
    by = issuer()
    whose = await signed_in(by)

    async def open_one(session_id: str) -> str | None:
        try:
            granted = replace(whose.granted, session_id=session_id)
            return await open_session(database.run, replace(whose, granted=granted), NOW)
        except SessionEnded:
            return None

    async def at_once(number: int) -> list[str | None]:
        sid = f"sid-at-once-{number}"
        one, other, _ = await asyncio.gather(
            open_one(sid),
            open_one(sid),
            end_sessions_by_issuer(database.run, by.issuer, logout(session_id=sid, identifier=sid), NOW),
        )
        return [one, other]

    rounds = await asyncio.gather(*(at_once(number) for number in range(60)))
    left = [secret for pair in rounds for secret in pair if secret is not None and await found(database, secret)]
    assert left == []
