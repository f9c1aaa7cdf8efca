"""Parcels over HTTP: asked for, printed, handed over, followed; nobody's address anywhere but on a label."""

from __future__ import annotations

import csv
import io
import logging
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa
from prometheus_client import generate_latest

from issuance.delivery.notice import Subscriptions, client_key
from issuance.jobs import JobKind
from storage.delivery_tables import notices, parcels
from storage.ledger_tables import accesses
from storage.records import SqlRecords
from tests.api.house import House
from tests.issuance.delivery.sending import LINES
from tests.issuance.office import INPUT, TYPE

DESK = ["caseworker", "head"]
BY_POST = {"type": TYPE, "input": INPUT | {"copies": 2, "delivery": "post"}, "post": LINES}


async def handed_over(house: House) -> tuple[str, dict[str, Any]]:
    """The code of an application whose copies are printed and handed to the post, and the batch."""
    code, _ = await house.issued()
    assert (await house.post(f"/v1/applications/{code}/parcels", house.citizen(), json=LINES)).status_code == 201
    return code, await printed_and_closed(house, code)


async def printed_and_closed(house: House, code: str) -> dict[str, Any]:
    official, copies = house.official(roles=DESK), house.stored(code).copies
    noted = await house.post(f"/v1/desk/applications/{code}/prints", official, json={"copies": copies})
    assert noted.status_code == 201, noted.text
    closed = await house.post("/v1/desk/postal-batches", official)
    assert closed.status_code == 201, closed.text
    batch: dict[str, Any] = closed.json()
    return batch


async def test_a_document_comes_by_post(house_on_both: House) -> None:
    house, citizen = house_on_both, house_on_both.citizen()
    official = house.official(roles=DESK)
    submitted = await house.post("/v1/applications", citizen, json=BY_POST)
    assert submitted.status_code == 201, submitted.text
    code = submitted.json()["code"]
    path = f"/v1/applications/{code}/parcels"
    assert (await house.get(f"/v1/applications/{code}", citizen)).json()["links"]["parcels"] == path
    seen = (await house.get(path, citizen)).json()
    assert (seen["copies"], seen["printed"], seen["items"][0]["address"]) == (2, 0, LINES)
    moved = LINES | {"street": "Số 5, phố Vọng"}
    corrected = await house.post(seen["items"][0]["links"]["address"], citizen, json=moved)
    assert corrected.json()["address"] == moved
    early = await house.post(f"/v1/desk/applications/{code}/prints", official, json={"copies": 1})
    assert (early.status_code, early.json()["code"]) == (409, "document_not_ready")


async def test_printing_and_the_way_to_the_citizen(house: House) -> None:
    code, certificate = await house.issued()
    citizen, official = house.citizen(), house.official(roles=DESK)
    await house.post(f"/v1/applications/{code}/parcels", citizen, json=LINES)
    (waits,) = (await house.get("/v1/desk/parcels", official)).json()["items"]
    assert (waits["application"], waits["state"]) == (code, "asked")
    noted = (await house.post(f"/v1/desk/applications/{code}/prints", official, json={"copies": 3})).json()
    assert noted["left"] == 0
    file = await house.get(noted["links"]["file"], official)
    assert file.content == house.pdf(certificate)
    assert (await house.get(noted["links"]["file"], house.official(roles=DESK, sub="another"))).status_code == 404
    more = await house.post(f"/v1/desk/applications/{code}/prints", official, json={"copies": 1})
    assert (more.status_code, more.json()["code"], more.json()["left"]) == (409, "copies_used_up", 0)
    batch = (await house.post("/v1/desk/postal-batches", official)).json()
    assert [line["application"] for line in batch["lines"]] == [code]
    none = await house.post("/v1/desk/postal-batches", official)
    assert (none.status_code, none.json()["code"]) == (409, "nothing_to_hand_over")
    assert (await house.get("/v1/desk/postal-batches", official)).json()["items"] == [batch["batch"]]
    assert (await house.get(batch["batch"]["links"]["self"], official)).json() == batch
    foreign = await house.get(batch["batch"]["links"]["labels"], house.official(roles=DESK, unit="000.00.16.H26"))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "batch_not_found")

    listed = await house.get(batch["batch"]["links"]["list"], official)
    (row,) = csv.DictReader(io.StringIO(listed.content.decode("utf-8-sig")))
    assert {name: row[name] for name in LINES} == LINES
    labels = pypdfium2.PdfDocument((await house.get(batch["batch"]["links"]["labels"], official)).content)
    assert "Ánh Tuyết" in labels[0].get_textpage().get_text_range()
    assert shown(house) == ["document_to_print", "labels", "postal_list"]

    number = batch["lines"][0]["number"]
    reports = f"parcel,tracking,state,at,reason\n{number},EH1VN,returned,2024-06-03T08:00:00+07:00,not_at_home\n"
    sent = {"content": reports.encode(), "headers": official | {"Content-Type": "text/csv"}}
    preview = (await post_csv(house, "?dry_run=true", **sent)).json()
    assert (preview["preview"], preview["changed"]) == (True, [number])
    assert (await post_csv(house, "", **sent)).json()["changed"] == [number]
    assert (await post_csv(house, "", **sent)).json()["unchanged"] == 1
    (back,) = (await house.get(f"/v1/applications/{code}/parcels", citizen)).json()["items"]
    assert (back["state"], back["tracking_number"], back["return_reason_text"]) == (
        "returned",
        "EH1VN",
        "nobody was there to take it",
    )
    again = await house.post(f"/v1/desk/applications/{code}/parcel-resending", official)
    assert (again.status_code, again.json()["state"]) == (201, "printed")


async def post_csv(house: House, query: str, *, content: bytes, headers: dict[str, str]) -> Any:
    return await house.post(f"/v1/desk/parcel-reports{query}", headers, content=content)


def shown(house: House) -> list[str]:
    """What the access ledger has been told of, as far as delivery goes."""

    def read(records: SqlRecords) -> list[str]:
        query = sa.select(accesses.c.shown).where(accesses.c.purpose == "deliver")
        return sorted(set(records._connection.execute(query).scalars()))

    return house.office.database.run_blocking(read)


async def test_nothing_is_shown_that_cannot_be_written_down(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    _, batch = await handed_over(house)

    def refuse(*_: object) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr("storage.accesses.SqlAccesses.record", refuse)
    for name in ("list", "labels"):
        answer = await house.get(batch["batch"]["links"][name], house.official(roles=DESK))
        assert answer.status_code == 500
        assert "Tuyết" not in answer.text


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [({"phone": "12"}, "/phone"), ({"recipient": "名前"}, "/recipient"), ({"street": " "}, "/street")],
)
async def test_wrong_addresses_are_refused_by_line(house: House, changed: dict[str, str], pointer: str) -> None:
    answer = await house.post("/v1/applications", house.citizen(), json={**BY_POST, "post": LINES | changed})
    assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")
    assert [one["pointer"] for one in answer.json()["problems"]] == [f"/post{pointer}"]
    assert house.office.do(lambda r: r.applications.of_unit("000.00.15.H26", None, 5)).applications == []


async def test_fifty_retries_make_one_parcel(house_on_both: House) -> None:
    house = house_on_both
    code = (await house.apply())["code"]
    path, citizen = f"/v1/applications/{code}/parcels", house.citizen()
    answers = [await house.post(path, citizen, key="one-key", json=LINES) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    second = await house.post(path, citizen, json=LINES)
    assert (second.status_code, second.json()["code"]) == (409, "parcel_under_way")
    assert len((await house.get(path, citizen)).json()["items"]) == 1


async def test_another_citizen_sees_no_parcel(house: House) -> None:
    code, _ = await handed_over(house)
    other = house.citizen(sub="another", personal_id="001195000099")
    for path in (f"/v1/applications/{code}/parcels", "/v1/applications/000.00.15.H26-240603-9999/parcels"):
        answer = await house.get(path, other)
        assert (answer.status_code, answer.json()["code"]) == (404, "application_not_found")


async def test_a_file_of_another_kind_is_no_list_of_reports(house: House) -> None:
    official = house.official(roles=DESK) | {"Content-Type": "text/csv"}
    answer = await house.post("/v1/desk/parcel-reports", official, content=b"nothing")
    assert (answer.status_code, answer.json()["why"]) == (422, "heading")
    wrong = await house.post("/v1/desk/parcel-reports", house.official(roles=DESK), json={})
    assert wrong.status_code == 415


async def test_a_file_of_two_megabytes_is_read_and_a_larger_one_is_not(house: House) -> None:
    official = house.official(roles=DESK)
    # as many lines as a file may have
    line = b"P00000000018,EH123456789VN,delivered,2024-06-03T08:30:00.000000+07:00,\n"
    content = b"parcel,tracking,state,at,reason\n" + line * 19_999
    assert 1024 * 1024 < len(content) < 2_000_000
    answer = await post_csv(house, "?dry_run=true", content=content, headers=official | {"Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text[:300]
    assert len(answer.json()["problems"]) == 19_999
    large = await post_csv(house, "", content=b"x" * 2_000_001, headers=official | {"Content-Type": "text/csv"})
    assert large.status_code == 413


async def test_an_address_is_nowhere_but_where_it_belongs(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = Subscriptions(frozenset({client_key("https://issuer.example", "vneid-app")}))
    house.office.database.subscriptions = told
    marked = {name: (f"Canary{number} 7431" if name != "phone" else "0974317431") for number, name in enumerate(LINES)}
    marks = ("Canary", "0974317431")
    code, _ = await house.issued()
    await house.post(f"/v1/applications/{code}/parcels", house.citizen(), json=marked)
    batch = await printed_and_closed(house, code)
    official = house.official(roles=DESK)
    for link in batch["batch"]["links"].values():
        await house.get(link, official)
    desk = (await house.get(f"/v1/desk/applications/{code}", official)).text
    waiting = (await house.get("/v1/desk/parcels", official)).text
    stored = house.office.database.run_blocking(_everything)
    figures = generate_latest(house.services.metrics.registry).decode()
    for where in (desk, waiting, caplog.text, figures, str(batch), *stored):
        assert not any(mark in where for mark in marks)
    kinds = [name for name in stored if "send-notices" in name]
    assert kinds
    assert JobKind.SEND_NOTICES.value in kinds[0]


def _everything(records: SqlRecords) -> list[str]:
    """Every row of every table, ours and those of the jobs, as text."""
    tables = records._connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
    found = []
    for name in list(tables):
        rows = records._connection.execute(sa.text(f'SELECT * FROM "{name}"')).all()
        found += [str(tuple(row)) for row in rows]
    assert records._connection.execute(sa.select(sa.func.count()).select_from(notices)).scalar_one() > 3
    assert records._connection.execute(sa.select(sa.func.count()).select_from(parcels)).scalar_one() == 1
    return found
