"""Post at the desk's pages: copies are printed and counted, batches handed over, reports seen and taken in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pypdfium2
import pytest

from issuance.application import Application
from tests.api.test_accesses import recorded
from tests.api.web.desk_office import ALSO_CITIZEN, AUTHOR, DUC, HA, Desk, desk_on, fill, hidden_of
from tests.api.web.test_desk_money import brought
from tests.issuance.delivery.sending import LINES, asked, parcel_of

STREET = LINES["street"]


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(sqlite_url, tmp_path) as opened:
        yield opened


async def waiting(desk: Desk) -> tuple[Application, str]:
    """An issued document whose two copies are to be printed, and the address of its page."""
    application = await asked(desk.office)
    return application, f"/desk/post/cases/{application.code}"


async def handed_over(desk: Desk) -> tuple[Application, str]:
    """All printed, and the address of the batch that it left in."""
    application, page = await waiting(desk)
    browser = await desk.at(HA)
    assert (await fill(browser, page, copies="2")).status_code == 303
    closed = await fill(browser, "/desk/post", "/desk/post/batches")
    assert closed.status_code == 303, closed.text
    return application, closed.headers["location"].partition("?")[0]


async def test_copies_are_counted_and_their_file_is_for_who_noted_them(desk: Desk) -> None:
    application, page = await waiting(desk)
    browser = await desk.at(HA)
    assert f'href="{page}"' in (await browser.get("/desk/post")).text
    for copies, said in (("3", "So many are not left: 2 at most."), ("0", "Type how many"), ("<b>", "Type how many")):
        answer = await fill(browser, page, copies=copies)
        assert answer.status_code == 422
        assert said in answer.text
    shown = await browser.get(page)
    assert STREET not in shown.text
    fields = hidden_of(shown) | {"copies": "1"}
    first, second = await browser.send(page, fields), await browser.send(page, fields)
    assert first.headers["location"] == second.headers["location"]
    assert desk.office.do(lambda r: r.paper_copies.printed(application.id)) == 1
    noted = await browser.get(first.headers["location"])
    file = re.findall(rf'href="({page}/prints/[0-9a-f-]+)"', noted.text)[0]
    elsewhere = await browser.get(file, headers={"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, page)
    loaded = await browser.get(file)
    assert (loaded.status_code, loaded.headers["content-type"]) == (200, "application/pdf")
    assert "attachment" in loaded.headers["content-disposition"]
    assert [one["shown"] for one in recorded(desk.signing.house)] == ["document_to_print"]
    assert (await (await desk.at(DUC)).get(file)).status_code == 404
    assert (await browser.get(f"{page}?print=%3Cb%3E&done=x")).status_code == 200


async def test_a_batch_is_closed_once_and_its_addresses_are_noted(desk: Desk) -> None:
    application, _ = await waiting(desk)
    browser = await desk.at(HA)
    empty = await browser.send("/desk/post/batches", {"form_token": await browser.form_token()})
    assert empty.status_code == 409
    assert "No parcel waits to be handed over" in empty.text
    assert (await fill(browser, f"/desk/post/cases/{application.code}", copies="2")).status_code == 303
    assert "All copies are printed" in (await browser.get(f"/desk/post/cases/{application.code}")).text
    ready = await browser.get("/desk/post")
    fields = hidden_of(ready, "/desk/post/batches")
    first, second = [await browser.send("/desk/post/batches", fields) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    shown = await browser.get(first.headers["location"])
    assert "The batch is closed." in shown.text
    assert STREET not in shown.text
    assert recorded(desk.signing.house) == []
    address = first.headers["location"].partition("?")[0]
    for name in ("list", "labels"):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Purpose": "prefetch"}):
            led = await browser.get(f"{address}/{name}", headers=headers)
            assert (led.status_code, led.headers["location"]) == (303, address)
    assert recorded(desk.signing.house) == []
    (row,) = csv.DictReader(io.StringIO((await browser.get(f"{address}/list")).content.decode("utf-8-sig")))
    assert row["street"] == STREET
    labels = pypdfium2.PdfDocument((await browser.get(f"{address}/labels")).content)
    assert "Ánh Tuyết" in labels[0].get_textpage().get_text_range()
    assert "Người gửi:" in labels[0].get_textpage().get_text_range()
    assert [(one["shown"], one["whose"]) for one in recorded(desk.signing.house)] == [("postal_list", 1), ("labels", 1)]
    listed = await browser.get("/desk/post")
    assert f'href="{address}"' in listed.text
    assert "No printed parcel lies ready." in listed.text


async def test_reports_are_seen_first_and_what_came_back_goes_out_again(desk: Desk) -> None:
    application, batch = await handed_over(desk)
    number, browser = parcel_of(desk.office, application).number, await desk.at(HA)
    reports = (
        "parcel,tracking,state,at,reason\n"
        f"{number},EH1VN,returned,{desk.office.at.isoformat()},not_at_home\n<b>,EH2VN,delivered,x,\n"
    ).encode()
    address = "/desk/post/reports"
    seen = await brought(browser, address, data=reports, **hidden_of(await browser.get(address)))
    assert "Nothing has been stored yet." in seen.text
    assert "this is no parcel number of ours" in seen.text
    assert parcel_of(desk.office, application).state.value == "handed_over"
    fields = hidden_of(seen)
    for _ in range(2):
        assert "The reports were taken in" in (await brought(browser, address, **fields)).text
    assert "nobody was there to take it" in (await browser.get(batch)).text
    page = f"/desk/post/cases/{application.code}"
    again = await fill(browser, page, f"{page}/again")
    assert again.headers["location"] == f"{page}?done=again"
    assert parcel_of(desk.office, application).state.value == "printed"
    refused = await browser.send(f"{page}/again", {"form_token": await browser.form_token()})
    assert refused.status_code == 404
    assert "Copies decided" in refused.text  # on the page itself
    for way in (f"{page}/again", "/desk/post/batches"):
        assert (await browser.get(way)).status_code == 303


async def test_files_that_are_no_reports_are_told(desk: Desk) -> None:
    browser, address = await desk.at(HA), "/desk/post/reports"
    hidden = hidden_of(await browser.get(address))
    heading = b"parcel,tracking,state,at,reason\n"
    for data, status, said in (
        (b"", 422, "Choose a file."),
        (b"nothing", 422, "parcel,tracking,state,at,reason"),
        (b"\xff", 422, "UTF-8"),
        (heading + b"\n" * 20_001, 422, "20,000 lines"),
        (heading + b'"', 422, "no CSV"),
        (b"x" * 2_000_001, 413, "2 MB"),
    ):
        answer = await brought(browser, address, data=data, **hidden)
        assert answer.status_code == status, said
        assert said in answer.text


async def test_only_the_desk_the_own_unit_and_nobodys_own_case(desk: Desk) -> None:
    application, batch = await handed_over(desk)
    page, author = f"/desk/post/cases/{application.code}", await desk.at(AUTHOR)
    for path in ("/desk/post", "/desk/post/reports", batch, f"{batch}/labels", f"{batch}/list", page):
        assert (await author.get(path)).status_code in (403, 404), path
    token = await author.form_token()
    assert (await author.send("/desk/post/batches", {"form_token": token})).status_code == 403
    assert (await brought(author, "/desk/post/reports", carried="eA==", form_token=token)).status_code == 403
    own = await desk.at(ALSO_CITIZEN)
    assert (await own.get(page)).status_code == 403
    browser = await desk.at(HA)
    unknown = "00000000-0000-4000-8000-000000000000"
    for path in (f"/desk/post/batches/{unknown}", f"{page}/prints/{unknown}", "/desk/post/cases/000.00.15.H26-1"):
        assert (await browser.get(path)).status_code == 404, path


async def test_forms_of_others_do_nothing(desk: Desk) -> None:
    application, page = await waiting(desk)
    browser = await desk.at(HA)
    fields = hidden_of(await browser.get(page)) | {"copies": "1"}
    assert (await browser.send(page, fields, site="cross-site")).status_code == 403
    assert (await browser.send(page, {"copies": "1"})).status_code == 403
    assert desk.office.do(lambda r: r.paper_copies.printed(application.id)) == 0
