"""Photos, scans and hostile files at the public doors: clear answers, and a service that stays up."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import httpx
import pypdfium2
import pytest
from PIL import Image

from api import check_document
from api.check_document import Examinations
from issuance.certificate import Certificate
from tests.api.house import House
from tests.api.test_checks_in_trouble import Held, cut_off
from tests.verification.photographs import Scene, as_png, photograph
from tests.verification.test_uploads_hostile import png_of, zeros

__all__ = ["cut_off"]  # a fixture

FILE = "/v1/verifications/file"
MEGABYTE = 1 << 20


def said_by(page: httpx.Response) -> str:
    """What people see; the words for what they might have seen stand in the head."""
    return page.text.partition("</head>")[2].partition('<template id="verdict">')[0]


def page_of(house: House, certificate: Certificate) -> Image.Image:
    with pypdfium2.PdfDocument(house.pdf(certificate)) as document:
        return document[0].render(scale=200 / 72).to_pil().convert("L")


def scan_of(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "PDF", resolution=200)
    return out.getvalue()


def telephone_picture(page: Image.Image) -> bytes:
    return photograph(page, Scene(size=(1500, 2000), turned=7, leaning=0.05, contrast=0.7, noise=6))


PICTURES: dict[str, tuple[Callable[[Image.Image], bytes], str]] = {
    "photo": (telephone_picture, "image/jpeg"),
    "png": (as_png, "image/png"),
    "scan": (scan_of, "application/pdf"),
}


@pytest.mark.parametrize("kind", PICTURES)
async def test_a_picture_of_an_issued_document_is_valid_until_revoked(house: House, kind: str) -> None:
    code, certificate = await house.issued()
    make, media_type = PICTURES[kind]
    data = make(page_of(house, certificate))
    before = await house.client.post(FILE, content=data, headers={"Content-Type": media_type})
    await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
    after = await house.client.post(FILE, files={"file": ("a", data, "application/octet-stream")})

    assert [one.status_code for one in (before, after)] == [200, 200]
    assert [one.json()["state"] for one in (before, after)] == ["valid", "revoked"]
    for one in (before.json(), after.json()):
        assert one["examined"] == "code_in_file"
        assert "Only the QR code" in one["note"]
    assert before.json()["facts"]["full_name"] == "Nguyễn Thị Minh Anh"
    assert before.json()["title"] == "The QR code is genuine, its document in force"
    assert "Compare every line" in before.json()["instruction"]


async def test_the_sealed_file_is_examined_itself(house: House) -> None:
    _, certificate = await house.issued()
    answer = await house.client.post(FILE, content=house.pdf(certificate), headers={"Content-Type": "application/pdf"})

    assert (answer.json()["state"], answer.json()["examined"], answer.json()["note"]) == ("valid", "file", None)


async def test_a_changed_sealed_file_is_not_saved_by_the_code_on_it(house: House) -> None:
    _, certificate = await house.issued()
    pdf = bytearray(house.pdf(certificate))
    pdf[len(pdf) // 3] ^= 1
    answer = await house.client.post(FILE, content=bytes(pdf), headers={"Content-Type": "application/pdf"})

    assert (answer.json()["state"], answer.json()["examined"]) == ("not_genuine", "file")


async def test_who_asks_about_a_pdf_is_told_about_the_pdf(house: House) -> None:
    """Callers of the older address read the state alone: for them a scan must not be valid."""
    _, certificate = await house.issued()
    scan = scan_of(page_of(house, certificate))
    answer = await house.client.post("/v1/verifications/pdf", content=scan, headers={"Content-Type": "application/pdf"})

    assert (answer.json()["state"], answer.json()["reason"], answer.json()["examined"]) == (
        "not_genuine",
        "seal_missing",
        "file",
    )


async def test_without_the_register_a_photo_is_of_unknown_status(house: House, cut_off: House) -> None:
    _, certificate = await house.issued()
    data = telephone_picture(page_of(house, certificate))
    answer = await cut_off.client.post(FILE, content=data, headers={"Content-Type": "image/jpeg"})

    assert (answer.json()["state"], answer.json()["reason"]) == ("status_unknown", "register_unavailable")
    assert answer.json()["examined"] == "code_in_file"


@pytest.mark.parametrize(
    ("data", "reason", "word"),
    [
        (as_png(Image.new("L", (300, 300), 255)), "no_code_found", "No QR code of a document"),
        (png_of(50_000, 50_000, zeros(MEGABYTE)), "upload_too_many_pixels", "50 million"),
        (b"\xff\xd8\xff" + bytes(1000), "upload_unreadable", "damaged"),
        (b"%PDF-1.7\nhello", "upload_unreadable", "damaged"),
    ],
    ids=["empty", "bomb", "broken", "pdf"],
)
async def test_what_cannot_be_read_says_what_to_do(house: House, data: bytes, reason: str, word: str) -> None:
    answer = await house.client.post(FILE, files={"file": ("a", data)})
    page = await house.client.post("/v?lang=en", files={"file": ("a", data)})

    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "unreadable", reason)
    assert word in answer.json()["instruction"]
    assert answer.json()["facts"] is None
    assert (page.status_code, 'data-state="unreadable"' in page.text, word in said_by(page)) == (200, True, True)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"\0\0\0\x18ftypheic"])
async def test_other_kinds_are_refused_whatever_they_are_called(house: House, data: bytes) -> None:
    raw = await house.client.post(FILE, content=data, headers={"Content-Type": "image/png"})
    form = await house.client.post(FILE, files={"file": ("photo.png", data, "image/png")})
    page = await house.client.post(
        "/v?lang=en", files={"file": ("photo.png", data, "image/png")}, headers={"Accept": "text/html"}
    )

    for answer in (raw, form):
        assert (answer.status_code, answer.json()["code"]) == (422, "upload_not_recognised")
    assert page.status_code == 422
    assert "as PNG or JPEG" in page.text.partition("</head>")[2]


async def test_other_types_of_body_are_refused(house: House) -> None:
    for media_type in ("image/gif", "application/octet-stream", "text/plain"):
        answer = await house.client.post(FILE, content=b"\x89PNG\r\n\x1a\n", headers={"Content-Type": media_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_photo_over_the_limit_is_told_so(house: House) -> None:
    big = b"\xff\xd8\xff" + bytes(house.services.limits.pdf_bytes)
    answer = await house.client.post(FILE, content=big, headers={"Content-Type": "image/jpeg"})
    page = await house.client.post("/v?lang=en", files={"file": ("a", big)}, headers={"Accept": "text/html"})

    body = page.text.partition("</head>")[2]
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert (page.status_code, "5 MB" in body, "smaller size" in body) == (413, True, True)


@pytest.mark.parametrize(("language", "note"), [("vi", "Chỉ mã QR trong đó được kiểm tra"), ("en", "Only the QR code")])
async def test_the_page_says_that_only_the_code_was_checked(house: House, language: str, note: str) -> None:
    _, certificate = await house.issued()
    photo = telephone_picture(page_of(house, certificate))
    of_photo = await house.client.post(f"/v?lang={language}", files={"file": ("IMG_1.jpg", photo, "image/jpeg")})
    of_file = await house.client.post(f"/v?lang={language}", files={"file": ("a.pdf", house.pdf(certificate))})

    shown = said_by(of_photo)
    assert 'data-state="valid"' in shown
    assert note in shown
    assert note not in said_by(of_file)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def test_forty_bombs_at_once_are_answered_and_leave_the_service_small(house: House) -> None:
    """Each would take 200 MB to decode. Beside them a sealed file is checked, and somebody asks for a page."""
    _, certificate = await house.issued()
    sealed = house.pdf(certificate)
    bomb = png_of(7000, 7000, zeros(49 * MEGABYTE))
    before, most = resident_bytes(), 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, resident_bytes())
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    bombs = [
        asyncio.create_task(house.client.post(FILE, content=bomb, headers={"Content-Type": "image/png"}))
        for _ in range(40)
    ]
    await asyncio.sleep(0.2)
    checked = await house.client.post(FILE, content=sealed, headers={"Content-Type": "application/pdf"})
    opened = await house.get("/v")
    went_on_meanwhile = not all(one.done() for one in bombs)
    answers = await asyncio.gather(*bombs)
    watching.cancel()

    assert (checked.json()["state"], opened.status_code, went_on_meanwhile) == ("valid", 200, True)
    assert {one.status_code for one in answers} == {200, 429}
    assert sum(one.status_code == 200 for one in answers) >= 16
    for one in answers:
        if one.status_code == 429:
            assert int(one.headers["retry-after"]) >= 1
        else:
            assert one.json()["state"] == "unreadable"
    assert most - before < 300 * MEGABYTE
    later = await house.client.post(FILE, content=sealed, headers={"Content-Type": "application/pdf"})
    assert later.json()["state"] == "valid"


async def test_sealed_files_do_not_wait_for_pictures(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    _, certificate = await house.issued()
    readings, held = Examinations(at_once=1, at_most=1, retry_after_seconds=3), Held()
    monkeypatch.setattr(check_document, "READINGS", readings)
    running = asyncio.create_task(readings.run(held))
    await asyncio.sleep(0)
    picture = as_png(Image.new("L", (64, 64)))
    refused = await house.client.post(FILE, content=picture, headers={"Content-Type": "image/png"})
    sealed: httpx.Response = await house.client.post(FILE, files={"file": ("a", house.pdf(certificate))})
    held.end()
    await running

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
    assert sealed.json()["state"] == "valid"
