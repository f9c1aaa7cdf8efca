"""Anybody may check a document: by its QR code, its file, its number. The answer is the register's of this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest
import zxingcpp

from api.app import create_app
from api.present.verdict import moment_in_words
from api.services import Limits
from issuance.certificate import Certificate, CertificateKind
from issuance.issue import intend
from storage.runner import Database
from tests.api.house import PUBLIC_URL, House, open_house
from tests.archiving import AUTHORITY, Update
from verification.formats.qr import digits_of, from_digits, to_digits

PDF = {"Content-Type": "application/pdf"}


def qr_of(pdf: bytes) -> str:
    """The QR code as a camera reads it from the rendered page."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil()
    (code,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2))
    return str(code.text)


async def ask(house: House, way: str, certificate: Certificate) -> dict[str, object]:
    """The verdict on a document, by one of the three ways."""
    pdf = house.pdf(certificate)
    path = f"/v1/verifications/{way.partition(' ')[0]}"
    match way:
        case "qr":
            answer = await house.client.post(path, json={"text": qr_of(pdf)})
        case "qr digits":
            answer = await house.client.post(path, json={"text": qr_of(pdf).partition("#")[2]})
        case "pdf":
            answer = await house.client.post(path, content=pdf, headers=PDF)
        case "pdf upload":
            answer = await house.client.post(path, files={"file": ("extract.pdf", pdf, "application/pdf")})
        case _:
            asked = {"number": f" {certificate.number[:4]} {certificate.number[4:]}"}
            answer = await house.client.post(path, json=asked | {"check_code": certificate.check_code.lower()})
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


@pytest.mark.parametrize("way", ["qr", "qr digits", "pdf", "pdf upload", "number"])
async def test_issued_is_valid_until_revoked(house_on_both: House, way: str) -> None:
    house = house_on_both
    code, certificate = await house.issued()
    before = await ask(house, way, certificate)
    await house.post(
        f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "obtained_by_deception"}
    )
    after = await ask(house, way, certificate)

    assert (before["state"], after["state"]) == ("valid", "revoked")
    facts = before["facts"]
    assert isinstance(facts, dict)
    assert (facts["full_name"], facts["birth_date"]) == ("Nguyễn Thị Minh Anh", "1994-03-08")
    assert facts["number_text"].replace(" ", "") == certificate.number
    assert before["title"] != after["title"]
    assert after["instruction"]


async def test_a_changed_file_is_not_genuine_and_shows_no_facts(house: House) -> None:
    _, certificate = await house.issued()
    pdf = bytearray(house.pdf(certificate))
    pdf[len(pdf) // 3] ^= 1
    answer = await house.client.post("/v1/verifications/pdf", content=bytes(pdf), headers=PDF)

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["facts"]) == ("not_genuine", None)


@pytest.mark.parametrize("damage", [lambda pdf: pdf[:-20], lambda pdf: pdf[: len(pdf) // 2], lambda pdf: pdf + b"\n"])
async def test_a_download_cut_short_is_to_be_repeated(house: House, damage: Callable[[bytes], bytes]) -> None:
    _, certificate = await house.issued()
    data = damage(house.pdf(certificate))
    answer = await house.client.post("/v1/verifications/pdf", content=data, headers=PDF)

    assert (answer.json()["state"], answer.json()["facts"]) == ("unreadable", None)
    assert "Download the original again" in answer.json()["instruction"]


async def test_an_archive_that_somebody_made_of_the_file_is_that_document(house: House) -> None:
    """The register knows what was sealed; its holder may have it stamped, by whichever authority."""
    code, certificate = await house.issued()
    archived = Update.after(house.pdf(certificate)).apply()
    services = house.services
    knowing = replace(services, trust=lambda at: replace(services.trust(at), timestamp_roots=(AUTHORITY.root,)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(knowing)), base_url=PUBLIC_URL) as client:
        before = (await client.post("/v1/verifications/pdf", content=archived, headers=PDF)).json()
        await house.post(
            f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "obtained_by_deception"}
        )
        after = (await client.post("/v1/verifications/pdf", content=archived, headers=PDF)).json()
    unknown = (await house.client.post("/v1/verifications/pdf", content=archived, headers=PDF)).json()

    assert (before["state"], after["state"]) == ("valid", "revoked")
    assert (unknown["state"], unknown["reason"], unknown["facts"]) == ("status_unknown", "updates_unverified", None)


async def test_the_receipt_verifies_too(house: House) -> None:
    code, _ = await house.issued()
    receipt = (await house.get(f"/v1/applications/{code}/receipt", house.citizen())).content
    verdict = (await house.client.post("/v1/verifications/pdf", content=receipt, headers=PDF)).json()

    assert verdict["state"] == "valid"


async def test_a_changed_qr_is_not_genuine(house: House) -> None:
    _, certificate = await house.issued()
    digits = qr_of(house.pdf(certificate)).partition("#")[2]
    forged = digits[:-30] + str((int(digits[-30]) + 1) % 10) + digits[-29:]
    verdict = (await house.client.post("/v1/verifications/qr", json={"text": forged})).json()

    assert verdict["state"] in ("not_genuine", "unreadable")
    assert verdict["facts"] is None


async def test_a_wrong_check_code_is_as_unknown_as_a_wrong_number(house: House) -> None:
    _, certificate = await house.issued()
    wrong_code = {"number": certificate.number, "check_code": "2222222222"}
    wrong_number = {"number": "000000000000", "check_code": certificate.check_code}
    answers = [
        (await house.client.post("/v1/verifications/number", json=one)).json() for one in (wrong_code, wrong_number)
    ]

    assert answers[0] == answers[1]
    assert (answers[0]["state"], answers[0]["facts"]) == ("not_genuine", None)
    assert "Compare what you typed" in answers[0]["instruction"]


async def test_a_mistyped_number_sends_nobody_to_the_police(house: House) -> None:
    _, certificate = await house.issued()
    asked = {"number": "4821", "check_code": certificate.check_code}
    verdict = (await house.client.post("/v1/verifications/number", json=asked)).json()
    page = await house.client.post("/v", data=asked)

    assert (verdict["state"], verdict["reason"]) == ("unreadable", "number_malformed")
    assert "12 digits" in verdict["instruction"]
    assert 'data-state="unreadable"' in page.text


def test_the_time_of_a_check_is_hanois() -> None:
    moment = datetime(2026, 11, 21, 19, 26, 6, tzinfo=UTC)

    assert moment_in_words(moment, "vi") == "02:26:06 ngày 22/11/2026"
    assert moment_in_words(moment, "en") == "22 November 2026, 02:26:06 (Hanoi time)"


@pytest.mark.parametrize("typed", ["{}-{}", "{} {}", " {} - {} ", "{}‑{}", "{}–{}"])
@pytest.mark.parametrize("case", [str.upper, str.lower])
async def test_check_codes_may_be_typed_as_printed_or_carelessly(house: House, typed: str, case: Any) -> None:
    _, certificate = await house.issued()
    code = case(typed.format(certificate.check_code[:5], certificate.check_code[5:]))
    asked = {"number": certificate.number, "check_code": code}
    form = await house.client.post("/v", data=asked)

    assert (await house.client.post("/v1/verifications/number", json=asked)).json()["state"] == "valid"
    assert 'data-state="valid"' in form.text


async def test_where_the_seal_failed_nobody_is_shown_as_its_trusted_issuer(house: House) -> None:
    _, certificate = await house.issued()
    pdf = house.pdf(certificate)
    sealed = bytearray(from_digits(digits_of(qr_of(pdf))))
    sealed[-1] ^= 1  # the signature's last byte
    forged = await house.client.post("/v1/verifications/qr", json={"text": to_digits(bytes(sealed))})
    altered = bytearray(pdf)
    altered[len(pdf) // 3] ^= 1
    changed = await house.client.post("/v1/verifications/pdf", content=bytes(altered), headers=PDF)

    for answer in (forged.json(), changed.json()):
        assert (answer["state"], answer["seal"]["outcome"], answer["issuer_name"]) == ("not_genuine", "failed", None)
        assert (answer["issuer"]["outcome"], answer["issuer"]["code"]) == ("unknown", "not_established")
        assert answer["issuer"]["text"] == "Not established: the seal is not valid"
    assert forged.json()["seal"]["text"] == "The signature does not match the content"


async def test_an_unknown_number_says_nothing_of_an_issuer(house: House) -> None:
    asked = {"number": "000000000000", "check_code": "2222222222"}
    issuer = (await house.client.post("/v1/verifications/number", json=asked)).json()["issuer"]

    assert (issuer["outcome"], issuer["code"], issuer["text"]) == ("unknown", "not_reached", "Not checked")


async def test_an_intended_document_is_not_in_the_register(house: House) -> None:
    code = (await house.apply())["code"]
    application = house.register_answers(code)
    await house.post(f"/v1/desk/applications/{code}/approval", house.official())
    workshop = house.office.workshop()
    intended = house.office.do(lambda records: intend(records, workshop, CertificateKind.RESULT, application.id))
    asked = {"number": intended.number, "check_code": intended.check_code}

    assert (await house.client.post("/v1/verifications/number", json=asked)).json()["state"] == "not_genuine"


@pytest.mark.parametrize("text", ["", "hello", "https://evil.example/#123", "12345", "9" * 2_000])
async def test_texts_of_other_codes_are_unreadable(house: House, text: str) -> None:
    answer = await house.client.post("/v1/verifications/qr", json={"text": text})

    assert (answer.status_code, answer.json()["state"]) == (200, "unreadable")


async def test_qr_of_5000_digits_is_refused(house: House) -> None:
    answer = await house.client.post("/v1/verifications/qr", json={"text": "7" * 5_000})

    assert (answer.status_code, answer.json()["code"]) == (422, "qr_too_long")
    assert "777" not in answer.text


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n", b" %PDF-1.7"])
async def test_what_is_no_pdf_is_refused(house: House, data: bytes) -> None:
    raw = await house.client.post("/v1/verifications/pdf", content=data, headers=PDF)
    form = await house.client.post("/v1/verifications/pdf", files={"file": ("a.pdf", data, "application/pdf")})

    for answer in (raw, form):
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_pdf")


@pytest.mark.parametrize(
    ("data", "state"), [(b"%PDF-1.7\nhello", "unreadable"), (b"%PDF-1.7\nhello\n%%EOF\n", "not_genuine")]
)
async def test_a_pdf_in_name_only_is_never_genuine(house: House, data: bytes, state: str) -> None:
    answer = await house.client.post("/v1/verifications/pdf", content=data, headers=PDF)

    assert (answer.status_code, answer.json()["state"]) == (200, state)


async def test_pdf_over_the_limit_is_refused_in_body_and_in_form(house: House) -> None:
    big = b"%PDF-" + b"x" * house.services.limits.pdf_bytes
    raw = await house.client.post("/v1/verifications/pdf", content=big, headers=PDF)
    form = await house.client.post("/v1/verifications/pdf", files={"file": ("a.pdf", big, "application/pdf")})

    for answer in (raw, form):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("text/plain", b"%PDF-1.7", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=x", b"broken", 400, "malformed_request"),
        ("multipart/form-data", b"", 400, "malformed_request"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\nz\r\n--x--", 400,
         "malformed_request"),
    ],
)  # fmt: skip
async def test_uploads_of_another_shape(house: House, content_type: str, body: bytes, status: int, code: str) -> None:
    answer = await house.client.post("/v1/verifications/pdf", content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_public_checks_are_limited_for_each_address(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, Limits(verifications="3/minute")) as house:
        asked, path = {"text": "x"}, "/v1/verifications/qr"
        answers = [await house.client.post(path, json=asked) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[3].json()["code"] == "too_many_requests"
        assert 1 <= int(answers[3].headers["retry-after"]) <= 60
        # All ways share the allowance, and an invented header makes nobody somebody else.
        forged = {"X-Forwarded-For": "203.0.113.7"}
        assert (await house.client.post(path, headers=forged, json=asked)).status_code == 429
        assert (await house.client.post("/v", data={"number": "1", "check_code": "1"})).status_code == 429
        assert (await house.get("/v1/applications", house.citizen())).status_code == 200
    await database.dispose()
