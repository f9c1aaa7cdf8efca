"""The outermost layers: sizes, times, headers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.guard import LINGER_BYTES
from api.services import Limits
from storage.runner import Database
from tests.api.house import House, open_house, served
from tests.api.slowly import slowly

MIB = 1024 * 1024


async def test_a_declared_10_mb_body_is_refused_before_any_of_it_is_read(house: House) -> None:
    sent: list[dict[str, Any]] = []
    answered_first: list[bool] = []

    async def receive() -> dict[str, Any]:
        answered_first.append(bool(sent) and sent[0]["status"] == 413)
        return {"type": "http.request", "body": b" " * MIB, "more_body": True}

    await _call(house, receive, [(b"content-length", str(10 * MIB).encode())], sent)

    assert sent[0]["status"] == 413
    assert all(answered_first)
    # What comes after the answer is discarded within a bound, however long it goes on.
    assert len(answered_first) == LINGER_BYTES // MIB


async def test_a_client_that_waits_to_be_asked_for_its_body_is_not_asked(house: House) -> None:
    async def receive() -> dict[str, Any]:
        raise AssertionError

    headers = [(b"content-length", str(10 * MIB).encode()), (b"expect", b"100-continue")]
    assert (await _call(house, receive, headers))[0]["status"] == 413


async def test_a_client_that_sends_on_gets_its_answer_over_a_real_connection(house: House) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * MIB

    async with served(house) as host, httpx.AsyncClient(base_url=host, trust_env=False) as client:
        for content in (b" " * 10 * MIB, pieces()):
            answer = await client.post(
                "/v1/applications", content=content, headers={"Content-Type": "application/json"}
            )
            assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
            assert answer.headers["connection"] == "close"


async def test_an_undeclared_10_mb_body_is_refused_where_it_passes_the_limit(house: House) -> None:
    pieces = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal pieces
        for _ in range(10):
            pieces += 1
            yield b" " * MIB

    headers = house.citizen() | {"Content-Type": "application/json"}
    answer = await house.post("/v1/applications", headers, content=body())

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert pieces == 10  # more than the limit came, was discarded, and kept nowhere


@pytest.mark.parametrize("length", [b"-1", b"x", b"9" * 30, "\u0663".encode()])
async def test_a_length_that_is_none_is_refused(house: House, length: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    assert (await _call(house, receive, [(b"content-length", length)]))[0]["status"] == 413


async def test_a_body_that_never_ends_is_given_up(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, Limits(body_seconds=0.05)) as house:

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(3_600)
            raise AssertionError

        assert (await _call(house, receive, []))[0]["status"] == 408
    await database.dispose()


@pytest.mark.parametrize(
    ("body", "pieces", "silence", "status"),
    [(b" " * 40_000, 4, 0.2, 400), (b" " * 40, 40, 0.1, 408), (b" " * 100_000, 2, 60, 408)],
    ids=["slow", "a byte now and then", "quick, then silent"],
)
async def test_a_body_may_take_long_while_it_goes_on_coming(
    sqlite_url: str, tmp_path: Path, body: bytes, pieces: int, silence: float, status: int
) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, Limits(body_seconds=0.5)) as house:
        headers = house.citizen() | {"Content-Type": "application/json"}
        answer = await house.post("/v1/applications", headers, content=slowly(body, pieces, silence))
        assert answer.status_code == status
        assert status != 408 or "send a smaller file" in answer.json()["detail"]
    await database.dispose()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/v", 200),
        ("/docs", 200),
        ("/problems", 200),
        ("/livez", 200),
        ("/openapi.json", 200),
        ("/static/page.css", 200),
        ("/docs-assets/swagger-ui.css", 200),
        ("/v1/applications", 401),
        ("/nothing", 404),
    ],
)
async def test_every_answer_carries_the_security_headers(house: House, path: str, status: int) -> None:
    answer = await house.get(path)
    headers = answer.headers

    assert answer.status_code == status
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"]
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]


async def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(house: House) -> None:
    policy = (await house.get("/")).headers["content-security-policy"]

    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


async def _call(
    house: House, receive: Any, headers: list[tuple[bytes, bytes]], sent: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """One request on the ASGI level, where a client library would not let a wrong one out."""
    sent = [] if sent is None else sent

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/v1/applications",
        "raw_path": b"/v1/applications",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"condau.example"), (b"content-type", b"application/json"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await house.app(scope, receive, send)
    return sent
