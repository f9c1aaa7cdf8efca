"""Public checks when the register is away, or more files come than can be looked into."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest

from api import check_document
from api.app import create_app
from api.check_document import Examinations
from api.errors import TooManyRequests
from storage.runner import Database
from tests.api.house import PUBLIC_URL, House
from tests.api.test_verification import PDF, ask

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
async def cut_off(house: House) -> AsyncIterator[House]:
    """The same house, except that its database is not reached any more."""
    gone = Database(NOWHERE, clock=lambda: datetime.now(UTC))
    app = create_app(replace(house.services, runner=gone))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=PUBLIC_URL, headers={"Accept-Language": "en"}
    ) as client:
        yield replace(house, client=client)
    await gone.dispose()


@pytest.mark.parametrize("way", ["qr", "pdf", "pdf upload"])
async def test_without_the_register_a_genuine_document_is_of_unknown_status(
    house: House, cut_off: House, way: str
) -> None:
    _, certificate = await house.issued()
    verdict = await ask(cut_off, way, certificate)

    assert (verdict["state"], verdict["reason"]) == ("status_unknown", "register_unavailable")
    facts = verdict["facts"]
    assert isinstance(facts, dict)
    assert facts["full_name"] == "Nguyễn Thị Minh Anh"


async def test_without_the_register_a_number_says_nothing_and_accuses_nobody(house: House, cut_off: House) -> None:
    _, certificate = await house.issued()
    verdict = await ask(cut_off, "number", certificate)
    page = await cut_off.client.post("/v", data={"number": certificate.number, "check_code": certificate.check_code})

    assert (verdict["state"], verdict["reason"]) == ("status_unknown", "register_unavailable")
    assert verdict["facts"] is None
    assert (page.status_code, 'data-state="status_unknown"' in page.text) == (200, True)


async def test_without_the_register_a_changed_file_is_still_not_genuine(house: House, cut_off: House) -> None:
    _, certificate = await house.issued()
    pdf = bytearray(house.pdf(certificate))
    pdf[len(pdf) // 3] ^= 1
    answer = await cut_off.client.post("/v1/verifications/pdf", content=bytes(pdf), headers=PDF)

    assert (answer.status_code, answer.json()["state"]) == (200, "not_genuine")


async def test_what_needs_the_database_says_to_come_again(cut_off: House) -> None:
    answer = await cut_off.get("/v1/applications", cut_off.citizen())

    assert (answer.status_code, answer.json()["code"]) == (503, "document_register_unavailable")
    assert int(answer.headers["retry-after"]) > 0


class Held:
    """An examination that ends when the test says so."""

    def __init__(self) -> None:
        self._end = threading.Event()
        self.threads: list[str] = []

    def __call__(self) -> bool:
        self.threads.append(threading.current_thread().name)
        return self._end.wait(10)

    def end(self) -> None:
        self._end.set()


async def test_more_files_than_places_are_refused_until_one_is_free() -> None:
    examinations, held = Examinations(at_once=1, at_most=2, retry_after_seconds=7), Held()
    waiting = [asyncio.create_task(examinations.run(held)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests) as refused:
        await examinations.run(held)
    held.end()

    assert refused.value.retry_after_seconds == 7
    assert await asyncio.gather(*waiting) == [True, True]
    assert await examinations.run(held)
    assert {name.rpartition("_")[0] for name in held.threads} == {"examine-pdf"}


async def test_a_caller_who_goes_away_frees_no_place_before_his_file_is_done() -> None:
    examinations, held = Examinations(at_once=1, at_most=2, retry_after_seconds=1), Held()
    gone = [asyncio.create_task(examinations.run(held)) for _ in range(2)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    with pytest.raises(TooManyRequests):
        await examinations.run(held)
    held.end()


async def test_an_examination_that_fails_frees_its_place() -> None:
    examinations = Examinations(at_once=1, at_most=1, retry_after_seconds=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await examinations.run(partial(divmod, 1, 0))
        await asyncio.sleep(0.01)


async def test_downloads_go_on_while_every_place_is_taken(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    code, certificate = await house.issued()
    examinations, held = Examinations(at_once=1, at_most=1, retry_after_seconds=2), Held()
    monkeypatch.setattr(check_document, "EXAMINATIONS", examinations)
    running = asyncio.create_task(examinations.run(held))
    await asyncio.sleep(0)
    pdf = house.pdf(certificate)
    refused = await house.client.post("/v1/verifications/pdf", content=pdf, headers=PDF)
    page = await house.client.post("/v", files={"file": ("extract.pdf", pdf, "application/pdf")})
    download = await house.get(f"/v1/applications/{code}/receipt", house.citizen())
    held.end()
    await running

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "2"
    assert page.status_code == 429
    assert download.status_code == 200
