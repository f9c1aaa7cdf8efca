"""One line a request, without a word that a caller chose; and a number by which it is known."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.access_log import AccessLine, request_id_for
from storage.runner import Database
from tests.api.house import House, open_house

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def lines(caplog: pytest.LogCaptureFixture) -> list[AccessLine]:
    return [record.line for record in caplog.records if isinstance(getattr(record, "line", None), AccessLine)]


async def test_a_line_says_which_route_and_how_it_ended(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "api.access_log")
    code = (await house.apply())["code"]
    await house.get(f"/v1/applications/{code}?a=b", house.citizen())
    await house.get("/v1/applications", house.citizen(iss="https://evil.example"))
    await house.client.request("BREW", f"/{code}")

    first, second, third, fourth = lines(caplog)
    assert (first.method, first.route, first.status, first.client) == ("POST", "/v1/applications", 201, "vneid-app")
    assert (second.route, second.status) == ("/v1/applications/{code}", 200)
    assert (third.status, third.client) == (401, None)
    assert (fourth.method, fourth.route) == ("other", "unknown")
    assert all(one.milliseconds >= 0 for one in lines(caplog))
    assert code not in str(lines(caplog))


async def test_the_answer_says_the_number_of_its_line(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "api.access_log")
    asked = [
        await house.get(path, {"traceparent": PARENT}) for path in ("/livez", "/nothing", "/v1/applications", "/v")
    ]
    own = await house.get("/livez", {"X-Request-Id": "of-my-own"})

    assert {one.headers["x-request-id"] for one in asked} == {TRACE}
    assert re.fullmatch("[0-9a-f]{32}", own.headers["x-request-id"])
    assert [one.request_id for one in lines(caplog)] == [one.headers["x-request-id"] for one in (*asked, own)]
    # What is refused is refused in the same bytes each time.
    assert "request_id" not in asked[1].json()


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        PARENT.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        PARENT.upper(),
        f"{PARENT}-" + "x" * 1000,
        "00-00000000000000000000001194000077a-00f067aa0ba902b7-01",
        "00-aaaaaaaaaa001194000077aaaaaaaaaa-00f067aa0ba902b7-01",
    ],
)
def test_what_is_no_trace_or_could_be_somebodys_number_is_not_taken(given: str) -> None:
    number = request_id_for({"type": "http", "headers": [(b"traceparent", given.encode())]})
    assert re.fullmatch("[0-9a-f]{32}", number)
    assert number not in given.lower()


def _broken() -> datetime:
    raise RuntimeError("Nguyễn Thị Minh Anh")


async def test_a_fault_of_ours_says_its_number_and_nothing_else(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "api.access_log")
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, clock=_broken) as house:
        answer = await house.get("/v1/applications", house.citizen())
    await database.dispose()

    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == lines(caplog)[-1].request_id
    assert "Minh Anh" not in answer.text
