"""Applications bring people's tokens: registered ones, within their scopes and limits, from pages of their own."""

from __future__ import annotations

from typing import Any

import pytest

from identity.clients import SCOPES
from tests.api.house import PUBLIC_URL, House
from tests.identity.issuer import OMIT

SAMPLES = {"{code}": "000.00.15.H26-240603-0001", "{type_id}": "criminal_record_form_1"}


async def signed_in_operations(house: House) -> list[tuple[str, str, str]]:
    """Method, address and scope of every route that wants a token, as the description states them."""
    description = (await house.get("/openapi.json")).json()
    found = []
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "security" in operation:
                for name, value in SAMPLES.items():
                    path = path.replace(name, value)
                (scope,) = operation["security"][0]["bearer"]
                found.append((method.upper(), path, scope))
    return found


def person_for(house: House, asked: str, **claims: Any) -> dict[str, str]:
    """Somebody of the kind that routes of this scope are for."""
    if asked == "desk":
        return house.official(**claims)
    return house.machine(**claims) if asked == "agency:read" else house.citizen(**claims)


async def ask(house: House, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    once = {"Idempotency-Key": "once"} if method == "POST" else {}
    answer = await house.client.request(method, path, headers=headers | once, json=None if method == "GET" else {})
    return answer.status_code, answer.json().get("code", "")


async def test_every_route_holds_the_scope_that_its_description_states(house: House) -> None:
    operations = await signed_in_operations(house)

    assert {scope for _, _, scope in operations} == SCOPES
    for method, path, scope in operations:
        others = person_for(house, scope, scope=" ".join(SCOPES - {scope}))
        assert await ask(house, method, path, others) == (403, "scope_missing"), (method, path)
        only = person_for(house, scope, scope=scope)
        assert (await ask(house, method, path, only))[1] != "scope_missing", (method, path)


async def test_every_route_is_for_its_kind_of_account_whatever_the_scopes(house: House) -> None:
    for method, path, scope in await signed_in_operations(house):
        kinds = {"desk": house.official(), "agency:read": house.machine(), "citizen": house.citizen()}
        own = kinds.get(scope, kinds["citizen"])
        for other in kinds.values():
            if other is not own:
                assert await ask(house, method, path, other) == (403, "wrong_kind_of_person"), (method, path)


async def test_a_registration_bounds_what_a_token_permits(house: House) -> None:
    reader = house.citizen(client_id="reader")

    assert (await house.get("/v1/applications", reader)).status_code == 200
    assert await ask(house, "POST", "/v1/applications", reader) == (403, "scope_missing")


async def test_an_issuer_that_knows_no_scopes_of_ours_leaves_them_to_the_registration(house: House) -> None:
    for scope in (OMIT, "openid"):
        assert (await house.get("/v1/applications", house.citizen(client_id="one-stop-kiosk", scope=scope))).is_success
        refused = await house.get("/v1/applications", house.citizen(client_id="portal", scope=scope))
        assert refused.json()["code"] == "scope_missing"


@pytest.mark.parametrize("client_id", ["stray", "desk", "VNEID-APP"])
async def test_an_application_nobody_registered_is_refused(house: House, client_id: str) -> None:
    answer = await house.get("/v1/applications", house.citizen(client_id=client_id))

    assert (answer.status_code, answer.json()["code"]) == (403, "unknown_client")


async def test_an_application_is_held_to_its_limit_and_no_other_is(house: House) -> None:
    reader = house.citizen(client_id="reader")
    statuses = [(await house.get("/v1/applications", reader)).status_code for _ in range(5)]
    refused = await house.get("/v1/services", house.citizen(client_id="reader", sub="another-person"))

    assert statuses == [200, 200, 200, 429, 429]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "www-authenticate" not in refused.headers
    for other in ("second-reader", "vneid-app"):
        assert (await house.get("/v1/applications", house.citizen(client_id=other))).status_code == 200


@pytest.mark.parametrize(
    ("client_id", "origin", "status"),
    [
        ("portal", None, 200),
        ("portal", "https://portal.example", 200),
        ("portal", PUBLIC_URL, 200),
        ("portal", "https://app.example:8443", 403),  # another application's
        ("portal", "https://evil.example", 403),
        ("portal", "https://portal.example.evil.example", 403),
        ("portal", "http://portal.example", 403),
        ("portal", "https://PORTAL.example", 403),  # no browser writes it so
        ("portal", "https://portal.example:443", 403),
        ("portal", "null", 403),
        ("portal", "", 403),
        ("vneid-app", "https://portal.example", 403),
        ("no-channel", "https://app.example:8443", 200),
    ],
)
async def test_pages_of_others_do_not_bring_an_applications_tokens(
    house: House, client_id: str, origin: str | None, status: int
) -> None:
    headers = house.citizen(client_id=client_id) | ({} if origin is None else {"Origin": origin})
    answer = await house.get("/v1/applications", headers)

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "origin_not_registered"
        assert "error=" not in answer.headers["www-authenticate"]


async def test_of_two_origins_both_must_be_registered(house: House) -> None:
    fields = [
        *house.citizen(client_id="portal").items(),
        ("Origin", "https://portal.example"),
        ("Origin", "https://evil.example"),
    ]
    assert (await house.client.get("/v1/applications", headers=fields)).json()["code"] == "origin_not_registered"
