"""What the population register answers is read strictly; whatever is no answer is never taken for one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from identity.errors import PopulationRegisterUnavailable
from identity.personal_id import PersonalId
from identity.population_register import HttpPopulationRegister, read_answer
from simulators.population_register import create_population_register
from tests.identity.issuer import NOW
from tests.simulators.serving import serve

MOTHER, FATHER, CHILD = PersonalId("001194000001"), PersonalId("001091000003"), PersonalId("001219000021")
ABOUT = {
    "full_name": "Lê Minh Khôi",
    "birth_date": "2019-04-12",
    "sex": "male",
    "guardians": ["001091000003", "001194000001"],
}
ANSWER = {
    "guardian_id": MOTHER.digits,
    "child_id": CHILD.digits,
    "reference": "CSDLDC-1",
    "answered_at": "2024-06-03T02:00:00+00:00",
    "relation": "mother",
    "child": ABOUT,
}
NO_RELATION = ANSWER | {"relation": None, "child": None}


def raw(answer: object) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


def about(**changes: Any) -> dict[str, Any]:
    return ANSWER | {"child": ABOUT | changes}


async def test_families_of_the_simulated_register() -> None:
    with serve(lambda _: create_population_register(lambda: NOW)) as url:
        register = HttpPopulationRegister(url)
        child = await register.child_of(MOTHER, CHILD)
        assert child is not None
        assert (child.relation, child.full_name, child.birth_date) == ("mother", "Lê Minh Khôi", date(2019, 4, 12))
        assert (child.guardian_id, child.personal_id, child.answered_at) == (MOTHER, CHILD, NOW)
        assert child.guardians == {MOTHER, FATHER}
        assert await register.child_of(PersonalId("001304000004"), CHILD) is None
        assert await register.child_of(MOTHER, PersonalId("001219999999")) is None


def test_an_honest_answer_is_read() -> None:
    child = read_answer(raw(ANSWER), MOTHER, CHILD)
    assert child is not None
    assert (child.reference, child.sex) == ("CSDLDC-1", "male")
    assert read_answer(raw(NO_RELATION), MOTHER, CHILD) is None
    without_sex = read_answer(raw(about(sex=None)), MOTHER, CHILD)
    assert without_sex is not None
    assert without_sex.sex is None


@pytest.mark.parametrize(
    "answer",
    [
        *({name: value for name, value in ANSWER.items() if name != left} for left in ANSWER),
        *(ANSWER | {"child": {n: v for n, v in ABOUT.items() if n != left}} for left in ABOUT),
        ANSWER | {"more": 1},
        about(more=1),
        ANSWER | {"guardian_id": FATHER.digits},
        ANSWER | {"child_id": "001322000022"},
        NO_RELATION | {"child_id": "001322000022"},
        ANSWER | {"relation": None},
        ANSWER | {"child": None},
        ANSWER | {"relation": "uncle"},
        ANSWER | {"relation": ["mother"]},
        ANSWER | {"relation": True},
        ANSWER | {"child": [ABOUT]},
        ANSWER | {"reference": ""},
        ANSWER | {"reference": "x" * 256},
        ANSWER | {"reference": 7},
        ANSWER | {"answered_at": "2024-06-03T02:00:00"},
        ANSWER | {"answered_at": 1717380000},
        ANSWER | {"answered_at": "hôm nay"},
        about(full_name=""),
        about(full_name="Lê\u202e Khôi"),
        about(full_name="x" * 201),
        about(full_name=None),
        about(birth_date="20190412"),
        about(birth_date="2019-W15-5"),
        about(birth_date="2019-02-30"),
        about(birth_date="2019"),
        about(birth_date=None),
        about(sex="nam"),
        about(sex=["male"]),
        about(guardians=MOTHER.digits),
        about(guardians=["1"]),
        about(guardians=[1194000001]),
        about(guardians=[MOTHER.digits] * 17),
        [ANSWER],
        "mother",
        None,
    ],
)
def test_an_answer_of_another_shape_is_no_answer(answer: object) -> None:
    with pytest.raises(PopulationRegisterUnavailable) as refused:
        read_answer(raw(answer), MOTHER, CHILD)
    assert str(refused.value) == "The population register's answer cannot be used."
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_a_name_that_stands_twice_is_no_answer() -> None:
    twice = raw(ANSWER).replace(b'"relation": "mother"', b'"relation": null, "relation": "mother"')
    with pytest.raises(PopulationRegisterUnavailable):
        read_answer(twice, MOTHER, CHILD)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_none(body: bytes) -> None:
    with pytest.raises(PopulationRegisterUnavailable):
        read_answer(body, MOTHER, CHILD)


@given(st.sampled_from(sorted(ANSWER)), st.sampled_from(["", *sorted(ABOUT)]), _json)
def test_any_json_in_any_place_is_refused_or_about_these_two(place: str, inner: str, value: object) -> None:
    changed = about(**{inner: value}) if place == "child" and inner else ANSWER | {place: value}
    try:
        child = read_answer(raw(changed), MOTHER, CHILD)
    except PopulationRegisterUnavailable:
        return
    assert child is None or (child.guardian_id, child.personal_id) == (MOTHER, CHILD)


async def _drip() -> AsyncIterator[bytes]:
    for byte in raw(ANSWER):
        await asyncio.sleep(0.05)
        yield bytes([byte])


def _register(url: str) -> Starlette:
    async def answer(request: Request) -> Response:
        assert request.headers["content-type"] == "application/json"
        assert await request.json() == {"guardian_id": MOTHER.digits, "child_id": CHILD.digits}
        match request.path_params["how"]:
            case "elsewhere":
                return RedirectResponse(f"{url}/honest/guardianships", 307)
            case "nowhere":
                return Response(status_code=302, headers={"location": "https://xn--a/"})
            case "absent":
                return Response(raw(NO_RELATION), 404)
            case "broken":
                return Response(raw(ANSWER), 500)
            case "huge":
                return Response(raw(ANSWER) + b" " * 20_000)
            case "packed":
                return Response(raw(ANSWER), headers={"content-encoding": "identity"})
            case "slow":
                return StreamingResponse(_drip())
        return Response(raw(ANSWER))

    return Starlette(routes=[Route("/{how}/guardianships", answer, methods=["POST"])])


async def test_no_answer_in_time_in_size_or_from_the_right_place_is_no_answer() -> None:
    with serve(_register) as url:
        assert await HttpPopulationRegister(f"{url}/honest/").child_of(MOTHER, CHILD)
        for how in ("elsewhere", "nowhere", "absent", "broken", "huge", "packed", "slow"):
            register = HttpPopulationRegister(f"{url}/{how}", total_timeout_seconds=1.0)
            with pytest.raises(PopulationRegisterUnavailable) as refused:
                await register.child_of(MOTHER, CHILD)
            assert refused.value.__context__ is None
    with pytest.raises(PopulationRegisterUnavailable) as refused:
        await HttpPopulationRegister(url).child_of(MOTHER, CHILD)
    # httpx's errors hold the request, and with it both numbers
    assert refused.value.__context__ is None


@pytest.mark.parametrize("address", ["http://register.example", "register.example", "https://u:p@register.example", ""])
def test_personal_numbers_travel_over_https_only(address: str) -> None:
    with pytest.raises(ValueError, match="https only"):
        HttpPopulationRegister(address)
