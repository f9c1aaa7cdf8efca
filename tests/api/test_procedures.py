"""Procedures over HTTP: read by everybody, published by those who may, never left without one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services import Limits
from identity.officials_register import RegisteredOfficial
from issuance.procedure.reading import MAX_PROCEDURE_BYTES
from storage.runner import Database
from tests.api.house import House, open_house
from tests.api.procedure_office import PROCEDURES, UNIT, codes, head, operator, own_procedure, published
from tests.api.test_bad_input import check_problem

OWN = f"{PROCEDURES}/extract_in_two_steps"
SHIPPED = f"{PROCEDURES}/criminal_record_form_1/1"
REASON = {"reason": "Quy trình đã được thay thế."}


def names(body: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["id"], one["version"]) for one in body["procedures"]]


def tuesday(house: House) -> None:
    house.office.at = datetime(2024, 6, 4, 2, 0, tzinfo=UTC)


async def test_everybody_reads_what_is_published(house: House) -> None:
    listed = (await house.get(PROCEDURES)).json()
    assert ("criminal_record_form_1", 1) in names(listed)
    assert listed["next"] is None

    answer = await house.get(SHIPPED, {"Accept-Language": "vi"})
    body = answer.json()
    assert body["standing"] == "in_force"
    assert body["published_at"] is None
    assert body["steps"][0]["role"] == {"id": "caseworker", "name": "cán bộ thụ lý"}
    assert "trong 8 ngày làm việc" in body["steps"][0]["words"]
    assert body["document"]["schema"] == "condau-procedure/1"
    again = await house.get(SHIPPED, {"Accept-Language": "vi", "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await house.get(SHIPPED, {"If-None-Match": answer.headers["etag"]})).status_code == 200  # in English


async def test_a_condition_is_said_in_words(house: House) -> None:
    body = (await house.get(f"{PROCEDURES}/marital_status_confirmation/1")).json()
    verify = next(step for step in body["steps"] if step["id"] == "verify")
    assert verify["when"] == "“lived_elsewhere”: yes"
    assert "Only when “lived_elsewhere”: yes; otherwise: Consider and confirm." in verify["words"]


@pytest.mark.parametrize("path", ["criminal_record_form_1/9", "no_such_procedure/1"])
async def test_what_was_never_published_is_unknown(house: House, path: str) -> None:
    check_problem(await house.get(f"{PROCEDURES}/{path}"), 404, "procedure_not_found")


async def test_the_schema_agrees_with_what_is_accepted(house: House) -> None:
    answer = await house.get(f"{PROCEDURES}/schema")
    assert answer.headers["content-type"] == "application/schema+json"
    jsonschema.Draft202012Validator(answer.json()).validate(own_procedure())
    assert (await house.get(f"{PROCEDURES}/schema", {"If-None-Match": answer.headers["etag"]})).status_code == 304


async def test_pages_follow_one_another_without_loss(house: House) -> None:
    whole = names((await house.get(f"{PROCEDURES}?limit=100")).json())
    path, found = f"{PROCEDURES}?limit=2", []
    while path:
        page = (await house.get(path)).json()
        found += names(page)
        path = page["next"]
    assert found == whole == sorted(whole)
    check_problem(await house.get(f"{PROCEDURES}?cursor=nothing"), 422, "invalid_cursor")


async def test_which_apply_to_a_unit_on_a_day(house: House) -> None:
    await published(house, own_procedure())

    async def asked(query: str) -> list[tuple[str, int]]:
        return names((await house.get(f"{PROCEDURES}?type=criminal_record_form_1&{query}")).json())

    own, shipped = ("extract_in_two_steps", 1), [("criminal_record_form_1", 1), ("criminal_record_form_1", 2)]
    assert await asked("") == [*shipped, own]
    assert await asked("unit=000.00.99.H26") == shipped
    assert await asked(f"unit={UNIT}&on=2024-06-03") == shipped[:1]
    assert await asked(f"unit={UNIT}&on=2024-06-04") == [own]
    assert await asked("unit=000.00.99.H26&on=2024-06-04") == shipped[:1]
    assert await asked("on=2025-03-01") == [shipped[1], own]


async def test_strangers_are_counted(database: Database, tmp_path: Any) -> None:
    async with open_house(database, tmp_path, Limits(quotes="2/minute")) as house:
        assert [(await house.get(PROCEDURES)).status_code for _ in range(3)] == [200, 200, 429]


async def test_who_publishes(house: House) -> None:
    caseworker, foreign = house.official(), head(house, unit="000.00.99.H26")
    check_problem(await house.post(PROCEDURES, caseworker, json=own_procedure()), 403, "role_missing")
    check_problem(await house.post(PROCEDURES, foreign, json=own_procedure()), 403, "role_missing")
    check_problem(await house.post(PROCEDURES, head(house), json=own_procedure(units=None)), 403, "role_missing")
    check_problem(await house.post(PROCEDURES, json=own_procedure()), 401, "access_token_missing")
    anybodys = own_procedure(units=None, id="for_all")
    answer = await house.post(PROCEDURES, operator(house), json=anybodys)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{PROCEDURES}/for_all/1")


async def test_what_is_published_is_kept_byte_by_byte_and_audited(house_on_both: House) -> None:
    house = house_on_both
    source = json.dumps(own_procedure(), indent=3).encode()
    headers = head(house) | {"Content-Type": "application/json"}
    body = (await house.post(PROCEDURES, headers, content=source)).json()

    assert house.office.do(lambda records: records.procedures.source(body["digest"])) == source
    assert body["standing"] == "scheduled"
    assert body["days"] == {"first_day": "2024-06-04", "last_day": None}


async def test_a_retry_publishes_once(house_on_both: House) -> None:
    house = house_on_both
    first, again = [await house.post(PROCEDURES, head(house), key="k", json=own_procedure()) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"version": 2}, "version_next"),
        ({"effective": {"first_day": "2024-06-02", "last_day": None}}, "first_day_past"),
        ({"effective": {"first_day": "2024-06-04", "last_day": "2024-06-30"}}, ""),
        ({"id": "criminal_record_form_1", "version": 3}, "id_of_others"),
        ({"document_types": ["passport"]}, "unknown_type"),
        ({"start": "exame"}, "unknown_step"),
    ],
)
async def test_what_is_refused_says_where_and_what(house: House, changed: dict[str, Any], code: str) -> None:
    checked = await house.post(f"{PROCEDURES}/checks", head(house), json=own_procedure() | changed)
    answer = await house.post(PROCEDURES, head(house), json=own_procedure() | changed)

    assert checked.status_code == 200
    assert checked.json()["is_publishable"] is (code == "")
    if code:
        check_problem(answer, 422, "procedure_refused")
        assert codes(answer) == codes(checked) == {code}
    else:
        assert answer.status_code == 201


async def test_a_check_changes_nothing_and_tells_what_would_end(house: House) -> None:
    await published(house, own_procedure())
    second = own_procedure(2, "2024-07-01")
    before = (await house.get(PROCEDURES)).json()

    for who in (head(house), operator(house)):
        found = (await house.post(f"{PROCEDURES}/checks", who, json=second)).json()
        assert (found["is_publishable"], found["may_publish"]) == (True, True)
        assert found["ends"] == [{"id": "extract_in_two_steps", "version": 1, "last_day": "2024-06-30"}]
        assert [one["code"] for one in found["problems"]] == ["roles_unknown"]
    assert (await house.get(PROCEDURES)).json() == before


async def test_roles_come_from_the_register_of_officials_where_one_is_kept(house: House) -> None:
    def register(*roles: Any) -> None:
        one = RegisteredOfficial(subject_key="https://officials.example|x", unit=UNIT, roles=frozenset(roles))
        house.office.database.run_blocking(lambda records: records.officials.put(one, house.office.at))

    register("caseworker")
    answer = await house.post(
        f"{PROCEDURES}/checks", house.official(sub="nobody-registered", roles=["head"]), json=own_procedure()
    )
    assert codes(answer) == {"role_missing"}
    register("caseworker", "head")
    answer = await house.post(
        f"{PROCEDURES}/checks", house.official(sub="nobody-registered", roles=["head"]), json=own_procedure()
    )
    assert answer.json()["problems"] == []


async def test_the_next_version_ends_the_one_before_the_day_before(house_on_both: House) -> None:
    house = house_on_both
    await published(house, own_procedure())
    await published(house, own_procedure(2, "2024-07-01", reference="QT-LLTP-12"))

    first = (await house.get(f"{OWN}/1")).json()
    assert first["days"] == {"first_day": "2024-06-04", "last_day": "2024-06-30"}
    assert first["document"]["effective"]["last_day"] is None  # nothing of it is rewritten
    assert first["withdrawn"] is None


async def test_what_never_began_is_withdrawn_and_the_one_before_goes_on(house_on_both: House) -> None:
    house = house_on_both
    await published(house, own_procedure())
    await published(house, own_procedure(2, "2024-07-01"))
    answer = await house.post(f"{OWN}/2/withdrawal", head(house), json=REASON)

    assert answer.status_code == 200
    assert answer.json()["withdrawn"]["reason"] == REASON["reason"]
    assert (await house.get(f"{OWN}/1")).json()["days"] == {"first_day": "2024-06-04", "last_day": None}
    check_problem(await house.post(f"{OWN}/2/withdrawal", head(house), json=REASON), 409, "procedure_over")
    third = await house.post(PROCEDURES, head(house), json=own_procedure(2, "2024-08-01", reference="again"))
    assert codes(third) == {"version_next"}


async def test_the_last_one_in_use_stays(house: House) -> None:
    answer = await house.post(f"{SHIPPED}/withdrawal", operator(house), json=REASON)
    check_problem(answer, 422, "procedure_refused")
    assert codes(answer) == {"leaves_without"}

    # A unit's own may go, since there is one for any unit.
    await published(house, own_procedure(first_day="2024-06-03"))
    assert (await house.post(f"{OWN}/1/withdrawal", head(house), json=REASON)).status_code == 200


async def test_nobody_withdraws_what_is_another_units(house: House) -> None:
    await published(house, own_procedure())
    for who in (house.official(), head(house, unit="000.00.99.H26")):
        check_problem(await house.post(f"{OWN}/1/withdrawal", who, json=REASON), 403, "role_missing")
    check_problem(await house.post(f"{SHIPPED}/withdrawal", head(house), json=REASON), 403, "role_missing")
    check_problem(await house.post(f"{OWN}/7/withdrawal", head(house), json=REASON), 404, "procedure_not_found")


async def test_a_gap_after_its_last_day_is_refused(house: House) -> None:
    document = own_procedure(units=None, id="summer", effective={"first_day": "2024-06-04", "last_day": "2024-06-30"})
    answer = await house.post(PROCEDURES, operator(house), json=document)
    assert codes(answer) == {"leaves_without"}
    assert "From 2024-07-01 on" in answer.text or "from 2024-07-01 on" in answer.text


async def test_a_document_that_is_too_large_is_refused_before_it_is_parsed(house: House) -> None:
    source = b"[" * (MAX_PROCEDURE_BYTES + 1)
    headers = head(house) | {"Content-Type": "application/json"}
    answer = await house.post(PROCEDURES, headers, content=source)
    assert codes(answer) == {"too_large"}
    check_problem(
        await house.post(PROCEDURES, head(house) | {"Content-Type": "text/plain"}, content=b"{}"),
        415,
        "unsupported_media_type",
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(source=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
async def test_whatever_is_sent_is_refused_in_order(house: House, source: bytes) -> None:
    headers = head(house) | {"Content-Type": "application/json"}
    check_problem(await house.post(PROCEDURES, headers, content=source), 422, "procedure_refused")
