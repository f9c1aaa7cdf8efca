"""What the citizen's app needs beside the files: the timeline, and the document's code for a screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.present.paper import is_in_force
from issuance.application import ApplicationState
from issuance.certificate import RevocationReason
from issuance.fees.facts import vietnam_day
from issuance.revoke import revoke
from storage.runner import Database
from tests.api.house import House, open_house
from tests.api.test_payment_code import drawn, read
from verification.trust import KeyPurpose
from verification.verify_qr import verify_qr

STRANGER = {"sub": "another", "personal_id": "001090000003"}


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """It looks at its key ring anew for every list."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    opened: list[House] = []
    async with open_house(database, tmp_path, trust=lambda at: opened[0].office.keys.trust_list(at)) as found:
        opened.append(found)
        yield found
    await database.dispose()


async def refused(house: House, path: str, **headers: str) -> tuple[int, str]:
    answer = await house.get(path, house.citizen() | headers)
    return answer.status_code, answer.json()["code"]


async def test_a_timeline_tells_what_has_happened_and_what_is_to_come(house: House) -> None:
    application = await house.apply()
    path = application["links"]["timeline"]
    vietnamese = await house.get(path, house.citizen() | {"Accept-Language": "vi"})
    assert [(one["what"], one["standing"]) for one in vietnamese.json()["items"]] == [
        ("application_submitted", "done"),
        ("register", "now"),
        ("decision", "to_come"),
        ("result", "to_come"),
    ]
    assert vietnamese.json()["items"][0]["text"] == "Đã nộp hồ sơ"
    assert vietnamese.headers["content-language"] == "vi"
    same = await house.get(
        path, house.citizen() | {"Accept-Language": "vi", "If-None-Match": vietnamese.headers["etag"]}
    )
    assert (same.status_code, same.content) == (304, b"")

    await house.post(application["links"]["withdrawal"], house.citizen())
    told = (await house.get(path, house.citizen() | {"Accept-Language": "en"})).json()["items"]
    assert [one["text"] for one in told] == ["Application sent", "You withdrew the application"]
    stranger = await house.get(path, house.citizen(**STRANGER))
    assert (stranger.status_code, stranger.json()["code"]) == (404, "application_not_found")


async def test_the_code_is_the_sealed_page_s_in_every_form_that_is_offered(house: House) -> None:
    code, certificate = await house.issued()
    path = (await house.get(f"/v1/applications/{code}", house.citizen())).json()["links"]["document_qr"]
    text, png, svg = [
        await house.get(path, house.citizen() | {"Accept": form})
        for form in ("text/plain", "image/png, text/plain;q=0.5", "image/*")
    ]
    assert [one.headers["content-type"].partition(";")[0] for one in (text, png, svg)] == [
        "text/plain",
        "image/png",
        "image/svg+xml",
    ]
    assert text.text == read(png.content) == read(drawn(svg.content))
    assert verify_qr(text.text, house.office.keys.trust_list(house.office.at), None, house.office.at).facts == (
        certificate.facts
    )
    # what the code says stands behind the `#`, which browsers send to nobody
    assert (urlsplit(text.text).path, urlsplit(text.text).query) == ("/v", "")
    assert text.headers["cache-control"] == "private, no-store"
    assert "Accept" in text.headers["vary"]
    again = await house.get(path, house.citizen() | {"Accept": "image/png", "If-None-Match": png.headers["etag"]})
    assert again.status_code == 304
    assert await refused(house, path, Accept="application/pdf") == (406, "code_form_not_offered")
    assert house.stored(code).state is ApplicationState.SETTLED, "who shows a code has not received the document"


async def test_the_code_is_its_owner_s_alone_and_as_long_as_the_document_is_in_force(house: House) -> None:
    early = await house.apply()
    assert "document_qr" not in early["links"]
    assert await refused(house, f"/v1/applications/{early['code']}/document/qr") == (409, "document_not_ready")

    code, _ = await house.issued()
    path = f"/v1/applications/{code}/document/qr"
    assert (await house.get(path, house.citizen(**STRANGER))).status_code == 404
    head = await house.office.official(roles=["caseworker", "head"])
    house.office.do(lambda r: revoke(r, code, head, RevocationReason.FACTS_CHANGED, house.office.at))
    assert await refused(house, path) == (409, "document_not_in_force")
    assert "document_qr" not in (await house.get(f"/v1/applications/{code}", house.citizen())).json()["links"]


@pytest.mark.parametrize("purpose", [KeyPurpose.PDF, KeyPurpose.QR])
async def test_a_code_whose_key_was_stolen_is_not_held_out(house: House, purpose: KeyPurpose) -> None:
    code, _ = await house.issued()
    ring = house.office.keys
    since = house.office.at - timedelta(days=2)
    entries = tuple(replace(one, compromised_from=since) if one.purpose is purpose else one for one in ring.entries)
    house.office.keys = replace(ring, entries=entries, sequence=ring.sequence + 1)
    assert await refused(house, f"/v1/applications/{code}/document/qr") == (409, "document_not_in_force")


async def test_a_document_is_in_force_to_the_end_of_its_last_day(house: House) -> None:
    _, certificate = await house.issued()
    at = house.office.at
    trust, today = house.office.keys.trust_list(at), vietnam_day(at)
    assert is_in_force(replace(certificate, expires_on=today), trust, at)
    assert not is_in_force(replace(certificate, expires_on=today - timedelta(days=1)), trust, at)
