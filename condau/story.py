"""The main job, played over real HTTP as the people in it would: citizen, official, and a stranger who checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pypdfium2
import zxingcpp
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from issuance.documents.pdfium import ONE_IN_PDFIUM
from simulators.identity_provider import CLIENTS
from simulators.sign_in import sign_in

POLL_SECONDS = 0.05
PATIENCE_SECONDS = 60.0
DPI = 150

CITIZEN, LEVEL_1, STRANGER = "nguyen-thi-minh-anh", "tran-van-binh", "le-hoang-dung"
CASEWORKER, COLLEAGUE, HEAD = "pham-thu-ha", "hoang-minh-duc", "ngo-quoc-tuan"
SELF_DEALER, LATE_APPLICANT = "nguyen-thi-minh-anh-official", "vu-thi-lan"
FEE_AUTHOR, FEE_APPROVER = "dao-thi-huong", "trinh-van-son"


class StoryFailed(Exception):
    """Something did not happen as told; the message says what."""


@dataclass
class Story:
    """The run so far: each step with its seconds and what it showed."""

    service: httpx.Client
    outside_url: str
    folder: Path
    console: Console
    steps: list[dict[str, Any]] = field(default_factory=list)
    verdicts: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Time one step, print its title and what is said in it."""
        number = len(self.steps) + 1
        self.console.print(f"\n[bold]{number}. {title}[/bold]")
        said: list[str] = []

        def say(text: str) -> None:
            said.append(text)
            self.console.print(Padding(escape(text), (0, 0, 0, 3)), highlight=False)

        started = time.perf_counter()
        yield say
        seconds = round(time.perf_counter() - started, 3)
        self.console.print(f"   [dim]{seconds:.2f} s[/dim]")
        self.steps.append({"step": number, "title": title, "seconds": seconds, "said": said})

    def call(
        self, method: str, path: str, token: str | None = None, *, expect: int, language: str = "en", **request: Any
    ) -> httpx.Response:
        """One HTTP request to the service, made again where it asks for that. Raises StoryFailed for another status."""
        headers = {"Accept-Language": language, **request.pop("headers", {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid4()))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            response = self.service.request(method, path, headers=headers, **request)
            if response.status_code == expect:
                return response
            again = response.headers.get("Retry-After") if response.status_code == 503 else None
            if again is None or time.monotonic() + int(again) > deadline:
                break
            time.sleep(int(again))
        raise StoryFailed(f"{method} {path}: expected {expect}, got {response.status_code} {response.text[:500]}")

    def wait_for(self, path: str, token: str, done: Callable[[httpx.Response], bool]) -> httpx.Response:
        """Ask until `done`. Raises StoryFailed when patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            response = self.service.get(path, headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})
            if done(response):
                return response
            time.sleep(POLL_SECONDS)
        raise StoryFailed(f"{path}: waited {PATIENCE_SECONDS:.0f} s in vain, last answer {response.status_code}")

    def token(self, person: str, client_id: str) -> str:
        """An access token by the real authorization code flow with PKCE."""
        return sign_in(
            f"{self.outside_url}/{CLIENTS[client_id].people}", client_id=client_id, person=person
        ).access_token


def read_qr(pdf: bytes, png: Path) -> str:
    """Render the first page at 150 dpi, keep it as PNG, read the QR code from the picture. Raises StoryFailed."""
    with ONE_IN_PDFIUM, closing(pypdfium2.PdfDocument(pdf)) as document:
        page = document[0].render(scale=DPI / 72).to_pil().copy()
    page.save(png)
    codes = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2))
    if len(codes) != 1:
        raise StoryFailed(f"expected one QR code on the page, found {len(codes)}")
    return codes[0].text


def money(amount: int) -> str:
    return f"{amount:,} VND"
