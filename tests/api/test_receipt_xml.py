"""The XML of a receipt: to its owner only, the file that was registered, and checked at the public door."""

from __future__ import annotations

from hashlib import sha256

from lxml import etree

from tests.api.house import House
from verification.formats.receipt_xml import NAMESPACE


async def test_its_owner_downloads_what_was_registered(house: House) -> None:
    code, _ = await house.issued()
    shown = (await house.get(f"/v1/applications/{code}", house.citizen())).json()
    answer = await house.get(shown["links"]["receipt_xml"], house.citizen())

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    number = shown["receipt"]["number"]
    assert answer.headers["content-disposition"] == f'attachment; filename="receipt-{number}.xml"'
    assert answer.headers["etag"] == f'"{sha256(answer.content).hexdigest()}"'
    root = etree.fromstring(answer.content)
    assert root.findtext(f"{{{NAMESPACE}}}document/{{{NAMESPACE}}}number") == number
    assert root.findtext(f"{{{NAMESPACE}}}totals/{{{NAMESPACE}}}due") == "0"
    assert root.findtext(f"{{{NAMESPACE}}}applicationCode") == code


async def test_nobody_else_does_and_nobody_before_it_is_issued(house: House) -> None:
    code, _ = await house.issued()
    stranger = house.citizen(sub="another", personal_id="001090000003")
    refused = await house.get(f"/v1/applications/{code}/receipt.xml", stranger)
    assert (refused.status_code, refused.json()["code"]) == (404, "application_not_found")
    waiting = (await house.apply())["code"]
    early = await house.get(f"/v1/applications/{waiting}/receipt.xml", house.citizen())
    assert (early.status_code, early.json()["code"]) == (409, "document_not_ready")


async def test_anybody_checks_it_and_learns_of_its_revocation(house: House) -> None:
    code, _ = await house.issued()
    data = (await house.get(f"/v1/applications/{code}/receipt.xml", house.citizen())).content

    async def checked(body: bytes) -> tuple[str, str]:
        answer = await house.post("/v1/verifications/file", content=body, headers={"Content-Type": "application/xml"})
        assert answer.status_code == 200, answer.text
        return answer.json()["state"], answer.json()["reason"]

    assert await checked(data) == ("valid", "valid")
    assert await checked(data.replace(b"<due>0", b"<due>1", 1)) == ("not_genuine", "seal_not_over_this_file")
    assert await checked(data[:-3]) == ("unreadable", "receipt_incomplete")
