"""The population register over real HTTP, and both simulated ones when they misbehave: nonsense is no answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from issuance.errors import RegisterUnavailable
from issuance.registers.judicial import CompleteRecord, HttpJudicialRegister, RegisterAnswer
from issuance.registers.population import HttpPopulationFacts, PopulationAnswer
from issuance.registers.source import answer_from_json, answer_to_json
from simulators.faults import OTHER_NAME, Fault, FaultKind, Faults
from simulators.judicial_register import create_judicial_register
from simulators.population_register import create_population_register
from tests.simulators.serving import serve

AT = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)
CUONG: dict[str, Any] = {
    "personal_id": "001080000666",
    "full_name": "Đỗ Mạnh Cường",
    "birth_date": date(1980, 2, 14),
}
NOBODY: dict[str, Any] = CUONG | {"personal_id": "001080999999"}


def judicial(faults: Faults) -> Starlette:
    return create_judicial_register(lambda: AT, faults=faults)


def population(faults: Faults) -> Starlette:
    return create_population_register(lambda: AT, faults=faults)


def test_the_register_says_what_it_knows_of_a_person() -> None:
    with serve(lambda _: population(Faults())) as url:
        register = HttpPopulationFacts(url)
        answer = register.look_up(**CUONG)
        register.close()
    assert (answer.full_name, answer.birth_date) == (CUONG["full_name"], CUONG["birth_date"])
    assert (answer.marital_status, answer.spouse_name, answer.answered_at) == ("divorced", None, AT)
    assert answer_from_json(answer_to_json(answer)) == answer
    assert "Cường" not in repr(answer)


def test_whom_the_register_does_not_know_it_gives_no_answer_about() -> None:
    with serve(lambda _: population(Faults())) as url:
        register = HttpPopulationFacts(url)
        with pytest.raises(RegisterUnavailable) as refused:
            register.look_up(**NOBODY)
        register.close()
    assert NOBODY["personal_id"] not in str(refused.value)


def test_only_the_complete_record_has_what_is_expunged() -> None:
    with serve(lambda _: judicial(Faults())) as url:
        registers = [HttpJudicialRegister(url, kind=kind) for kind in (RegisterAnswer, CompleteRecord)]
        current, complete = (register.look_up(**CUONG) for register in registers)
        for register in registers:
            register.close()
    assert (type(current), len(current.convictions)) == (RegisterAnswer, 1)
    assert (type(complete), len(complete.convictions)) == (CompleteRecord, 2)
    assert answer_from_json(answer_to_json(complete)) == complete
    assert "Trộm" not in repr(current)


@pytest.mark.parametrize("kind", ["error", "garbage", "wrong_person", "not_found", "delay"])
@pytest.mark.parametrize(
    ("app", "client"),
    [
        (judicial, lambda url: HttpJudicialRegister(url, 0.5)),
        (judicial, lambda url: HttpJudicialRegister(url, 0.5, kind=CompleteRecord)),
        (population, lambda url: HttpPopulationFacts(url, 0.5)),
    ],
    ids=["judicial", "complete", "population"],
)
def test_a_fault_is_no_answer(
    kind: FaultKind, app: Callable[[Faults], Starlette], client: Callable[[str], Any]
) -> None:
    faults = Faults({CUONG["personal_id"]: Fault(kind, seconds=2)})
    with serve(lambda _: app(faults)) as url:
        register = client(url)
        with pytest.raises(RegisterUnavailable) as refused:
            register.look_up(**CUONG)
        assert "001080" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None
        faults.of.clear()
        assert register.look_up(**CUONG).answered_at == AT
        register.close()


def test_a_fault_is_set_over_http() -> None:
    with serve(lambda _: population(Faults())) as url:
        register = HttpPopulationFacts(url)
        asked = {"personal_id": CUONG["personal_id"], "kind": "contradiction"}
        assert httpx.post(f"{url}/faults", json=asked).status_code == 200
        assert httpx.post(f"{url}/faults", json=asked | {"kind": "fire"}).status_code == 422
        assert register.look_up(**CUONG).full_name == OTHER_NAME
        httpx.post(f"{url}/faults", json=asked | {"kind": None})
        assert register.look_up(**CUONG).full_name == CUONG["full_name"]
        register.close()


@pytest.mark.parametrize(
    "change",
    [
        {"marital_status": "engaged"},
        {"sex": "other"},
        {"permanent_residence": "x" * 251},
        {"permanent_residence": " "},
        {"birth_date": "14/02/1980"},
        {"birth_date": None},
        {"full_name": None},
    ],
)
def test_facts_of_another_shape_are_no_answer(change: dict[str, Any]) -> None:
    person = {
        "full_name": "Đỗ Mạnh Cường",
        "birth_date": "1980-02-14",
        "sex": "male",
        "birth_place": None,
        "nationality": "Việt Nam",
        "permanent_residence": None,
        "temporary_residence": None,
        "marital_status": "divorced",
        "spouse_name": None,
    }
    entries = {CUONG["personal_id"]: person | change}
    with serve(lambda _: create_population_register(lambda: AT, persons=entries)) as url:
        register = HttpPopulationFacts(url)
        with pytest.raises(RegisterUnavailable):
            register.look_up(**CUONG)
        register.close()


@pytest.mark.parametrize("nothing", [{}, "", None, {"0": {}}, [[]], ["x"]])
@pytest.mark.parametrize("member", ["convictions", "business_bans"])
def test_what_is_no_list_is_not_taken_for_a_clean_record(member: str, nothing: object) -> None:
    answer = {
        "personal_id": CUONG["personal_id"],
        "scope": "current",
        "reference": "TTLLTP-1",
        "answered_at": AT.isoformat(),
        "convictions": [],
        "business_bans": [],
    }

    async def look_up(request: Request) -> Response:
        return JSONResponse(answer | {member: nothing})

    with serve(lambda _: Starlette(routes=[Route("/lookups", look_up, methods=["POST"])])) as url:
        register = HttpJudicialRegister(url)
        with pytest.raises(RegisterUnavailable):
            register.look_up(**CUONG)
        register.close()


@pytest.mark.parametrize("address", ["http://register.example", "https://user@register.example", ""])
def test_personal_numbers_do_not_travel_in_the_clear(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        HttpPopulationFacts(address)
    with pytest.raises(ValueError, match="https"):
        HttpJudicialRegister(address)


def test_population_answers_keep_their_source() -> None:
    assert PopulationAnswer.source == "population_register"
