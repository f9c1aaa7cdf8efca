"""The register of officials: its word counts at the next request, and an entry that makes no sense lets nobody act."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from identity.citizen import ROLES, VerifiedOfficial
from identity.errors import OfficialNotActive, OfficialNotRegistered, StoreUnavailable
from identity.officials_register import RegisteredOfficial
from identity.person import keep_person
from identity.session import Session, SessionLimits, resume_session
from identity.sessions import KeptSession
from identity.sign_in import secret_digest
from identity.trusted_issuer import OwnClient
from identity.trusted_issuers import TrustedIssuers
from identity.verify_token import require_official, verify_token
from storage import tables
from storage.identity_stores import StoredOfficials
from storage.records import SqlRecords
from storage.runner import Database
from tests.identity.issuer import NOW as TOKEN_NOW
from tests.identity.issuer import TestIssuer
from tests.storage.people import NOW, UNIT

HA = RegisteredOfficial(subject_key="https://issuer.example|subject-1", unit=UNIT, roles=frozenset({"head"}))
OTHER_UNIT = "000.00.16.H26"


async def put(database: Database, *officials: RegisteredOfficial) -> None:
    for official in officials:
        await database.run(lambda records, one=official: records.officials.put(one, NOW))


@pytest.mark.parametrize("official", [HA, replace(HA, roles=ROLES), replace(HA, is_active=False)])
async def test_an_entry_comes_back_as_it_was_put(database: Database, official: RegisteredOfficial) -> None:
    find = StoredOfficials(database)
    assert await find(HA.subject_key) is None
    await put(database, official)
    assert await find(HA.subject_key) == official
    for other in (HA.subject_key + "0", HA.subject_key.upper(), "", "subject-1"):
        assert await find(other) is None


async def test_the_last_word_replaces_the_one_before(database: Database) -> None:
    later = replace(HA, unit=OTHER_UNIT, roles=frozenset({"caseworker"}), is_active=False)
    await put(database, HA)
    await database.run(lambda records: records.officials.put(later, NOW + timedelta(days=1)))
    assert await database.run(lambda records: records.officials.list()) == [later]
    query = sa.select(tables.officials.c.changed_at)
    assert await database.run(lambda r: r._connection.execute(query).scalar_one()) == NOW + timedelta(days=1)


async def test_the_list_holds_all_of_them_in_order(database: Database) -> None:
    others = [replace(HA, subject_key=f"https://issuer.example|{name}", is_active=name != "c") for name in "bca"]
    await put(database, *others)
    assert await database.run(lambda records: records.officials.list()) == sorted(others, key=lambda o: o.subject_key)


async def test_who_is_removed_is_unknown(database: Database) -> None:
    await put(database, HA)
    assert await database.run(lambda records: records.officials.remove(HA.subject_key))
    assert not await database.run(lambda records: records.officials.remove(HA.subject_key))
    assert await StoredOfficials(database)(HA.subject_key) is None


@pytest.mark.parametrize(
    "official",
    [
        replace(HA, roles=frozenset()),
        replace(HA, unit=""),
        replace(HA, roles=frozenset({"head", "minister"})),
        replace(HA, roles=frozenset({"minister"}), is_active=False),
    ],
)
async def test_an_entry_that_makes_no_sense_is_not_put(database: Database, official: RegisteredOfficial) -> None:
    with pytest.raises(ValueError, match="an official"):
        await put(database, official)
    assert await StoredOfficials(database)(HA.subject_key) is None


BROKEN_ROLES = ["null", "1", "[[1]]", '"head"', '["head", "minister"]', '["minister"]', "[]", "{}", "nonsense", ""]


async def spoil(database: Database, **broken: object) -> None:
    assignments = ", ".join(f"{column} = :{column}" for column in broken)
    statement = sa.text(f"UPDATE officials SET {assignments}")
    await database.run(lambda records: records._connection.execute(statement, broken).rowcount)


@pytest.mark.parametrize("broken", [*({"roles": roles} for roles in BROKEN_ROLES), {"unit": ""}], ids=str)
async def test_an_entry_that_makes_no_sense_lets_nobody_act(
    database: Database, broken: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    issuer = TestIssuer(people="officials")
    issuers = TrustedIssuers([issuer.trusted], fetch=issuer.fetch, find_official=StoredOfficials(database))
    await put(database, HA)
    await spoil(database, **broken)
    with pytest.raises(OfficialNotActive):
        await verify_token(issuer.mint(), issuers, TOKEN_NOW)
    assert "cannot be read" in caplog.text
    assert HA.subject_key not in caplog.text
    # and the operator sees and mends it
    listed = await database.run(lambda records: records.officials.list())
    assert [(one.subject_key, one.is_active) for one in listed] == [(HA.subject_key, False)]
    await put(database, HA)
    assert require_official(await verify_token(issuer.mint(), issuers, TOKEN_NOW)).roles == {"head"}


async def test_the_register_wins_over_the_token_from_the_next_request_on(database: Database) -> None:
    issuer = TestIssuer(people="officials")
    issuers = TrustedIssuers([issuer.trusted], fetch=issuer.fetch, find_official=StoredOfficials(database))

    async def act() -> VerifiedOfficial:
        return require_official(await verify_token(issuer.mint(), issuers, TOKEN_NOW))

    official = await act()
    assert (official.unit, official.roles) == (UNIT, {"caseworker"})
    await put(database, replace(HA, unit=OTHER_UNIT))
    official = await act()
    assert (official.unit, official.roles) == (OTHER_UNIT, {"head"})
    await put(database, replace(HA, is_active=False))
    with pytest.raises(OfficialNotActive):
        await act()


async def test_where_the_register_alone_counts_nobody_else_acts(database: Database) -> None:
    issuer = TestIssuer(people="officials", unit_and_roles="register")
    issuers = TrustedIssuers([issuer.trusted], fetch=issuer.fetch, find_official=StoredOfficials(database))
    with pytest.raises(OfficialNotRegistered):
        await verify_token(issuer.mint(), issuers, TOKEN_NOW)
    await put(database, HA)
    assert require_official(await verify_token(issuer.mint(), issuers, TOKEN_NOW)).roles == {"head"}


async def test_a_register_that_is_away_lets_nobody_act() -> None:
    issuer = TestIssuer(people="officials")
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", clock=lambda: NOW)
    issuers = TrustedIssuers([issuer.trusted], fetch=issuer.fetch, find_official=StoredOfficials(database))
    try:
        with pytest.raises(StoreUnavailable):
            await verify_token(issuer.mint(), issuers, TOKEN_NOW)
    finally:
        await database.dispose()


async def test_a_session_outlives_a_register_that_is_away_and_lets_nobody_act_meanwhile(database: Database) -> None:
    issuer = TestIssuer(
        people="officials", token_kinds=("jwt_access_token", "sign_in"), own_client=OwnClient(client_id="condau")
    )
    kept = KeptSession(
        secret_digest=secret_digest("secret"),
        issuer=issuer.issuer,
        subject="subject-1",
        session_id=None,
        person=keep_person(await issuer.official()),
        form_token="form",
        opened_at=TOKEN_NOW,
        seen_at=TOKEN_NOW,
    )
    await database.run(lambda records: records.sessions.open(kept))

    async def resume(officials: Database) -> Session:
        issuers = TrustedIssuers([issuer.trusted], find_official=StoredOfficials(officials))
        return await resume_session(database.run, issuers, "secret", TOKEN_NOW, SessionLimits())

    away = Database("postgresql://nobody@127.0.0.1:1/nothing", clock=lambda: NOW)
    try:
        with pytest.raises(StoreUnavailable) as refused:
            await resume(away)
        assert (refused.value.__cause__, refused.value.__context__) == (None, None)
    finally:
        await away.dispose()
    assert (await resume(database)).person.subject == "subject-1"


async def test_who_works_in_a_unit_is_what_the_register_says_now(database: Database) -> None:
    """Held by the process, and asked for anew once another process has changed anything."""

    async def holders() -> list[str]:
        found = await database.run(lambda records: records.officials.of_unit(UNIT, "head"))
        return [official.subject_key for official in found]

    def put_and_read(records: SqlRecords, official: RegisteredOfficial) -> list[str]:
        records.officials.put(official, NOW)
        return [one.subject_key for one in records.officials.of_unit(UNIT, "head")]

    second = replace(HA, subject_key=HA.subject_key + "2")
    elsewhere = Database(database.address.dbos_url, clock=lambda: NOW, vault=database.vault)
    assert await holders() == []
    assert await elsewhere.run(lambda records: put_and_read(records, HA)) == [HA.subject_key]
    assert await holders() == await holders() == [HA.subject_key]
    with pytest.raises(LookupError):
        await database.run(lambda records: [put_and_read(records, second), {}["rolled back"]])
    assert await holders() == [HA.subject_key]
    await elsewhere.run(lambda records: records.officials.put(second, NOW))
    assert await holders() == [HA.subject_key, second.subject_key]
    await elsewhere.run(lambda records: records.officials.put(replace(HA, is_active=False), NOW))
    assert await holders() == [second.subject_key]
    await elsewhere.run(lambda records: records.officials.remove(second.subject_key))
    assert await holders() == []
    await elsewhere.dispose()
