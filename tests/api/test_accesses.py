"""Whoever is shown a person's data was written down before; the person reads it, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.application_answers import CASE
from api.present.access import PURPOSES, SHOWN
from issuance.accesses import Purpose
from issuance.agencies.import_units import install_units
from storage.ledger_tables import access_subjects, accesses
from storage.runner import Database
from tests.api.house import House, open_house
from tests.api.population import KnowsOne
from tests.api.test_bodies import COURT, PATH, REQUEST
from tests.api.test_every_route import OFFICIALS, TABLE, Scene
from tests.api.test_evidence import brought

NAME, NUMBER = "Nguyễn Thị Minh Anh", "001195000001"


def recorded(house: House) -> list[Mapping[str, Any]]:
    """Each access with the number of those whose data it showed."""
    whose = sa.select(sa.func.count()).where(access_subjects.c.access_id == accesses.c.id).scalar_subquery()
    query = sa.select(accesses, whose.label("whose")).order_by(accesses.c.id)
    return house.office.database.run_blocking(
        lambda records: [dict(row) for row in records._connection.execute(query).mappings()]
    )


@pytest.fixture
async def scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """A case with a question and a paper, whose applicant's name and number are known."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, population_facts=KnowsOne()) as house:
        code = (await house.apply(house.citizen(name=NAME, personal_id=NUMBER)))["code"]
        asked = {"text": f"{NAME}: khi nào có kết quả?"}
        answer = await house.post(f"/v1/applications/{code}/questions", house.citizen(), json=asked)
        assert answer.status_code == 201, answer.text
        described = house.app.openapi()["paths"]
        operations = {
            f"{method.upper()} {path}": operation
            for path, methods in described.items()
            for method, operation in methods.items()
        }
        yield Scene(house, operations, code, code)
    await database.dispose()


async def shown_without_a_note(scene: Scene, who: str) -> tuple[list[str], list[str]]:
    """The routes that have shown the person to this official, and those of them of which nothing is written down."""
    bodies: list[str] = []

    async def keep(answer: httpx.Response) -> None:
        bodies.append((await answer.aread()).decode("utf-8", "replace"))

    scene.house.client.event_hooks["response"] = [keep]
    showing, unnoted = [], []
    for route, allowed in TABLE.items():
        if who not in allowed or not allowed <= OFFICIALS:
            continue
        before = len(recorded(scene.house))
        await scene.ask(route, who, scene.own)
        if NAME in bodies[-1] or NUMBER in bodies[-1]:
            showing.append(route)
            if len(recorded(scene.house)) == before:
                unnoted.append(route)
    return showing, unnoted


@pytest.mark.parametrize("who", ["caseworker", "head"])
async def test_no_route_shows_an_official_a_person_without_a_note(scene: Scene, who: str) -> None:
    """Every route of the description that is for officials, asked about a case of their unit."""
    showing, unnoted = await shown_without_a_note(scene, who)
    assert unnoted == []
    assert {"GET /v1/desk/applications/{code}", "GET /v1/desk/questions"} <= set(showing)


async def test_a_route_that_forgets_it_would_be_noticed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.application_answers.record_access", lambda *_, **__: None)
    _, unnoted = await shown_without_a_note(scene, "head")
    assert "GET /v1/desk/applications/{code}" in unnoted


async def test_the_person_reads_who_has_seen_her_application(house_on_both: House) -> None:
    house = house_on_both
    code = (await house.apply())["code"]
    await house.get(f"/v1/desk/applications/{code}", house.official())
    await house.post(f"/v1/desk/applications/{code}/ownership", house.official(), key="once")
    await house.post(f"/v1/desk/applications/{code}/ownership", house.official(), key="once")
    page = (await house.get("/v1/accesses", house.citizen())).json()
    assert [one["applications"] for one in page["items"]] == [[code]] * 3
    assert {one["purpose"] for one in page["items"]} == {"settle_case"}
    first = page["items"][-1]
    assert (first["unit"], first["roles"], first["shown_name"]) == (
        "000.00.15.H26",
        ["caseworker"],
        "The whole application",
    )
    # Who it was is the same each time, and nobody by name or account.
    assert len({one["reader"] for one in page["items"]}) == 1
    assert "Phạm Thu Hà" not in str(page)
    assert "officials" not in str(page)
    vi = (await house.get("/v1/accesses", house.citizen() | {"Accept-Language": "vi"})).json()
    assert vi["items"][0]["purpose_name"] == "Giải quyết hồ sơ"


async def test_pages_follow_each_other(house: House) -> None:
    code = (await house.apply())["code"]
    for _ in range(5):
        await house.get(f"/v1/desk/applications/{code}", house.official())
    seen, address = [], "/v1/accesses?limit=2"
    while address:
        page = (await house.get(address, house.citizen())).json()
        seen += [one["at"] for one in page["items"]]
        address = page["next"]
    assert len(seen) == 5
    assert (await house.get("/v1/accesses?cursor=nonsense", house.citizen())).json()["code"] == "invalid_cursor"


async def test_a_search_is_told_to_whom_it_was_for_and_to_nobody_else(house: House) -> None:
    mine = (await house.apply())["code"]
    other = house.citizen(sub="another", personal_id="001195000099")
    theirs = (await house.apply(other))["code"]
    number = house.stored(mine).applicant.personal_id
    found = await house.post("/v1/desk/applications/search", house.official(), json={"personal_id": number})
    assert [one["code"] for one in found.json()["items"]] == [mine]
    assert (await house.get("/v1/accesses", other)).json()["items"] == []
    # By the beginning of a code both are found, and each reads of her own alone.
    await house.post("/v1/desk/applications/search", house.official(), json={"code": mine[:-4]})
    for headers, codes in ((house.citizen(), [[mine], [mine]]), (other, [[theirs]])):
        items = (await house.get("/v1/accesses", headers)).json()["items"]
        assert [one["applications"] for one in items] == codes
        assert {one["purpose"] for one in items} == {"search"}


async def test_who_was_looked_for_and_not_found_reads_it_too(house: House) -> None:
    nobody = house.citizen(sub="another", personal_id="001195000099")
    await house.post("/v1/desk/applications/search", house.official(), json={"personal_id": "001195000099"})
    (item,) = (await house.get("/v1/accesses", nobody)).json()["items"]
    assert (item["purpose"], item["applications"]) == ("search", [])


async def test_a_paper_that_is_downloaded_is_noted(house: House) -> None:
    code, paper = await brought(house)
    before = len(recorded(house))
    path = f"/v1/desk/applications/{code}/evidence/{paper['id']}/file"
    assert (await house.get(path, house.official())).status_code == 200
    (noted,) = recorded(house)[before:]
    assert (noted["purpose"], noted["shown"], noted["whose"]) == (Purpose.SETTLE_CASE.value, "paper", 1)


async def test_what_a_body_asks_about_somebody_is_noted_and_not_told_to_that_person(house: House) -> None:
    house.office.do(lambda records: install_units(records, house.office.at))
    court = house.official(**COURT)
    code = (await house.post(PATH, court, json=REQUEST)).json()["code"]
    assert (await house.get(f"{PATH}/{code}", court)).status_code == 200
    assert [one["purpose"] for one in recorded(house)] == ["proceedings", "proceedings"]
    desk = house.official()
    assert (await house.get(f"/v1/desk/applications/{code}", desk)).status_code == 200
    person = house.citizen(sub="somebody", personal_id=REQUEST["subject"]["personal_id"])
    assert (await house.get("/v1/accesses", person)).json()["items"] == []


async def test_where_it_cannot_be_written_nothing_is_shown(house: House) -> None:
    code = (await house.apply())["code"]
    house.office.database.run_blocking(
        lambda records: records._connection.exec_driver_sql(
            "CREATE TRIGGER none_today BEFORE INSERT ON accesses BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    )
    refused = await house.get(f"/v1/desk/applications/{code}", house.official())
    assert (refused.status_code, NAME in refused.text) == (500, False)
    assert (await house.get(f"/v1/applications/{code}", house.citizen())).status_code == 200


def test_whatever_is_noted_has_words() -> None:
    root = Path(__file__).parents[2]
    sources = [file.read_text(encoding="utf-8") for part in ("api", "issuance") for file in (root / part).rglob("*.py")]
    noted = {word for source in sources for word in re.findall(r'record_access\([^"\n]*Purpose\.\w+, "(\w+)"', source)}
    assert len(noted) >= 8
    assert noted | {CASE, "postal_list", "labels"} <= SHOWN.keys()
    assert PURPOSES.keys() == set(Purpose)
