"""Published status lists: what they tell and when, in which form, and what stands between two processes."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from storage.certificates import ENTRIES_PER_LIST
from storage.tables import status_lists
from tests.api.house import PUBLIC_URL, STATUS_LIST_SECONDS, House
from verification.register import DocumentStatus
from verification.verify_status_list import verify_status_list, verify_status_list_cwt

PATH = "/v1/status-lists/1"
JWT, CWT = "application/statuslist+jwt", "application/statuslist+cwt"
A_SECOND = timedelta(seconds=1)


@asynccontextmanager
async def another_process(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A second application over the same database, keys and clock, that knows nothing of the first."""
    transport = httpx.ASGITransport(create_app(house.services), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


def told(house: House, answer: httpx.Response, index: int) -> DocumentStatus:
    """What a verifier reads in it now."""
    assert answer.status_code == 200, answer.text
    trust = house.office.keys.trust_list(house.office.at)
    if answer.headers["content-type"] == CWT:
        snapshot = verify_status_list_cwt(answer.content, trust, house.office.at)
    else:
        snapshot = verify_status_list(answer.text, trust, house.office.at)
    reading = snapshot.status_of(1, index)
    assert reading is not None
    return reading.status


async def act(house: House, code: str, what: str, **body: str) -> None:
    answer = await house.post(f"/v1/desk/applications/{code}/{what}", house.official(), json=body)
    assert answer.status_code == 200, answer.text


async def test_a_list_is_signed_once_in_the_time_for_which_it_is_served(house: House) -> None:
    await house.issued()
    first = await house.get(PATH)
    house.office.at += timedelta(seconds=STATUS_LIST_SECONDS) - A_SECOND
    same = await house.get(PATH)
    unchanged = await house.get(PATH, {"If-None-Match": f'"other", {first.headers["etag"]}'})

    assert first.headers["content-type"] == JWT
    assert first.headers["cache-control"] == f"public, max-age={STATUS_LIST_SECONDS}"
    assert first.headers["vary"] == "Accept, Accept-Encoding"
    assert same.content == first.content
    # A cache that keeps it so long keeps nothing older than what is served here.
    assert same.headers["cache-control"] == "public, max-age=1"
    assert (unchanged.status_code, unchanged.content, house.lists.signed) == (304, b"", 1)

    house.office.at += A_SECOND
    later = await house.get(PATH, {"If-None-Match": first.headers["etag"]})
    assert (later.status_code, house.lists.signed) == (200, 2)
    assert later.headers["etag"] != first.headers["etag"]


async def test_a_change_is_told_at_once_by_the_process_that_made_it(house: House) -> None:
    code, certificate = await house.issued()
    index = certificate.status_index
    seen = [told(house, await house.get(PATH), index)]
    for what, body in (
        ("suspension", {"reason": "under_review"}),
        ("reinstatement", {}),
        ("suspension", {"reason": "key_in_doubt"}),
        ("revocation", {"reason": "replaced"}),
    ):
        await act(house, code, what, **body)
        seen.append(told(house, await house.get(PATH), index))
        assert told(house, await house.get(PATH, {"Accept": CWT}), index) is seen[-1]

    assert seen == ["valid", "suspended", "valid", "suspended", "revoked"]


async def test_another_process_tells_it_when_its_copy_is_over(house_on_both: House) -> None:
    """No process asks another one: each reads the register anew before its copy is older than it may be."""
    house = house_on_both
    code, certificate = await house.issued()
    index = certificate.status_index
    async with another_process(house) as other:
        assert told(house, await other.get(PATH), index) is DocumentStatus.VALID
        house.office.at += A_SECOND
        await act(house, code, "revocation", reason="replaced")
        assert told(house, await house.get(PATH), index) is DocumentStatus.REVOKED

        house.office.at += timedelta(seconds=STATUS_LIST_SECONDS) - 2 * A_SECOND
        kept = await other.get(PATH)
        assert told(house, kept, index) is DocumentStatus.VALID
        assert kept.headers["cache-control"] == "public, max-age=1"
        house.office.at += A_SECOND
        assert told(house, await other.get(PATH), index) is DocumentStatus.REVOKED


async def test_what_changes_while_a_list_is_signed_is_in_the_next_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, certificate = await house.issued()
    signing = house.app.state.shared.status_lists
    sign = signing._sign

    async def overtaken(*asked: Any) -> Any:
        signed = await sign(*asked)
        monkeypatch.setattr(signing, "_sign", sign)
        await act(house, code, "revocation", reason="replaced")
        return signed

    monkeypatch.setattr(signing, "_sign", overtaken)
    assert told(house, await house.get(PATH), certificate.status_index) is DocumentStatus.VALID
    assert told(house, await house.get(PATH), certificate.status_index) is DocumentStatus.REVOKED


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JWT),
        ("", JWT),
        ("*/*", JWT),
        ("application/*", JWT),
        (JWT, JWT),
        (CWT, CWT),
        (CWT.upper(), CWT),
        (f"{JWT};q=0.5, {CWT}", CWT),
        (f"{CWT};q=0.5, */*;q=0.1", CWT),
        (f"{JWT};q=0, */*", CWT),
        ("text/html, application/xhtml+xml, */*;q=0.8", JWT),
    ],
)
async def test_the_form_follows_accept(house: House, accept: str | None, media_type: str) -> None:
    _, certificate = await house.issued()
    request = house.client.build_request("GET", PATH, headers={} if accept is None else {"Accept": accept})
    if accept is None:
        del request.headers["Accept"]
    answer = await house.client.send(request)

    assert answer.headers["content-type"] == media_type
    assert told(house, answer, certificate.status_index) is DocumentStatus.VALID


@pytest.mark.parametrize("accept", ["application/json", "text/*", f"{JWT};q=0", f"{JWT};q=nan", "x" * 5_000])
async def test_other_forms_there_are_none(house: House, accept: str) -> None:
    await house.issued()
    answer = await house.get(PATH, {"Accept": accept})

    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.lists.signed == 0


async def test_both_forms_are_different_answers_to_a_cache(house: House) -> None:
    await house.issued()
    jwt, cwt = await house.get(PATH), await house.get(PATH, {"Accept": CWT})

    assert jwt.headers["etag"] != cwt.headers["etag"]
    assert len(cwt.content) < len(jwt.content)
    again = await house.get(PATH, {"Accept": CWT, "If-None-Match": jwt.headers["etag"]})
    assert again.status_code == 200


async def received(house: House, **headers: str) -> tuple[str | None, bytes]:
    """The coding and the bytes as they came, before any client unpacks them."""
    async with house.client.stream("GET", PATH, headers=headers) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        return answer.headers.get("content-encoding"), raw


async def test_a_jwt_comes_in_gzip_where_that_is_wanted(house: House) -> None:
    code, _ = await house.issued()
    await act(house, code, "revocation", reason="replaced")
    for wanted in ("gzip", "br, gzip;q=0.5", "*"):
        coding, raw = await received(house, **{"Accept-Encoding": wanted})
        plain = await received(house, **{"Accept-Encoding": "identity"})
        assert coding == "gzip"
        assert plain == (None, gzip.decompress(raw))
        assert len(raw) < len(plain[1])
    for unwanted in ("identity", "gzip;q=0", "br"):
        assert (await received(house, **{"Accept-Encoding": unwanted}))[0] is None
    assert (await received(house, **{"Accept-Encoding": "gzip", "Accept": CWT}))[0] is None
    assert house.lists.signed == 2, "compressed once and kept"


async def test_whoever_has_any_list_has_it_and_whoever_has_none_may_read_why(house: House) -> None:
    await house.issued()
    for wanted in (JWT, CWT):
        any_will_do = await house.get(PATH, {"Accept": wanted, "If-None-Match": "*"})
        assert (any_will_do.status_code, any_will_do.content) == (304, b"")
    missing = await house.get("/v1/status-lists/99", {"If-None-Match": "*", "Origin": "https://elsewhere.example"})
    unwanted = await house.get(PATH, {"Accept": "text/html", "Origin": "https://elsewhere.example"})
    assert (missing.status_code, unwanted.status_code) == (404, 406)
    for refusal in (missing, unwanted):
        assert refusal.headers["access-control-allow-origin"] == "*"
        assert refusal.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_asking_for_a_list_opens_none(house_on_both: House) -> None:
    house = house_on_both
    assert (await house.get(PATH)).status_code == 404

    assert house.office.do(lambda records: records.certificates.newest_status_list()) == 0


async def test_every_list_that_was_opened_stays_served_and_has_an_address(house: House) -> None:
    assert (await house.get("/v1/status-lists")).json() == {"status_lists": []}
    await house.issued()
    house.office.do(_fill_the_open_list)
    assert house.office.do(lambda records: records.certificates.open_status_list()) == 2

    answers = [(await house.get(f"/v1/status-lists/{number}")).status_code for number in (1, 2, 3)]
    assert answers == [200, 200, 404]
    listed = await house.get("/v1/status-lists")
    assert listed.json() == {"status_lists": [f"{PUBLIC_URL}/v1/status-lists/{number}" for number in (1, 2)]}
    assert listed.headers["access-control-allow-origin"] == "*"


def _fill_the_open_list(records: Any) -> None:
    records._connection.execute(status_lists.update().values(used=ENTRIES_PER_LIST))


@pytest.mark.parametrize(
    ("number", "status"), [("2", 404), ("999999", 404), ("0", 422), ("-1", 422), ("x", 422), ("9" * 30, 422)]
)
async def test_invented_status_lists(house: House, number: str, status: int) -> None:
    await house.issued()
    for accept in (JWT, CWT):
        assert (await house.get(f"/v1/status-lists/{number}", {"Accept": accept})).status_code == status
    assert house.lists.signed == 0
    assert house.app.state.shared.status_lists._locks == {}, "they leave nothing behind"
