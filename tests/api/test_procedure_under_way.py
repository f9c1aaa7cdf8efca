"""A procedure that changes while applications are under way: each goes to its end by the version it began with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.api.house import House
from tests.api.procedure_office import PROCEDURES, head, own_procedure, published
from tests.api.test_bad_input import check_problem


def desk(code: str, what: str = "") -> str:
    return f"/v1/desk/applications/{code}{what}"


async def begin(house: House, day: int) -> str:
    """An application of that day of June 2024, to which the register has answered."""
    house.office.at = datetime(2024, 6, day, 2, 0, tzinfo=UTC)
    code: str = (await house.apply())["code"]
    house.register_answers(code)
    return code


def began_with(house: House, code: str) -> tuple[str, int, str]:
    found = house.stored(code)
    return found.procedure.id, found.procedure.version, found.step


async def outcome(house: House, code: str, who: dict[str, str], outcome_id: str, **more: Any) -> dict[str, Any]:
    answer = await house.post(desk(code, "/outcomes"), who, json={"outcome": outcome_id, **more})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_each_goes_on_by_the_version_it_began_with(house_on_both: House) -> None:
    house = house_on_both
    monday = await begin(house, 3)
    await published(house, own_procedure(1, "2024-06-04"))
    tuesday = await begin(house, 4)
    # The next version has one step: the caseworker signs.
    alone = own_procedure(2, "2024-06-05", start="sign")
    alone["steps"] = [alone["steps"][1] | {"role": "caseworker"}]
    alone["steps"][0]["outcomes"] = alone["steps"][0]["outcomes"][:2]
    await published(house, alone)
    wednesday = await begin(house, 5)

    assert began_with(house, monday) == ("criminal_record_form_1", 1, "review")
    assert began_with(house, tuesday) == ("extract_in_two_steps", 1, "examine")
    assert began_with(house, wednesday) == ("extract_in_two_steps", 2, "sign")

    # Monday's: one step, a caseworker approves. Tuesday's: he proposes, and only the head approves.
    assert (await house.post(desk(monday, "/approval"), house.official())).status_code == 200
    check_problem(await house.post(desk(tuesday, "/approval"), house.official()), 409, "outcome_not_offered")
    await outcome(house, tuesday, house.official(), "propose")
    assert began_with(house, tuesday) == ("extract_in_two_steps", 1, "sign")
    refused = await house.post(desk(tuesday, "/approval"), house.official())
    assert refused.status_code in (403, 409), refused.text
    assert house.stored(tuesday).decision is None
    await outcome(house, tuesday, head(house), "return")
    assert began_with(house, tuesday) == ("extract_in_two_steps", 1, "examine")
    await outcome(house, tuesday, house.official(), "propose")
    assert (await house.post(desk(tuesday, "/approval"), head(house))).status_code == 200
    assert (await house.post(desk(wednesday, "/approval"), house.official())).status_code == 200

    for code in (monday, tuesday, wednesday):
        decision = house.stored(code).decision
        assert decision is not None
        assert decision.outcome == "approved"


async def test_what_began_with_a_withdrawn_one_goes_on_with_it(house_on_both: House) -> None:
    house = house_on_both
    await published(house, own_procedure(1, "2024-06-03"))
    code = await begin(house, 3)
    withdrawal = f"{PROCEDURES}/extract_in_two_steps/1/withdrawal"
    answer = await house.post(withdrawal, head(house), json={"reason": "Gộp lại một bước."})
    assert answer.status_code == 200, answer.text

    assert began_with(house, await begin(house, 3)) == ("criminal_record_form_1", 1, "review")
    await outcome(house, code, house.official(), "propose")
    await outcome(house, code, head(house), "approve")
    decision = house.stored(code).decision
    assert decision is not None
    assert decision.outcome == "approved"
