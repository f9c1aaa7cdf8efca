"""The walk of a case over HTTP: what may be done is linked, what may not is refused, and versions are held apart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.house import House
from tests.issuance.settlement.people import NAMES, PERSONS, ROLES, TWO_STEPS, key_of, pay, register


@pytest.fixture
def house(house: House) -> House:
    house.office.at = TWO_STEPS
    register(house.office, "an", "binh", "cuong")
    return house


def official(house: House, name: str, **claims: Any) -> dict[str, str]:
    claims = {"sub": name, "name": NAMES[name], "personal_id": PERSONS[name], "roles": [ROLES[name]]} | claims
    return house.official(**claims)


async def new_case(house: House) -> str:
    """An application that is paid for, with the register's answer; it is An's."""
    code: str = (await house.apply())["code"]
    application = house.stored(code)
    if not application.is_fee_settled:
        pay(house.office, application)
    house.register_answers(code)
    return f"/v1/desk/applications/{code}"


async def test_a_case_shows_whose_turn_it_is_and_what_may_be_done(house: House) -> None:
    path = await new_case(house)
    hers = (await house.get(path, official(house, "an"))).json()["turn"]
    his = (await house.get(path, official(house, "binh"))).json()["turn"]
    heads = (await house.get(path, official(house, "cuong"))).json()["turn"]

    assert hers["owner"] == {"name": NAMES["an"], "account": key_of("an")}
    assert (hers["step"], hers["role"], hers["procedure_version"]) == ("review", "caseworker", 2)
    assert hers["promised_at"] == "2025-06-16T10:00:00+00:00"
    assert hers["step_due_at"] == "2025-06-10T10:00:00+00:00"
    assert sorted(hers["links"]) == ["outcomes", "papers_request", "register_questions", "stop"]
    assert [one["id"] for one in hers["outcomes"]] == ["propose", "refuse"]
    assert (his["links"], his["outcomes"], his["not_possible"]) == ({}, [], "not_yours")
    assert {"assignment", "ownership"} <= set(heads["links"])


async def test_every_link_does_what_it_says(house: House) -> None:
    path = await new_case(house)
    an, binh, cuong = (official(house, name) for name in ("an", "binh", "cuong"))

    async def turn(step: str, who: dict[str, str], **request: Any) -> dict[str, Any]:
        answer = await house.post(f"{path}/{step}", who, **request)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["turn"]
        return found

    assert (await turn("assignment", cuong, json={"official": key_of("binh")}))["owner"]["name"] == NAMES["binh"]
    assert (await turn("ownership", cuong))["owner"]["name"] == NAMES["cuong"]
    await turn("assignment", cuong, json={"official": key_of("an")})
    asked = await turn("papers-request", an, json={"text": "Giấy xác nhận cư trú", "until": "2025-06-05"})
    assert (asked["asked"]["until"], asked["paused_since"]) == ("2025-06-05", house.office.at.isoformat())
    assert sorted(asked["links"]) == ["outcomes", "resumption", "stop"]
    house.office.at += timedelta(days=1)
    resumed = await turn("resumption", official(house, "an"))
    assert (resumed["asked"], resumed["paused_since"]) == (None, None)
    await turn("register-questions", official(house, "an"))
    house.register_answers(path.rpartition("/")[2])
    proposed = await turn("outcomes", official(house, "an"), json={"outcome": "propose"})
    assert (proposed["step"], proposed["owner"]["name"]) == ("decision", NAMES["cuong"])
    refused = await house.post(f"{path}/outcomes", official(house, "cuong"), json={"outcome": "refuse"})
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_missing")
    stopped = await house.post(f"{path}/stop", official(house, "cuong"), json={"reason": "Trùng hồ sơ"})
    view = stopped.json()
    assert (view["application"]["decision"]["outcome"], view["application"]["decision"]["by"]) == (
        "stopped",
        NAMES["cuong"],
    )
    assert view["application"]["decision"]["paid_vnd"] > 0
    assert [one["outcome"] for one in view["turn"]["steps"]] == ["propose", "stopped"]
    assert (view["turn"]["links"], binh["Authorization"] != an["Authorization"]) == ({}, True)


async def test_refusals_name_what_helps(house: House) -> None:
    path = await new_case(house)
    taken = await house.post(f"{path}/ownership", official(house, "binh"))
    assert (taken.status_code, taken.json()["code"], taken.json()["owner"]) == (409, "not_yours", NAMES["an"])
    approved = await house.post(f"{path}/approval", official(house, "an"))
    assert (approved.status_code, approved.json()["code"]) == (409, "outcome_not_offered")
    assert (approved.json()["step"], approved.json()["outcomes"]) == ("review", ["propose", "refuse"])
    given = await house.post(f"{path}/assignment", official(house, "cuong"), json={"official": key_of("nobody")})
    assert (given.status_code, given.json()["code"]) == (409, "assignment_refused")
    asked = await house.post(
        f"{path}/papers-request", official(house, "an"), json={"text": "Giấy", "until": "2025-13-45"}
    )
    assert (asked.status_code, asked.json()["problems"]) == (422, [{"pointer": "/until", "rule": "wrong_format"}])


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("ownership", None),
        ("assignment", {"official": key_of("an")}),
        ("outcomes", {"outcome": "propose"}),
        ("papers-request", {"text": "Giấy", "until": "2025-06-05"}),
        ("resumption", None),
        ("stop", {"reason": "x"}),
        ("register-questions", None),
    ],
)
async def test_another_units_case_is_unknown(house: House, step: str, body: dict[str, Any] | None) -> None:
    path = await new_case(house)
    elsewhere = official(house, "cuong", unit="000.00.16.H26")
    foreign = await house.post(f"{path}/{step}", elsewhere, json=body)
    unknown = await house.post(f"{path}9/{step}", elsewhere, json=body)
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    wrong = await house.post(f"{path}/{step}", official(house, "an", roles=["operator"]), json=body)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "role_missing")


async def test_a_change_may_name_the_version_that_was_read(house: House) -> None:
    path, an = await new_case(house), official(house, "an")
    read = await house.get(path, an)
    tag = read.headers["ETag"]
    assert tag == f'"{read.json()["turn"]["version"]}"'
    proposal = {"outcome": "propose"}
    await house.post(f"{path}/register-questions", an)
    late = await house.post(f"{path}/outcomes", an | {"If-Match": tag}, json=proposal)
    assert (late.status_code, late.json()["code"]) == (412, "application_changed")
    for wrong in ('W/"1"', "nonsense", '"1", "2"'):
        refused = await house.post(f"{path}/outcomes", an | {"If-Match": wrong}, json=proposal)
        assert refused.status_code == 412
    # Who may not act at all is told that, whatever version was meant; and nothing was done so far.
    for who, status in (
        (official(house, "binh", roles=["operator"]), 403),
        (official(house, "binh", unit="000.00.16.H26"), 404),
    ):
        refused = await house.post(f"{path}/outcomes", who | {"If-Match": tag}, json=proposal)
        assert refused.status_code == status
    house.register_answers(path.rpartition("/")[2])
    stale = await house.post(f"{path}/outcomes", an | {"If-Match": tag}, json=proposal)
    assert stale.status_code == 412
    tag = (await house.get(path, an)).headers["ETag"]
    done = await house.post(f"{path}/outcomes", an | {"If-Match": tag}, json=proposal)
    assert done.status_code == 200
    assert done.headers["ETag"] == f'"{done.json()["turn"]["version"]}"' != tag


async def test_the_citizen_reads_what_is_asked_and_says_when_it_is_there(house: House) -> None:
    path = await new_case(house)
    own = path.replace("/desk/", "/")
    asked = {"text": "Giấy xác nhận cư trú", "until": "2025-06-05"}
    await house.post(f"{path}/papers-request", official(house, "an"), json=asked)
    view = (await house.get(own, house.citizen())).json()
    assert (view["state"], view["asked"]["text"]) == ("more_papers_asked", "Giấy xác nhận cư trú")
    stranger = house.citizen(sub="somebody-else", personal_id="001194000009")
    assert (await house.post(view["links"]["papers_given"], stranger)).status_code == 404
    given = (await house.post(view["links"]["papers_given"], house.citizen())).json()
    assert (given["state"], given["asked"]) == ("in_progress", None)
    again = await house.post(f"{own}/papers-given", house.citizen())
    assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
