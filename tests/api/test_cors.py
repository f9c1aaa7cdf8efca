"""Pages of registered applications may read the API's answers in a browser, and nobody else's pages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.cors import own_origin
from api.services import Limits
from storage.runner import Database
from tests.api.house import House, open_house

PORTAL, APP, EVIL = "https://portal.example", "https://app.example:8443", "https://evil.example"
CORS = "access-control-"


def preflight(origin: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,dpop,idempotency-key,content-type",
    }


@pytest.mark.parametrize("origin", [PORTAL, APP])
@pytest.mark.parametrize("path", ["/v1/applications", "/v1/desk/applications/x/approval", "/v1/nothing"])
async def test_a_registered_page_may_ask_for_everything_under_v1(house: House, origin: str, path: str) -> None:
    answer = await house.client.options(path, headers=preflight(origin))
    allowed = {one.strip().lower() for one in answer.headers["access-control-allow-headers"].split(",")}

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT"
    assert allowed == {
        "accept-language",
        "authorization",
        "content-type",
        "dpop",
        "idempotency-key",
        "if-match",
        "if-none-match",
    }
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [EVIL, "null", "https://portal.example.evil.example", "http://portal.example"])
async def test_another_page_is_told_nothing(house: House, origin: str) -> None:
    asked = await house.client.options("/v1/applications", headers=preflight(origin))
    read = await house.get("/v1/applications", house.citizen(client_id="portal") | {"Origin": origin})

    assert asked.status_code == 405
    for answer in (asked, read):
        assert [name for name in answer.headers if name.startswith(CORS)] == []
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "Origin" in answer.headers["vary"]


async def test_answers_and_refusals_can_be_read(house: House) -> None:
    page = {"Origin": PORTAL}
    answers = [
        await house.get("/v1/applications", house.citizen(client_id="portal") | page),
        await house.get("/v1/applications", page),
        await house.get("/v1/nothing", page),
        await house.post("/v1/applications", house.citizen(client_id="portal") | page, content=b"x" * 2_000_000),
        # another application's page: it may read that it may not
        await house.get("/v1/applications", house.citizen(client_id="no-channel") | page),
    ]

    assert [one.status_code for one in answers] == [200, 401, 404, 413, 403]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == PORTAL
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        exposed = answer.headers["access-control-expose-headers"]
        for name in ("WWW-Authenticate", "DPoP-Nonce", "Location", "Retry-After", "ETag", "Content-Disposition"):
            assert name in exposed
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_fault_of_ours_and_a_full_allowance_can_be_read_too(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))

    def broken() -> datetime:
        raise RuntimeError

    async with open_house(database, tmp_path, Limits(verifications="1/minute"), clock=broken) as house:
        page = {"Origin": PORTAL}
        fault = await house.get("/v1/applications", house.citizen(client_id="portal") | page)
        await house.post("/v1/verifications/qr", page, json={"text": "1"})
        full = await house.post("/v1/verifications/qr", page, json={"text": "1"})

        assert (fault.status_code, full.status_code) == (500, 429)
        for answer in (fault, full):
            assert answer.headers["access-control-allow-origin"] == PORTAL
    await database.dispose()


async def test_what_is_open_to_everybody_stays_so_and_pages_stay_closed(house: House) -> None:
    _, certificate = await house.issued()
    listed = await house.get(f"/v1/status-lists/{certificate.status_list}", {"Origin": EVIL})
    assert listed.headers["access-control-allow-origin"] == "*"
    registered = await house.get(f"/v1/status-lists/{certificate.status_list}", {"Origin": PORTAL})
    assert registered.headers["access-control-allow-origin"] == "*"

    for path in ("/", "/v", "/problems", "/docs", "/openapi.json", "/livez"):
        for answer in (
            await house.get(path, {"Origin": PORTAL}),
            await house.client.options(path, headers=preflight(PORTAL)),
        ):
            assert [name for name in answer.headers if name.startswith(CORS)] == [], path


async def test_checks_are_not_lent_to_pages_of_others(house: House) -> None:
    """Else any page could spend its visitors' allowances on guessing check codes."""
    asked = await house.client.options("/v1/verifications/number", headers=preflight(EVIL))
    read = await house.post("/v1/verifications/qr", {"Origin": EVIL}, json={"text": "1"})

    for answer in (asked, read):
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://giayto.example", "https://giayto.example"),
        ("https://GiayTo.example/", "https://giayto.example"),
        ("https://giayto.example:443", "https://giayto.example"),
        ("https://giayto.example:8443", "https://giayto.example:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_our_own_origin_as_browsers_write_it(address: str, origin: str) -> None:
    assert own_origin(address) == origin
