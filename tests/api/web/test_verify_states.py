"""What the scanner concludes without a service: each state its own, with its dates, in both languages and schemes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from issuance.certificate import Certificate
from signing.keys import KeyRing
from signing.permit import SealingPermit
from signing.seal_qr import seal_qr
from tests.api.house import PUBLIC_URL, House, served
from tests.api.test_page_browser import DESKTOP, PHONE, axe, browser, digits_of
from tests.api.web.scanning import scanning
from tests.issuance.office import MONDAY, TYPE
from tests.sealing import AT, facts_of, key_ring
from verification.formats.qr import encode_claims, from_digits, to_digits
from verification.trust import KeyPurpose
from verification.verdict import DocumentFacts

__all__ = ["axe", "browser"]

SIZES = {"vi": PHONE, "en": DESKTOP}


def facts_like(certificate: Certificate) -> DocumentFacts:
    """Of another document of the same day, which nobody has revoked."""
    return DocumentFacts(
        document_type=TYPE,
        number="730914628505",
        full_name="Công Tằng Tôn Nữ Thị Quỳnh Hương Nguyệt",
        birth_date=date(1990, 5, 17),
        result_line="Không có án tích",
        issued_on=certificate.issued_on,
        expires_on=None,
        key_id=certificate.qr_key_id,
        status_list=certificate.status_list,
        status_index=(certificate.status_index + 1) % 1000,
    )


def sealed(facts: DocumentFacts, ring: KeyRing, at: object = MONDAY) -> str:
    """The digits of these facts under the ring's own key, which no register knows of."""
    permit = SealingPermit.grant(serial="test", purpose=KeyPurpose.QR, content=encode_claims(facts))
    return seal_qr(permit, ring.active(KeyPurpose.QR, at), PUBLIC_URL).link.partition("#")[2]  # type: ignore[arg-type]


def forged(digits: str) -> str:
    """Another name under the same seal."""
    data = from_digits(digits)
    assert "Nguyễn".encode() in data
    return to_digits(data.replace("Nguyễn".encode(), "Nguyện".encode()))


@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.campaign)])
async def test_each_state_is_told_apart_without_a_service(
    house: House, browser: Browser, axe: str, language: Literal["vi", "en"]
) -> None:
    code, certificate = await house.issued()
    digits, facts, ring = digits_of(house, certificate), facts_like(certificate), house.office.keys
    last_day = sealed(replace(facts, expires_on=MONDAY.date()), ring)
    offline = {"vi": "Ngoại tuyến", "en": "Offline, data of"}[language]
    async with scanning(browser, house, language=language, size=SIZES[language]) as scanner:
        page = scanner.page
        async with served(house) as host:
            scanner.host = host
            await scanner.open(digits=digits)
            await scanner.shows("valid")
            await scanner.is_accessible(axe, "valid")
            await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "replaced"})
            await scanner.open()
            await scanner.is_ready_for_offline()
            await scanner.is_accessible(axe, "open")

        states = {
            "valid": sealed(facts, ring),
            "revoked": digits,
            "not_genuine": forged(digits),
            "unknown_issuer": sealed(replace(facts_of(key_ring())), key_ring(), AT),
            "unreadable": "123",
        }
        for state, each in states.items():
            await scanner.open(digits=each)
            await scanner.shows(state)
            await page.locator("summary").click()
            await scanner.is_accessible(axe, f"offline-{state}")
            if state != "unreadable":
                await expect(page.locator(".fresh")).to_contain_text(offline)
            assert await page.locator(".person").count() == (state in ("valid", "revoked"))
            assert await page.locator(".report").is_visible() == (state == "not_genuine")
        for after, each, state in (
            (timedelta(minutes=40), states["valid"], "valid"),
            (timedelta(days=1), states["valid"], "status_unknown"),
            (timedelta(days=1), states["revoked"], "revoked"),
            (timedelta(days=1), last_day, "expired"),
            (timedelta(days=8), states["revoked"], "status_unknown"),
        ):
            await page.context.clock.set_fixed_time(MONDAY + after)
            await scanner.open(digits=each)
            await scanner.shows(state)
            await scanner.picture(f"offline-{state}-after-{after.days}-days")
            await expect(page.locator(".note")).to_have_count(1 if after < timedelta(hours=1) else 0)
        await scanner.open()
        await expect(page.locator("#lists-state")).to_contain_text({"vi": "quá cũ", "en": "too old"}[language])
        scanner.check()
